#pragma once
/* check_file.h: what admission and agent would say of manifests, found without a cluster.
 *
 * Owns     nothing.
 * Threads  main.
 * Source   deploy/crds; External Secrets' validating webhook. */

#include <stdbool.h>
#include <stddef.h>

#include "cmd/check_input.h"

struct check_file_options {
    const char *left, *right; /* delimiters of templates; NULL: "{{" and "}}" */
    bool is_pure;             /* refuse templates that are random or read the clock */
};

/* Check every object by the row of its kind; lines are added to the objects, problems counted. */
void check_file_run(struct check_input *in, const struct check_file_options *options);

/* The rows' functions; stores go first, since others look at their problems. A kind that
 * manifest_read does not know is read from o->json by its own. */
typedef void check_kind_fn(struct check_input *in, const struct check_file_options *options,
                           struct check_object *o);
check_kind_fn check_store;        /* SecretStore, ClusterSecretStore */
check_kind_fn check_spec;         /* ExternalSecret */
check_kind_fn check_cluster_spec; /* ClusterExternalSecret */
check_kind_fn check_push;         /* PushSecret */
