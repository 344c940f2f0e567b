/* PushSecretMetadata is a little object with kind and version inside of a PushSecret. Everything in
 * it that is not acted on is refused, and so is the tag by which secrets are told from others'. */

#include "fetch/secretsmanager_wish.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/field_check.h"

#define API_VERSION "kubernetes.external-secrets.io/v1alpha1"
#define KIND "PushSecretMetadata"
#define KMS_DEFAULT "alias/aws/secretsmanager"
#define DESCRIPTION_DEFAULT "secret '" SECRETSMANAGER_OWNER_TAG ":" SECRETSMANAGER_OWNER "'"
#define REGIONS_MAX 64
#define TAGS_MAX 50 /* of a secret, the owner's included */

static const struct field_rule metadata_rules[] = {
    {"apiVersion", API_VERSION}, {"kind", KIND}, {"spec", NULL}};

/* The key is kmsKeyID in what people write and kmsKeyId in what AWS reads; both are met. */
static const struct field_rule spec_rules[] = {
    {"tags", NULL},
    {"description", NULL},
    {"secretPushFormat", NULL},
    {"kmsKeyID", NULL},
    {"kmsKeyId", NULL},
    {"resourcePolicy", NULL},
    {"replicationLocations", NULL},
};

static const struct field_rule policy_rules[] = {{"blockPublicPolicy", NULL},
                                                 {"policySourceRef", NULL}};
static const struct field_rule source_rules[] = {{"kind", NULL}, {"name", NULL}, {"key", NULL}};

static const char *const formats[] = {"binary", "string"};
static const char *const source_kinds[] = {"ConfigMap", "Secret"};

void secretsmanager_wish_free(struct secretsmanager_wish *w)
{
    if (!w)
        return;
    map_free(w->tags);
    map_free(w->regions);
    free(w->policy.name);
    free(w->policy.key);
    free(w->description);
    free(w->kms_key_id);
    free(w);
}

static void read_tag(struct secretsmanager_wish *w, const struct json *tag, char **problem)
{
    if (strcmp(json_name(tag), SECRETSMANAGER_OWNER_TAG) == 0)
        field_problem(problem, xasprintf("metadata.spec.tags must not have %s, which is always %s",
                                         SECRETSMANAGER_OWNER_TAG, SECRETSMANAGER_OWNER));
    else if (json_kind(tag) != JSON_STRING)
        field_problem(problem, xasprintf("metadata.spec.tags.%s must be a text", json_name(tag)));
    else
        map_set(w->tags, json_name(tag), xstrdup(json_text(tag)));
}

static void read_tags(struct secretsmanager_wish *w, const struct json *tags, char **problem)
{
    enum json_kind kind = json_kind(tags);
    if (kind != JSON_MAP && kind != JSON_NULL)
        field_problem(problem, xstrdup("metadata.spec.tags must be a map"));
    if (json_count(tags) >= TAGS_MAX)
        field_problem(problem, xasprintf("metadata.spec.tags are more than %d", TAGS_MAX - 1));
    w->has_tags = json_count(tags) > 0;
    const struct json *tag = *problem ? NULL : json_first(tags);
    for (; tag; tag = json_next(tag))
        read_tag(w, tag, problem);
}

static void read_regions(struct secretsmanager_wish *w, const struct json *list, char **problem)
{
    enum json_kind kind = json_kind(list);
    if (kind == JSON_NULL)
        return;
    w->has_regions = true;
    if (kind != JSON_LIST || json_count(list) > REGIONS_MAX)
        field_problem(problem, xasprintf("metadata.spec.replicationLocations must be a list of at "
                                         "most %d regions",
                                         REGIONS_MAX));
    const struct json *region = *problem ? NULL : json_first(list);
    for (; region; region = json_next(region)) {
        const char *name = json_text(region);
        if (name && *name)
            map_set(w->regions, name, xstrdup(name));
        else
            field_problem(problem, xstrdup("metadata.spec.replicationLocations must be texts"));
    }
}

static void read_source(struct secretsmanager_policy *p, const struct json *source, char **problem)
{
    static const char at[] = "metadata.spec.resourcePolicy.policySourceRef";
    field_problem(problem, field_check(source, at, source_rules, ARRAY_SIZE(source_rules)));
    free(field_required(source, at, "kind", problem));
    p->is_secret =
        field_choice(source, at, "kind", source_kinds, ARRAY_SIZE(source_kinds), 0, problem) == 1;
    p->name = field_required(source, at, "name", problem);
    p->key = field_required(source, at, "key", problem);
}

static void read_policy(struct secretsmanager_policy *p, const struct json *policy, char **problem)
{
    static const char at[] = "metadata.spec.resourcePolicy";
    if (json_kind(policy) == JSON_NULL)
        return;
    field_problem(problem, field_check(policy, at, policy_rules, ARRAY_SIZE(policy_rules)));
    const struct json *block = json_get(policy, "blockPublicPolicy");
    p->has_block_public = json_kind(block) == JSON_BOOL;
    p->block_public = json_path_bool(policy, "blockPublicPolicy", false);
    if (!p->has_block_public && json_kind(block) != JSON_NULL)
        field_problem(problem, xasprintf("%s.blockPublicPolicy must be true or false", at));
    read_source(p, json_get(policy, "policySourceRef"), problem);
}

static void read_spec(struct secretsmanager_wish *w, const struct json *spec, char **problem)
{
    static const char at[] = "metadata.spec";
    if (json_kind(spec) == JSON_NULL)
        return;
    field_problem(problem, field_check(spec, at, spec_rules, ARRAY_SIZE(spec_rules)));
    read_tags(w, json_get(spec, "tags"), problem);
    read_regions(w, json_get(spec, "replicationLocations"), problem);
    read_policy(&w->policy, json_get(spec, "resourcePolicy"), problem);
    w->description = field_optional(spec, at, "description", problem);
    w->kms_key_id = field_optional(spec, at, "kmsKeyID", problem);
    char *other = field_optional(spec, at, "kmsKeyId", problem);
    if (w->kms_key_id)
        free(other);
    else
        w->kms_key_id = other;
    CLEANUP_STR char *format = field_optional(spec, at, "secretPushFormat", problem);
    w->is_text = format && field_choice(spec, at, "secretPushFormat", formats, ARRAY_SIZE(formats),
                                        0, problem) == 1;
}

/* A rule lets what is absent pass; these two may not be. */
static void check_type(const struct json *metadata, char **problem)
{
    static const char at[] = "metadata";
    field_problem(problem, field_check(metadata, at, metadata_rules, ARRAY_SIZE(metadata_rules)));
    free(field_required(metadata, at, "apiVersion", problem));
    free(field_required(metadata, at, "kind", problem));
}

struct err *secretsmanager_wish_new(const struct json *metadata, struct secretsmanager_wish **out)
{
    CLEANUP(secretsmanager_wish) struct secretsmanager_wish *w = xcalloc(1, sizeof(*w));
    CLEANUP_STR char *problem = NULL;
    w->tags = map_new(free);
    w->regions = map_new(free);
    if (json_kind(metadata) != JSON_NULL) {
        check_type(metadata, &problem);
        read_spec(w, json_get(metadata, "spec"), &problem);
    }
    if (problem)
        return err_new(ERR_INVALID, "%s", problem);
    map_set(w->tags, SECRETSMANAGER_OWNER_TAG, xstrdup(SECRETSMANAGER_OWNER));
    if (!w->description)
        w->description = xstrdup(DESCRIPTION_DEFAULT);
    if (!w->kms_key_id)
        w->kms_key_id = xstrdup(KMS_DEFAULT);
    *out = TAKE(w);
    return NULL;
}
