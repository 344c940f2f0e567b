#pragma once
/* status_record.h: a status sink that remembers what it was told.
 *
 * Owns     its records.
 * Threads  any; records are read when the code under test is at rest. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "reconcile/status.h"

struct status_record_write {
    char *kind, *ns, *name; /* kind: "ExternalSecret", "SecretStore", "ClusterSecretStore" */
    bool is_ready;
    char *reason, *message;
    char *synced_resource_version; /* may be NULL */
    const char *capabilities;      /* as the report's */
    int64_t refresh_unix_s, transition_unix_s;
};

struct status_record_event {
    char *kind, *ns, *name, *type, *reason, *message;
};

struct status_record;

struct status_record *status_record_new(void) NODISCARD;
void status_record_free(struct status_record *r);
CLEANUP_DEFINE(status_record)

/* What to give to the code under test. */
struct status_sink status_record_sink(struct status_record *r);

/* Fail each write from now on, or no more. A failed write is not recorded. */
void status_record_fail(struct status_record *r, bool fails);

/* Refuse to take finalizers off from now on, or no more; how many have been taken off. */
void status_record_refuse(struct status_record *r, bool refuses, enum err_class cls);
size_t status_record_taken(const struct status_record *r);

/* How often it was said that an object stands back; *message is the last one, "" before. */
size_t status_record_stood_back(const struct status_record *r, const char **message);

/* Writes about objects of that kind and name so far; the last of them (NULL: there is none). */
size_t status_record_writes(struct status_record *r, const char *kind, const char *name);
const struct status_record_write *status_record_last(struct status_record *r, const char *kind,
                                                     const char *name);

/* Events of that type (NULL: any) about objects of that name so far; the last of any type. */
size_t status_record_events(struct status_record *r, const char *name, const char *type);
const struct status_record_event *status_record_last_event(struct status_record *r,
                                                           const char *name);

/* How often an Event of that reason and message was told about the object. */
size_t status_record_told(struct status_record *r, const char *name, const char *reason,
                          const char *message);

/* Does any text that was told hold part? */
bool status_record_holds(struct status_record *r, const char *part);
