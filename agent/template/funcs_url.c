/* A URL as a dict and back. A user for urlJoin is read as part of a URL, as sprig does it, so that
 * one with a slash or a number sign in it is no user at all. */
#include "template/funcs.h"
#include "template/funcs_text.h"
#include "template/go_url.h"

#define PASSES 8u /* of reading or printing over a URL */

/* In front of what parsing refuses; limits keep their own beginning. */
static struct err *explain(struct err *e, const char *what)
{
    return engine_is_limit(e) ? e : err_wrap(e, "unable to parse %s", what);
}

static struct err *put(struct engine *g, struct dict *m, const char *key, struct text value)
{
    return dict_set(g->arena, m, text_of(key), datum_string(value));
}

static struct err *user_text(struct engine *g, const struct go_url *u, struct text *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    if (u->has_user)
        go_url_print_user(&b, u);
    return text_buf_end(&b, out);
}

static struct err *url_parse(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct go_url u;
    struct text user;
    struct dict *m;
    struct err *e = engine_charge_bytes(g, (uint64_t)PASSES * args[0].n);

    (void)n;
    if (!e)
        e = go_url_parse(g->arena, datum_text(&args[0]), &u);
    if (!e)
        e = user_text(g, &u, &user);
    if (!e)
        e = dict_new(g->arena, ELEMENT_ANY, 8, &m);
    if (e)
        return explain(e, "url");
    const struct {
        const char *key;
        struct text value;
    } parts[] = {
        {"fragment", u.fragment}, {"host", u.host},   {"hostname", go_url_hostname(&u)},
        {"opaque", u.opaque},     {"path", u.path},   {"query", u.query},
        {"scheme", u.scheme},     {"userinfo", user},
    };
    for (size_t i = 0; i < ARRAY_SIZE(parts) && !e; i++)
        e = put(g, m, parts[i].key, parts[i].value);
    if (!e)
        *out = datum_map(m);
    return e;
}

/* The text under key; empty when there is none. */
static struct err *take(struct engine *g, const struct dict *m, const char *key, struct text *out)
{
    const struct datum *d = dict_get(m, text_of(key));

    *out = TEXT("");
    if (!d)
        return NULL;
    if (datum_is_nothing(d))
        return err_new(ERR_INVALID, "runtime error: invalid memory address or nil pointer "
                                    "dereference");
    if (d->kind != DATUM_STRING)
        return err_new(ERR_INVALID, "unable to parse %s key, must be of type string, but %s found",
                       key, datum_kind_name(d));
    *out = datum_text(d);
    return engine_charge_bytes(g, (uint64_t)PASSES * out->n);
}

/* Read userinfo, if any, into u. */
static struct err *read_user(struct engine *g, struct text userinfo, struct go_url *u)
{
    struct text_buf b;
    struct text t;
    struct go_url read;

    if (!userinfo.n)
        return NULL;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, "proto://");
    text_buf_add(&b, userinfo);
    text_buf_puts(&b, "@host");
    struct err *e = text_buf_end(&b, &t);
    if (!e)
        e = go_url_parse(g->arena, t, &read);
    if (e)
        return explain(e, "userinfo in dict");
    u->has_user = read.has_user;
    u->has_password = read.has_password;
    u->user = read.user;
    u->password = read.password;
    return NULL;
}

static struct err *url_join(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct go_url u = {.has_user = false};
    struct text userinfo;
    struct text_buf b;
    struct err *e = NULL;
    const struct {
        const char *key;
        struct text *value;
    } parts[] = {
        {"scheme", &u.scheme},   {"host", &u.host},     {"path", &u.path},
        {"query", &u.query},     {"opaque", &u.opaque}, {"fragment", &u.fragment},
        {"userinfo", &userinfo},
    };

    (void)n;
    for (size_t i = 0; i < ARRAY_SIZE(parts) && !e; i++)
        e = take(g, args[0].v.map, parts[i].key, parts[i].value);
    if (!e)
        e = read_user(g, userinfo, &u);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    go_url_print(&b, &u);
    return func_give_text(&b, NULL, out);
}

static const struct func rows[] = {
    {"urlJoin", "m", "s", url_join, 0, "the URL of what urlParse gives",
     "{{ urlJoin (dict \"scheme\" \"https\" \"host\" \"example.com\" \"path\" \"/a b\") }}",
     "https://example.com/a%20b"},
    {"urlParse", "s", "m", url_parse, 0,
     "scheme, userinfo, host, hostname, path, query, opaque and fragment of a URL",
     "{{ (urlParse \"https://user:pw@example.com:8443/x?y=1\").hostname }}", "example.com"},
};

const struct func_table funcs_url = {"URLs", rows, ARRAY_SIZE(rows)};
