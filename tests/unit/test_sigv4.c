/* The signer against published vectors and a second signer's results (tests/vectors/sigv4), and
 * each refusal that its header promises. */
#include "tests/support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/sigv4.h"

#define VECTORS_MAX 80
#define FILE_MAX 65536

struct vector {
    const char *name;
    const char *method, *path, *query, *body, *token;
    const char *access, *secret, *region, *service;
    const char *canonical, *signature;
    int64_t unix_s;
    struct http_header headers[8];
    size_t n_headers;
    bool is_path_kept, has_payload_header, is_token_not_signed;
};

struct vector_file {
    char *text;
    struct vector vectors[VECTORS_MAX];
    size_t n;
};

static void unescape_breaks(char *s)
{
    for (char *at = strstr(s, "\\n"); at; at = strstr(at, "\\n")) {
        *at = '\n';
        memmove(at + 1, at + 2, strlen(at + 2) + 1);
    }
}

static void set_header(struct vector *v, char *text)
{
    char *colon = strchr(text, ':');

    assert_non_null(colon);
    assert_true(v->n_headers < ARRAY_SIZE(v->headers));
    *colon = '\0';
    unescape_breaks(colon + 1);
    v->headers[v->n_headers++] = (struct http_header){.name = text, .value = colon + 1};
}

static void set_flag(struct vector *v, const char *flag)
{
    if (strcmp(flag, "path_kept") == 0)
        v->is_path_kept = true;
    else if (strcmp(flag, "payload_header") == 0)
        v->has_payload_header = true;
    else if (strcmp(flag, "token_not_signed") == 0)
        v->is_token_not_signed = true;
    else
        fail_msg("unknown flag %s", flag);
}

static void set_text(struct vector *v, const char *key, const char *value)
{
    const struct {
        const char *key;
        const char **at;
    } fields[] = {
        {"case", &v->name},       {"method", &v->method},       {"path", &v->path},
        {"query", &v->query},     {"body", &v->body},           {"token", &v->token},
        {"access", &v->access},   {"secret", &v->secret},       {"region", &v->region},
        {"service", &v->service}, {"canonical", &v->canonical}, {"signature", &v->signature},
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (strcmp(fields[i].key, key) == 0) {
            *fields[i].at = value;
            return;
        }
    }
    fail_msg("unknown key %s", key);
}

static void set(struct vector *v, const char *key, char *value)
{
    if (strcmp(key, "header") == 0)
        set_header(v, value);
    else if (strcmp(key, "flag") == 0)
        set_flag(v, value);
    else if (strcmp(key, "time") == 0)
        v->unix_s = strtoll(value, NULL, 10);
    else
        set_text(v, key, value);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = xcalloc(1, FILE_MAX);
    size_t n;

    if (!f) {
        print_error("%s: run from the top of the tree\n", path);
        exit(1);
    }
    n = fread(text, 1, FILE_MAX - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

static void load(const char *path, struct vector_file *file)
{
    struct vector defaults = {.path = "", .query = "", .body = ""};
    struct vector *v = &defaults;
    char *rest = read_file(path);

    file->text = rest;
    file->n = 0;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        char *value = line;
        const char *key = strsep(&value, " ");

        if (*line == '\0' || *line == '#')
            continue;
        if (strcmp(key, "case") == 0) {
            assert_true(file->n < VECTORS_MAX);
            v = &file->vectors[file->n++];
            *v = defaults;
        }
        set(v, key, value);
    }
}

static struct secret_view view(const char *s)
{
    return secret_view_of(s, s ? strlen(s) : 0);
}

static const char *text_of(const struct secret_buf *b, char *out, size_t size)
{
    struct secret_view v = secret_buf_view(b);

    assert_true(v.n < size);
    memcpy(out, v.p, v.n);
    out[v.n] = '\0';
    return out;
}

static void one_vector(void **state)
{
    const struct vector *v = *state;
    const struct sigv4_credentials credentials = {v->access, view(v->secret), view(v->token)};
    const struct sigv4_request rq = {
        .method = v->method,
        .path = v->path,
        .query = v->query,
        .headers = v->headers,
        .n_headers = v->n_headers,
        .body = view(v->body),
        .credentials = &credentials,
        .region = v->region,
        .service = v->service,
        .unix_s = v->unix_s,
        .is_path_kept = v->is_path_kept,
        .has_payload_header = v->has_payload_header,
        .is_token_not_signed = v->is_token_not_signed,
    };
    CLEANUP(sigv4_signature) struct sigv4_signature *s = NULL;
    char text[2048];

    assert_null(sigv4_sign(&rq, &s));
    assert_string_equal(strrchr(s->string_to_sign, '\n') + 1, v->canonical);
    assert_string_equal(strrchr(text_of(s->authorization, text, sizeof(text)), '=') + 1,
                        v->signature);
}

static const struct http_header host_only[] = {{.name = "Host", .value = "a.example"}};
static const struct http_header no_host[] = {{.name = "X-Amz-Target", .value = "t"}};
static const struct http_header long_name[] = {
    {.name = "Host", .value = "a.example"},
    {.name = "X-0123456789012345678901234567890123456789012345678901234567890123456789012345678"
             "90123456789012345678901234567890123456789012345678901234567890",
     .value = "v"},
};

struct refusal {
    const char *name;
    const char *path, *query, *access, *secret, *region, *service;
    const struct http_header *headers;
    size_t n_headers;
    int64_t unix_s;
    const char *want;
};

#define GOOD                                                                                       \
    .path = "/", .query = "", .access = "AK", .secret = "sk", .region = "r", .service = "s",       \
    .headers = host_only, .n_headers = 1, .unix_s = 0

static char long_path[HTTP_URL_MAX + 2];
static char many_params[SIGV4_QUERY_MAX * 2 + 4];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct refusal refusals[] = {
    {"accepted", GOOD, .want = NULL},
    {"latest time", GOOD, .unix_s = 253402300799, .want = NULL},
    {"relative path", GOOD, .path = "a", .want = "does not start with"},
    {"long path", GOOD, .path = long_path, .want = "longer than"},
    {"long query", GOOD, .query = long_path, .want = "longer than"},
    {"many parameters", GOOD, .query = many_params, .want = "parameters"},
    {"no host", GOOD, .headers = no_host, .want = "no host"},
    {"no headers", GOOD, .n_headers = 0, .want = "no host"},
    {"many headers", GOOD, .n_headers = HTTP_HEADERS_MAX + 1, .want = "headers to sign"},
    {"long header name", GOOD, .headers = long_name, .n_headers = 2, .want = "a name of more"},
    {"no region", GOOD, .region = NULL, .want = "region or service"},
    {"empty service", GOOD, .service = "", .want = "region or service"},
    {"slash in region", GOOD, .region = "a/b", .want = "region or service"},
    {"blank in access key", GOOD, .access = "A K", .want = "access key"},
    {"line break in access key", GOOD, .access = "A\nK", .want = "access key"},
    {"empty secret key", GOOD, .secret = "", .want = "secret access key"},
    {"before 1970", GOOD, .unix_s = -1, .want = "out of range"},
    {"after 9999", GOOD, .unix_s = 253402300800, .want = "out of range"},
};
#pragma GCC diagnostic pop

static void one_refusal(void **state)
{
    const struct refusal *r = *state;
    const struct sigv4_credentials credentials = {r->access, view(r->secret), view(NULL)};
    const struct sigv4_request rq = {
        .method = "POST",
        .path = r->path,
        .query = r->query,
        .headers = r->headers,
        .n_headers = r->n_headers,
        .credentials = &credentials,
        .region = r->region,
        .service = r->service,
        .unix_s = r->unix_s,
    };
    CLEANUP(sigv4_signature) struct sigv4_signature *s = NULL;
    CLEANUP(err) struct err *e = sigv4_sign(&rq, &s);

    if (!r->want) {
        assert_null(e);
        assert_non_null(s);
        return;
    }
    assert_non_null(e);
    assert_null(s);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), r->want));
}

static struct err *sign_with_token(struct sigv4_signature **out)
{
    const struct sigv4_credentials credentials = {"AKIDEXAMPLE", view("key"), view("token")};
    const struct sigv4_request rq = {
        .method = "GET",
        .path = "/",
        .headers = host_only,
        .n_headers = 1,
        .body = view("body"),
        .credentials = &credentials,
        .region = "us-east-1",
        .service = "service",
        .unix_s = 1440938160,
        .has_payload_header = true,
    };

    return sigv4_sign(&rq, out);
}

static void gives_the_headers_to_send(void **state)
{
    static const char *const names[] = {"X-Amz-Date", "X-Amz-Security-Token",
                                        "X-Amz-Content-Sha256", "Authorization"};
    CLEANUP(sigv4_signature) struct sigv4_signature *s = NULL;

    (void)state;
    assert_null(sign_with_token(&s));
    assert_int_equal(s->n_headers, ARRAY_SIZE(names));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_string_equal(s->headers[i].name, names[i]);
    assert_string_equal(s->headers[0].value, "20150830T123600Z");
    assert_null(s->headers[1].value);
    assert_true(secret_view_equal(s->headers[1].secret, view("token")));
    assert_string_equal(s->headers[2].value, s->payload_sha256);
    assert_true(secret_view_equal(s->headers[3].secret, secret_buf_view(s->authorization)));
}

static void shows_each_step(void **state)
{
    CLEANUP(sigv4_signature) struct sigv4_signature *s = NULL;
    char text[1024];

    (void)state;
    assert_null(sign_with_token(&s));
    assert_string_equal(
        text_of(s->canonical, text, sizeof(text)),
        "GET\n/\n\nhost:a.example\n"
        "x-amz-content-sha256:230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5\n"
        "x-amz-date:20150830T123600Z\nx-amz-security-token:token\n\n"
        "host;x-amz-content-sha256;x-amz-date;x-amz-security-token\n"
        "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5");
    assert_non_null(strstr(text_of(s->authorization, text, sizeof(text)),
                           "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                           "x-amz-security-token, Signature="));
}

static void fails_cleanly_without_secret_memory(void **state)
{
    (void)state;
    for (size_t n = 1; n < 64; n++) {
        CLEANUP(sigv4_signature) struct sigv4_signature *s = NULL;
        struct err *e;

        secret_arena_fail_after(n);
        e = sign_with_token(&s);
        secret_arena_fail_after(0);
        if (!e) {
            assert_true(n > 1);
            return;
        }
        assert_int_equal(err_class(e), ERR_INTERNAL);
        assert_null(s);
        err_free(e);
    }
    fail_msg("never succeeded");
}

static int run_file(const char *path, size_t want)
{
    static struct vector_file file;
    int failed;

    load(path, &file);
    failed = table_run(path, file.vectors, file.n, sizeof(file.vectors[0]), one_vector);
    if (file.n < want)
        print_error("%s: %zu cases, want %zu\n", path, file.n, want);
    free(file.text);
    return failed + (file.n < want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_headers_to_send),
        cmocka_unit_test(shows_each_step),
        cmocka_unit_test(fails_cleanly_without_secret_memory),
    };

    memset(long_path, '/', sizeof(long_path) - 1);
    for (size_t i = 0; i < sizeof(many_params) - 1; i++)
        many_params[i] = i % 2 ? '&' : 'a';
    return run_file("tests/vectors/sigv4/aws_suite.txt", 38) +
           run_file("tests/vectors/sigv4/botocore.txt", 27) +
           TABLE_RUN("sigv4 refusals", refusals, one_refusal) + GROUP_RUN("sigv4", tests);
}
