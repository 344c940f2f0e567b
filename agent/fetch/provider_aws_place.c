/* Both are brought in line at each push, as External Secrets does; a policy is compared by what it
 * says, because AWS gives it back in its own spelling. Without a word about them in the metadata
 * they are somebody else's affair. */

#include "fetch/provider_aws_push.h"

#include "base/alloc.h"
#include "base/secret_json.h"
#include "fetch/secretsmanager.h"
#include "fetch/secretsmanager_place.h"

static struct err *withdraw(const struct aws_push_job *j, const struct secretsmanager_state *state,
                            const struct map *wanted)
{
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    if (!secretsmanager_withdraw_body(&body, state->arn, state->regions, wanted))
        return NULL;
    return aws_push_send(j, "RemoveRegionsFromReplication", &body);
}

struct err *aws_push_replicas(const struct aws_push_job *j, const struct secretsmanager_wish *wish,
                              const struct secretsmanager_state *state)
{
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    struct err *e = wish->has_regions ? withdraw(j, state, wish->regions) : NULL;
    if (e || !secretsmanager_replicate_body(&body, state->arn, state->regions, wish->regions,
                                            state->kms_key_id))
        return e;
    return aws_push_send(j, "ReplicateSecretToRegions", &body);
}

struct err *aws_push_no_replicas(const struct aws_push_job *j,
                                 const struct secretsmanager_state *state)
{
    return withdraw(j, state, NULL);
}

/* The policy that is wanted; root is what it says, unless it is empty. */
static struct err *read_wanted(const struct aws_push_job *j, const struct secretsmanager_policy *p,
                               struct secret_buf **text, struct secret_json *root)
{
    const struct provider_env *env = j->a->env;
    const struct credential_source *source = p->is_secret ? &env->credentials : &env->config_maps;
    struct err *e = source->get
                        ? source->get(source->ctx, j->push->ns, p->name, p->key, j->dl, text)
                        : err_new(ERR_INVALID, "there is nothing here to read it from");
    if (!e && secret_buf_size(*text))
        e = secret_json_parse(secret_buf_view(*text), root);
    return e ? err_wrap(e, "metadata.spec.resourcePolicy.policySourceRef: %s %s, key %s",
                        p->is_secret ? "Secret" : "ConfigMap", p->name, p->key)
             : NULL;
}

/* Does AWS's policy say the same as wanted? What is no JSON is another one. */
static struct err *compare(const struct secret_buf *now, const struct secret_json *wanted,
                           bool *out)
{
    struct secret_json root;
    CLEANUP(err) struct err *other = secret_json_parse(secret_buf_view(now), &root);
    *out = false;
    return other ? NULL : secret_json_equal(&root, wanted, out);
}

static struct err *has_policy(const struct aws_push_job *j, const struct secret_json *wanted,
                              bool *out)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP(secret_buf) struct secret_buf *now = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_policy_of_body(&body, j->id);
    struct err *e = aws_send(j->a, "GetResourcePolicy", &body, j->dl, &reply);
    if (!e)
        e = secretsmanager_read_policy(secret_buf_view(reply), &now);
    return e ? e : compare(now, wanted, out);
}

static struct err *put_policy(const struct aws_push_job *j, const struct secretsmanager_policy *p,
                              const struct secret_buf *text)
{
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct err *e = secretsmanager_policy_body(j->id, secret_buf_view(text), p, &body);
    return e ? e : aws_push_send_secret(j, "PutResourcePolicy", body);
}

struct err *aws_push_policy(const struct aws_push_job *j, const struct secretsmanager_wish *wish)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    struct secret_json wanted = {0};
    bool is_there = false;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    if (!wish->policy.name)
        return NULL;
    struct err *e = read_wanted(j, &wish->policy, &text, &wanted);
    if (e)
        return e;
    if (!secret_buf_size(text)) {
        secretsmanager_policy_of_body(&body, j->id);
        return aws_push_send(j, "DeleteResourcePolicy", &body);
    }
    e = has_policy(j, &wanted, &is_there);
    return e || is_there ? e : put_policy(j, &wish->policy, text);
}
