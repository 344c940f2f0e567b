/* The line is checked as raw text first; only the object of an event that puts something becomes a
 * tree. Everything else needs four short texts of its metadata. */

#include "kube/kube_event_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

#define TEXT_MAX 512
#define END_MARK "k8s.io/initial-events-end"

/* Short text member; "" when absent or unfit. */
static char *text_member(const struct secret_json *map, const char *name)
{
    struct secret_json member;
    char *text = NULL;
    if (!secret_json_member(map, name, &member))
        return xstrdup("");
    struct err *e = secret_json_text(&member, TEXT_MAX, &text);
    if (e) {
        err_free(e);
        return xstrdup("");
    }
    return text;
}

static enum kube_event_type type_of(const char *name)
{
    static const struct {
        const char *name;
        enum kube_event_type type;
    } rows[] = {
        {"ADDED", KUBE_EVENT_PUT},      {"MODIFIED", KUBE_EVENT_PUT},
        {"DELETED", KUBE_EVENT_REMOVE}, {"BOOKMARK", KUBE_EVENT_BOOKMARK},
        {"ERROR", KUBE_EVENT_ERROR},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].type;
    return KUBE_EVENT_UNKNOWN;
}

static bool has_end_mark(const struct secret_json *meta)
{
    struct secret_json annotations;
    if (!secret_json_member(meta, "annotations", &annotations))
        return false;
    CLEANUP_STR char *mark = text_member(&annotations, END_MARK);
    return strcmp(mark, "true") == 0;
}

static int code_of(const struct secret_json *object)
{
    struct secret_json code;
    int n = 0;
    if (!secret_json_member(object, "code", &code) || code.kind != SECRET_JSON_NUMBER)
        return 500;
    for (size_t i = 0; i < code.raw.n && n < 1000; i++) {
        unsigned char digit = code.raw.p[i].v;
        if (digit < '0' || digit > '9')
            return 500;
        n = n * 10 + (digit - '0');
    }
    return n >= 400 && n < 600 ? n : 500;
}

static struct err *fill(const struct str_buf *text, const struct secret_json *object,
                        struct kube_event_line *line, struct json **obj)
{
    struct secret_json meta;
    line->object = object->raw;
    if (!secret_json_member(object, "metadata", &meta))
        meta = (struct secret_json){.kind = SECRET_JSON_NULL};
    line->rv = text_member(&meta, "resourceVersion");
    line->ns = text_member(&meta, "namespace");
    line->name = text_member(&meta, "name");
    line->ends_initial_list = line->type == KUBE_EVENT_BOOKMARK && has_end_mark(&meta);
    line->code = line->type == KUBE_EVENT_ERROR ? code_of(object) : 0;
    if ((line->type == KUBE_EVENT_PUT || line->type == KUBE_EVENT_REMOVE) && !*line->name)
        return err_new(ERR_INVALID, "event: object has no name");
    if (line->type != KUBE_EVENT_PUT)
        return NULL;
    size_t at = (size_t)(object->raw.p - secret_view_of(text->s, text->n).p);
    return json_parse(text->s + at, object->raw.n, obj);
}

struct err *kube_event_line_read(const struct str_buf *text, struct kube_event_line *line,
                                 struct json **obj)
{
    struct secret_json root;
    struct secret_json object;
    struct err *e = secret_json_parse(secret_view_of(text->s, text->n), &root);
    if (e)
        return err_wrap(e, "event");
    if (!secret_json_member(&root, "object", &object) || object.kind != SECRET_JSON_OBJECT)
        return err_new(ERR_INVALID, "event: object expected");
    CLEANUP_STR char *type = text_member(&root, "type");
    *line = (struct kube_event_line){.type = type_of(type)};
    e = fill(text, &object, line, obj);
    if (e)
        kube_event_line_done(line);
    return e;
}

void kube_event_line_done(struct kube_event_line *line)
{
    free(line->rv);
    free(line->ns);
    free(line->name);
    *line = (struct kube_event_line){0};
}
