/* Block structure becomes tokens here: indentation is kept on a stack, and BLOCK_MAPPING and KEY
 * are put in front of a key after the fact, when its ":" is met. So a token may be taken only when
 * no key can begin with it any more, which is at most 1024 characters later, or at the end of its
 * line.
 *
 * go-yaml finds the keys that wait by the number of their token and forgets one too many when an
 * empty flow collection ends, so that "{}: a" reads as "{}". We do as it does. */
#include "template/go_yaml_scan.h"

#define KEY_REACH 1024u
#define TOKENS_FIRST 16u
#define WAITS_FIRST 8u

static void refuse(struct go_yaml_scanner *s, const char *problem)
{
    go_yaml_input_refuse(&s->in, problem);
}

static void fail(struct go_yaml_scanner *s, struct err *e)
{
    if (e)
        go_yaml_input_fail(&s->in, e);
}

/* An array of which the first elements have been done with. */
struct queue {
    char *p;
    size_t size; /* of an element */
    size_t head, n, capacity;
};

/* Make room for one more element, in front where half of the array is free; false after a
 * failure. */
static bool make_room(struct go_yaml_scanner *s, struct queue *q, size_t first)
{
    void *p = q->p;

    if (q->n < q->capacity)
        return true;
    size_t capacity = q->capacity ? q->capacity : first;
    if (!q->capacity || q->head < q->capacity / 2) {
        capacity *= q->capacity ? 2 : 1;
        fail(s, secret_arena_alloc(s->in.g->arena, capacity * q->size, &p));
    }
    if (s->in.failed)
        return false;
    if (q->n > q->head)
        memmove(p, q->p + q->head * q->size, (q->n - q->head) * q->size);
    *q = (struct queue){p, q->size, 0, q->n - q->head, capacity};
    return true;
}

/* Put a token before the one with that number; at the end when it is taken already. */
static void insert_token(struct go_yaml_scanner *s, size_t number, struct go_yaml_token token)
{
    struct queue q = {(char *)s->tokens, sizeof(token), s->head, s->n, s->capacity};

    if (s->in.failed)
        return;
    fail(s, engine_charge(s->in.g, 1));
    if (!make_room(s, &q, TOKENS_FIRST))
        return;
    s->tokens = (void *)q.p;
    s->head = q.head;
    s->n = q.n;
    s->capacity = q.capacity;
    size_t at = s->n;
    if (number >= s->taken && number - s->taken < s->n - s->head)
        at = s->head + (number - s->taken);
    memmove(s->tokens + at + 1, s->tokens + at, (s->n - at) * sizeof(token));
    s->tokens[at] = token;
    s->n++;
}

/* Number of the token that will be added next. */
static size_t next_number(const struct go_yaml_scanner *s)
{
    return s->taken + (s->n - s->head);
}

static void add_token(struct go_yaml_scanner *s, struct go_yaml_token token)
{
    insert_token(s, next_number(s), token);
}

static void add_kind(struct go_yaml_scanner *s, enum go_yaml_token_kind kind)
{
    add_token(s, (struct go_yaml_token){.kind = kind, .start = s->in.mark});
}

/* A token of one character, which is moved over. */
static void add_indicator(struct go_yaml_scanner *s, enum go_yaml_token_kind kind)
{
    add_kind(s, kind);
    go_yaml_skip(&s->in);
}

/* Simple keys */

static struct go_yaml_simple_key *key_of_level(struct go_yaml_scanner *s)
{
    return &s->keys[s->level];
}

/* What waits for the token at the head of the queue; tokens before that are not asked for again. */
static const struct go_yaml_wait *wait_of_head(struct go_yaml_scanner *s)
{
    while (s->wait_head < s->wait_n && s->waits[s->wait_head].token < s->taken)
        s->wait_head++;
    if (s->wait_head == s->wait_n || s->waits[s->wait_head].token != s->taken)
        return NULL;
    return &s->waits[s->wait_head];
}

static void add_wait(struct go_yaml_scanner *s, size_t token)
{
    struct queue q = {(char *)s->waits, sizeof(*s->waits), s->wait_head, s->wait_n,
                      s->wait_capacity};

    if (!make_room(s, &q, WAITS_FIRST))
        return;
    s->waits = (void *)q.p;
    s->wait_head = q.head;
    s->wait_n = q.n;
    s->wait_capacity = q.capacity;
    s->waits[s->wait_n++] = (struct go_yaml_wait){token, s->level};
}

static void forget_wait(struct go_yaml_scanner *s, size_t token)
{
    size_t i = s->wait_n;

    while (i > s->wait_head && s->waits[i - 1].token > token)
        i--;
    if (i == s->wait_head || s->waits[i - 1].token != token)
        return;
    memmove(s->waits + i - 1, s->waits + i, (s->wait_n - i) * sizeof(*s->waits));
    s->wait_n--;
}

/* A key that had to be one did not become one. */
static void check_not_required(struct go_yaml_scanner *s, const struct go_yaml_simple_key *key)
{
    if (key->is_required)
        refuse(s, "could not find expected ':'");
}

/* Can key still be one, here? */
static bool is_alive(struct go_yaml_scanner *s, struct go_yaml_simple_key *key)
{
    if (!key->is_possible)
        return false;
    if (key->start.line == s->in.mark.line && key->start.index + KEY_REACH >= s->in.mark.index)
        return true;
    check_not_required(s, key);
    key->is_possible = false;
    return false;
}

static void drop_key(struct go_yaml_scanner *s)
{
    struct go_yaml_simple_key *key = key_of_level(s);

    if (!key->is_possible)
        return;
    check_not_required(s, key);
    key->is_possible = false;
    forget_wait(s, key->token);
}

/* What comes next may be a key, if keys may begin here. In block context, one must begin at the
 * indentation of its mapping. */
static void save_key(struct go_yaml_scanner *s)
{
    if (!s->may_begin_key)
        return;
    drop_key(s);
    *key_of_level(s) = (struct go_yaml_simple_key){
        .is_possible = true,
        .is_required = s->level == 0 && s->indent == (ptrdiff_t)s->in.mark.column,
        .token = next_number(s),
        .start = s->in.mark,
    };
    add_wait(s, next_number(s));
}

/* Flow levels and indentation */

static void enter_flow(struct go_yaml_scanner *s)
{
    if (s->level == GO_YAML_DEPTH_MAX) {
        fail(s,
             err_new(ERR_INVALID, "limit reached: YAML nested deeper than %d", GO_YAML_DEPTH_MAX));
        return;
    }
    s->level++;
    *key_of_level(s) = (struct go_yaml_simple_key){.token = next_number(s)};
}

static void leave_flow(struct go_yaml_scanner *s)
{
    if (!s->level)
        return;
    forget_wait(s, key_of_level(s)->token);
    s->level--;
}

/* A block collection begins before the token with that number, if start is further in. */
static void indent_to(struct go_yaml_scanner *s, struct go_yaml_mark start, size_t number,
                      enum go_yaml_token_kind kind)
{
    if (s->level || s->indent >= (ptrdiff_t)start.column)
        return;
    if (s->indents == GO_YAML_DEPTH_MAX) {
        fail(s,
             err_new(ERR_INVALID, "limit reached: YAML nested deeper than %d", GO_YAML_DEPTH_MAX));
        return;
    }
    s->outer_indents[s->indents++] = s->indent;
    s->indent = (ptrdiff_t)start.column;
    insert_token(s, number, (struct go_yaml_token){.kind = kind, .start = start});
}

static void unindent_to(struct go_yaml_scanner *s, ptrdiff_t column)
{
    while (!s->level && s->indent > column) {
        add_kind(s, YAML_BLOCK_END);
        s->indent = s->outer_indents[--s->indents];
    }
}

/* One function for each kind of token */

static void fetch_end(struct go_yaml_scanner *s)
{
    if (s->in.mark.column) {
        s->in.mark.column = 0;
        s->in.mark.line++;
    }
    unindent_to(s, -1);
    drop_key(s);
    s->may_begin_key = false;
    add_kind(s, YAML_END);
}

static void fetch_directive(struct go_yaml_scanner *s)
{
    struct go_yaml_token token = {.start = s->in.mark};

    unindent_to(s, -1);
    drop_key(s);
    s->may_begin_key = false;
    go_yaml_scan_directive(&s->in, &token);
    add_token(s, token);
}

static void fetch_document_marker(struct go_yaml_scanner *s)
{
    unindent_to(s, -1);
    drop_key(s);
    s->may_begin_key = false;
    add_kind(s, go_yaml_peek(&s->in, 0) == '-' ? YAML_DOCUMENT_START : YAML_DOCUMENT_END);
    for (int i = 0; i < 3; i++)
        go_yaml_skip(&s->in);
}

static void fetch_flow_start(struct go_yaml_scanner *s, enum go_yaml_token_kind kind)
{
    save_key(s);
    enter_flow(s);
    s->may_begin_key = true;
    add_indicator(s, kind);
}

static void fetch_flow_end(struct go_yaml_scanner *s, enum go_yaml_token_kind kind)
{
    drop_key(s);
    leave_flow(s);
    s->may_begin_key = false;
    add_indicator(s, kind);
}

static void fetch_flow_entry(struct go_yaml_scanner *s)
{
    drop_key(s);
    s->may_begin_key = true;
    add_indicator(s, YAML_FLOW_ENTRY);
}

/* In block context an indicator that opens a collection may stand only where a key may. */
static void open_block(struct go_yaml_scanner *s, enum go_yaml_token_kind kind, const char *problem)
{
    if (s->level)
        return;
    if (!s->may_begin_key)
        refuse(s, problem);
    indent_to(s, s->in.mark, next_number(s), kind);
}

static void fetch_block_entry(struct go_yaml_scanner *s)
{
    open_block(s, YAML_BLOCK_SEQUENCE, "block sequence entries are not allowed in this context");
    drop_key(s);
    s->may_begin_key = true;
    add_indicator(s, YAML_BLOCK_ENTRY);
}

static void fetch_key(struct go_yaml_scanner *s)
{
    open_block(s, YAML_BLOCK_MAPPING, "mapping keys are not allowed in this context");
    drop_key(s);
    s->may_begin_key = s->level == 0;
    add_indicator(s, YAML_KEY);
}

static void fetch_value(struct go_yaml_scanner *s)
{
    struct go_yaml_simple_key *key = key_of_level(s);

    if (is_alive(s, key)) {
        insert_token(s, key->token, (struct go_yaml_token){.kind = YAML_KEY, .start = key->start});
        indent_to(s, key->start, key->token, YAML_BLOCK_MAPPING);
        key->is_possible = false;
        forget_wait(s, key->token);
        s->may_begin_key = false;
    } else {
        open_block(s, YAML_BLOCK_MAPPING, "mapping values are not allowed in this context");
        s->may_begin_key = s->level == 0;
    }
    add_indicator(s, YAML_VALUE);
}

static void fetch_property(struct go_yaml_scanner *s, enum go_yaml_token_kind kind)
{
    struct go_yaml_token token = {.kind = kind, .start = s->in.mark};

    save_key(s);
    s->may_begin_key = false;
    if (kind == YAML_TAG)
        go_yaml_scan_tag(&s->in, &token);
    else
        go_yaml_scan_anchor(&s->in, &token);
    add_token(s, token);
}

static void fetch_block_scalar(struct go_yaml_scanner *s)
{
    struct go_yaml_token token = {.kind = YAML_SCALAR, .start = s->in.mark};

    drop_key(s);
    s->may_begin_key = true;
    go_yaml_scan_block(&s->in, s->indent, &token);
    add_token(s, token);
}

static void fetch_quoted(struct go_yaml_scanner *s)
{
    struct go_yaml_token token = {.kind = YAML_SCALAR, .start = s->in.mark};

    save_key(s);
    s->may_begin_key = false;
    go_yaml_scan_quoted(&s->in, &token);
    add_token(s, token);
}

static void fetch_plain(struct go_yaml_scanner *s)
{
    struct go_yaml_token token = {.kind = YAML_SCALAR, .is_plain = true, .start = s->in.mark};

    save_key(s);
    s->may_begin_key = go_yaml_scan_plain(&s->in, s->indent, s->level > 0, &token);
    add_token(s, token);
}

/* Blanks, comments and line breaks. A tab cannot indent what may be a key. */
static void skip_to_token(struct go_yaml_scanner *s)
{
    struct go_yaml_input *in = &s->in;

    if (in->mark.index == 0 &&
        text_has_prefix(text_part(in->t, in->at, in->end - in->at), TEXT("\xef\xbb\xbf")))
        go_yaml_skip(in);
    for (;;) {
        while (go_yaml_peek(in, 0) == ' ' ||
               ((s->level || !s->may_begin_key) && go_yaml_peek(in, 0) == '\t'))
            go_yaml_skip(in);
        go_yaml_skip_comment(in);
        if (!go_yaml_is_break(in, 0))
            return;
        go_yaml_skip_break(in);
        if (!s->level)
            s->may_begin_key = true;
    }
}

/* Does c begin a token by itself, so that it cannot begin a plain scalar? */
static bool is_indicator(unsigned char c)
{
    return strchr("-?:,[]{}#&*!|>'\"%@`", c) != NULL;
}

static void fetch_scalar(struct go_yaml_scanner *s, unsigned char c)
{
    bool is_in_flow = s->level > 0;

    if ((c == '|' || c == '>') && !is_in_flow)
        fetch_block_scalar(s);
    else if (c == '\'' || c == '"')
        fetch_quoted(s);
    else if ((!is_indicator(c) && !go_yaml_is_blankz(&s->in, 0)) ||
             (c == '-' && !go_yaml_is_blank(&s->in, 1)) ||
             ((c == '?' || c == ':') && !is_in_flow && !go_yaml_is_blankz(&s->in, 1)))
        fetch_plain(s);
    else
        refuse(s, "found character that cannot start any token");
}

/* The token that begins with c, which is not the end. */
static void fetch_by_character(struct go_yaml_scanner *s, unsigned char c)
{
    bool stands_alone = go_yaml_is_blankz(&s->in, 1);

    if (c == '[')
        fetch_flow_start(s, YAML_FLOW_SEQUENCE);
    else if (c == '{')
        fetch_flow_start(s, YAML_FLOW_MAPPING);
    else if (c == ']')
        fetch_flow_end(s, YAML_FLOW_SEQUENCE_END);
    else if (c == '}')
        fetch_flow_end(s, YAML_FLOW_MAPPING_END);
    else if (c == ',')
        fetch_flow_entry(s);
    else if (c == '-' && stands_alone)
        fetch_block_entry(s);
    else if (c == '?' && (s->level || stands_alone))
        fetch_key(s);
    else if (c == ':' && (s->level || stands_alone))
        fetch_value(s);
    else if (c == '*')
        fetch_property(s, YAML_ALIAS);
    else if (c == '&')
        fetch_property(s, YAML_ANCHOR);
    else if (c == '!')
        fetch_property(s, YAML_TAG);
    else
        fetch_scalar(s, c);
}

static void fetch_token(struct go_yaml_scanner *s)
{
    skip_to_token(s);
    unindent_to(s, (ptrdiff_t)s->in.mark.column);
    unsigned char c = go_yaml_peek(&s->in, 0);
    if (!c)
        fetch_end(s);
    else if (c == '%' && s->in.mark.column == 0)
        fetch_directive(s);
    else if (go_yaml_at_document_marker(&s->in))
        fetch_document_marker(s);
    else
        fetch_by_character(s, c);
}

void go_yaml_scanner_init(struct go_yaml_scanner *s, struct engine *g, struct text t)
{
    memset(s, 0, sizeof(*s));
    go_yaml_input_init(&s->in, g, t);
    s->indent = -1;
    s->may_begin_key = true;
}

/* Is there a token that may be taken? */
static bool has_token(struct go_yaml_scanner *s)
{
    if (s->head == s->n)
        return false;
    const struct go_yaml_wait *wait = wait_of_head(s);
    return !wait || wait->level > s->level || !is_alive(s, &s->keys[wait->level]);
}

const struct go_yaml_token *go_yaml_next_token(struct go_yaml_scanner *s)
{
    static const struct go_yaml_token end = {.kind = YAML_END};

    while (!s->is_ready && !s->is_ended && !s->in.failed) {
        if (has_token(s))
            s->is_ready = true;
        else
            fetch_token(s);
    }
    return s->in.failed || s->is_ended ? &end : &s->tokens[s->head];
}

void go_yaml_take_token(struct go_yaml_scanner *s)
{
    if (!s->is_ready)
        return;
    s->is_ready = false;
    s->is_ended = s->tokens[s->head].kind == YAML_END;
    s->head++;
    s->taken++;
}
