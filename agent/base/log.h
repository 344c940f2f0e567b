#pragma once
/* log.h: one line of JSON per event, from typed fields only.
 *
 * The event and the keys are literals; values go through _Generic, which has no entry for secrets,
 * void * or byte pointers, so such a line does not compile. There is no format string.
 *
 *     log_info("fetch.done", LF("provider", name), LF("bytes", n), LF("err", e));
 *
 * Only reconcile/, driver/, ops/ and cmd/ log; everything below returns errors.
 *
 * Owns     the process-wide level and stream. Fields are borrowed for the call.
 * Threads  any; a line is one write(2). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

enum log_kind { LOG_KIND_TEXT, LOG_KIND_INT, LOG_KIND_UINT, LOG_KIND_REAL, LOG_KIND_BOOL };

struct log_field {
    const char *key;
    enum log_kind kind;
    union {
        const char *text;
        int64_t i;
        uint64_t u;
        double real;
        bool boolean;
    } v;
};

/* Lowest level that is written (default INFO) and where to (default 2, stderr). */
void log_set_level(enum log_level level);
void log_set_fd(int fd);
bool log_parse_level(const char *name, enum log_level *out);

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

struct log_field log_field_text(const char *key, const char *v);
struct log_field log_field_int(const char *key, int64_t v);
struct log_field log_field_uint(const char *key, uint64_t v);
struct log_field log_field_real(const char *key, double v);
struct log_field log_field_bool(const char *key, bool v);
struct log_field log_field_err(const char *key, const struct err *v);

/* clang-format off */
#define LF(key, value)                                                                             \
    _Generic((value),                                                                              \
        char *: log_field_text, const char *: log_field_text,                                      \
        bool: log_field_bool,                                                                      \
        short: log_field_int, int: log_field_int, long: log_field_int, long long: log_field_int,   \
        unsigned short: log_field_uint, unsigned: log_field_uint, unsigned long: log_field_uint,   \
        unsigned long long: log_field_uint,                                                        \
        double: log_field_real,                                                                    \
        struct err *: log_field_err, const struct err *: log_field_err)("" key "", (value))
/* clang-format on */

#define LOG_AT_(level, event, ...)                                                                 \
    log_write(level, "" event "", (const struct log_field[]){__VA_ARGS__},                         \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* At least one field each: say what the event is about. */
#define log_debug(event, ...) LOG_AT_(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) LOG_AT_(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) LOG_AT_(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG_AT_(LOG_LEVEL_ERROR, event, __VA_ARGS__)
