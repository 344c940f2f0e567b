/* snakecase and kebabcase split a text into words by the kind of its characters, and decide with
 * one word of look-ahead where a connector goes: a number stays with the word before it unless
 * small letters follow. Broken bytes and U+FFFD belong to whatever stands before them. */
#include "template/funcs_wrap.h"

#include "base/unicode.h"
#include "template/funcs_text.h"

enum kind {
    WORD_NONE, /* nothing, or nothing but broken bytes */
    WORD_NUMBER,
    WORD_CAPITALS, /* capitals, or one and what follows it */
    WORD_LETTERS,
    WORD_CONNECTOR,
    WORD_PUNCTUATION,
    WORD_OTHER,
};

struct words {
    struct text_buf *b;
    uint32_t connector;
    struct text rest;
    enum kind kind; /* of word, which stands before rest */
    struct text word;
};

static bool is_connector(uint32_t rune)
{
    return rune == '-' || rune == '_' || unicode_is_space(rune);
}

/* A letter, but none of the blocks of Chinese that xstrings knows. */
static bool is_letter(uint32_t rune)
{
    bool is_chinese = (rune >= 0x4e00 && rune <= 0x9fcc) || (rune >= 0x3400 && rune <= 0x4d85) ||
                      (rune >= 0x20000 && rune <= 0x2b81d);

    return unicode_is_letter(rune) && !is_chinese;
}

static bool is_small_letter(uint32_t rune)
{
    return is_letter(rune) && !unicode_is_upper(rune);
}

static bool is_other(uint32_t rune)
{
    return !is_connector(rune) && !is_letter(rune) && !unicode_is_number(rune) &&
           !unicode_is_punct(rune);
}

/* Bytes from at up to and with the next rune that is sound. Where there is none *rune stays. */
static size_t next_rune(struct text t, size_t at, uint32_t *rune)
{
    size_t from = at;
    uint32_t found;

    while (at < t.n) {
        at += funcs_text_rune(t, at, &found);
        if (found != UNICODE_REPLACEMENT) {
            *rune = found;
            break;
        }
    }
    return at - from;
}

/* End of the run of runes of a class that has come to at, rune being its last; *last is the size of
 * the last rune that was added, if any. */
static size_t run_end(struct text t, size_t at, uint32_t rune, bool (*is_in)(uint32_t rune),
                      size_t *last)
{
    while (at < t.n) {
        size_t size = next_rune(t, at, &rune);
        if (!is_in(rune))
            break;
        *last = size;
        at += size;
    }
    return at;
}

/* End of a word that begins with a capital, first, which ends at at. The last of several capitals
 * begins the next word when small letters follow it. */
static size_t capitals_end(struct text t, size_t at, uint32_t first)
{
    uint32_t second = first;
    size_t last = next_rune(t, at, &second), end;

    if (at == t.n || !is_letter(second))
        return at;
    if (!unicode_is_upper(second))
        return run_end(t, at + last, second, is_small_letter, &last);
    end = run_end(t, at + last, second, unicode_is_upper, &last);
    if (end == t.n)
        return end;
    next_rune(t, end, &second);
    return is_letter(second) ? end - last : end;
}

static const struct word_class {
    enum kind kind;
    bool (*begins)(uint32_t rune);
    bool (*goes_on)(uint32_t rune);
} classes[] = {
    {WORD_CONNECTOR, is_connector, is_connector},
    {WORD_PUNCTUATION, unicode_is_punct, unicode_is_punct},
    {WORD_CAPITALS, unicode_is_upper, NULL},
    {WORD_LETTERS, is_letter, is_small_letter},
    {WORD_NUMBER, unicode_is_number, unicode_is_number},
    {WORD_OTHER, is_other, is_other},
};

/* Kind and length of the word that t begins with. */
static enum kind read_word(struct text t, size_t *length)
{
    uint32_t rune = UNICODE_REPLACEMENT;
    size_t first = next_rune(t, 0, &rune), i = 0, last;

    *length = first;
    if (rune == UNICODE_REPLACEMENT)
        return WORD_NONE;
    while (i + 1 < ARRAY_SIZE(classes) && !classes[i].begins(rune))
        i++;
    *length = classes[i].goes_on ? run_end(t, first, rune, classes[i].goes_on, &last)
                                 : capitals_end(t, first, rune);
    return classes[i].kind;
}

static void advance(struct words *w)
{
    size_t length;

    w->kind = read_word(w->rest, &length);
    w->word = text_part(w->rest, 0, length);
    w->rest = text_part(w->rest, length, w->rest.n - length);
}

static void put(struct words *w, enum kind kind, struct text word)
{
    uint32_t rune;

    if (kind != WORD_CAPITALS && kind != WORD_CONNECTOR) {
        text_buf_add(w->b, word);
        return;
    }
    for (size_t at = 0; at < word.n;) {
        at += funcs_text_rune(word, at, &rune);
        bool is_upper = unicode_is_upper(rune);
        funcs_text_add_rune(w->b, is_connector(rune) ? w->connector
                                  : is_upper         ? unicode_to_lower(rune)
                                                     : rune);
    }
}

static void connect(struct words *w)
{
    if (w->kind != WORD_CONNECTOR && w->kind != WORD_PUNCTUATION)
        funcs_text_add_rune(w->b, w->connector);
}

/* Behind a number: small letters and further numbers belong to it. */
static void follow_number(struct words *w)
{
    while (w->kind == WORD_LETTERS || w->kind == WORD_NUMBER) {
        put(w, w->kind, w->word);
        advance(w);
    }
    if (w->kind != WORD_NONE)
        connect(w);
}

/* Behind letters. */
static void follow_letters(struct words *w)
{
    if (w->kind != WORD_NUMBER) {
        connect(w);
        return;
    }
    if (!w->rest.n)
        return;
    struct text number = w->word;
    advance(w);
    if (w->kind != WORD_LETTERS) {
        put(w, WORD_NUMBER, number);
        connect(w);
        return;
    }
    funcs_text_add_rune(w->b, w->connector);
    put(w, WORD_NUMBER, number);
    follow_number(w);
}

static void step(struct words *w)
{
    enum kind before = w->kind;
    struct text word = w->word;

    if (before != WORD_CONNECTOR)
        put(w, before, word);
    advance(w);
    if (before == WORD_NUMBER)
        follow_number(w);
    else if (before == WORD_CONNECTOR)
        put(w, before, word);
    else if (before != WORD_PUNCTUATION)
        follow_letters(w);
}

static struct err *connect_words(struct engine *g, struct text t, uint32_t connector,
                                 struct datum *out)
{
    struct text_buf b;
    struct words w = {.b = &b, .connector = connector, .rest = t};
    struct err *e = engine_charge_bytes(g, t.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    advance(&w);
    while (w.rest.n && text_buf_ok(&b))
        step(&w);
    put(&w, w.kind, w.word);
    return func_give_text(&b, NULL, out);
}

struct err *funcs_wrap_snakecase(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    (void)n;
    return connect_words(g, datum_text(&args[0]), '_', out);
}

struct err *funcs_wrap_kebabcase(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    (void)n;
    return connect_words(g, datum_text(&args[0]), '-', out);
}

/* camelcase between two runes. */
struct camel {
    struct text_buf *b;
    uint32_t before;  /* not written yet */
    bool is_capitals; /* the word began with a capital and had nothing else since */
};

static void camel_step(struct camel *c, uint32_t rune)
{
    if (is_connector(c->before) && is_connector(rune)) {
        funcs_text_add_rune(c->b, c->before);
    } else if (is_connector(c->before)) {
        c->is_capitals = unicode_is_upper(rune);
        rune = unicode_to_upper(rune);
    } else {
        c->is_capitals = c->is_capitals && unicode_is_upper(rune);
        if (c->is_capitals)
            rune = unicode_to_lower(rune);
        funcs_text_add_rune(c->b, c->before);
    }
    c->before = rune;
}

/* Copy connectors at the start; the number of bytes up to and with the first rune that is none, or
 * with the last of all, which comes out twice. */
static size_t camel_start(struct camel *c, struct text t)
{
    size_t at = 0;
    uint32_t rune;

    while (at < t.n) {
        at += funcs_text_rune(t, at, &rune);
        c->before = rune;
        if (!is_connector(rune)) {
            c->is_capitals = unicode_is_upper(rune);
            c->before = unicode_to_upper(rune);
            break;
        }
        funcs_text_add_rune(c->b, rune);
    }
    return at;
}

struct err *funcs_wrap_camelcase(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    struct text t = datum_text(&args[0]);
    struct text_buf b;
    struct camel c = {.b = &b};
    uint32_t rune;
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t at = camel_start(&c, t); at < t.n && text_buf_ok(&b);) {
        at += funcs_text_rune(t, at, &rune);
        camel_step(&c, rune);
    }
    if (t.n)
        funcs_text_add_rune(&b, c.before);
    return func_give_text(&b, NULL, out);
}
