/* One table row per metric; per metric a sorted array of series, found by binary search on the
 * label values. One lock covers everything: an update is a search among a few dozen series, and
 * printing formats into memory only. Metrics without labels are printed from the start, as 0, so
 * that rates and alerts have a beginning. */

#include "base/metric.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"

enum metric_type { COUNTER, GAUGE, HISTOGRAM };

struct metric_row {
    enum metric_type type;
    const char *name;
    const char *labels[METRIC_LABELS_MAX]; /* NULL past the last */
    const char *help;
};

/* clang-format off */
static const struct metric_row rows[METRIC_COUNT] = {
    [METRIC_BUILD_INFO] = {GAUGE, "lockstep_build_info", {"version", "commit", "libcurl"},
        "Always 1; the labels say what was built from what."},
    [METRIC_START_TIME] = {GAUGE, "lockstep_start_time_seconds", {NULL},
        "When the agent started, seconds since 1970."},
    [METRIC_CSI_CALLS] = {COUNTER, "lockstep_csi_calls_total", {"method", "code"},
        "CSI calls by the kubelet, by gRPC status code."},
    [METRIC_CSI_SECONDS] = {HISTOGRAM, "lockstep_csi_call_duration_seconds", {"method"},
        "How long CSI calls took."},
    [METRIC_CSI_IN_FLIGHT] = {GAUGE, "lockstep_csi_calls_in_flight", {NULL},
        "CSI calls being answered now."},
    [METRIC_REGISTERED] = {GAUGE, "lockstep_csi_registered", {NULL},
        "1 when the kubelet has accepted the driver."},
    [METRIC_REGISTRATIONS] = {COUNTER, "lockstep_csi_registrations_total", {"result"},
        "Registrations with the kubelet, by its answer."},
    [METRIC_VOLUMES] = {GAUGE, "lockstep_volumes", {NULL},
        "Volumes published on this node."},
    [METRIC_VOLUME_WRITES] = {COUNTER, "lockstep_volume_writes_total", {"result"},
        "Attempts to bring a volume's files up to date."},
    [METRIC_SYNC_CALLS] = {COUNTER, "lockstep_sync_calls_total", {"result", "class"},
        "Runs of the pipeline, by result and class of error."},
    [METRIC_SYNC_SECONDS] = {HISTOGRAM, "lockstep_sync_duration_seconds", {NULL},
        "How long runs of the pipeline took."},
    [METRIC_SECRET_WRITES] = {COUNTER, "lockstep_secret_writes_total", {"result"},
        "Attempts to bring a Secret object up to date."},
    [METRIC_PROVIDER_CALLS] = {COUNTER, "externalsecret_provider_api_calls_count",
        {"provider", "call", "status"},
        "Calls to secret stores; the name External Secrets gave it."},
    [METRIC_PROVIDER_CALLS_SAVED] = {COUNTER, "lockstep_provider_calls_saved_total",
        {"provider", "reason"},
        "Calls to secret stores that were not necessary."},
    [METRIC_PROVIDER_SECONDS] = {HISTOGRAM, "lockstep_provider_call_duration_seconds",
        {"provider", "call"},
        "How long calls to secret stores took."},
    [METRIC_CACHE_ENTRIES] = {GAUGE, "lockstep_cache_entries", {NULL},
        "Values held in the cache."},
    [METRIC_CACHE_OLDEST_SECONDS] = {GAUGE, "lockstep_cache_oldest_value_age_seconds", {NULL},
        "Age of the oldest value in use."},
    [METRIC_CACHE_STALE_SERVED] = {COUNTER, "lockstep_cache_stale_served_total", {NULL},
        "Values served past their refresh time."},
    [METRIC_SPECS] = {GAUGE, "lockstep_specs", {"kind"},
        "Objects known, by kind."},
    [METRIC_NOT_READY] = {GAUGE, "lockstep_external_secrets_not_ready", {NULL},
        "ExternalSecrets whose last sync failed."},
    [METRIC_QUEUE_DEPTH] = {GAUGE, "lockstep_queue_depth", {NULL},
        "Keys that wait for a worker."},
    [METRIC_KUBE_REQUESTS] = {COUNTER, "lockstep_kube_requests_total", {"verb", "code"},
        "Requests to the API server, by HTTP status."},
    [METRIC_KUBE_RETRIES] = {COUNTER, "lockstep_kube_retries_total", {"reason"},
        "Requests to the API server that were repeated."},
    [METRIC_WATCH_RESTARTS] = {COUNTER, "lockstep_watch_restarts_total", {"resource", "reason"},
        "Watches that ended and were opened again."},
    [METRIC_WATCHES] = {GAUGE, "lockstep_watches", {"resource"},
        "Watches open now."},
    [METRIC_STATUS_WRITES] = {COUNTER, "lockstep_status_writes_total", {"kind"},
        "Status patches sent, by kind."},
    [METRIC_EVENTS] = {COUNTER, "lockstep_events_total", {"reason", "result"},
        "Events, by reason and whether they were sent."},
    [METRIC_SHARDS_HELD] = {GAUGE, "lockstep_shards_held", {NULL},
        "Mirror shards whose Lease this agent holds."},
    [METRIC_SECRET_MEMORY_BYTES] = {GAUGE, "lockstep_secret_memory_bytes", {"state"},
        "Memory set aside for secrets, mapped and used."},
    [METRIC_SECRET_MEMORY_LOCKED] = {GAUGE, "lockstep_secret_memory_locked", {NULL},
        "1 when the memory of secrets is locked in RAM."},
    [METRIC_FENCE_STANDS] = {GAUGE, "lockstep_fence_stands", {NULL},
        "1 when the admission policy refuses writes to foreign Secrets."},
    [METRIC_RIGHTS_MISSING] = {GAUGE, "lockstep_rights_missing", {NULL},
        "Rights in the cluster that the agent needs and does not have."},
    [METRIC_STANDING_BACK] = {GAUGE, "lockstep_standing_back", {NULL},
        "Objects that are left to External Secrets because it is alive."},
    [METRIC_SECRET_DRIFT] = {COUNTER, "lockstep_secret_drift_total", {"result"},
        "Mirrored Secrets that somebody else changed or deleted, by what came of it."},
    [METRIC_SOURCE_ERRORS] = {COUNTER, "lockstep_source_errors_total", {"source", "class"},
        "Failures to read manifests, by source and class of error."},
    [METRIC_PUSH_PASSES] = {COUNTER, "lockstep_push_passes_total", {"result", "class"},
        "Passes of PushSecrets, by result and class of error."},
    [METRIC_PUSH_NOT_READY] = {GAUGE, "lockstep_push_secrets_not_ready", {NULL},
        "PushSecrets whose last pass failed."},
    [METRIC_FAN_OUT_NOT_READY] = {GAUGE, "lockstep_cluster_external_secrets_not_ready", {NULL},
        "ClusterExternalSecrets of this agent that are not ready."},
    [METRIC_FAN_OUT_WRITES] = {COUNTER, "lockstep_external_secret_writes_total", {"result"},
        "ExternalSecrets written for ClusterExternalSecrets, by what came of it."},
};
/* clang-format on */

struct bucket {
    const char *le;
    double seconds;
};

static const struct bucket buckets[] = {
    {"0.001", 0.001}, {"0.0025", 0.0025}, {"0.005", 0.005}, {"0.01", 0.01},
    {"0.025", 0.025}, {"0.05", 0.05},     {"0.1", 0.1},     {"0.25", 0.25},
    {"0.5", 0.5},     {"1", 1},           {"2.5", 2.5},     {"5", 5},
    {"10", 10},       {"30", 30},         {"60", 60},       {"120", 120},
};

struct series {
    char *labels[METRIC_LABELS_MAX]; /* "" where the row has none; NULL: untouched */
    double value;                    /* of a histogram: the sum */
    uint64_t count;                  /* of a histogram */
    uint64_t in_bucket[ARRAY_SIZE(buckets)];
};

struct family {
    struct series **series; /* sorted by labels; n of them */
    size_t n;
    size_t capacity;
};

static struct mutex lock = {PTHREAD_MUTEX_INITIALIZER};
static struct family families[METRIC_COUNT]; /* under lock */

static int compare_labels(const struct series *s, const char *const labels[])
{
    for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
        int order = strcmp(s->labels[i], labels[i]);
        if (order)
            return order;
    }
    return 0;
}

static bool find_locked(const struct family *f, const char *const labels[], size_t *at)
    REQUIRES(&lock)
{
    size_t low = 0;
    size_t high = f->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_labels(f->series[middle], labels);
        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

static struct series *insert_locked(struct family *f, size_t at, const char *const labels[])
    REQUIRES(&lock)
{
    if (f->n == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 4;
        f->series = xrealloc(f->series, f->capacity, sizeof(f->series[0]));
    }
    memmove(f->series + at + 1, f->series + at, (f->n - at) * sizeof(f->series[0]));
    struct series *s = xcalloc(1, sizeof(*s));
    for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
        s->labels[i] = xstrdup(labels[i]);
    f->series[at] = s;
    f->n++;
    return s;
}

/* The series to count under: its own, or the common one when the metric has grown too wide. */
static struct series *series_locked(enum metric_id id, const char *const labels[]) REQUIRES(&lock)
{
    struct family *f = &families[id];
    size_t at;
    if (find_locked(f, labels, &at))
        return f->series[at];
    if (f->n < METRIC_SERIES_MAX)
        return insert_locked(f, at, labels);

    const char *other[METRIC_LABELS_MAX];
    for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
        other[i] = rows[id].labels[i] ? "other" : "";
    return find_locked(f, other, &at) ? f->series[at] : insert_locked(f, at, other);
}

/* Exactly the row's labels: "" for one not given. */
static void fit_labels(enum metric_id id, const char *const given[], const char *labels[])
{
    for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
        assert(rows[id].labels[i] || !given[i]);
        labels[i] = given[i] && rows[id].labels[i] ? given[i] : "";
    }
}

void metric_add(enum metric_id id, double v, const char *label1, const char *label2,
                const char *label3)
{
    assert(rows[id].type == GAUGE || (rows[id].type == COUNTER && v >= 0));
    const char *labels[METRIC_LABELS_MAX];
    fit_labels(id, (const char *[]){label1, label2, label3}, labels);
    mutex_lock(&lock);
    series_locked(id, labels)->value += v;
    mutex_unlock(&lock);
}

void metric_set(enum metric_id id, double v, const char *label1, const char *label2,
                const char *label3)
{
    assert(rows[id].type == GAUGE);
    const char *labels[METRIC_LABELS_MAX];
    fit_labels(id, (const char *[]){label1, label2, label3}, labels);
    mutex_lock(&lock);
    series_locked(id, labels)->value = v;
    mutex_unlock(&lock);
}

void metric_observe(enum metric_id id, double seconds, const char *label1, const char *label2)
{
    assert(rows[id].type == HISTOGRAM);
    const char *labels[METRIC_LABELS_MAX];
    fit_labels(id, (const char *[]){label1, label2, NULL}, labels);
    size_t at = 0;
    while (at < ARRAY_SIZE(buckets) && seconds > buckets[at].seconds)
        at++;

    mutex_lock(&lock);
    struct series *s = series_locked(id, labels);
    s->value += seconds;
    s->count++;
    if (at < ARRAY_SIZE(buckets))
        s->in_bucket[at]++;
    mutex_unlock(&lock);
}

double metric_value(enum metric_id id, const char *label1, const char *label2, const char *label3)
{
    const char *labels[METRIC_LABELS_MAX];
    fit_labels(id, (const char *[]){label1, label2, label3}, labels);
    size_t at;
    mutex_lock(&lock);
    double v = find_locked(&families[id], labels, &at) ? families[id].series[at]->value : 0;
    mutex_unlock(&lock);
    return v;
}

/* Shortest of the usual forms that reads back as the same number. */
static void put_number(struct str_buf *out, double v)
{
    if (isnan(v))
        str_buf_puts(out, "NaN");
    else if (isinf(v))
        str_buf_puts(out, v > 0 ? "+Inf" : "-Inf");
    else {
        char text[32];
        snprintf(text, sizeof(text), "%.15g", v);
        bool is_exact = strtod(text, NULL) == v;
        str_buf_printf(out, "%.*g", is_exact ? 15 : 17, v);
    }
}

static void put_escaped(struct str_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            str_buf_puts(out, "\\n");
        else if (*text == '\\' || *text == '"')
            str_buf_printf(out, "\\%c", *text);
        else
            str_buf_append(out, text, 1);
    }
}

/* "{a="x",le="0.1"}"; le may be NULL; nothing at all when there is no label. */
static void put_labels(struct str_buf *out, const struct metric_row *row, const struct series *s,
                       const char *le)
{
    const char *before = "{";
    for (size_t i = 0; i < METRIC_LABELS_MAX && row->labels[i] && s->labels[i]; i++) {
        str_buf_printf(out, "%s%s=\"", before, row->labels[i]);
        put_escaped(out, s->labels[i]);
        str_buf_puts(out, "\"");
        before = ",";
    }
    if (le) {
        str_buf_printf(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    if (*before == ',')
        str_buf_puts(out, "}");
}

static void put_line(struct str_buf *out, const struct metric_row *row, const struct series *s,
                     const char *suffix, const char *le, double v)
{
    str_buf_printf(out, "%s%s", row->name, suffix);
    put_labels(out, row, s, le);
    str_buf_puts(out, " ");
    put_number(out, v);
    str_buf_puts(out, "\n");
}

static void put_series(struct str_buf *out, const struct metric_row *row, const struct series *s)
{
    if (row->type != HISTOGRAM) {
        put_line(out, row, s, "", NULL, s->value);
        return;
    }
    uint64_t so_far = 0;
    for (size_t i = 0; i < ARRAY_SIZE(buckets); i++) {
        so_far += s->in_bucket[i];
        put_line(out, row, s, "_bucket", buckets[i].le, (double)so_far);
    }
    put_line(out, row, s, "_bucket", "+Inf", (double)s->count);
    put_line(out, row, s, "_sum", NULL, s->value);
    put_line(out, row, s, "_count", NULL, (double)s->count);
}

static void put_family_locked(struct str_buf *out, enum metric_id id) REQUIRES(&lock)
{
    static const char *const types[] = {
        [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"};
    static const struct series untouched;
    const struct metric_row *row = &rows[id];
    const struct family *f = &families[id];
    str_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                   types[row->type]);
    for (size_t i = 0; i < f->n; i++)
        put_series(out, row, f->series[i]);
    if (f->n == 0 && !row->labels[0])
        put_series(out, row, &untouched);
}

void metric_print(struct str_buf *out)
{
    mutex_lock(&lock);
    for (int id = 0; id < METRIC_COUNT; id++)
        put_family_locked(out, (enum metric_id)id);
    mutex_unlock(&lock);
}

static void series_free(struct series *s)
{
    for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
        free(s->labels[i]);
    free(s);
}

static void family_empty_locked(struct family *f) REQUIRES(&lock)
{
    for (size_t i = 0; i < f->n; i++)
        series_free(f->series[i]);
    free(f->series);
    *f = (struct family){.series = NULL};
}

void metric_reset(void)
{
    mutex_lock(&lock);
    for (int id = 0; id < METRIC_COUNT; id++)
        family_empty_locked(&families[id]);
    mutex_unlock(&lock);
}
