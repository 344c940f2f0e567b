#pragma once
/* semver_scan.h: the parts of a version, which constraints are made of too.
 *
 * Owns     nothing: parts are borrowed from the text.
 * Threads  any.
 * Source   Masterminds/semver v3.4.0. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/semver.h"
#include "template/text.h"

struct semver_parts {
    struct text segments[3]; /* major, minor, patch; empty where there is none */
    struct text prerelease, metadata;
};

/* Bytes that a segment consists of. */
bool semver_is_digit(unsigned char c);

/* The longest version that begins at at; its end, or at itself where there is none. */
size_t semver_scan(struct text t, size_t at, bool (*is_segment)(unsigned char),
                   struct semver_parts *out);

/* Errors: INVALID (a segment is no number or too large, or a prerelease has a leading zero). */
NODISCARD struct err *semver_of_parts(const struct semver_parts *parts, struct semver *out);
