/* A nil map reads as an empty one and refuses only to be written. Go gives keys and values in
 * random order; here they are sorted by key, as a template prints them. */
#include "template/funcs_dict.h"

#include "template/fmt.h"
#include "template/funcs.h"
#include "template/funcs_list.h"

/* Moving memory is cheap beside other steps: this many bytes of it count as one. */
#define MOVED_BYTES_PER_STEP 2048u

struct err *funcs_dict_put(struct engine *g, struct dict *m, struct text key, struct datum value)
{
    bool is_last = !m->n || text_compare(m->entries[m->n - 1].key, key) < 0;
    size_t moved = is_last ? 0 : m->n * sizeof(struct dict_entry);
    struct err *e = engine_charge(g, 1 + moved / MOVED_BYTES_PER_STEP);

    return e ? e : dict_set(g->arena, m, key, value);
}

static struct err *new_dict(struct engine *g, size_t capacity, struct dict **out)
{
    struct err *e = engine_charge_bytes(g, capacity * sizeof(struct dict_entry));

    return e ? e : dict_new(g->arena, ELEMENT_ANY, capacity, out);
}

static struct err *run_dict(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct dict *m;
    struct err *e = new_dict(g, (n + 1) / 2, &m);

    for (size_t i = 0; !e && i < n; i += 2) {
        struct text key;

        e = fmt_strval_text(g, &args[i], &key);
        if (!e)
            e = funcs_dict_put(g, m, key, i + 1 < n ? args[i + 1] : datum_string(TEXT("")));
    }
    if (e)
        return e;
    *out = datum_map(m);
    return NULL;
}

static struct err *run_get(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct datum *value = dict_get(args[0].v.map, datum_text(&args[1]));

    (void)g;
    (void)n;
    *out = value ? *value : datum_string(TEXT(""));
    return NULL;
}

static struct err *run_set(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct dict *m = args[0].v.map;

    (void)n;
    if (m->is_nil)
        return err_new(ERR_INVALID, "assignment to entry in nil map");
    struct err *e = funcs_dict_put(g, m, datum_text(&args[1]), args[2]);
    if (e)
        return e;
    *out = args[0];
    return NULL;
}

static struct err *run_unset(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct dict *m = args[0].v.map;
    struct err *e = engine_charge(g, 1 + m->n * sizeof(struct dict_entry) / MOVED_BYTES_PER_STEP);

    (void)n;
    if (e)
        return e;
    dict_unset(m, datum_text(&args[1]));
    *out = args[0];
    return NULL;
}

static struct err *run_has_key(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_bool(dict_get(args[0].v.map, datum_text(&args[1])));
    return NULL;
}

static struct err *run_pluck(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct list *l;
    struct err *e = funcs_list_new(g, ELEMENT_ANY, n - 1, &l);

    if (e)
        return e;
    l->n = 0;
    for (size_t i = 1; i < n; i++) {
        const struct datum *value = dict_get(args[i].v.map, datum_text(&args[0]));

        if (value)
            l->items[l->n++] = *value;
    }
    *out = datum_list(l);
    return NULL;
}

static struct err *run_keys(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct list *l;
    size_t total = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        total += args[i].v.map->n;
    struct err *e = funcs_list_new(g, ELEMENT_STRING, total, &l);
    if (e)
        return e;
    for (size_t i = 0; i < n; i++) {
        const struct dict *m = args[i].v.map;

        for (size_t j = 0; j < m->n; j++)
            l->items[at++] = datum_string(m->entries[j].key);
    }
    *out = datum_list(l);
    return NULL;
}

static struct err *run_values(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    const struct dict *m = args[0].v.map;
    struct list *l;
    struct err *e = funcs_list_new(g, ELEMENT_ANY, m->n, &l);

    (void)n;
    if (e)
        return e;
    for (size_t i = 0; i < m->n; i++)
        l->items[i] = m->entries[i].value;
    *out = datum_list(l);
    return NULL;
}

static struct err *run_pick(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct dict *picked;
    struct err *e = new_dict(g, 0, &picked);

    for (size_t i = 1; !e && i < n; i++) {
        const struct datum *value = dict_get(args[0].v.map, datum_text(&args[i]));

        if (value)
            e = funcs_dict_put(g, picked, datum_text(&args[i]), *value);
    }
    if (e)
        return e;
    *out = datum_map(picked);
    return NULL;
}

static struct err *run_omit(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct dict *m = args[0].v.map;
    struct dict *left;
    struct err *e = new_dict(g, m->n, &left);

    if (e)
        return e;
    if (m->n)
        memcpy(left->entries, m->entries, m->n * sizeof(struct dict_entry));
    left->n = m->n;
    for (size_t i = 1; i < n; i++) {
        e = engine_charge(g, 1 + left->n * sizeof(struct dict_entry) / MOVED_BYTES_PER_STEP);
        if (e)
            return e;
        dict_unset(left, datum_text(&args[i]));
    }
    *out = datum_map(left);
    return NULL;
}

/* What Go says where an interface {} holds another type than is asked for. */
static struct err *wrong_type(const struct datum *d, const char *wanted)
{
    return err_new(ERR_INVALID, "interface conversion: interface {} is %s, not %s",
                   datum_is_nothing(d) ? "nil" : datum_type_name(d), wanted);
}

static struct err *as_dict(const struct datum *d, const struct dict **out)
{
    if (d->kind != DATUM_MAP || d->v.map->element != ELEMENT_ANY)
        return wrong_type(d, "map[string]interface {}");
    *out = d->v.map;
    return NULL;
}

/* Follow names[0..n) down from m: the value there, or *found is NULL where a name is missing. */
static struct err *descend(const struct dict *m, const struct datum *names, size_t n,
                           const struct datum **found)
{
    for (size_t i = 0; i < n; i++) {
        *found = dict_get(m, datum_text(&names[i]));
        if (!*found || i + 1 == n)
            break;
        struct err *e = as_dict(*found, &m);
        if (e)
            return e;
    }
    return NULL;
}

static struct err *run_dig(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct datum *found = NULL;
    const struct dict *m = NULL;

    (void)g;
    if (n < 3)
        return err_new(ERR_INVALID, "dig needs at least three arguments");
    struct err *e = as_dict(&args[n - 1], &m);
    for (size_t i = 0; !e && i < n - 2; i++) {
        if (args[i].kind != DATUM_STRING)
            e = wrong_type(&args[i], "string");
    }
    if (!e)
        e = descend(m, args, n - 2, &found);
    if (e)
        return e;
    *out = found ? *found : args[n - 2];
    return NULL;
}

#define DEEP_COPY "a", "a", funcs_dict_deep_copy, 0, "a copy that shares no list or dict"

static const struct func rows[] = {
    {"deepCopy", DEEP_COPY, "{{ deepCopy (dict \"a\" (list 1)) }}", "map[a:[1]]"},
    {"dict", "a*", "m", run_dict, 0, "a dict of keys and values in turn", "{{ dict \"a\" 1 }}",
     "map[a:1]"},
    {"dig", "a*", "a", run_dig, 0,
     "the value down those keys of the dict that is last, or a default",
     "{{ dict \"a\" (dict \"b\" 1) | dig \"a\" \"b\" 0 }}", "1"},
    {"get", "ms", "a", run_get, 0, "the value of a key, or \"\"", "{{ get (dict \"a\" 1) \"a\" }}",
     "1"},
    {"hasKey", "ms", "b", run_has_key, 0, "has the dict that key",
     "{{ hasKey (dict \"a\" 1) \"b\" }}", "false"},
    {"keys", "m*", "S", run_keys, 0, "the keys of each dict, sorted",
     "{{ keys (dict \"b\" 1 \"a\" 2) }}", "[a b]"},
    {"merge", "mm*", "a", funcs_dict_merge, 0,
     "changes the first dict: adds what it lacks or has empty",
     "{{ merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3) }}", "map[a:1 b:3]"},
    {"mergeOverwrite", "mm*", "a", funcs_dict_merge_overwrite, 0,
     "changes the first dict: the later ones win",
     "{{ mergeOverwrite (dict \"a\" 1) (dict \"a\" 2 \"b\" 3) }}", "map[a:2 b:3]"},
    {"mustDeepCopy", DEEP_COPY, "{{ mustDeepCopy (list 1 2) }}", "[1 2]"},
    {"mustMerge", "mm*", "a", funcs_dict_must_merge, 0,
     "as merge, which gives \"\" where this is an error",
     "{{ mustMerge (dict \"a\" 1) (dict \"b\" 2) }}", "map[a:1 b:2]"},
    {"mustMergeOverwrite", "mm*", "a", funcs_dict_must_merge_overwrite, 0,
     "as mergeOverwrite, which gives \"\" where this is an error",
     "{{ mustMergeOverwrite (dict \"a\" 1) (dict \"a\" 2) }}", "map[a:2]"},
    {"omit", "ms*", "m", run_omit, 0, "a dict without these keys",
     "{{ omit (dict \"a\" 1 \"b\" 2) \"a\" }}", "map[b:2]"},
    {"pick", "ms*", "m", run_pick, 0, "a dict of these keys alone",
     "{{ pick (dict \"a\" 1 \"b\" 2) \"a\" }}", "map[a:1]"},
    {"pluck", "sm*", "l", run_pluck, 0, "what the dicts have under that key",
     "{{ pluck \"a\" (dict \"a\" 1) (dict \"a\" 2) }}", "[1 2]"},
    {"set", "msa", "m", run_set, 0, "changes the dict: the key has that value",
     "{{ set (dict \"a\" 1) \"b\" 2 }}", "map[a:1 b:2]"},
    {"unset", "ms", "m", run_unset, 0, "changes the dict: the key is gone",
     "{{ unset (dict \"a\" 1 \"b\" 2) \"b\" }}", "map[a:1]"},
    {"values", "m", "l", run_values, 0, "the values, by their keys",
     "{{ values (dict \"b\" 1 \"a\" 2) }}", "[2 1]"},
};

const struct func_table funcs_dict = {"Dicts", rows, ARRAY_SIZE(rows)};
