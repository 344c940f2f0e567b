/* The API server is a tree: writes are merged into it, and the outcome is put like news. */

#include "tests/support/push_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/yaml.h"
#include "spec/value_set.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define PASS_NS (600 * NS_PER_S)

/* Also where a worker calls, which cannot fail a test. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void texts_free(void *texts)
{
    map_free(texts);
}

static bool is_ours(void *ctx, const char *uid)
{
    const struct push_rig *rig = ctx;
    (void)uid;
    return rig->is_ours;
}

static bool stands_back(void *ctx, const struct object_meta *m)
{
    const struct push_rig *rig = ctx;
    (void)m;
    return rig->stands_back;
}

static uint32_t no_jitter(void)
{
    return 0;
}

static struct map *values_of(const struct map *texts)
{
    struct map *values = value_members_new();
    for (size_t i = 0; i < texts->n; i++) {
        const char *text = texts->entries[i].value;
        struct secret_buf *value = NULL;
        must(!secret_buf_copy(secret_view_of(text, strlen(text)), &value));
        map_set(values, texts->entries[i].key, value);
    }
    return values;
}

static struct err *get_secret(void *ctx, const char *ns, const char *name,
                              const struct deadline *dl, struct map **out)
{
    struct push_rig *rig = ctx;
    const struct map *texts = map_get(rig->secrets, name);
    (void)dl;
    rig->reads++;
    must(strcmp(ns, "app") == 0);
    if (rig->secret_error >= 0)
        return err_new((enum err_class)rig->secret_error, "scripted failure of a read");
    if (!texts)
        return err_new(ERR_NOT_FOUND, "Secret \"%s\" does not exist", name);
    *out = values_of(texts);
    return NULL;
}

static struct err *list_secrets(void *ctx, const char *ns, const char *label_selector,
                                const struct deadline *dl, struct map **out)
{
    struct push_rig *rig = ctx;
    (void)dl;
    rig->reads++;
    must(strcmp(ns, "app") == 0);
    must(!rig->last_selector_want || strcmp(label_selector, rig->last_selector_want) == 0);
    if (rig->secret_error >= 0)
        return err_new((enum err_class)rig->secret_error, "scripted failure of a list");
    *out = map_new(texts_free);
    for (size_t i = 0; i < rig->secrets->n; i++)
        map_set(*out, rig->secrets->entries[i].key, values_of(rig->secrets->entries[i].value));
    return NULL;
}

/* What patch makes of target, as RFC 7386 says. */
static struct json *merged(const struct json *target, const struct json *patch)
{
    struct json *out = json_new_map();
    if (json_kind(patch) != JSON_MAP) {
        json_free(out);
        return json_copy(patch);
    }
    for (const struct json *m = json_first(target); m; m = json_next(m)) {
        if (!json_get(patch, json_name(m)))
            json_set(out, json_name(m), json_copy(m));
    }
    for (const struct json *m = json_first(patch); m; m = json_next(m)) {
        if (json_kind(m) != JSON_NULL)
            json_set(out, json_name(m), merged(json_get(target, json_name(m)), m));
    }
    return out;
}

static void tell(struct push_rig *rig)
{
    if (!rig->is_watch_late)
        push_put(rig->push, push_spec_parse(rig->object));
}

/* Merge patch (taken) into the object. */
static void patch_object(struct push_rig *rig, struct json *patch)
{
    struct json *now = merged(rig->object, patch);
    json_free(rig->object);
    json_free(patch);
    rig->object = now;
}

static struct err *write_status(void *ctx, const struct push_spec *spec,
                                const struct status_report *r, const struct json *synced_patch,
                                const struct deadline *dl)
{
    struct push_rig *rig = ctx;
    char time[CLOCK_RFC3339_SIZE];
    (void)spec;
    (void)dl;
    if (rig->status_error >= 0)
        return err_new((enum err_class)rig->status_error, "scripted failure of a write");
    rig->status_writes++;
    struct json *patch = json_new_map(), *status = json_new_map();
    struct json *list = json_new_list(), *ready = json_new_map();
    json_set_text(ready, "type", "Ready");
    json_set_text(ready, "status", r->is_ready ? "True" : "False");
    json_set_text(ready, "reason", r->reason);
    json_set_text(ready, "message", r->message);
    json_add(list, ready);
    json_set(status, "conditions", list);
    json_set(status, "syncedPushSecrets", json_copy(synced_patch));
    clock_format_rfc3339(r->refresh_unix_s, time);
    if (r->refresh_unix_s)
        json_set_text(status, "refreshTime", time);
    if (r->synced_resource_version)
        json_set_text(status, "syncedResourceVersion", r->synced_resource_version);
    json_set(patch, "status", status);
    patch_object(rig, patch);
    tell(rig);
    return NULL;
}

static struct err *set_finalizers(void *ctx, const struct push_spec *spec,
                                  const struct json *finalizers, const struct deadline *dl)
{
    struct push_rig *rig = ctx;
    (void)spec;
    (void)dl;
    if (rig->finalizer_error >= 0)
        return err_new((enum err_class)rig->finalizer_error, "scripted failure of finalizers");
    rig->finalizer_writes++;
    struct json *patch = json_new_map(), *meta = json_new_map();
    json_set(meta, "finalizers", json_copy(finalizers));
    json_set(patch, "metadata", meta);
    patch_object(rig, patch);
    tell(rig);
    return NULL;
}

static void event(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                  const char *reason, const char *message)
{
    struct push_rig *rig = ctx;
    must(strcmp(kind, "PushSecret") == 0 && strcmp(object->name, "p") == 0);
    rig->events++;
    snprintf(rig->last_event, sizeof(rig->last_event), "%s %s %s", type, reason, message);
}

static void on_working(void *ctx, unsigned worker, bool is_working)
{
    struct push_rig *rig = ctx;
    must(worker < PUSH_WORKERS);
    if (!is_working)
        atomic_fetch_add(&rig->rests, 1);
}

void push_rig_wait_rest(struct push_rig *rig)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 10000 && atomic_load(&rig->rests) == 0; i++)
        nanosleep(&pause, NULL);
    assert_true(atomic_load(&rig->rests) > 0);
}

static void make_push(struct push_rig *rig)
{
    rig->push = push_new(&(struct push_options){
        .clock = &rig->script->clock.clock,
        .pass = &rig->pass,
        .sink = {write_status, set_finalizers, event, rig},
        .is_ours = is_ours,
        .is_ours_ctx = rig,
        .stands_back = stands_back,
        .stands_back_ctx = rig,
        .random = no_jitter,
        .pass_timeout_ns = PASS_NS,
        .write_timeout_ns = PASS_NS,
        .working = on_working,
        .working_ctx = rig,
    });
}

struct push_rig *push_rig_new(void)
{
    struct push_rig *rig = xcalloc(1, sizeof(*rig));
    log_set_fd(-1);
    rig->script = provider_script_new();
    rig->specs = spec_store_new();
    rig->secrets = map_new(texts_free);
    rig->is_ours = true;
    rig->secret_error = rig->status_error = rig->finalizer_error = -1;
    rig->fetcher = fetcher_new(&(struct fetcher_options){.env = rig->script->env,
                                                         .specs = rig->specs,
                                                         .controller_class = "ours",
                                                         .find_ops = provider_script_ops});
    rig->pass = (struct push_pass){.specs = rig->specs,
                                   .fetcher = rig->fetcher,
                                   .source = {get_secret, list_secrets, rig},
                                   .secrets = rig->script->env.credentials,
                                   .controller_class = "ours"};
    spec_store_put_store(rig->specs, ORIGIN_MIRROR, manifest_provider("{script: {}}"));
    spec_store_set_synced(rig->specs, ORIGIN_MIRROR, true);
    make_push(rig);
    return rig;
}

void push_rig_free(struct push_rig *rig)
{
    if (!rig)
        return;
    push_free(rig->push);
    fetcher_free(rig->fetcher);
    spec_store_free(rig->specs);
    provider_script_free(rig->script);
    map_free(rig->secrets);
    json_free(rig->object);
    free(rig);
}

static struct json *parse(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_int_equal(docs.n, 1);
    return json_copy(docs.docs[0]);
}

void push_rig_put(struct push_rig *rig, const char *spec)
{
    int64_t generation = json_path_int(rig->object, "metadata.generation", 0) + 1;
    CLEANUP_STR char *yaml =
        xasprintf("{metadata: {name: p, namespace: app, uid: u1, generation: %lld}, spec: %s}",
                  (long long)generation, spec);
    struct json *object = rig->object;
    rig->object = parse(yaml);
    if (object) {
        CLEANUP(json) struct json *old = object;
        struct json *kept = json_new_map();
        struct json *meta = json_new_map();
        if (json_path(old, "metadata.finalizers"))
            json_set(meta, "finalizers", json_copy(json_path(old, "metadata.finalizers")));
        json_set(kept, "metadata", meta);
        if (json_get(old, "status"))
            json_set(kept, "status", json_copy(json_get(old, "status")));
        patch_object(rig, kept);
    }
    push_put(rig->push, push_spec_parse(rig->object));
}

void push_rig_delete(struct push_rig *rig)
{
    patch_object(rig, parse("{metadata: {deletionTimestamp: 2026-01-02T03:04:05Z}}"));
    push_put(rig->push, push_spec_parse(rig->object));
}

void push_rig_gone(struct push_rig *rig)
{
    push_remove(rig->push, "app", "p");
}

void push_rig_restart(struct push_rig *rig)
{
    push_free(rig->push);
    make_push(rig);
    push_put(rig->push, push_spec_parse(rig->object));
}

void push_rig_put_store(struct push_rig *rig, const char *yaml)
{
    spec_store_put_store(rig->specs, ORIGIN_MIRROR, manifest_store(yaml));
}

void push_rig_secret(struct push_rig *rig, const char *name, const char *pairs)
{
    CLEANUP_STR char *text = xstrdup(pairs);
    map_remove(rig->secrets, name);
    if (!pairs)
        return;
    struct map *texts = map_new(free);
    for (char *at = text, *pair = strsep(&at, " "); pair; pair = strsep(&at, " ")) {
        char *value = strchr(pair, '=');
        if (value) {
            *value = '\0';
            map_set(texts, pair, xstrdup(value + 1));
        }
    }
    map_set(rig->secrets, name, texts);
}

size_t push_rig_step(struct push_rig *rig)
{
    return push_step_due(rig->push);
}

size_t push_rig_step_in(struct push_rig *rig, uint64_t s)
{
    clock_fake_advance_ns(&rig->script->clock, s * NS_PER_S);
    return push_step_due(rig->push);
}

void push_rig_assert_remote(struct push_rig *rig, const char *key, const char *text)
{
    CLEANUP_STR char *got = provider_script_text(rig->script, key);
    if (!text) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_string_equal(got, text);
}

void push_rig_assert_ready(struct push_rig *rig, const char *want)
{
    const struct json *ready = json_at(json_path(rig->object, "status.conditions"), 0);
    assert_non_null(ready);
    CLEANUP_STR char *got =
        xasprintf("%s %s %s", json_path_text(ready, "status"), json_path_text(ready, "reason"),
                  json_path_text(ready, "message"));
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("%s", got);
}

const char *push_rig_text(const struct push_rig *rig, const char *path)
{
    const char *text = json_path_text(rig->object, path);
    return text ? text : "";
}

void push_rig_assert_synced(struct push_rig *rig, const char *want)
{
    CLEANUP_STR_BUF struct str_buf got;
    str_buf_init(&got, 4096);
    const struct json *all = json_path(rig->object, "status.syncedPushSecrets");
    for (const struct json *store = json_first(all); store; store = json_next(store)) {
        str_buf_printf(&got, "%s:", json_name(store));
        for (const struct json *e = json_first(store); e; e = json_next(e))
            str_buf_printf(&got, " %s", json_name(e));
        str_buf_puts(&got, "; ");
    }
    assert_string_equal(got.n ? got.s : "", want);
}
