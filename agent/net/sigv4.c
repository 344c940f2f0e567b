/* The canonical request is written in one pass into secret memory, because it holds the session
 * token. Path and query are put into canonical form from what goes over the wire, so callers sign
 * exactly what they send; the path is encoded once more, as every AWS service but S3 expects.
 * Derived keys live in arrays on this stack and are erased before return. */
#include "net/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/str_buf.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define BLANKS " \t\r\n"
#define DAY_SIZE 8 /* "20150830", the head of the date */
#define UNIX_S_MAX 253402300799
#define FIELDS_MAX (HTTP_HEADERS_MAX + SIGV4_HEADERS_MAX)
#define HEADER_NAME_MAX 128
#define CANONICAL_MAX ((size_t)4 * HTTP_URL_MAX) /* three bytes for one, and separators */
#define SIGNED_NAMES_MAX ((size_t)FIELDS_MAX * (HEADER_NAME_MAX + 1))

/* A secret_buf with a sticky error: the first failure stays, later writes are ignored. */
struct writer {
    struct secret_buf *b;
    struct err *e;
};

struct param {
    char *key;
    char *value;
};

struct params {
    struct param items[SIGV4_QUERY_MAX];
    size_t n;
};

/* One header to sign; at keeps the given order among repeats. */
struct field {
    const struct http_header *header;
    size_t at;
};

static void params_done(struct params *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->items[i].key);
        free(p->items[i].value);
    }
}

static void put_view(struct writer *w, struct secret_view v)
{
    if (!w->e)
        w->e = secret_buf_append(w->b, v);
}

static void put_bytes(struct writer *w, const char *bytes, size_t n)
{
    if (!w->e)
        w->e = secret_buf_append_raw(w->b, bytes, n);
}

static void put(struct writer *w, const char *text)
{
    put_bytes(w, text, strlen(text));
}

/* ---- path ---- */

static void drop_last_segment(struct str_buf *out)
{
    const char *slash = strrchr(out->s, '/');

    out->n = slash ? (size_t)(slash - out->s) : 0;
    out->s[out->n] = '\0';
}

static void put_segment(struct str_buf *out, const char *segment, size_t n, bool is_kept)
{
    if (!is_kept && (n == 0 || (n == 1 && segment[0] == '.')))
        return;
    if (!is_kept && n == 2 && memcmp(segment, "..", 2) == 0) {
        drop_last_segment(out);
        return;
    }
    str_buf_puts(out, "/");
    http_escape_bytes(out, segment, n);
}

static void canonical_path(const char *path, bool is_kept, struct str_buf *out)
{
    size_t n = strlen(path);

    for (const char *at = path; *at == '/';) {
        size_t len = strcspn(at + 1, "/");

        put_segment(out, at + 1, len, is_kept);
        at += 1 + len;
    }
    if (out->n == 0 || (!is_kept && n > 0 && path[n - 1] == '/'))
        str_buf_puts(out, "/");
}

/* ---- query ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decode and encode again: whatever the sender left bare or encoded in lower case comes out in the
 * one canonical form. */
static char *canonical_piece(const char *s, size_t n)
{
    CLEANUP_STR_BUF struct str_buf out;

    str_buf_init(&out, CANONICAL_MAX);
    for (size_t i = 0; i < n; i++) {
        char c = s[i];

        if (c == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
            c = (char)(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
            i += 2;
        }
        http_escape_bytes(&out, &c, 1);
    }
    return str_buf_take(&out);
}

static void add_param(struct params *p, const char *s, size_t n)
{
    const char *equals = memchr(s, '=', n);
    size_t key_n = equals ? (size_t)(equals - s) : n;
    size_t value_at = equals ? key_n + 1 : n;

    p->items[p->n].key = canonical_piece(s, key_n);
    p->items[p->n].value = canonical_piece(s + value_at, n - value_at);
    p->n++;
}

static int compare_params(const void *a, const void *b)
{
    const struct param *x = a;
    const struct param *y = b;
    int order = strcmp(x->key, y->key);

    return order ? order : strcmp(x->value, y->value);
}

static struct err *canonical_query(const char *query, struct str_buf *out)
{
    __attribute__((cleanup(params_done))) struct params params = {.n = 0};

    while (*query) {
        size_t n = strcspn(query, "&");

        if (params.n == SIGV4_QUERY_MAX)
            return err_new(ERR_INVALID, "query has more than %d parameters", SIGV4_QUERY_MAX);
        if (n > 0)
            add_param(&params, query, n);
        query += n;
        query += strspn(query, "&");
    }
    qsort(params.items, params.n, sizeof(params.items[0]), compare_params);
    for (size_t i = 0; i < params.n; i++)
        str_buf_printf(out, "%s%s=%s", i ? "&" : "", params.items[i].key, params.items[i].value);
    return NULL;
}

/* ---- headers ---- */

static int compare_fields(const void *a, const void *b)
{
    const struct field *x = a;
    const struct field *y = b;
    int order = strcasecmp(x->header->name, y->header->name);

    if (order)
        return order;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void add_field(struct field *fields, size_t *n, const struct http_header *header)
{
    fields[*n] = (struct field){.header = header, .at = *n};
    (*n)++;
}

static size_t collect_fields(const struct sigv4_request *rq, const struct sigv4_signature *s,
                             struct field fields[FIELDS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < rq->n_headers; i++)
        add_field(fields, &n, &rq->headers[i]);
    for (size_t i = 0; i < s->n_headers; i++)
        if (s->headers[i].value || !rq->is_token_not_signed)
            add_field(fields, &n, &s->headers[i]);
    qsort(fields, n, sizeof(fields[0]), compare_fields);
    return n;
}

static void lower_name(const char *name, char out[HEADER_NAME_MAX + 1])
{
    size_t n = 0;

    for (; n < HEADER_NAME_MAX && name[n]; n++)
        out[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] - 'A' + 'a') : name[n];
    out[n] = '\0';
}

/* Trimmed, and each run of blanks as one; a secret value goes in as it is. */
static void put_value(struct writer *w, const struct http_header *h)
{
    const char *at = h->value;

    if (!at) {
        put_view(w, h->secret);
        return;
    }
    at += strspn(at, BLANKS);
    while (*at) {
        size_t n = strcspn(at, BLANKS);

        put_bytes(w, at, n);
        at += n;
        at += strspn(at, BLANKS);
        if (*at)
            put(w, " ");
    }
}

/* "name:value,value\n" for each name, and the names alone, joined by ";". */
static void put_headers(struct writer *w, const struct field *fields, size_t n,
                        struct str_buf *signed_names)
{
    for (size_t i = 0; i < n; i++) {
        char name[HEADER_NAME_MAX + 1];
        bool is_repeat =
            i > 0 && strcasecmp(fields[i - 1].header->name, fields[i].header->name) == 0;

        if (is_repeat) {
            put(w, ",");
        } else {
            lower_name(fields[i].header->name, name);
            str_buf_printf(signed_names, "%s%s", i ? ";" : "", name);
            put(w, i ? "\n" : "");
            put(w, name);
            put(w, ":");
        }
        put_value(w, fields[i].header);
    }
    put(w, "\n");
}

/* ---- the signature ---- */

static struct err *write_canonical(const struct sigv4_request *rq, struct sigv4_signature *s,
                                   struct str_buf *signed_names)
{
    struct field fields[FIELDS_MAX];
    size_t n_fields = collect_fields(rq, s, fields);
    struct writer w = {.b = s->canonical, .e = NULL};
    CLEANUP_STR_BUF struct str_buf path;
    CLEANUP_STR_BUF struct str_buf query;
    struct err *e;

    str_buf_init(&path, CANONICAL_MAX);
    str_buf_init(&query, CANONICAL_MAX);
    canonical_path(rq->path, rq->is_path_kept, &path);
    e = canonical_query(rq->query ? rq->query : "", &query);
    if (e)
        return e;
    put(&w, rq->method);
    put(&w, "\n");
    put(&w, path.s);
    put(&w, "\n");
    put(&w, query.s);
    put(&w, "\n");
    put_headers(&w, fields, n_fields, signed_names);
    put(&w, "\n");
    put(&w, signed_names->s);
    put(&w, "\n");
    put(&w, s->payload_sha256);
    return w.e;
}

/* Each derived key signs the next part of the scope; the last one signs the text. */
static struct err *sign_text(const struct sigv4_request *rq, const struct sigv4_signature *s,
                             char out_hex[DIGEST_SHA256_HEX])
{
    const struct secret_view steps[] = {
        secret_view_of(s->amz_date, DAY_SIZE),
        secret_view_of(rq->region, strlen(rq->region)),
        secret_view_of(rq->service, strlen(rq->service)),
        secret_view_of(TERMINATOR, strlen(TERMINATOR)),
        secret_view_of(s->string_to_sign, strlen(s->string_to_sign)),
    };
    CLEANUP(secret_buf) struct secret_buf *first = NULL;
    unsigned char key[DIGEST_SHA256_BYTES];
    struct secret_view next;
    struct err *e = secret_buf_new(4 + rq->credentials->secret_key.n, &first);

    if (!e)
        e = secret_buf_puts(first, "AWS4");
    if (!e)
        e = secret_buf_append(first, rq->credentials->secret_key);
    if (e)
        return e;
    next = secret_buf_view(first);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        unsigned char derived[DIGEST_SHA256_BYTES];

        digest_hmac_sha256(next, steps[i], derived);
        memcpy(key, derived, sizeof(key));
        secret_erase(derived, sizeof(derived));
        next = secret_view_of(key, sizeof(key));
    }
    codec_hex(key, sizeof(key), out_hex);
    secret_erase(key, sizeof(key));
    return NULL;
}

static struct err *write_authorization(const struct sigv4_request *rq, struct sigv4_signature *s,
                                       const char *scope, const char *signed_names)
{
    char signature[DIGEST_SHA256_HEX];
    struct writer w = {.b = s->authorization, .e = NULL};
    struct err *e = sign_text(rq, s, signature);

    if (e)
        return e;
    put(&w, ALGORITHM " Credential=");
    put(&w, rq->credentials->access_key);
    put(&w, "/");
    put(&w, scope);
    put(&w, ", SignedHeaders=");
    put(&w, signed_names);
    put(&w, ", Signature=");
    put(&w, signature);
    secret_erase(signature, sizeof(signature));
    return w.e;
}

static void add_header(struct sigv4_signature *s, const char *name, const char *value,
                       struct secret_view secret)
{
    s->headers[s->n_headers++] =
        (struct http_header){.name = name, .value = value, .secret = secret};
}

/* Date, token and payload hash are known before signing and are signed with the rest. */
static void add_known_headers(const struct sigv4_request *rq, struct sigv4_signature *s)
{
    const struct secret_view none = {.p = NULL, .n = 0};

    add_header(s, "X-Amz-Date", s->amz_date, none);
    if (rq->credentials->session_token.n > 0)
        add_header(s, "X-Amz-Security-Token", NULL, rq->credentials->session_token);
    if (rq->has_payload_header)
        add_header(s, "X-Amz-Content-Sha256", s->payload_sha256, none);
}

static struct err *sign(const struct sigv4_request *rq, struct sigv4_signature *s)
{
    CLEANUP_STR_BUF struct str_buf signed_names;
    CLEANUP_STR char *scope =
        xasprintf("%.*s/%s/%s/" TERMINATOR, DAY_SIZE, s->amz_date, rq->region, rq->service);
    char canonical_sha256[DIGEST_SHA256_HEX];
    struct err *e;

    str_buf_init(&signed_names, SIGNED_NAMES_MAX);
    digest_sha256_hex(rq->body, s->payload_sha256);
    add_known_headers(rq, s);
    e = write_canonical(rq, s, &signed_names);
    if (e)
        return e;
    digest_sha256_hex(secret_buf_view(s->canonical), canonical_sha256);
    s->string_to_sign = xasprintf(ALGORITHM "\n%s\n%s\n%s", s->amz_date, scope, canonical_sha256);
    e = write_authorization(rq, s, scope, signed_names.s);
    if (e)
        return e;
    add_header(s, "Authorization", NULL, secret_buf_view(s->authorization));
    return NULL;
}

/* ---- what may be signed ---- */

static bool is_scope_name(const char *s)
{
    size_t n = s ? strnlen(s, SIGV4_NAME_MAX + 1) : 0;

    if (n == 0 || n > SIGV4_NAME_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] <= 0x20 || s[i] >= 0x7f || s[i] == '/' || s[i] == ',')
            return false;
    return true;
}

static struct err *check_headers(const struct sigv4_request *rq)
{
    bool has_host = false;

    if (rq->n_headers > HTTP_HEADERS_MAX)
        return err_new(ERR_INVALID, "more than %d headers to sign", HTTP_HEADERS_MAX);
    for (size_t i = 0; i < rq->n_headers; i++) {
        if (strlen(rq->headers[i].name) > HEADER_NAME_MAX)
            return err_new(ERR_INVALID, "header %zu to sign has a name of more than %d bytes", i,
                           HEADER_NAME_MAX);
        has_host |= strcasecmp(rq->headers[i].name, "host") == 0;
    }
    return has_host ? NULL : err_new(ERR_INVALID, "no host among the headers to sign");
}

static struct err *check(const struct sigv4_request *rq)
{
    size_t query_n = rq->query ? strlen(rq->query) : 0;

    if (rq->path[0] != '/' && rq->path[0] != '\0')
        return err_new(ERR_INVALID, "path to sign does not start with \"/\"");
    if (strlen(rq->path) > HTTP_URL_MAX || query_n > HTTP_URL_MAX)
        return err_new(ERR_INVALID, "path or query to sign is longer than %d bytes", HTTP_URL_MAX);
    if (!is_scope_name(rq->region) || !is_scope_name(rq->service))
        return err_new(ERR_INVALID, "region or service to sign for is malformed");
    if (!is_scope_name(rq->credentials->access_key))
        return err_new(ERR_INVALID, "access key id is malformed");
    if (rq->credentials->secret_key.n == 0)
        return err_new(ERR_INVALID, "secret access key is empty");
    if (rq->unix_s < 0 || rq->unix_s > UNIX_S_MAX)
        return err_new(ERR_INVALID, "time to sign at is out of range");
    return check_headers(rq);
}

static void write_date(int64_t unix_s, char out[SIGV4_DATE_SIZE])
{
    time_t t = (time_t)unix_s;
    struct tm tm;

    gmtime_r(&t, &tm);
    strftime(out, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm);
}

struct err *sigv4_sign(const struct sigv4_request *rq, struct sigv4_signature **out)
{
    CLEANUP(sigv4_signature) struct sigv4_signature *s = xcalloc(1, sizeof(*s));
    struct err *e = check(rq);

    if (!e)
        e = secret_buf_new(0, &s->canonical);
    if (!e)
        e = secret_buf_new(0, &s->authorization);
    if (!e) {
        write_date(rq->unix_s, s->amz_date);
        e = sign(rq, s);
    }
    if (e)
        return err_wrap(e, "sign request");
    *out = TAKE(s);
    return NULL;
}

void sigv4_signature_free(struct sigv4_signature *s)
{
    if (!s)
        return;
    secret_buf_free(s->authorization);
    secret_buf_free(s->canonical);
    free(s->string_to_sign);
    free(s);
}
