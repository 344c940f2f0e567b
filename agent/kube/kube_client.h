#pragma once
/* kube_client.h: requests to the API server: who we are, how often, what is tried again.
 *
 * Every request goes through one bucket (50 a second unless told otherwise), carries the newest
 * token, is tried again after a lost connection when that is harmless, and waits as long as the
 * server says. Bodies are in no log and in no error.
 *
 * Owns     a client owns its credential and bucket; config, http and clock are borrowed.
 * Threads  any; calls block until their deadline at most.
 * Source   Kubernetes API concepts; client-go's limits. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret_buf.h"
#include "kube/kube_config.h"
#include "kube/kube_object.h"
#include "kube/kube_outcome.h"
#include "kube/kube_pace.h"
#include "net/http.h"
#include "net/retry.h"

#define KUBE_TRIES_MAX 10
#define KUBE_UNARY_MAX_BYTES (8u << 20)
#define KUBE_UNARY_TIMEOUT_NS (30 * NS_PER_S)
#define KUBE_METADATA_ONLY "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define KUBE_METADATA_ONLY_LIST "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
#define KUBE_APPLY_TYPE "application/apply-patch+yaml"
#define KUBE_MERGE_TYPE "application/merge-patch+json"
#define KUBE_JSON_TYPE "application/json"

struct kube_client_options {
    const struct kube_config *config;
    struct http *http; /* HTTP/2; used by nobody else */
    const struct clock *clock;
    double per_s;                      /* requests a second in the long run; 0: KUBE_PACE_PER_S */
    double burst;                      /* at once; 0: KUBE_PACE_BURST */
    const struct kube_waiter *waiter;  /* NULL: really sleep */
    const struct retry_random *random; /* NULL: the kernel's */
};

struct kube_request {
    const char *verb;   /* as RBAC says it: "get", "patch"; in errors and metrics */
    const char *method; /* "GET", "PATCH" */
    struct kube_target target;
    const char *accept;       /* NULL: "application/json" */
    const char *content_type; /* of body */
    struct secret_view body;
    uint64_t timeout_ns;    /* 0: KUBE_UNARY_TIMEOUT_NS */
    size_t reply_max_bytes; /* 0: KUBE_UNARY_MAX_BYTES, or the limit of secret bodies */
    bool is_secret_reply;   /* the answer may hold a secret */
    bool is_repeatable;     /* twice does no harm: tried again after a lost connection */
    bool is_single_try;     /* tried again only with a fresh token */
};

struct kube_client;

struct kube_client *kube_client_new(const struct kube_client_options *options) NODISCARD;
void kube_client_free(struct kube_client *k);
CLEANUP_DEFINE(kube_client)

const struct clock *kube_client_clock(const struct kube_client *k);
const struct retry_random *kube_client_random(const struct kube_client *k);

/* Our own namespace. */
const char *kube_client_ns(const struct kube_client *k);

/* Send, wait and try again as the rules of this file say.
 *   outcome  filled whenever an answer came, also with an error; may be NULL
 *   out      the last answer, status below 400
 * Errors: as kube_outcome_err, INVALID (path), UNAVAILABLE (no connection), DEADLINE. */
NODISCARD struct err *kube_send(struct kube_client *k, const struct kube_request *rq,
                                const struct deadline *dl, struct kube_outcome *outcome,
                                struct http_reply **out);

/* GET a path of the server that names no object, such as "/api/v1"; what is asked for, in errors,
 * is rq->target. rq says verb and target alone. Errors: as kube_send. */
NODISCARD struct err *kube_send_path(struct kube_client *k, const struct kube_request *rq,
                                     const char *path, const struct deadline *dl,
                                     struct http_reply **out);

/* Open a watch: rq is a GET whose query says watch=1; not counted in the bucket, tried once. Errors
 * as kube_send. */
NODISCARD struct err *kube_stream_open(struct kube_client *k, const struct kube_request *rq,
                                       const struct deadline *dl, struct kube_outcome *outcome,
                                       struct http_stream **out);

/* The version of r that the server serves, newest first; asked once, then remembered.
 * Errors: NOT_FOUND (no such group, or none of our versions), and as kube_send. */
NODISCARD struct err *kube_version(struct kube_client *k, const struct kube_resource *r,
                                   const struct deadline *dl, const char **out);

/* A path of r gave 404 although it should exist: ask again next time. */
void kube_version_forget(struct kube_client *k);

/* When the server last gave a sign of life, CLOCK_MONOTONIC ns; a stream's line counts too. */
uint64_t kube_last_contact_ns(const struct kube_client *k);
void kube_note_contact(struct kube_client *k);

/* Ask /readyz. No answer within 15 s: the connections are dead, they are all closed.
 * Errors: UNAVAILABLE, DEADLINE. */
NODISCARD struct err *kube_probe(struct kube_client *k, const struct deadline *dl);

/* Whether this server refused streaming lists; remembered for all resources, for an hour. */
bool kube_refuses_streaming_lists(const struct kube_client *k);
void kube_set_refuses_streaming_lists(struct kube_client *k);
