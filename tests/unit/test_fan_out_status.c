/* What is said about a ClusterExternalSecret. */

#include "reconcile/fan_out_status.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

static struct cluster_spec *read_spec(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    return cluster_spec_parse(docs.docs[0]);
}

struct status_row {
    const char *name;
    const char *in_place; /* NULL: not known */
    const char *failures; /* "a=why", ";" between */
    const char *want;
};

static const struct status_row status_rows[] = {
    {"nowhere", "", "", "{externalSecretName: app, conditions: [{type: Ready, status: 'True'}]}"},
    {"two", "a b", "",
     "{externalSecretName: app, provisionedNamespaces: [a, b], conditions: [{type: Ready, status: "
     "'True'}]}"},
    {"one failed", "a b", "b=taken",
     "{externalSecretName: app, provisionedNamespaces: [a], failedNamespaces: [{namespace: b, "
     "reason: taken}], conditions: [{type: Ready, status: 'False', message: 'one or more "
     "namespaces failed: b: taken'}]}"},
    {"two failed", "", "a=taken;b=full",
     "{externalSecretName: app, failedNamespaces: [{namespace: a, reason: taken}, {namespace: b, "
     "reason: full}], conditions: [{type: Ready, status: 'False', message: 'one or more "
     "namespaces failed: a: taken (and 1 more)'}]}"},
    {"nothing is known", NULL, "unknown=may not",
     "{externalSecretName: app, provisionedNamespaces: [old], failedNamespaces: [{namespace: "
     "unknown, reason: may not}], conditions: [{type: Ready, status: 'False', message: 'one or "
     "more namespaces failed: may not'}]}"},
};

static struct map *names(const char *words)
{
    CLEANUP_STR char *text = xstrdup(words ? words : "");
    char *place = NULL;
    struct map *out = map_new(NULL);
    for (char *w = strtok_r(text, " ", &place); w; w = strtok_r(NULL, " ", &place))
        map_set(out, w, out);
    return out;
}

static struct map *reasons(const char *pairs)
{
    CLEANUP_STR char *text = xstrdup(pairs);
    char *place = NULL;
    struct map *out = map_new(free);
    for (char *w = strtok_r(text, ";", &place); w; w = strtok_r(NULL, ";", &place)) {
        char *value = strchr(w, '=');
        *value++ = '\0';
        map_set(out, w, xstrdup(value));
    }
    return out;
}

static void one_status(void **state)
{
    const struct status_row *r = *state;
    CLEANUP(cluster_spec)
    struct cluster_spec *spec =
        read_spec("{metadata: {name: db}, spec: {externalSecretName: app}, status: "
                  "{provisionedNamespaces: [old], conditions: []}}");
    CLEANUP(map) struct map *in_place = names(r->in_place);
    CLEANUP(map) struct map *failures = reasons(r->failures);
    CLEANUP(json)
    struct json *status = fan_out_status_make(spec, r->in_place ? in_place : NULL, failures);
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(r->want, strlen(r->want), &docs));
    CLEANUP_STR char *said = json_print(status);
    CLEANUP_STR char *want = json_print(docs.docs[0]);
    assert_string_equal(said, want);
}

/* A merge patch takes nothing away by leaving it out. */
static void patch_takes_away_what_is_not_there(void **state)
{
    CLEANUP(json) struct json *status = json_new_map();
    (void)state;
    json_set(status, "provisionedNamespaces", json_new_list());
    CLEANUP(json) struct json *patch = fan_out_status_patch(status);
    CLEANUP_STR char *said = json_print(patch);
    assert_string_equal(said,
                        "{\"status\":{\"provisionedNamespaces\":[],\"failedNamespaces\":null}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patch_takes_away_what_is_not_there)};
    return TABLE_RUN("fan_out_status", status_rows, one_status) + GROUP_RUN("fan_out_patch", tests);
}
