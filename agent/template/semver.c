/* Versions are read loosely: a leading v, missing segments and leading zeros are fine in them, but
 * not in what they are compared by, the prerelease. */
#include "template/semver.h"

#include <assert.h>

#include "template/semver_scan.h"

bool semver_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_byte(unsigned char c)
{
    return semver_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static size_t run_end(struct text t, size_t at, bool (*is_in)(unsigned char))
{
    assert(t.p || !t.n);
    while (at < t.n && is_in(t.p[at]))
        at++;
    return at;
}

/* What stands between at and the end of a run behind the byte mark; nothing where either is
 * missing. at is moved past it. */
static struct text marked_run(struct text t, size_t *at, unsigned char mark,
                              bool (*is_in)(unsigned char))
{
    size_t begin = *at + 1;

    if (*at >= t.n || t.p[*at] != mark)
        return TEXT("");
    size_t end = run_end(t, begin, is_in);
    if (end > begin)
        *at = end;
    return text_part(t, begin, end - begin);
}

/* Names with dots between, behind the byte mark. */
static struct text marked_names(struct text t, size_t *at, unsigned char mark)
{
    struct text names = marked_run(t, at, mark, is_name_byte);

    if (!names.n)
        return names;
    size_t begin = *at - names.n;
    while (marked_run(t, at, '.', is_name_byte).n)
        ;
    return text_part(t, begin, *at - begin);
}

size_t semver_scan(struct text t, size_t at, bool (*is_segment)(unsigned char),
                   struct semver_parts *out)
{
    size_t begin = at < t.n && t.p[at] == 'v' ? at + 1 : at;
    size_t end = run_end(t, begin, is_segment);

    *out = (struct semver_parts){.segments[0] = text_part(t, begin, end - begin)};
    if (end == begin)
        return at;
    for (size_t i = 1; i < ARRAY_SIZE(out->segments) && out->segments[i - 1].n; i++)
        out->segments[i] = marked_run(t, &end, '.', is_segment);
    out->prerelease = marked_names(t, &end, '-');
    out->metadata = marked_names(t, &end, '+');
    return end;
}

enum fault { FINE, NOT_DIGITS, TOO_LARGE };

/* *out is 0 for an empty text. */
static enum fault read_number(struct text t, uint64_t *out)
{
    *out = 0;
    if (run_end(t, 0, semver_is_digit) < t.n)
        return NOT_DIGITS;
    for (size_t i = 0; i < t.n; i++) {
        if (__builtin_mul_overflow(*out, 10u, out) ||
            __builtin_add_overflow(*out, (uint64_t)(t.p[i] - '0'), out))
            return TOO_LARGE;
    }
    return FINE;
}

/* The name at *at, up to the next dot; *at is moved past that, so it is over t.n after the last. */
static struct text next_name(struct text t, size_t *at)
{
    if (*at > t.n)
        return TEXT("");
    const unsigned char *rest = t.n > *at ? t.p + *at : NULL;
    const unsigned char *dot = rest ? memchr(rest, '.', t.n - *at) : NULL;
    size_t n = dot ? (size_t)(dot - rest) : t.n - *at;
    struct text name = text_part(t, n ? *at : 0, n);

    *at += n + 1;
    return name;
}

static struct err *check_names(struct text t, bool has_numbers, const char *refusal)
{
    for (size_t at = 0; at <= t.n;) {
        struct text name = next_name(t, &at);

        if (!name.n || run_end(name, 0, is_name_byte) < name.n)
            return err_new(ERR_INVALID, "%s", refusal);
        if (has_numbers && name.n > 1 && name.p[0] == '0' &&
            run_end(name, 0, semver_is_digit) == name.n)
            return err_new(ERR_INVALID, "version segment starts with 0");
    }
    return NULL;
}

struct err *semver_check_prerelease(struct text t)
{
    return check_names(t, true, "invalid prerelease string");
}

struct err *semver_check_metadata(struct text t)
{
    return check_names(t, false, "invalid metadata string");
}

struct err *semver_of_parts(const struct semver_parts *parts, struct semver *out)
{
    uint64_t numbers[3];

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        enum fault fault = read_number(parts->segments[i], &numbers[i]);

        if (fault != FINE)
            return err_new(ERR_INVALID, "error parsing version segment: strconv.ParseUint: %s",
                           fault == TOO_LARGE ? "value out of range" : "invalid syntax");
    }
    *out = (struct semver){
        .major = numbers[0],
        .minor = numbers[1],
        .patch = numbers[2],
        .prerelease = parts->prerelease,
        .metadata = parts->metadata,
    };
    return parts->prerelease.n ? semver_check_prerelease(parts->prerelease) : NULL;
}

struct err *semver_parse(struct text t, struct semver *out)
{
    struct semver_parts parts;
    size_t end = semver_scan(t, 0, semver_is_digit, &parts);

    if (!end || end < t.n)
        return err_new(ERR_INVALID, "invalid semantic version");
    struct err *e = semver_of_parts(&parts, out);
    if (!e)
        out->original = t;
    return e;
}

bool semver_is_same(const struct semver *a, const struct semver *b)
{
    return a->is_struct == b->is_struct && a->major == b->major && a->minor == b->minor &&
           a->patch == b->patch && text_equal(a->prerelease, b->prerelease) &&
           text_equal(a->metadata, b->metadata) && text_equal(a->original, b->original);
}

static void print_part(struct text_buf *b, unsigned char mark, struct text part)
{
    if (!part.n)
        return;
    text_buf_byte(b, mark);
    text_buf_add(b, part);
}

void semver_print(struct text_buf *b, const struct semver *v)
{
    text_buf_uint(b, v->major);
    text_buf_byte(b, '.');
    text_buf_uint(b, v->minor);
    text_buf_byte(b, '.');
    text_buf_uint(b, v->patch);
    print_part(b, '-', v->prerelease);
    print_part(b, '+', v->metadata);
}

static int order_of(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Numbers come before names, and what is too large to be a number is a name. */
static int compare_names(struct text a, struct text b)
{
    uint64_t x, y;

    if (!a.n || !b.n)
        return (a.n > 0) - (b.n > 0);
    bool is_a_number = read_number(a, &x) == FINE, is_b_number = read_number(b, &y) == FINE;
    if (is_a_number && is_b_number)
        return order_of(x, y);
    return is_a_number == is_b_number ? text_compare(a, b) : is_b_number - is_a_number;
}

/* A version without comes after all that have a prerelease. */
static int compare_prereleases(struct text a, struct text b)
{
    int order = 0;

    if (!a.n || !b.n)
        return (b.n > 0) - (a.n > 0);
    for (size_t i = 0, j = 0; !order && (i <= a.n || j <= b.n);)
        order = compare_names(next_name(a, &i), next_name(b, &j));
    return order;
}

int semver_compare(const struct semver *a, const struct semver *b)
{
    int order = order_of(a->major, b->major);

    if (!order)
        order = order_of(a->minor, b->minor);
    if (!order)
        order = order_of(a->patch, b->patch);
    return order ? order : compare_prereleases(a->prerelease, b->prerelease);
}
