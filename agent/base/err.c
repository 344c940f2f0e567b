/* An error is a class and one text. Wrapping writes the new clause in front of the old text, so
 * that reading costs nothing and no chain has to be walked. The text has a maximum: a clause that
 * does not fit any more is cut, never the cause behind it. */

#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct err {
    enum err_class cls;
    unsigned long long retry_after_ns;
    const char *headline; /* literal; NULL: none */
    char *text;
};

#define CUT_MARK "..."

static bool is_utf8_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Shorten text to at most room bytes, the mark included, never inside a character. Where not
 * even the mark has room, nothing is left. */
static void cut(char *text, size_t room)
{
    if (strlen(text) <= room)
        return;
    if (room < sizeof(CUT_MARK)) {
        text[0] = '\0';
        return;
    }
    size_t keep = room - (sizeof(CUT_MARK) - 1);
    while (keep > 0 && is_utf8_tail(text[keep]))
        keep--;
    memcpy(text + keep, CUT_MARK, sizeof(CUT_MARK));
}

/* Takes text. */
static struct err *err_make(enum err_class cls, char *text)
{
    cut(text, ERR_TEXT_MAX - 1);
    struct err *e = xalloc(sizeof(*e));
    *e = (struct err){.cls = cls, .text = text};
    return e;
}

struct err *err_new(enum err_class cls, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    return err_make(cls, text);
}

struct err *err_wrap(struct err *e, const char *format, ...)
{
    assert(e);
    va_list args;
    va_start(args, format);
    CLEANUP_STR char *clause = xvasprintf(format, args);
    va_end(args);

    size_t taken = strlen(e->text) + strlen(": ") + 1;
    cut(clause, taken < ERR_TEXT_MAX ? ERR_TEXT_MAX - taken : 0);
    if (clause[0] == '\0')
        return e;
    char *joined = xasprintf("%s: %s", clause, e->text);
    free(e->text);
    e->text = joined;
    return e;
}

static enum err_class class_of_errno(int errnum)
{
    switch (errnum) {
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case ENOENT:
        return ERR_NOT_FOUND;
    case ETIMEDOUT:
        return ERR_DEADLINE;
    default:
        return ERR_INTERNAL;
    }
}

struct err *err_errno(int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP_STR char *clause = xvasprintf(format, args);
    va_end(args);

    char room[128];
    const char *reason = strerror_r(errnum, room, sizeof(room));
    cut(clause, ERR_TEXT_MAX - sizeof(room) - sizeof(": "));
    return err_make(class_of_errno(errnum), xasprintf("%s: %s", clause, reason));
}

enum err_class err_class(const struct err *e)
{
    assert(e);
    return e->cls;
}

const char *err_text(const struct err *e)
{
    assert(e);
    return e->text;
}

unsigned long long err_retry_after_ns(const struct err *e)
{
    assert(e);
    return e->retry_after_ns;
}

void err_set_retry_after_ns(struct err *e, unsigned long long wait_ns)
{
    assert(e);
    e->retry_after_ns = wait_ns;
}

const char *err_headline(const struct err *e)
{
    assert(e);
    return e->headline;
}

void err_set_headline(struct err *e, const char *literal)
{
    assert(e);
    e->headline = literal;
}

struct err *err_copy(const struct err *e)
{
    if (!e)
        return NULL;
    struct err *copy = xalloc(sizeof(*copy));
    *copy = *e;
    copy->text = xstrdup(e->text);
    return copy;
}

const char *err_class_name(enum err_class cls)
{
    static const char *const names[ERR_CLASSES] = {
        [ERR_INVALID] = "invalid",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_DENIED] = "denied",
        [ERR_CONFLICT] = "conflict",
        [ERR_RATE_LIMITED] = "rate_limited",
        [ERR_UNAVAILABLE] = "unavailable",
        [ERR_DEADLINE] = "deadline",
        [ERR_INTERNAL] = "internal",
    };
    assert((unsigned)cls < ERR_CLASSES);
    return names[cls];
}

int err_is_transient(const struct err *e)
{
    switch (err_class(e)) {
    case ERR_RATE_LIMITED:
    case ERR_UNAVAILABLE:
    case ERR_DEADLINE:
    case ERR_CONFLICT:
        return 1;
    case ERR_INVALID:
    case ERR_NOT_FOUND:
    case ERR_DENIED:
    case ERR_INTERNAL:
        return 0;
    }
    return 0;
}

void err_free(struct err *e)
{
    if (!e)
        return;
    free(e->text);
    free(e);
}
