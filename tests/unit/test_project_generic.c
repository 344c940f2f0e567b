/* The sink on targets that are no Secrets: how their kind is found, who may be written over, what
 * is written. */

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "project/object_body.h"
#include "tests/support/object_rig.h"
#include "tests/support/table.h"

#define MANIFEST ",\"manifest\":{\"apiVersion\":\"example.org/v1\",\"kind\":\"Alert\"}"
#define ALERT_PROBE                                                                                \
    "/apis/example.org/v1/namespaces/shop/alerts/db?fieldManager=lockstep-probe&dryRun"
#define ALERT_LIST "{\"resources\":[{\"name\":\"alerts\",\"kind\":\"Alert\",\"namespaced\":true}]}"
#define CONTENT "{\"data\":{\"a\":\"1\"},\"spec\":{\"b\":2}}"
#define FULL_RULE                                                                                  \
    "Alert \"shop/db\": a Role there must grant {apiGroups: [\"example.org\"], resources: "        \
    "[alerts], "                                                                                   \
    "verbs: [create, patch, delete]}"

struct row {
    const char *name;
    const char *policy; /* members of target */
    const char *output; /* "": the store gave nothing */
    /* the probe's answer; 0: no probe expected */
    int probe_status;
    const char *probe;
    /* the write's; 0: no write expected */
    int write_status;
    const char *write;
    int cls; /* -1: success with outcome */
    enum project_outcome outcome;
    const char *text; /* part of the error */
};

static const struct row rows[] = {
    {"absent: created", MANIFEST, "a", 404, "{}", 201, META(""), -1, PROJECT_CREATED, NULL},
    {"same already", MANIFEST, "a", 200, MANAGED, 200, META(""), -1, PROJECT_UNCHANGED, NULL},
    {"foreign: no fence is there", MANIFEST, "a", 200, FOREIGN, 200, WRITTEN_ANEW, -1,
     PROJECT_CHANGED, NULL},
    {"another ExternalSecret's", MANIFEST, "a", 200, OF_ANOTHER, 0, NULL, ERR_CONFLICT, 0,
     "target is owned by another ExternalSecret: Alert \"shop/db\" has"},
    {"another controller's", MANIFEST, "a", 200, OF_CERTIFICATE, 0, NULL, ERR_CONFLICT, 0,
     "failed to take ownership"},
    {"no right to patch", MANIFEST, "a", 403, RBAC, 0, NULL, ERR_DENIED, 0, FULL_RULE},
    {"no right to create", MANIFEST, "a", 404, "{}", 403, RBAC, ERR_DENIED, 0, FULL_RULE},
    {"refused by admission", MANIFEST, "a", 403, ADMISSION, 0, NULL, ERR_DENIED, 0,
     "refused by an admission policy"},
    {"not valid", MANIFEST ",\"immutable\":true", "a", 404, "{}", 422, "{}", ERR_INVALID, 0, "422"},
    {"server down", MANIFEST, "a", 503, "{}", 0, NULL, ERR_UNAVAILABLE, 0, "Alert \"shop/db\""},
    {"Merge: missing", MANIFEST MERGE, "a", 404, "{}", 0, NULL, -1, PROJECT_MISSING, NULL},
    {"Merge", MANIFEST MERGE, "a", 200, FOREIGN, 200, WRITTEN_ANEW, -1, PROJECT_CHANGED, NULL},
    {"None", MANIFEST ",\"creationPolicy\":\"None\"", "a", 0, NULL, 0, NULL, -1, PROJECT_NOTHING,
     NULL},
    {"empty, Retain", MANIFEST, "", 0, NULL, 0, NULL, -1, PROJECT_RETAINED, NULL},
    {"empty, Delete: absent already", MANIFEST ",\"deletionPolicy\":\"Delete\"", "", 404, "{}", 0,
     NULL, -1, PROJECT_DELETED, NULL},
};

/* An output with content, of "" one from a store that gave nothing. */
static struct output_set *content_of(const char *text)
{
    struct output_set *o = output_set_new();
    o->is_empty = !*text;
    assert_null(secret_buf_copy(secret_view_of(CONTENT, strlen(CONTENT)), &o->content));
    snprintf(o->content_hash, sizeof(o->content_hash), "hash");
    return o;
}

static struct err *apply_content(struct object_rig *b, const char *text, enum project_outcome *out)
{
    CLEANUP(output_set) struct output_set *o = content_of(text);
    struct deadline dl = kube_fixture_in(b->f, 30);
    return b->sink->ops->apply(b->sink, b->spec, o, &dl, out);
}

static void one_generic(void **state)
{
    const struct row *r = *state;
    struct object_rig b;
    char said[ERR_TEXT_MAX];
    enum project_outcome outcome = PROJECT_NOTHING;
    object_rig_init(&b, r->policy);
    kube_fixture_answer(b.f, "GET", "/apis/example.org/v1", 0, 200, ALERT_LIST);
    if (r->probe_status)
        kube_fixture_answer(b.f, "PATCH", ALERT_PROBE, 0, r->probe_status, r->probe);
    if (r->write_status)
        kube_fixture_answer(b.f, "PATCH", WRITE, 0, r->write_status, r->write);
    CLEANUP(err) struct err *e = apply_content(&b, r->output, &outcome);
    object_rig_said(e, said);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    if (e)
        assert_non_null(strstr(said, r->text));
    else
        assert_int_equal(outcome, r->outcome);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", ALERT_PROBE) > 0, r->probe_status != 0);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", WRITE) > 0, r->write_status != 0);
    assert_int_equal(kube_fixture_count(b.f, "GET", "/alerts"), 0); /* nothing is ever read */
    object_rig_done(&b);
}

static void what_is_written_to_another_kind(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    CLEANUP(json) struct json *body = NULL;
    (void)state;
    object_rig_init(&b, MANIFEST);
    kube_fixture_answer(b.f, "GET", "/apis/example.org/v1", 1, 200, ALERT_LIST);
    kube_fixture_answer(b.f, "PATCH", ALERT_PROBE, 1, 404, "{}");
    kube_fixture_answer(b.f, "PATCH", ALERT_PROBE, 1, 200, MANAGED);
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 201, META(""));
    assert_null(apply_content(&b, "a", &outcome));
    const struct http_fake_request *sent = kube_fixture_last(b.f, "PATCH", WRITE);
    assert_non_null(strstr(sent->url, "/apis/example.org/v1/namespaces/shop/alerts/db?"));
    assert_true(sent->is_secret);
    assert_null(json_parse(sent->body, sent->body_n, &body));
    assert_string_equal(json_path_text(body, "apiVersion"), "example.org/v1");
    assert_string_equal(json_path_text(body, "kind"), "Alert");
    assert_string_equal(json_path_text(body, "data.a"), "1");
    assert_int_equal(json_path_int(body, "spec.b", 0), 2);
    assert_string_equal(json_path_text(body, "metadata.labels.team"), "a");
    assert_string_equal(
        json_text(json_get(json_path(body, "metadata.annotations"), OBJECT_ANNOTATION_HASH)),
        "hash");
    assert_string_equal(
        json_path_text(json_at(json_path(body, "metadata.ownerReferences"), 0), "uid"), "u-1");
    /* The kind is asked for once, the owner before each write. */
    assert_null(apply_content(&b, "a", &outcome));
    assert_int_equal(kube_fixture_count(b.f, "PATCH", ALERT_PROBE), 2);
    /* News of a Secret of that name are no news of it. */
    assert_false(b.sink->ops->has_drifted(b.sink, b.spec, "8"));
    object_rig_done(&b);
}

static void a_kind_that_went_away_is_looked_for(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, MANIFEST);
    kube_fixture_answer(b.f, "GET", "/apis/example.org/v1", 1, 200, ALERT_LIST);
    kube_fixture_answer(b.f, "GET", "/apis/example.org/v1", 1, 404, "{}");
    kube_fixture_answer(b.f, "PATCH", ALERT_PROBE, 1, 404, "{}");
    kube_fixture_answer(b.f, "PATCH", WRITE, 1, 404, "{}");
    for (int i = 0; i < 2; i++) {
        CLEANUP(err) struct err *e = apply_content(&b, "a", &outcome);
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_NOT_FOUND);
        assert_int_equal(strstr(err_text(e), "is its CRD installed?") != NULL, i == 1);
    }
    object_rig_done(&b);
}

static void other_kinds_must_be_allowed(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, MANIFEST ",\"deletionPolicy\":\"Delete\"");
    sink_free(b.sink);
    b.sink = project_object_new(b.f->k, false);
    struct deadline dl = kube_fixture_in(b.f, 30);
    CLEANUP(err) struct err *e = apply_content(&b, "a", &outcome);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_headline(e), "invalid generic target");
    assert_string_equal(err_text(e), "spec.target.manifest needs the "
                                     "agent's option --unsafe-allow-generic-targets");
    assert_null(b.sink->ops->remove(b.sink, b.spec, &dl));
    assert_int_equal(http_fake_count(b.f->http), 0);
    object_rig_done(&b);
}

/* The keys of others go from data; what they have elsewhere stays. */
static void sweep_of_another_kind(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, MANIFEST);
    kube_fixture_answer(b.f, "GET", "/apis/example.org/v1", 1, 200, ALERT_LIST);
    kube_fixture_answer(b.f, "PATCH", ALERT_PROBE, 1, 200, MANAGED);
    kube_fixture_answer(b.f, "PATCH", WRITE, 1, 200, META(DATA_FIELDS));
    kube_fixture_answer(b.f, "PATCH", "/alerts/db?fieldManager=externalsecrets", 1, 200, META(""));
    assert_null(apply_content(&b, "a", &outcome));
    assert_string_equal(kube_fixture_last(b.f, "PATCH", "/alerts/db")->body,
                        "{\"metadata\":{\"resourceVersion\":\"7\"},\"data\":{\"old.key\":null,"
                        "\"stale\":null}}");
    object_rig_done(&b);
}

static void another_kind_is_deleted_with_precondition(void **state)
{
    struct object_rig b;
    (void)state;
    object_rig_init(&b, MANIFEST ",\"deletionPolicy\":\"Delete\"");
    struct deadline dl = kube_fixture_in(b.f, 30);
    kube_fixture_answer(b.f, "GET", "/apis/example.org/v1", 1, 200, ALERT_LIST);
    kube_fixture_answer(b.f, "PATCH", ALERT_PROBE, 1, 200,
                        META(LABELS(THEIRS) OWNER("u-1", "ExternalSecret")));
    kube_fixture_answer(b.f, "DELETE", "/alerts/db", 1, 200, "{}");
    assert_null(b.sink->ops->remove(b.sink, b.spec, &dl));
    assert_non_null(strstr(kube_fixture_last(b.f, "DELETE", "/alerts/db")->body, "\"s-1\""));
    object_rig_done(&b);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(what_is_written_to_another_kind),
        cmocka_unit_test(a_kind_that_went_away_is_looked_for),
        cmocka_unit_test(other_kinds_must_be_allowed),
        cmocka_unit_test(sweep_of_another_kind),
        cmocka_unit_test(another_kind_is_deleted_with_precondition),
    };
    return TABLE_RUN("other kinds", rows, one_generic) + GROUP_RUN("other kinds", others);
}
