/* spec.target.template over a fixed set of data: user, pass, json, bytes (a zero byte in it), and
 * b64, which is base64 of "v1". */

#include <string.h>

#include "base/alloc.h"
#include "tests/support/render_rig.h"
#include "tests/support/table.h"

#define TEXTS_MAX 3

#define DATA                                                                                       \
    "  data:\n"                                                                                    \
    "  - {secretKey: user, remoteRef: {key: one}}\n"                                               \
    "  - {secretKey: pass, remoteRef: {key: two}}\n"                                               \
    "  - {secretKey: json, remoteRef: {key: three}}\n"                                             \
    "  - {secretKey: bytes, remoteRef: {key: four, decodingStrategy: Base64}}\n"                   \
    "  - {secretKey: b64, remoteRef: {key: five}}\n"

#define ALL "b64=djE=\nbytes=a\\0b\njson={\"n\":1000000}\npass=s3cret\nuser=alice\n"
#define AT "spec.target.template"

static const char *const values[] = {"alice", "s3cret", "{\"n\":1000000}", "YQBi", "djE="};

struct row {
    const char *name;
    const char *tmpl; /* what spec.target.template has, as YAML in a line */
    const char *texts[TEXTS_MAX];
    int want; /* class, or -1 */
    const char *text;
};

/* One templateFrom, and what it takes from the ConfigMap "cm". */
#define FROM(rest) "templateFrom: [{" rest "}]"
#define ITEM(rest) "configMap: {name: cm, items: [{key: k" rest "}]}"
#define PAIRS ", templateAs: KeysAndValues"

static const struct row data_rows[] = {
    {"an empty template keeps the data", "", {0}, -1, ALL},
    {"so does one of metadata alone",
     "metadata: {labels: {a: '{{ .user }}'}}",
     {0},
     -1,
     ALL "label a=alice\n"},
    {"data replace the data", "data: {k: '{{ .user }}:{{ .pass }}'}", {0}, -1, "k=alice:s3cret\n"},
    {"unless they are merged",
     "mergePolicy: Merge, data: {k: x, user: y}",
     {0},
     -1,
     "b64=djE=\nbytes=a\\0b\njson={\"n\":1000000}\nk=x\npass=s3cret\nuser=y\n"},
    {"bytes stay", "data: {k: '{{ .bytes }}'}", {0}, -1, "k=a\\0b\n"},
    {"an empty text", "data: {k: ''}", {0}, -1, "k=\n"},
    {"a number is a float", "data: {k: '{{ (fromJson .json).n }}'}", {0}, -1, "k=1e+06\n"},
    {"templates see the data, not each other",
     "data: {a: x, b: '{{ .a }}'}",
     {0},
     ERR_INVALID,
     AT ".data.b: template: b:1:3: executing \"b\" at <.a>: map has no entry for key \"a\""},
    {"a missing key",
     "data: {k: '{{ .x }}'}",
     {0},
     ERR_INVALID,
     AT ".data.k: template: k:1:3: executing \"k\" at <.x>: map has no entry for key \"x\""},
    {"a missing key by index", "data: {k: '{{ index . \"x\" }}'}", {0}, -1, "k=\n"},
    {"no template", "data: {k: '{{'}", {0}, ERR_INVALID, AT ".data.k: template: k:1: "},
    {"a bad key", "data: {a/b: x}", {0}, ERR_INVALID, AT ".data.a/b: key \"a/b\" holds"},
    {"an empty key", "data: {'': x}", {0}, ERR_INVALID, AT ".data.: a key is empty"},
    {"blocks are not shared",
     "data: {a: '{{ define \"t\" }}x{{ end }}', b: '{{ template \"t\" }}'}",
     {0},
     ERR_INVALID,
     AT ".data.b: template: b:1:12: executing \"b\" at "},
    {"a block may not be the template",
     "data: {k: '{{ define \"k\" }}x{{ end }}y'}",
     {0},
     ERR_INVALID,
     AT ".data.k: template: "},
};

static const struct row from_rows[] = {
    {"a value", FROM(ITEM("")), {"{{ .user }}\n"}, -1, "k=alice\n\n"},
    {"keys and values", FROM(ITEM(PAIRS)), {"a: {{ .user }}\nb: x"}, -1, "a=alice\nb=x\n"},
    {"YAML 1.1",
     FROM(ITEM(PAIRS)),
     {"a: yes\nb: 010\nc: 1.10\nd:\ne: 2024-01-01\nf: 1e3\ng: \"010\"\n1: x\na: no\n"},
     -1,
     "1=x\na=false\nb=8\nc=1.1\nd=\ne=2024-01-01\nf=1000\ng=010\n"},
    {"nothing at all", FROM(ITEM(PAIRS)), {""}, -1, ""},
    {"zero bytes by way of YAML", FROM(ITEM(PAIRS)), {"a: \"x\\0y\""}, -1, "a=x\\0y\n"},
    {"a list",
     FROM(ITEM(PAIRS)),
     {"a: [1]"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: rendered text is no map of texts: "},
    {"no map",
     FROM(ITEM(PAIRS)),
     {"x"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: rendered text is no map of texts: "},
    {"a bad key",
     FROM(ITEM(PAIRS)),
     {"a/b: x"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: key \"a/b\" holds"},
    {"a zero byte in a key",
     FROM(ITEM(PAIRS)),
     {"\"a\\0\": x"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: a zero byte in what must be text"},
    {"a value that fails",
     FROM(ITEM("")),
     {"{{ .x }}"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: template: k:1:3: executing \"k\" at <.x>: "},
    {"pairs that fail",
     FROM(ITEM(PAIRS)),
     {"a: {{ .x }}"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: template: cm/k:1:6: executing \"cm/k\" at <.x>: "},
    {"a Secret's template",
     FROM("secret: {name: s, items: [{key: k}, {key: l" PAIRS "}]}"),
     {"{{ .user }}", "m: x"},
     -1,
     "k=alice\nm=x\n"},
    {"a Secret's template that fails",
     FROM("secret: {name: s, items: [{key: k}]}"),
     {"{{"},
     ERR_INVALID,
     AT ".templateFrom[0].secret s key k: template: k:1: "},
    {"a literal", FROM("literal: 'a: {{ .user }}'"), {0}, -1, "a=alice\n"},
    {"a literal with a block of its name",
     FROM("literal: '{{ define \"literal\" }}x{{ end }}a: {{ template \"literal\" }}'"),
     {0},
     -1,
     "a=x\n"},
    {"pairs with a block of their key",
     FROM(ITEM(PAIRS)),
     {"{{ define \"k\" }}x{{ end }}a: {{ template \"k\" }}"},
     -1,
     "a=x\n"},
    {"a literal that fails",
     FROM("literal: '{{ .x }}'"),
     {0},
     ERR_INVALID,
     AT ".templateFrom[0].literal: template: templateFrom[0].literal:1:3: executing "},
    {"in order: ConfigMap, Secret, literal",
     "templateFrom: [{literal: 'a: 3', secret: {name: s, items: [{key: a}]}, "
     "configMap: {name: cm, items: [{key: a}, {key: b}]}}]",
     {"1", "1", "2"},
     -1,
     "a=3\nb=1\n"},
    {"later entries win",
     "templateFrom: [{literal: 'a: 1'}, {" ITEM(PAIRS) "}, {literal: 'b: 3'}]",
     {"a: 2\nb: 2"},
     -1,
     "a=2\nb=3\n"},
    {"the index is the entry's",
     "templateFrom: [{literal: 'a: 1', " ITEM("") "}, {literal: '{{'}]",
     {"x"},
     ERR_INVALID,
     AT ".templateFrom[1].literal: "},
    {"data win", FROM("literal: 'a: 1\n\n\n    b: 1'") ", data: {b: '2'}", {0}, -1, "a=1\nb=2\n"},
    {"merged with the data",
     FROM("literal: 'user: x'") ", mergePolicy: Merge",
     {0},
     -1,
     "b64=djE=\nbytes=a\\0b\njson={\"n\":1000000}\npass=s3cret\nuser=x\n"},
    {"a value is decoded",
     FROM(ITEM("") ", valuesDecodingStrategy: Base64"),
     {"{{ .b64 }}"},
     -1,
     "k=v1\n"},
    {"values are decoded, keys are not",
     FROM(ITEM(PAIRS) ", valuesDecodingStrategy: Auto"),
     {"djE=: {{ .b64 }}\nb: '%'"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: key \"djE=\" holds"},
    {"a literal's values are decoded",
     FROM("literal: 'a: {{ .b64 }}', valuesDecodingStrategy: Base64URL"),
     {0},
     -1,
     "a=v1\n"},
    {"no base64",
     FROM(ITEM(PAIRS) ", valuesDecodingStrategy: Base64"),
     {"a: '%'"},
     ERR_INVALID,
     AT ".templateFrom[0].configMap cm key k: decode key \"a\" as Base64: "},
};

static const struct row metadata_rows[] = {
    {"labels and annotations",
     "metadata: {labels: {a: '{{ .user }}'}, annotations: {b: '{{ .user }}!'}}, data: {k: x}",
     {0},
     -1,
     "k=x\nlabel a=alice\nannotation b=alice!\n"},
    {"from a ConfigMap", FROM(ITEM("") ", target: labels"), {"{{ .user }}"}, -1, "label k=alice\n"},
    {"pairs",
     FROM(ITEM(PAIRS) ", target: ANNOTATIONS"),
     {"a/b: yes\nc: x"},
     -1,
     "annotation a/b=true\nannotation c=x\n"},
    {"decoded",
     FROM("literal: 'a: {{ .b64 }}', target: Labels, valuesDecodingStrategy: Base64"),
     {0},
     -1,
     "label a=v1\n"},
    {"metadata win",
     FROM("literal: 'a: 1', target: Labels") ", metadata: {labels: {a: '2'}}",
     {0},
     -1,
     "label a=2\n"},
    {"a label that fails",
     "metadata: {labels: {a: '{{ .x }}'}}",
     {0},
     ERR_INVALID,
     AT ".metadata.labels.a: template: a:1:3: "},
    {"an annotation that fails",
     "metadata: {annotations: {a: '{{ .x }}'}}",
     {0},
     ERR_INVALID,
     AT ".metadata.annotations.a: template: a:1:3: "},
    {"a zero byte",
     "metadata: {annotations: {a: '{{ .bytes }}'}}",
     {0},
     ERR_INVALID,
     AT ".metadata.annotations.a: \"a\": a zero byte in what must be text"},
    {"too large",
     "metadata: {annotations: {a: '{{ repeat 600000 \"x\" }}', b: '{{ repeat 600000 \"x\" }}'}}",
     {0},
     ERR_INVALID,
     AT ".metadata.annotations.b: all labels and annotations are larger than "},
};

static void check(const char *tmpl, const struct row *r, const struct render_options *options)
{
    CLEANUP_STR char *rest = xasprintf(DATA "  target: {template: {%s}}\n", tmpl);
    struct render_case c = {.rest = rest, .data = values, .texts = r->texts, .options = options};
    render_rig_check(&c, r->want, r->text);
}

static void one_row(void **state)
{
    const struct row *r = *state;
    check(r->tmpl, r, NULL);
}

static void delimiters_are_an_option(void **state)
{
    (void)state;
    struct render_options options = {.left = "[[", .right = "]]"};
    struct row r = {.want = -1, .text = "k=alice {{ .user }}\nlabel a=alice\n"};
    check("data: {k: '[[ .user ]] {{ .user }}'}, metadata: {labels: {a: '[[ .user ]]'}}", &r,
          &options);
}

static void a_transform_has_its_own_delimiters(void **state)
{
    (void)state;
    static const char *const sources[] = {"{\"a\":1}"};
    struct render_options options = {.left = "[[", .right = "]]"};
    struct render_case c = {.rest =
                                "  dataFrom:\n  - extract: {key: db}\n"
                                "    rewrite: [{transform: {template: '{{ upper .value }}'}}]\n",
                            .sources = sources,
                            .options = &options};
    render_rig_check(&c, -1, "A=1\n");
}

static void randomness_is_an_option(void **state)
{
    (void)state;
    struct render_options options = {.env = {.refuse_random = true}};
    struct row r = {.want = ERR_INVALID, .text = AT ".data.k: template: k:1:3: "};
    check("data: {k: '{{ randAlphaNum 5 }}'}", &r, &options);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    static const char *const texts[] = {"a: {{ .user }}"};
    static const char *const rest =
        DATA "  target: {template: {mergePolicy: Merge, templateFrom: [{" ITEM(
            PAIRS) "}],"
                   " data: {k: '{{ .user }}'}, metadata: {labels: {l: '{{ .user }}'}}}}\n";
    struct render_case c = {.rest = rest, .data = values, .texts = texts};
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(rest);
    CLEANUP(value_set) struct value_set *set = render_rig_values(&c, spec);
    bool has_worked = false;
    size_t n = 1;
    assert_null(digest_key_new(&key));
    for (; n < 200 && !has_worked; n++) {
        CLEANUP(output_set) struct output_set *o = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = render_run(spec, set, NULL, key, &(bool){0}, &o);
        secret_arena_fail_after(0);
        has_worked = !e;
        assert_true(!e || err_class(e) == ERR_INTERNAL || err_class(e) == ERR_UNAVAILABLE);
    }
    assert_true(has_worked);
    assert_true(n > 15);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(delimiters_are_an_option),
    cmocka_unit_test(a_transform_has_its_own_delimiters),
    cmocka_unit_test(randomness_is_an_option),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("data", data_rows, one_row) + TABLE_RUN("templateFrom", from_rows, one_row) +
           TABLE_RUN("metadata", metadata_rows, one_row) + GROUP_RUN("template", tests);
}
