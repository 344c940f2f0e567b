/* Every choice is fair: bits that would favour some results are thrown away and drawn again, which
 * is charged, so that a bad source ends at a limit. */
#include "template/funcs.h"

#include "base/unicode.h"
#include "template/base64.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SIGNS " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

/* Turn random bytes into members of set, in place: those that the mask leaves too large are passed
 * over. How many there are. */
static size_t choose(struct text set, unsigned mask, unsigned char *bytes, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned at = bytes[i] & mask;

        if (at < set.n)
            bytes[kept++] = set.p[at];
    }
    return kept;
}

static struct err *fill(struct engine *g, struct text set, unsigned char *out, size_t n)
{
    unsigned mask = 1;

    while (mask + 1 < set.n)
        mask = 2 * mask + 1;
    while (n) {
        struct err *e = engine_charge(g, 1 + n / 8);

        if (e)
            return e;
        engine_random(g, out, n);
        size_t kept = choose(set, mask, out, n);
        out += kept;
        n -= kept;
    }
    return NULL;
}

/* Room for count bytes; none where count is not above 0. */
static struct err *make_room(struct engine *g, int64_t count, unsigned char **p, struct text *out)
{
    struct text_buf b;
    size_t n = count > 0 ? (size_t)count : 0;

    text_buf_init(&b, g->arena, TEXT_MAX);
    *p = n ? text_buf_room(&b, n) : NULL;
    return text_buf_end(&b, out);
}

static struct err *random_text(struct engine *g, int64_t count, struct text set, struct datum *out)
{
    unsigned char *p;
    struct text t;
    struct err *e = make_room(g, count, &p, &t);

    if (!e && p)
        e = fill(g, set, p, t.n);
    if (e)
        return e;
    *out = datum_string(t);
    return NULL;
}

static struct err *run_rand_alpha(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)n;
    return random_text(g, args[0].v.i, TEXT(LETTERS), out);
}

static struct err *run_rand_alpha_num(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    (void)n;
    return random_text(g, args[0].v.i, TEXT(LETTERS DIGITS), out);
}

static struct err *run_rand_numeric(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)n;
    return random_text(g, args[0].v.i, TEXT(DIGITS), out);
}

static struct err *run_rand_ascii(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)n;
    return random_text(g, args[0].v.i, TEXT(LETTERS DIGITS SIGNS), out);
}

static struct err *run_rand_bytes(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    int64_t count = args[0].v.i;
    unsigned char *p;
    struct text bytes;
    struct text_buf b;

    (void)n;
    if (count < 0)
        return err_new(ERR_INVALID, "runtime error: makeslice: len out of range");
    struct err *e = make_room(g, count, &p, &bytes);
    if (!e)
        e = engine_charge_bytes(g, 2 * bytes.n);
    if (e)
        return e;
    engine_random(g, p, bytes.n);
    text_buf_init(&b, g->arena, TEXT_MAX);
    base64_encode(&b, bytes);
    return func_give_text(&b, NULL, out);
}

/* A number from 0 to bound - 1, bound not 0. */
static struct err *below(struct engine *g, uint64_t bound, uint64_t *out)
{
    uint64_t unfair = (0 - bound) % bound, v;

    do {
        struct err *e = engine_charge(g, 1);

        if (e)
            return e;
        engine_random(g, (unsigned char *)&v, sizeof(v));
    } while (v < unfair);
    *out = v % bound;
    return NULL;
}

static struct err *run_rand_int(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    uint64_t least = (uint64_t)args[0].v.i, span = (uint64_t)args[1].v.i - least, v;

    (void)n;
    if (!span || span > INT64_MAX)
        return err_new(ERR_INVALID, "invalid argument to Intn");
    struct err *e = below(g, span, &v);
    if (e)
        return e;
    *out = datum_int((int64_t)(least + v));
    return NULL;
}

static struct err *runes_of(struct engine *g, struct text t, uint32_t **out, size_t *n)
{
    void *p;
    struct err *e = engine_charge_bytes(g, t.n * sizeof(uint32_t));

    if (!e)
        e = secret_arena_alloc(g->arena, t.n * sizeof(uint32_t), &p);
    if (e)
        return e;
    *out = p;
    *n = 0;
    for (size_t at = 0; at < t.n; ++*n)
        at += unicode_decode(t.p + at, t.n - at, &(*out)[*n]);
    return NULL;
}

/* Each place from the last on takes one of those before it, or itself. */
static struct err *mix(struct engine *g, uint32_t *runes, size_t n)
{
    for (; n > 1; n--) {
        uint64_t at;
        struct err *e = below(g, n, &at);

        if (e)
            return e;
        uint32_t last = runes[n - 1];
        runes[n - 1] = runes[at];
        runes[at] = last;
    }
    return NULL;
}

static struct err *run_shuffle(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    struct text_buf b;
    uint32_t *runes;
    struct err *e = runes_of(g, datum_text(&args[0]), &runes, &n);

    if (!e)
        e = mix(g, runes, n);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        text_buf_rune(&b, runes[i]);
    return func_give_text(&b, NULL, out);
}

static struct err *run_uuidv4(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    unsigned char bytes[16];
    struct text_buf b;

    (void)args;
    (void)n;
    engine_random(g, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); /* variant of RFC 4122 */
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_buf_byte(&b, '-');
        text_buf_byte(&b, (unsigned char)"0123456789abcdef"[bytes[i] >> 4]);
        text_buf_byte(&b, (unsigned char)"0123456789abcdef"[bytes[i] & 15]);
    }
    explicit_bzero(bytes, sizeof(bytes));
    return func_give_text(&b, NULL, out);
}

static const struct func rows[] = {
    {"randAlpha", "i", "s", run_rand_alpha, FUNC_RANDOM, "that many letters", "{{ randAlpha 8 }}",
     NULL},
    {"randAlphaNum", "i", "s", run_rand_alpha_num, FUNC_RANDOM, "that many letters and digits",
     "{{ randAlphaNum 16 }}", NULL},
    {"randAscii", "i", "s", run_rand_ascii, FUNC_RANDOM,
     "that many printable ASCII characters, the blank among them", "{{ randAscii 16 }}", NULL},
    {"randBytes", "i", "s", run_rand_bytes, FUNC_RANDOM, "that many bytes, in base64",
     "{{ randBytes 32 }}", NULL},
    {"randInt", "ii", "i", run_rand_int, FUNC_RANDOM, "a whole number from one to before another",
     "{{ randInt 1 7 }}", NULL},
    {"randNumeric", "i", "s", run_rand_numeric, FUNC_RANDOM, "that many digits",
     "{{ randNumeric 6 }}", NULL},
    {"shuffle", "s", "s", run_shuffle, FUNC_RANDOM, "the characters in another order",
     "{{ shuffle \"abc\" }}", NULL},
    {"uuidv4", "", "s", run_uuidv4, FUNC_RANDOM, "a random UUID", "{{ uuidv4 }}", NULL},
};

const struct func_table funcs_random = {"Random", rows, ARRAY_SIZE(rows)};
