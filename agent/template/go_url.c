/* Reading cuts a URL at its separators from the outside in: fragment, scheme, query, authority, and
 * what is left is the path. */
#include "template/go_url.h"

#include "template/go_url_escape.h"
#include "template/ip_text.h"

static struct text behind(struct text t, size_t n)
{
    return text_part(t, n, t.n - n);
}

static struct text before(struct text t, size_t n)
{
    return text_part(t, 0, n);
}

static bool holds(struct text t, const char *needle)
{
    return text_find(t, 0, text_of(needle)) >= 0;
}

/* Cut t at the first separator into what stands before it, left in t, and behind it. */
static bool cut(struct text *t, const char *separator, struct text *rest)
{
    ptrdiff_t at = text_find(*t, 0, text_of(separator));

    *rest = TEXT("");
    if (at < 0)
        return false;
    *rest = behind(*t, (size_t)at + 1);
    *t = before(*t, (size_t)at);
    return true;
}

static bool has_control(struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] < ' ' || t.p[i] == 0x7f)
            return true;
    }
    return false;
}

static bool is_letter(unsigned char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool is_digit(unsigned char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Length of the scheme that t begins with; 0 when there is none. */
static size_t scheme_length(struct text t)
{
    size_t n = 0;

    while (n < t.n && (is_letter(t.p[n]) || (n && (is_digit(t.p[n]) || t.p[n] == '+' ||
                                                   t.p[n] == '-' || t.p[n] == '.'))))
        n++;
    return n < t.n && t.p[n] == ':' ? n : 0;
}

static struct err *take_scheme(struct secret_arena *a, struct text *t, struct go_url *u)
{
    size_t n = scheme_length(*t);
    void *room;

    if (t->n && t->p[0] == ':')
        return err_new(ERR_INVALID, "missing protocol scheme");
    if (!n)
        return NULL;
    struct err *e = secret_arena_alloc(a, n, &room);
    if (e)
        return e;
    unsigned char *to = room;
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)(t->p[i] - 'A') < 26 ? t->p[i] | 0x20 : t->p[i];
    u->scheme = (struct text){to, n};
    *t = behind(*t, n + 1);
    return NULL;
}

/* "", ":" or ":443". */
static bool is_port(struct text t)
{
    if (t.n && t.p[0] != ':')
        return false;
    for (size_t i = 1; i < t.n; i++) {
        if (!is_digit(t.p[i]))
            return false;
    }
    return true;
}

static struct err *bad_port(void)
{
    return err_new(ERR_INVALID, "invalid port after host");
}

/* An IPv6 address, perhaps with a zone. */
static bool is_ipv6(struct text t)
{
    unsigned char bytes[IP_BYTES_MAX];
    struct text zone;
    size_t n;

    if (cut(&t, "%", &zone) && !zone.n)
        return false;
    return holds(t, ":") && ip_text_read(t, bytes, &n);
}

/* What stands in brackets: the address is unescaped before its zone is, and each by its rules. */
static struct err *unescape_address(struct secret_arena *a, struct text t, struct text_buf *b)
{
    struct text address = t, zone = TEXT("");
    ptrdiff_t at = text_find(t, 0, TEXT("%25"));

    if (at >= 0) {
        address = before(t, (size_t)at);
        zone = behind(t, (size_t)at);
    }
    struct err *e = go_url_unescape(a, address, GO_URL_HOST, &address);
    if (!e)
        e = go_url_unescape(a, zone, GO_URL_ZONE, &zone);
    if (e)
        return e;
    text_buf_byte(b, '[');
    text_buf_add(b, address);
    text_buf_add(b, zone);
    if (text_buf_ok(b) && !is_ipv6(behind(text_buf_view(b), 1)))
        return err_new(ERR_INVALID, "invalid IP-literal");
    text_buf_byte(b, ']');
    return NULL;
}

static struct err *parse_bracketed(struct secret_arena *a, struct text t, struct text *out)
{
    ptrdiff_t end = text_find_last(t, TEXT("]"));
    struct text_buf b;

    if (end < 0)
        return err_new(ERR_INVALID, "missing ']' in host");
    struct text port = behind(t, (size_t)end + 1);
    if (!is_port(port))
        return bad_port();
    text_buf_init(&b, a, TEXT_MAX);
    struct err *e = unescape_address(a, text_part(t, 1, (size_t)end - 1), &b);
    if (e) {
        err_free(b.failed);
        return e;
    }
    text_buf_add(&b, port);
    return text_buf_end(&b, out);
}

static struct err *parse_host(struct secret_arena *a, struct text scheme, struct text t,
                              struct text *out)
{
    ptrdiff_t bracket = text_find_last(t, TEXT("["));

    if (bracket > 0)
        return err_new(ERR_INVALID, "invalid IP-literal");
    if (bracket == 0)
        return parse_bracketed(a, t, out);
    /* Schemes that nobody here knows may have hosts with colons. */
    bool is_strict = text_is(scheme, "http") || text_is(scheme, "https");
    ptrdiff_t colon = is_strict ? text_find(t, 0, TEXT(":")) : text_find_last(t, TEXT(":"));
    if (colon >= 0 && !is_port(behind(t, (size_t)colon)))
        return bad_port();
    return go_url_unescape(a, t, GO_URL_HOST, out);
}

static bool is_userinfo(struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = t.p[i];

        if (!is_letter(c) && !is_digit(c) && (!c || !strchr("-._:~!$&'()*+,;=%@", c)))
            return false;
    }
    return true;
}

static struct err *parse_user(struct secret_arena *a, struct text t, struct go_url *u)
{
    if (!is_userinfo(t))
        return err_new(ERR_INVALID, "net/url: invalid userinfo");
    u->has_user = true;
    u->has_password = cut(&t, ":", &u->password);
    struct err *e = go_url_unescape(a, t, GO_URL_USER, &u->user);
    return e ? e : go_url_unescape(a, u->password, GO_URL_USER, &u->password);
}

static struct err *parse_authority(struct secret_arena *a, struct text t, struct go_url *u)
{
    ptrdiff_t at = text_find_last(t, TEXT("@"));
    struct err *e = parse_host(a, u->scheme, at < 0 ? t : behind(t, (size_t)at + 1), &u->host);

    if (e || at < 0)
        return e;
    return parse_user(a, before(t, (size_t)at), u);
}

/* All but the fragment. */
static struct err *parse(struct secret_arena *a, struct text t, struct go_url *u)
{
    if (has_control(t))
        return err_new(ERR_INVALID, "net/url: invalid control character in URL");
    struct err *e = take_scheme(a, &t, u);
    if (e)
        return e;
    u->has_bare_query = cut(&t, "?", &u->query) && !u->query.n;
    bool has_slash = text_has_prefix(t, TEXT("/"));
    if (!has_slash && u->scheme.n) {
        u->opaque = t;
        return NULL;
    }
    struct text segment = t, rest;
    cut(&segment, "/", &rest);
    if (!has_slash && holds(segment, ":"))
        return err_new(ERR_INVALID, "first path segment in URL cannot contain colon");
    bool is_triple = text_has_prefix(t, TEXT("///"));
    if (text_has_prefix(t, TEXT("//")) && (u->scheme.n || !is_triple)) {
        ptrdiff_t slash = text_find(t, 2, TEXT("/"));
        size_t end = slash < 0 ? t.n : (size_t)slash;
        e = parse_authority(a, text_part(t, 2, end - 2), u);
        t = behind(t, end);
    } else {
        u->omits_host = u->scheme.n && has_slash;
    }
    if (!e)
        e = go_url_unescape(a, t, GO_URL_PATH, &u->path);
    return e ? e : go_url_keep_raw(a, t, u->path, GO_URL_PATH, &u->raw_path);
}

struct err *go_url_parse(struct secret_arena *a, struct text t, struct go_url *out)
{
    struct go_url u = {.has_user = false};
    struct text fragment;

    cut(&t, "#", &fragment);
    struct err *e = parse(a, t, &u);
    if (!e)
        e = go_url_unescape(a, fragment, GO_URL_FRAGMENT, &u.fragment);
    if (!e)
        e = go_url_keep_raw(a, fragment, u.fragment, GO_URL_FRAGMENT, &u.raw_fragment);
    if (!e)
        *out = u;
    return e;
}

struct text go_url_hostname(const struct go_url *u)
{
    struct text t = u->host;
    ptrdiff_t colon = text_find_last(t, TEXT(":"));

    if (colon >= 0 && is_port(behind(t, (size_t)colon)))
        t = before(t, (size_t)colon);
    if (text_has_prefix(t, TEXT("[")) && text_has_suffix(t, TEXT("]")))
        t = text_part(t, 1, t.n - 2);
    return t;
}

void go_url_print_user(struct text_buf *b, const struct go_url *u)
{
    go_url_escape(b, u->user, GO_URL_USER);
    if (u->has_password) {
        text_buf_byte(b, ':');
        go_url_escape(b, u->password, GO_URL_USER);
    }
}

static void print_authority(struct text_buf *b, const struct go_url *u)
{
    if (!u->host.n && !u->has_user && (!u->scheme.n || !u->path.n || u->omits_host))
        return;
    text_buf_puts(b, "//");
    if (u->has_user) {
        go_url_print_user(b, u);
        text_buf_byte(b, '@');
    }
    go_url_escape(b, u->host, GO_URL_HOST);
}

static void print_path(struct text_buf *b, const struct go_url *u)
{
    struct text segment = u->raw_path.n ? u->raw_path : u->path, rest;

    if (u->path.n && u->path.p[0] != '/' && u->host.n)
        text_buf_byte(b, '/');
    /* What reads like a scheme must not be taken for one. */
    cut(&segment, "/", &rest);
    if (!u->scheme.n && !u->host.n && !u->has_user && holds(segment, ":"))
        text_buf_puts(b, "./");
    if (u->raw_path.n)
        text_buf_add(b, u->raw_path);
    else if (text_is(u->path, "*"))
        text_buf_byte(b, '*');
    else
        go_url_escape(b, u->path, GO_URL_PATH);
}

void go_url_print(struct text_buf *b, const struct go_url *u)
{
    if (u->scheme.n) {
        text_buf_add(b, u->scheme);
        text_buf_byte(b, ':');
    }
    if (u->opaque.n) {
        text_buf_add(b, u->opaque);
    } else {
        print_authority(b, u);
        print_path(b, u);
    }
    if (u->query.n || u->has_bare_query) {
        text_buf_byte(b, '?');
        text_buf_add(b, u->query);
    }
    if (u->fragment.n) {
        text_buf_byte(b, '#');
        if (u->raw_fragment.n)
            text_buf_add(b, u->raw_fragment);
        else
            go_url_escape(b, u->fragment, GO_URL_FRAGMENT);
    }
}
