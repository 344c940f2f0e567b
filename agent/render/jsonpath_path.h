#pragma once
/* jsonpath_path.h: one step of a gjson path at a time.
 *
 * Part of jsonpath. The same text means different things in an object and in an array, and which it
 * is shows only when the document is read: so a path is taken apart step by step on the way.
 *
 * Owns     parsed steps own what they decoded; spans borrow the path.
 * Threads  any.
 * Source   gjson 1.18, SYNTAX.md. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

/* Part of a path. */
struct span {
    const char *p;
    size_t n;
};

/* s without its first n bytes (n <= s.n). */
static inline struct span span_from(struct span s, size_t n)
{
    return (struct span){s.p + n, s.n - n};
}

/* How a step goes on. */
enum path_link {
    PATH_END,
    PATH_DOT,  /* with what it selected, while reading */
    PATH_PIPE, /* with the finished result */
};

struct path_rest {
    enum path_link link;
    struct span path;
};

/* A step into an object. */
struct path_key {
    char *name; /* n bytes, escapes removed */
    size_t n;
    bool has_wildcard;
    struct path_rest rest;
};

void jsonpath_key_init(struct path_key *k, struct span path);
void jsonpath_key_done(struct path_key *k);

enum path_op {
    PATH_OP_NONE,
    PATH_EQ,
    PATH_NE,
    PATH_LT,
    PATH_LE,
    PATH_GT,
    PATH_GE,
    PATH_LIKE,
    PATH_UNLIKE
};

/* "#(path op value)", and "#(...)#" if is_all. */
struct path_query {
    struct span path;
    enum path_op op;
    struct secret_buf *value; /* decoded; "" without one */
    bool is_all;
};

enum path_array_kind {
    PATH_NO_ELEMENT, /* a name, which no array has */
    PATH_INDEX,
    PATH_COUNT, /* "#" */
    PATH_EACH,  /* "#.path": rest is applied to every element */
    PATH_QUERY,
};

/* A step into an array. */
struct path_array {
    enum path_array_kind kind;
    size_t index;
    struct path_query query;
    struct path_rest rest;
};

/* Errors: INVALID (query without end), INTERNAL (arena). On failure there is nothing to be done. */
NODISCARD struct err *jsonpath_array_init(struct path_array *a, struct span path);
void jsonpath_array_done(struct path_array *a);

/* Split path at the first '|' outside queries: path becomes the left side. False if there is none.
 */
bool jsonpath_split_pipe(struct span *path, struct span *right);

/* Bytes of the bracketed or quoted text that path starts with, to its end if it is not closed. */
size_t jsonpath_bracketed(struct span path);

/* Does path start with '@' and a modifier that gjson knows? Its name without '@'. */
bool jsonpath_modifier_name(struct span path, struct span *name);
