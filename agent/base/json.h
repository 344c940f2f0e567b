#pragma once
/* json.h: a tree for documents of our own schema: manifests, API objects, configuration.
 *
 * User data never passes through it (numbers are doubles, "\u0000" is lost): see secret_json.h.
 * YAML manifests become the same tree (yaml.h). Lookups take a path of member names
 * and never fail loudly: an absent or mistyped member reads as NULL or the given default.
 *
 * Owns     the root owns the tree; json_get and friends borrow from it.
 * Threads  a tree may be read by many threads, changed by one.
 * Source   cJSON 1.7.15 behind it; RFC 8259. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_MAP };

/* Largest document parsed whole. */
#define JSON_TEXT_MAX (16u << 20)

struct json;

/* Parse exactly one document: strict RFC 8259, UTF-8, at most SECRET_JSON_DEPTH_MAX deep, no name
 * twice in a map. "\u0000" reads as U+FFFD.
 * Errors: INVALID (position, never an excerpt; or the name that stands twice). */
NODISCARD struct err *json_parse(const char *text, size_t n, struct json **out);

/* Build. add/set take the child. Names must be new in the map for json_set, which does not look.
 * Text must be UTF-8 and ends at a zero byte; numbers that are not finite print as null. */
struct json *json_new_map(void) NODISCARD;
struct json *json_new_list(void) NODISCARD;
struct json *json_new_text(const char *s) NODISCARD;
struct json *json_new_text_n(const char *s, size_t n) NODISCARD;
struct json *json_new_number(double v) NODISCARD;
struct json *json_new_bool(bool v) NODISCARD;
struct json *json_new_null(void) NODISCARD;
void json_set(struct json *map, const char *name, struct json *child);
void json_set_text(struct json *map, const char *name, const char *s);
void json_set_int(struct json *map, const char *name, int64_t v);
void json_set_bool(struct json *map, const char *name, bool v);
void json_add(struct json *list, struct json *child);
void json_remove(struct json *map, const char *name);

/* Read. kind of NULL is JSON_NULL. */
enum json_kind json_kind(const struct json *j);
size_t json_count(const struct json *list_or_map);
const struct json *json_at(const struct json *list_or_map, size_t i);

/* Name of a map's i-th member; NULL past the end. O(i). */
const char *json_name_at(const struct json *map, size_t i);

/* Iterate without O(n^2): json_first(container), then json_next(item); json_name(item) in maps. */
const struct json *json_first(const struct json *list_or_map);
const struct json *json_next(const struct json *item);
const char *json_name(const struct json *item);

/* Member by name (exact), or along a path "a.b.c" of plain names; NULL when absent. */
const struct json *json_get(const struct json *map, const char *name);
const struct json *json_path(const struct json *map, const char *path);

/* Text at path; NULL when absent or no string. Borrowed. */
const char *json_path_text(const struct json *map, const char *path);
int64_t json_path_int(const struct json *map, const char *path, int64_t fallback);
bool json_path_bool(const struct json *map, const char *path, bool fallback);
const char *json_text(const struct json *j);
double json_number(const struct json *j, double fallback);

/* A name that stands twice in map itself; NULL when there is none. Names with U+FFFD are let pass:
 * each may stand for a different thing that could not be read. O(n log n). */
const char *json_name_twice(const struct json *map);

/* Deep copy, without the name that j has in its map; NULL gives NULL. Deep equality: map order
 * does not matter. */
struct json *json_copy(const struct json *j) NODISCARD;
bool json_equal(const struct json *a, const struct json *b);

/* Compact text; caller frees. */
char *json_print(const struct json *j) NODISCARD;

void json_free(struct json *j);
CLEANUP_DEFINE(json)
