#pragma once
/* check_input.h: the objects of the manifests that `lockstep check -f` looks at.
 *
 * Owns     a struct check_input owns its objects.
 * Threads  main.
 * Source   kubectl's -f; v1 List. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str_buf.h"
#include "watch/manifest.h"

#define CHECK_LINES_MAX (64u << 10) /* bytes of what is said about one object */

struct check_object {
    char *where;       /* "shop.yaml:2", the second document; just the file if it is broken */
    struct json *json; /* NULL: not even YAML */
    struct manifest manifest; /* what the agent makes of it */
    struct err *unread;       /* why it makes nothing of it; NULL */
    struct str_buf lines;     /* what there is to say, a line each */
    size_t n_problems;
};

struct check_input {
    struct check_object *objects; /* n, in order of files and documents */
    size_t n;
};

/* Add the objects of a file, of the manifests of a folder, or of "-", the standard input. A List
 * counts as what it holds. What cannot be read as YAML becomes an object that is unread.
 * Errors: NOT_FOUND, DENIED, INTERNAL (path). */
NODISCARD struct err *check_input_add(struct check_input *in, const char *path);
void check_input_done(struct check_input *in);

/* Is o unread? Then that becomes a problem. */
bool check_object_is_unread(struct check_object *o);

/* Is the name of o, which manifest_read does not know, no object name? Then that becomes a problem.
 */
bool check_object_is_nameless(struct check_object *o);

/* Say what is wrong with o, or, note, what is worth knowing: "WHERE: KIND NS/NAME: TEXT". */
void check_object_problem(struct check_object *o, const char *format, ...) PRINTF_LIKE(2, 3);
void check_object_note(struct check_object *o, const char *format, ...) PRINTF_LIKE(2, 3);

/* The object of that kind, namespace ("" for cluster-wide kinds) and name; NULL. */
struct check_object *check_input_find(const struct check_input *in, const char *kind,
                                      const char *ns, const char *name);

/* Texts of o; "" when absent. The namespace of what the agent reads as namespaced is "default"
 * where none is named. */
const char *check_object_kind(const struct check_object *o);
const char *check_object_name(const struct check_object *o);
const char *check_object_ns(const struct check_object *o);
