/* A row per kind. What a kind's parser finds is its row's first line; what only shows when things
 * are looked at together, or are compiled, is found by the row's function. Rows are gone through in
 * order, so that stores are known when the ExternalSecrets that name them are looked at. */

#include "cmd/check_file.h"

#include <string.h>

#include "base/attr.h"

struct kind_row {
    const char *kind;
    check_kind_fn *check; /* NULL: there is nothing that could be wrong */
};

static const struct kind_row rows[] = {
    {"SecretStore", check_store},
    {"ClusterSecretStore", check_store},
    {"ExternalSecret", check_spec},
    {"Secret", NULL},
    {"ConfigMap", NULL},
};

/* Did manifest_read make something of it? */
static bool is_read(const struct check_object *o)
{
    const struct manifest *m = &o->manifest;
    return m->spec || m->store || m->secret || m->config_map;
}

static bool is_same(const struct check_object *a, const struct check_object *b)
{
    return strcmp(check_object_kind(a), check_object_kind(b)) == 0 &&
           strcmp(check_object_ns(a), check_object_ns(b)) == 0 &&
           strcmp(check_object_name(a), check_object_name(b)) == 0;
}

/* Applying both leaves the later one, a folder of the agent the first one by file name. */
static void check_twice(struct check_input *in, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (is_read(&in->objects[j]) && is_same(&in->objects[i], &in->objects[j])) {
            check_object_problem(&in->objects[i],
                                 "metadata.name: %s has an object of that name already",
                                 in->objects[j].where);
            return;
        }
    }
}

static void check_row(struct check_input *in, const struct check_file_options *options,
                      const struct kind_row *row)
{
    for (size_t i = 0; i < in->n; i++) {
        struct check_object *o = &in->objects[i];
        if (!is_read(o) || strcmp(check_object_kind(o), row->kind) != 0)
            continue;
        check_twice(in, i);
        if (row->check)
            row->check(in, options, o);
    }
}

void check_file_run(struct check_input *in, const struct check_file_options *options)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        check_row(in, options, &rows[i]);
    for (size_t i = 0; i < in->n; i++) {
        struct check_object *o = &in->objects[i];
        if (!is_read(o) && o->n_problems == 0)
            check_object_note(o, "not checked, Lockstep does not read this kind");
    }
}
