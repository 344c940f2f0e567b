/* Every call is a POST to "/" with the Host, Content-Type and X-Amz-* headers signed. What a proxy
 * may rewrite is not signed. Calls read, or write in a way that a second time changes nothing more,
 * so each may be repeated. */

#include "fetch/aws_client.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "fetch/provider_table.h"
#include "net/retry.h"

#define TRIES_DEFAULT 3
#define WAIT_MAX_NS (5 * NS_PER_S) /* longer waits are the caller's affair, not a worker's */
#define SKEW_MIN_S 240             /* AWS accepts five minutes */
#define REGION_MAX 64
#define OVERRIDES_MAX 3
#define HEADERS_OWN 2

struct service_row {
    const char *host;                     /* first label of its hosts */
    const char *signing_name;             /* in the credential scope */
    const char *overrides[OVERRIDES_MAX]; /* variables that name another endpoint */
};

/* AWS's own variables, then the ones External Secrets made up. */
static const struct service_row services[] = {
    [AWS_SECRETS_MANAGER] = {"secretsmanager",
                             "secretsmanager",
                             {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_SECRETSMANAGER_ENDPOINT",
                              "AWS_ENDPOINT_URL"}},
    [AWS_STS] = {"sts", "sts", {"AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT", "AWS_ENDPOINT_URL"}},
};

struct partition_row {
    const char *region_prefix;
    const char *domain;
};

static const struct partition_row partitions[] = {
    {"cn-", "amazonaws.com.cn"},   {"eusc-", "amazonaws.eu"},      {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"}, {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},
    {"", "amazonaws.com"},
};

struct aws_client {
    const struct provider_env *env;
    const struct service_row *service;
    char *region;
    char *url;
    char *path;
    char *warning;
    char host[HTTP_HOST_MAX];
    unsigned tries_max;
    uint64_t interval_ns; /* between tries; 0: growing waits */
    atomic_llong skew_s;  /* AWS's clock minus ours; written and read by calls, no partner */
};

static bool is_region(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n <= REGION_MAX && s[n] == '\0';
}

static const char *domain_of(const char *region)
{
    size_t i = 0;
    while (strncmp(region, partitions[i].region_prefix, strlen(partitions[i].region_prefix)) != 0)
        i++;
    return partitions[i].domain;
}

/* What the environment says, or NULL. */
static const char *override_of(const struct provider_env *env, const struct service_row *service)
{
    for (size_t i = 0; i < OVERRIDES_MAX; i++) {
        const char *url = env->getenv(service->overrides[i]);
        if (url && *url)
            return url;
    }
    return NULL;
}

static bool has_scheme(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* The Host header leaves out the port that the scheme implies. */
static void cut_default_port(char *host, bool is_plain_http)
{
    const char *port = is_plain_http ? ":80" : ":443";
    size_t n = strlen(host);
    size_t n_port = strlen(port);
    if (n > n_port && strcmp(host + n - n_port, port) == 0)
        host[n - n_port] = '\0';
}

/* Fill url, host, path and warning from an absolute URL. */
static struct err *take_url(struct aws_client *c, const char *url)
{
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    if (n > HTTP_URL_MAX / 2 || strpbrk(url, "?#@ ") ||
        !http_url_host(url, c->host, sizeof(c->host)))
        return err_new(ERR_INVALID,
                       "the endpoint that the environment names for %s is no URL of "
                       "a server",
                       c->service->host);
    bool is_plain_http = has_scheme(url, "http://");
    CLEANUP_STR char *trimmed = xstrndup(url, n);
    const char *path = strchr(strstr(trimmed, "://") + 3, '/');
    c->path = xasprintf("%s/", path ? path : "");
    c->url = xasprintf("%s/", trimmed);
    if (is_plain_http)
        c->warning = xasprintf("endpoint of %s at %s is plain http", c->service->host, c->host);
    cut_default_port(c->host, is_plain_http);
    return NULL;
}

struct err *aws_client_new(const struct provider_env *env, enum aws_service service,
                           const char *region, struct aws_client **out)
{
    if (!is_region(region))
        return err_new(ERR_INVALID, "spec.provider.aws.region is malformed");
    CLEANUP(aws_client) struct aws_client *c = xcalloc(1, sizeof(*c));
    c->env = env;
    c->service = &services[service];
    c->region = xstrdup(region);
    c->tries_max = TRIES_DEFAULT;
    atomic_init(&c->skew_s, 0);
    CLEANUP_STR char *own =
        xasprintf("https://%s.%s.%s", c->service->host, region, domain_of(region));
    const char *other = override_of(env, c->service);
    struct err *e = take_url(c, other ? other : own);
    if (e)
        return e;
    *out = TAKE(c);
    return NULL;
}

void aws_client_free(struct aws_client *c)
{
    if (!c)
        return;
    free(c->region);
    free(c->url);
    free(c->path);
    free(c->warning);
    free(c);
}

void aws_client_set_retries(struct aws_client *c, int max_retries, int64_t interval_ns)
{
    if (max_retries >= 0)
        c->tries_max = max_retries > 0 ? (unsigned)max_retries : 1;
    if (interval_ns > 0)
        c->interval_ns = (uint64_t)interval_ns;
}

const char *aws_client_warning(const struct aws_client *c)
{
    return c->warning;
}

int64_t aws_client_unix_s(const struct aws_client *c)
{
    return clock_unix_s(c->env->clock) + atomic_load(&c->skew_s);
}

static struct err *sign(const struct aws_client *c, const struct sigv4_credentials *who,
                        const struct aws_call *call, struct sigv4_signature **out)
{
    struct http_header headers[HEADERS_OWN + 1] = {
        {.name = "host", .value = c->host},
        {.name = "content-type", .value = call->content_type},
        {.name = "x-amz-target", .value = call->target},
    };
    struct sigv4_request rq = {
        .method = "POST",
        .path = c->path,
        .headers = headers,
        .n_headers = call->target ? HEADERS_OWN + 1 : HEADERS_OWN,
        .body = call->body,
        .credentials = who,
        .region = c->region,
        .service = c->service->signing_name,
        .unix_s = aws_client_unix_s(c),
    };
    return sigv4_sign(&rq, out);
}

/* One request; any status is a success here. */
static struct err *exchange(const struct aws_client *c, const struct sigv4_credentials *who,
                            const struct aws_call *call, const struct deadline *dl,
                            struct http_reply **out)
{
    CLEANUP(sigv4_signature) struct sigv4_signature *signature = NULL;
    struct err *e = sign(c, who, call, &signature);
    if (e)
        return err_wrap(e, "%s", call->operation);
    struct http_header headers[HEADERS_OWN + SIGV4_HEADERS_MAX];
    size_t n = 0;
    headers[n++] = (struct http_header){.name = "content-type", .value = call->content_type};
    if (call->target)
        headers[n++] = (struct http_header){.name = "x-amz-target", .value = call->target};
    for (size_t i = 0; i < signature->n_headers; i++)
        headers[n++] = signature->headers[i];
    struct http_request rq = {
        .method = "POST",
        .url = c->url,
        .headers = headers,
        .n_headers = n,
        .body = call->body,
        .reply_max_bytes = PROVIDER_REPLY_MAX,
        .allow_plain_http = c->warning != NULL,
        .operation = call->operation,
    };
    return http_do_secret(c->env->http, &rq, dl, out);
}

/* Learn the offset of AWS's clock from a refused request; true if that explains the refusal. */
static bool learn_skew(struct aws_client *c, const struct http_reply *reply)
{
    if (!reply->date_unix_s)
        return false;
    long long skew_s = reply->date_unix_s - clock_unix_s(c->env->clock);
    long long wrong_by_s = skew_s - atomic_load(&c->skew_s);
    if (llabs(wrong_by_s) < SKEW_MIN_S)
        return false;
    atomic_store(&c->skew_s, skew_s);
    return true;
}

/* One request with its reply judged; *was_skewed says that it is worth repeating at once. */
static struct err *attempt(struct aws_client *c, const struct sigv4_credentials *who,
                           const struct aws_call *call, const struct deadline *dl,
                           enum aws_failure *failure, bool *was_skewed, struct secret_buf **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    uint64_t start_ns = clock_mono_ns(c->env->clock);
    *failure = AWS_FAILURE_FINAL;
    *was_skewed = false;
    struct err *e = exchange(c, who, call, dl, &reply);
    assert(e || reply);
    if (!e && reply->status != 200) {
        e = aws_error_from_reply(call->operation, reply, failure);
        *was_skewed = *failure == AWS_FAILURE_SIGNED && learn_skew(c, reply);
    }
    provider_count_call(c->env, &provider_aws, call->operation, start_ns, e);
    if (!e)
        *out = TAKE(reply->secret);
    return e;
}

static struct backoff backoff_of(const struct aws_client *c)
{
    if (c->interval_ns)
        return (struct backoff){.base_ns = c->interval_ns, .max_ns = c->interval_ns, .factor = 1};
    return (struct backoff){
        .base_ns = 100 * NS_PER_MS, .max_ns = 2 * NS_PER_S, .factor = 2, .jitter = 0.5};
}

/* Wait before the next try; false if there is none. A wait that the store asks for is a worker's
 * affair all the same. */
static bool may_retry(const struct aws_client *c, const struct err *e, struct backoff *backoff,
                      const struct deadline *dl)
{
    uint64_t wait_max_ns = c->interval_ns > WAIT_MAX_NS ? c->interval_ns : WAIT_MAX_NS;
    if (err_class(e) != ERR_UNAVAILABLE && err_class(e) != ERR_RATE_LIMITED)
        return false;
    if (backoff->failures + 1 >= c->tries_max)
        return false;
    uint64_t wait_ns = retry_next_ns(backoff, err_retry_after_ns(e), retry_random_system());
    if (wait_ns > wait_max_ns || wait_ns >= deadline_left_ns(dl))
        return false;
    return provider_wait(c->env, dl, wait_ns);
}

struct err *aws_client_send(struct aws_client *c, const struct sigv4_credentials *who,
                            const struct aws_call *call, const struct deadline *dl,
                            enum aws_failure *failure, struct secret_buf **out)
{
    struct backoff backoff = backoff_of(c);
    bool was_corrected = false;
    for (;;) {
        bool was_skewed;
        struct err *e = attempt(c, who, call, dl, failure, &was_skewed, out);
        if (!e)
            return NULL;
        bool again = was_skewed && !was_corrected;
        was_corrected |= was_skewed;
        if (!again && !may_retry(c, e, &backoff, dl))
            return e;
        err_free(e);
    }
}
