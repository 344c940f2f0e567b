/* A document is walked once, without recursion: one flag per open container remembers whether it is
 * an object. A value is either a scalar, which one function steps over, or opens a container; after
 * each complete value everything that closes there is closed. */
#include "base/secret_json_check.h"

#include <string.h>

#include "base/reader.h"
#include "base/secret_json.h"

static struct err *expected(const struct reader *r, const char *what)
{
    return err_new(ERR_INVALID, "JSON: expected %s at byte %zu", what, r->at);
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static struct err *check_escape(struct reader *r)
{
    uint32_t unit;
    int c = reader_peek(r);

    if (c > 0 && strchr("\"\\/bfnrt", c)) {
        r->at++;
        return NULL;
    }
    if (!reader_take(r, 'u'))
        return expected(r, "an escape character");
    return reader_take_hex4(r, &unit) ? NULL : expected(r, "four hex digits");
}

static struct err *check_string(struct reader *r)
{
    struct err *e = NULL;

    if (!reader_take(r, '"'))
        return expected(r, "a string");
    while (!e && !reader_take(r, '"')) {
        if (reader_peek(r) < ' ')
            return expected(r, "the end of a string");
        if (reader_take(r, '\\'))
            e = check_escape(r);
        else
            r->at++;
    }
    return e;
}

static struct err *check_digits(struct reader *r)
{
    if (!is_digit(reader_peek(r)))
        return expected(r, "a digit");
    while (is_digit(reader_peek(r)))
        r->at++;
    return NULL;
}

static struct err *check_number(struct reader *r)
{
    struct err *e = NULL;

    reader_take(r, '-');
    if (!reader_take(r, '0'))
        e = check_digits(r);
    if (!e && reader_take(r, '.'))
        e = check_digits(r);
    if (!e && (reader_take(r, 'e') || reader_take(r, 'E'))) {
        if (!reader_take(r, '+'))
            reader_take(r, '-');
        e = check_digits(r);
    }
    return e;
}

static struct err *check_word(struct reader *r, const char *word)
{
    size_t length = strlen(word);

    if (r->n - r->at < length || memcmp(r->s + r->at, word, length) != 0)
        return expected(r, "a value");
    r->at += length;
    return NULL;
}

static struct err *check_scalar(struct reader *r)
{
    switch (reader_peek(r)) {
    case '"':
        return check_string(r);
    case 't':
        return check_word(r, "true");
    case 'f':
        return check_word(r, "false");
    case 'n':
        return check_word(r, "null");
    default:
        if (reader_peek(r) != '-' && !is_digit(reader_peek(r)))
            return expected(r, "a value");
        return check_number(r);
    }
}

/* The containers that are open at the checker's place. */
struct nesting {
    bool is_object[SECRET_JSON_DEPTH_MAX];
    size_t depth;
};

static bool in_object(const struct nesting *in)
{
    return in->depth && in->is_object[in->depth - 1];
}

static struct err *check_name(struct reader *r)
{
    struct err *e;

    reader_skip_space(r);
    e = check_string(r);
    if (e)
        return e;
    reader_skip_space(r);
    return reader_take(r, ':') ? NULL : expected(r, "':'");
}

/* Open a container; *is_empty when it is closed again at once. */
static struct err *check_open(struct reader *r, struct nesting *in, bool *is_empty)
{
    bool is_object = reader_peek(r) == '{';

    if (in->depth == SECRET_JSON_DEPTH_MAX)
        return err_new(ERR_INVALID, "JSON: nested deeper than %d at byte %zu",
                       SECRET_JSON_DEPTH_MAX, r->at);
    r->at++;
    reader_skip_space(r);
    *is_empty = reader_take(r, is_object ? '}' : ']');
    if (*is_empty)
        return NULL;
    in->is_object[in->depth++] = is_object;
    return is_object ? check_name(r) : NULL;
}

/* After a value: close what closes here, and go on behind a comma. */
static struct err *check_after(struct reader *r, struct nesting *in)
{
    reader_skip_space(r);
    while (in->depth && reader_take(r, in_object(in) ? '}' : ']')) {
        in->depth--;
        reader_skip_space(r);
    }
    if (in->depth == 0)
        return NULL;
    if (!reader_take(r, ','))
        return expected(r, in_object(in) ? "',' or '}'" : "',' or ']'");
    return in_object(in) ? check_name(r) : NULL;
}

static struct err *check_value(struct reader *r)
{
    struct nesting in = {.depth = 0};
    struct err *e = NULL;

    do {
        bool is_complete = true;

        reader_skip_space(r);
        if (reader_peek(r) == '{' || reader_peek(r) == '[')
            e = check_open(r, &in, &is_complete);
        else
            e = check_scalar(r);
        if (!e && is_complete)
            e = check_after(r, &in);
    } while (!e && in.depth);
    return e;
}

struct err *secret_json_check(struct secret_view text)
{
    struct reader r = reader_of(text);
    struct err *e = check_value(&r);

    if (e)
        return e;
    reader_skip_space(&r);
    return r.at < r.n ? expected(&r, "the end") : NULL;
}
