/* Metadata holds nothing secret and is built as a tree; the data, or the finished content of
 * another kind of object, is appended behind it from locked memory to locked memory. `type` is
 * there only if the template names one: without it the server makes the Secret Opaque on creation,
 * and one that is taken over keeps its own. Labels and annotations are the template's if there is
 * one, else the ExternalSecret's. */

#include "project/object_body.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/secret_json.h"

#define MANAGER_PREFIX "externalsecrets.external-secrets.io/"
#define MANAGER_MAX 63
#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"
#define ARGO_TRACKING "argocd.argoproj.io/tracking-id"

char *object_body_manager(const struct spec *spec)
{
    const char *name = spec->meta.name;
    char hex[DIGEST_SHA3_224_HEX];
    if (strlen(MANAGER_PREFIX) + strlen(name) <= MANAGER_MAX)
        return xasprintf(MANAGER_PREFIX "%s", name);
    digest_sha3_224_hex(secret_view_of(name, strlen(name)), hex);
    return xasprintf(MANAGER_PREFIX "sha3/%s", hex);
}

static struct json *json_of_map(const struct map *m)
{
    struct json *out = json_new_map();
    for (size_t i = 0; i < m->n; i++)
        json_set_text(out, m->entries[i].key, m->entries[i].value);
    return out;
}

static bool is_owner(const struct spec *spec)
{
    return spec->creation == CREATION_OWNER && *spec->meta.uid;
}

static struct json *labels_of(const struct spec *spec, const struct output_set *o)
{
    CLEANUP(map) struct map *labels = map_copy_text(o->labels ? o->labels : spec->meta.labels);
    map_set(labels, OBJECT_LABEL_OURS, xstrdup("true"));
    map_set(labels, OBJECT_LABEL_THEIRS, xstrdup("true"));
    map_remove(labels, OBJECT_LABEL_CREATED_BY);
    if (spec->creation == CREATION_OWNER)
        map_set(labels, OBJECT_LABEL_CREATED_BY, spec_owner_hash(spec));
    return json_of_map(labels);
}

/* The two annotations left out speak about the ExternalSecret alone: copied, they make kubectl and
 * Argo CD believe that the Secret is theirs to prune. */
static struct json *annotations_of(const struct spec *spec, const struct output_set *o,
                                   const char *hash)
{
    CLEANUP(map)
    struct map *annotations =
        map_copy_text(o->annotations ? o->annotations : spec->meta.annotations);
    if (!o->annotations) {
        map_remove(annotations, LAST_APPLIED);
        map_remove(annotations, ARGO_TRACKING);
    }
    map_set(annotations, OBJECT_ANNOTATION_HASH, xstrdup(hash));
    return json_of_map(annotations);
}

static struct json *owners_of(const struct spec *spec, const char *api_version)
{
    struct json *list = json_new_list();
    struct json *owner = json_new_map();
    json_set_text(owner, "apiVersion", api_version);
    json_set_text(owner, "kind", "ExternalSecret");
    json_set_text(owner, "name", spec->meta.name);
    json_set_text(owner, "uid", spec->meta.uid);
    json_set_bool(owner, "controller", true);
    json_set_bool(owner, "blockOwnerDeletion", true);
    json_add(list, owner);
    return list;
}

static struct json *finalizers_of(const struct spec_template *t)
{
    struct json *list = json_new_list();
    for (size_t i = 0; i < t->n_finalizers; i++)
        json_add(list, json_new_text(t->finalizers[i]));
    return list;
}

static struct json *metadata_of(const struct spec *spec, const struct output_set *o,
                                const char *hash, const char *api_version)
{
    struct json *meta = json_new_map();
    json_set_text(meta, "name", spec->target_name);
    json_set_text(meta, "namespace", spec->meta.ns);
    json_set(meta, "labels", labels_of(spec, o));
    json_set(meta, "annotations", annotations_of(spec, o, hash));
    if (is_owner(spec))
        json_set(meta, "ownerReferences", owners_of(spec, api_version));
    if (spec->tmpl && spec->tmpl->n_finalizers > 0)
        json_set(meta, "finalizers", finalizers_of(spec->tmpl));
    return meta;
}

/* What every object begins with, without the closing brace. */
static char *head_of(const struct spec *spec, const struct output_set *o, const char *hash,
                     const char *api_version)
{
    CLEANUP(json) struct json *head = json_new_map();
    json_set_text(head, "apiVersion", spec_is_generic(spec) ? spec->manifest_api_version : "v1");
    json_set_text(head, "kind", spec_target_kind(spec));
    json_set(head, "metadata", metadata_of(spec, o, hash, api_version));
    char *text = json_print(head);
    text[strlen(text) - 1] = '\0';
    return text;
}

static struct err *append_entry(const struct output *entry, bool is_first, struct secret_buf *b)
{
    struct err *e = is_first ? NULL : secret_buf_puts(b, ",");
    if (!e)
        e = secret_json_quote(secret_view_of(entry->key, strlen(entry->key)), b);
    if (!e)
        e = secret_buf_puts(b, ":\"");
    if (!e)
        e = codec_base64_encode(CODEC_BASE64, secret_buf_view(entry->value), b);
    if (!e)
        e = secret_buf_puts(b, "\"");
    return e;
}

/* What stands beside metadata and data, each member with a comma in front. */
static struct err *append_rest(const struct spec *spec, struct secret_buf *b)
{
    struct err *e = NULL;
    if (spec->is_immutable)
        e = secret_buf_puts(b, ",\"immutable\":true");
    if (e || !spec->tmpl || !spec->tmpl->type)
        return e;
    CLEANUP(json) struct json *type = json_new_text(spec->tmpl->type);
    CLEANUP_STR char *text = json_print(type);
    e = secret_buf_puts(b, ",\"type\":");
    return e ? e : secret_buf_puts(b, text);
}

static struct err *append_data(const struct spec *spec, const struct output_set *o,
                               struct secret_buf *b)
{
    struct err *e = append_rest(spec, b);
    if (!e)
        e = secret_buf_puts(b, ",\"data\":{");
    for (size_t i = 0; !e && i < o->n; i++)
        e = append_entry(&o->items[i], i == 0, b);
    return e ? e : secret_buf_puts(b, "}}");
}

/* The content is an object of its own: its opening brace becomes a comma. */
static struct err *append_content(const struct output_set *o, struct secret_buf *b)
{
    struct secret_view content = secret_buf_view(o->content);
    struct err *e = secret_buf_puts(b, ",");
    return e ? e : secret_buf_append(b, secret_view_part(content, 1, content.n - 1));
}

struct err *object_body_new(const struct spec *spec, const struct output_set *o,
                            const char *api_version, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    char hash[DIGEST_SHA3_224_HEX];
    struct err *e = output_set_data_hash(o, hash);
    if (e)
        return err_wrap(e, "data hash");
    CLEANUP_STR char *head = head_of(spec, o, hash, api_version);
    /* All at once, so that it never grows by moving. */
    size_t content = o->content ? secret_buf_size(o->content) : 0;
    size_t room =
        strlen(head) + content + o->total_bytes / 3 * 4 + o->n * (6 * OUTPUT_KEY_MAX + 16) + 1024;
    e = secret_buf_new(room < SECRET_BUF_MAX ? room : 0, &b);
    if (!e)
        e = secret_buf_puts(b, head);
    if (!e)
        e = o->content ? append_content(o, b) : append_data(spec, o, b);
    if (e)
        return err_wrap(e, "body of %s \"%s\"", spec_target_kind(spec), spec->target_name);
    *out = TAKE(b);
    return NULL;
}

char *object_body_probe(const char *ns, const char *name)
{
    CLEANUP(json) struct json *body = json_new_map();
    struct json *meta = json_new_map();
    struct json *labels = json_new_map();
    json_set_text(labels, OBJECT_LABEL_OURS, "true");
    json_set_text(meta, "name", name);
    json_set_text(meta, "namespace", ns);
    json_set(meta, "labels", labels);
    json_set_text(body, "apiVersion", "v1");
    json_set_text(body, "kind", "Secret");
    json_set(body, "metadata", meta);
    return json_print(body);
}

/* Does the output have that member of `data`? */
static bool has_key(const struct output_set *o, const char *key)
{
    struct secret_json root, data, value;
    if (!o->content)
        return output_set_find(o, key) != NULL;
    CLEANUP(err) struct err *e = secret_json_parse(secret_buf_view(o->content), &root);
    return !e && secret_json_member(&root, "data", &data) && secret_json_member(&data, key, &value);
}

/* {"key": null} for every key that o does not have; NULL when it has all. */
static struct json *surplus(const struct output_set *o, const struct map *keys)
{
    struct json *out = NULL;
    for (size_t i = 0; i < keys->n; i++) {
        if (has_key(o, keys->entries[i].key))
            continue;
        if (!out)
            out = json_new_map();
        json_set(out, keys->entries[i].key, json_new_null());
    }
    return out;
}

char *object_body_sweep(const struct spec *spec, const struct output_set *o,
                        const struct object_reply *r, bool all_keys)
{
    struct json *data = all_keys ? surplus(o, r->keys) : NULL;
    bool drops_owner = spec->creation != CREATION_OWNER &&
                       (r->has_created_by || (r->has_owner && r->n_owners == 1));
    if (!data && !drops_owner)
        return NULL;
    CLEANUP(json) struct json *body = json_new_map();
    struct json *meta = json_new_map();
    json_set_text(meta, "resourceVersion", r->resource_version ? r->resource_version : "");
    if (drops_owner) {
        struct json *labels = json_new_map();
        json_set(labels, OBJECT_LABEL_CREATED_BY, json_new_null());
        json_set(meta, "labels", labels);
    }
    if (drops_owner && r->has_owner && r->n_owners == 1)
        json_set(meta, "ownerReferences", json_new_null());
    json_set(body, "metadata", meta);
    if (data)
        json_set(body, "data", data);
    return json_print(body);
}
