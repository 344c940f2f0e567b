/* A source is collected whole before any of it becomes data, because two names that become one key
 * are an error, while one name that stands twice in the JSON is not: there the last one counts.
 * Keys are converted only where nothing rewrites them: External Secrets' documentation says
 * otherwise, its program does so. */

#include "render/render_source.h"

#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "render/convert.h"
#include "render/decode.h"
#include "render/jsonpath.h"
#include "render/members.h"
#include "render/rewrite.h"

#define NO_SECRET "secret does not exist in the store"

/* A missing secret: nothing, unless deletionPolicy is Retain. */
static struct err *miss(const struct spec *spec)
{
    return spec->deletion == DELETION_RETAIN ? err_new(ERR_NOT_FOUND, NO_SECRET) : NULL;
}

/* The part of value that ref means; NULL when that is missing and may be.
 * Errors: NOT_FOUND, INVALID, INTERNAL. */
static struct err *select_part(const struct spec *spec, const struct remote_ref *ref,
                               const struct value *value, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *part = NULL;
    struct err *e = NULL;
    if (value->bytes && !ref->property)
        e = secret_buf_copy(secret_buf_view(value->bytes), &part);
    else if (value->bytes)
        e = jsonpath_property(secret_buf_view(value->bytes), ref->property, value->order, &part);
    bool is_missing_secret = !value->bytes || value->missing_property_is_missing;
    if (!e && !part && !is_missing_secret)
        e = err_new(ERR_NOT_FOUND, "key %s does not exist in secret %s", ref->property, ref->key);
    if (!e && !part)
        e = miss(spec);
    if (e)
        return e;
    *out = TAKE(part);
    return NULL;
}

static struct err *collect_json_member(const struct secret_json *name,
                                       const struct secret_json *json, struct members *out)
{
    CLEANUP(secret_buf) struct secret_buf *name_buf = NULL, *value = NULL;
    struct err *e = secret_json_string(name, &name_buf);
    if (!e)
        e = decode_json_scalar(json, &value);
    if (!e)
        members_set(out, TAKE(name_buf), TAKE(value));
    return e;
}

/* The members of a JSON object; null has none. */
static struct err *collect_json(struct secret_view text, struct members *out)
{
    struct secret_json object, name, value;
    size_t at = 0;
    struct err *e = secret_json_parse(text, &object);
    if (e)
        return err_wrap(e, "value is no JSON object");
    if (object.kind != SECRET_JSON_OBJECT && object.kind != SECRET_JSON_NULL)
        return err_new(ERR_INVALID, "value is no JSON object");
    while (!e && secret_json_next(&object, &at, &name, &value))
        e = collect_json_member(&name, &value, out);
    return e;
}

static struct err *collect_found(const struct map *found, struct members *out)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < found->n; i++) {
        const struct map_entry *m = &found->entries[i];
        CLEANUP(secret_buf) struct secret_buf *name = NULL, *value = NULL;
        e = secret_buf_copy(secret_view_of(m->key, strlen(m->key)), &name);
        if (!e)
            e = secret_buf_copy(secret_buf_view(m->value), &value);
        if (!e)
            members_set(out, TAKE(name), TAKE(value));
    }
    return e;
}

/* Everything that source asks for; *is_missing when the store does not have it, which may be. */
static struct err *collect(const struct spec *spec, const struct spec_source *source,
                           const struct value *value, struct members *out, bool *is_missing)
{
    CLEANUP(secret_buf) struct secret_buf *part = NULL;
    *is_missing = source->kind == SOURCE_FIND && !value->members;
    if (*is_missing)
        return miss(spec);
    if (source->kind == SOURCE_FIND)
        return collect_found(value->members, out);
    struct err *e = select_part(spec, &source->remote, value, &part);
    if (e)
        return e;
    *is_missing = !part;
    return part ? collect_json(secret_buf_view(part), out) : NULL;
}

static struct err *convert_member(enum spec_conversion how, struct member *m, struct members *out)
{
    CLEANUP_STR char *key = NULL;
    CLEANUP(secret_buf) struct secret_buf *name = NULL;
    struct err *e = convert_key(how, secret_buf_view(m->name), &key);
    if (!e)
        e = secret_buf_copy(secret_view_of(key, strlen(key)), &name);
    if (e)
        return e;
    if (members_find(out, secret_buf_view(name)))
        return err_new(ERR_INVALID, "two names become the same key %s", key);
    members_set(out, TAKE(name), TAKE(m->value));
    return NULL;
}

static struct err *convert_members(enum spec_conversion how, struct members **m)
{
    CLEANUP(members) struct members *out = members_new();
    struct err *e = NULL;
    for (size_t i = 0; !e && i < (*m)->n; i++)
        e = convert_member(how, &(*m)->items[i], out);
    if (e)
        return e;
    members_free(*m);
    *m = TAKE(out);
    return NULL;
}

static bool has_zero_byte(struct secret_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i].v == 0)
            return true;
    }
    return false;
}

/* Decode raw and make it the value of key; an empty key is dropped, as External Secrets does. */
static struct err *put_key(const struct remote_ref *ref, const char *key,
                           const struct secret_buf *raw, struct map *data)
{
    CLEANUP(secret_buf) struct secret_buf *decoded = NULL;
    if (!*key)
        return NULL;
    struct err *e = decode_key_check(key);
    if (!e)
        e = decode_value(ref->decoding, key, secret_buf_view(raw), &decoded);
    if (e)
        return e;
    if (ref->refuses_null_bytes && has_zero_byte(secret_buf_view(decoded)))
        return err_new(ERR_INVALID,
                       "value of key \"%s\" contains null bytes, and nullBytePolicy "
                       "is Fail",
                       key);
    map_set(data, key, TAKE(decoded));
    return NULL;
}

static struct err *put_members(const struct remote_ref *ref, const struct members *m,
                               struct map *data)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < m->n; i++) {
        CLEANUP_STR char *key = NULL;
        e = members_text(secret_buf_view(m->items[i].name), &key);
        if (!e)
            e = put_key(ref, key, m->items[i].value, data);
    }
    return e;
}

static struct err *gather_source(const struct spec *spec, const struct spec_source *source,
                                 const struct value *value, const struct template_env *env,
                                 struct map *data, bool *is_missing)
{
    CLEANUP(members) struct members *m = members_new();
    struct err *e = collect(spec, source, value, m, is_missing);
    if (e || *is_missing)
        return e;
    e = source->n_rewrites ? rewrite_apply(source->rewrites, source->n_rewrites, env, &m)
                           : convert_members(source->remote.conversion, &m);
    return e ? e : put_members(&source->remote, m, data);
}

static struct err *gather_data(const struct spec *spec, const struct spec_data *item,
                               const struct value *value, struct map *data, bool *is_missing)
{
    CLEANUP(secret_buf) struct secret_buf *part = NULL;
    struct err *e = select_part(spec, &item->remote, value, &part);
    if (e)
        return e;
    *is_missing = !part;
    return part ? put_key(&item->remote, item->secret_key, part, data) : NULL;
}

static struct err *wrap_source(struct err *e, const struct spec_source *source, size_t i)
{
    return source->kind == SOURCE_FIND
               ? err_wrap(e, "spec.dataFrom[%zu].find", i)
               : err_wrap(e, "spec.dataFrom[%zu] (key: %s)", i, source->remote.key);
}

/* The text of External Secrets' event, which says dataFrom of entries of data too. */
static void note_missing(struct map *missing, size_t i, const char *key)
{
    CLEANUP_STR char *text =
        key ? xasprintf("spec.dataFrom[%zu] (key=%s)", i, key) : xasprintf("spec.dataFrom[%zu]", i);
    map_set(missing, text, NULL);
}

struct err *render_source_gather(const struct spec *spec, const struct value_set *values,
                                 const struct template_env *env, struct map *data,
                                 struct map *missing)
{
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct spec_source *source = &spec->sources[i];
        bool is_missing = false;
        if (source->kind == SOURCE_NOTHING)
            continue;
        struct err *e = gather_source(spec, source, &values->sources[i], env, data, &is_missing);
        if (e)
            return wrap_source(e, source, i);
        if (is_missing)
            note_missing(missing, i, NULL);
    }
    for (size_t i = 0; i < spec->n_data; i++) {
        const struct spec_data *item = &spec->data[i];
        bool is_missing = false;
        struct err *e = gather_data(spec, item, &values->data[i], data, &is_missing);
        if (e)
            return err_wrap(e, "spec.data[%zu] (key: %s)", i, item->remote.key);
        if (is_missing)
            note_missing(missing, i, item->remote.key);
    }
    return NULL;
}
