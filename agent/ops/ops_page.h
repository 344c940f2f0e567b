#pragma once
/* ops_page.h: the status page at /: what this agent is, has and lacks; never a value.
 *
 * Owns     an ops_page borrows everything it is given.
 * Threads  new from main; callbacks run on the listener's thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/str_buf.h"
#include "ops/ops_health.h"
#include "ops/ops_http.h"

#define OPS_PAGE_COLUMNS_MAX 8

/* Where the rows come from; a NULL member is a table that is left out. Each call appends lines of
 * cells (ops_page_cell), as many per line as the page has columns, and ends each with
 * ops_page_row_end. Must not block. */
struct ops_page_source {
    /* Two cells: name and value; after the facts that the page knows itself. */
    void (*facts)(void *ctx, struct str_buf *out);
    /* Five: namespace, Pod, ExternalSecret, age of the content, state. */
    void (*volumes)(void *ctx, struct str_buf *out);
    /* Four: namespace, name, class of the error or reason code, sentence. Only what is not ready.
     */
    void (*specs)(void *ctx, struct str_buf *out);
};

/* Texts are borrowed. */
struct ops_page_options {
    const char *version;
    const char *commit;
    const char *node_name;
    const char *source; /* "kubernetes" or "dir:/etc/lockstep" */
    const char *mirror;
    struct ops_health *health;
    const struct clock *clock;
    const struct ops_page_source *rows;
    void *rows_ctx;
};

/* Append one cell; control characters become spaces, an empty text a dash. */
void ops_page_cell(struct str_buf *out, const char *text);
void ops_page_row_end(struct str_buf *out);

/* A span of time as a cell: "42s", "17m", "5h12m", "3d4h". */
void ops_page_cell_age(struct str_buf *out, uint64_t age_ns);

struct ops_page;

struct ops_page *ops_page_new(const struct ops_page_options *o) NODISCARD;
void ops_page_free(struct ops_page *p);
CLEANUP_DEFINE(ops_page)

/* Append the page as plain text. */
void ops_page_print(struct ops_page *p, struct str_buf *out);

/* Handler for /: plain text, or HTML around the same text; ctx is the struct ops_page. */
ops_handler_fn ops_page_serve;
