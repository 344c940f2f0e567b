/* Keys are read once, when a store is opened, and never change afterwards: a renewal makes a new
 * set. So whoever signs needs no lock. */

#include "fetch/aws_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/credential_ref.h"
#include "spec/field_check.h"

#define ACCESS_KEY_REF "auth.secretRef.accessKeyIDSecretRef"
#define SECRET_KEY_REF "auth.secretRef.secretAccessKeySecretRef"
#define TOKEN_REF "auth.secretRef.sessionTokenSecretRef"

static const struct field_rule auth_rules[] = {{"secretRef", NULL}};
static const struct field_rule secret_ref_rules[] = {{"accessKeyIDSecretRef", NULL},
                                                     {"secretAccessKeySecretRef", NULL},
                                                     {"sessionTokenSecretRef", NULL}};
static const char *const refs[] = {ACCESS_KEY_REF, SECRET_KEY_REF, TOKEN_REF};

struct aws_keys *aws_keys_ref(struct aws_keys *k)
{
    atomic_fetch_add(&k->refs, 1);
    return k;
}

void aws_keys_free(struct aws_keys *k)
{
    if (!k || atomic_fetch_sub(&k->refs, 1) != 1)
        return;
    free(k->access_key);
    secret_buf_free(k->secret_key);
    secret_buf_free(k->session_token);
    free(k);
}

struct aws_keys *aws_keys_new(void)
{
    struct aws_keys *k = xcalloc(1, sizeof(*k));
    atomic_init(&k->refs, 1);
    return k;
}

struct sigv4_credentials aws_keys_view(const struct aws_keys *k)
{
    return (struct sigv4_credentials){
        .access_key = k->access_key,
        .secret_key = secret_buf_view(k->secret_key),
        .session_token = secret_buf_view(k->session_token),
    };
}

static bool has_secret_ref(const struct store *store)
{
    return json_kind(json_path(store->config, "auth.secretRef")) != JSON_NULL;
}

char *aws_keys_problem(const struct store *store)
{
    char *problem = NULL;
    field_problem(&problem, field_check(json_get(store->config, "auth"), "spec.provider.aws.auth",
                                        auth_rules, ARRAY_SIZE(auth_rules)));
    if (!has_secret_ref(store))
        return problem;
    field_problem(&problem, field_check(json_path(store->config, "auth.secretRef"),
                                        "spec.provider.aws.auth.secretRef", secret_ref_rules,
                                        ARRAY_SIZE(secret_ref_rules)));
    for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
        field_problem(&problem, credential_ref_problem(store, refs[i]));
        if (strcmp(refs[i], TOKEN_REF) != 0 && !credential_ref_is_there(store, refs[i]))
            field_problem(&problem, xasprintf("spec.provider.aws.%s is missing", refs[i]));
    }
    return problem;
}

bool aws_keys_are_referent(const struct store *store)
{
    for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
        if (credential_ref_is_referent(store, refs[i]))
            return true;
    }
    return false;
}

/* The access key's id is public and goes into headers: letters, digits and '_' only. */
struct err *aws_keys_set_id(struct aws_keys *k, struct secret_view v, const char *from)
{
    CLEANUP_STR char *text = xcalloc(SIGV4_NAME_MAX + 1, 1);
    for (size_t i = 0; i < v.n && i < SIGV4_NAME_MAX; i++)
        text[i] = (char)v.p[i].v;
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (!v.n || n != v.n)
        return err_new(ERR_INVALID, "%s is no access key id", from);
    k->access_key = TAKE(text);
    return NULL;
}

static struct err *keys_from_store(const struct provider_env *env, const struct store *store,
                                   const char *ns, const struct deadline *dl, struct aws_keys **out)
{
    CLEANUP(aws_keys) struct aws_keys *k = aws_keys_new();
    CLEANUP(secret_buf) struct secret_buf *id = NULL;
    struct err *e = credential_ref_get(env, store, ns, ACCESS_KEY_REF, dl, &id);
    if (!e)
        e = aws_keys_set_id(k, secret_buf_view(id), "spec.provider.aws." ACCESS_KEY_REF);
    if (!e)
        e = credential_ref_get(env, store, ns, SECRET_KEY_REF, dl, &k->secret_key);
    if (!e && credential_ref_is_there(store, TOKEN_REF))
        e = credential_ref_get(env, store, ns, TOKEN_REF, dl, &k->session_token);
    if (e)
        return e;
    *out = TAKE(k);
    return NULL;
}

static struct err *secret_from_env(const struct provider_env *env, const char *name,
                                   struct secret_buf **out)
{
    const char *text = env->getenv(name);
    if (!text || !*text)
        return NULL;
    return secret_buf_copy(secret_view_of(text, strlen(text)), out);
}

static struct err *keys_from_env(const struct provider_env *env, struct aws_keys **out)
{
    CLEANUP(aws_keys) struct aws_keys *k = aws_keys_new();
    const char *id = env->getenv("AWS_ACCESS_KEY_ID");
    struct err *e = secret_from_env(env, "AWS_SECRET_ACCESS_KEY", &k->secret_key);
    if (!e && (!id || !*id || !k->secret_key))
        return err_new(ERR_DENIED,
                       "no credentials: spec.provider.aws.auth is absent, and AWS_ACCESS_KEY_ID "
                       "and AWS_SECRET_ACCESS_KEY are not set for the agent");
    if (!e)
        e = aws_keys_set_id(k, secret_view_of(id, strlen(id)), "AWS_ACCESS_KEY_ID");
    if (!e)
        e = secret_from_env(env, "AWS_SESSION_TOKEN", &k->session_token);
    if (e)
        return e;
    *out = TAKE(k);
    return NULL;
}

struct err *aws_keys_read(const struct provider_env *env, const struct store *store, const char *ns,
                          const struct deadline *dl, struct aws_keys **out)
{
    return has_secret_ref(store) ? keys_from_store(env, store, ns, dl, out)
                                 : keys_from_env(env, out);
}

void aws_keys_identify(const struct aws_keys *k, struct digest_keyed *d)
{
    digest_keyed_add(d, secret_view_of(k->access_key, strlen(k->access_key)));
    digest_keyed_add(d, secret_buf_view(k->secret_key));
    digest_keyed_add(d, secret_buf_view(k->session_token));
}
