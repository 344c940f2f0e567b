/* One immutable snapshot of token and CA behind a counter, replaced as a whole every 50 seconds in
 * which there is traffic. The CA travels as text, never as a file name: libcurl keeps a parsed CA
 * file for a day and would not see a rotation. Files are read outside the lock; two callers that
 * do it at once do harmless double work. */

#include "kube/kube_auth.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/thread.h"

struct kube_auth {
    const struct kube_config *config;
    const struct clock *clock;
    struct mutex mu;
    struct kube_credential *newest; /* NULL until the first read; one reference is ours */
    uint64_t read_at_ns;
    bool is_expired;
};

struct kube_auth *kube_auth_new(const struct kube_config *config, const struct clock *clock)
{
    struct kube_auth *a = xcalloc(1, sizeof(*a));
    a->config = config;
    a->clock = clock;
    a->is_expired = true;
    mutex_init(&a->mu);
    return a;
}

static void credential_free(struct kube_credential *c)
{
    if (!c)
        return;
    secret_buf_free(c->bearer);
    free(c->ca_pem);
    free(c);
}

void kube_auth_free(struct kube_auth *a)
{
    if (!a)
        return;
    credential_free(a->newest);
    mutex_done(&a->mu);
    free(a);
}

void kube_auth_put(struct kube_auth *a, struct kube_credential *c)
{
    if (!c)
        return;
    mutex_lock(&a->mu);
    bool is_last = --c->refs == 0;
    mutex_unlock(&a->mu);
    if (is_last)
        credential_free(c);
}

void kube_auth_expire(struct kube_auth *a)
{
    mutex_lock(&a->mu);
    a->is_expired = true;
    mutex_unlock(&a->mu);
}

static bool is_blank(struct secret_byte b)
{
    return b.v == ' ' || b.v == '\n' || b.v == '\r' || b.v == '\t';
}

static struct secret_view trim(struct secret_view v)
{
    while (v.n > 0 && is_blank(v.p[v.n - 1]))
        v.n--;
    while (v.n > 0 && is_blank(v.p[0]))
        v = secret_view_part(v, 1, v.n - 1);
    return v;
}

static struct err *read_bearer(const struct kube_config *config, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *file = NULL;
    CLEANUP(secret_buf) struct secret_buf *bearer = NULL;
    struct err *e = NULL;
    if (!config->token && !config->token_file)
        return NULL;
    if (!config->token)
        e = fs_read_secret(AT_FDCWD, config->token_file, KUBE_TOKEN_MAX, &file);
    if (e)
        return err_wrap(e, "token");
    struct secret_view token = trim(secret_buf_view(config->token ? config->token : file));
    if (token.n == 0)
        return err_new(ERR_INVALID, "token is empty");
    e = secret_buf_new(token.n + 8, &bearer);
    if (!e)
        e = secret_buf_puts(bearer, "Bearer ");
    if (!e)
        e = secret_buf_append(bearer, token);
    if (e)
        return err_wrap(e, "token");
    *out = TAKE(bearer);
    return NULL;
}

static struct err *read_ca(const struct kube_config *config, char **out)
{
    size_t n = 0;
    if (config->ca_file)
        return fs_read_text(AT_FDCWD, config->ca_file, KUBE_CA_MAX, out, &n);
    *out = xstrdup(config->ca_pem);
    return NULL;
}

static struct err *read_files(const struct kube_config *config, struct kube_credential **out)
{
    struct kube_credential *c = xcalloc(1, sizeof(*c));
    struct err *e = read_bearer(config, &c->bearer);
    if (!e)
        e = read_ca(config, &c->ca_pem);
    if (e) {
        credential_free(c);
        return e;
    }
    c->refs = 1;
    *out = c;
    return NULL;
}

static bool is_due_locked(const struct kube_auth *a, uint64_t now_ns) REQUIRES(a->mu)
{
    return a->is_expired || now_ns - a->read_at_ns >= KUBE_AUTH_RELOAD_NS;
}

static struct kube_credential *swap_locked(struct kube_auth *a, struct kube_credential *fresh)
    REQUIRES(a->mu)
{
    struct kube_credential *old = a->newest;
    a->newest = fresh;
    return old;
}

static struct err *reload(struct kube_auth *a)
{
    struct kube_credential *fresh = NULL;
    struct kube_credential *old = NULL;
    struct err *e = read_files(a->config, &fresh);
    mutex_lock(&a->mu);
    bool has_good = a->newest != NULL;
    a->read_at_ns = clock_mono_ns(a->clock);
    a->is_expired = e && !has_good;
    if (!e)
        old = swap_locked(a, fresh);
    mutex_unlock(&a->mu);
    kube_auth_put(a, old);
    if (e && has_good) {
        err_free(e);
        return NULL;
    }
    return e;
}

struct err *kube_auth_get(struct kube_auth *a, struct kube_credential **out)
{
    mutex_lock(&a->mu);
    bool is_due = is_due_locked(a, clock_mono_ns(a->clock));
    mutex_unlock(&a->mu);
    struct err *e = is_due ? reload(a) : NULL;
    if (e) {
        struct err *unavailable =
            err_new(ERR_UNAVAILABLE, "API server credential: %s", err_text(e));
        err_free(e);
        return unavailable;
    }
    mutex_lock(&a->mu);
    a->newest->refs++;
    *out = a->newest;
    mutex_unlock(&a->mu);
    return NULL;
}
