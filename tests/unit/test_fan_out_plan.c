/* What is wanted beside what is there, as words. */

#include "reconcile/fan_out_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "base/yaml.h"
#include "tests/support/table.h"

#define NOW 100
#define TARGET                                                                                     \
    "externalSecretSpec: {secretStoreRef: {name: st}, data: [{secretKey: a, remoteRef: {key: "     \
    "x}}]}"
#define PLAIN                                                                                      \
    "{metadata: {name: db, uid: u1}, spec: {" TARGET                                               \
    ", namespaceSelector: {matchLabels: {of: db}}}}"
#define RENAMED                                                                                    \
    "{metadata: {name: db, uid: u1}, spec: {" TARGET                                               \
    ", externalSecretName: app, namespaceSelector: {matchLabels: {of: db}}}}"
#define DELETED                                                                                    \
    "{metadata: {name: db, uid: u1, deletionTimestamp: x}, spec: {" TARGET                         \
    ", namespaceSelector: {}}}"
#define ORPHANING                                                                                  \
    "{metadata: {name: db, uid: u1, deletionTimestamp: x, finalizers: [orphan]}, spec: {" TARGET   \
    ", namespaceSelector: {}}}"

static struct cluster_spec *read_spec(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    return cluster_spec_parse(docs.docs[0]);
}

static void free_namespace(void *p)
{
    struct fan_out_namespace *n = p;
    map_free(n->labels);
    free(n);
}

static void free_child(void *p)
{
    struct fan_out_child *c = p;
    free(c->uid);
    free(c->owner_name);
    free(c->owner_uid);
    free(c);
}

/* Cut mark from the end of word; was it there? */
static bool cut(char *word, char mark)
{
    size_t n = strlen(word);
    if (n == 0 || word[n - 1] != mark)
        return false;
    word[n - 1] = '\0';
    return true;
}

static void add_namespace(struct map *out, char *word, const char *digest)
{
    (void)digest;
    struct fan_out_namespace *n = xcalloc(1, sizeof(*n));
    n->is_deleting = cut(word, '!');
    n->labels = map_new(free);
    if (!cut(word, '~'))
        map_set(n->labels, "of", xstrdup("db"));
    map_set(out, word, n);
}

static void add_child(struct map *out, char *word, const char *digest)
{
    (void)digest;
    struct fan_out_child *c = xcalloc(1, sizeof(*c));
    c->is_deleting = cut(word, '!');
    char *owner = strchr(word, ':');
    *owner++ = '\0';
    if (*owner) {
        char *name = strchr(owner, '@');
        if (name)
            *name++ = '\0';
        c->uid = xstrdup("c1");
        c->owner_uid = xstrdup(owner);
        c->owner_name = xstrdup(name ? name : "db");
        snprintf(c->fingerprint, sizeof(c->fingerprint), "f");
    }
    map_set(out, word, c);
}

static void add_settled(struct map *out, char *word, const char *digest)
{
    struct fan_out_settled *s = xcalloc(1, sizeof(*s));
    s->quiet_until_ns = cut(word, '+') ? NOW + 50 : NOW;
    snprintf(s->fingerprint, sizeof(s->fingerprint), cut(word, '*') ? "other" : "f");
    snprintf(s->desired, sizeof(s->desired), "%s", cut(word, '?') ? "old" : digest);
    map_set(out, word, s);
}

static void add_words(struct map *out, const char *words, const char *digest,
                      void (*add)(struct map *out, char *word, const char *digest))
{
    CLEANUP_STR char *text = xstrdup(words);
    char *place = NULL;
    for (char *w = strtok_r(text, " ", &place); w; w = strtok_r(NULL, " ", &place))
        add(out, w, digest);
}

struct row {
    const char *name, *spec;
    const char *namespaces; /* "a b~ c!": b has not the label, c is in deletion */
    const char *children;   /* "a/db:u1 b/db: c/db:u9@x!": owner's UID and name (db), in deletion */
    const char *settled;    /* "a/db": as written; then '?' since edited, '*' changed, '+' quiet */
    const char *want;
};

static const struct row rows[] = {
    {"nothing there", PLAIN, "", "", "", ""},
    {"in each that matches", PLAIN, "a b~ c", "", "", "create:a/db create:c/db "},
    {"not in one that goes", PLAIN, "a!", "", "", ""},
    {"there and known", PLAIN, "a", "a/db:u1", "a/db", "in:a "},
    {"there and not known", PLAIN, "a", "a/db:u1", "", "replace:a/db in:a "},
    {"there and edited", PLAIN, "a", "a/db:u1", "a/db?", "replace:a/db in:a "},
    {"edited in the quiet time", PLAIN, "a", "a/db:u1", "a/db?+", "replace:a/db in:a "},
    {"changed by somebody", PLAIN, "a", "a/db:u1", "a/db*", "replace!:a/db in:a "},
    {"changed in the quiet time", PLAIN, "a", "a/db:u1", "a/db*+", "in:a due:150 "},
    {"deleted by somebody", PLAIN, "a", "", "a/db", "create!:a/db "},
    {"deleted in the quiet time", PLAIN, "a b", "", "a/db+", "create:b/db due:150 "},
    {"deleted before an edit", PLAIN, "a", "", "a/db?+", "create:a/db "},
    {"on its way out", PLAIN, "a", "a/db:u1!", "a/db", ""},
    {"somebody else's", PLAIN, "a", "a/db:", "", "refused:a "},
    {"another one's", PLAIN, "a", "a/db:u9@x", "", "refused:a "},
    {"a namesake's", PLAIN, "a", "a/db:u9", "", "take:a/db "},
    {"a namesake's, not wanted", PLAIN, "a~", "a/db:u9", "", ""},
    {"no longer wanted", PLAIN, "a~ b", "a/db:u1 b/db:u1", "a/db b/db", "delete:a/db in:b "},
    {"not wanted and not ours", PLAIN, "a~", "a/db:", "", ""},
    {"not wanted and on its way", PLAIN, "a~", "a/db:u1!", "a/db", ""},
    {"its namespace goes", PLAIN, "a!", "a/db:u1", "a/db", ""},
    {"its namespace is gone", PLAIN, "", "a/db:u1", "a/db", ""},
    {"renamed: the old ones first", RENAMED, "a b", "a/db:u1 b/db:u1", "a/db b/db",
     "delete:a/db delete:b/db create:a/app create:b/app "},
    {"renamed onto a foreign one", RENAMED, "a", "a/db:u1 a/app:", "a/db",
     "delete:a/db refused:a "},
    {"being deleted", DELETED, "a b", "a/db:u1 b/db:", "a/db", "delete:a/db "},
    {"being deleted, children stay", ORPHANING, "a", "a/db:u1", "a/db", ""},
};

static void print_plan(const struct fan_out_plan *p, struct str_buf *out)
{
    static const char *const words[] = {"create", "replace", "take", "delete"};
    for (size_t i = 0; i < p->n; i++)
        str_buf_printf(out, "%s%s:%s/%s ", words[p->steps[i].act], p->steps[i].is_drift ? "!" : "",
                       p->steps[i].ns, p->steps[i].name);
    for (size_t i = 0; i < p->in_place->n; i++)
        str_buf_printf(out, "in:%s ", p->in_place->entries[i].key);
    for (size_t i = 0; i < p->refused->n; i++)
        str_buf_printf(out, "refused:%s ", p->refused->entries[i].key);
    if (p->due_ns != UINT64_MAX)
        str_buf_printf(out, "due:%llu ", (unsigned long long)p->due_ns);
}

static void one_plan(void **state)
{
    const struct row *r = *state;
    CLEANUP(cluster_spec) struct cluster_spec *spec = read_spec(r->spec);
    CLEANUP(map) struct map *namespaces = map_new(free_namespace);
    CLEANUP(map) struct map *children = map_new(free_child);
    CLEANUP(map) struct map *settled = map_new(free);
    CLEANUP_STR_BUF struct str_buf said;
    struct fan_out_picture picture = {.namespaces = namespaces, .children = children};
    struct fan_out_plan plan;
    add_words(namespaces, r->namespaces, spec->digest, add_namespace);
    add_words(children, r->children, spec->digest, add_child);
    add_words(settled, r->settled, spec->digest, add_settled);
    fan_out_plan_make(spec, &picture, settled, NOW, &plan);
    str_buf_init(&said, 4096);
    print_plan(&plan, &said);
    assert_string_equal(said.s, r->want);
    for (size_t i = 0; i < plan.n; i++)
        assert_int_equal(plan.steps[i].uid != NULL, plan.steps[i].act != FAN_OUT_CREATE);
    fan_out_plan_done(&plan);
}

int main(void)
{
    return TABLE_RUN("fan_out_plan", rows, one_plan);
}
