/* The tree is made of the template engine's values: what a template gave is read by the engine's
 * YAML, and the outcome is written by its JSON. External Secrets hashes Go's print of a tree, which
 * the engine prints as well. Numbers without a fraction stay exact: Kubernetes reads them so.
 *
 * A walk along a path makes the maps and lists that are not there yet, so that a list may have
 * holes, which are null. */

#include "render/render_manifest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/secret_arena.h"
#include "template/container.h"
#include "template/engine.h"
#include "template/fmt.h"
#include "template/go_json.h"
#include "template/go_yaml.h"

struct render_manifest {
    const struct spec *spec;
    struct secret_arena *arena;
    struct engine g;
    struct datum root; /* a map of ELEMENT_ANY, as all maps and lists below it */
};

static struct text text_of_view(struct secret_view v)
{
    return v.n ? (struct text){secret_view_raw(v), v.n} : TEXT("");
}

static bool holds_data(const struct spec *spec)
{
    return strcmp(spec->manifest_kind, "ConfigMap") == 0 ||
           strcmp(spec->manifest_kind, "Secret") == 0;
}

static struct err *new_map(struct render_manifest *m, struct datum *out)
{
    struct dict *map = NULL;
    struct err *e = dict_new(m->arena, ELEMENT_ANY, 0, &map);
    if (!e)
        *out = datum_map(map);
    return e;
}

static struct err *set_member(struct render_manifest *m, const struct datum *map, const char *name,
                              struct datum value)
{
    struct text key = {.n = 0};
    struct err *e = text_copy(m->arena, text_of(name), &key);
    return e ? e : dict_set(m->arena, map->v.map, key, value);
}

struct err *render_manifest_new(const struct spec *spec, struct render_manifest **out)
{
    CLEANUP(render_manifest) struct render_manifest *m = xcalloc(1, sizeof(*m));
    struct datum content = datum_none();
    m->spec = spec;
    m->arena = secret_arena_new(MANIFEST_MEMORY_MAX);
    engine_init(&m->g, m->arena, NULL);
    struct err *e = new_map(m, &m->root);
    if (!e)
        e = new_map(m, &content);
    if (!e)
        e = set_member(m, &m->root, holds_data(spec) ? "data" : "spec", content);
    if (e)
        return e;
    *out = TAKE(m);
    return NULL;
}

void render_manifest_free(struct render_manifest *m)
{
    if (!m)
        return;
    secret_arena_free(m->arena);
    free(m);
}

/* A copy of value as a text of the tree. */
static struct err *new_text(struct render_manifest *m, const char *name, struct secret_view value,
                            struct datum *out)
{
    struct text bytes = text_of_view(value);
    struct text copy = {.n = 0};
    if (!codec_is_utf8((const char *)bytes.p, bytes.n))
        return err_new(ERR_INVALID, "the value for %s is not UTF-8, which %s cannot hold", name,
                       m->spec->manifest_kind);
    if (bytes.n > OUTPUT_TOTAL_MAX)
        return err_new(ERR_INVALID, "the value for %s is larger than %u bytes", name,
                       OUTPUT_TOTAL_MAX);
    struct err *e = text_copy(m->arena, bytes, &copy);
    if (!e)
        *out = datum_string(copy);
    return e;
}

/* Paths */

/* A walk, and how far it has come. */
struct walk {
    struct render_manifest *m;
    const char *name; /* of the whole path */
    const struct field_step *step;
    struct datum *at; /* what stands there now */
};

static struct err *wrong_place(const struct walk *w, const char *wanted)
{
    if (w->step->name)
        return err_new(ERR_INVALID, "%s: what should have the member %s is no %s", w->name,
                       w->step->name, wanted);
    return err_new(ERR_INVALID, "%s: what should have the element %zu is no %s", w->name,
                   w->step->index, wanted);
}

/* To the member of a map; where there was nothing, there is a map with that member now. */
static struct err *step_to_member(struct walk *w)
{
    struct err *e = datum_is_nothing(w->at) ? new_map(w->m, w->at) : NULL;
    if (e)
        return e;
    if (w->at->kind != DATUM_MAP)
        return wrong_place(w, "map");
    const struct dict *map = w->at->v.map;
    if (!dict_get(map, text_of(w->step->name)))
        e = set_member(w->m, w->at, w->step->name, datum_nil());
    for (size_t i = 0; !e && i < map->n; i++) {
        if (text_is(map->entries[i].key, w->step->name))
            w->at = &map->entries[i].value;
    }
    return e;
}

/* A list in place of *at that has the elements of it and is long enough. */
static struct err *grow_list(struct walk *w)
{
    struct list *grown = NULL;
    struct err *e = list_new(w->m->arena, ELEMENT_ANY, w->step->index + 1, &grown);
    if (e)
        return e;
    for (size_t i = 0; i < grown->n; i++)
        grown->items[i] = datum_nil();
    if (w->at->kind == DATUM_LIST && w->at->v.list->n)
        memcpy(grown->items, w->at->v.list->items, w->at->v.list->n * sizeof(struct datum));
    *w->at = datum_list(grown);
    return NULL;
}

static struct err *step_to_element(struct walk *w)
{
    struct err *e = NULL;
    if (!datum_is_nothing(w->at) && w->at->kind != DATUM_LIST)
        return wrong_place(w, "list");
    if (datum_is_nothing(w->at) || w->step->index >= w->at->v.list->n)
        e = grow_list(w);
    if (!e)
        w->at = &w->at->v.list->items[w->step->index];
    return e;
}

/* The place that path leads to; valid until the tree changes. */
static struct err *find_place(struct render_manifest *m, const char *name,
                              const struct field_path *path, struct datum **out)
{
    struct walk w = {.m = m, .name = name, .at = &m->root};
    struct err *e = NULL;
    for (size_t i = 0; !e && i < path->n; i++) {
        w.step = &path->steps[i];
        e = w.step->name ? step_to_member(&w) : step_to_element(&w);
    }
    if (!e)
        *out = w.at;
    return e;
}

/* Set the member key of the member name of the root. */
static struct err *put_text(struct render_manifest *m, const char *name, const char *key,
                            struct secret_view value)
{
    const struct field_step step = {(char *)(uintptr_t)name, 0};
    const struct field_path path = {(struct field_step *)(uintptr_t)&step, 1};
    struct datum *place = NULL;
    struct datum text = datum_none();
    struct err *e = new_text(m, key, value, &text);
    if (!e)
        e = find_place(m, name, &path, &place);
    if (!e && datum_is_nothing(place))
        e = new_map(m, place);
    if (!e && place->kind != DATUM_MAP)
        e = err_new(ERR_INVALID, "%s is no map that could have %s", name, key);
    return e ? e : set_member(m, place, key, text);
}

struct err *render_manifest_put(struct render_manifest *m, const char *key,
                                struct secret_view value)
{
    return put_text(m, "data", key, value);
}

/* Each document has the engine's limits for itself; the arena is the limit for all. Plain texts of
 * YAML stay where they are, so text must live in the arena. */
static struct err *read_yaml(struct render_manifest *m, const struct datum *text, struct datum *out)
{
    engine_init(&m->g, m->arena, NULL);
    return go_yaml_decode_object(&m->g, datum_text(text), out);
}

struct err *render_manifest_set(struct render_manifest *m, const char *name,
                                const struct field_path *path, const char *key,
                                struct secret_view value)
{
    struct datum text = datum_none();
    struct datum parsed = datum_none();
    struct datum *place = NULL;
    if (path->n == 1 && strcasecmp(path->steps[0].name, "spec") == 0)
        return put_text(m, "spec", key, value);
    struct err *e = new_text(m, name, value, &text);
    if (e)
        return e;
    CLEANUP(err) struct err *no_yaml = read_yaml(m, &text, &parsed);
    if (no_yaml && (engine_is_limit(no_yaml) || err_class(no_yaml) != ERR_INVALID))
        return TAKE(no_yaml);
    e = find_place(m, name, path, &place);
    if (!e)
        *place = no_yaml || parsed.kind == DATUM_STRING ? text : parsed;
    return e;
}

static struct err *merge_members(struct render_manifest *m, const struct datum *into,
                                 const struct dict *from)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < from->n; i++)
        e = dict_set(m->arena, into->v.map, from->entries[i].key, from->entries[i].value);
    return e;
}

struct err *render_manifest_merge(struct render_manifest *m, const char *name,
                                  const struct field_path *path, struct secret_view yaml)
{
    struct datum text = datum_none();
    struct datum parsed = datum_none();
    struct datum *place = NULL;
    struct err *e = new_text(m, name, yaml, &text);
    if (e)
        return e;
    e = read_yaml(m, &text, &parsed);
    if (e)
        return err_wrap(e, "rendered text for %s is no YAML", name);
    e = find_place(m, name, path, &place);
    if (e)
        return e;
    if (path->n > 1 && place->kind == DATUM_MAP && parsed.kind == DATUM_MAP)
        return merge_members(m, place, parsed.v.map);
    *place = parsed;
    return NULL;
}

/* A Secret holds base64. */
static struct err *put_encoded(struct render_manifest *m, const char *key, struct secret_view value)
{
    CLEANUP(secret_buf) struct secret_buf *encoded = NULL;
    struct err *e = secret_buf_new(0, &encoded);
    if (!e)
        e = codec_base64_encode(CODEC_BASE64, value, encoded);
    return e ? e : render_manifest_put(m, key, secret_buf_view(encoded));
}

static struct err *put_in_spec(struct render_manifest *m, const char *key, struct secret_view value)
{
    char spec[] = "spec", data[] = "data";
    struct field_step steps[] = {{spec, 0}, {data, 0}};
    const struct field_path path = {steps, ARRAY_SIZE(steps)};
    struct datum *place = NULL;
    struct datum text = datum_none();
    struct err *e = new_text(m, key, value, &text);
    if (!e)
        e = find_place(m, "spec.data", &path, &place);
    if (!e && datum_is_nothing(place))
        e = new_map(m, place);
    return e ? e : set_member(m, place, key, text);
}

struct err *render_manifest_fill(struct render_manifest *m, const struct map *data)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < data->n; i++) {
        const char *key = data->entries[i].key;
        struct secret_view value = secret_buf_view(data->entries[i].value);
        if (spec_targets_secret(m->spec))
            e = put_encoded(m, key, value);
        else if (holds_data(m->spec))
            e = render_manifest_put(m, key, value);
        else
            e = put_in_spec(m, key, value);
    }
    return e;
}

/* The end */

/* What stands beside data in a ConfigMap or Secret. */
static struct err *add_members(struct render_manifest *m)
{
    const struct spec *spec = m->spec;
    const char *type = spec->tmpl ? spec->tmpl->type : NULL;
    struct err *e = NULL;
    if (holds_data(spec) && spec->is_immutable)
        e = set_member(m, &m->root, "immutable", datum_bool(true));
    if (!e && spec_targets_secret(spec) && type && !dict_get(m->root.v.map, TEXT("type")))
        e = set_member(m, &m->root, "type", datum_string(text_of(type)));
    return e;
}

/* A template may have said what type a Secret has. */
static struct err *check_type(struct render_manifest *m)
{
    const struct datum *type = dict_get(m->root.v.map, TEXT("type"));
    CLEANUP_STR char *text = NULL;
    if (!spec_targets_secret(m->spec) || !type)
        return NULL;
    if (type->kind == DATUM_STRING)
        text = xstrndup((const char *)datum_text(type).p, type->n);
    if (!text || spec_type_is_refused(text))
        return err_new(ERR_INVALID, "type: such a Secret is refused: it gives rights that no store "
                                    "gave");
    return NULL;
}

static struct err *hash(struct render_manifest *m, char out[DIGEST_SHA3_224_HEX])
{
    const struct datum *hashed = dict_get(m->root.v.map, TEXT("spec"));
    struct text_buf b;
    struct text printed = {.n = 0};
    if (!hashed || datum_is_nothing(hashed))
        hashed = dict_get(m->root.v.map, TEXT("data"));
    if (!hashed || datum_is_nothing(hashed))
        return err_new(ERR_INVALID, "the template leaves neither spec nor data in the target");
    engine_init(&m->g, m->arena, NULL);
    text_buf_init(&b, m->arena, TEXT_MAX);
    fmt_value(&m->g, &b, hashed);
    struct err *e = text_buf_end(&b, &printed);
    if (!e)
        digest_sha3_224_hex(secret_view_of(printed.p, printed.n), out);
    return e;
}

static struct err *print(struct render_manifest *m, struct secret_buf **out)
{
    struct text_buf b;
    struct text printed = {.n = 0};
    engine_init(&m->g, m->arena, NULL);
    text_buf_init(&b, m->arena, TEXT_MAX);
    struct err *e = go_json_encode(&m->g, &m->root, 0, &b);
    struct err *cut = text_buf_end(&b, &printed);
    if (e || cut) {
        if (e && cut)
            err_free(cut);
        return e ? e : cut;
    }
    if (printed.n > OUTPUT_TOTAL_MAX)
        return err_new(ERR_INVALID, "the content of the target is larger than %u bytes",
                       OUTPUT_TOTAL_MAX);
    return secret_buf_copy(secret_view_of(printed.p, printed.n), out);
}

struct err *render_manifest_finish(struct render_manifest *m, struct output_set *out)
{
    CLEANUP(secret_buf) struct secret_buf *content = NULL;
    struct err *e = add_members(m);
    if (!e)
        e = check_type(m);
    if (!e)
        e = hash(m, out->content_hash);
    if (!e)
        e = print(m, &content);
    if (e)
        return e;
    secret_buf_free(out->content);
    out->content = TAKE(content);
    return NULL;
}
