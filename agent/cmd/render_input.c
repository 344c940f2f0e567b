/* Values take the place of stores by being written into fake ones, under the names that the
 * ExternalSecret refers to: so everything behind the store is what runs in the agent. */

#include "cmd/render_input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "spec/store.h"

#define DATA_BYTES_MAX ((size_t)4 << 20)

static void note_problem(void *ctx, const char *file, const struct err *e)
{
    struct render_input *in = ctx;
    if (e && !in->problem)
        in->problem = xasprintf("%s: %s", file, err_text(e));
}

static struct err *choose_spec(struct render_input *in, const struct render_input_options *o)
{
    struct spec **specs;
    size_t found = 0;
    size_t n = spec_store_all_specs(in->specs, &specs);
    for (size_t i = 0; i < n; i++) {
        const struct object_meta *m = &specs[i]->meta;
        bool is_meant =
            (!o->ns || strcmp(o->ns, m->ns) == 0) && (!o->name || strcmp(o->name, m->name) == 0);
        if (is_meant && found++ == 0)
            in->spec = spec_ref(specs[i]);
        spec_unref(specs[i]);
    }
    free(specs);
    if (found == 0)
        return err_new(ERR_NOT_FOUND, "%s: there is no such ExternalSecret", o->file);
    if (found > 1)
        return err_new(ERR_INVALID,
                       "%s: there are %zu ExternalSecrets, say which with --name and "
                       "--namespace",
                       o->file, found);
    return NULL;
}

static void add_entry(struct json *list, const char *key, const char *version, const char *value)
{
    struct json *entry = json_new_map();
    json_set_text(entry, "key", key);
    json_set_text(entry, "value", value);
    if (version)
        json_set_text(entry, "version", version);
    json_add(list, entry);
}

/* A value is asked for with whatever version the ExternalSecret names. */
static void add_versions(struct json *list, const struct spec *spec, const char *key,
                         const char *value)
{
    for (size_t i = 0; i < spec->n_data; i++) {
        const struct remote_ref *r = &spec->data[i].remote;
        if (r->key && r->version && strcmp(r->key, key) == 0)
            add_entry(list, key, r->version, value);
    }
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct remote_ref *r = &spec->sources[i].remote;
        if (r->key && r->version && strcmp(r->key, key) == 0)
            add_entry(list, key, r->version, value);
    }
}

/* The list of a fake store: texts as they are, everything else as JSON. */
static struct json *entries_of(const struct spec *spec, const struct json *data)
{
    struct json *list = json_new_list();
    for (const struct json *v = json_first(data); v; v = json_next(v)) {
        CLEANUP_STR char *printed = json_text(v) ? NULL : json_print(v);
        const char *value = printed ? printed : json_text(v);
        add_entry(list, json_name(v), NULL, value);
        add_versions(list, spec, json_name(v), value);
        if (printed)
            secret_erase(printed, strlen(printed));
    }
    return list;
}

static void put_fake(struct render_input *in, const struct store_ref *ref, const struct json *data)
{
    CLEANUP(json) struct json *obj = json_new_map();
    struct json *meta = json_new_map();
    struct json *spec = json_new_map();
    struct json *provider = json_new_map();
    struct json *fake = json_new_map();
    json_set_text(obj, "apiVersion", "external-secrets.io/v1");
    json_set_text(obj, "kind", store_kind_name(ref->kind));
    json_set_text(meta, "name", ref->name);
    if (ref->kind == STORE_NAMESPACED)
        json_set_text(meta, "namespace", in->spec->meta.ns);
    json_set(fake, "data", entries_of(in->spec, data));
    json_set(provider, "fake", fake);
    json_set(spec, "provider", provider);
    json_set(obj, "metadata", meta);
    json_set(obj, "spec", spec);
    spec_store_put_store(in->specs, ORIGIN_MIRROR, store_parse(obj));
}

/* What a walk over the spec's stores needs and finds. */
struct store_walk {
    struct render_input *in;
    const struct json *data;
    struct err *e;
};

static bool replace_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    const struct store_walk *walk = ctx;
    (void)spec;
    put_fake(walk->in, ref, walk->data);
    return false;
}

/* Nothing is asked over a network. A store that is missing is told by the fetcher. */
static bool check_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    struct store_walk *walk = ctx;
    CLEANUP(store)
    struct store *store = spec_store_get_named(walk->in->specs, spec, ref);
    if (!store || !store->provider || strcmp(store->provider, "fake") == 0)
        return false;
    walk->e = err_new(ERR_INVALID,
                      "%s \"%s\" is of provider %s, which is not asked here: give its values with "
                      "--data",
                      store_kind_name(ref->kind), ref->name, store->provider);
    return true;
}

static struct err *check_stores(struct render_input *in)
{
    struct store_walk walk = {.in = in};
    spec_each_store(in->spec, check_store, &walk);
    return walk.e;
}

static struct err *use_data(struct render_input *in, const char *path)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct err *e = fs_read_text(AT_FDCWD, path, DATA_BYTES_MAX, &text, &n);
    if (!e)
        e = yaml_parse(text, n, &docs);
    if (text)
        secret_erase(text, n);
    if (e)
        return err_wrap(e, "--data");
    if (docs.n != 1 || json_kind(docs.docs[0]) != JSON_MAP)
        return err_new(ERR_INVALID, "--data: %s must hold one map of remote keys to values", path);
    struct store_walk walk = {.in = in, .data = docs.docs[0]};
    spec_each_store(in->spec, replace_store, &walk);
    return NULL;
}

/* A file that is named, but would be passed over in silence. */
static struct err *check_suffix(const char *path)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        manifest_folder_takes(slash ? slash + 1 : path))
        return NULL;
    return err_new(ERR_INVALID,
                   "%s: the name of a file of manifests must end in .yaml, .yml or "
                   ".json, and not begin with a dot",
                   path);
}

struct err *render_input_read(const struct render_input_options *options, struct render_input *out)
{
    struct render_input *in = out;
    *in = (struct render_input){.specs = spec_store_new()};
    const struct watch_dir_options dir = {
        .folder = options->file, .specs = in->specs, .problem = note_problem, .problem_ctx = in};
    struct err *e = check_suffix(options->file);
    if (!e)
        e = watch_dir_new(&dir, &in->dir);
    if (!e && in->problem)
        e = err_new(ERR_INVALID, "%s", in->problem);
    if (!e)
        e = choose_spec(in, options);
    if (!e)
        e = options->data ? use_data(in, options->data) : check_stores(in);
    return e;
}

void render_input_done(struct render_input *in)
{
    spec_unref(in->spec);
    watch_dir_free(in->dir);
    spec_store_free(in->specs);
    free(in->problem);
}
