/* One function per kind of value, behind a table, turns text into a field. Messages say what would
 * be right and never repeat what was given: a value in the wrong place may be a password. */

#include "cmd/option.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/codec.h"

/* The field of o; its type goes by o->kind. */
static void *field_of(const struct option *o, void *target)
{
    return (char *)target + o->offset;
}

static void put_text(const struct option *o, const char *text, void *target)
{
    char **field = field_of(o, target);
    free(*field);
    *field = xstrdup(text);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

struct err *option_check_absolute(const char *text)
{
    bool is_plain = text[0] == '/' && !strstr(text, "//");
    for (const char *at = strchr(text, '/'); at && is_plain; at = strchr(at + 1, '/')) {
        size_t n = strcspn(at + 1, "/");
        is_plain = !(n == 1 && at[1] == '.') && !(n == 2 && at[1] == '.' && at[2] == '.');
    }
    if (!is_plain)
        return err_new(ERR_INVALID, "want an absolute path without //, . and ..");
    return NULL;
}

static struct err *set_text(const struct option *o, const char *text, void *target)
{
    struct err *e = o->check ? o->check(text) : NULL;
    if (!e)
        put_text(o, text, target);
    return e;
}

static struct err *set_path(const struct option *o, const char *text, void *target)
{
    size_t n = strlen(text);
    while (n > 1 && text[n - 1] == '/')
        n--;
    CLEANUP_STR char *path = xstrndup(text, n);
    return set_text(o, path, target);
}

static struct err *want_choice(const struct option *o)
{
    CLEANUP_STR_BUF struct str_buf all;
    str_buf_init(&all, OPTION_VALUE_MAX);
    for (const char *const *c = o->choices; *c; c++)
        str_buf_printf(&all, "%s%s", c == o->choices ? "" : c[1] ? ", " : " or ", *c);
    return err_new(ERR_INVALID, "want %s", all.s);
}

static struct err *set_choice(const struct option *o, const char *text, void *target)
{
    for (const char *const *c = o->choices; *c; c++)
        if (strcmp(*c, text) == 0) {
            put_text(o, text, target);
            return NULL;
        }
    return want_choice(o);
}

static struct err *set_bool(const struct option *o, const char *text, void *target)
{
    bool *field = field_of(o, target);
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0)
        return err_new(ERR_INVALID, "want true or false");
    *field = is_true;
    return NULL;
}

/* A whole number at *text, which moves behind its digits. False on overflow or without digits. */
static bool take_digits(const char **text, int64_t *out)
{
    int64_t v = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *at - '0', &v))
            return false;
    if (at == *text)
        return false;
    *text = at;
    *out = v;
    return true;
}

static bool is_within(const struct option *o, int64_t v)
{
    return v >= o->min && v <= o->max;
}

static struct err *set_int(const struct option *o, const char *text, void *target)
{
    int64_t *field = field_of(o, target);
    int64_t v;
    const char *at = text + (*text == '-');
    if (!take_digits(&at, &v) || *at || !is_within(o, *text == '-' ? -v : v))
        return err_new(ERR_INVALID, "want a whole number from %" PRId64 " to %" PRId64, o->min,
                       o->max);
    *field = *text == '-' ? -v : v;
    return NULL;
}

struct unit {
    const char *suffix;
    int64_t bytes;
};

/* Largest first, so that the first one that divides a number prints it. */
static const struct unit units[] = {
    {"Gi", 1LL << 30}, {"G", 1000000000}, {"Mi", 1LL << 20}, {"M", 1000000},
    {"Ki", 1LL << 10}, {"k", 1000},       {"", 1},
};

/* Shortest exact way to write bytes; caller frees. */
static char *size_text(int64_t bytes)
{
    const struct unit *u = units;
    while (u->bytes != 1 && (bytes == 0 || bytes % u->bytes != 0))
        u++;
    return xasprintf("%" PRId64 "%s", bytes / u->bytes, u->suffix);
}

static struct err *want_size(const struct option *o)
{
    CLEANUP_STR char *min = size_text(o->min);
    CLEANUP_STR char *max = size_text(o->max);
    return err_new(ERR_INVALID, "want a size such as 16Mi, from %s to %s", min, max);
}

static struct err *set_size(const struct option *o, const char *text, void *target)
{
    uint64_t *field = field_of(o, target);
    int64_t v;
    const char *at = text;
    if (!take_digits(&at, &v))
        return want_size(o);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (strcmp(units[i].suffix, at) != 0)
            continue;
        if (__builtin_mul_overflow(v, units[i].bytes, &v) || !is_within(o, v))
            return want_size(o);
        *field = (uint64_t)v;
        return NULL;
    }
    return want_size(o);
}

static struct err *set_duration(const struct option *o, const char *text, void *target)
{
    uint64_t *field = field_of(o, target);
    int64_t ns = 0;
    CLEANUP(err) struct err *e = clock_parse_duration(text, &ns);
    if (e || !is_within(o, ns))
        return err_new(ERR_INVALID, "want a duration such as 1m30s, from %gs to %gs",
                       (double)o->min / (double)NS_PER_S, (double)o->max / (double)NS_PER_S);
    *field = (uint64_t)ns;
    return NULL;
}

typedef struct err *set_fn(const struct option *o, const char *text, void *target);

static set_fn *const setters[] = {
    [OPTION_TEXT] = set_text,         [OPTION_PATH] = set_path, [OPTION_CHOICE] = set_choice,
    [OPTION_BOOL] = set_bool,         [OPTION_INT] = set_int,   [OPTION_SIZE] = set_size,
    [OPTION_DURATION] = set_duration,
};

struct err *option_put(const struct option *o, const char *text, void *target)
{
    size_t n = strlen(text);
    if (n == 0)
        return err_new(ERR_INVALID, "has no value");
    if (n > OPTION_VALUE_MAX)
        return err_new(ERR_INVALID, "is longer than %d bytes", OPTION_VALUE_MAX);
    if (!codec_is_utf8(text, n) || has_control(text))
        return err_new(ERR_INVALID, "want printable UTF-8");
    return setters[o->kind](o, text, target);
}

static bool is_text(enum option_kind kind)
{
    return kind == OPTION_TEXT || kind == OPTION_PATH || kind == OPTION_CHOICE;
}

void option_done(const struct option_set *set, void *target)
{
    for (size_t i = 0; i < set->n; i++) {
        if (!is_text(set->rows[i].kind))
            continue;
        char **field = field_of(&set->rows[i], target);
        free(*field);
        *field = NULL;
    }
}
