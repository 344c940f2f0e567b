/* A constraint is a choice between groups, and all terms of a group must hold. Ranges with a hyphen
 * are rewritten first, as text, because that is where the library's oddities come from: the choice
 * in "1||2 - 3" is between ">= 1" and "2, <= 3". Whatever is left of a hyphen between blanks cannot
 * be read afterwards, so rewriting may refuse it at once. */
#include "template/semver_scan.h"

/* Where a term stops saying what it wants: behind the patch, the minor, the major, or at once. */
enum width { EXACT, ANY_PATCH, ANY_MINOR, ANY };

struct term {
    struct semver bound;
    enum width width;
    bool (*holds)(const struct term *t, const struct semver *v);
};

static bool is_blank(unsigned char c)
{
    return c && strchr(" \t\n\f\r", c);
}

/* A bar is one of them, and refused when the segment is read. */
static bool is_segment_byte(unsigned char c)
{
    return semver_is_digit(c) || (c && strchr("|xX*", c));
}

static size_t skip_blanks(struct text t, size_t at)
{
    while (at < t.n && is_blank(t.p[at]))
        at++;
    return at;
}

static int compare_minor(const struct term *t, const struct semver *v)
{
    const struct semver *b = &t->bound;

    if (v->major != b->major)
        return v->major < b->major ? -1 : 1;
    return (v->minor > b->minor) - (v->minor < b->minor);
}

static bool holds_less(const struct term *t, const struct semver *v)
{
    return semver_compare(v, &t->bound) < 0;
}

static bool holds_greater_equal(const struct term *t, const struct semver *v)
{
    return !holds_less(t, v);
}

static bool holds_greater(const struct term *t, const struct semver *v)
{
    if (t->width == ANY_MINOR)
        return v->major > t->bound.major;
    return t->width == ANY_PATCH ? compare_minor(t, v) > 0 : semver_compare(v, &t->bound) > 0;
}

static bool holds_less_equal(const struct term *t, const struct semver *v)
{
    if (t->width == ANY_MINOR)
        return v->major <= t->bound.major;
    return t->width == EXACT ? semver_compare(v, &t->bound) <= 0 : compare_minor(t, v) <= 0;
}

static bool holds_not_equal(const struct term *t, const struct semver *v)
{
    if (t->width == ANY_MINOR)
        return v->major != t->bound.major;
    if (t->width == ANY_PATCH)
        return compare_minor(t, v) || !text_equal(v->prerelease, t->bound.prerelease);
    return semver_compare(v, &t->bound) != 0;
}

static bool holds_tilde(const struct term *t, const struct semver *v)
{
    const struct semver *b = &t->bound;
    bool is_closed = t->width == EXACT || t->width == ANY;

    if (holds_less(t, v))
        return false;
    if (is_closed && !b->major && !b->minor && !b->patch)
        return true;
    return t->width == ANY_MINOR ? v->major == b->major : !compare_minor(t, v);
}

static bool holds_equal(const struct term *t, const struct semver *v)
{
    return t->width == EXACT ? !semver_compare(v, &t->bound) : holds_tilde(t, v);
}

/* The leftmost number that is not 0 stays as it is. */
static bool holds_caret(const struct term *t, const struct semver *v)
{
    const struct semver *b = &t->bound;

    if (holds_less(t, v) || v->major != b->major)
        return false;
    if (b->major || t->width == ANY_MINOR)
        return true;
    if (b->minor || t->width == ANY_PATCH)
        return v->minor == b->minor;
    return !v->minor && v->patch == b->patch;
}

/* A sign stands before those that it begins with. */
static const struct {
    const char *sign;
    bool (*holds)(const struct term *t, const struct semver *v);
} relations[] = {
    {">=", holds_greater_equal}, {"=>", holds_greater_equal}, {"<=", holds_less_equal},
    {"=<", holds_less_equal},    {"!=", holds_not_equal},     {"~>", holds_tilde},
    {"=", holds_equal},          {">", holds_greater},        {"<", holds_less},
    {"~", holds_tilde},          {"^", holds_caret},          {"", holds_equal},
};

static struct err *improper(void)
{
    return err_new(ERR_INVALID, "improper constraint");
}

static bool is_open(struct text segment)
{
    return !segment.n || (segment.n == 1 && strchr("xX*", segment.p[0]));
}

/* From the first open segment on, nothing counts but the prerelease. */
static struct err *close_term(struct semver_parts *parts, struct term *t)
{
    size_t open = 0;

    while (open < ARRAY_SIZE(parts->segments) && !is_open(parts->segments[open]))
        open++;
    t->width = (enum width)(ARRAY_SIZE(parts->segments) - open);
    for (size_t i = open; i < ARRAY_SIZE(parts->segments); i++)
        parts->segments[i] = TEXT("0");
    CLEANUP(err) struct err *e = semver_of_parts(parts, &t->bound);
    return e ? err_new(ERR_INVALID, "constraint parser error") : NULL;
}

/* Read the term at *at, which is moved past it. *bad takes what is wrong with its numbers, unless
 * that tells of a term before: Go looks at the syntax of the whole group first. */
static struct err *read_term(struct text group, size_t *at, struct term *t, struct err **bad)
{
    struct semver_parts parts;
    size_t i = 0, begin = skip_blanks(group, *at);

    while (!text_has_prefix(text_part(group, begin, group.n - begin), text_of(relations[i].sign)))
        i++;
    t->holds = relations[i].holds;
    begin = skip_blanks(group, begin + strlen(relations[i].sign));
    *at = semver_scan(group, begin, is_segment_byte, &parts);
    if (*at == begin)
        return improper();
    if (!*bad)
        *bad = close_term(&parts, t);
    return NULL;
}

/* Move past what must be between two terms. */
static struct err *read_separator(struct text group, size_t *at)
{
    size_t next = skip_blanks(group, *at);

    if (next < group.n && group.p[next] == ',')
        next++;
    else if (next == *at)
        return improper();
    *at = next;
    return NULL;
}

/* Prereleases satisfy only a group in which there is one. */
static struct err *check_group(struct text group, const struct semver *v, bool *out)
{
    CLEANUP(err) struct err *bad = NULL;
    bool allows_prerelease = false, holds = true;
    struct err *e = NULL;

    for (size_t at = 0; !e;) {
        struct term t = {.width = EXACT};

        e = read_term(group, &at, &t, &bad);
        if (e || bad) {
            holds = false;
        } else {
            allows_prerelease = allows_prerelease || t.bound.prerelease.n;
            holds = holds && t.holds(&t, v);
        }
        if (!e && skip_blanks(group, at) == group.n)
            break;
        if (!e)
            e = read_separator(group, &at);
    }
    *out = holds && (allows_prerelease || !v->prerelease.n);
    return e ? e : TAKE(bad);
}

static struct err *check_groups(struct text constraint, const struct semver *v, bool *out)
{
    struct err *e = NULL;

    *out = false;
    for (size_t at = 0; !e && at <= constraint.n;) {
        ptrdiff_t bars = text_find(constraint, at, TEXT("||"));
        size_t end = bars < 0 ? constraint.n : (size_t)bars;
        bool holds;

        e = check_group(text_part(constraint, at, end - at), v, &holds);
        *out = *out || holds;
        at = bars < 0 ? constraint.n + 1 : end + 2;
    }
    return e;
}

static bool is_hyphen(struct text t, size_t at)
{
    return t.p[at] == '-' && is_blank(t.p[at - 1]) && at + 1 < t.n && is_blank(t.p[at + 1]);
}

/* Does something end before at that cannot be part of a version? No version has a v behind a bar.
 */
static bool is_range_start(struct text t, size_t at)
{
    unsigned char before = t.p[at - 1];

    return is_blank(before) || before == ',' || (before == '|' && at < t.n && t.p[at] == 'v');
}

/* Rewrite the range with its hyphen at hyphen; what begins at *done has not been copied to b. */
static struct err *rewrite_range(struct text t, size_t hyphen, size_t *done, struct text_buf *b)
{
    struct semver_parts parts;
    size_t end = hyphen, to = skip_blanks(t, hyphen + 1);

    while (end > *done && is_blank(t.p[end - 1]))
        end--;
    size_t from = end;
    while (from > *done && !is_range_start(t, from))
        from--;
    while (from < end && semver_scan(t, from, is_segment_byte, &parts) != end)
        from++;
    size_t lead = from;
    while (lead > *done && is_blank(t.p[lead - 1]))
        lead--;
    size_t to_end = semver_scan(t, to, is_segment_byte, &parts);
    if (from == end || to_end == to)
        return improper();
    text_buf_add(b, text_part(t, *done, lead - *done));
    text_buf_puts(b, ">= ");
    text_buf_add(b, text_part(t, from, end - from));
    text_buf_puts(b, ", <= ");
    text_buf_add(b, text_part(t, to, to_end - to));
    text_buf_byte(b, ' ');
    *done = skip_blanks(t, to_end);
    return NULL;
}

static struct err *rewrite_ranges(struct secret_arena *a, struct text t, struct text *out)
{
    struct text_buf b;
    size_t done = 0;
    struct err *e = NULL;

    *out = t;
    text_buf_init(&b, a, TEXT_MAX);
    for (size_t at = 1; !e && at < t.n; at++) {
        if (at > done && is_hyphen(t, at))
            e = rewrite_range(t, at, &done, &b);
    }
    if (done)
        text_buf_add(&b, text_part(t, done, t.n - done));
    struct text rewritten;
    struct err *failed = text_buf_end(&b, &rewritten);
    if (e) {
        err_free(failed);
        return e;
    }
    if (!failed && done)
        *out = rewritten;
    return failed;
}

struct err *semver_satisfies(struct secret_arena *a, struct text constraint, struct text version,
                             bool *out)
{
    struct semver v = {.major = 0};

    if (constraint.n > SEMVER_CONSTRAINT_MAX)
        return err_new(ERR_INVALID, "limit reached: version constraint longer than %u bytes",
                       SEMVER_CONSTRAINT_MAX);
    CLEANUP(err) struct err *unreadable = semver_parse(version, &v);
    struct err *e = rewrite_ranges(a, constraint, &constraint);

    if (!e)
        e = check_groups(constraint, &v, out);
    return e ? e : TAKE(unreadable);
}
