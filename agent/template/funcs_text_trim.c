/* What is trimmed is only looked at, never copied: the result is a part of the argument. Runes are
 * read from both ends; bytes that are no UTF-8 count as U+FFFD, one by one. */
#include "base/unicode.h"
#include "template/funcs_text.h"

#define RUNE_BYTES_MAX 4u

/* Which runes go: white space where cutset is NULL, else those of cutset. */
struct cut {
    struct engine *g;
    const struct text *cutset;
    struct err *failed;
};

static bool holds_replacement(struct text t)
{
    uint32_t rune;

    for (size_t at = 0; at < t.n;) {
        at += unicode_decode(t.p + at, t.n - at, &rune);
        if (rune == UNICODE_REPLACEMENT)
            return true;
    }
    return false;
}

static bool holds_rune(struct text t, uint32_t rune)
{
    unsigned char utf8[RUNE_BYTES_MAX] = {0};

    if (rune == UNICODE_REPLACEMENT)
        return holds_replacement(t);
    return text_find(t, 0, (struct text){utf8, unicode_encode(rune, utf8)}) >= 0;
}

static bool goes(struct cut *c, uint32_t rune)
{
    if (!c->cutset)
        return unicode_is_space(rune);
    c->failed = engine_charge_bytes(c->g, c->cutset->n);
    return !c->failed && holds_rune(*c->cutset, rune);
}

/* The last rune of t, and the number of its bytes. */
static size_t last_rune(struct text t, uint32_t *rune)
{
    size_t start = t.n - 1, limit = t.n > RUNE_BYTES_MAX ? t.n - RUNE_BYTES_MAX : 0;

    while (start > limit && (t.p[start] & 0xc0) == 0x80)
        start--;
    size_t taken = unicode_decode(t.p + start, t.n - start, rune);
    if (start + taken == t.n)
        return taken;
    *rune = UNICODE_REPLACEMENT;
    return 1;
}

static struct err *trim(struct cut *c, struct text t, struct datum *out)
{
    struct err *e = engine_charge_bytes(c->g, t.n);
    uint32_t rune;

    if (e)
        return e;
    while (t.n && !c->failed) {
        size_t taken = unicode_decode(t.p, t.n, &rune);
        if (!goes(c, rune))
            break;
        t = text_part(t, taken, t.n - taken);
    }
    while (t.n && !c->failed) {
        size_t taken = last_rune(t, &rune);
        if (!goes(c, rune))
            break;
        t.n -= taken;
    }
    *out = datum_string(t);
    return c->failed;
}

struct err *funcs_text_trim(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct cut c = {.g = g};

    (void)n;
    return trim(&c, datum_text(&args[0]), out);
}

struct err *funcs_text_trim_all(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    struct text cutset = datum_text(&args[0]);
    struct cut c = {.g = g, .cutset = &cutset};

    (void)n;
    return trim(&c, datum_text(&args[1]), out);
}

struct err *funcs_text_trim_prefix(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct text prefix = datum_text(&args[0]), t = datum_text(&args[1]);
    struct err *e = engine_charge_bytes(g, prefix.n);

    (void)n;
    if (e)
        return e;
    size_t taken = text_has_prefix(t, prefix) ? prefix.n : 0;
    *out = datum_string(text_part(t, taken, t.n - taken));
    return NULL;
}

struct err *funcs_text_trim_suffix(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct text suffix = datum_text(&args[0]), t = datum_text(&args[1]);
    struct err *e = engine_charge_bytes(g, suffix.n);

    (void)n;
    if (e)
        return e;
    *out = datum_string(text_part(t, 0, text_has_suffix(t, suffix) ? t.n - suffix.n : t.n));
    return NULL;
}
