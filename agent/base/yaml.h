#pragma once
/* yaml.h: YAML streams as json trees.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   libyaml 0.2.5; scalars resolve as told in yaml_scalar.h. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"

#define YAML_TEXT_MAX (4u << 20)
#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 200000
#define YAML_DOCS_MAX 4096

struct yaml_docs {
    struct json **docs; /* n of them; empty documents are left out */
    size_t n;
};

/* All documents of a stream, which is UTF-8. Aliases are expanded within YAML_NODES_MAX (of the
 * stream) and JSON_TEXT_MAX; merge keys ("<<") are refused; names are text as written.
 * Errors: INVALID ("line 3, column 5: ..."; duplicate name, unknown tag or alias, too deep, too
 * large, a zero byte). */
NODISCARD struct err *yaml_parse(const char *text, size_t n, struct yaml_docs *out);
void yaml_docs_done(struct yaml_docs *d);
static inline void yaml_docs_done_cleanup(struct yaml_docs *d)
{
    yaml_docs_done(d);
}
#define CLEANUP_YAML_DOCS __attribute__((cleanup(yaml_docs_done_cleanup)))
