/* A block is found from its end: the first END line, then the last BEGIN line before it. Whatever
 * is wrong with a block makes the search go on behind that END line, as in Go, so the state of the
 * search is kept as Go keeps it: where the text goes on, and where, seen from there, the END mark
 * begins and ends. */
#include "template/pem_block.h"

#include "base/unicode.h"
#include "template/base64.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define LINE_END_MARK "\n" END
#define DASHES "-----"
#define LINE_WIDTH 64
#define PROC_TYPE "Proc-Type"

struct search {
    struct text rest;
    ptrdiff_t end_at;      /* of LINE_END_MARK, in rest; may be -1 once lines were read */
    ptrdiff_t end_type_at; /* behind the mark, where the type stands once more */
};

enum step { STEP_BLOCK, STEP_NEXT, STEP_NONE };

static struct text tail(struct text t, size_t at)
{
    return text_part(t, at, t.n - at);
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* The first line of t without its end and the blanks before that; bytes taken. */
static size_t read_line(struct text t, struct text *line)
{
    const unsigned char *newline = t.n ? memchr(t.p, '\n', t.n) : NULL;
    size_t n = newline ? (size_t)(newline - t.p) : t.n;
    size_t taken = newline ? n + 1 : n;

    if (newline && n && t.p[n - 1] == '\r')
        n--;
    while (n && is_blank(t.p[n - 1]))
        n--;
    *line = text_part(t, 0, n);
    return taken;
}

/* Go on behind n bytes of the rest. */
static void advance(struct search *s, size_t n)
{
    s->rest = tail(s->rest, n);
    s->end_at -= (ptrdiff_t)n;
    s->end_type_at -= (ptrdiff_t)n;
}

static size_t last_rune_size(struct text t, uint32_t *rune)
{
    for (size_t size = 1; size <= 4 && size <= t.n; size++) {
        struct text end = tail(t, t.n - size);
        if ((end.p[0] & 0xc0) != 0x80 && unicode_decode(end.p, size, rune) == size)
            return size;
    }
    *rune = UNICODE_REPLACEMENT;
    return 1;
}

static struct text trim_space(struct text t)
{
    uint32_t rune;

    while (t.n) {
        size_t size = unicode_decode(t.p, t.n, &rune);
        if (!unicode_is_space(rune))
            break;
        t = tail(t, size);
    }
    while (t.n) {
        size_t size = last_rune_size(t, &rune);
        if (!unicode_is_space(rune))
            break;
        t = text_part(t, 0, t.n - size);
    }
    return t;
}

/* Find the next BEGIN line that an END mark follows; the rest goes on behind the word BEGIN. */
static enum step find_block(struct search *s)
{
    if (s->end_type_at < 0 || (size_t)s->end_type_at > s->rest.n)
        return STEP_NONE;
    s->rest = tail(s->rest, (size_t)s->end_type_at);
    s->end_at = text_find(s->rest, 0, TEXT(LINE_END_MARK));
    if (s->end_at < 0)
        return STEP_NONE;
    s->end_type_at = s->end_at + (ptrdiff_t)strlen(LINE_END_MARK);
    struct text before = text_part(s->rest, 0, (size_t)s->end_at);
    ptrdiff_t begin = text_find_last(before, TEXT(BEGIN));
    if (begin < 0 || (begin > 0 && before.p[begin - 1] != '\n'))
        return STEP_NEXT;
    advance(s, (size_t)begin + strlen(BEGIN));
    return STEP_BLOCK;
}

static enum step read_type(struct search *s, struct text *type)
{
    struct text line;

    advance(s, read_line(s->rest, &line));
    if (!text_has_suffix(line, TEXT(DASHES)))
        return STEP_NEXT;
    *type = text_part(line, 0, line.n - strlen(DASHES));
    return STEP_BLOCK;
}

/* Put a header where it belongs among those read so far; one of the same key is replaced. */
static void insert_header(struct pem_block *b, struct pem_header header)
{
    size_t at = 0;

    while (at < b->n_headers && text_compare(b->headers[at].key, header.key) < 0)
        at++;
    if (at == b->n_headers || !text_equal(b->headers[at].key, header.key)) {
        memmove(b->headers + at + 1, b->headers + at, (b->n_headers - at) * sizeof(header));
        b->n_headers++;
    }
    b->headers[at] = header;
}

static struct err *add_header(struct engine *g, struct pem_block *b, struct text line, size_t colon)
{
    void *p = b->headers;
    struct pem_header header = {trim_space(text_part(line, 0, colon)),
                                trim_space(tail(line, colon + 1))};
    struct err *e = engine_charge(g, b->n_headers + 1);

    if (!e && !p)
        e = secret_arena_alloc(g->arena, (PEM_HEADERS_MAX + 1) * sizeof(header), &p);
    if (e)
        return e;
    if (b->n_headers == PEM_HEADERS_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %d headers of a PEM block",
                       PEM_HEADERS_MAX);
    b->headers = p;
    insert_header(b, header);
    return NULL;
}

/* Lines with a colon are headers; the first one without ends them, and is not taken. */
static struct err *read_headers(struct engine *g, struct search *s, struct pem_block *b,
                                enum step *step)
{
    *step = STEP_NONE;
    while (s->rest.n) {
        struct text line;
        size_t taken = read_line(s->rest, &line);
        const unsigned char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

        if (!colon) {
            *step = b->n_headers && s->end_at < 0 ? STEP_NEXT : STEP_BLOCK;
            return NULL;
        }
        struct err *e = add_header(g, b, line, (size_t)(colon - line.p));
        if (e)
            return e;
        advance(s, taken);
    }
    return NULL;
}

/* Does the END line name the type, end in dashes, and hold nothing more? */
static bool end_is_right(const struct search *s, struct text type)
{
    struct text line;
    struct text end = tail(s->rest, (size_t)s->end_type_at);
    size_t n = type.n + strlen(DASHES);

    if (end.n < n)
        return false;
    (void)read_line(tail(end, n), &line);
    end = text_part(end, 0, n);
    return !line.n && text_has_prefix(end, type) && text_has_suffix(end, TEXT(DASHES));
}

static struct err *without_blanks(struct engine *g, struct text t, struct text *out)
{
    void *p;
    size_t n = 0;
    struct err *e = secret_arena_alloc(g->arena, t.n, &p);

    if (e)
        return e;
    unsigned char *to = p;
    for (size_t i = 0; i < t.n; i++) {
        if (!is_blank(t.p[i]))
            to[n++] = t.p[i];
    }
    *out = (struct text){to, n};
    return NULL;
}

static struct err *read_bytes(struct engine *g, const struct search *s, struct pem_block *b,
                              enum step *step)
{
    struct text body = text_part(s->rest, 0, s->end_at > 0 ? (size_t)s->end_at : 0);
    bool is_valid;
    struct err *e = NULL;

    if (text_find(body, 0, TEXT(" ")) >= 0 || text_find(body, 0, TEXT("\t")) >= 0)
        e = without_blanks(g, body, &body);
    if (!e)
        e = base64_decode(g->arena, body, 0, &is_valid, &b->bytes);
    if (e)
        return e;
    *step = is_valid ? STEP_BLOCK : STEP_NEXT;
    return NULL;
}

/* One try: from one END mark to the BEGIN line before it. */
static struct err *try_block(struct engine *g, struct search *s, struct pem_block *b,
                             enum step *step)
{
    *b = (struct pem_block){0};
    *step = find_block(s);
    if (*step == STEP_BLOCK)
        *step = read_type(s, &b->type);
    if (*step != STEP_BLOCK)
        return NULL;
    struct err *e = read_headers(g, s, b, step);
    if (e || *step != STEP_BLOCK)
        return e;
    if (!end_is_right(s, b->type)) {
        *step = STEP_NEXT;
        return NULL;
    }
    return read_bytes(g, s, b, step);
}

struct err *pem_block_next(struct engine *g, struct text *data, bool *found, struct pem_block *out)
{
    struct search s = {.rest = *data};
    enum step step = STEP_NEXT;

    *found = false;
    while (step == STEP_NEXT) {
        struct err *e = engine_charge(g, 1);
        if (!e)
            e = try_block(g, &s, out, &step);
        if (e)
            return e;
    }
    if (step == STEP_NONE)
        return NULL;
    struct text line;
    *found = true;
    *data = tail(s.rest, (size_t)(s.end_at + (ptrdiff_t)strlen(LINE_END_MARK) - 1));
    *data = tail(*data, read_line(*data, &line));
    return engine_charge_bytes(g, (size_t)(data->p - s.rest.p));
}

struct err *pem_block_first(struct engine *g, struct text *data, const char *missing,
                            struct pem_block *out)
{
    bool found;
    struct err *e = engine_charge_bytes(g, data->n);

    if (!e)
        e = pem_block_next(g, data, &found, out);
    if (e)
        return e;
    return found ? NULL : err_new(ERR_INVALID, "%s", missing);
}

static void put_header(struct text_buf *b, const struct pem_header *h)
{
    text_buf_add(b, h->key);
    text_buf_puts(b, ": ");
    text_buf_add(b, h->value);
    text_buf_byte(b, '\n');
}

static void put_headers(struct text_buf *b, const struct pem_block *block)
{
    for (size_t i = 0; i < block->n_headers; i++) {
        if (text_is(block->headers[i].key, PROC_TYPE))
            put_header(b, &block->headers[i]);
    }
    for (size_t i = 0; i < block->n_headers; i++) {
        if (!text_is(block->headers[i].key, PROC_TYPE))
            put_header(b, &block->headers[i]);
    }
    if (block->n_headers)
        text_buf_byte(b, '\n');
}

static void put_mark(struct text_buf *b, const char *mark, struct text type)
{
    text_buf_puts(b, mark);
    text_buf_add(b, type);
    text_buf_puts(b, DASHES "\n");
}

struct err *pem_block_encode(struct engine *g, struct text_buf *b, const struct pem_block *block)
{
    struct err *e = engine_charge_bytes(g, block->bytes.n);

    if (e)
        return e;
    put_mark(b, BEGIN, block->type);
    put_headers(b, block);
    base64_encode_lines(b, block->bytes, LINE_WIDTH);
    put_mark(b, END, block->type);
    return NULL;
}

struct err *pem_block_text(struct engine *g, const char *type, struct text bytes, struct text *out)
{
    struct pem_block block = {.type = text_of(type), .bytes = bytes};
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    struct err *e = pem_block_encode(g, &b, &block);
    return e ? e : text_buf_end(&b, out);
}

struct text pem_block_trim(struct text t)
{
    ptrdiff_t at = text_find(t, 0, TEXT("-----BEGIN"));

    return at < 0 ? t : tail(t, (size_t)at);
}
