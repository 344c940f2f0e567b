#pragma once
/* metric.h: counters, gauges and histograms, each one row of the table in metric.c.
 *
 * Label values come from small closed sets (error classes, provider names, RPC names); a metric
 * that would grow past METRIC_SERIES_MAX series counts the rest under "other".
 *
 * Owns     the process-wide registry.
 * Threads  any.
 * Source   Prometheus text exposition format 0.0.4. */

#include <stdint.h>

#include "base/clock.h"
#include "base/str_buf.h"

#define METRIC_SERIES_MAX 512
#define METRIC_LABELS_MAX 3

/* One per row of the table; the row's comment there is the help text. */
enum metric_id {
    METRIC_BUILD_INFO,           /* gauge {version,commit,libcurl} */
    METRIC_START_TIME,           /* gauge, unix seconds */
    METRIC_CSI_CALLS,            /* counter {method,code} */
    METRIC_CSI_SECONDS,          /* histogram {method} */
    METRIC_CSI_IN_FLIGHT,        /* gauge */
    METRIC_REGISTERED,           /* gauge 0/1 */
    METRIC_REGISTRATIONS,        /* counter {result} */
    METRIC_VOLUMES,              /* gauge */
    METRIC_VOLUME_WRITES,        /* counter {result} changed|unchanged|failed */
    METRIC_SYNC_CALLS,           /* counter {result,class} */
    METRIC_SYNC_SECONDS,         /* histogram */
    METRIC_SECRET_WRITES,        /* counter {result} applied|unchanged|failed|deleted */
    METRIC_PROVIDER_CALLS,       /* counter {provider,call,status}, External Secrets' name */
    METRIC_PROVIDER_CALLS_SAVED, /* counter {provider,reason} cache|flight|batch */
    METRIC_PROVIDER_SECONDS,     /* histogram {provider,call} */
    METRIC_CACHE_ENTRIES,        /* gauge */
    METRIC_CACHE_OLDEST_SECONDS, /* gauge: age of the oldest value in use */
    METRIC_CACHE_STALE_SERVED,   /* counter: values served past their refresh time */
    METRIC_SPECS,                /* gauge {kind} */
    METRIC_NOT_READY,            /* gauge: ExternalSecrets whose last sync failed */
    METRIC_QUEUE_DEPTH,          /* gauge */
    METRIC_KUBE_REQUESTS,        /* counter {verb,code} */
    METRIC_KUBE_RETRIES,         /* counter {reason} */
    METRIC_WATCH_RESTARTS,       /* counter {resource,reason} */
    METRIC_WATCHES,              /* gauge {resource} */
    METRIC_STATUS_WRITES,        /* counter {kind} */
    METRIC_EVENTS,               /* counter {reason,result} */
    METRIC_SHARDS_HELD,          /* gauge */
    METRIC_SECRET_MEMORY_BYTES,  /* gauge {state} mapped|used */
    METRIC_SECRET_MEMORY_LOCKED, /* gauge 0/1 */
    METRIC_FENCE_STANDS,         /* gauge 0/1: the admission policy refuses foreign Secrets */
    METRIC_RIGHTS_MISSING,       /* gauge: rights that the agent needs and does not have */
    METRIC_STANDING_BACK,        /* gauge: objects left to External Secrets, which is alive */
    METRIC_SECRET_DRIFT,         /* counter {result} applied|failed|delayed */
    METRIC_SOURCE_ERRORS,        /* counter {source,class} */
    METRIC_PUSH_PASSES,          /* counter {result,class} */
    METRIC_PUSH_NOT_READY,       /* gauge: PushSecrets whose last pass failed */
    METRIC_FAN_OUT_NOT_READY,    /* gauge: ClusterExternalSecrets of ours that are not ready */
    METRIC_FAN_OUT_WRITES,       /* counter {result} created|updated|unchanged|deleted|failed */
    METRIC_COUNT,
};

/* Add to a counter or gauge; labels in the order of the row, NULL past the last. */
void metric_add(enum metric_id id, double v, const char *label1, const char *label2,
                const char *label3);
static inline void metric_inc(enum metric_id id, const char *label1, const char *label2,
                              const char *label3)
{
    metric_add(id, 1, label1, label2, label3);
}

/* Set a gauge. */
void metric_set(enum metric_id id, double v, const char *label1, const char *label2,
                const char *label3);

/* Observe seconds in a histogram. */
void metric_observe(enum metric_id id, double seconds, const char *label1, const char *label2);

/* Value of a counter or gauge series, 0 when it does not exist; for status and tests. */
double metric_value(enum metric_id id, const char *label1, const char *label2, const char *label3);

/* Whole registry as Prometheus text. */
void metric_print(struct str_buf *out);

/* Forget all values; tests only. */
void metric_reset(void);
