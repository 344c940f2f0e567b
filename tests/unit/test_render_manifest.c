/* Targets that are no Secrets: what their content becomes, and its hash. */

#include <string.h>

#include "base/alloc.h"
#include "tests/support/render_rig.h"
#include "tests/support/table.h"

#define TEXTS_MAX 2

#define DATA                                                                                       \
    "  data:\n"                                                                                    \
    "  - {secretKey: user, remoteRef: {key: one}}\n"                                               \
    "  - {secretKey: quoted, remoteRef: {key: two}}\n"                                             \
    "  - {secretKey: b64, remoteRef: {key: three}}\n"

#define CONFIG_MAP "manifest: {apiVersion: v1, kind: ConfigMap}"
#define SECRET "manifest: {apiVersion: v1, kind: Secret}"
#define ALERT "manifest: {apiVersion: example.org/v1, kind: Alert}"
#define ITEMS "b64=djE=\nquoted=<\"&>\nuser=alice\n"
#define TEXTS "{\"b64\":\"djE=\",\"quoted\":\"<\\\"&>\",\"user\":\"alice\"}"
#define FROM(rest) ", template: {templateFrom: [" rest "]}"
#define TO(path, text) "{target: '" path "', literal: '" text "'}"
#define ITEM "configMap: {name: cm, items: [{key: k}]}"
#define PAIRS "configMap: {name: cm, items: [{key: k, templateAs: KeysAndValues}]}"
#define AT "spec.target.template.templateFrom"

static const char *const values[] = {"alice", "<\"&>", "djE="};

struct row {
    const char *name;
    const char *target; /* what spec.target has, as YAML in a line */
    const char *texts[TEXTS_MAX];
    int want; /* class, or -1 */
    const char *text;
};

static const struct row rows[] = {
    {"a ConfigMap holds the data as text",
     CONFIG_MAP,
     {0},
     -1,
     ITEMS "content {\"data\":" TEXTS "}\n"},
    {"a Secret as base64",
     SECRET,
     {0},
     -1,
     ITEMS "content {\"data\":{\"b64\":\"ZGpFPQ==\",\"quoted\":\"PCImPg==\",\"user\":"
           "\"YWxpY2U=\"}}\n"},
    {"anything else below spec", ALERT, {0}, -1, ITEMS "content {\"spec\":{\"data\":" TEXTS "}}\n"},
    {"immutable",
     CONFIG_MAP ", immutable: true",
     {0},
     -1,
     ITEMS "content {\"data\":" TEXTS ",\"immutable\":true}\n"},
    {"a template without anything says nothing",
     CONFIG_MAP ", template: {}",
     {0},
     -1,
     ITEMS "content {\"data\":{}}\n"},
    {"data of a template",
     CONFIG_MAP ", template: {data: {k: 'a={{ .user }}'}}",
     {0},
     -1,
     "k=a=alice\ncontent {\"data\":{\"k\":\"a=alice\"}}\n"},
    {"the provider's data are not merged into it",
     CONFIG_MAP ", template: {mergePolicy: Merge, data: {k: x}}",
     {0},
     -1,
     "b64=djE=\nk=x\nquoted=<\"&>\nuser=alice\ncontent {\"data\":{\"k\":\"x\"}}\n"},
    {"data of a template of another kind",
     ALERT ", template: {data: {k: x}}",
     {0},
     -1,
     "k=x\ncontent {\"data\":{\"k\":\"x\"},\"spec\":{}}\n"},
    {"pairs for data",
     CONFIG_MAP FROM("{literal: 'a: {{ .user }}'}"),
     {0},
     -1,
     "a=alice\ncontent {\"data\":{\"a\":\"alice\"}}\n"},
    {"data of a Secret are base64 already",
     SECRET ", template: {data: {k: '{{ .b64 }}'}}",
     {0},
     -1,
     "k=djE=\ncontent {\"data\":{\"k\":\"djE=\"}}\n"},
    {"its type",
     SECRET ", template: {type: example.org/x, data: {k: '{{ .b64 }}'}}",
     {0},
     -1,
     "k=djE=\ncontent {\"data\":{\"k\":\"djE=\"},\"type\":\"example.org/x\"}\n"},
    {"a field",
     ALERT FROM(TO("spec.Slack.api_url", "{{ .user }}")),
     {0},
     -1,
     "content {\"spec\":{\"Slack\":{\"api_url\":\"alice\"}}}\n"},
    {"a field in a list, and one before it",
     ALERT FROM(TO("spec.l[1].name", "{{ .user }}") "," TO("spec.l[0]", "7")),
     {0},
     -1,
     "content {\"spec\":{\"l\":[7,{\"name\":\"alice\"}]}}\n"},
    {"a list with holes",
     ALERT FROM(TO("spec.l[2]", "x")),
     {0},
     -1,
     "content {\"spec\":{\"l\":[null,null,\"x\"]}}\n"},
    {"a list of lists",
     ALERT FROM(TO("spec.l[1][0]", "x")),
     {0},
     -1,
     "content {\"spec\":{\"l\":[null,[\"x\"]]}}\n"},
    {"values as YAML has them",
     ALERT FROM(TO("spec.a", "[1, 2.5, yes, ~, 1e3, 9007199254740993, \"7\"]")),
     {0},
     -1,
     "content {\"spec\":{\"a\":[1,2.5,true,null,1000,9007199254740993,\"7\"]}}\n"},
    {"whole numbers beyond int64 are floats",
     ALERT FROM(TO("spec.a", "18446744073709551615")),
     {0},
     -1,
     "content {\"spec\":{\"a\":18446744073709552000}}\n"},
    {"maps are merged",
     ALERT FROM(TO("spec.m", "{a: 1, b: 2}") "," TO("spec.m", "{b: 3}")),
     {0},
     -1,
     "content {\"spec\":{\"m\":{\"a\":1,\"b\":3}}}\n"},
    {"not below the top",
     ALERT FROM(TO("spec.m", "x") "," TO("spec", "{a: 1}")),
     {0},
     -1,
     "content {\"spec\":{\"a\":1}}\n"},
    {"another kind of value takes the place",
     ALERT FROM(TO("spec.m", "{a: 1}") "," TO("spec.m", "[x]")),
     {0},
     -1,
     "content {\"spec\":{\"m\":[\"x\"]}}\n"},
    {"a member of a map that was put there",
     ALERT FROM(TO("spec.m", "{a: 1}") "," TO("spec.m.b", "2")),
     {0},
     -1,
     "content {\"spec\":{\"m\":{\"a\":1,\"b\":2}}}\n"},
    {"beside spec",
     ALERT FROM(TO("extra.a", "1")),
     {0},
     -1,
     "content {\"extra\":{\"a\":1},\"spec\":{}}\n"},
    {"a value from elsewhere",
     ALERT FROM("{" ITEM ", target: 'spec.l[0]', "
                "valuesDecodingStrategy: Base64}"),
     {"{{ .b64 }}"},
     -1,
     "content {\"spec\":{\"l\":[\"v1\"]}}\n"},
    {"a value that is a map",
     ALERT FROM("{" ITEM ", target: spec.m}"),
     {"{a: [1]}"},
     -1,
     "content {\"spec\":{\"m\":{\"a\":[1]}}}\n"},
    {"a value that is text stays as it is",
     ALERT FROM("{" ITEM ", target: spec.m}"),
     {"one # two\nthree\n"},
     -1,
     "content {\"spec\":{\"m\":\"one # two\\nthree\\n\"}}\n"},
    {"a value that is no YAML",
     ALERT FROM("{" ITEM ", target: spec.m}"),
     {"a: b: c"},
     -1,
     "content {\"spec\":{\"m\":\"a: b: c\"}}\n"},
    {"a value for spec itself is a member",
     ALERT FROM("{" ITEM ", target: Spec}"),
     {"1"},
     -1,
     "content {\"spec\":{\"k\":\"1\"}}\n"},
    {"pairs are not decoded",
     ALERT FROM("{" PAIRS ", target: spec.a, "
                "valuesDecodingStrategy: Base64}"),
     {"{{ .b64 }}"},
     -1,
     "content {\"spec\":{\"a\":\"djE=\"}}\n"},
    {"data come after fields",
     CONFIG_MAP ", template: {templateFrom: [" TO("data.k", "1") "], data: {k: x}}",
     {0},
     -1,
     "k=x\ncontent {\"data\":{\"k\":\"x\"}}\n"},
    {"no YAML",
     ALERT FROM(TO("spec.a", "[{{ .user }}")),
     {0},
     ERR_INVALID,
     AT "[0].literal: rendered text for spec.a is no YAML: "},
    {"a member of a text",
     ALERT FROM(TO("spec.a", "x") "," TO("spec.a.b", "1")),
     {0},
     ERR_INVALID,
     AT "[1].literal: spec.a.b: what should have the member b is no map"},
    {"an element of a map",
     ALERT FROM(TO("spec[0]", "1")),
     {0},
     ERR_INVALID,
     AT "[0].literal: spec[0]: what should have the element 0 is no list"},
    {"data are no map",
     ALERT ", template: {templateFrom: [" TO("data", "7") "], data: {k: x}}",
     {0},
     ERR_INVALID,
     AT "[0].literal: rendered text is no map of texts"},
    {"a value in what is no map",
     ALERT ", template: {templateFrom: [" TO("data[0]", "7") "], data: {k: x}}",
     {0},
     ERR_INVALID,
     "spec.target.template.data.k: data is no map that could have k"},
    {"a template that fails",
     ALERT FROM(TO("spec.a", "{{")),
     {0},
     ERR_INVALID,
     AT "[0].literal: template: "},
    {"not UTF-8",
     CONFIG_MAP ", template: {data: {k: '{{ b64dec \"/w==\" }}'}}",
     {0},
     ERR_INVALID,
     "spec.target.template.data.k: the value for k is not UTF-8, which ConfigMap cannot hold"},
    {"too large as JSON",
     CONFIG_MAP ", template: {data: {k: '{{ repeat 300000 \"\\u0001\" }}'}}",
     {0},
     ERR_INVALID,
     "ConfigMap \"s\": the content of the target is larger than 1048576 bytes"},
    {"a token of an account",
     SECRET FROM(TO("type", "kubernetes.io/service-account-token")),
     {0},
     ERR_INVALID,
     "Secret \"s\": type: such a Secret is refused"},
    {"a type that is no text",
     SECRET FROM(TO("type", "7")),
     {0},
     ERR_INVALID,
     "Secret \"s\": type: such a Secret is refused"},
    {"nothing to hash",
     ALERT FROM(TO("spec", "~")),
     {0},
     ERR_INVALID,
     "Alert \"s\": the template leaves neither spec nor data in the target"},
};

static char *rest_of(const char *target)
{
    return xasprintf(DATA "  target: {%s}\n", target);
}

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP_STR char *rest = rest_of(r->target);
    struct render_case c = {.rest = rest, .data = values, .texts = r->texts};
    render_rig_check(&c, r->want, r->text);
}

/* Nothing from the store: the target is not rendered, deletionPolicy decides. */
static const struct row empty_rows[] = {
    {"Delete",
     CONFIG_MAP ", deletionPolicy: Delete, template: {data: {k: '{{ .user }}'}}",
     {0},
     -1,
     "missing spec.dataFrom[0] (key=one)\nmissing spec.dataFrom[1] (key=two)\n"
     "missing spec.dataFrom[2] (key=three)\n"},
    {"Delete, a Secret",
     "deletionPolicy: Delete, template: {data: {k: '{{ .user }}'}}",
     {0},
     -1,
     "missing spec.dataFrom[0] (key=one)\nmissing spec.dataFrom[1] (key=two)\n"
     "missing spec.dataFrom[2] (key=three)\n"},
    {"Merge",
     CONFIG_MAP ", deletionPolicy: Merge, template: {data: {k: x}}",
     {0},
     -1,
     "k=x\ncontent {\"data\":{\"k\":\"x\"}}\n"
     "missing spec.dataFrom[0] (key=one)\nmissing spec.dataFrom[1] (key=two)\n"
     "missing spec.dataFrom[2] (key=three)\n"},
};

static void one_empty(void **state)
{
    static const char *const nothing[] = {NULL, NULL, NULL};
    const struct row *r = *state;
    CLEANUP_STR char *rest = rest_of(r->target);
    struct render_case c = {.rest = rest, .data = nothing};
    render_rig_check(&c, r->want, r->text);
}

struct hash_row {
    const char *name, *target;
    const char *want; /* SHA3-224 of Go's print of it */
};

static const struct hash_row hash_rows[] = {
    /* map[b64:djE= quoted:<"&> user:alice] */
    {"data", CONFIG_MAP, "329f6bff26499eb4e98b6d4c3b4e25b499f1fe9ec1dabace2e3d9f84"},
    /* map[a:1 b:[x <nil>] c:map[d:true] z:9007199254740993] */
    {"spec", ALERT FROM(TO("spec", "{z: 9007199254740993, a: 1, b: [x, ~], c: {d: yes}}")),
     "745e06722b9a2b4d66eab6aa549fdafb00cb486257ac73cd84373e48"},
    /* map[f:1.5] */
    {"spec before data",
     ALERT ", template: {templateFrom: [" TO("spec.f", "1.5") "], data: {k: x}}",
     "cd41adb0d1932ad98e1dcecd625959aa49f5c50293bca20a55e209a3"},
};

static void one_hash(void **state)
{
    const struct hash_row *r = *state;
    CLEANUP_STR char *rest = rest_of(r->target);
    struct render_case c = {.rest = rest, .data = values};
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(rest);
    CLEANUP(value_set) struct value_set *set = render_rig_values(&c, spec);
    CLEANUP(output_set) struct output_set *o = NULL;
    char got[DIGEST_SHA3_224_HEX];
    assert_null(digest_key_new(&key));
    assert_null(render_run(spec, set, NULL, key, &(bool){0}, &o));
    assert_null(output_set_data_hash(o, got));
    assert_string_equal(got, r->want);
}

/* The content is part of the revision: fields may change where no key does. */
static void content_changes_the_revision(void **state)
{
    CLEANUP(digest_key) struct digest_key *key = NULL;
    char revisions[2][DIGEST_KEYED_HEX];
    (void)state;
    assert_null(digest_key_new(&key));
    for (int i = 0; i < 2; i++) {
        CLEANUP_STR char *rest =
            rest_of(i ? ALERT FROM(TO("spec.a", "1")) : ALERT FROM(TO("spec.a", "2")));
        struct render_case c = {.rest = rest, .data = values};
        CLEANUP(spec) struct spec *spec = render_rig_spec(rest);
        CLEANUP(value_set) struct value_set *set = render_rig_values(&c, spec);
        CLEANUP(output_set) struct output_set *o = NULL;
        assert_null(render_run(spec, set, NULL, key, &(bool){0}, &o));
        memcpy(revisions[i], o->revision, sizeof(revisions[i]));
    }
    assert_string_not_equal(revisions[0], revisions[1]);
}

static void secret_memory_may_run_out(void **state)
{
    CLEANUP_STR char *rest = rest_of(ALERT FROM(TO("spec.l[3].a", "{b: {{ .user }}}")));
    struct render_case c = {.rest = rest, .data = values};
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(rest);
    CLEANUP(value_set) struct value_set *set = render_rig_values(&c, spec);
    bool has_worked = false;
    (void)state;
    assert_null(digest_key_new(&key));
    for (size_t n = 1; n < 200 && !has_worked; n++) {
        CLEANUP(output_set) struct output_set *o = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = render_run(spec, set, NULL, key, &(bool){0}, &o);
        secret_arena_fail_after(0);
        has_worked = !e;
        assert_true(!e || err_class(e) == ERR_INTERNAL || err_class(e) == ERR_UNAVAILABLE);
    }
    assert_true(has_worked);
}

static void a_template_that_fails_has_external_secrets_sentence(void **state)
{
    CLEANUP_STR char *rest = rest_of(ALERT FROM(TO("spec.a", "{{ fail .user }}")));
    struct render_case c = {.rest = rest, .data = values};
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(rest);
    CLEANUP(value_set) struct value_set *set = render_rig_values(&c, spec);
    CLEANUP(output_set) struct output_set *o = NULL;
    (void)state;
    assert_null(digest_key_new(&key));
    CLEANUP(err) struct err *e = render_run(spec, set, NULL, key, &(bool){0}, &o);
    assert_non_null(e);
    assert_string_equal(err_headline(e), "could not apply template to manifest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_changes_the_revision),
        cmocka_unit_test(a_template_that_fails_has_external_secrets_sentence),
        cmocka_unit_test(secret_memory_may_run_out),
    };
    return TABLE_RUN("content", rows, one_row) + TABLE_RUN("nothing", empty_rows, one_empty) +
           TABLE_RUN("hash", hash_rows, one_hash) + GROUP_RUN("manifest", tests);
}
