#pragma once
/* project_items.h: which keys become which files, with which modes.
 *
 * Owns     a project_items owns its texts.
 * Threads  one at a time.
 * Source   Kubernetes SecretVolumeSource: items, defaultMode; CSI attributes of docs/VOLUMES.md. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "project/project_files.h"
#include "spec/output_set.h"

#define PROJECT_ITEMS_MAX 256
#define PROJECT_MODE_DEFAULT 0644

/* One row of `items`. */
struct project_item {
    char *key;
    char *path; /* relative and clean */
    int mode;   /* -1: the volume's default */
};

struct project_items {
    struct project_item *items; /* n; n == 0 and !is_listed: every key under its own name */
    size_t n;
    bool is_listed;
    mode_t default_mode;
};

/* Read the attributes; each may be NULL.
 *   items_yaml         YAML list of {key, path, mode}
 *   default_mode_text  "0440" (octal with leading zero) or decimal "288"; at most 0777
 * Errors: INVALID, names the attribute and the row: "items[1].path: ..."; also when two rows claim
 * one path, or one path is a folder of another. */
NODISCARD struct err *project_items_parse(const char *items_yaml, const char *default_mode_text,
                                          struct project_items **out);
void project_items_free(struct project_items *p);
CLEANUP_DEFINE(project_items)

/* The files for o; borrows from both. is_optional leaves missing keys out.
 * Errors: NOT_FOUND (key of an item that o has not). */
NODISCARD struct err *project_items_select(const struct project_items *p,
                                           const struct output_set *o, bool is_optional,
                                           struct project_file **out, size_t *out_n);
