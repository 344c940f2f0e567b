/* What an ExternalSecret says, and what of it is refused by name; External Secrets' hashes. */

#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "base/yaml.h"
#include "spec/store.h"
#include "tests/support/table.h"

#define HEAD "metadata: {name: app, namespace: team}\nspec:\n"
#define STORE "  secretStoreRef: {name: s}\n"
#define DATA "  data: [{secretKey: k, remoteRef: {key: db}}]\n"

#define PATH(path)                                                                                 \
    "  target: {manifest: {apiVersion: v1, kind: ConfigMap}, template: {templateFrom: [{literal: " \
    "a, target: " path "}]}}\n"
#define PATH_AT "spec.target.template.templateFrom[0].target"
#define TEN "[0][0][0][0][0][0][0][0][0][0]"

struct row {
    const char *name, *yaml;
    const char *problem; /* NULL: none */
};
static const struct row rows[] = {
    {"minimal", HEAD STORE DATA, NULL},
    {"null members are absent", HEAD STORE DATA "  refreshPolicy: null\n", NULL},
    {"periodic is the default", HEAD STORE DATA "  refreshPolicy: Periodic\n", NULL},
    {"refresh policy", HEAD STORE DATA "  refreshPolicy: OnChange\n", NULL},
    {"unknown refresh policy", HEAD STORE DATA "  refreshPolicy: Never\n",
     "spec.refreshPolicy \"Never\" is not supported"},
    {"immutable", HEAD STORE DATA "  target: {immutable: true}\n", NULL},
    {"immutable is a text", HEAD STORE DATA "  target: {immutable: 'yes'}\n",
     "spec.target.immutable must be true or false"},
    {"windows",
     HEAD STORE DATA
     "  syncWindows: {kind: deny, windows: [{schedule: '0 9 * * 1-5', duration: 8h}]}\n",
     NULL},
    {"windows of no kind",
     HEAD STORE DATA "  syncWindows: {windows: [{schedule: '@daily', duration: 8h}]}\n",
     "spec.syncWindows.kind is missing"},
    {"no windows", HEAD STORE DATA "  syncWindows: {kind: deny, windows: []}\n",
     "spec.syncWindows.windows is empty"},
    {"a schedule of four fields",
     HEAD STORE DATA
     "  syncWindows: {kind: deny, windows: [{schedule: '9 * * 1', duration: 8h}]}\n",
     "spec.syncWindows.windows[0].schedule: a schedule has 5 fields, this one has 4"},
    {"a window without end",
     HEAD STORE DATA "  syncWindows: {kind: deny, windows: [{schedule: '@daily'}]}\n",
     "spec.syncWindows.windows[0].duration"},
    {"another kind of target", HEAD STORE DATA "  target: {manifest: {apiVersion: v1}}\n",
     "spec.target.manifest.kind is missing"},
    {"unknown member", HEAD STORE DATA "  windows: {}\n", "spec.windows is not supported"},
    {"an empty template", HEAD STORE DATA "  target: {template: {}}\n", NULL},
    {"a template",
     HEAD STORE DATA "  target: {template: {type: t, engineVersion: v2, "
                     "mergePolicy: Merge, data: {a: '{{ .k }}'}, metadata: {labels: "
                     "{a: b}, annotations: {a: b}, finalizers: [a/b]}}}\n",
     NULL},
    {"the old engine", HEAD STORE DATA "  target: {template: {engineVersion: v1}}\n",
     "spec.target.template.engineVersion \"v1\" is not supported"},
    {"merge policy", HEAD STORE DATA "  target: {template: {mergePolicy: Mix}}\n",
     "spec.target.template.mergePolicy \"Mix\" is not supported"},
    {"a token of an account",
     HEAD STORE DATA "  target: {template: {type: kubernetes.io/service-account-token}}\n",
     "spec.target.template.type kubernetes.io/service-account-token is refused"},
    {"a bootstrap token",
     HEAD STORE DATA "  target: {template: {type: bootstrap.kubernetes.io/token}}\n",
     "spec.target.template.type bootstrap.kubernetes.io/token is refused"},
    {"a template is a number", HEAD STORE DATA "  target: {template: {data: {a: 1}}}\n",
     "spec.target.template.data.a must be a text"},
    {"a label is a list", HEAD STORE DATA "  target: {template: {metadata: {labels: {a: []}}}}\n",
     "spec.target.template.metadata.labels.a must be a text"},
    {"a finalizer is empty",
     HEAD STORE DATA "  target: {template: {metadata: {finalizers: ['']}}}\n",
     "spec.target.template.metadata.finalizers must be a list of texts"},
    {"templates from elsewhere",
     HEAD STORE DATA
     "  target: {template: {templateFrom: [{configMap: {name: c, items: [{key: k, templateAs: "
     "KeysAndValues}]}, secret: {name: c, items: [{key: k}]}, literal: l, target: annotations, "
     "valuesDecodingStrategy: Auto}]}}\n",
     NULL},
    {"from nowhere", HEAD STORE DATA "  target: {template: {templateFrom: [{}]}}\n",
     "spec.target.template.templateFrom[0] needs one of configMap, secret and literal"},
    {"from nothing in it",
     HEAD STORE DATA "  target: {template: {templateFrom: [{secret: {name: a}}]}}\n",
     "spec.target.template.templateFrom[0].secret.items is missing"},
    {"a literal is a map",
     HEAD STORE DATA "  target: {template: {templateFrom: [{literal: {}}]}}\n",
     "spec.target.template.templateFrom[0].literal must be a text"},
    {"a field of a Secret",
     HEAD STORE DATA "  target: {template: {templateFrom: [{literal: a, target: spec.a}]}}\n",
     "spec.target.template.templateFrom[0].target must be Data, Labels or Annotations"},
    {"a field of another target",
     HEAD STORE DATA "  target: {manifest: {apiVersion: example.org/v1beta1, kind: Alert}, "
                     "template: {templateFrom: [{literal: a, target: 'spec.a[0][10000].b'}]}}\n",
     NULL},
    {"a manifest of no version",
     HEAD STORE DATA "  target: {manifest: {apiVersion: example.org/, kind: Alert}}\n",
     "spec.target.manifest.apiVersion must be VERSION or GROUP/VERSION"},
    {"a manifest of a path",
     HEAD STORE DATA "  target: {manifest: {apiVersion: ../v1, kind: Alert}}\n",
     "spec.target.manifest.apiVersion must be VERSION or GROUP/VERSION"},
    {"a manifest of no kind",
     HEAD STORE DATA "  target: {manifest: {apiVersion: v1, kind: 'config/map'}}\n",
     "spec.target.manifest.kind must be the name of a kind"},
    {"a path that begins with an index", HEAD STORE DATA PATH("'[0].a'"),
     PATH_AT " is no path: it begins with a name, not with an index"},
    {"a path with an empty name", HEAD STORE DATA PATH("spec..a"),
     PATH_AT " is no path: a name is missing beside a dot"},
    {"a path that ends with a dot", HEAD STORE DATA PATH("spec."),
     PATH_AT " is no path: a name is missing beside a dot"},
    {"an index that is none", HEAD STORE DATA PATH("'spec.a[-1]'"),
     PATH_AT " is no path: an index is a number in brackets"},
    {"an index without an end", HEAD STORE DATA PATH("'spec.a[1'"),
     PATH_AT " is no path: an index is a number in brackets"},
    {"an index that is too high", HEAD STORE DATA PATH("'spec.a[10001]'"),
     PATH_AT " is no path: an index is at most 10000"},
    {"a name behind an index", HEAD STORE DATA PATH("'spec.a[1]b'"),
     PATH_AT " is no path: behind an index comes a dot or another index"},
    {"a path of too many steps", HEAD STORE DATA PATH("'a" TEN TEN TEN TEN TEN TEN "[0][0][0][0]'"),
     PATH_AT " is no path: it has more than 64 steps"},
    {"a path into the metadata", HEAD STORE DATA PATH("metadata.name"),
     PATH_AT " cannot be in metadata"},
    {"creation policy", HEAD STORE DATA "  target: {creationPolicy: Own}\n",
     "spec.target.creationPolicy \"Own\" is not supported"},
    {"delete needs owner",
     HEAD STORE DATA "  target: {creationPolicy: Merge, deletionPolicy: Delete}\n",
     "spec.target.deletionPolicy Delete needs creationPolicy Owner"},
    {"interval", HEAD STORE DATA "  refreshInterval: soon\n", "spec.refreshInterval"},
    {"no store", HEAD DATA, "spec.secretStoreRef.name is missing"},
    {"store kind", HEAD DATA "  secretStoreRef: {name: s, kind: Vault}\n",
     "spec.secretStoreRef.kind \"Vault\" is not supported"},
    {"nothing asked for", HEAD STORE, "spec.data and spec.dataFrom are both empty"},
    {"no remote key", HEAD STORE "  data: [{secretKey: k, remoteRef: {}}]\n",
     "spec.data[0].remoteRef.key is missing"},
    {"no secret key", HEAD STORE "  data: [{remoteRef: {key: a}}]\n",
     "spec.data[0].secretKey is missing"},
    {"metadata policy",
     HEAD STORE
     "  data: [{secretKey: k, remoteRef: {key: a, metadataPolicy: Fetch, nullBytePolicy: "
     "Fail}}]\n",
     NULL},
    {"a key that stands twice",
     HEAD STORE "  data: [{secretKey: k, remoteRef: {key: a}}, {secretKey: k, remoteRef: {key: "
                "b}}]\n",
     "spec.data[1].secretKey stands twice: k"},
    {"a key that stands twice, where the later one may be missing",
     HEAD STORE "  target: {deletionPolicy: Merge}\n  data: [{secretKey: k, remoteRef: {key: a}}, "
                "{secretKey: k, remoteRef: {key: b}}]\n",
     NULL},
    {"decoding", HEAD STORE "  data: [{secretKey: k, remoteRef: {key: a, decodingStrategy: X}}]\n",
     "spec.data[0].remoteRef.decodingStrategy \"X\" is not supported"},
    {"generator", HEAD STORE "  dataFrom: [{sourceRef: {generatorRef: {name: g}}}]\n",
     "spec.dataFrom[0].sourceRef.generatorRef is not supported"},
    {"find",
     HEAD STORE
     "  dataFrom: [{find: {path: p, name: {regexp: x}, tags: {a: b}, conversionStrategy: "
     "Unicode}}]\n",
     NULL},
    {"find by what", HEAD STORE "  dataFrom: [{find: {names: x}}]\n",
     "spec.dataFrom[0].find.names is not supported"},
    {"a tag is a number", HEAD STORE "  dataFrom: [{find: {tags: {a: 1}}}]\n",
     "spec.dataFrom[0].find.tags.a must be a text"},
    {"extract and find", HEAD STORE "  dataFrom: [{extract: {key: a}, find: {path: p}}]\n",
     "spec.dataFrom[0] must not have both extract and find"},
    {"neither", HEAD STORE "  dataFrom: [{}]\n", "spec.dataFrom[0] needs one of extract and find"},
    {"a store alone", HEAD STORE "  dataFrom: [{sourceRef: {storeRef: {name: t}}}]\n", NULL},
    {"rewrite",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{regexp: {source: a, target: b}}, "
                "{transform: {template: c}}, {merge: {}}, {merge: {into: a, priority: [b], "
                "priorityPolicy: IgnoreNotFound, conflictPolicy: Ignore, strategy: JSON}}]}]\n",
     NULL},
    {"two steps in one",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{merge: {}, transform: {template: "
                "c}}]}]\n",
     "spec.dataFrom[0].rewrite[0] must have exactly one of regexp, transform and merge"},
    {"no step", HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{}]}]\n",
     "spec.dataFrom[0].rewrite[0] must have exactly one of regexp, transform and merge"},
    {"merge into nothing",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{merge: {strategy: JSON}}]}]\n",
     "spec.dataFrom[0].rewrite[0].merge.into is missing: strategy JSON needs it"},
    {"priority is a text",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{merge: {priority: b}}]}]\n",
     "spec.dataFrom[0].rewrite[0].merge.priority must be a list"},
    {"spec is a text", "metadata: {name: app}\nspec: all\n", "spec must be a map"},
    {"target is a list", HEAD STORE DATA "  target: []\n", "spec.target must be a map"},
    {"data is a map", HEAD STORE "  data: {secretKey: k}\n", "spec.data must be a list"},
    {"an entry is a text", HEAD STORE "  data: [k]\n", "spec.data[0] must be a map"},
    {"source is a text",
     HEAD STORE "  data: [{secretKey: k, remoteRef: {key: a}, sourceRef: {storeRef: t}}]\n",
     "spec.data[0].sourceRef.storeRef must be a map"},
    {"version is a number",
     HEAD STORE "  data: [{secretKey: k, remoteRef: {key: a, version: 3}}]\n",
     "spec.data[0].remoteRef.version must be a text"},
    {"property is a number",
     HEAD STORE "  data: [{secretKey: k, remoteRef: {key: a, property: 3}}]\n",
     "spec.data[0].remoteRef.property must be a text"},
    {"target is a path", HEAD STORE DATA "  target: {name: ../other}\n",
     "spec.target.name is no object name"},
    {"target has capitals", HEAD STORE DATA "  target: {name: App}\n",
     "spec.target.name is no object name"},
    {"store name is a path", HEAD DATA "  secretStoreRef: {name: a/b}\n",
     "spec.secretStoreRef.name is no object name"},
    {"secret key is a path", HEAD STORE "  data: [{secretKey: a/b, remoteRef: {key: a}}]\n",
     "spec.data[0].secretKey is no key"},
    {"a source that is none",
     HEAD STORE "  data: [{secretKey: k, remoteRef: {key: a}, sourceRef: {}}]\n",
     "spec.data[0].sourceRef is empty"},
    {"an object of templates is a path",
     HEAD STORE DATA
     "  target: {template: {templateFrom: [{secret: {name: a/b, items: [{key: k}]}}]}}\n",
     "spec.target.template.templateFrom[0].secret.name is no object name"},
    {"a key of templates is a path",
     HEAD STORE DATA
     "  target: {template: {templateFrom: [{configMap: {name: a, items: [{key: a/b}]}}]}}\n",
     "spec.target.template.templateFrom[0].configMap.items[0].key is no key"},
    {"an expression without replacement",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{regexp: {source: a}}]}]\n",
     "spec.dataFrom[0].rewrite[0].regexp.target is missing"},
    {"a replacement without expression",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{regexp: {target: a}}]}]\n",
     "spec.dataFrom[0].rewrite[0].regexp.source is missing"},
    {"an empty replacement",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{regexp: {source: a, target: ''}}]}]\n",
     NULL},
    {"a transform without template",
     HEAD STORE "  dataFrom: [{extract: {key: a}, rewrite: [{transform: {}}]}]\n",
     "spec.dataFrom[0].rewrite[0].transform.template is missing"},
    {"own store",
     HEAD "  data: [{secretKey: k, remoteRef: {key: a}, sourceRef: {storeRef: {name: t}}}]\n",
     NULL},
};

static struct spec *parse(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP(err) struct err *e = yaml_parse(yaml, strlen(yaml), &docs);
    assert_null(e);
    assert_int_equal(docs.n, 1);
    struct spec *s = spec_parse(docs.docs[0]);
    assert_non_null(s);
    return s;
}

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(spec) struct spec *s = parse(r->yaml);
    if (!r->problem) {
        assert_null(s->problem);
        return;
    }
    assert_non_null(s->problem);
    assert_non_null(strstr(s->problem, r->problem));
}

static void everything_is_read(void **state)
{
    (void)state;
    CLEANUP(spec)
    struct spec *s =
        parse("metadata: {name: app, namespace: team, uid: u1, generation: 3, labels: {a: b}}\n"
              "spec:\n"
              "  secretStoreRef: {name: s, kind: ClusterSecretStore}\n"
              "  refreshInterval: 1m\n"
              "  target: {name: out, creationPolicy: Orphan, deletionPolicy: Merge}\n"
              "  data:\n"
              "  - secretKey: k\n"
              "    remoteRef: {key: db, property: p.q, version: v1, decodingStrategy: Auto}\n"
              "  - secretKey: l\n"
              "    remoteRef: {key: e}\n"
              "    sourceRef: {storeRef: {name: other}}\n"
              "  dataFrom:\n"
              "  - extract: {key: all, conversionStrategy: Unicode}\n"
              "status: {refreshTime: '2026-01-02T03:04:05Z', syncedResourceVersion: 3-x,\n"
              "  conditions: [{type: Ready, status: 'True', reason: SecretSynced, message: m,\n"
              "    lastTransitionTime: '2026-01-02T03:04:06Z'}]}\n");
    assert_null(s->problem);
    assert_int_equal(s->refresh_interval_ns, 60000000000);
    assert_string_equal(s->target_name, "out");
    assert_int_equal(s->creation, CREATION_ORPHAN);
    assert_int_equal(s->deletion, DELETION_MERGE);
    assert_int_equal(s->n_data, 2);
    assert_string_equal(s->data[0].remote.property, "p.q");
    assert_string_equal(s->data[0].remote.version, "v1");
    assert_int_equal(s->data[0].remote.decoding, DECODING_AUTO);
    assert_int_equal(s->data[0].remote.store.kind, STORE_CLUSTER);
    assert_string_equal(s->data[1].remote.store.name, "other");
    assert_int_equal(s->data[1].remote.store.kind, STORE_NAMESPACED);
    assert_int_equal(s->n_sources, 1);
    assert_int_equal(s->sources[0].remote.conversion, CONVERSION_UNICODE);
    assert_int_equal(s->status.refresh_unix_s, 1767323045);
    assert_int_equal(s->status.ready_transition_unix_s, 1767323046);
    assert_string_equal(s->status.ready_reason, "SecretSynced");
    assert_string_equal(map_get(s->meta.labels, "a"), "b");
}

static void defaults_are_external_secrets(void **state)
{
    (void)state;
    CLEANUP(spec) struct spec *s = parse(HEAD STORE DATA);
    assert_int_equal(s->refresh_interval_ns, SPEC_REFRESH_DEFAULT_NS);
    assert_string_equal(s->target_name, "app");
    assert_int_equal(s->creation, CREATION_OWNER);
    assert_int_equal(s->deletion, DELETION_RETAIN);
    assert_int_equal(s->data[0].remote.store.kind, STORE_NAMESPACED);
    CLEANUP(spec) struct spec *zero = parse(HEAD STORE DATA "  refreshInterval: 0\n");
    assert_int_equal(zero->refresh_interval_ns, 0);
    assert_null(zero->problem);
}

/* Golden values made by External Secrets' own functions. */
static void hashes_are_external_secrets(void **state)
{
    (void)state;
    CLEANUP(spec)
    struct spec *s = parse("metadata: {name: example, namespace: default, "
                           "generation: 1}\nspec:\n" STORE DATA);
    CLEANUP_STR char *version = spec_synced_resource_version(s);
    CLEANUP_STR char *owner = spec_owner_hash(s);
    assert_string_equal(version, "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2");
    assert_string_equal(owner, "5b1224068cc3cca5aa3071e518838346f821fe1761229559d4959980");
}

struct name_row {
    const char *name, *object;
    bool want;
};
static const struct name_row name_rows[] = {
    {"plain", "app-db", true},
    {"dots", "a.b.c", true},
    {"digits", "0", true},
    {"empty", "", false},
    {"capital", "App", false},
    {"underscore", "a_b", false},
    {"dash at the end", "a-", false},
    {"dot in front", ".a", false},
    {"parent", "..", false},
    {"slash", "a/b", false},
    {"UTF-8", "gr\xc3\xbcn", false},
};

static void one_name(void **state)
{
    const struct name_row *r = *state;
    assert_int_equal(object_name_is_valid(r->object), r->want);
}

static void long_name_is_none(void **state)
{
    char name[SPEC_NAME_MAX + 2];
    (void)state;
    memset(name, 'a', sizeof(name));
    name[SPEC_NAME_MAX + 1] = '\0';
    assert_false(object_name_is_valid(name));
    name[SPEC_NAME_MAX] = '\0';
    assert_true(object_name_is_valid(name));
}

static void nameless_gives_nothing(void **state)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    const char *yaml = "spec: {}\n";
    (void)state;
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_null(spec_parse(docs.docs[0]));
    assert_null(store_parse(docs.docs[0]));
}

static void finalizers_keep_their_order(void **state)
{
    const char *yaml = "metadata: {name: a, finalizers: [x/1, " SPEC_FINALIZER ", y/2, 3]}\n";
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    (void)state;
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    CLEANUP(spec) struct spec *spec = spec_parse(docs.docs[0]);
    CLEANUP(json)
    struct json *others = object_meta_other_finalizers(&spec->meta, SPEC_FINALIZER);
    CLEANUP_STR char *text = json_print(others);
    assert_string_equal(text, "[\"x/1\",\"y/2\"]");
    assert_true(object_meta_has_finalizer(&spec->meta, SPEC_FINALIZER));
    assert_true(object_meta_has_finalizer(&spec->meta, "y/2"));
    assert_false(object_meta_has_finalizer(&spec->meta, "y/"));
}

#define WRITER(manager, part, time) "{manager: " manager ", subresource: " part ", time: " time "}"

struct writer_row {
    const char *name, *fields;
    int64_t theirs, ours;
};

static const struct writer_row writer_rows[] = {
    {"none", "", 0, 0},
    {"theirs", WRITER("external-secrets", "status", "'1970-01-01T00:00:07Z'"), 7, 0},
    {"ours", WRITER("lockstep", "status", "'1970-01-01T00:00:08Z'"), 0, 8},
    {"newest of several",
     WRITER("external-secrets", "status", "'1970-01-01T00:00:09Z'") ", " WRITER(
         "external-secrets", "status", "'1970-01-01T00:00:07Z'"),
     9, 0},
    {"not of the status", WRITER("external-secrets", "null", "'1970-01-01T00:00:07Z'"), 0, 0},
    {"of another part", WRITER("external-secrets", "scale", "'1970-01-01T00:00:07Z'"), 0, 0},
    {"another writer", WRITER("kubectl", "status", "'1970-01-01T00:00:07Z'"), 0, 0},
    {"one of a longer name", WRITER("lockstep-standing-back", "status", "'1970-01-01T00:00:07Z'"),
     0, 0},
    {"no time", WRITER("external-secrets", "status", "soon"), 0, 0},
};

static void one_writer(void **state)
{
    const struct writer_row *r = *state;
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *yaml = xasprintf("metadata: {name: a, managedFields: [%s]}\n", r->fields);
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    CLEANUP(spec) struct spec *spec = spec_parse(docs.docs[0]);
    assert_int_equal(spec->meta.status_theirs_unix_s, r->theirs);
    assert_int_equal(spec->meta.status_ours_unix_s, r->ours);
}

struct claim_row {
    const char *name, *controller, *own_class;
    bool want;
};

static const struct claim_row claim_rows[] = {
    {"ours by name", "lockstep", "lockstep", true},
    {"another's", "other", "lockstep", false},
    {"nobody's", "", "lockstep", false},
    {"External Secrets' name", "default", "default", false},
    {"no class", "lockstep", NULL, false},
};

static void one_claim(void **state)
{
    const struct claim_row *r = *state;
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *yaml = xasprintf(
        "metadata: {name: a}\nspec: {controller: \"%s\", provider: {fake: {}}}\n", r->controller);
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    CLEANUP(store) struct store *store = store_parse(docs.docs[0]);
    assert_int_equal(store_is_claimed(store, r->own_class), r->want);
}

struct walk {
    struct str_buf seen;
    const char *stop_at;
};

static bool note_store(void *ctx, const struct spec *spec, const struct store_ref *ref)
{
    struct walk *w = ctx;
    str_buf_printf(&w->seen, "%s/%s ", spec_store_ref_ns(spec, ref), ref->name);
    return strcmp(ref->name, w->stop_at) == 0;
}

static void stores_are_walked_in_order(void **state)
{
    const char *yaml = "metadata: {name: a, namespace: n}\n"
                       "spec:\n"
                       "  secretStoreRef: {name: one}\n"
                       "  data:\n"
                       "  - {secretKey: k, remoteRef: {key: x}}\n"
                       "  - {secretKey: l, remoteRef: {key: x}, sourceRef: {storeRef: {name: two, "
                       "kind: ClusterSecretStore}}}\n"
                       "  dataFrom:\n"
                       "  - {extract: {key: y}, sourceRef: {storeRef: {name: three}}}\n";
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    (void)state;
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    CLEANUP(spec) struct spec *spec = spec_parse(docs.docs[0]);
    struct walk w = {.stop_at = ""};
    str_buf_init(&w.seen, 256);
    assert_false(spec_each_store(spec, note_store, &w));
    assert_string_equal(w.seen.s, "n/one /two n/three ");
    str_buf_done(&w.seen);
    str_buf_init(&w.seen, 256);
    w.stop_at = "two";
    assert_true(spec_each_store(spec, note_store, &w));
    assert_string_equal(w.seen.s, "n/one /two ");
    str_buf_done(&w.seen);
}

struct store_row {
    const char *name, *yaml, *provider, *problem;
};
static const struct store_row store_rows[] = {
    {"aws", "metadata: {name: s}\nspec: {provider: {aws: {region: r}}}\n", "aws", NULL},
    {"no provider", "metadata: {name: s}\nspec: {}\n", NULL, "spec.provider is missing"},
    {"two providers", "metadata: {name: s}\nspec: {provider: {aws: {}, fake: {}}}\n", "?",
     "spec.provider has more than one member: aws and fake"},
    {"conditions of a namespaced store",
     "metadata: {name: s}\nspec: {provider: {fake: {}}, conditions: [{}]}\n", "fake",
     "spec.conditions are for a ClusterSecretStore"},
    {"controller class", "metadata: {name: s}\nspec: {provider: {fake: {}}, controller: dev}\n",
     "fake", NULL},
};

static void one_store(void **state)
{
    const struct store_row *r = *state;
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(r->yaml, strlen(r->yaml), &docs));
    CLEANUP(store) struct store *s = store_parse(docs.docs[0]);
    assert_non_null(s);
    if (r->problem)
        assert_string_equal(s->problem, r->problem);
    else
        assert_null(s->problem);
    if (r->provider && strcmp(r->provider, "?") != 0)
        assert_string_equal(s->provider, r->provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(defaults_are_external_secrets),
        cmocka_unit_test(hashes_are_external_secrets),
        cmocka_unit_test(nameless_gives_nothing),
        cmocka_unit_test(long_name_is_none),
        cmocka_unit_test(stores_are_walked_in_order),
        cmocka_unit_test(finalizers_keep_their_order),
    };
    return TABLE_RUN("spec_parse", rows, one_row) +
           TABLE_RUN("object_meta_writers", writer_rows, one_writer) +
           TABLE_RUN("store_is_claimed", claim_rows, one_claim) +
           TABLE_RUN("object_name_is_valid", name_rows, one_name) +
           TABLE_RUN("store_parse", store_rows, one_store) + GROUP_RUN("spec", tests);
}
