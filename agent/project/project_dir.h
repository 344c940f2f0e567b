#pragma once
/* project_dir.h: the mirror without a cluster: Secret manifests and statuses as files in a folder.
 *
 * FOLDER/<namespace>/<name>.secret.json is a complete v1 Secret, mode 0600, replaced at once; an
 * object of another kind is <name>.<kind>.json, or <name>.<kind>.<group>.json;
 * FOLDER/<namespace>/<name>.status.json is the status that the ExternalSecret would have, and
 * FOLDER/<namespace>/<name>.<kind>.status.json that of a store.
 *
 * Owns     the folder's descriptor.
 * Threads  apply from any worker.
 * Source   v1 Secret; labels and annotations as External Secrets writes them. */

#include "base/attr.h"
#include "base/err.h"
#include "project/project.h"
#include "spec/store.h"

/* Open (create) folder; allows_generic as project_object_new. Errors: DENIED, INTERNAL. */
NODISCARD struct err *project_dir_new(const char *folder, bool allows_generic, struct sink **out);

/* Write text as FOLDER/<ns>/<file>; ns "" goes to FOLDER itself. For statuses; never secrets.
 * Errors: INVALID (ns or file is no file name), DENIED, INTERNAL. */
NODISCARD struct err *project_dir_write_text(struct sink *s, const char *ns, const char *file,
                                             const char *text);
