/* Each step fills new members from the old ones; values move, names are made anew. Patterns and
 * templates are compiled once per step. */

#include "render/rewrite.h"

#include <string.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "render/rewrite_merge.h"

static struct secret_view view_of(const char *text)
{
    return secret_view_of(text, strlen(text));
}

/* Move m's value to out under its new name, which is taken. */
static struct err *rename_to(struct member *m, struct secret_buf *name, struct members *out)
{
    CLEANUP(secret_buf) struct secret_buf *taken = name;
    if (secret_buf_size(taken) > REWRITE_NAME_MAX)
        return err_new(ERR_INVALID, "limit reached: a key longer than %u bytes", REWRITE_NAME_MAX);
    members_set(out, TAKE(taken), TAKE(m->value));
    return NULL;
}

static struct err *apply_regexp(const struct spec_rewrite *r, struct members *in,
                                struct members *out)
{
    CLEANUP(regex) struct regex *pattern = NULL;
    struct err *e = regex_new(view_of(r->source), &pattern);
    for (size_t i = 0; !e && i < in->n; i++) {
        struct member *m = &in->items[i];
        CLEANUP(secret_buf) struct secret_buf *name = NULL;
        e = secret_buf_new(0, &name);
        if (!e)
            e = regex_replace(pattern, secret_buf_view(m->name), view_of(r->target), name);
        if (!e)
            e = rename_to(m, TAKE(name), out);
    }
    return e;
}

static struct err *apply_transform(const struct spec_rewrite *r, const struct template_env *env,
                                   struct members *in, struct members *out)
{
    CLEANUP(template) struct template *t = NULL;
    struct err *e = template_parse("transform", view_of(r->template), NULL, &t);
    for (size_t i = 0; !e && i < in->n; i++) {
        struct member *m = &in->items[i];
        struct template_entry entry = {view_of("value"), secret_buf_view(m->name)};
        CLEANUP_STR char *label = members_label(entry.value);
        CLEANUP(secret_buf) struct secret_buf *name = NULL;
        e = template_render(t, &entry, 1, env, &name);
        if (e)
            return err_wrap(e, "key \"%s\"", label);
        e = rename_to(m, TAKE(name), out);
    }
    return e;
}

static struct err *apply_one(const struct spec_rewrite *r, const struct template_env *env,
                             struct members *in, struct members *out)
{
    struct err *e = NULL;
    switch (r->kind) {
    case REWRITE_REGEXP:
        e = apply_regexp(r, in, out);
        break;
    case REWRITE_TRANSFORM:
        e = apply_transform(r, env, in, out);
        break;
    case REWRITE_MERGE:
        e = rewrite_merge(&r->merge, in, out);
        break;
    }
    if (!e && members_bytes(out) > REWRITE_BYTES_MAX)
        e = err_new(ERR_INVALID, "limit reached: more than %u bytes", REWRITE_BYTES_MAX);
    return e;
}

struct err *rewrite_apply(const struct spec_rewrite *rewrites, size_t n,
                          const struct template_env *env, struct members **m)
{
    static const char *const names[] = {
        [REWRITE_REGEXP] = "regexp", [REWRITE_TRANSFORM] = "transform", [REWRITE_MERGE] = "merge"};
    for (size_t i = 0; i < n; i++) {
        CLEANUP(members) struct members *out = members_new();
        struct err *e = apply_one(&rewrites[i], env, *m, out);
        if (e)
            return err_wrap(e, "rewrite[%zu].%s", i, names[rewrites[i].kind]);
        members_free(*m);
        *m = TAKE(out);
    }
    return NULL;
}
