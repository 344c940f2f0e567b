/* Finalizers of a PushSecret, and the patch of what was pushed. */

#include "kube/kube_push.h"

#include <string.h>

#include "kube/kube_status.h"
#include "tests/support/kube_fixture.h"
#include "tests/support/table.h"

static struct json *parse(const char *text)
{
    struct json *j = NULL;
    assert_null(json_parse(text, strlen(text), &j));
    return j;
}

struct patch_row {
    const char *name, *before, *after, *want;
};

static const struct patch_row patch_rows[] = {
    {"nothing before", "{}", "{\"S/a\":{\"k\":{\"x\":1}}}", "{\"S/a\":{\"k\":{\"x\":1}}}"},
    {"nothing after", "{\"S/a\":{\"k\":{}}}", "{}", "{\"S/a\":null}"},
    {"nothing at all", "{}", "{}", "{}"},
    {"an entry less", "{\"S/a\":{\"k\":{},\"l\":{}}}", "{\"S/a\":{\"k\":{}}}",
     "{\"S/a\":{\"k\":{},\"l\":null}}"},
    {"a member of an entry less", "{\"S/a\":{\"k\":{\"m\":1,\"p\":2}}}",
     "{\"S/a\":{\"k\":{\"m\":3}}}", "{\"S/a\":{\"k\":{\"m\":3,\"p\":null}}}"},
    {"a list is replaced", "{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}"},
    {"a map for a text", "{\"a\":\"b\"}", "{\"a\":{\"c\":1}}", "{\"a\":{\"c\":1}}"},
};

static void one_patch(void **state)
{
    const struct patch_row *r = *state;
    CLEANUP(json) struct json *before = parse(r->before);
    CLEANUP(json) struct json *after = parse(r->after);
    CLEANUP(json) struct json *want = parse(r->want);
    CLEANUP(json) struct json *got = kube_push_merge_patch(before, after);
    assert_true(json_equal(got, want));
}

struct finalizer_row {
    const char *name;
    int status;
    int cls; /* -1: success */
    const char *text;
};

static const struct finalizer_row finalizer_rows[] = {
    {"set", 200, -1, ""},
    {"gone", 404, ERR_NOT_FOUND, "404"},
    {"changed meanwhile", 409, ERR_CONFLICT, "409"},
    {"denied", 403, ERR_DENIED,
     "deploy/components/push-secrets gives the right to set finalizers: patch pushsecrets \"p\" in "
     "namespace \"shop\": 403: a Role must grant verb \"patch\" on resource \"pushsecrets\""},
};

static void one_finalizer(void **state)
{
    const struct finalizer_row *r = *state;
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(json) struct json *finalizers = parse("[\"a/b\"]");
    struct deadline dl = kube_fixture_in(f, 30);
    kube_fixture_answer(f, "PATCH",
                        "/apis/external-secrets.io/v1alpha1/namespaces/shop/pushsecrets/p", 0,
                        r->status, "{}");
    CLEANUP(err) struct err *e = kube_push_set_finalizers(f->k, "shop", "p", "7", finalizers, &dl);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    if (e && !strstr(err_text(e), r->text))
        fail_msg("%s", err_text(e));
    const struct http_fake_request *sent = http_fake_at(f->http, 0);
    assert_string_equal(sent->body,
                        "{\"metadata\":{\"resourceVersion\":\"7\",\"finalizers\":[\"a/b\"]}}");
    assert_non_null(strstr(sent->headers, "merge-patch+json"));
}

static void what_was_pushed_is_in_the_status(void **state)
{
    CLEANUP(kube_fixture) struct kube_fixture *f = kube_fixture_new();
    CLEANUP(json) struct json *patch = parse("{\"SecretStore/s\":null}");
    const struct kube_target t = {.resource = &kube_push_secrets, .ns = "shop", .name = "p"};
    const struct kube_status status = {.ready = {"True", "Synced", "m", 1}, .synced_pushes = patch};
    struct deadline dl = kube_fixture_in(f, 30);
    (void)state;
    kube_fixture_answer(f, "PATCH", "/pushsecrets/p/status", 1, 200, "{}");
    assert_null(kube_status_write(f->k, &t, &status, &dl));
    assert_non_null(
        strstr(http_fake_at(f->http, 0)->body, "\"syncedPushSecrets\":{\"SecretStore/s\":null}"));
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_pushed_is_in_the_status)};

int main(void)
{
    return TABLE_RUN("kube_push patch", patch_rows, one_patch) +
           TABLE_RUN("kube_push finalizers", finalizer_rows, one_finalizer) +
           GROUP_RUN("kube_push", tests);
}
