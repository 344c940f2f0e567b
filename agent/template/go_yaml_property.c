/* Directives, anchors, aliases and tags. Their texts are short and made of ASCII, so a handle or a
 * name is a part of the document; only a tag may have escapes, and is put together. */
#include "template/go_yaml_scan.h"

/* Word characters from where the text stands, which are moved over. */
static struct text take_word(struct go_yaml_input *in)
{
    size_t from = in->at;

    while (go_yaml_is_word(go_yaml_peek(in, 0)))
        go_yaml_skip(in);
    return text_part(in->t, from, in->at - from);
}

void go_yaml_scan_anchor(struct go_yaml_input *in, struct go_yaml_token *token)
{
    go_yaml_skip(in);
    token->value = take_word(in);
    unsigned char c = go_yaml_peek(in, 0);
    if (!token->value.n || (!go_yaml_is_blankz(in, 0) && !strchr("?:,]}%@`", c)))
        go_yaml_input_refuse(in, "did not find expected alphabetic or numeric character");
}

/* Tags */

/* "!", "!word" or "!word!". A directive needs the last form, or a lone "!". */
static struct text take_handle(struct go_yaml_input *in, bool is_directive)
{
    size_t from = in->at;

    if (go_yaml_peek(in, 0) != '!') {
        go_yaml_input_refuse(in, "did not find expected '!'");
        return (struct text){.n = 0};
    }
    go_yaml_skip(in);
    take_word(in);
    if (go_yaml_peek(in, 0) == '!')
        go_yaml_skip(in);
    else if (is_directive && in->at > from + 1)
        go_yaml_input_refuse(in, "did not find expected '!'");
    return text_part(in->t, from, in->at - from);
}

static bool is_uri(unsigned char c)
{
    return c && (go_yaml_is_word(c) || strchr(";/?:@&=+$,.!~*'()[]%", c) != NULL);
}

/* Value of the escaped byte "%xx" where the text stands, which is moved over; -1 where none is. */
static int take_octet(struct go_yaml_input *in)
{
    int v = 0;

    for (size_t k = 1; k <= 2; k++) {
        unsigned char c = go_yaml_peek(in, k);
        unsigned char letter = c | 0x20;
        bool is_digit = c >= '0' && c <= '9';

        if (go_yaml_peek(in, 0) != '%' || (!is_digit && (letter < 'a' || letter > 'f')))
            return -1;
        v = v << 4 | (is_digit ? c - '0' : letter - 'a' + 10);
    }
    for (int i = 0; i < 3; i++)
        go_yaml_skip(in);
    return v;
}

/* Bytes of the character that begins with octet; 0 where none does. */
static int width_of(int octet)
{
    if (octet < 0x80)
        return 1;
    if (octet < 0xc0 || octet > 0xf7)
        return 0;
    return octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4;
}

/* The escaped bytes of one character. */
static void take_uri_escapes(struct go_yaml_input *in, struct text_buf *b)
{
    int octet = take_octet(in);
    int width = octet < 0 ? 1 : width_of(octet);

    if (!width)
        go_yaml_input_refuse(in, "found an incorrect leading UTF-8 octet");
    for (int i = 0; i < width && octet >= 0; i++) {
        text_buf_byte(b, (unsigned char)octet);
        octet = i + 1 < width ? take_octet(in) : 0;
        if (i + 1 < width && octet >= 0 && (octet & 0xc0) != 0x80)
            go_yaml_input_refuse(in, "found an incorrect trailing UTF-8 octet");
    }
    if (octet < 0)
        go_yaml_input_refuse(in, "did not find URI escaped octet");
}

/* The rest of a tag behind head, of which there must be something unless head is. */
static struct text take_uri(struct go_yaml_input *in, struct text head, bool may_be_empty)
{
    struct text_buf b;
    struct text uri = {.n = 0};
    size_t from = in->at;

    text_buf_init(&b, in->g->arena, TEXT_MAX);
    text_buf_add(&b, head);
    while (is_uri(go_yaml_peek(in, 0))) {
        if (go_yaml_peek(in, 0) == '%') {
            take_uri_escapes(in, &b);
        } else {
            text_buf_byte(&b, go_yaml_peek(in, 0));
            go_yaml_skip(in);
        }
    }
    if (!may_be_empty && in->at == from)
        go_yaml_input_refuse(in, "did not find expected tag URI");
    struct err *e = text_buf_end(&b, &uri);
    if (e)
        go_yaml_input_fail(in, e);
    return uri;
}

/* "!<uri>" */
static void take_verbatim_tag(struct go_yaml_input *in, struct go_yaml_token *token)
{
    go_yaml_skip(in);
    go_yaml_skip(in);
    token->suffix = take_uri(in, (struct text){.n = 0}, false);
    if (go_yaml_peek(in, 0) != '>')
        go_yaml_input_refuse(in, "did not find the expected '>'");
    go_yaml_skip(in);
}

/* "!handle!suffix", "!suffix", or "!" alone, which has no handle. */
static void take_shorthand_tag(struct go_yaml_input *in, struct go_yaml_token *token)
{
    struct text handle = take_handle(in, false);

    if (handle.n > 1 && handle.p[handle.n - 1] == '!') {
        token->value = handle;
        token->suffix = take_uri(in, (struct text){.n = 0}, false);
        return;
    }
    struct text head = handle.n ? text_part(handle, 1, handle.n - 1) : handle;
    token->value = TEXT("!");
    token->suffix = take_uri(in, head, true);
    if (!token->suffix.n) {
        token->suffix = token->value;
        token->value.n = 0;
    }
}

void go_yaml_scan_tag(struct go_yaml_input *in, struct go_yaml_token *token)
{
    if (go_yaml_peek(in, 1) == '<')
        take_verbatim_tag(in, token);
    else
        take_shorthand_tag(in, token);
    if (!go_yaml_is_blankz(in, 0))
        go_yaml_input_refuse(in, "did not find expected whitespace or line break");
}

/* Directives */

/* One or two digits; -1 after a failure. */
static int take_version_number(struct go_yaml_input *in)
{
    int v = 0;
    size_t n = 0;

    for (; go_yaml_peek(in, 0) >= '0' && go_yaml_peek(in, 0) <= '9'; n++) {
        if (n == 2)
            go_yaml_input_refuse(in, "found extremely long version number");
        v = 10 * v + (go_yaml_peek(in, 0) - '0');
        go_yaml_skip(in);
    }
    if (!n)
        go_yaml_input_refuse(in, "did not find expected version number");
    return v;
}

static void take_version(struct go_yaml_input *in, struct go_yaml_token *token)
{
    token->kind = YAML_VERSION_DIRECTIVE;
    go_yaml_skip_blanks(in);
    int major = take_version_number(in);
    if (go_yaml_peek(in, 0) != '.')
        go_yaml_input_refuse(in, "did not find expected digit or '.' character");
    go_yaml_skip(in);
    token->is_version_1_1 = take_version_number(in) == 1 && major == 1;
}

static void take_tag_directive(struct go_yaml_input *in, struct go_yaml_token *token)
{
    token->kind = YAML_TAG_DIRECTIVE;
    go_yaml_skip_blanks(in);
    token->value = take_handle(in, true);
    if (!go_yaml_is_blank(in, 0))
        go_yaml_input_refuse(in, "did not find expected whitespace");
    go_yaml_skip_blanks(in);
    token->suffix = take_uri(in, (struct text){.n = 0}, false);
    if (!go_yaml_is_blankz(in, 0))
        go_yaml_input_refuse(in, "did not find expected whitespace or line break");
}

void go_yaml_scan_directive(struct go_yaml_input *in, struct go_yaml_token *token)
{
    go_yaml_skip(in);
    struct text name = take_word(in);
    if (!name.n)
        go_yaml_input_refuse(in, "could not find expected directive name");
    if (!go_yaml_is_blankz(in, 0))
        go_yaml_input_refuse(in, "found unexpected non-alphabetical character");
    if (text_is(name, "YAML"))
        take_version(in, token);
    else if (text_is(name, "TAG"))
        take_tag_directive(in, token);
    else
        go_yaml_input_refuse(in, "found unknown directive name");
    go_yaml_skip_blanks(in);
    go_yaml_skip_comment(in);
    if (!go_yaml_is_breakz(in, 0))
        go_yaml_input_refuse(in, "did not find expected comment or line break");
    go_yaml_skip_break(in);
}
