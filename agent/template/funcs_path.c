/* Paths are texts with slashes: nothing looks at a file. The names that begin with os are Go's
 * path/filepath, which on Linux does the same. */
#include "template/funcs.h"
#include "template/funcs_text.h"

/* A path being cleaned into to, which has as many bytes as the path. */
struct cleaning {
    unsigned char *to;
    size_t n;     /* bytes in to */
    size_t fixed; /* of them cannot be taken back: the root, or leading ".." */
    bool is_rooted;
};

static void add_element(struct cleaning *c, struct text element)
{
    if (c->n != (c->is_rooted ? 1u : 0u))
        c->to[c->n++] = '/';
    funcs_text_put(c->to + c->n, element);
    c->n += element.n;
}

static void go_up(struct cleaning *c)
{
    if (c->n > c->fixed) {
        c->n--;
        while (c->n > c->fixed && c->to[c->n] != '/')
            c->n--;
    } else if (!c->is_rooted) {
        add_element(c, TEXT(".."));
        c->fixed = c->n;
    }
}

/* The element that begins at at: up to the next slash. */
static struct text element_at(struct text path, size_t at)
{
    ptrdiff_t end = text_find(path, at, TEXT("/"));

    return text_part(path, at, (end < 0 ? path.n : (size_t)end) - at);
}

static struct err *clean_path(struct engine *g, struct text path, struct datum *out)
{
    void *room;
    struct err *e = engine_charge_bytes(g, 2 * path.n);

    if (!e)
        e = secret_arena_alloc(g->arena, path.n, &room);
    if (e)
        return e;
    struct cleaning c = {.to = room, .is_rooted = path.n && path.p[0] == '/'};
    if (c.is_rooted)
        c.to[c.n++] = '/';
    c.fixed = c.n;
    for (size_t at = c.n; at < path.n; at++) {
        struct text element = element_at(path, at);
        if (text_is(element, ".."))
            go_up(&c);
        else if (element.n && !text_is(element, "."))
            add_element(&c, element);
        at += element.n;
    }
    *out = datum_string(c.n ? (struct text){c.to, c.n} : TEXT("."));
    return NULL;
}

/* Length of path up to and with its last slash. */
static size_t folder_length(struct text path)
{
    const unsigned char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

    return slash ? (size_t)(slash - path.p) + 1 : 0;
}

static struct err *base(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text path = datum_text(&args[0]);
    struct err *e = engine_charge_bytes(g, path.n);

    (void)n;
    if (e)
        return e;
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    size_t start = folder_length(path);
    if (start < path.n)
        path = text_part(path, start, path.n - start);
    *out = datum_string(path.n ? path : TEXT("."));
    return NULL;
}

static struct err *clean(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    return clean_path(g, datum_text(&args[0]), out);
}

static struct err *dir(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text path = datum_text(&args[0]);

    (void)n;
    return clean_path(g, text_part(path, 0, folder_length(path)), out);
}

static struct err *ext(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text path = datum_text(&args[0]);
    size_t at = path.n;
    struct err *e = engine_charge_bytes(g, path.n);

    (void)n;
    if (e)
        return e;
    while (at > 0 && path.p[at - 1] != '/' && path.p[at - 1] != '.')
        at--;
    bool has_dot = at > 0 && path.p[at - 1] == '.';
    *out = datum_string(has_dot ? text_part(path, at - 1, path.n - at + 1) : TEXT(""));
    return NULL;
}

static struct err *is_abs(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_bool(text_has_prefix(datum_text(&args[0]), TEXT("/")));
    return NULL;
}

#define BASE "s", "s", base, 0, "the last element of a path"
#define CLEAN "s", "s", clean, 0, "the shortest path that is the same"
#define DIR "s", "s", dir, 0, "all but the last element of a path"
#define EXT "s", "s", ext, 0, "the end of a path from its last dot on"
#define IS_ABS "s", "b", is_abs, 0, "does the path begin at the root"

static const struct func rows[] = {
    {"base", BASE, "{{ base \"/etc/tls/ca.crt\" }}", "ca.crt"},
    {"clean", CLEAN, "{{ clean \"/etc//tls/../ca.crt\" }}", "/etc/ca.crt"},
    {"dir", DIR, "{{ dir \"/etc/tls/ca.crt\" }}", "/etc/tls"},
    {"ext", EXT, "{{ ext \"ca.crt\" }}", ".crt"},
    {"isAbs", IS_ABS, "{{ isAbs \"/etc\" }}", "true"},
    {"osBase", BASE, "{{ osBase \"/etc/tls/ca.crt\" }}", "ca.crt"},
    {"osClean", CLEAN, "{{ osClean \"/etc//tls/../ca.crt\" }}", "/etc/ca.crt"},
    {"osDir", DIR, "{{ osDir \"/etc/tls/ca.crt\" }}", "/etc/tls"},
    {"osExt", EXT, "{{ osExt \"ca.crt\" }}", ".crt"},
    {"osIsAbs", IS_ABS, "{{ osIsAbs \"/etc\" }}", "true"},
};

const struct func_table funcs_path = {"Paths", rows, ARRAY_SIZE(rows)};
