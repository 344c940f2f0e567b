/* Requests that no rule answers fail the test at its end. */

#include "tests/support/object_rig.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "tests/support/table.h"

struct spec *object_rig_spec(const char *target, const char *uid, const char *extra)
{
    CLEANUP(json) struct json *obj = NULL;
    CLEANUP_STR char *text = xasprintf(
        "{\"apiVersion\":\"external-secrets.io/v1\",\"kind\":\"ExternalSecret\",\"metadata\":{"
        "\"namespace\":\"shop\",\"name\":\"es\",\"uid\":\"%s\",\"labels\":{\"team\":\"a\"},"
        "\"annotations\":{\"note\":\"n\",\"argocd.argoproj.io/tracking-id\":\"t\","
        "\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\"}},\"spec\":{"
        "\"secretStoreRef\":{\"name\":\"st\"},\"target\":{\"name\":\"%s\"%s},"
        "\"data\":[{\"secretKey\":\"a\",\"remoteRef\":{\"key\":\"x\"}}]}}",
        uid, target, extra);
    assert_null(json_parse(text, strlen(text), &obj));
    struct spec *spec = spec_parse(obj);
    assert_non_null(spec);
    return spec;
}

void object_rig_init(struct object_rig *b, const char *extra)
{
    *b = (struct object_rig){.f = kube_fixture_new(), .spec = object_rig_spec("db", "u-1", extra)};
    metric_reset();
    kube_fixture_serve_external_secrets(b->f);
    b->sink = project_object_new(b->f->k, true);
    project_object_set_fence(b->sink, true);
}

void object_rig_done(struct object_rig *b)
{
    assert_int_equal(http_fake_unexpected(b->f->http), 0);
    sink_free(b->sink);
    spec_unref(b->spec);
    kube_fixture_free(b->f);
}

void object_rig_said(const struct err *e, char out[ERR_TEXT_MAX])
{
    const char *headline = e ? err_headline(e) : NULL;
    snprintf(out, ERR_TEXT_MAX, "%s%s%s", headline ? headline : "", headline ? ": " : "",
             e ? err_text(e) : "");
}
