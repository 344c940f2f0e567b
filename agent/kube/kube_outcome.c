/* Decisions are made on code and reason only. The Status's message is never copied: it can quote
 * values of the object that was refused. */

#include "kube/kube_outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/secret_json.h"

#define RETRY_AFTER_MAX_S 3600

static bool is_plain(const char *s)
{
    for (; *s; s++)
        if (*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

/* A short, printable text member; out stays as it is when there is none. */
static void read_text(const struct secret_json *map, const char *name, char *out, size_t size)
{
    struct secret_json member;
    CLEANUP_STR char *text = NULL;
    if (!secret_json_member(map, name, &member))
        return;
    struct err *e = secret_json_text(&member, size - 1, &text);
    if (e) {
        err_free(e);
        return;
    }
    if (is_plain(text))
        snprintf(out, size, "%s", text);
}

static uint64_t read_seconds(const struct secret_json *number)
{
    uint64_t s = 0;
    for (size_t i = 0; number->kind == SECRET_JSON_NUMBER && i < number->raw.n; i++) {
        unsigned char digit = number->raw.p[i].v;
        if (digit < '0' || digit > '9' || s > RETRY_AFTER_MAX_S)
            break;
        s = s * 10 + (uint64_t)(digit - '0');
    }
    return s;
}

static void read_causes(struct kube_outcome *o, const struct secret_json *causes)
{
    size_t at = 0;
    struct secret_json name;
    struct secret_json cause;
    while (secret_json_next(causes, &at, &name, &cause)) {
        char why[48] = "";
        o->is_admission = o->code == 403;
        read_text(&cause, "reason", why, sizeof(why));
        if (strcmp(why, "ResourceVersionTooLarge") == 0)
            o->is_rv_too_large = true;
        if (!o->field[0])
            read_text(&cause, "field", o->field, sizeof(o->field));
    }
}

void kube_outcome_read(struct kube_outcome *o, int code, struct secret_view body,
                       uint64_t retry_after_ns)
{
    struct secret_json root;
    struct secret_json details;
    struct secret_json member;
    char kind[16] = "";
    *o = (struct kube_outcome){.code = code, .retry_after_ns = retry_after_ns};
    struct err *e = secret_json_parse(body, &root);
    if (e) {
        err_free(e);
        return;
    }
    read_text(&root, "kind", kind, sizeof(kind));
    if (strcmp(kind, "Status") != 0)
        return;
    read_text(&root, "reason", o->reason, sizeof(o->reason));
    if (!secret_json_member(&root, "details", &details))
        return;
    if (secret_json_member(&details, "causes", &member))
        read_causes(o, &member);
    if (retry_after_ns == 0 && secret_json_member(&details, "retryAfterSeconds", &member))
        o->retry_after_ns = read_seconds(&member) * NS_PER_S;
}

bool kube_outcome_is_gone(const struct kube_outcome *o)
{
    return o->code == 410 || o->is_rv_too_large || strcmp(o->reason, "Expired") == 0 ||
           strcmp(o->reason, "Gone") == 0;
}

static enum err_class class_of(int code)
{
    static const struct {
        int code;
        enum err_class cls;
    } rows[] = {
        {401, ERR_DENIED},   {403, ERR_DENIED},   {404, ERR_NOT_FOUND}, {408, ERR_UNAVAILABLE},
        {409, ERR_CONFLICT}, {410, ERR_CONFLICT}, {412, ERR_CONFLICT},  {429, ERR_RATE_LIMITED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].code == code)
            return rows[i].cls;
    return code >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
}

static struct err *denied(const struct kube_outcome *o, const char *verb,
                          const struct kube_target *t, const char *what)
{
    const struct kube_resource *r = t->resource;
    if (o->code == 401)
        return err_new(ERR_DENIED, "%s %s: 401: the API server does not accept our token", verb,
                       what);
    if (o->is_admission)
        return err_new(ERR_DENIED, "%s %s: 403: refused by an admission policy", verb, what);
    return err_new(ERR_DENIED,
                   "%s %s: 403: a Role must grant verb \"%s\" on resource \"%s%s%s\" of API group "
                   "\"%s\"",
                   verb, what, verb, r->plural, t->subresource ? "/" : "",
                   t->subresource ? t->subresource : "", r->group);
}

struct err *kube_outcome_err(const struct kube_outcome *o, const char *verb,
                             const struct kube_target *t)
{
    if (o->code > 0 && o->code < 400)
        return NULL;
    CLEANUP_STR_BUF struct str_buf what;
    str_buf_init(&what, 1024);
    kube_target_print(t, &what);
    enum err_class cls = class_of(o->code);
    if (cls == ERR_DENIED)
        return denied(o, verb, t, what.s);
    struct err *e =
        err_new(cls, "%s %s: %d%s%s%s%s", verb, what.s, o->code, o->reason[0] ? " " : "", o->reason,
                o->field[0] ? " in " : "", o->field);
    err_set_retry_after_ns(e, o->retry_after_ns);
    return e;
}
