#pragma once
/* spec_parse.h: the parts of spec_parse, one file each.
 *
 * Owns     results belong to the spec.
 * Threads  as spec.h.
 * Source   external-secrets.io/v1 ExternalSecret. */

#include "base/json.h"
#include "base/map.h"
#include "spec/field_check.h"
#include "spec/spec.h"

/* The first member of map that rules do not name becomes the problem. */
#define CHECK_FIELDS(map, at, rules, problem)                                                      \
    field_problem(problem, field_check(map, at, rules, ARRAY_SIZE(rules)))

/* Number of entries of a list, 0 and a problem for anything else or more than max. */
size_t spec_list_size(const struct json *list, const char *at, size_t max, char **problem);

/* As field_required, of the name of an object or of a key of a Secret or ConfigMap; another text is
 * copied too, and becomes the problem. */
char *spec_parse_name(const struct json *map, const char *at, const char *name, char **problem);
char *spec_parse_key(const struct json *map, const char *at, const char *name, char **problem);

/* Copy of a map of texts; never NULL. */
struct map *spec_parse_texts(const struct json *map, const char *at, char **problem) NODISCARD;

/* A duration as Go writes it; what is wrong, or absent (NULL), becomes the problem. */
void spec_parse_duration(const char *text, const char *at, int64_t *out, char **problem);

/* The decoding strategy called name; None when absent. */
enum spec_decoding spec_parse_decoding(const struct json *map, const char *at, const char *name,
                                       char **problem);

/* Kind of a reference to a store; SecretStore when absent. */
enum store_kind spec_parse_store_kind(const struct json *ref, const char *at, char **problem);

/* The steps of at.rewrite; their number. *out is never NULL; spec_rewrites_free it. */
size_t spec_parse_rewrites(const struct json *list, const char *at, struct spec_rewrite **out,
                           char **problem);
void spec_rewrites_free(struct spec_rewrite *rewrites, size_t n);

/* spec.data and spec.dataFrom; needs s->deletion. */
void spec_parse_data(struct spec *s, const struct json *spec);
void spec_parse_sources(struct spec *s, const struct json *spec);
void spec_sources_done(struct spec *s);

/* spec.refreshPolicy, refreshInterval and syncWindows. */
void spec_parse_refresh(struct spec *s, const struct json *spec);
void spec_windows_done(struct sync_windows *w);
