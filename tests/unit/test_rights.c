/* Which rights are asked for with which configuration, and the rules that give them. */

#include "cmd/rights.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

#define TEXT_MAX 8192
#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#define YES "{\"status\":{\"allowed\":true}}"
#define NO "{\"status\":{\"allowed\":false}}"
#define READ(what) "get:" what " list:" what " watch:" what " "
#define FROM_CLUSTER                                                                               \
    READ("externalsecrets")                                                                        \
    READ("secretstores")                                                                           \
    READ("clustersecretstores")                                                                    \
    "patch:externalsecrets/status patch:secretstores/status patch:clustersecretstores/status "     \
    "create:events patch:events "
#define TO_CLUSTER "create:secrets patch:secrets delete:secrets "
#define LEASES "get:leases@ours list:leases@ours create:leases@ours update:leases@ours "
#define PUSHES READ("pushsecrets") "patch:pushsecrets/status "
#define CLUSTER_SPECS READ("clusterexternalsecrets") "patch:clusterexternalsecrets/status "
#define FAN_OUT                                                                                    \
    "create:externalsecrets patch:externalsecrets delete:externalsecrets list:namespaces "         \
    "watch:namespaces "

struct seen {
    struct str_buf text; /* "verb:resource/subresource@namespace " each, "!" before a missing one */
    struct str_buf rules;
    uint64_t indices;
};

static void on_answer(void *ctx, const struct right_answer *a)
{
    struct seen *s = ctx;
    const char *sub = a->target.subresource;
    assert_true(a->index < RIGHTS_MAX);
    assert_int_equal(s->indices & (uint64_t)1 << a->index, 0); /* each its own */
    s->indices |= (uint64_t)1 << a->index;
    str_buf_printf(&s->text, "%s%s:%s%s%s%s%s ", a->is_allowed ? "" : "!", a->verb,
                   a->target.resource->plural, sub ? "/" : "", sub ? sub : "",
                   a->target.ns ? "@" : "", a->target.ns ? a->target.ns : "");
    if (a->is_allowed)
        return;
    right_rule(a, &s->rules);
    str_buf_puts(&s->rules, "\n");
}

static void seen_init(struct seen *s)
{
    *s = (struct seen){0};
    str_buf_init(&s->text, TEXT_MAX);
    str_buf_init(&s->rules, TEXT_MAX);
}

static void seen_done(struct seen *s)
{
    str_buf_done(&s->text);
    str_buf_done(&s->rules);
}

struct row {
    const char *name;
    struct config config;
    const char *want;
};

static const struct row rows[] = {
    {"all in the cluster", {0}, FROM_CLUSTER TO_CLUSTER LEASES PUSHES CLUSTER_SPECS},
    {"ClusterExternalSecrets",
     {.fan_out = CONFIG_FAN_OUT_ON},
     FROM_CLUSTER TO_CLUSTER LEASES PUSHES CLUSTER_SPECS FAN_OUT},
    {"no ClusterExternalSecrets",
     {.fan_out = CONFIG_FAN_OUT_OFF},
     FROM_CLUSTER TO_CLUSTER LEASES PUSHES},
    {"ClusterExternalSecrets without a mirror",
     {.fan_out = CONFIG_FAN_OUT_ON, .mirror_place = CONFIG_OFF},
     FROM_CLUSTER},
    {"no mirror", {.mirror_place = CONFIG_OFF}, FROM_CLUSTER},
    {"mirror into a folder", {.mirror_place = CONFIG_DIR}, FROM_CLUSTER LEASES PUSHES},
    {"manifests from a folder", {.source_place = CONFIG_DIR}, TO_CLUSTER},
    {"nothing in the cluster", {.source_place = CONFIG_DIR, .mirror_place = CONFIG_OFF}, ""},
    {"watch Secrets",
     {.source_place = CONFIG_DIR, .watch_secrets = true},
     TO_CLUSTER READ("secrets")},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 60);
    struct seen s;
    seen_init(&s);
    kube_fixture_answer(f, "POST", REVIEWS, 0, 201, YES);
    assert_null(rights_ask(f->k, &r->config, &dl, on_answer, &s));
    assert_string_equal(s.text.s, r->want);
    assert_string_equal(s.rules.s, "");
    seen_done(&s);
}

static void missing_ones_and_their_rules(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    char ns[] = "elsewhere";
    const struct config config = {.ns = ns};
    struct deadline dl = kube_fixture_in(f, 60);
    struct seen s;
    (void)state;
    seen_init(&s);
    http_fake_add(f->http, &(struct http_fake_rule){.method = "POST",
                                                    .body_part = "\"verb\":\"delete\"",
                                                    .status = 201,
                                                    .body = NO});
    http_fake_add(f->http, &(struct http_fake_rule){.method = "POST",
                                                    .body_part = "\"verb\":\"update\"",
                                                    .status = 201,
                                                    .body = NO});
    http_fake_add(f->http, &(struct http_fake_rule){.method = "POST",
                                                    .body_part = "\"resource\":\"secretstores\","
                                                                 "\"subresource\":\"status\"",
                                                    .status = 201,
                                                    .body = NO});
    kube_fixture_answer(f, "POST", REVIEWS, 0, 201, YES);
    assert_null(rights_ask(f->k, &config, &dl, on_answer, &s));
    assert_string_equal(
        s.rules.s,
        "{apiGroups: [\"external-secrets.io\"], resources: [secretstores/status], verbs: [patch]}\n"
        "{apiGroups: [\"\"], resources: [secrets], verbs: [delete]}\n"
        "{apiGroups: [\"coordination.k8s.io\"], resources: [leases], verbs: [update]}\n");
    assert_non_null(strstr(s.text.s, " !update:leases@elsewhere "));
    assert_non_null(strstr(s.text.s, " create:secrets "));
    seen_done(&s);
}

struct error_row {
    const char *name;
    int status;
    enum http_fake_fault fault;
    enum err_class want;
};

static const struct error_row error_rows[] = {
    {"forbidden to ask", 403, HTTP_FAKE_NONE, ERR_DENIED},
    {"no server", 0, HTTP_FAKE_REFUSED, ERR_UNAVAILABLE},
    {"a silent server", 0, HTTP_FAKE_SLOW, ERR_DEADLINE},
};

static void fails(void **state)
{
    const struct error_row *r = *state;
    const struct config config = {0};
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    struct deadline dl = kube_fixture_in(f, 5);
    struct seen s;
    seen_init(&s);
    kube_fixture_answer(f, "POST", REVIEWS, 2, 201, YES);
    http_fake_add(f->http, &(struct http_fake_rule){.method = "POST",
                                                    .url = REVIEWS,
                                                    .status = r->status,
                                                    .fault = r->fault,
                                                    .body = "{}"});
    CLEANUP(err) struct err *e = rights_ask(f->k, &config, &dl, on_answer, &s);
    assert_non_null(e);
    assert_int_equal(err_class(e), r->want);
    assert_string_equal(s.text.s, "get:externalsecrets list:externalsecrets ");
    seen_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(missing_ones_and_their_rules)};
    return TABLE_RUN("rights", rows, one_row) + TABLE_RUN("rights_errors", error_rows, fails) +
           GROUP_RUN("rights_missing", tests);
}
