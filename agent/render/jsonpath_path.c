/* Dots and pipes separate steps; a backslash takes the next character as it is, but only in steps
 * into objects. A dot in front of a modifier or of a bracket acts as a pipe. Queries nest, so their
 * end is found by counting brackets outside quotes. */
#include "render/jsonpath_path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

static int at(struct span s, size_t i)
{
    return i < s.n ? (unsigned char)s.p[i] : -1;
}

static struct span span_part(struct span s, size_t from, size_t to)
{
    return (struct span){s.p + from, to - from};
}

static bool span_is(struct span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

static struct span trimmed(struct span s)
{
    while (s.n && at(s, 0) <= ' ')
        s = span_from(s, 1);
    while (s.n && at(s, s.n - 1) <= ' ')
        s.n--;
    return s;
}

bool jsonpath_modifier_name(struct span path, struct span *name)
{
    static const char *const known[] = {"pretty",  "ugly",  "reverse", "this",   "flatten",
                                        "join",    "valid", "keys",    "values", "tostr",
                                        "fromstr", "group", "dig"};
    size_t end = 1;

    if (at(path, 0) != '@')
        return false;
    while (end < path.n && !strchr(".|:", path.p[end]))
        end++;
    *name = span_part(path, 1, end);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (span_is(*name, known[i]))
            return true;
    return false;
}

static bool acts_as_pipe(struct span after_dot)
{
    struct span name;

    return at(after_dot, 0) == '[' || at(after_dot, 0) == '{' ||
           jsonpath_modifier_name(after_dot, &name);
}

/* What follows the separator at i. */
static struct path_rest rest_at(struct span path, size_t i, bool may_pipe)
{
    struct path_rest rest = {PATH_END, {path.p + path.n, 0}};

    if (i >= path.n)
        return rest;
    rest.path = span_from(path, i + 1);
    rest.link = at(path, i) == '|' || (may_pipe && acts_as_pipe(rest.path)) ? PATH_PIPE : PATH_DOT;
    return rest;
}

void jsonpath_key_init(struct path_key *k, struct span path)
{
    size_t i = 0;

    *k = (struct path_key){.name = xalloc(path.n + 1)};
    for (; i < path.n && at(path, i) != '.' && at(path, i) != '|'; i++) {
        if (at(path, i) == '\\') {
            if (++i >= path.n)
                break;
        } else if (at(path, i) == '*' || at(path, i) == '?') {
            k->has_wildcard = true;
        }
        k->name[k->n++] = path.p[i];
    }
    k->rest = rest_at(path, i, true);
}

void jsonpath_key_done(struct path_key *k)
{
    free(k->name);
}

/* Behind the closing quote, i being at the opening one. */
static size_t skip_quoted(struct span s, size_t i)
{
    for (i++; i < s.n && at(s, i) != '"'; i++)
        i += at(s, i) == '\\';
    return i < s.n ? i + 1 : s.n;
}

static bool opens(int c)
{
    return c == '(' || c == '[' || c == '{';
}

static bool closes(int c)
{
    return c == ')' || c == ']' || c == '}';
}

size_t jsonpath_bracketed(struct span path)
{
    size_t i = 0, depth = 0;

    do {
        int c = at(path, i);

        if (c == '"') {
            i = skip_quoted(path, i);
            continue;
        }
        depth += opens(c);
        depth -= depth && closes(c);
        i++;
    } while (depth && i < path.n);
    return i;
}

static bool is_operator(int c)
{
    return c > 0 && strchr("!=<>%", c);
}

/* Find the end of the query that opens at 1 and where its operator starts (0: it has none). */
static bool find_query_end(struct span path, size_t *op_at, size_t *end)
{
    size_t depth = 1;

    *op_at = 0;
    for (size_t i = 2; i < path.n; i++) {
        int c = at(path, i);

        if (depth == 1 && *op_at == 0 && is_operator(c))
            *op_at = i;
        else if (c == '\\')
            i++;
        else if (c == '(' || c == '[')
            depth++;
        else if ((c == ')' || c == ']') && --depth == 0) {
            *end = i;
            return true;
        } else if (c == '"')
            i = skip_quoted(path, i) - 1;
    }
    return false;
}

static const struct {
    const char *text;
    enum path_op op;
} operators[] = {
    {"==", PATH_EQ}, {"!=", PATH_NE}, {"<=", PATH_LE}, {">=", PATH_GE},  {"!%", PATH_UNLIKE},
    {"=", PATH_EQ},  {"<", PATH_LT},  {">", PATH_GT},  {"%", PATH_LIKE},
};

static enum path_op take_operator(struct span *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        size_t n = strlen(operators[i].text);

        if (s->n < n || memcmp(s->p, operators[i].text, n) != 0)
            continue;
        *s = trimmed(span_from(*s, n));
        return operators[i].op;
    }
    return PATH_OP_NONE;
}

static struct err *decode_value(struct span value, struct secret_buf **out)
{
    struct secret_json string = {SECRET_JSON_STRING, secret_view_of(value.p, value.n)};

    if (value.n >= 2 && at(value, 0) == '"' && at(value, value.n - 1) == '"')
        return secret_json_string(&string, out);
    return secret_buf_copy(string.raw, out);
}

static struct err *parse_query(struct span path, struct path_query *q, size_t *end)
{
    size_t op_at;
    struct span value = {path.p, 0};

    if (!find_query_end(path, &op_at, end))
        return err_new(ERR_INVALID, "path: a query is not closed");
    q->path = trimmed(span_part(path, 2, op_at ? op_at : *end));
    if (op_at) {
        value = trimmed(span_part(path, op_at, *end));
        q->op = take_operator(&value);
    }
    q->is_all = at(path, *end + 1) == '#';
    return decode_value(value, &q->value);
}

static bool parse_index(struct span part, size_t *index)
{
    *index = 0;
    for (size_t i = 0; i < part.n; i++) {
        if (at(part, i) < '0' || at(part, i) > '9' || *index > SIZE_MAX / 10 - 1)
            return false;
        *index = *index * 10 + (size_t)(at(part, i) - '0');
    }
    return part.n > 0;
}

static enum path_array_kind kind_of(struct span part, size_t *index)
{
    if (memchr(part.p, '#', part.n))
        return part.n == 1 ? PATH_COUNT : PATH_NO_ELEMENT;
    return parse_index(part, index) ? PATH_INDEX : PATH_NO_ELEMENT;
}

struct err *jsonpath_array_init(struct path_array *a, struct span path)
{
    size_t i = 0;
    bool is_query = at(path, 0) == '#' && (at(path, 1) == '(' || at(path, 1) == '[');
    bool has_hash;

    *a = (struct path_array){.kind = PATH_QUERY};
    if (is_query) {
        struct err *e = parse_query(path, &a->query, &i);

        if (e)
            return e;
    }
    while (i < path.n && at(path, i) != '.' && at(path, i) != '|')
        i++;
    has_hash = path.n && memchr(path.p, '#', i);
    a->rest = rest_at(path, i, !has_hash);
    if (!is_query)
        a->kind = kind_of(span_part(path, 0, i), &a->index);
    if (a->kind == PATH_COUNT && a->rest.link == PATH_DOT)
        a->kind = PATH_EACH;
    return NULL;
}

void jsonpath_array_done(struct path_array *a)
{
    secret_buf_free(a->query.value);
}

/* Behind the query at i, or behind "#" and one more character: gjson overlooks a pipe there. */
static size_t skip_hash(struct span path, size_t i)
{
    struct span from = span_from(path, i);
    size_t op_at, end;

    if (at(from, 1) != '(' && at(from, 1) != '[')
        return i + 2;
    return find_query_end(from, &op_at, &end) ? i + end + 1 : path.n;
}

bool jsonpath_split_pipe(struct span *path, struct span *right)
{
    struct span all = *path;
    size_t i = at(all, 0) == '{' ? jsonpath_bracketed(all) : 0;

    while (i < all.n && at(all, i) != '|') {
        bool starts_step = i == 0 || at(all, i - 1) == '.';

        if (at(all, i) == '#' && starts_step && (i > 0 || at(all, 1) != '|'))
            i = skip_hash(all, i);
        else
            i += at(all, i) == '\\' ? 2 : 1;
    }
    if (i >= all.n)
        return false;
    *path = span_part(all, 0, i);
    *right = span_from(all, i + 1);
    return true;
}
