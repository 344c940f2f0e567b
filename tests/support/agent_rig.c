/* The composition root of the tests, in the order of cmd/wire.c. */

#include "tests/support/agent_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/secret_json.h"
#include "base/yaml.h"
#include "project/project_dir.h"
#include "watch/manifest.h"

#define MAX_STALE_NS (24 * 3600 * NS_PER_S)
#define PASS_NS (60 * NS_PER_S)
#define FILE_MAX (2u << 20)

static void must(struct err *e)
{
    if (!e)
        return;
    fprintf(stderr, "agent_rig: %s\n", err_text(e));
    abort();
}

static const struct provider_ops *find_ops(const char *name)
{
    const struct provider_ops *ops = provider_script_ops(name);
    return ops ? ops : provider_find_ops(name);
}

static struct err *credential(void *ctx, const char *ns, const char *name, const char *key,
                              const struct deadline *dl, struct secret_buf **out)
{
    const struct agent_rig *rig = ctx;
    (void)key;
    (void)dl;
    if (!rig->credential)
        return err_new(ERR_NOT_FOUND, "Secret \"%s/%s\" does not exist", ns, name);
    return secret_buf_copy(secret_view_of(rig->credential, strlen(rig->credential)), out);
}

static struct err *lookup(void *ctx, const char *ns, const char *name, const struct deadline *dl,
                          struct spec **out)
{
    struct agent_rig *rig = ctx;
    (void)dl;
    clock_fake_advance_ns(rig->clock, rig->lookup_takes_ns);
    struct spec *found = spec_store_get_spec(rig->specs, ns, name);
    if (!found)
        return err_new(ERR_NOT_FOUND, "ExternalSecret \"%s/%s\" does not exist", ns, name);
    *out = found;
    return NULL;
}

static void release(void *ctx, const char *ns, const char *name)
{
    (void)ctx;
    (void)ns;
    (void)name;
}

static void on_published(void *ctx, const char *ns, const char *name, const char *revision)
{
    const struct agent_rig *rig = ctx;
    reconcile_volume_published(rig->reconcile, ns, name, revision);
}

static bool is_ours(void *ctx, const char *uid)
{
    const struct agent_rig *rig = ctx;
    (void)uid;
    return rig->is_ours;
}

static uint32_t no_jitter(void)
{
    return 0;
}

static void make_fetch(struct agent_rig *rig)
{
    struct fetcher_options o = {.env = rig->script->env,
                                .specs = rig->specs,
                                .max_stale_ns = MAX_STALE_NS,
                                .find_ops = find_ops};
    o.env.http = http_fake_http(rig->http);
    o.env.credentials = (struct credential_source){credential, rig};
    rig->fetcher = fetcher_new(&o);
    rig->pipeline = (struct pipeline){.fetcher = rig->fetcher, .digest_key = rig->digest_key};
}

static void make_volumes(struct agent_rig *rig)
{
    CLEANUP_STR char *records = xasprintf("%s/state", rig->dir.path);
    size_t skipped;
    must(watch_volumes_open(records, &rig->registry, &skipped));
    struct volumes_options o = {.registry = rig->registry,
                                .mounter = rig->mounter,
                                .pipeline = &rig->pipeline,
                                .lookup = {lookup, release, rig},
                                .published = on_published,
                                .published_ctx = rig};
    rig->volumes = volumes_new(&o);
}

static void make_reconcile(struct agent_rig *rig)
{
    rig->rival = rival_new(&rig->clock->clock, rig->is_take_over);
    struct reconcile_options o = {.clock = &rig->clock->clock,
                                  .specs = rig->specs,
                                  .pipeline = &rig->pipeline,
                                  .volumes = rig->volumes,
                                  .mirror = rig->mirror,
                                  .status = status_record_sink(rig->status),
                                  .is_ours = is_ours,
                                  .is_ours_ctx = rig,
                                  .rival = rig->rival,
                                  .controller_class = rig->controller_class,
                                  .random = no_jitter,
                                  .pass_timeout_ns = PASS_NS};
    rig->reconcile = reconcile_new(&o);
    spec_store_listen(rig->specs, reconcile_listener(), rig->reconcile);
}

static void start(struct agent_rig *rig)
{
    must(digest_key_new(&rig->digest_key));
    rig->specs = spec_store_new();
    make_fetch(rig);
    make_volumes(rig);
    make_reconcile(rig);
}

static void stop(struct agent_rig *rig)
{
    reconcile_free(rig->reconcile);
    rival_free(rig->rival);
    volumes_free(rig->volumes);
    watch_volumes_free(rig->registry);
    fetcher_free(rig->fetcher);
    spec_store_free(rig->specs);
    digest_key_free(rig->digest_key);
}

struct agent_rig *agent_rig_new(struct sink *mirror)
{
    struct agent_rig *rig = xcalloc(1, sizeof(*rig));
    log_set_level(LOG_LEVEL_ERROR);
    tmp_dir_init(&rig->dir);
    must(fs_mkdirs(rig->dir.fd, "kubelet/pods", 0750));
    CLEANUP_STR char *kubelet = xasprintf("%s/kubelet", rig->dir.path);
    CLEANUP_STR char *folder = xasprintf("%s/mirror", rig->dir.path);
    rig->mirror = mirror;
    if (!mirror)
        must(project_dir_new(folder, false, &rig->mirror));
    rig->script = provider_script_new();
    rig->clock = &rig->script->clock;
    rig->http = http_fake_new();
    http_fake_set_clock(rig->http, rig->clock);
    rig->mounter = mounter_fake_new(kubelet);
    rig->status = status_record_new();
    rig->is_ours = true;
    start(rig);
    return rig;
}

void agent_rig_free(struct agent_rig *rig)
{
    if (!rig)
        return;
    stop(rig);
    sink_free(rig->mirror);
    status_record_free(rig->status);
    mounter_free(rig->mounter);
    http_fake_free(rig->http);
    provider_script_free(rig->script);
    tmp_dir_done(&rig->dir);
    free(rig);
}

size_t agent_rig_restart(struct agent_rig *rig)
{
    size_t adopted;
    stop(rig);
    start(rig);
    must(volumes_adopt(rig->volumes, &adopted));
    return adopted;
}

void agent_rig_put(struct agent_rig *rig, const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    struct manifest m = {0};
    must(yaml_parse(yaml, strlen(yaml), &docs));
    for (size_t i = 0; i < docs.n; i++) {
        must(manifest_read(docs.docs[i], &m));
        if (m.store)
            spec_store_put_store(rig->specs, ORIGIN_MIRROR, TAKE(m.store));
        if (m.spec)
            spec_store_put_spec(rig->specs, ORIGIN_MIRROR, TAKE(m.spec));
        manifest_done(&m);
    }
}

void agent_rig_remove_spec(struct agent_rig *rig, const char *name)
{
    spec_store_remove_spec(rig->specs, ORIGIN_MIRROR, AGENT_RIG_NS, name);
}

size_t agent_rig_step(struct agent_rig *rig)
{
    return reconcile_step_due(rig->reconcile);
}

size_t agent_rig_step_in(struct agent_rig *rig, uint64_t s)
{
    clock_fake_advance_ns(rig->clock, s * NS_PER_S);
    return agent_rig_step(rig);
}

char *agent_rig_target(const struct agent_rig *rig, const char *id)
{
    return xasprintf("%s/kubelet/pods/uid-%s/volumes/kubernetes.io~csi/v/mount", rig->dir.path, id);
}

struct volume_request agent_rig_request(struct agent_rig *rig, const char *id)
{
    static _Thread_local char target[256], uid[64];
    CLEANUP_STR char *path = agent_rig_target(rig, id);
    CLEANUP_STR char *parent = xasprintf("kubelet/pods/uid-%s/volumes/kubernetes.io~csi/v", id);
    must(fs_mkdirs(rig->dir.fd, parent, 0750));
    snprintf(target, sizeof(target), "%s", path);
    snprintf(uid, sizeof(uid), "uid-%s", id);
    return (struct volume_request){.volume_id = id,
                                   .target_path = target,
                                   .pod_ns = AGENT_RIG_NS,
                                   .pod_name = "pod",
                                   .pod_uid = uid,
                                   .external_secret = "db",
                                   .fs_group = -1};
}

struct err *agent_rig_publish(struct agent_rig *rig, const char *id)
{
    struct volume_request rq = agent_rig_request(rig, id);
    struct deadline dl = deadline_in(&rig->clock->clock, PASS_NS);
    return volumes_publish(rig->volumes, &rq, &dl);
}

struct err *agent_rig_unpublish(struct agent_rig *rig, const char *id)
{
    CLEANUP_STR char *target = agent_rig_target(rig, id);
    struct deadline dl = deadline_in(&rig->clock->clock, PASS_NS);
    return volumes_unpublish(rig->volumes, id, target, &dl);
}

/* A file's content in locked memory; NULL when there is none. */
static struct secret_buf *read_file(const char *path)
{
    struct secret_buf *b = NULL;
    CLEANUP(err) struct err *e = fs_read_secret(AT_FDCWD, path, FILE_MAX, &b);
    return e ? NULL : b;
}

static bool holds(const struct secret_buf *b, const char *text)
{
    return b && text && secret_view_equal(secret_buf_view(b), secret_view_of(text, strlen(text)));
}

bool agent_rig_file_is(const struct agent_rig *rig, const char *id, const char *file,
                       const char *text)
{
    CLEANUP_STR char *target = agent_rig_target(rig, id);
    CLEANUP_STR char *path = xasprintf("%s/%s", target, file);
    CLEANUP(secret_buf) struct secret_buf *b = read_file(path);
    return text ? holds(b, text) : !b;
}

bool agent_rig_secret_is(const struct agent_rig *rig, const char *key, const char *text)
{
    CLEANUP_STR char *path = xasprintf("%s/mirror/app/db.secret.json", rig->dir.path);
    CLEANUP(secret_buf) struct secret_buf *body = read_file(path);
    CLEANUP(secret_buf) struct secret_buf *encoded = NULL;
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct secret_json root, data, member;
    if (!body)
        return !text;
    must(secret_json_parse(secret_buf_view(body), &root));
    if (!text || !secret_json_member(&root, "data", &data) ||
        !secret_json_member(&data, key, &member))
        return false;
    must(secret_json_string(&member, &encoded));
    must(codec_base64_decode(CODEC_BASE64, secret_buf_view(encoded), &value));
    return holds(value, text);
}

char *agent_rig_generation(const struct agent_rig *rig, const char *id)
{
    char name[256];
    CLEANUP_STR char *target = agent_rig_target(rig, id);
    CLEANUP_STR char *path = xasprintf("%s/..data", target);
    ssize_t n = readlink(path, name, sizeof(name));
    return xstrndup(name, n > 0 ? (size_t)n : 0);
}

static size_t count_entries(const char *path)
{
    DIR *d = opendir(path);
    size_t n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

bool agent_rig_is_clean(struct agent_rig *rig, const char *id)
{
    CLEANUP_STR char *target = agent_rig_target(rig, id);
    CLEANUP_STR char *made = xasprintf("%s/kubelet/.made", rig->dir.path);
    CLEANUP(volume_record) struct volume_record *r = watch_volumes_get(rig->registry, id);
    return !r && mounter_fake_attached(rig->mounter) == 0 &&
           mounter_fake_unreleased(rig->mounter) == 0 && count_entries(made) == 2 &&
           count_entries(target) <= 2;
}

size_t agent_rig_open_fds(void)
{
    return count_entries("/proc/self/fd");
}
