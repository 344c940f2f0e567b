/* A publish is: check the request, claim the volume, run the pipeline with the new volume as its
 * only sink. That sink makes a detached tmpfs, fills it, remembers the volume on disk and attaches
 * it, in this order: whatever instruction the agent dies at, a target is either unmounted or
 * complete, and what is mounted is remembered. Claims are marks in a map, never locks held over
 * work. */

#include "reconcile/volumes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "project/project_items.h"

/* Two generations of 1 MiB in up to 1,024 files of at least a page each, and room to spare. */
#define VOLUME_SIZE_BYTES (16u << 20)
#define VOLUME_INODES 16384
#define VOLUME_MODE 0755
#define VOLUME_MODE_GROUP 02750

/* Longest wait of a call for an update that is writing to tmpfs. */
#define UPDATE_MAX_NS (5 * NS_PER_S)

struct volumes {
    struct sink sink;
    struct mutex mu;
    struct map *busy;  /* volume ids in somebody's hands -> struct claim */
    struct cond freed; /* a claim was given back */
    struct volumes_options o;
};

struct claim {
    bool is_update; /* reconcile has it, for the moment that writing takes */
    bool is_missed; /* an update came by meanwhile */
};

static void take_locked(struct volumes *v, const char *volume_id, bool is_update) REQUIRES(v->mu)
{
    struct claim *c = xcalloc(1, sizeof(*c));
    c->is_update = is_update;
    map_set(v->busy, volume_id, c);
}

/* For a call of the kubelet: another call is refused at once, an update is waited for. */
static bool claim(struct volumes *v, const char *volume_id)
{
    bool is_in_time = true;
    mutex_lock(&v->mu);
    const struct claim *c = map_get(v->busy, volume_id);
    while (c && c->is_update && is_in_time) {
        is_in_time = cond_wait_ns(&v->freed, &v->mu, UPDATE_MAX_NS);
        c = map_get(v->busy, volume_id);
    }
    if (!c)
        take_locked(v, volume_id, false);
    mutex_unlock(&v->mu);
    return !c;
}

/* For an update. When the volume is in other hands, those will learn of it. */
static bool claim_or_leave_word(struct volumes *v, const char *volume_id)
{
    mutex_lock(&v->mu);
    struct claim *c = map_get(v->busy, volume_id);
    if (c)
        c->is_missed = true;
    else
        take_locked(v, volume_id, true);
    mutex_unlock(&v->mu);
    return !c;
}

/* True when an update came by meanwhile: somebody has to see to it that there is another one. */
static bool unclaim(struct volumes *v, const char *volume_id)
{
    mutex_lock(&v->mu);
    struct claim *c = map_take(v->busy, volume_id);
    cond_broadcast(&v->freed);
    mutex_unlock(&v->mu);
    bool is_missed = c->is_missed;
    free(c);
    return is_missed;
}

/* Write o into an open volume as record asks. */
static struct err *fill(int root_fd, const struct volume_record *r, const struct output_set *o,
                        bool *changed)
{
    CLEANUP(project_items) struct project_items *items = NULL;
    struct project_file *files = NULL;
    size_t n = 0;
    struct err *e = project_items_parse(r->items_yaml, r->default_mode_text, &items);
    if (!e)
        e = project_items_select(items, o, r->is_optional, &files, &n);
    if (e)
        return e;
    struct project_files want = {files, n, r->fs_group >= 0, (gid_t)r->fs_group};
    e = project_files_write(root_fd, &want, changed);
    free(files);
    return e;
}

/* The sink of one publish. */
struct new_volume {
    struct sink sink;
    struct volumes *owner;
    const struct volume_record *record;
};

static struct err *attach_filled(struct volumes *v, const struct volume_record *r,
                                 struct mounter_volume *volume, const struct output_set *o)
{
    bool changed = false;
    struct err *e = fill(volume->root_fd, r, o, &changed);
    if (!e)
        e = watch_volumes_put(v->o.registry, r);
    if (e)
        return e;
    e = v->o.mounter->ops->attach(v->o.mounter, r->target_path, volume);
    if (e)
        err_free(watch_volumes_remove(v->o.registry, r->volume_id));
    return e;
}

static struct err *new_volume_apply(struct sink *s, const struct spec *spec,
                                    const struct output_set *o, const struct deadline *dl,
                                    enum project_outcome *out)
{
    const struct new_volume *nv = (const struct new_volume *)s;
    struct mounter *m = nv->owner->o.mounter;
    bool has_group = nv->record->fs_group >= 0;
    struct mounter_tmpfs tmpfs = {VOLUME_SIZE_BYTES, VOLUME_INODES,
                                  has_group ? VOLUME_MODE_GROUP : VOLUME_MODE,
                                  has_group ? (gid_t)nv->record->fs_group : 0};
    struct mounter_volume volume = {-1, -1};
    (void)spec;
    struct err *e = deadline_check(dl, "publish");
    if (!e)
        e = m->ops->make(m, &tmpfs, &volume);
    if (e)
        return e;
    e = attach_filled(nv->owner, nv->record, &volume, o);
    m->ops->release(m, &volume);
    if (!e)
        *out = PROJECT_CHANGED;
    return e;
}

static const struct sink_ops new_volume_ops = {.name = "volume", .apply = new_volume_apply};

static struct err *check_required(const struct volume_request *rq)
{
    const struct {
        const char *name, *value;
    } required[] = {
        {"volume_id", rq->volume_id},  {"target_path", rq->target_path},
        {"pod namespace", rq->pod_ns}, {"pod name", rq->pod_name},
        {"pod uid", rq->pod_uid},      {"attribute externalSecret", rq->external_secret}};
    for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
        if (!required[i].value || !*required[i].value)
            return err_new(ERR_INVALID, "%s is missing", required[i].name);
    }
    return NULL;
}

/* What the CSI layer cannot know: fields of ours. */
static struct err *check_fields(const struct volume_request *rq)
{
    const char *optional = rq->optional_text;
    CLEANUP(project_items) struct project_items *items = NULL;
    if (!object_name_is_valid(rq->external_secret))
        return err_new(ERR_INVALID, "attribute externalSecret: is no object name");
    if (optional && strcmp(optional, "true") != 0 && strcmp(optional, "false") != 0)
        return err_new(ERR_INVALID, "attribute optional: must be \"true\" or \"false\"");
    if (rq->fs_group < -1 || rq->fs_group >= UINT32_MAX)
        return err_new(ERR_INVALID, "volume_mount_group is no group id");
    struct err *e = project_items_parse(rq->items_yaml, rq->default_mode_text, &items);
    return e ? err_wrap(e, "attribute") : NULL;
}

/* The record of rq, which it borrows from. */
static struct volume_record record_of(const struct volume_request *rq)
{
    return (struct volume_record){
        .volume_id = (char *)(uintptr_t)rq->volume_id,
        .target_path = (char *)(uintptr_t)rq->target_path,
        .pod_ns = (char *)(uintptr_t)rq->pod_ns,
        .pod_name = (char *)(uintptr_t)rq->pod_name,
        .pod_uid = (char *)(uintptr_t)rq->pod_uid,
        .service_account = (char *)(uintptr_t)rq->service_account,
        .external_secret = (char *)(uintptr_t)rq->external_secret,
        .items_yaml = (char *)(uintptr_t)rq->items_yaml,
        .default_mode_text = (char *)(uintptr_t)rq->default_mode_text,
        .is_optional = rq->optional_text && strcmp(rq->optional_text, "true") == 0,
        .fs_group = rq->fs_group,
    };
}

/* The kubelet's path names the Pod by its UID; a foreign one is refused. */
static struct err *check_pod_in_path(const struct volume_request *rq)
{
    CLEANUP_STR char *element = xasprintf("/pods/%s/", rq->pod_uid);
    if (strchr(rq->pod_uid, '/') || !strstr(rq->target_path, element))
        return err_new(ERR_INVALID, "target_path is not a path of Pod %s/%s (uid %s)", rq->pod_ns,
                       rq->pod_name, rq->pod_uid);
    return NULL;
}

/* See that reconcile keeps the volume up from now on, as the Pod asks now; true if that is new. */
static bool remember(struct volumes *v, const struct volume_record *r)
{
    CLEANUP(volume_record)
    struct volume_record *known = watch_volumes_get(v->o.registry, r->volume_id);
    if (known && volume_record_equal(known, r))
        return false;
    CLEANUP(err) struct err *e = watch_volumes_put(v->o.registry, r);
    if (e)
        log_warn("volume.not_remembered", LF("pod", r->pod_name), LF("err", e));
    return !e;
}

/* A mounted volume is only looked at: what it shows is kept up by reconcile, not by the kubelet. */
static struct err *republish(struct volumes *v, const struct volume_record *r, bool *news)
{
    CLEANUP_FD int root_fd = -1;
    *news = remember(v, r);
    CLEANUP(err)
    struct err *e = v->o.mounter->ops->open(v->o.mounter, r->target_path, &root_fd);
    if (!e && project_files_are_complete(root_fd))
        return NULL;
    *news = true;
    return err_new(ERR_UNAVAILABLE, "volume of ExternalSecret \"%s/%s\" is not complete yet",
                   r->pod_ns, r->external_secret);
}

/* An optional volume of an ExternalSecret that does not exist: complete and empty. */
static struct err *publish_empty(struct volumes *v, struct new_volume *nv,
                                 const struct deadline *dl)
{
    CLEANUP(output_set) struct output_set *nothing = output_set_new();
    enum project_outcome outcome;
    output_set_seal(nothing, v->o.pipeline->digest_key);
    return new_volume_apply(&nv->sink, NULL, nothing, dl, &outcome);
}

static struct err *publish_new(struct volumes *v, const struct volume_record *r,
                               const struct deadline *dl, struct pipeline_result *result)
{
    CLEANUP(spec) struct spec *spec = NULL;
    struct new_volume nv = {{&new_volume_ops}, v, r};
    struct err *e = v->o.lookup.get(v->o.lookup.ctx, r->pod_ns, r->external_secret, dl, &spec);
    if (e && err_class(e) == ERR_NOT_FOUND && r->is_optional) {
        err_free(e);
        e = publish_empty(v, &nv, dl);
    } else if (!e) {
        struct sink *sinks[] = {&nv.sink};
        struct fetch_limits limits = {.max_age_ns = spec->refresh_interval_ns > 0
                                                        ? (uint64_t)spec->refresh_interval_ns
                                                        : UINT64_MAX,
                                      .allow_stale = true};
        e = pipeline_run(v->o.pipeline, spec, &limits, sinks, 1, dl, result);
        if (e)
            e = err_wrap(e, "ExternalSecret \"%s/%s\"", r->pod_ns, r->external_secret);
    }
    v->o.lookup.release(v->o.lookup.ctx, r->pod_ns, r->external_secret);
    return e;
}

/* *news says whether reconcile has to look, once the claim is given back. */
static struct err *publish_claimed(struct volumes *v, const struct volume_record *r,
                                   const struct deadline *dl, struct pipeline_result *result,
                                   bool *news)
{
    struct mounter_state state;
    struct err *e = v->o.mounter->ops->state(v->o.mounter, r->target_path, &state);
    if (e)
        return e;
    if (state.is_mounted && state.is_ours)
        return republish(v, r, news);
    if (state.is_mounted)
        return err_new(ERR_CONFLICT, "target_path is taken by a mount that is not ours");
    e = publish_new(v, r, dl, result);
    if (e)
        return e;
    metric_set(METRIC_VOLUMES, (double)watch_volumes_count(v->o.registry), NULL, NULL, NULL);
    *news = true;
    return NULL;
}

struct err *volumes_publish(struct volumes *v, const struct volume_request *rq,
                            const struct deadline *dl)
{
    CLEANUP_PIPELINE_RESULT struct pipeline_result result = {0};
    bool news = false;
    struct err *e = check_required(rq);
    if (!e)
        e = check_fields(rq);
    if (!e)
        e = check_pod_in_path(rq);
    if (e)
        return e;
    if (!claim(v, rq->volume_id))
        return err_new(ERR_CONFLICT, "another call for this volume is under way");
    struct volume_record r = record_of(rq);
    e = publish_claimed(v, &r, dl, &result, &news);
    news |= unclaim(v, rq->volume_id);
    if (news)
        v->o.published(v->o.published_ctx, r.pod_ns, r.external_secret, result.revision);
    return e;
}

struct err *volumes_unpublish(struct volumes *v, const char *volume_id, const char *target_path,
                              const struct deadline *dl)
{
    (void)dl; /* nothing here waits for a store or a server */
    if (!claim(v, volume_id))
        return err_new(ERR_CONFLICT, "another call for this volume is under way");
    struct err *e = v->o.mounter->ops->detach(v->o.mounter, target_path);
    if (!e) {
        CLEANUP(volume_record)
        struct volume_record *r = watch_volumes_get(v->o.registry, volume_id);
        if (r && strcmp(r->target_path, target_path) == 0)
            e = watch_volumes_remove(v->o.registry, volume_id);
    }
    unclaim(v, volume_id);
    metric_set(METRIC_VOLUMES, (double)watch_volumes_count(v->o.registry), NULL, NULL, NULL);
    return e;
}

static void read_usage(int root_fd, struct volume_stats *out)
{
    struct statvfs fs;
    struct stat data;
    if (fstatat(root_fd, "..data", &data, AT_SYMLINK_NOFOLLOW) == 0)
        out->written_unix_s = data.st_mtime;
    if (fstatvfs(root_fd, &fs) != 0)
        return;
    out->bytes_total = fs.f_blocks * fs.f_frsize;
    out->bytes_available = fs.f_bavail * fs.f_frsize;
    out->bytes_used = out->bytes_total - fs.f_bfree * fs.f_frsize;
    out->inodes_total = fs.f_files;
    out->inodes_available = fs.f_favail;
    out->inodes_used = fs.f_files - fs.f_ffree;
}

struct err *volumes_stats(struct volumes *v, const char *volume_id, const char *volume_path,
                          struct volume_stats *out)
{
    CLEANUP(volume_record) struct volume_record *r = watch_volumes_get(v->o.registry, volume_id);
    if (!r || strcmp(r->target_path, volume_path) != 0)
        return err_new(ERR_NOT_FOUND, "no such volume at volume_path");
    struct volume_stats stats = {0};
    CLEANUP_FD int root_fd = -1;
    CLEANUP(err) struct err *e = v->o.mounter->ops->open(v->o.mounter, volume_path, &root_fd);
    stats.is_abnormal = e != NULL || !project_files_are_complete(root_fd);
    if (!e)
        read_usage(root_fd, &stats);
    snprintf(stats.message, sizeof(stats.message), "%s",
             e                   ? "the volume is not mounted"
             : stats.is_abnormal ? "the volume has no complete set of files"
                                 : "mounted and complete");
    *out = stats;
    return NULL;
}

/* Bring one volume to o. One that is just being published or removed is left to that call: a
 * publish says afterwards what it wrote, and an older revision than o brings reconcile back. */
static struct err *update(struct volumes *v, const struct volume_record *r,
                          const struct output_set *o, bool *changed)
{
    CLEANUP_FD int root_fd = -1;
    if (!claim_or_leave_word(v, r->volume_id))
        return NULL;
    struct err *e = v->o.mounter->ops->open(v->o.mounter, r->target_path, &root_fd);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        e = watch_volumes_remove(v->o.registry, r->volume_id);
        metric_set(METRIC_VOLUMES, (double)watch_volumes_count(v->o.registry), NULL, NULL, NULL);
    } else if (!e) {
        e = fill(root_fd, r, o, changed);
    }
    unclaim(v, r->volume_id);
    metric_inc(METRIC_VOLUME_WRITES, e ? "failed" : *changed ? "changed" : "unchanged", NULL, NULL);
    return e ? err_wrap(e, "volume of Pod %s/%s", r->pod_ns, r->pod_name) : NULL;
}

static struct err *sink_apply(struct sink *s, const struct spec *spec, const struct output_set *o,
                              const struct deadline *dl, enum project_outcome *out)
{
    struct volumes *v = (struct volumes *)s;
    struct volume_record **records;
    struct err *first = NULL;
    bool any_changed = false;
    bool is_retained = o->is_empty && spec->deletion == DELETION_RETAIN;
    (void)dl; /* tmpfs writes do not wait */
    if (!watch_volumes_own(v->o.registry) || is_retained) {
        *out = PROJECT_UNCHANGED;
        return NULL;
    }
    size_t n = watch_volumes_list(v->o.registry, spec->meta.ns, spec->meta.name, &records);
    for (size_t i = 0; i < n; i++) {
        bool changed = false;
        struct err *e = update(v, records[i], o, &changed);
        any_changed = any_changed || changed;
        if (first)
            err_free(e);
        else
            first = e;
        volume_record_free(records[i]);
    }
    free(records);
    if (!first)
        *out = any_changed ? PROJECT_CHANGED : PROJECT_UNCHANGED;
    return first;
}

/* The ExternalSecret is gone: running Pods keep what they have. */
static struct err *sink_remove(struct sink *s, const struct spec *spec, const struct deadline *dl)
{
    (void)s;
    (void)spec;
    (void)dl;
    return NULL;
}

static void sink_free_nothing(struct sink *s)
{
    (void)s; /* embedded in struct volumes */
}

static const struct sink_ops volumes_sink_ops = {
    .name = "volumes", .apply = sink_apply, .remove = sink_remove, .free = sink_free_nothing};

struct sink *volumes_sink(struct volumes *v)
{
    return &v->sink;
}

bool volumes_take_over(struct volumes *v)
{
    struct volume_record **records;
    if (!watch_volumes_own(v->o.registry))
        return false;
    size_t n = watch_volumes_list(v->o.registry, NULL, NULL, &records);
    for (size_t i = 0; i < n; i++) {
        v->o.published(v->o.published_ctx, records[i]->pod_ns, records[i]->external_secret, "");
        volume_record_free(records[i]);
    }
    free(records);
    return true;
}

bool volumes_has(struct volumes *v, const char *ns, const char *external_secret)
{
    return watch_volumes_has(v->o.registry, ns, external_secret);
}

struct err *volumes_adopt(struct volumes *v, size_t *out_adopted)
{
    struct volume_record **records;
    size_t n = watch_volumes_list(v->o.registry, NULL, NULL, &records);
    size_t adopted = 0;
    struct err *first = NULL;
    for (size_t i = 0; i < n; i++) {
        struct mounter_state state = {0};
        struct err *e = v->o.mounter->ops->state(v->o.mounter, records[i]->target_path, &state);
        if (!e && state.is_mounted && state.is_ours)
            adopted++;
        else if (!e || err_class(e) == ERR_INVALID || err_class(e) == ERR_NOT_FOUND)
            first = first ? first : watch_volumes_remove(v->o.registry, records[i]->volume_id);
        err_free(e);
        volume_record_free(records[i]);
    }
    free(records);
    if (first)
        return first;
    metric_set(METRIC_VOLUMES, (double)adopted, NULL, NULL, NULL);
    *out_adopted = adopted;
    return NULL;
}

struct volumes *volumes_new(const struct volumes_options *options)
{
    struct volumes *v = xcalloc(1, sizeof(*v));
    v->sink.ops = &volumes_sink_ops;
    mutex_init(&v->mu);
    v->busy = map_new(free);
    cond_init(&v->freed);
    v->o = *options;
    return v;
}

void volumes_free(struct volumes *v)
{
    if (!v)
        return;
    map_free(v->busy);
    cond_done(&v->freed);
    mutex_done(&v->mu);
    free(v);
}
