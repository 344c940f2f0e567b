/* go-yaml decodes as it reads, in portions, and refuses a text only when it gets to the portion
 * with a bad byte: what follows the first document is never looked at, apart from that. So the
 * portions are part of the behaviour. The text is checked once, and `end` put before the bad
 * portion. */
#include "template/go_yaml_input.h"

#include "base/unicode.h"

#define PORTION 512u

static const char bad_utf8[] = "invalid UTF-8 octet sequence";
static const char bad_utf16[] = "invalid UTF-16 sequence";
static const char bad_character[] = "control characters are not allowed";

void go_yaml_input_fail(struct go_yaml_input *in, struct err *e)
{
    if (in->failed) {
        err_free(e);
        return;
    }
    in->failed = e;
    in->end = 0;
    in->problem = NULL;
}

void go_yaml_input_refuse(struct go_yaml_input *in, const char *problem)
{
    if (in->mark.line)
        go_yaml_input_fail(in,
                           err_new(ERR_INVALID, "yaml: line %zu: %s", in->mark.line + 1, problem));
    else
        go_yaml_input_fail(in, err_new(ERR_INVALID, "yaml: %s", problem));
}

unsigned char go_yaml_input_meet_end(struct go_yaml_input *in)
{
    if (in->problem)
        go_yaml_input_fail(in, err_new(ERR_INVALID, "yaml: %s", in->problem));
    return 0;
}

static bool is_allowed(uint32_t rune)
{
    if (rune < 0x20)
        return rune == '\t' || rune == '\n' || rune == '\r';
    return rune < 0x7f || rune == 0x85 || (rune >= 0xa0 && rune != 0xfffe && rune != 0xffff);
}

/* Bytes of the character that begins with c; 0 where none does. */
static size_t width_of(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc0 || c > 0xf7)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Check the characters that lie in t[at..portion) with all of their bytes; where the first other
 * one begins. */
static size_t check_portion(struct go_yaml_input *in, size_t at, size_t portion)
{
    while (at < portion) {
        uint32_t rune = in->t.p[at];
        size_t width = width_of(in->t.p[at]);

        if (at + width > portion)
            break;
        if (width != 1 && unicode_decode(in->t.p + at, in->t.n - at, &rune) != width)
            in->problem = bad_utf8;
        else if (!is_allowed(rune))
            in->problem = bad_character;
        if (in->problem)
            break;
        at += width;
    }
    return at;
}

static void check(struct go_yaml_input *in)
{
    size_t portion = 0;

    while (in->end < in->t.n && !in->problem) {
        portion = in->end + PORTION < in->t.n ? in->end + PORTION : in->t.n;
        size_t checked = check_portion(in, in->end, portion);
        if (checked == in->end)
            in->problem = bad_utf8;
        else if (!in->problem)
            in->end = checked;
    }
}

static uint32_t unit_at(struct text t, size_t at, bool is_little)
{
    uint32_t first = t.p[at], second = t.p[at + 1];

    return is_little ? second << 8 | first : first << 8 | second;
}

/* The code point at t[at..]; the bytes it takes, 0 where there is none. */
static size_t decode_utf16(struct text t, size_t at, bool is_little, uint32_t *rune)
{
    if (t.n - at < 2)
        return 0;
    *rune = unit_at(t, at, is_little);
    if ((*rune & 0xf800) != 0xd800)
        return 2;
    if ((*rune & 0xfc00) == 0xdc00 || t.n - at < 4)
        return 0;
    uint32_t low = unit_at(t, at + 2, is_little);
    *rune = 0x10000u + ((*rune & 0x3ff) << 10) + (low & 0x3ff);
    return (low & 0xfc00) == 0xdc00 ? 4 : 0;
}

static void take_utf16(struct go_yaml_input *in, struct text t, bool is_little)
{
    struct text_buf b;
    size_t width = 2, portion = PORTION, checked = 0;

    text_buf_init(&b, in->g->arena, TEXT_MAX);
    for (size_t at = 2; at < t.n && !in->problem; at += width) {
        uint32_t rune;

        width = decode_utf16(t, at, is_little, &rune);
        if (at + width > portion || (!width && t.n - at < 4)) {
            portion = at + PORTION;
            checked = b.n;
        }
        if (!width)
            in->problem = bad_utf16;
        else if (!is_allowed(rune))
            in->problem = bad_character;
        else
            text_buf_rune(&b, rune);
    }
    bool is_bad = in->problem != NULL;
    struct err *e = text_buf_end(&b, &in->t);
    if (e)
        go_yaml_input_fail(in, e);
    else
        in->end = is_bad ? checked : in->t.n;
}

void go_yaml_input_init(struct go_yaml_input *in, struct engine *g, struct text t)
{
    *in = (struct go_yaml_input){.g = g};
    in->failed = engine_charge_bytes(g, t.n);
    if (in->failed)
        return;
    if (text_has_prefix(t, TEXT("\xff\xfe")) || text_has_prefix(t, TEXT("\xfe\xff"))) {
        take_utf16(in, t, t.p[0] == 0xff);
        return;
    }
    in->t = t;
    check(in);
    if (text_has_prefix(t, TEXT("\xef\xbb\xbf")) && in->end >= 3)
        in->at = 3;
}

size_t go_yaml_break_width(struct go_yaml_input *in, size_t k)
{
    unsigned char c = go_yaml_peek(in, k);

    if (c == '\n' || c == '\r')
        return 1;
    if (c == 0xc2 && go_yaml_peek(in, k + 1) == 0x85)
        return 2;
    if (c == 0xe2 && go_yaml_peek(in, k + 1) == 0x80 && (go_yaml_peek(in, k + 2) | 1) == 0xa9)
        return 3;
    return 0;
}

bool go_yaml_is_word(unsigned char c)
{
    unsigned char letter = c | 0x20;

    return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

void go_yaml_skip(struct go_yaml_input *in)
{
    unsigned char c = go_yaml_peek(in, 0);

    if (!c)
        return;
    in->at += c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    in->mark.index++;
    in->mark.column++;
}

void go_yaml_skip_break(struct go_yaml_input *in)
{
    size_t width = go_yaml_break_width(in, 0);

    if (!width)
        return;
    if (go_yaml_peek(in, 0) == '\r' && go_yaml_peek(in, 1) == '\n') {
        in->mark.index++;
        width = 2;
    }
    in->at += width;
    in->mark.index++;
    in->mark.line++;
    in->mark.column = 0;
}

void go_yaml_skip_blanks(struct go_yaml_input *in)
{
    while (go_yaml_is_blank(in, 0))
        go_yaml_skip(in);
}

void go_yaml_skip_comment(struct go_yaml_input *in)
{
    if (go_yaml_peek(in, 0) != '#')
        return;
    while (!go_yaml_is_breakz(in, 0))
        go_yaml_skip(in);
}

bool go_yaml_at_document_marker(struct go_yaml_input *in)
{
    unsigned char c = go_yaml_peek(in, 0);

    return in->mark.column == 0 && (c == '-' || c == '.') && go_yaml_peek(in, 1) == c &&
           go_yaml_peek(in, 2) == c && go_yaml_is_blankz(in, 3);
}
