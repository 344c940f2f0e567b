#pragma once
/* err.h: the one error value: a class that decides, and a chain of sentences that explains.
 *
 * A function that can fail returns NODISCARD struct err *; NULL is success. Callers branch on the
 * class only. Text names objects and fields, never values, tokens, bodies or URLs with a query.
 *
 * Owns     the caller owns a returned error: hand it on, wrap it, or err_free it.
 * Threads  an error belongs to one thread at a time. */

#include "base/attr.h"

/* What went wrong, as far as the caller's next step depends on it. */
enum err_class {
    ERR_INVALID,      /* the input is wrong; a retry cannot help */
    ERR_NOT_FOUND,    /* the named thing does not exist */
    ERR_DENIED,       /* it exists or may exist, and we may not */
    ERR_CONFLICT,     /* somebody else owns it or changed it meanwhile */
    ERR_RATE_LIMITED, /* try later, the other side said when */
    ERR_UNAVAILABLE,  /* the other side cannot be reached or is failing; retry */
    ERR_DEADLINE,     /* our time was up or the caller went away */
    ERR_INTERNAL,     /* our own fault or the kernel's; reported, not retried at once */
};

#define ERR_CLASSES 8

/* Longest text err_text gives, terminator included; the clause that does not fit any more is cut,
 * the cause behind it stays. */
#define ERR_TEXT_MAX 1024

struct err;

/* New error of one sentence without capital or full stop: "secret \"db\": no key \"user\"". */
struct err *err_new(enum err_class cls, const char *format, ...)
    PRINTF_LIKE(2, 3) NODISCARD RETURNS_NONNULL;

/* Put one clause in front: "fetch db: ..."; takes e, which must not be NULL; class stays. */
struct err *err_wrap(struct err *e, const char *format, ...)
    PRINTF_LIKE(2, 3) NODISCARD RETURNS_NONNULL;

/* New error from an errno number; class by number (EACCES, EPERM: DENIED; ENOENT: NOT_FOUND;
 * ETIMEDOUT: DEADLINE; the rest INTERNAL). Text: "<formatted>: <strerror>". */
struct err *err_errno(int errnum, const char *format, ...)
    PRINTF_LIKE(2, 3) NODISCARD RETURNS_NONNULL;

/* Class of e. */
enum err_class err_class(const struct err *e);

/* Whole chain, outermost clause first, joined by ": "; lives as long as e. */
const char *err_text(const struct err *e);

/* When the other side said how long to wait (Retry-After), in nanoseconds; 0 = it did not. */
unsigned long long err_retry_after_ns(const struct err *e);
void err_set_retry_after_ns(struct err *e, unsigned long long wait_ns);

/* The sentence that stands for e where a user looks first, such as a condition whose words others
 * match on: a literal, "target is immutable". Kept when e is wrapped or copied; NULL: none. It
 * says less than err_text, which it does not replace. */
const char *err_headline(const struct err *e);
void err_set_headline(struct err *e, const char *literal);

/* Copy of e, for handing one failure to several waiters; NULL gives NULL. */
struct err *err_copy(const struct err *e) NODISCARD;

/* Lower-case name of a class, a stable metric label: "not_found". */
const char *err_class_name(enum err_class cls);

/* True for the classes that a retry may cure: RATE_LIMITED, UNAVAILABLE, DEADLINE, CONFLICT. */
int err_is_transient(const struct err *e);

void err_free(struct err *e);
CLEANUP_DEFINE(err)
