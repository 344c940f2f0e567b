#pragma once
/* semver.h: versions and constraints as Masterminds/semver 3.4 reads them.
 *
 * Owns     nothing; a version borrows the text it was read from.
 * Threads  any.
 * Source   Masterminds/semver v3.4.0; semver.org 2.0.0. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/text.h"

/* Longest constraint that is read. */
#define SEMVER_CONSTRAINT_MAX 4096u

struct semver {
    uint64_t major, minor, patch;
    struct text prerelease, metadata;
    struct text original;
    bool is_struct; /* Go's Version itself, which IncMajor and its kin give; else a pointer to it */
};

/* Equal in every field, as reflect.DeepEqual sees it. */
bool semver_is_same(const struct semver *a, const struct semver *b);

/* Version.String(): normal form without a leading v. */
void semver_print(struct text_buf *b, const struct semver *v);

/* Loose parse ("v1.2" is 1.2.0). Errors: INVALID ("invalid semantic version" and its kin). */
NODISCARD struct err *semver_parse(struct text t, struct semver *out);

/* Negative, 0 or positive; metadata does not count. */
int semver_compare(const struct semver *a, const struct semver *b);

/* May t, which is not empty, be the prerelease or the metadata of a version? Errors: INVALID. */
NODISCARD struct err *semver_check_prerelease(struct text t);
NODISCARD struct err *semver_check_metadata(struct text t);

/* Does version satisfy constraint? The rewritten constraint lives in the arena.
 * Errors: INVALID (constraint or version unreadable, constraint too long, or of the arena). */
NODISCARD struct err *semver_satisfies(struct secret_arena *a, struct text constraint,
                                       struct text version, bool *out);
