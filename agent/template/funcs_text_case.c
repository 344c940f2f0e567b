/* Each function is one step from rune to rune with a little memory. ASCII in one case, nearly all
 * there is, takes a shorter way through upper and lower: a byte for a byte. */
#include "base/unicode.h"
#include "template/funcs_text.h"

/* What becomes of rune; memory is 0 before the first. */
typedef uint32_t step_fn(uint32_t rune, uint32_t *memory);

static struct err *map_runes(struct engine *g, struct text t, step_fn *step, struct datum *out)
{
    struct text_buf b;
    uint32_t rune, memory = 0;

    text_buf_init(&b, g->arena, TEXT_MAX);
    b.failed = engine_charge_bytes(g, t.n);
    text_buf_reserve(&b, t.n);
    for (size_t at = 0; at < t.n && text_buf_ok(&b);) {
        at += funcs_text_rune(t, at, &rune);
        funcs_text_add_rune(&b, step(rune, &memory));
    }
    return func_give_text(&b, NULL, out);
}

static bool is_ascii(struct text t)
{
    unsigned char all = 0;

    for (size_t i = 0; i < t.n; i++)
        all |= t.p[i];
    return all < 0x80;
}

/* Turn the letters from first on, 26 of them, into those of the other case. */
static struct err *map_ascii(struct engine *g, struct text t, unsigned char first,
                             struct datum *out)
{
    struct text_buf b;

    unsigned char *to = funcs_text_room(g, &b, t.n);
    for (size_t i = 0; to && i < t.n; i++) {
        unsigned char is_letter = (unsigned char)(t.p[i] - first) < 26;
        to[i] = (unsigned char)(t.p[i] ^ is_letter << 5);
    }
    return func_give_text(&b, NULL, out);
}

static uint32_t step_upper(uint32_t rune, uint32_t *memory)
{
    (void)memory;
    return unicode_to_upper(rune);
}

static uint32_t step_lower(uint32_t rune, uint32_t *memory)
{
    (void)memory;
    return unicode_to_lower(rune);
}

struct err *funcs_text_upper(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct text t = datum_text(&args[0]);

    (void)n;
    return is_ascii(t) ? map_ascii(g, t, 'a', out) : map_runes(g, t, step_upper, out);
}

struct err *funcs_text_lower(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct text t = datum_text(&args[0]);

    (void)n;
    return is_ascii(t) ? map_ascii(g, t, 'A', out) : map_runes(g, t, step_lower, out);
}

/* Punctuation parts words in ASCII alone. */
static bool parts_words(uint32_t rune)
{
    if (rune < 0x80)
        return (rune | 0x20) - 'a' >= 26 && rune - '0' >= 10 && rune != '_';
    return unicode_is_space(rune);
}

/* memory: is rune within a word? */
static uint32_t step_title(uint32_t rune, uint32_t *memory)
{
    bool is_first = !*memory;

    *memory = !parts_words(rune);
    return is_first ? unicode_to_title(rune) : rune;
}

struct err *funcs_text_title(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)n;
    return map_runes(g, datum_text(&args[0]), step_title, out);
}

/* memory: is rune within a word? */
static uint32_t step_untitle(uint32_t rune, uint32_t *memory)
{
    if (rune == ' ' || unicode_is_space(rune)) {
        *memory = 0;
        return rune;
    }
    bool is_first = !*memory;
    *memory = 1;
    return is_first ? unicode_to_lower(rune) : rune;
}

struct err *funcs_text_untitle(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)n;
    return map_runes(g, datum_text(&args[0]), step_untitle, out);
}

/* memory: has there been anything but white space just before? Other characters than letters leave
 * a word too, or begin one. */
static uint32_t step_swapcase(uint32_t rune, uint32_t *memory)
{
    bool is_first = !*memory;

    *memory = 1;
    if (unicode_is_upper(rune) || unicode_is_title(rune))
        return unicode_to_lower(rune);
    if (unicode_is_lower(rune))
        return is_first ? unicode_to_title(rune) : unicode_to_upper(rune);
    *memory = !unicode_is_space(rune);
    return rune;
}

struct err *funcs_text_swapcase(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)n;
    return map_runes(g, datum_text(&args[0]), step_swapcase, out);
}
