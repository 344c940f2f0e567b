/* Every template stands alone: it is parsed, rendered and dropped. What is rendered later replaces
 * what was there: templateFrom in list order, then data, then labels, then annotations. */

#include "render/render_template.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/secret_arena.h"
#include "render/decode.h"
#include "render/members.h"
#include "template/engine.h"
#include "template/go_yaml.h"

#define AT "spec.target.template"

/* Bytes of all rendered labels and annotations. */
#define METADATA_MAX OUTPUT_TOTAL_MAX

/* For all templates of one pass; each has limits of its own. */
#define PASS_TIME_MAX_NS (10 * NS_PER_S)

struct pass {
    uint64_t began_ns;
    struct template_options options;
    const struct template_env *env;
    struct template_entry *entries; /* n: the data */
    size_t n;
    size_t metadata_bytes;
    struct render_manifest *manifest; /* NULL: the target is a Secret */
    struct output_set *out;
};

/* Where results of a template go. */
struct goal {
    enum from_target target;
    const char *field; /* TARGET_FIELD: its path */
    const struct field_path *path;
    enum spec_decoding decoding;
};

static struct secret_view view_of(const char *text)
{
    return secret_view_of(text, strlen(text));
}

static struct err *render(const struct pass *p, const char *name, struct secret_view text,
                          struct secret_buf **out)
{
    CLEANUP(template) struct template *t = NULL;
    if (clock_mono_ns(clock_system()) - p->began_ns > PASS_TIME_MAX_NS)
        return err_new(ERR_INVALID, "limit reached: all templates together took more than %llu s",
                       PASS_TIME_MAX_NS / NS_PER_S);
    struct err *e = template_parse(name, text, &p->options, &t);
    return e ? e : template_render(t, p->entries, p->n, p->env, out);
}

/* Labels and annotations are texts of an API object, which end at a zero byte. */
static struct err *put_metadata(struct pass *p, struct map *map, const char *key,
                                const struct secret_buf *value)
{
    CLEANUP_STR char *text = NULL;
    p->metadata_bytes += strlen(key) + secret_buf_size(value);
    if (p->metadata_bytes > METADATA_MAX)
        return err_new(ERR_INVALID, "all labels and annotations are larger than %u bytes",
                       METADATA_MAX);
    struct err *e = members_text(secret_buf_view(value), &text);
    if (e)
        return err_wrap(e, "\"%s\"", key);
    map_set(map, key, TAKE(text));
    return NULL;
}

static struct err *put_data(const struct pass *p, const char *key, struct secret_buf *value)
{
    CLEANUP(secret_buf) struct secret_buf *taken = value;
    struct err *e = decode_key_check(key);
    if (!e && p->manifest)
        e = render_manifest_put(p->manifest, key, secret_buf_view(taken));
    return e ? e : output_set_put(p->out, key, TAKE(taken));
}

/* Decode a rendered value and put it where it belongs. */
static struct err *put_value(struct pass *p, const struct goal *goal, const char *key,
                             struct secret_view value)
{
    CLEANUP(secret_buf) struct secret_buf *decoded = NULL;
    struct err *e = decode_value(goal->decoding, key, value, &decoded);
    if (e)
        return e;
    switch (goal->target) {
    case TARGET_DATA:
        return put_data(p, key, TAKE(decoded));
    case TARGET_LABELS:
        return put_metadata(p, p->out->labels, key, decoded);
    case TARGET_ANNOTATIONS:
        return put_metadata(p, p->out->annotations, key, decoded);
    case TARGET_FIELD:
        break;
    }
    assert(p->manifest);
    return render_manifest_set(p->manifest, goal->field, goal->path, key, secret_buf_view(decoded));
}

/* templateAs Values: the text is the value of key. */
static struct err *run_value(struct pass *p, const struct goal *goal, const char *key,
                             struct secret_view text)
{
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct err *e = render(p, key, text, &value);
    return e ? e : put_value(p, goal, key, secret_buf_view(value));
}

static struct err *put_pair(struct pass *p, const struct goal *goal, const struct dict_entry *pair)
{
    CLEANUP_STR char *key = NULL;
    struct text value = datum_text(&pair->value);
    struct err *e = members_text(secret_view_of(pair->key.p, pair->key.n), &key);
    return e ? e : put_value(p, goal, key, secret_view_of(value.p, value.n));
}

/* A rendered text as YAML: keys and values. */
static struct err *put_pairs(struct pass *p, const struct goal *goal, struct secret_view yaml)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct text text = yaml.n ? (struct text){secret_view_raw(yaml), yaml.n} : TEXT("");
    struct engine g;
    struct dict *pairs = NULL;
    engine_init(&g, arena, p->env);
    struct err *e = go_yaml_decode_strings(&g, text, &pairs);
    if (e)
        return err_wrap(e, "rendered text is no map of texts");
    for (size_t i = 0; !e && i < pairs->n; i++)
        e = put_pair(p, goal, &pairs->entries[i]);
    return e;
}

/* templateAs KeysAndValues. A field takes the document as it is. */
static struct err *run_pairs(struct pass *p, const struct goal *goal, const char *name,
                             struct secret_view text)
{
    CLEANUP(secret_buf) struct secret_buf *rendered = NULL;
    struct err *e = render(p, name, text, &rendered);
    if (e)
        return e;
    if (goal->target == TARGET_FIELD)
        return render_manifest_merge(p->manifest, goal->field, goal->path,
                                     secret_buf_view(rendered));
    return put_pairs(p, goal, secret_buf_view(rendered));
}

/* A text with pairs is no template that others could call: External Secrets gives it its own text
 * as name, which nobody can define again. A name with a folder is as good. */
static struct err *run_item(struct pass *p, const struct template_from *from,
                            const struct from_item *item, const struct secret_buf *text)
{
    struct goal goal = {from->target, from->field, from->path, from->decoding};
    CLEANUP_STR char *name = xasprintf("%s/%s", from->name, item->key);
    struct err *e = item->is_keys_and_values
                        ? run_pairs(p, &goal, name, secret_buf_view(text))
                        : run_value(p, &goal, item->key, secret_buf_view(text));
    return e ? err_wrap(e, AT ".templateFrom[%zu].%s %s key %s", from->index,
                        from->kind == FROM_SECRET ? "secret" : "configMap", from->name, item->key)
             : NULL;
}

static struct err *run_literal(struct pass *p, const struct template_from *from)
{
    struct goal goal = {from->target, from->field, from->path, from->decoding};
    CLEANUP_STR char *name = xasprintf("templateFrom[%zu].literal", from->index);
    struct err *e = run_pairs(p, &goal, name, view_of(from->literal));
    return e ? err_wrap(e, AT ".%s", name) : NULL;
}

/* Texts stand in the order of all items; *at is moved past those of from. */
static struct err *run_items(struct pass *p, const struct template_from *from,
                             const struct value_set *values, size_t *at)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < from->n_items; i++) {
        assert(*at < values->n_texts);
        e = run_item(p, from, &from->items[i], values->texts[(*at)++]);
    }
    return e;
}

static struct err *run_from(struct pass *p, const struct spec_template *t,
                            const struct value_set *values)
{
    struct err *e = NULL;
    size_t at = 0;
    for (size_t i = 0; !e && i < t->n_from; i++)
        e = t->from[i].kind == FROM_LITERAL ? run_literal(p, &t->from[i])
                                            : run_items(p, &t->from[i], values, &at);
    return e;
}

/* All templates of one map of the spec. */
static struct err *run_map(struct pass *p, const struct map *templates, enum from_target target,
                           const char *at)
{
    struct goal goal = {target, NULL, NULL, DECODING_NONE};
    for (size_t i = 0; i < templates->n; i++) {
        const struct map_entry *t = &templates->entries[i];
        struct err *e = run_value(p, &goal, t->key, view_of(t->value));
        if (e)
            return err_wrap(e, "%s.%s", at, t->key);
    }
    return NULL;
}

static void list_entries(struct pass *p, const struct map *data)
{
    p->entries = xcalloc(data->n + 1, sizeof(*p->entries));
    for (; p->n < data->n; p->n++) {
        const struct map_entry *m = &data->entries[p->n];
        p->entries[p->n] = (struct template_entry){view_of(m->key), secret_buf_view(m->value)};
    }
}

struct err *render_template_run(const struct spec *spec, const struct map *data,
                                const struct value_set *values,
                                const struct render_options *options,
                                struct render_manifest *manifest, struct output_set *out)
{
    const struct spec_template *t = spec->tmpl;
    struct pass p = {.began_ns = clock_mono_ns(clock_system()),
                     .options = {.missing_key_is_error = true},
                     .manifest = manifest,
                     .out = out};
    if (options) {
        p.options.left = options->left;
        p.options.right = options->right;
        p.env = &options->env;
    }
    out->labels = map_new(free);
    out->annotations = map_new(free);
    list_entries(&p, data);
    struct err *e = run_from(&p, t, values);
    if (!e)
        e = run_map(&p, t->data, TARGET_DATA, AT ".data");
    if (!e)
        e = run_map(&p, t->labels, TARGET_LABELS, AT ".metadata.labels");
    if (!e)
        e = run_map(&p, t->annotations, TARGET_ANNOTATIONS, AT ".metadata.annotations");
    free(p.entries);
    return e;
}
