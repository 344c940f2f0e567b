/* Every source yields pairs of a row and a text, and all go through option_put, weakest source
 * first, so that the strongest one has the last word and a mistake is found wherever it stands.
 * The flags are walked twice: once before everything else for --help and the file's name, and once
 * at the end for their values. */

#include "cmd/option.h"

#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/yaml.h"
#include "cmd/option_nearest.h"

#define ENV_PREFIX "LOCKSTEP_"

void option_env_name(const char *name, char out[OPTION_DERIVED_SIZE])
{
    assert(strlen(name) <= OPTION_NAME_MAX);
    memcpy(out, ENV_PREFIX, sizeof(ENV_PREFIX));
    char *at = out + sizeof(ENV_PREFIX) - 1;
    for (; *name; name++)
        *at++ = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
    *at = '\0';
}

void option_key_name(const char *name, char out[OPTION_DERIVED_SIZE])
{
    assert(strlen(name) <= OPTION_NAME_MAX);
    for (bool is_upper = false; *name; name++) {
        if (*name == '-') {
            is_upper = true;
            continue;
        }
        *out++ = is_upper ? (char)toupper((unsigned char)*name) : *name;
        is_upper = false;
    }
    *out = '\0';
}

static const struct option *find_row(const struct option_set *set, const char *name, size_t n)
{
    for (size_t i = 0; i < set->n; i++)
        if (strlen(set->rows[i].name) == n && memcmp(set->rows[i].name, name, n) == 0)
            return &set->rows[i];
    return NULL;
}

/* One flag of the command line. */
struct flag {
    const struct option *row; /* NULL: --help */
    const char *text;
};

static struct err *unknown_flag(const struct option_set *set, const char *name, size_t n)
{
    const char *nearest = option_nearest(set, OPTION_STYLE_FLAG, name, n);
    if (nearest)
        return err_new(ERR_INVALID, "unknown option --%.*s, did you mean --%s?", (int)n, name,
                       nearest);
    return err_new(ERR_INVALID, "unknown option --%.*s", (int)n, name);
}

/* "--no-NAME" of a boolean. */
static const struct option *find_negated(const struct option_set *set, const char *name, size_t n)
{
    const struct option *row = NULL;
    if (n > 3 && strncmp(name, "no-", 3) == 0)
        row = find_row(set, name + 3, n - 3);
    return row && row->kind == OPTION_BOOL ? row : NULL;
}

/* Value of a flag without '=': a boolean's is its presence, another's is the next argument. */
static struct err *take_value(const struct option_input *in, int *at, struct flag *f)
{
    if (f->row->kind == OPTION_BOOL) {
        f->text = "true";
        return NULL;
    }
    if (*at >= in->argc)
        return err_new(ERR_INVALID, "--%s: has no value", f->row->name);
    f->text = in->argv[(*at)++];
    return NULL;
}

/* The flag at *at, which moves behind it and its value. */
static struct err *next_flag(const struct option_set *set, const struct option_input *in, int *at,
                             struct flag *f)
{
    const char *arg = in->argv[(*at)++];
    *f = (struct flag){NULL, NULL};
    if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0)
        return NULL;
    if (strncmp(arg, "--", 2) != 0 || !arg[2])
        return err_new(ERR_INVALID, "argument %d is no option: options begin with --", *at);
    const char *name = arg + 2;
    size_t n = strcspn(name, "=");
    f->row = find_row(set, name, n);
    if (f->row && name[n] == '=') {
        f->text = name + n + 1;
        return NULL;
    }
    if (f->row)
        return take_value(in, at, f);
    f->row = name[n] == '=' ? NULL : find_negated(set, name, n);
    f->text = "false";
    return f->row ? NULL : unknown_flag(set, name, n);
}

/* Look for --help, and for the last value of the file's row. */
static struct err *scan_flags(const struct option_set *set, const struct option_input *in,
                              const char **file, bool *is_help)
{
    for (int at = 0; at < in->argc;) {
        struct flag f;
        struct err *e = next_flag(set, in, &at, &f);
        if (e)
            return e;
        if (!f.row) {
            *is_help = true;
            return NULL;
        }
        if (strcmp(f.row->name, OPTION_FILE_ROW) == 0)
            *file = f.text;
    }
    return NULL;
}

static struct err *put_flags(const struct option_set *set, const struct option_input *in,
                             void *target)
{
    for (int at = 0; at < in->argc;) {
        struct flag f;
        struct err *e = next_flag(set, in, &at, &f);
        if (e || !f.row)
            return e;
        e = option_put(f.row, f.text, target);
        if (e)
            return err_wrap(e, "--%s", f.row->name);
    }
    return NULL;
}

/* The variable's text; NULL when it is unset or empty, or nothing may be read. */
static const char *env_text(const struct option_input *in, const char *name)
{
    const char *text = in->get_env ? in->get_env(name) : NULL;
    return text && *text ? text : NULL;
}

static struct err *put_variable(const struct option_input *in, const struct option *row,
                                const char *name, void *target)
{
    const char *text = env_text(in, name);
    struct err *e = text ? option_put(row, text, target) : NULL;
    return e ? err_wrap(e, "%s", name) : NULL;
}

static struct err *put_environment(const struct option_set *set, const struct option_input *in,
                                   void *target)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct option *row = &set->rows[i];
        char name[OPTION_DERIVED_SIZE];
        struct err *e = row->env_too ? put_variable(in, row, row->env_too, target) : NULL;
        if (e)
            return e;
        option_env_name(row->name, name);
        e = put_variable(in, row, name, target);
        if (e)
            return e;
    }
    return NULL;
}

static struct err *put_defaults(const struct option_set *set, void *target)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct option *row = &set->rows[i];
        struct err *e = row->fallback ? option_put(row, row->fallback, target) : NULL;
        if (e)
            return err_wrap(e, "default of --%s", row->name);
    }
    return NULL;
}

static const struct option *find_key(const struct option_set *set, const char *key)
{
    for (size_t i = 0; i < set->n; i++) {
        char name[OPTION_DERIVED_SIZE];
        option_key_name(set->rows[i].name, name);
        if (strcmp(name, key) == 0 && strcmp(key, OPTION_FILE_ROW) != 0)
            return &set->rows[i];
    }
    return NULL;
}

/* A scalar as option_put takes it; NULL for lists, maps, and for numbers and booleans where text is
 * wanted: YAML has turned 0123 and 1e3 into something else by now. */
static char *scalar_text(const struct option *row, const struct json *value)
{
    bool wants_number = row->kind == OPTION_INT || row->kind == OPTION_SIZE;
    switch (json_kind(value)) {
    case JSON_NULL:
        return xstrdup("");
    case JSON_STRING:
        return xstrdup(json_text(value));
    case JSON_BOOL:
        return row->kind == OPTION_BOOL ? json_print(value) : NULL;
    case JSON_NUMBER:
        return wants_number ? json_print(value) : NULL;
    case JSON_LIST:
    case JSON_MAP:
        return NULL;
    }
    return NULL;
}

static struct err *unknown_key(const struct option_set *set, const char *key)
{
    const char *nearest = option_nearest(set, OPTION_STYLE_KEY, key, strlen(key));
    char name[OPTION_DERIVED_SIZE];
    if (!nearest)
        return err_new(ERR_INVALID, "unknown key %s", key);
    option_key_name(nearest, name);
    return err_new(ERR_INVALID, "unknown key %s, did you mean %s?", key, name);
}

static struct err *put_key(const struct option_set *set, const struct json *value, void *target)
{
    const char *key = json_name(value);
    const struct option *row = find_key(set, key);
    if (!row)
        return unknown_key(set, key);
    CLEANUP_STR char *text = scalar_text(row, value);
    struct err *e = text ? option_put(row, text, target)
                         : err_new(ERR_INVALID, "want one plain value, text in quotes");
    return e ? err_wrap(e, "%s", key) : NULL;
}

static struct err *put_document(const struct option_set *set, const struct json *doc, void *target)
{
    if (json_kind(doc) != JSON_MAP)
        return err_new(ERR_INVALID, "want a map of options");
    for (const struct json *value = json_first(doc); value; value = json_next(value)) {
        struct err *e = put_key(set, value, target);
        if (e)
            return e;
    }
    return NULL;
}

static struct err *put_file(const struct option_set *set, const char *path, void *target)
{
    CLEANUP_STR char *text = NULL;
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    size_t n;
    struct err *e = fs_read_text(AT_FDCWD, path, OPTION_FILE_MAX, &text, &n);
    if (e)
        return err_wrap(e, "configuration file");
    e = yaml_parse(text, n, &docs);
    if (!e && docs.n > 1)
        e = err_new(ERR_INVALID, "want one YAML document");
    if (!e && docs.n == 1)
        e = put_document(set, docs.docs[0], target);
    return e ? err_wrap(e, "%s", path) : NULL;
}

struct err *option_load(const struct option_set *set, const struct option_input *in, void *target,
                        bool *out_is_help)
{
    char name[OPTION_DERIVED_SIZE];
    const char *file = NULL;
    assert(set->n <= OPTION_ROWS_MAX);
    *out_is_help = false;
    option_env_name(OPTION_FILE_ROW, name);
    if (find_row(set, OPTION_FILE_ROW, strlen(OPTION_FILE_ROW)))
        file = env_text(in, name);
    struct err *e = scan_flags(set, in, &file, out_is_help);
    if (e || *out_is_help)
        return e;
    e = put_defaults(set, target);
    if (!e && file)
        e = put_file(set, file, target);
    if (!e)
        e = put_environment(set, in, target);
    return e ? e : put_flags(set, in, target);
}

static void help_choices(const struct option *row, struct str_buf *out)
{
    for (const char *const *c = row->choices; *c; c++)
        str_buf_printf(out, "%s%s", c == row->choices ? " One of " : ", ", *c);
    str_buf_puts(out, ".");
}

void option_help(const struct option_set *set, struct str_buf *out)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct option *row = &set->rows[i];
        const char *form = row->kind == OPTION_BOOL ? "" : row->form;
        str_buf_printf(out, "  --%s%s%s\n        %s", row->name, *form ? "=" : "", form, row->help);
        if (row->kind == OPTION_CHOICE)
            help_choices(row, out);
        if (row->fallback)
            str_buf_printf(out, " Default: %s.", row->fallback);
        str_buf_puts(out, "\n");
    }
}
