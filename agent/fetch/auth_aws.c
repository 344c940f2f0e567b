/* Base keys are read once, when the store is opened. A role is assumed at the first use, so that a
 * failing STS is a failing fetch (which old values may bridge) and not a store that cannot be
 * opened. */

#include "fetch/auth_aws.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "fetch/aws_xml.h"
#include "fetch/fetch_turn.h"

#define SESSION_NAME "lockstep"
#define RENEW_BEFORE_S 300
#define TOKEN_MAX (16u << 10)
#define SECRET_KEY_MAX 256
#define FORM_MAX 8192

struct auth_aws {
    const struct provider_env *env;
    struct aws_keys *base;
    char *role; /* NULL: base keys are used as they are */
    char *external_id;
    struct aws_client *sts; /* NULL without a role */
    struct fetch_turn renewal;
    struct mutex mu;          /* over session */
    struct aws_keys *session; /* NULL before the first login */
};

static char *optional_text(const struct store *store, const char *name)
{
    const char *text = json_path_text(store->config, name);
    return text && *text ? xstrdup(text) : NULL;
}

struct err *auth_aws_new(const struct provider_env *env, const struct store *store, const char *ns,
                         const struct deadline *dl, struct auth_aws **out)
{
    CLEANUP(auth_aws) struct auth_aws *a = xcalloc(1, sizeof(*a));
    a->env = env;
    a->role = optional_text(store, "role");
    a->external_id = optional_text(store, "externalID");
    mutex_init(&a->mu);
    fetch_turn_init(&a->renewal);
    struct err *e = aws_keys_read(env, store, ns, dl, &a->base);
    const char *region = json_path_text(store->config, "region");
    if (!e && a->role)
        e = aws_client_new(env, AWS_STS, region ? region : "", &a->sts);
    if (e)
        return e;
    if (a->sts)
        aws_client_set_retries(a->sts, store->max_retries, store->retry_interval_ns);
    *out = TAKE(a);
    return NULL;
}

void auth_aws_free(struct auth_aws *a)
{
    if (!a)
        return;
    aws_keys_free(a->base);
    aws_keys_free(a->session);
    aws_client_free(a->sts);
    fetch_turn_done(&a->renewal);
    mutex_done(&a->mu);
    free(a->role);
    free(a->external_id);
    free(a);
}

static void put_field(struct str_buf *form, const char *name, const char *value)
{
    str_buf_printf(form, "&%s=", name);
    http_escape(form, value);
}

/* RFC 3339, with or without a fraction of a second. */
static bool parse_time(char *text, int64_t *unix_s)
{
    char *fraction = strchr(text, '.');
    if (fraction) {
        const char *rest = fraction + 1 + strspn(fraction + 1, "0123456789");
        memmove(fraction, rest, strlen(rest) + 1);
    }
    return clock_parse_rfc3339(text, unix_s);
}

/* Read the four elements of an AssumeRole reply. */
static struct err *read_session(struct secret_view xml, struct aws_keys **out)
{
    CLEANUP(aws_keys) struct aws_keys *k = aws_keys_new();
    CLEANUP(secret_buf) struct secret_buf *id = NULL;
    CLEANUP_STR char *expiration = NULL;
    struct err *e = aws_xml_secret(xml, "AccessKeyId", SIGV4_NAME_MAX, &id);
    if (!e)
        e = aws_keys_set_id(k, secret_buf_view(id), "element AccessKeyId");
    if (!e)
        e = aws_xml_secret(xml, "SecretAccessKey", SECRET_KEY_MAX, &k->secret_key);
    if (!e)
        e = aws_xml_secret(xml, "SessionToken", TOKEN_MAX, &k->session_token);
    if (!e)
        e = aws_xml_text(xml, "Expiration", CLOCK_RFC3339_SIZE, &expiration);
    if (!e && !parse_time(expiration, &k->expires_unix_s))
        e = err_new(ERR_INVALID, "element Expiration is no time");
    if (e)
        return err_wrap(e, "AssumeRole: reply");
    *out = TAKE(k);
    return NULL;
}

static struct err *assume_role(struct auth_aws *a, const struct deadline *dl, struct aws_keys **out)
{
    CLEANUP_STR_BUF struct str_buf form;
    str_buf_init(&form, FORM_MAX);
    str_buf_puts(&form, "Action=AssumeRole&Version=2011-06-15&RoleSessionName=" SESSION_NAME);
    put_field(&form, "RoleArn", a->role);
    if (a->external_id)
        put_field(&form, "ExternalId", a->external_id);
    if (form.overflowed)
        return err_new(ERR_INVALID, "spec.provider.aws.role is too long");
    struct aws_call call = {
        .operation = "AssumeRole",
        .content_type = "application/x-www-form-urlencoded; charset=utf-8",
        .body = secret_view_of(form.s, form.n),
    };
    struct sigv4_credentials who = aws_keys_view(a->base);
    enum aws_failure failure;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct err *e = aws_client_send(a->sts, &who, &call, dl, &failure, &body);
    if (!e)
        e = read_session(secret_buf_view(body), out);
    return e ? err_wrap(e, "role %s", a->role) : NULL;
}

/* The session if it will last for at least margin_s from now, else NULL. */
static struct aws_keys *session_for(struct auth_aws *a, int64_t margin_s)
{
    int64_t now_s = aws_client_unix_s(a->sts);
    struct aws_keys *k = NULL;
    mutex_lock(&a->mu);
    if (a->session && now_s + margin_s < a->session->expires_unix_s)
        k = aws_keys_ref(a->session);
    mutex_unlock(&a->mu);
    return k;
}

static void set_session(struct auth_aws *a, struct aws_keys *k)
{
    mutex_lock(&a->mu);
    struct aws_keys *old = a->session;
    a->session = aws_keys_ref(k);
    mutex_unlock(&a->mu);
    aws_keys_free(old);
}

/* Log in again; whoever comes meanwhile waits for the outcome, and has *out NULL when it was good.
 */
static struct err *renew(struct auth_aws *a, const struct deadline *dl, struct aws_keys **out)
{
    bool is_mine;
    struct err *e = fetch_turn_begin(&a->renewal, dl, "AssumeRole", &is_mine);
    if (e || !is_mine)
        return e;
    e = assume_role(a, dl, out);
    if (!e)
        set_session(a, *out);
    fetch_turn_end(&a->renewal, dl, e);
    return e;
}

struct err *auth_aws_keys(struct auth_aws *a, const struct deadline *dl, struct aws_keys **out)
{
    struct aws_keys *k = a->role ? session_for(a, RENEW_BEFORE_S) : aws_keys_ref(a->base);
    struct err *e = NULL;
    while (!k && !e) {
        e = renew(a, dl, &k);
        if (!k)
            k = session_for(a, 0);
    }
    if (!k)
        return e;
    err_free(e);
    *out = k;
    return NULL;
}

bool auth_aws_drop(struct auth_aws *a, const struct aws_keys *k)
{
    struct aws_keys *dropped = NULL;
    mutex_lock(&a->mu);
    if (a->session == k)
        dropped = TAKE(a->session);
    mutex_unlock(&a->mu);
    aws_keys_free(dropped);
    return a->role != NULL;
}

void auth_aws_identify(const struct auth_aws *a, struct digest_keyed *d)
{
    aws_keys_identify(a->base, d);
}

const char *auth_aws_warning(const struct auth_aws *a)
{
    return a->sts ? aws_client_warning(a->sts) : NULL;
}
