/* Without a cluster: manifests from a folder, statuses as files beside the mirrored Secrets (or
 * only in the log with --mirror=off), Events as log lines. Everything in the folder is ours. */

#include "cmd/wire.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"
#include "project/project_dir.h"

static void on_problem(void *ctx, const char *file, const struct err *e)
{
    (void)ctx;
    if (!e) {
        log_info("manifest.fine_again", LF("file", file));
        return;
    }
    metric_inc(METRIC_SOURCE_ERRORS, "dir", err_class_name(err_class(e)), NULL);
    log_warn("manifest.not_taken", LF("file", file), LF("err", e));
}

static struct err *lookup(void *ctx, const char *ns, const char *name, const struct deadline *dl,
                          struct spec **out)
{
    struct wire *w = ctx;
    (void)dl; /* the folder has been read */
    struct spec *found = spec_store_get_spec(w->specs, ns, name);
    if (!found)
        return err_new(ERR_NOT_FOUND, "ExternalSecret \"%s/%s\" does not exist", ns, name);
    *out = found;
    return NULL;
}

static void release(void *ctx, const char *ns, const char *name)
{
    (void)ctx;
    (void)ns;
    (void)name; /* the folder is watched as a whole */
}

static struct json *condition(const struct status_report *r)
{
    char when[CLOCK_RFC3339_SIZE];
    struct json *c = json_new_map();
    clock_format_rfc3339(r->transition_unix_s, when);
    json_set_text(c, "lastTransitionTime", when);
    json_set_text(c, "message", r->message);
    json_set_text(c, "reason", r->reason);
    json_set_text(c, "status", r->is_ready ? "True" : "False");
    json_set_text(c, "type", "Ready");
    return c;
}

static struct err *write_status(struct wire *w, const char *ns, const char *file,
                                const struct status_report *r)
{
    CLEANUP(json) struct json *status = json_new_map();
    struct json *conditions = json_new_list();
    json_add(conditions, condition(r));
    json_set(status, "conditions", conditions);
    if (r->refresh_unix_s) {
        char when[CLOCK_RFC3339_SIZE];
        clock_format_rfc3339(r->refresh_unix_s, when);
        json_set_text(status, "refreshTime", when);
    }
    if (r->synced_resource_version)
        json_set_text(status, "syncedResourceVersion", r->synced_resource_version);
    CLEANUP_STR char *text = json_print(status);
    return project_dir_write_text(w->mirror, ns, file, text);
}

static struct err *write_spec(void *ctx, const struct spec *spec, const struct status_report *r,
                              const struct deadline *dl)
{
    struct wire *w = ctx;
    (void)dl; /* a local file system does not wait */
    if (w->config->mirror_place != CONFIG_DIR)
        return NULL;
    CLEANUP_STR char *file = xasprintf("%s.status.json", spec->meta.name);
    return write_status(w, spec->meta.ns, file, r);
}

static struct err *write_store(void *ctx, const struct store *store, const struct status_report *r,
                               const struct deadline *dl)
{
    struct wire *w = ctx;
    (void)dl;
    if (w->config->mirror_place != CONFIG_DIR)
        return NULL;
    CLEANUP_STR char *file =
        xasprintf("%s.%s.status.json", store->meta.name, store_kind_name(store->kind));
    return write_status(w, store->meta.ns, file, r);
}

static void event(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                  const char *reason, const char *message)
{
    (void)ctx;
    log_info("event", LF("kind", kind), LF("namespace", object->ns), LF("name", object->name),
             LF("type", type), LF("reason", reason), LF("message", message));
}

static struct err *credential(void *ctx, const char *ns, const char *name, const char *key,
                              const struct deadline *dl, struct secret_buf **out)
{
    const struct wire *w = ctx;
    if (!w->dir)
        return err_new(ERR_UNAVAILABLE, "the manifest folder has not been read yet");
    return watch_dir_credential(w->dir, ns, name, key, dl, out);
}

static struct err *config_map(void *ctx, const char *ns, const char *name, const char *key,
                              const struct deadline *dl, struct secret_buf **out)
{
    const struct wire *w = ctx;
    if (!w->dir)
        return err_new(ERR_UNAVAILABLE, "the manifest folder has not been read yet");
    return watch_dir_config_map(w->dir, ns, name, key, dl, out);
}

void wire_dir_plug(struct wire *w)
{
    w->config_maps = (struct credential_source){config_map, w};
    w->credentials = (struct credential_source){credential, w};
    w->lookup = (struct volumes_lookup){lookup, release, w};
    w->status = (struct status_sink){
        .write_spec = write_spec, .write_store = write_store, .event = event, .ctx = w};
}

struct err *wire_dir_new(struct wire *w)
{
    struct watch_dir_options o = {
        .folder = w->config->source_dir,
        .specs = w->specs,
        .problem = on_problem,
        .problem_ctx = w,
    };
    struct err *e = watch_dir_new(&o, &w->dir);
    if (e)
        return err_wrap(e, "--source=%s", w->config->source);
    watch_dir_start(w->dir);
    return NULL;
}
