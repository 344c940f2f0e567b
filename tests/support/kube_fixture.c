/* Parts put together once, so that a test says only what its server answers. */

#include "tests/support/kube_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/table.h"

static void wait_fake(void *ctx, uint64_t ns, const struct deadline *dl)
{
    struct kube_fixture *f = ctx;
    (void)dl;
    f->n_waits++;
    f->waited_ns += ns;
    clock_fake_advance_ns(&f->clock, ns);
}

static double draw(void *ctx)
{
    const struct kube_fixture *f = ctx;
    return f->draw;
}

struct kube_fixture *kube_fixture_new(void)
{
    struct kube_fixture *f = xcalloc(1, sizeof(*f));
    clock_fake_init(&f->clock, CLOCK_FAKE_UNIX_S);
    f->http = http_fake_new();
    http_fake_set_clock(f->http, &f->clock);
    f->config = (struct kube_config){.server = xstrdup("https://api:6443"), .ns = xstrdup("ours")};
    assert_null(secret_buf_copy(secret_view_of("t0ken", 5), &f->config.token));
    f->waiter = (struct kube_waiter){wait_fake, f};
    f->random = (struct retry_random){draw, f};
    f->k = kube_client_new(&(struct kube_client_options){.config = &f->config,
                                                         .http = http_fake_http(f->http),
                                                         .clock = &f->clock.clock,
                                                         .waiter = &f->waiter,
                                                         .random = &f->random});
    return f;
}

void kube_fixture_free(struct kube_fixture *f)
{
    if (!f)
        return;
    kube_client_free(f->k);
    http_fake_free(f->http);
    free(f->config.server);
    free(f->config.ns);
    secret_buf_free(f->config.token);
    free(f);
}

void kube_fixture_answer(struct kube_fixture *f, const char *method, const char *url,
                         unsigned times, int status, const char *body)
{
    http_fake_add(
        f->http, &(struct http_fake_rule){
                     .method = method, .url = url, .times = times, .status = status, .body = body});
}

void kube_fixture_stream(struct kube_fixture *f, const char *url, const char *lines)
{
    http_fake_add(f->http, &(struct http_fake_rule){
                               .method = "GET", .url = url, .body = lines, .stays_open = true});
}

void kube_fixture_serve_external_secrets(struct kube_fixture *f)
{
    http_fake_add(f->http, &(struct http_fake_rule){
                               .method = "GET",
                               .url = "api:6443/apis/external-secrets.io",
                               .times = 1,
                               .body = "{\"kind\":\"APIGroup\",\"versions\":["
                                       "{\"version\":\"v1\"},{\"version\":\"v1beta1\"}]}"});
}

static bool is_such(const struct http_fake_request *r, const char *method, const char *url)
{
    return (!method || strcmp(r->method, method) == 0) && strstr(r->url, url);
}

size_t kube_fixture_count(struct kube_fixture *f, const char *method, const char *url)
{
    size_t n = 0;
    for (size_t i = 0; i < http_fake_count(f->http); i++)
        n += is_such(http_fake_at(f->http, i), method, url);
    return n;
}

const struct http_fake_request *kube_fixture_last(struct kube_fixture *f, const char *method,
                                                  const char *url)
{
    for (size_t i = http_fake_count(f->http); i > 0; i--)
        if (is_such(http_fake_at(f->http, i - 1), method, url))
            return http_fake_at(f->http, i - 1);
    fail_msg("no request %s %s", method ? method : "", url);
    return NULL;
}

struct deadline kube_fixture_in(struct kube_fixture *f, unsigned s)
{
    return deadline_in(&f->clock.clock, s * NS_PER_S);
}
