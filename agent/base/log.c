/* A line is built in a buffer of its own and leaves by one write(2), so that
 * lines of several threads never mix. Its maximum is what a pipe takes whole (PIPE_BUF): long texts
 * are cut, and fields that have no room left are dropped and counted. A line that cannot be written
 * is lost; logging never fails its caller. */

#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str_buf.h"

#define TEXT_MAX 1024
#define TAIL_ROOM 64 /* for the count of dropped fields, the brace and the line end */

static atomic_int min_level = LOG_LEVEL_INFO; /* log_set_level writes, log_write reads */
static atomic_int out_fd = STDERR_FILENO;     /* log_set_fd writes, log_write reads */

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_ERROR] = "error",
};

void log_set_level(enum log_level level)
{
    atomic_store(&min_level, (int)level);
}

void log_set_fd(int fd)
{
    atomic_store(&out_fd, fd);
}

bool log_parse_level(const char *name, enum log_level *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
        if (strcmp(level_names[i], name) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void put_head(struct str_buf *line, enum log_level level, const char *event)
{
    int64_t now_ns = clock_unix_ns(clock_system());
    char second[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(now_ns / (int64_t)NS_PER_S, second);
    second[strlen(second) - 1] = '\0';
    unsigned ms = (unsigned)(now_ns % (int64_t)NS_PER_S / (int64_t)NS_PER_MS);
    str_buf_printf(line, "{\"ts\":\"%s.%03uZ\",\"level\":\"%s\",\"event\":\"", second, ms,
                   level_names[level]);
    str_buf_json(line, event, strnlen(event, TEXT_MAX));
    str_buf_puts(line, "\"");
}

static size_t text_length(const char *text)
{
    size_t n = strnlen(text, TEXT_MAX + 1);
    if (n <= TEXT_MAX)
        return n;
    n = TEXT_MAX;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static bool put_text(struct str_buf *line, const char *text)
{
    if (!text)
        return str_buf_puts(line, "null");
    size_t n = text_length(text);
    return str_buf_puts(line, "\"") && str_buf_json(line, text, n) &&
           str_buf_puts(line, text[n] ? "...\"" : "\"");
}

static bool put_value(struct str_buf *line, const struct log_field *f)
{
    switch (f->kind) {
    case LOG_KIND_TEXT:
        return put_text(line, f->v.text);
    case LOG_KIND_INT:
        return str_buf_printf(line, "%lld", (long long)f->v.i);
    case LOG_KIND_UINT:
        return str_buf_printf(line, "%llu", (unsigned long long)f->v.u);
    case LOG_KIND_REAL:
        return isfinite(f->v.real) ? str_buf_printf(line, "%.9g", f->v.real)
                                   : str_buf_puts(line, "null");
    case LOG_KIND_BOOL:
        return str_buf_puts(line, f->v.boolean ? "true" : "false");
    }
    return false;
}

/* The whole field or nothing of it. */
static bool put_field(struct str_buf *line, const struct log_field *f)
{
    size_t start = line->n;
    if (str_buf_puts(line, ",\"") && str_buf_json(line, f->key, strlen(f->key)) &&
        str_buf_puts(line, "\":") && put_value(line, f))
        return true;
    line->n = start;
    line->s[start] = '\0';
    return false;
}

static void write_line(const struct str_buf *line)
{
    ssize_t n;
    do {
        n = write(atomic_load(&out_fd), line->s, line->n);
    } while (n < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    if ((int)level < atomic_load(&min_level))
        return;
    CLEANUP_STR_BUF struct str_buf line;
    str_buf_init(&line, PIPE_BUF - TAIL_ROOM);
    put_head(&line, level, event);
    size_t dropped = 0;
    for (size_t i = 0; i < n; i++)
        dropped += !put_field(&line, &fields[i]);
    line.max = PIPE_BUF;
    if (dropped)
        str_buf_printf(&line, ",\"fields_dropped\":%zu", dropped);
    str_buf_puts(&line, "}\n");
    write_line(&line);
}

struct log_field log_field_text(const char *key, const char *v)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_TEXT, .v.text = v};
}

struct log_field log_field_int(const char *key, int64_t v)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_INT, .v.i = v};
}

struct log_field log_field_uint(const char *key, uint64_t v)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_UINT, .v.u = v};
}

struct log_field log_field_real(const char *key, double v)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_REAL, .v.real = v};
}

struct log_field log_field_bool(const char *key, bool v)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_BOOL, .v.boolean = v};
}

struct log_field log_field_err(const char *key, const struct err *v)
{
    return log_field_text(key, v ? err_text(v) : NULL);
}
