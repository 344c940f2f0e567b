/* A row per kind. What a kind's parser finds is the first line; what only shows when things are
 * looked at together, or are compiled, is found by the row's function. Rows are gone through in
 * order, so that stores are known when the ExternalSecrets that name them are looked at. */

#include "cmd/check_file.h"

#include <string.h>

#include "base/attr.h"
#include "base/json.h"

#define OURS "external-secrets.io/"
#define CORE "v1"

struct kind_row {
    const char *version; /* apiVersion; what ends in a slash is a group, of any version */
    const char *kind;
    check_kind_fn *check;
};

/* Nothing but its name can be wrong. */
static void check_core(struct check_input *in, const struct check_file_options *options,
                       struct check_object *o)
{
    (void)in;
    (void)options;
    (void)check_object_is_unread(o);
}

/* clang-format off */
static const struct kind_row rows[] = {
    {OURS, "SecretStore", check_store},
    {OURS, "ClusterSecretStore", check_store},
    {OURS, "ExternalSecret", check_spec},
    {OURS "v1", "ClusterExternalSecret", check_cluster_spec},
    {OURS "v1beta1", "ClusterExternalSecret", check_cluster_spec},
    {OURS "v1alpha1", "PushSecret", check_push},
    {CORE, "Secret", check_core},
    {CORE, "ConfigMap", check_core},
};
/* clang-format on */

static bool is_of_row(const struct check_object *o, const struct kind_row *row)
{
    const char *version = json_path_text(o->json, "apiVersion");
    size_t n = strlen(row->version);
    size_t n_same = row->version[n - 1] == '/' ? n : n + 1;
    return version && strncmp(version, row->version, n_same) == 0 &&
           strcmp(check_object_kind(o), row->kind) == 0;
}

static bool has_row(const struct check_object *o)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (is_of_row(o, &rows[i]))
            return true;
    return false;
}

static bool is_same(const struct check_object *a, const struct check_object *b)
{
    return *check_object_name(a) && strcmp(check_object_kind(a), check_object_kind(b)) == 0 &&
           strcmp(check_object_ns(a), check_object_ns(b)) == 0 &&
           strcmp(check_object_name(a), check_object_name(b)) == 0;
}

/* Applying both leaves the later one, a folder of the agent the first one by file name. */
static void check_twice(struct check_input *in, size_t i, const struct kind_row *row)
{
    for (size_t j = 0; j < i; j++) {
        if (is_of_row(&in->objects[j], row) && is_same(&in->objects[i], &in->objects[j])) {
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
        if (!is_of_row(&in->objects[i], row))
            continue;
        check_twice(in, i, row);
        row->check(in, options, &in->objects[i]);
    }
}

void check_file_run(struct check_input *in, const struct check_file_options *options)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        check_row(in, options, &rows[i]);
    for (size_t i = 0; i < in->n; i++) {
        struct check_object *o = &in->objects[i];
        if (!has_row(o) && !check_object_is_unread(o))
            check_object_note(o, "not checked, Lockstep does not read this kind");
    }
}
