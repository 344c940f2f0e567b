#pragma once
/* manifest_folder.h: the manifest files of a folder, parsed, and the wait for the next change.
 *
 * A file that does not parse, or is just being written, keeps what it said before.
 *
 * Owns     the documents and its descriptors.
 * Threads  one at a time.
 * Source   inotify(7). */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/yaml.h"

#define MANIFEST_FOLDER_FILES_MAX 4096

/* A file or document that was not taken, and why; NULL err: the file is fine again. file is "." for
 * the folder itself. */
typedef void manifest_problem_fn(void *ctx, const char *file, const struct err *e);

struct manifest_file {
    struct yaml_docs docs; /* as the file last parsed */
    bool is_new;           /* the last read brought these documents */
};

/* Is a file of that name read? "*.yaml", "*.yml" and "*.json" are, unless they begin with a dot. */
bool manifest_folder_takes(const char *name);

struct manifest_folder;

/* Begin to follow folder; nothing is read yet. Of a path that is a file, that file alone is
 * followed. problem may be NULL.
 * Errors: NOT_FOUND, DENIED (the folder), INTERNAL (inotify). */
NODISCARD struct err *manifest_folder_open(const char *path, manifest_problem_fn *problem,
                                           void *problem_ctx, struct manifest_folder **out);
void manifest_folder_free(struct manifest_folder *f);
CLEANUP_DEFINE(manifest_folder)

/* Read every *.yaml, *.yml and *.json file again whose bytes changed. Takes up to 30 ms when
 * there is one, to see whether somebody is still writing. Problems are told once each.
 * Errors: NOT_FOUND, DENIED, INTERNAL (the folder cannot be listed; nothing was changed then). */
NODISCARD struct err *manifest_folder_read(struct manifest_folder *f);

/* The i-th file in order of names, and its name; NULL past the end. Borrowed until the next read.
 */
const struct manifest_file *manifest_folder_at(const struct manifest_folder *f, size_t i,
                                               const char **out_name);

/* Wait until the folder has changed and is quiet again, or for a second of unrest. False as soon as
 * stop_fd is readable. */
bool manifest_folder_wait(struct manifest_folder *f, int stop_fd);
