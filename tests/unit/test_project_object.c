/* The Secret sink: who may be written over, what is written, what is taken away. */

#include "project/project_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "project/object_body.h"
#include "tests/support/object_rig.h"
#include "tests/support/table.h"

/* Output of "key=value,key=value". */
static struct output_set *outputs(const char *text)
{
    struct output_set *o = output_set_new();
    CLEANUP_STR char *copy = xstrdup(text);
    char *rest = copy;
    for (char *pair = strsep(&rest, ","); pair && *pair; pair = strsep(&rest, ",")) {
        struct secret_buf *value = NULL;
        char *equals = strchr(pair, '=');
        *equals = '\0';
        assert_null(secret_buf_copy(secret_view_of(equals + 1, strlen(equals + 1)), &value));
        assert_null(output_set_put(o, pair, value));
    }
    return o;
}

/* One apply; -1 for success. */
static int apply(struct object_rig *b, const char *text, enum project_outcome *out, char *error)
{
    CLEANUP(output_set) struct output_set *o = outputs(text);
    o->is_empty = o->n == 0;
    struct deadline dl = kube_fixture_in(b->f, 30);
    struct err *e = b->sink->ops->apply(b->sink, b->spec, o, &dl, out);
    int cls = e ? (int)err_class(e) : -1;
    if (error)
        object_rig_said(e, error);
    err_free(e);
    return cls;
}

struct row {
    const char *name;
    const char *policy; /* members of target */
    const char *output;
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

#define NOT_MANAGED                                                                                \
    "\"shop/db\" exists and is not managed by Lockstep or External Secrets; to take it over "      \
    "needs "                                                                                       \
    "the overlay external-secrets-compat"

static const struct row rows[] = {
    {"absent: created", "", "a=1", 201, META(""), 201, META(""), -1, PROJECT_CREATED, NULL},
    {"External Secrets' own: taken over", "", "a=1", 200, MANAGED, 200,
     "{\"metadata\":{\"resourceVersion\":\"8\"}}", -1, PROJECT_CHANGED, NULL},
    {"same already", "", "a=1", 200, MANAGED, 200, META(""), -1, PROJECT_UNCHANGED, NULL},
    {"labelled by hand counts", "", "a=1", 200, OURS_BY_HAND, 200, META(""), -1, PROJECT_UNCHANGED,
     NULL},
    {"our controller reference", "", "a=1", 200,
     META(LABELS(THEIRS) OWNER("u-1", "ExternalSecret")), 200, META(""), -1, PROJECT_UNCHANGED,
     NULL},
    {"foreign behind the fence", "", "a=1", 403, ADMISSION, 0, NULL, ERR_CONFLICT, 0, NOT_MANAGED},
    {"foreign, Orphan, behind the fence", ORPHAN, "a=1", 403, ADMISSION, 0, NULL, ERR_CONFLICT, 0,
     NOT_MANAGED},
    {"foreign with the overlay: taken over", "", "a=1", 200, FOREIGN, 200, WRITTEN_ANEW, -1,
     PROJECT_CHANGED, NULL},
    {"foreign, Orphan, with the overlay", ORPHAN, "a=1", 200, FOREIGN, 200, WRITTEN_ANEW, -1,
     PROJECT_CHANGED, NULL},
    {"foreign and controlled, with the overlay", "", "a=1", 200, META(OWNER("u-2", "Certificate")),
     0, NULL, ERR_CONFLICT, 0, "failed to take ownership of target secret"},
    {"another ExternalSecret's", "", "a=1", 200, OF_ANOTHER, 0, NULL, ERR_CONFLICT, 0,
     "target is owned by another ExternalSecret"},
    {"another ExternalSecret's, Orphan", ORPHAN, "a=1", 200, OF_ANOTHER, 0, NULL, ERR_CONFLICT, 0,
     "target is owned by another ExternalSecret"},
    {"another ExternalSecret's, Merge", MERGE, "a=1", 200, OF_ANOTHER, 0, NULL, ERR_CONFLICT, 0,
     "target is owned by another ExternalSecret"},
    {"another ExternalSecret's, CreateOrMerge", OR_MERGE, "a=1", 200, OF_ANOTHER, 0, NULL,
     ERR_CONFLICT, 0, "target is owned by another ExternalSecret"},
    {"another controller's", "", "a=1", 200, OF_CERTIFICATE, 0, NULL, ERR_CONFLICT, 0,
     "failed to take ownership of target secret"},
    {"another controller's, Orphan", ORPHAN, "a=1", 200, OF_CERTIFICATE, 200, WRITTEN_ANEW, -1,
     PROJECT_CHANGED, NULL},
    {"another controller's, Merge", MERGE, "a=1", 200, OF_CERTIFICATE, 200, WRITTEN_ANEW, -1,
     PROJECT_CHANGED, NULL},
    {"another controller's, CreateOrMerge", OR_MERGE, "a=1", 200, OF_CERTIFICATE, 200, WRITTEN_ANEW,
     -1, PROJECT_CHANGED, NULL},
    {"foreign between question and write", "", "a=1", 201, META(""), 403, ADMISSION, ERR_CONFLICT,
     0, NOT_MANAGED},
    {"no right at all", "", "a=1", 403, RBAC, 0, NULL, ERR_DENIED, 0,
     "grant verb \"patch\" on resource \"secrets\""},
    {"server down", "", "a=1", 503, "{}", 0, NULL, ERR_UNAVAILABLE, 0, "Secret \"shop/db\""},
    {"immutable, other data", ",\"immutable\":true", "a=1", 200, MANAGED, 422, "{}", ERR_INVALID, 0,
     "could not update secret, target is immutable: Secret \"shop/db\" is immutable"},
    {"invalid for another reason", "", "a=1", 200, MANAGED, 422, "{}", ERR_INVALID, 0,
     "Secret \"shop/db\""},
    {"write throttled", "", "a=1", 201, META(""), 429, "{}", ERR_RATE_LIMITED, 0, "429"},
    {"malformed answer", "", "a=1", 200, "{", 0, NULL, ERR_INVALID, 0, "reply"},
    {"Merge: missing", ",\"creationPolicy\":\"Merge\"", "a=1", 201, META(""), 0, NULL, -1,
     PROJECT_MISSING, NULL},
    {"Merge into ours", ",\"creationPolicy\":\"Merge\"", "a=1", 200, MANAGED, 200, META(""), -1,
     PROJECT_UNCHANGED, NULL},
    {"Merge into foreign needs the overlay", ",\"creationPolicy\":\"Merge\"", "a=1", 403, ADMISSION,
     0, NULL, ERR_DENIED, 0, "external-secrets-compat"},
    {"Merge into foreign with the overlay", ",\"creationPolicy\":\"Merge\"", "a=1", 200, FOREIGN,
     200, "{\"metadata\":{\"resourceVersion\":\"8\"}}", -1, PROJECT_CHANGED, NULL},
    {"CreateOrMerge: created", ",\"creationPolicy\":\"CreateOrMerge\"", "a=1", 201, META(""), 201,
     META(""), -1, PROJECT_CREATED, NULL},
    {"CreateOrMerge into foreign needs the overlay", ",\"creationPolicy\":\"CreateOrMerge\"", "a=1",
     403, ADMISSION, 0, NULL, ERR_DENIED, 0, "external-secrets-compat"},
    {"None", ",\"creationPolicy\":\"None\"", "a=1", 0, NULL, 0, NULL, -1, PROJECT_NOTHING, NULL},
    {"empty, Retain", "", "", 0, NULL, 0, NULL, -1, PROJECT_RETAINED, NULL},
    {"empty, Merge", ",\"deletionPolicy\":\"Merge\"", "", 200, MANAGED, 200, META(""), -1,
     PROJECT_UNCHANGED, NULL},
    {"empty, Delete: absent already", ",\"deletionPolicy\":\"Delete\"", "", 201, META(""), 0, NULL,
     -1, PROJECT_DELETED, NULL},
    {"empty, Delete: not ours", ",\"deletionPolicy\":\"Delete\"", "", 200, MANAGED, 0, NULL,
     ERR_CONFLICT, 0, "is not owned by this ExternalSecret"},
    {"empty, Delete: another's", ",\"deletionPolicy\":\"Delete\"", "", 200,
     META(LABELS(THEIRS) OWNER("u-2", "ExternalSecret")), 0, NULL, ERR_CONFLICT, 0,
     "is not owned by this ExternalSecret"},
};

/* Without the fence, a foreign Secret answers the question as any other. */
static const struct row unfenced_rows[] = {
    {"foreign", "", "a=1", 200, FOREIGN, 0, NULL, ERR_CONFLICT, 0, NOT_MANAGED},
    {"foreign, Orphan", ORPHAN, "a=1", 200, FOREIGN, 0, NULL, ERR_CONFLICT, 0, NOT_MANAGED},
    {"foreign, Merge", MERGE, "a=1", 200, FOREIGN, 200, WRITTEN_ANEW, -1, PROJECT_CHANGED, NULL},
    {"another ExternalSecret's, Merge", MERGE, "a=1", 200, OF_ANOTHER, 0, NULL, ERR_CONFLICT, 0,
     "target is owned by another ExternalSecret"},
    {"ours", "", "a=1", 200, MANAGED, 200, META(""), -1, PROJECT_UNCHANGED, NULL},
};

static void run_row(const struct row *r, bool has_fence)
{
    struct object_rig b;
    char text[ERR_TEXT_MAX];
    enum project_outcome outcome = PROJECT_NOTHING;
    object_rig_init(&b, r->policy);
    project_object_set_fence(b.sink, has_fence);
    if (r->probe_status)
        kube_fixture_answer(b.f, "PATCH", PROBE, 0, r->probe_status, r->probe);
    if (r->write_status)
        kube_fixture_answer(b.f, "PATCH", WRITE, 0, r->write_status, r->write);
    assert_int_equal(apply(&b, r->output, &outcome, text), r->cls);
    if (r->cls < 0)
        assert_int_equal(outcome, r->outcome);
    else
        assert_non_null(strstr(text, r->text));
    assert_int_equal(kube_fixture_count(b.f, "PATCH", PROBE) > 0, r->probe_status != 0);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", WRITE) > 0, r->write_status != 0);
    assert_int_equal(kube_fixture_count(b.f, "GET", "/secrets"), 0); /* nothing is ever read */
    object_rig_done(&b);
}

static void one_row(void **state)
{
    run_row(*state, true);
}

static void one_unfenced(void **state)
{
    run_row(*state, false);
}

static void what_is_written(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    CLEANUP(json) struct json *body = NULL;
    (void)state;
    object_rig_init(&b, "");
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 201, META(""));
    assert_int_equal(apply(&b, "foo=value1,bar=value2", &outcome, NULL), -1);
    const struct http_fake_request *sent = kube_fixture_last(b.f, "PATCH", WRITE);
    assert_non_null(strstr(sent->url, "/api/v1/namespaces/shop/secrets/db?"));
    assert_true(sent->is_secret);
    assert_null(json_parse(sent->body, sent->body_n, &body));
    assert_string_equal(json_text(json_get(json_get(body, "data"), "foo")), "dmFsdWUx");
    assert_string_equal(json_text(json_get(json_get(body, "data"), "bar")), "dmFsdWUy");
    const struct json *meta = json_get(body, "metadata");
    const struct json *labels = json_get(meta, "labels");
    const struct json *annotations = json_get(meta, "annotations");
    assert_string_equal(json_text(json_get(labels, "team")), "a");
    assert_string_equal(json_text(json_get(labels, OBJECT_LABEL_OURS)), "true");
    assert_string_equal(json_text(json_get(labels, OBJECT_LABEL_THEIRS)), "true");
    CLEANUP_STR char *owner = spec_owner_hash(b.spec);
    assert_string_equal(json_text(json_get(labels, OBJECT_LABEL_CREATED_BY)), owner);
    assert_string_equal(json_text(json_get(annotations, "note")), "n");
    assert_string_equal(json_text(json_get(annotations, OBJECT_ANNOTATION_HASH)),
                        "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64");
    assert_int_equal(json_count(annotations), 2); /* no tracking marks of kubectl and Argo CD */
    const struct json *ref = json_at(json_get(meta, "ownerReferences"), 0);
    assert_string_equal(json_path_text(ref, "apiVersion"), "external-secrets.io/v1");
    assert_string_equal(json_path_text(ref, "uid"), "u-1");
    assert_true(json_path_bool(ref, "controller", false));
    assert_true(json_path_bool(ref, "blockOwnerDeletion", false));
    assert_null(json_get(body, "type"));
    /* The question holds neither values nor more than one label. */
    assert_string_equal(kube_fixture_last(b.f, "PATCH", PROBE)->body,
                        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"db\","
                        "\"namespace\":\"shop\",\"labels\":{\"lockstep.dev/managed\":\"true\"}}}");
    assert_true(metric_value(METRIC_SECRET_WRITES, "applied", NULL, NULL) == 1);
    object_rig_done(&b);
}

/* A template decides over type, finalizers and metadata; its labels and annotations are rendered.
 */
static void what_a_template_writes(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    CLEANUP(json) struct json *body = NULL;
    CLEANUP(output_set) struct output_set *o = outputs("a=1");
    (void)state;
    object_rig_init(&b, ",\"immutable\":true,\"template\":{\"type\":\"kubernetes.io/tls\","
                        "\"metadata\":{\"finalizers\":[\"example.org/keep\"]}}");
    assert_null(b.spec->problem);
    o->labels = map_new(free);
    o->annotations = map_new(free);
    map_set(o->labels, "from", xstrdup("template"));
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 201, META(""));
    struct deadline dl = kube_fixture_in(b.f, 30);
    assert_null(b.sink->ops->apply(b.sink, b.spec, o, &dl, &outcome));
    const struct http_fake_request *sent = kube_fixture_last(b.f, "PATCH", WRITE);
    assert_null(json_parse(sent->body, sent->body_n, &body));
    const struct json *meta = json_get(body, "metadata");
    assert_string_equal(json_path_text(body, "type"), "kubernetes.io/tls");
    assert_true(json_path_bool(body, "immutable", false));
    assert_string_equal(json_text(json_at(json_get(meta, "finalizers"), 0)), "example.org/keep");
    assert_string_equal(json_path_text(meta, "labels.from"), "template");
    assert_null(json_path(meta, "labels.team"));
    assert_int_equal(json_count(json_get(meta, "annotations")), 1); /* the data's hash alone */
    object_rig_done(&b);
}

struct policy_row {
    const char *name, *policy;
    bool has_owner;
};

static const struct policy_row policy_rows[] = {
    {"Owner", "", true},
    {"Orphan", ",\"creationPolicy\":\"Orphan\"", false},
    {"CreateOrMerge", ",\"creationPolicy\":\"CreateOrMerge\"", false},
};

static void owner_marks(void **state)
{
    const struct policy_row *r = *state;
    struct object_rig b;
    enum project_outcome outcome;
    object_rig_init(&b, r->policy);
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 201, META(""));
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    const char *body = kube_fixture_last(b.f, "PATCH", WRITE)->body;
    assert_int_equal(strstr(body, "ownerReferences") != NULL, r->has_owner);
    assert_int_equal(strstr(body, "created-by") != NULL, r->has_owner);
    object_rig_done(&b);
}

static void one_request_per_refresh(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, "");
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 2, 200, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 1, 200, "{\"metadata\":{\"resourceVersion\":\"9\"}}");
    kube_fixture_answer(b.f, "PATCH", WRITE, 1, 403, ADMISSION);
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_int_equal(outcome, PROJECT_UNCHANGED);
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1); /* somebody's edit, mended */
    assert_int_equal(outcome, PROJECT_CHANGED);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", PROBE), 1);
    assert_true(metric_value(METRIC_SECRET_WRITES, "unchanged", NULL, NULL) == 1);
    /* After a failure nothing is taken for granted. */
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), ERR_CONFLICT);
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 200, META(""));
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", PROBE), 2);
    object_rig_done(&b);
}

static void without_fence_every_write_asks(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, "");
    project_object_set_fence(b.sink, false);
    kube_fixture_answer(b.f, "PATCH", PROBE, 1, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", PROBE, 1, 200, MANAGED);
    kube_fixture_answer(b.f, "PATCH", PROBE, 1, 200, FOREIGN);
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 200, META(""));
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), ERR_CONFLICT);
    assert_int_equal(kube_fixture_count(b.f, "PATCH", WRITE), 2);
    object_rig_done(&b);
}

struct drift_row {
    const char *name;
    const char *version; /* of the Secret, as a watch tells it */
    const char *target;  /* of the spec by now */
    const char *uid;
    bool is_unwritten; /* no apply before */
    bool fails;        /* it was refused */
    bool want;
};

static const struct drift_row drift_rows[] = {
    {"our own write", "7", "db", "u-1", false, false, false},
    {"somebody else's", "8", "db", "u-1", false, false, true},
    {"an older version is another one too", "6", "db", "u-1", false, false, true},
    {"gone", "", "db", "u-1", false, false, true},
    {"never written", "8", "db", "u-1", true, false, false},
    {"never written, gone", "", "db", "u-1", true, false, false},
    {"the last write failed", "8", "db", "u-1", false, true, false},
    {"another target by now", "8", "web", "u-1", false, false, false},
    {"another ExternalSecret of that name", "8", "db", "u-2", false, false, false},
};

static void drifted(void **state)
{
    const struct drift_row *r = *state;
    struct object_rig b;
    enum project_outcome outcome;
    object_rig_init(&b, "");
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, r->fails ? 503 : 201, META(""));
    if (!r->is_unwritten)
        assert_int_equal(apply(&b, "a=1", &outcome, NULL), r->fails ? (int)ERR_UNAVAILABLE : -1);
    CLEANUP(spec) struct spec *now = object_rig_spec(r->target, r->uid, "");
    assert_int_equal(b.sink->ops->has_drifted(b.sink, now, r->version), r->want);
    object_rig_done(&b);
}

struct sweep_row {
    const char *name, *policy;
    const char *answer; /* to the write */
    const char *want;   /* body of the merge patch; NULL: none */
};

static const struct sweep_row sweep_rows[] = {
    {"nothing left over", "", META(""), NULL},
    {"keys of other managers", "", META(DATA_FIELDS),
     "{\"metadata\":{\"resourceVersion\":\"7\"},\"data\":{\"old.key\":null,\"stale\":null}}"},
    {"Merge keeps them", ",\"creationPolicy\":\"CreateOrMerge\"", META(DATA_FIELDS), NULL},
    {"owner marks of an earlier policy", ",\"creationPolicy\":\"Orphan\"",
     META(LABELS("\"reconcile.external-secrets.io/created-by\":\"x\"")
              OWNER("u-1", "ExternalSecret")),
     "{\"metadata\":{\"resourceVersion\":\"7\",\"labels\":{"
     "\"reconcile.external-secrets.io/created-by\":null},\"ownerReferences\":null}}"},
    {"an owner of somebody else's stays", ",\"creationPolicy\":\"Orphan\"",
     META(",\"ownerReferences\":[{\"uid\":\"u-1\"},{\"uid\":\"u-9\"}]"), NULL},
};

static void one_sweep(void **state)
{
    const struct sweep_row *r = *state;
    struct object_rig b;
    enum project_outcome outcome;
    object_rig_init(&b, r->policy);
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 1, 200, r->answer);
    kube_fixture_answer(b.f, "PATCH", "/secrets/db?fieldManager=externalsecrets", 0, 200, META(""));
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    const struct http_fake_request *last = kube_fixture_last(b.f, "PATCH", "/secrets/db");
    bool is_sweep = strstr(last->headers, "merge-patch+json") != NULL;
    assert_int_equal(is_sweep, r->want != NULL);
    if (r->want)
        assert_string_equal(last->body, r->want);
    object_rig_done(&b);
}

static void sweep_conflict(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    char text[ERR_TEXT_MAX];
    (void)state;
    object_rig_init(&b, "");
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 1, 200, META(DATA_FIELDS));
    kube_fixture_answer(b.f, "PATCH", "fieldManager=externalsecrets", 1, 409, "{}");
    assert_int_equal(apply(&b, "a=1", &outcome, text), ERR_CONFLICT);
    assert_non_null(strstr(text, "remove keys"));
    object_rig_done(&b);
}

static void renamed_target(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, "");
    kube_fixture_answer(b.f, "PATCH", "/secrets/db?" PROBE, 1, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 201, META(""));
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    spec_unref(b.spec);
    b.spec = object_rig_spec("web", "u-1", "");
    kube_fixture_answer(b.f, "PATCH", "/secrets/web?" PROBE, 1, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", "/secrets/db?" PROBE, 1, 200,
                        META(LABELS(THEIRS) OWNER("u-1", "ExternalSecret")));
    kube_fixture_answer(b.f, "DELETE", "/secrets/db", 1, 200, "{}");
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_int_equal(kube_fixture_count(b.f, "DELETE", "/secrets/db"), 1);
    assert_true(b.sink->ops->has_left_target(b.sink, b.spec));
    assert_int_equal(apply(&b, "a=1", &outcome, NULL), -1);
    assert_false(b.sink->ops->has_left_target(b.sink, b.spec)); /* told once */
    object_rig_done(&b);
}

static void deletes_with_precondition(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, ",\"deletionPolicy\":\"Delete\"");
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 200,
                        META(LABELS(THEIRS) OWNER("u-1", "ExternalSecret")));
    kube_fixture_answer(b.f, "DELETE", "/secrets/db", 1, 200, "{}");
    assert_int_equal(apply(&b, "", &outcome, NULL), -1);
    assert_int_equal(outcome, PROJECT_DELETED);
    assert_non_null(strstr(kube_fixture_last(b.f, "DELETE", "/secrets/db")->body, "\"s-1\""));
    assert_true(metric_value(METRIC_SECRET_WRITES, "deleted", NULL, NULL) == 1);
    object_rig_done(&b);
}

static void delete_needs_owner(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    char text[ERR_TEXT_MAX];
    (void)state;
    object_rig_init(&b, "");
    struct spec changed = *b.spec; /* a pair that the parser refuses: the sink does too */
    struct spec *kept = b.spec;
    changed.creation = CREATION_ORPHAN;
    changed.deletion = DELETION_DELETE;
    b.spec = &changed;
    assert_int_equal(apply(&b, "", &outcome, text), ERR_INVALID);
    b.spec = kept;
    object_rig_done(&b);
}

struct remove_row {
    const char *name, *policy;
    int probe_status;
    const char *probe;
    size_t n_deletes;
    int cls; /* -1: success */
};

static const struct remove_row remove_rows[] = {
    {"Owner: garbage collection does it", "", 0, NULL, 0, -1},
    {"Orphan stays", ",\"creationPolicy\":\"Orphan\"", 0, NULL, 0, -1},
    {"Delete", ",\"deletionPolicy\":\"Delete\"", 200,
     META(LABELS(THEIRS) OWNER("u-1", "ExternalSecret")), 1, -1},
    {"Delete: gone already", ",\"deletionPolicy\":\"Delete\"", 201, META(""), 0, -1},
    {"Delete: somebody else's by now", ",\"deletionPolicy\":\"Delete\"", 200, MANAGED, 0, -1},
    {"Delete: server down", ",\"deletionPolicy\":\"Delete\"", 503, "{}", 0, ERR_UNAVAILABLE},
};

static void one_remove(void **state)
{
    const struct remove_row *r = *state;
    struct object_rig b;
    object_rig_init(&b, r->policy);
    struct deadline dl = kube_fixture_in(b.f, 30);
    if (r->probe_status)
        kube_fixture_answer(b.f, "PATCH", PROBE, 0, r->probe_status, r->probe);
    kube_fixture_answer(b.f, "DELETE", "/secrets/db", 0, 200, "{}");
    struct err *e = b.sink->ops->remove(b.sink, b.spec, &dl);
    assert_int_equal(e ? (int)err_class(e) : -1, r->cls);
    assert_int_equal(kube_fixture_count(b.f, "DELETE", "/secrets/db"), r->n_deletes);
    err_free(e);
    object_rig_done(&b);
}

static void manager_names(void **state)
{
    (void)state;
    CLEANUP(spec) struct spec *s = object_rig_spec("db", "u-1", "");
    CLEANUP_STR char *name = object_body_manager(s);
    assert_string_equal(name, "externalsecrets.external-secrets.io/es");
    struct spec renamed = *s;
    /* 36 characters of prefix: 27 fit into 63, 28 do not. */
    renamed.meta.name = xstrdup("abcdefghijklmnopqrstuvwxyz0");
    CLEANUP_STR char *fits = object_body_manager(&renamed);
    assert_int_equal(strlen(fits), 63);
    free(renamed.meta.name);
    renamed.meta.name = xstrdup("abcdefghijklmnopqrstuvwxyz01");
    CLEANUP_STR char *hashed = object_body_manager(&renamed);
    free(renamed.meta.name);
    assert_string_equal(hashed, "externalsecrets.external-secrets.io/sha3/"
                                "f2db6b08328936d09fdff0e361cbbba2e6b5c7e6625a37f3e2a9300f");
}

static void exhausted_arena(void **state)
{
    struct object_rig b;
    enum project_outcome outcome;
    (void)state;
    object_rig_init(&b, "");
    kube_fixture_answer(b.f, "PATCH", PROBE, 0, 201, META(""));
    kube_fixture_answer(b.f, "PATCH", WRITE, 0, 200, META(""));
    CLEANUP(output_set) struct output_set *o = outputs("a=1");
    int cls = ERR_INTERNAL;
    for (size_t n = 1; n < 50 && cls >= 0; n++) {
        struct deadline dl = kube_fixture_in(b.f, 30);
        secret_arena_fail_after(n);
        struct err *e = b.sink->ops->apply(b.sink, b.spec, o, &dl, &outcome);
        secret_arena_fail_after(0);
        cls = e ? (int)err_class(e) : -1;
        assert_true(cls == ERR_INTERNAL || cls == ERR_UNAVAILABLE || cls < 0);
        err_free(e);
    }
    assert_int_equal(cls, -1);
    object_rig_done(&b);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(what_is_written),
        cmocka_unit_test(what_a_template_writes),
        cmocka_unit_test(one_request_per_refresh),
        cmocka_unit_test(without_fence_every_write_asks),
        cmocka_unit_test(sweep_conflict),
        cmocka_unit_test(renamed_target),
        cmocka_unit_test(deletes_with_precondition),
        cmocka_unit_test(delete_needs_owner),
        cmocka_unit_test(manager_names),
        cmocka_unit_test(exhausted_arena),
    };
    return TABLE_RUN("project_object", rows, one_row) +
           TABLE_RUN("without a fence", unfenced_rows, one_unfenced) +
           TABLE_RUN("owner marks", policy_rows, owner_marks) +
           TABLE_RUN("sweep", sweep_rows, one_sweep) + TABLE_RUN("drift", drift_rows, drifted) +
           TABLE_RUN("remove", remove_rows, one_remove) + GROUP_RUN("project_object", others);
}
