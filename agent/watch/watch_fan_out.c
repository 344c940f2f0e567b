/* Three wide watches in one thread, and maps of the little that is kept of each object. Whoever
 * acts on the picture does so in the same thread between two sweeps, so there is no lock and no
 * copy: news waits in the streams meanwhile.
 *
 * ExternalSecrets of all owners are kept, the foreign ones as a name alone: whether a name is taken
 * is then known without asking, and its becoming free is an event. What their status says is no
 * change here: it is not part of the fingerprint. */

#include "watch/watch_fan_out.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "kube/kube_watch_set.h"

#define LOOK_TIMEOUT_NS (10 * NS_PER_S)
#define FINGERPRINT_TEXT_MAX (2u << 20) /* the API server refuses more than 256 KiB */

enum wide { WIDE_SPECS, WIDE_NAMESPACES, WIDE_CHILDREN, WIDES };

/* Context of one watch. */
struct wide_watch {
    struct watch_fan_out *owner;
    enum wide which;
    struct kube_watch *watch; /* NULL: not running */
    bool is_synced;
    bool is_denied;
};

struct watch_fan_out {
    struct watch_fan_out_options options;
    struct kube_watch_set *set;
    struct wide_watch wides[WIDES]; /* of the thread, as all until is_wanted */
    struct fan_out_picture picture;
    uint64_t look_due_ns;   /* is the kind there? */
    bool is_absent;         /* the kind has gone while it was watched */
    atomic_bool stop;       /* set by stop, read by the thread's deadlines */
    atomic_bool is_wanted;  /* set by update, read by the thread */
    atomic_bool is_changed; /* set by update, taken by the thread */
};

static const struct kube_resource *const resources[WIDES] = {
    [WIDE_SPECS] = &kube_cluster_external_secrets,
    [WIDE_NAMESPACES] = &kube_namespaces,
    [WIDE_CHILDREN] = &kube_external_secrets,
};

static void free_spec(void *p)
{
    cluster_spec_free(p);
}

static void free_namespace(void *p)
{
    struct fan_out_namespace *n = p;
    map_free(n->labels);
    free(n);
}

static void free_child(void *p)
{
    struct fan_out_child *c = p;
    free(c->uid);
    free(c->owner_name);
    free(c->owner_uid);
    free(c);
}

static void add_texts(struct str_buf *b, const struct map *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        str_buf_append(b, texts->entries[i].key, strlen(texts->entries[i].key) + 1);
        str_buf_append(b, texts->entries[i].value, strlen(texts->entries[i].value) + 1);
    }
    str_buf_append(b, "", 1);
}

static void make_fingerprint(const struct json *obj, char out[DIGEST_SHA256_HEX])
{
    CLEANUP_STR_BUF struct str_buf b;
    struct object_meta meta;
    str_buf_init(&b, FINGERPRINT_TEXT_MAX);
    object_meta_init(&meta, obj);
    str_buf_printf(&b, "%lld.", (long long)meta.generation);
    add_texts(&b, meta.labels);
    add_texts(&b, meta.annotations);
    digest_sha256_hex(secret_view_of(b.s, b.n), out);
    object_meta_done(&meta);
}

/* The owner reference of the ClusterExternalSecret that controls obj; NULL: none does. */
static const struct json *controller_of(const struct json *obj)
{
    const struct json *list = json_path(obj, "metadata.ownerReferences");
    const struct kube_resource *kind = resources[WIDE_SPECS];
    for (const struct json *o = json_first(list); o; o = json_next(o)) {
        const char *version = json_path_text(o, "apiVersion");
        const char *of = json_path_text(o, "kind");
        size_t group = strlen(kind->group);
        if (json_path_bool(o, "controller", false) && version && of &&
            strcmp(of, kind->kind) == 0 && strncmp(version, kind->group, group) == 0 &&
            version[group] == '/' && json_path_text(o, "name") && json_path_text(o, "uid"))
            return o;
    }
    return NULL;
}

static char *key_of(const struct json *obj)
{
    const char *ns = json_path_text(obj, "metadata.namespace");
    const char *name = json_path_text(obj, "metadata.name");
    return xasprintf("%s/%s", ns ? ns : "", name ? name : "");
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_child(const struct fan_out_child *a, const struct fan_out_child *b)
{
    return same_text(a->uid, b->uid) && same_text(a->owner_uid, b->owner_uid) &&
           strcmp(a->fingerprint, b->fingerprint) == 0 && a->is_deleting == b->is_deleting;
}

void fan_out_picture_put(struct fan_out_picture *p, const struct json *obj)
{
    CLEANUP_STR char *key = key_of(obj);
    const struct json *owner = controller_of(obj);
    struct fan_out_child *c = xcalloc(1, sizeof(*c));
    c->is_deleting = json_path_text(obj, "metadata.deletionTimestamp") != NULL;
    if (owner) {
        const char *uid = json_path_text(obj, "metadata.uid");
        c->uid = xstrdup(uid ? uid : "");
        c->owner_name = xstrdup(json_path_text(owner, "name"));
        c->owner_uid = xstrdup(json_path_text(owner, "uid"));
        make_fingerprint(obj, c->fingerprint);
    }
    const struct fan_out_child *old = map_get(p->children, key);
    if (!old || !same_child(old, c))
        p->changes++;
    map_set(p->children, key, c);
}

void fan_out_picture_remove(struct fan_out_picture *p, const char *ns, const char *name)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", ns, name);
    if (map_remove(p->children, key))
        p->changes++;
}

static void put_namespace(struct fan_out_picture *p, const struct json *obj)
{
    struct object_meta meta;
    object_meta_init(&meta, obj);
    const struct fan_out_namespace *old = map_get(p->namespaces, meta.name);
    if (!old || old->is_deleting != meta.is_deleting || !map_equal_text(old->labels, meta.labels)) {
        struct fan_out_namespace *n = xcalloc(1, sizeof(*n));
        n->labels = map_copy_text(meta.labels);
        n->is_deleting = meta.is_deleting;
        map_set(p->namespaces, meta.name, n);
        p->changes++;
    }
    object_meta_done(&meta);
}

static void put_spec(struct fan_out_picture *p, const struct json *obj)
{
    struct cluster_spec *s = cluster_spec_parse(obj);
    if (!s)
        return;
    map_set(p->specs, s->meta.name, s);
    p->changes++;
}

static void (*const put_fns[WIDES])(struct fan_out_picture *p, const struct json *obj) = {
    [WIDE_SPECS] = put_spec,
    [WIDE_NAMESPACES] = put_namespace,
    [WIDE_CHILDREN] = fan_out_picture_put,
};

static void wide_put(void *ctx, struct json *taken)
{
    const struct wide_watch *x = ctx;
    struct fan_out_picture *p = &x->owner->picture;
    CLEANUP(json) struct json *obj = taken;
    put_fns[x->which](p, obj);
}

static struct map *map_of(const struct wide_watch *x)
{
    struct fan_out_picture *p = &x->owner->picture;
    if (x->which == WIDE_SPECS)
        return p->specs;
    return x->which == WIDE_NAMESPACES ? p->namespaces : p->children;
}

static void wide_remove(void *ctx, const char *ns, const char *name)
{
    const struct wide_watch *x = ctx;
    CLEANUP_STR char *key =
        x->which == WIDE_CHILDREN ? xasprintf("%s/%s", ns, name) : xstrdup(name);
    if (map_remove(map_of(x), key))
        x->owner->picture.changes++;
}

/* What the three watches say together. */
static void sum_up(struct watch_fan_out *w)
{
    const struct wide_watch *ns = &w->wides[WIDE_NAMESPACES];
    const struct wide_watch *children = &w->wides[WIDE_CHILDREN];
    const char *denied = ns->is_denied         ? resources[WIDE_NAMESPACES]->plural
                         : children->is_denied ? resources[WIDE_CHILDREN]->plural
                                               : NULL;
    bool is_complete = ns->is_synced && children->is_synced;
    if (w->picture.denied != denied || w->picture.is_complete != is_complete)
        w->picture.changes++;
    w->picture.denied = denied;
    w->picture.is_complete = is_complete;
}

/* Keys of keep are "ns/name", "/name" for what has no namespace. */
static void wide_retain(void *ctx, const struct map *keep)
{
    struct wide_watch *x = ctx;
    struct map *m = map_of(x);
    const char *prefix = x->which == WIDE_CHILDREN ? "" : "/";
    for (size_t i = m->n; i > 0; i--) {
        CLEANUP_STR char *key = xstrdup(m->entries[i - 1].key);
        CLEANUP_STR char *kept = xasprintf("%s%s", prefix, key);
        if (!map_get(keep, kept) && map_remove(m, key))
            x->owner->picture.changes++;
    }
    x->is_denied = false;
    sum_up(x->owner);
}

static void wide_synced(void *ctx)
{
    struct wide_watch *x = ctx;
    x->is_synced = true;
    sum_up(x->owner);
}

/* A kind that the cluster does not know is no failure. A right that is missing is told once: the
 * condition of each ClusterExternalSecret says it too, as long as it is so. */
static void wide_failed(void *ctx, const struct err *e)
{
    struct wide_watch *x = ctx;
    struct watch_fan_out *w = x->owner;
    bool is_denied = err_class(e) == ERR_DENIED;
    bool is_known = is_denied && x->is_denied;
    if (x->which == WIDE_SPECS && err_class(e) == ERR_NOT_FOUND) {
        w->is_absent = true;
        return;
    }
    x->is_denied = is_denied;
    sum_up(w);
    if (!is_known)
        w->options.failed(w->options.ctx, resources[x->which]->kind, e);
}

static const struct kube_watch_handler wide_handler = {
    .put = wide_put,
    .remove = wide_remove,
    .retain = wide_retain,
    .synced = wide_synced,
    .failed = wide_failed,
};

static void begin(struct watch_fan_out *w, enum wide which)
{
    struct wide_watch *x = &w->wides[which];
    const struct kube_selector selector = {.resource = resources[which],
                                           .is_metadata_only = which != WIDE_SPECS};
    if (x->watch)
        return;
    *x = (struct wide_watch){.owner = w, .which = which};
    x->watch = kube_watch_set_add(w->set, &selector, &wide_handler, x);
}

static void end(struct watch_fan_out *w, enum wide which)
{
    CLEANUP(map) struct map *nothing = map_new(NULL);
    struct wide_watch *x = &w->wides[which];
    if (!x->watch)
        return;
    kube_watch_set_remove(w->set, x->watch);
    wide_retain(x, nothing);
    *x = (struct wide_watch){.owner = w, .which = which};
    sum_up(w);
}

/* Does the cluster know the kind? What else may be wrong is for the watch to find out and tell. */
static bool is_there(struct watch_fan_out *w)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    struct deadline dl = deadline_in(kube_client_clock(w->options.kube), LOOK_TIMEOUT_NS);
    dl.cancelled = &w->stop;
    const struct kube_request rq = {
        .verb = "list",
        .method = "GET",
        .target = {.resource = resources[WIDE_SPECS], .query = "limit=1"},
        .accept = KUBE_METADATA_ONLY_LIST,
        .is_single_try = true,
    };
    CLEANUP(err) struct err *e = kube_send(w->options.kube, &rq, &dl, NULL, &reply);
    return !e || err_class(e) != ERR_NOT_FOUND;
}

static void look(struct watch_fan_out *w)
{
    uint64_t now_ns = clock_mono_ns(kube_client_clock(w->options.kube));
    if (w->is_absent) {
        end(w, WIDE_SPECS);
        w->is_absent = false;
        w->look_due_ns = now_ns + FAN_OUT_LOOK_NS;
    }
    if (w->wides[WIDE_SPECS].watch || now_ns < w->look_due_ns)
        return;
    if (is_there(w))
        begin(w, WIDE_SPECS);
    else
        w->look_due_ns = now_ns + FAN_OUT_LOOK_NS;
}

static bool has_ours(const struct watch_fan_out *w)
{
    const struct map *specs = w->picture.specs;
    for (size_t i = 0; i < specs->n; i++) {
        const struct cluster_spec *s = specs->entries[i].value;
        if (w->options.is_ours(w->options.ctx, s->meta.uid))
            return true;
    }
    return false;
}

static void before_sweep(void *ctx)
{
    struct watch_fan_out *w = ctx;
    if (atomic_exchange(&w->is_changed, false))
        w->picture.changes++;
    if (atomic_load(&w->is_wanted))
        look(w);
    else
        end(w, WIDE_SPECS);
    bool wants_all = has_ours(w);
    for (enum wide i = WIDE_NAMESPACES; i < WIDES; i++) {
        if (wants_all)
            begin(w, i);
        else
            end(w, i);
    }
}

/* The first ClusterExternalSecret of ours, or the last one's end, is known only now: sweep again.
 */
static bool is_unsettled(const struct watch_fan_out *w)
{
    return w->is_absent || has_ours(w) != (w->wides[WIDE_NAMESPACES].watch != NULL);
}

static uint64_t after_sweep(void *ctx)
{
    struct watch_fan_out *w = ctx;
    uint64_t due_ns = w->options.round(w->options.ctx, &w->picture);
    if (is_unsettled(w))
        return 0;
    if (atomic_load(&w->is_wanted) && !w->wides[WIDE_SPECS].watch && w->look_due_ns < due_ns)
        return w->look_due_ns;
    return due_ns;
}

struct watch_fan_out *watch_fan_out_new(const struct watch_fan_out_options *options)
{
    struct watch_fan_out *w = xcalloc(1, sizeof(*w));
    w->options = *options;
    w->picture.specs = map_new(free_spec);
    w->picture.namespaces = map_new(free_namespace);
    w->picture.children = map_new(free_child);
    w->set = kube_watch_set_new(&(struct kube_watch_set_options){
        .kube = options->kube,
        .thread_name = "watch-fan-out",
        .before_sweep = before_sweep,
        .after_sweep = after_sweep,
        .ctx = w,
    });
    return w;
}

void watch_fan_out_free(struct watch_fan_out *w)
{
    if (!w)
        return;
    atomic_store(&w->stop, true);
    kube_watch_set_free(w->set);
    map_free(w->picture.specs);
    map_free(w->picture.namespaces);
    map_free(w->picture.children);
    free(w);
}

void watch_fan_out_start(struct watch_fan_out *w)
{
    kube_watch_set_start(w->set);
}

void watch_fan_out_stop(struct watch_fan_out *w)
{
    atomic_store(&w->stop, true);
    kube_watch_set_stop(w->set);
}

void watch_fan_out_update(struct watch_fan_out *w, size_t n_held)
{
    atomic_store(&w->is_wanted, n_held > 0);
    atomic_store(&w->is_changed, true);
    kube_watch_set_wake(w->set);
}

uint64_t watch_fan_out_step(struct watch_fan_out *w)
{
    return kube_watch_set_sweep(w->set);
}
