#pragma once
/* object_rig.h: the sink of Secrets and other objects on a scripted API server, and the answers
 * that such a server gives.
 *
 * Owns     a rig owns its parts.
 * Threads  the test thread. */

#include "project/project_object.h"
#include "spec/spec.h"
#include "tests/support/kube_fixture.h"

/* Parts of URLs: of the question who owns a Secret, and of the write. */
#define PROBE "fieldManager=lockstep-probe&force=true&dryRun=All"
#define WRITE "fieldManager=externalsecrets.external-secrets.io%2Fes&force=true"
#define ADMISSION                                                                                  \
    "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"details\":{\"causes\":[{\"message\":\"m\"}]}" \
    "}"
#define RBAC "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}"
#define THEIRS "\"reconcile.external-secrets.io/managed\":\"true\""
#define META(more) "{\"metadata\":{\"uid\":\"s-1\",\"resourceVersion\":\"7\"" more "}}"
#define LABELS(labels) ",\"labels\":{" labels "}"
#define OWNER(uid, kind)                                                                           \
    ",\"ownerReferences\":[{\"uid\":\"" uid "\",\"kind\":\"" kind "\",\"controller\":true}]"
#define MANAGED META(LABELS(THEIRS))
#define FOREIGN                                                                                    \
    META(LABELS(                                                                                   \
        "\"lockstep.dev/managed\":\"true\"") ",\"managedFields\":[{\"manager\":\"lockstep-"        \
                                             "probe\",\"fieldsV1\":{\"f:metadata\":{"              \
                                             "\"f:labels\":{\"f:lockstep.dev/managed\":{}}}}}]")
#define OURS_BY_HAND                                                                               \
    META(LABELS(                                                                                   \
        "\"lockstep.dev/managed\":\"true\"") ",\"managedFields\":[{\"manager\":\"kubectl\","       \
                                             "\"fieldsV1\":{\"f:metadata\":{"                      \
                                             "\"f:labels\":{\"f:lockstep.dev/managed\":{}}}}}]")

#define DATA_FIELDS                                                                                \
    ",\"managedFields\":[{\"manager\":\"x\",\"fieldsV1\":{\"f:data\":{\".\":{},\"f:a\":{},"        \
    "\"f:stale\":{}}}},{\"manager\":\"y\",\"fieldsV1\":{\"f:data\":{\"f:old.key\":{}}}}]"
#define WRITTEN_ANEW "{\"metadata\":{\"resourceVersion\":\"8\"}}"

/* Members of spec.target. */
#define ORPHAN ",\"creationPolicy\":\"Orphan\""
#define MERGE ",\"creationPolicy\":\"Merge\""
#define OR_MERGE ",\"creationPolicy\":\"CreateOrMerge\""
#define OF_ANOTHER META(LABELS(THEIRS) OWNER("u-2", "ExternalSecret"))
#define OF_CERTIFICATE META(LABELS(THEIRS) OWNER("u-2", "Certificate"))

struct object_rig {
    struct kube_fixture *f;
    struct sink *sink;
    struct spec *spec;
};

/* The ExternalSecret shop/es with that target; extra: further members of spec.target, each with a
 * comma before it. Caller unrefs. */
struct spec *object_rig_spec(const char *target, const char *uid, const char *extra);

/* The target "db" of uid "u-1", a fence that stands, and other kinds allowed. */
void object_rig_init(struct object_rig *b, const char *extra);
void object_rig_done(struct object_rig *b);

/* The headline of e, if it has one, and its text; "" for NULL. */
void object_rig_said(const struct err *e, char out[ERR_TEXT_MAX]);
