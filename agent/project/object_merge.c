/* Values are copied as they stand in their text. Names are looked up for each member, which is
 * quadratic in the members of one map: a person's file has few. */

#include "project/object_merge.h"

#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

/* Where the merged text goes. */
struct merged {
    struct secret_buf *text;
    unsigned depth;
};

static struct err *merge_maps(struct merged *m, const struct secret_json *under,
                              const struct secret_json *over);

static struct err *put_name(struct merged *m, const struct secret_json *name, bool *is_first)
{
    struct err *e = *is_first ? NULL : secret_buf_puts(m->text, ",");
    *is_first = false;
    if (!e)
        e = secret_buf_append(m->text, name->raw);
    return e ? e : secret_buf_puts(m->text, ":");
}

/* The member of map that is called name. */
static struct err *find(const struct secret_json *map, const struct secret_json *name,
                        struct secret_json *out, bool *is_there)
{
    CLEANUP_STR char *text = NULL;
    struct err *e = secret_json_text(name, name->raw.n, &text);
    if (!e)
        *is_there = secret_json_member(map, text, out);
    return e;
}

static struct err *put_over(struct merged *m, const struct secret_json *under,
                            const struct secret_json *name, const struct secret_json *value)
{
    struct secret_json old;
    bool is_there = false;
    struct err *e = find(under, name, &old, &is_there);
    if (e)
        return e;
    if (is_there && old.kind == SECRET_JSON_OBJECT && value->kind == SECRET_JSON_OBJECT)
        return merge_maps(m, &old, value);
    return secret_buf_append(m->text, value->raw);
}

static struct err *put_rest(struct merged *m, const struct secret_json *under,
                            const struct secret_json *over, bool *is_first)
{
    struct secret_json name, value, newer;
    size_t at = 0;
    struct err *e = NULL;
    while (!e && secret_json_next(under, &at, &name, &value)) {
        bool is_there = false;
        e = find(over, &name, &newer, &is_there);
        if (e || is_there)
            continue;
        e = put_name(m, &name, is_first);
        if (!e)
            e = secret_buf_append(m->text, value.raw);
    }
    return e;
}

static struct err *merge_maps(struct merged *m, const struct secret_json *under,
                              const struct secret_json *over)
{
    struct secret_json name, value;
    size_t at = 0;
    bool is_first = true;
    struct err *e = m->depth++ < SECRET_JSON_DEPTH_MAX
                        ? secret_buf_puts(m->text, "{")
                        : err_new(ERR_INVALID, "maps are nested too deep");
    while (!e && secret_json_next(over, &at, &name, &value)) {
        e = put_name(m, &name, &is_first);
        if (!e)
            e = put_over(m, under, &name, &value);
    }
    if (!e)
        e = put_rest(m, under, over, &is_first);
    m->depth--;
    return e ? e : secret_buf_puts(m->text, "}");
}

struct err *object_merge(struct secret_view under, struct secret_view over, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    struct secret_json old, now;
    struct err *e = secret_json_parse(under, &old);
    if (!e)
        e = secret_json_parse(over, &now);
    if (!e && (old.kind != SECRET_JSON_OBJECT || now.kind != SECRET_JSON_OBJECT))
        e = err_new(ERR_INVALID, "what is merged must be objects");
    if (!e)
        e = secret_buf_new(under.n + over.n < SECRET_BUF_MAX ? under.n + over.n : 0, &text);
    struct merged m = {text, 0};
    if (!e)
        e = merge_maps(&m, &old, &now);
    if (e)
        return err_wrap(e, "merge");
    *out = TAKE(text);
    return NULL;
}
