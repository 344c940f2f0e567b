/* The entries of dataFrom first, in their order, then those of data; a later key replaces an
 * earlier one. Names of an extract are collected before anything is put out, because two names that
 * become one key are an error, while one name that stands twice in the JSON is not: there the last
 * one counts. */

#include "render/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/secret_json.h"
#include "render/convert.h"
#include "render/decode.h"
#include "render/jsonpath.h"

#define NO_SECRET "secret does not exist in the store"

/* One member of an extracted object. */
struct member {
    struct secret_buf *name; /* as it stands in the JSON, decoded */
    struct secret_buf *value;
};

static void member_free(struct member *m)
{
    if (!m)
        return;
    secret_buf_free(m->name);
    secret_buf_free(m->value);
    free(m);
}
CLEANUP_DEFINE(member)

static void member_free_value(void *m)
{
    member_free(m);
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
    if (e)
        return e;
    bool is_missing_secret = !value->bytes || value->missing_property_is_missing;
    if (!part && !is_missing_secret)
        return err_new(ERR_NOT_FOUND, "key %s does not exist in secret %s", ref->property,
                       ref->key);
    if (!part && spec->deletion == DELETION_RETAIN)
        return err_new(ERR_NOT_FOUND, NO_SECRET);
    *out = TAKE(part);
    return NULL;
}

/* Put a member under its key, unless another name has become the same key. */
static struct err *collect_member(struct map *members, const struct remote_ref *ref,
                                  const struct secret_json *name, const struct secret_json *json)
{
    CLEANUP(member) struct member *m = xcalloc(1, sizeof(*m));
    CLEANUP_STR char *key = NULL;
    struct err *e = secret_json_string(name, &m->name);
    if (!e)
        e = decode_json_scalar(json, &m->value);
    if (!e)
        e = convert_key(ref->conversion, secret_buf_view(m->name), &key);
    if (e)
        return e;
    const struct member *there = map_get(members, key);
    if (there && !secret_view_equal(secret_buf_view(there->name), secret_buf_view(m->name)))
        return err_new(ERR_INVALID, "two names become the same key %s", key);
    map_set(members, key, TAKE(m));
    return NULL;
}

static struct err *collect_members(const struct remote_ref *ref, struct secret_view text,
                                   struct map *members)
{
    struct secret_json object, name, value;
    size_t at = 0;
    struct err *e = secret_json_parse(text, &object);
    if (e)
        return err_wrap(e, "value is no JSON object");
    if (object.kind != SECRET_JSON_OBJECT)
        return err_new(ERR_INVALID, "value is no JSON object");
    while (!e && secret_json_next(&object, &at, &name, &value))
        e = collect_member(members, ref, &name, &value);
    return e;
}

/* Decode and put out one key; an empty one is dropped, as External Secrets does. */
static struct err *put_key(struct output_set *o, const char *key, enum spec_decoding decoding,
                           const struct secret_buf *raw)
{
    CLEANUP(secret_buf) struct secret_buf *decoded = NULL;
    if (!*key)
        return NULL;
    struct err *e = decode_key_check(key);
    if (!e)
        e = decode_value(decoding, key, secret_buf_view(raw), &decoded);
    return e ? e : output_set_put(o, key, TAKE(decoded));
}

static struct err *render_extract(const struct spec *spec, size_t i, const struct value *value,
                                  struct output_set *o)
{
    const struct remote_ref *ref = &spec->extracts[i];
    CLEANUP(secret_buf) struct secret_buf *part = NULL;
    CLEANUP(map) struct map *members = map_new(member_free_value);
    struct err *e = select_part(spec, ref, value, &part);
    if (!e && part)
        e = collect_members(ref, secret_buf_view(part), members);
    for (size_t at = 0; !e && at < members->n; at++) {
        const struct member *m = members->entries[at].value;
        e = put_key(o, members->entries[at].key, ref->decoding, m->value);
    }
    return e ? err_wrap(e, "spec.dataFrom[%zu] (key: %s)", i, ref->key) : NULL;
}

static struct err *render_data(const struct spec *spec, size_t i, const struct value *value,
                               struct output_set *o)
{
    const struct remote_ref *ref = &spec->data[i].remote;
    CLEANUP(secret_buf) struct secret_buf *part = NULL;
    struct err *e = select_part(spec, ref, value, &part);
    if (!e && part)
        e = put_key(o, spec->data[i].secret_key, ref->decoding, part);
    return e ? err_wrap(e, "spec.data[%zu] (key: %s)", i, ref->key) : NULL;
}

struct err *render_run(const struct spec *spec, const struct value_set *values,
                       const struct digest_key *key, struct output_set **out)
{
    CLEANUP(output_set) struct output_set *o = output_set_new();
    struct err *e = NULL;
    for (size_t i = 0; !e && i < spec->n_extracts; i++)
        e = render_extract(spec, i, &values->extracts[i], o);
    for (size_t i = 0; !e && i < spec->n_data; i++)
        e = render_data(spec, i, &values->data[i], o);
    if (e)
        return e;
    o->is_stale = values->is_stale;
    output_set_seal(o, key);
    *out = TAKE(o);
    return NULL;
}
