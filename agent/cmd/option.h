#pragma once
/* option.h: one table row per option gives its flag, its variable, its key in a file and its help.
 *
 * A row called "kubelet-root" is set by --kubelet-root=V, by LOCKSTEP_KUBELET_ROOT, and by the key
 * kubeletRoot of the YAML file that the row called "config" names. A flag wins over the variable,
 * the variable over the file, the file over the default; every value is checked, also one that is
 * overridden.
 *
 * Owns     rows are static; the texts in a target belong to the target.
 * Threads  main. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str_buf.h"

#define OPTION_NAME_MAX 40         /* bytes of a row's name */
#define OPTION_VALUE_MAX 4095      /* bytes of any value */
#define OPTION_ROWS_MAX 64         /* rows of one table */
#define OPTION_FILE_MAX (1u << 20) /* bytes of a configuration file */

/* Name of the row that holds the path of the YAML file. */
#define OPTION_FILE_ROW "config"

/* What a value looks like, and the C type of its field. */
enum option_kind {
    OPTION_TEXT,     /* char * */
    OPTION_PATH,     /* char *; slashes at the end are dropped */
    OPTION_CHOICE,   /* char *, one of choices */
    OPTION_BOOL,     /* bool: "true" or "false"; flags --name and --no-name */
    OPTION_INT,      /* int64_t, min..max */
    OPTION_SIZE,     /* uint64_t, bytes: digits and Ki, Mi, Gi, k, M or G */
    OPTION_DURATION, /* uint64_t, ns: Go's form, "1m30s" */
};

/* NULL, or INVALID with what would be right: "want an absolute path". */
typedef struct err *option_check_fn(const char *text);

/* Absolute, without empty, "." and ".." elements, so that paths can be compared as text. */
option_check_fn option_check_absolute;

struct option {
    const char *name; /* lower-case words joined by '-' */
    enum option_kind kind;
    const char *fallback;       /* the default as one would write it; NULL: NULL, false or 0 */
    size_t offset;              /* of the field in the target */
    const char *form;           /* "PATH", for the help; NULL for booleans */
    const char *help;           /* one sentence or two */
    int64_t min, max;           /* of INT, SIZE (bytes) and DURATION (ns), inclusive */
    const char *const *choices; /* of CHOICE; NULL ends */
    option_check_fn *check;     /* of TEXT and PATH; may be NULL */
    const char *env_too;        /* another variable, weaker than our own; may be NULL */
};

struct option_set {
    const struct option *rows; /* n of them */
    size_t n;
};

/* Where values come from. */
struct option_input {
    int argc; /* arguments after the command's name */
    char *const *argv;
    char *(*get_env)(const char *name); /* as getenv(3); NULL: flags only. An empty one is unset */
};

/* Fill target, which is overwritten; free its texts with option_done, also after a failure.
 *   out_is_help  --help or -h was there: nothing else was looked at
 * Errors: INVALID (unknown flag or key, with the nearest one; bad value; no YAML map), NOT_FOUND
 * and DENIED (the file). The text names flag, variable or key, never a value. */
NODISCARD struct err *option_load(const struct option_set *set, const struct option_input *in,
                                  void *target, bool *out_is_help);

/* Set one field from text. Errors: INVALID ("want a whole number from 1 to 64"). */
NODISCARD struct err *option_put(const struct option *o, const char *text, void *target);

/* Free the texts of target and set them to NULL. */
void option_done(const struct option_set *set, void *target);

/* Append one paragraph per row. */
void option_help(const struct option_set *set, struct str_buf *out);

/* "LOCKSTEP_KUBELET_ROOT" and "kubeletRoot" of "kubelet-root". */
#define OPTION_DERIVED_SIZE (sizeof("LOCKSTEP_") + OPTION_NAME_MAX)
void option_env_name(const char *name, char out[OPTION_DERIVED_SIZE]);
void option_key_name(const char *name, char out[OPTION_DERIVED_SIZE]);
