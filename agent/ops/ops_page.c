/* The page is plain text: rows of tab-separated cells are collected first and then padded to
 * columns. A browser gets the same text, escaped, inside a <pre>. Everything shown is a name, a
 * reason or a number; no callback has a way to a value. */

#include "ops/ops_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/secret_buf.h"

#define ROWS_BYTES_MAX (2u << 20)
#define GAP 2 /* blanks between columns */

struct ops_page {
    struct ops_page_options o;
    uint64_t started_ns;
};

struct ops_page *ops_page_new(const struct ops_page_options *o)
{
    struct ops_page *p = xcalloc(1, sizeof(*p));
    p->o = *o;
    p->started_ns = clock_mono_ns(o->clock);
    return p;
}

void ops_page_free(struct ops_page *p)
{
    free(p);
}

static void cell(struct str_buf *out, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char shown = c < 0x20 || c == 0x7f ? ' ' : bytes[i];
        str_buf_append(out, &shown, 1);
    }
    str_buf_puts(out, "\t");
}

void ops_page_cell(struct str_buf *out, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    if (n == 0 || !codec_is_utf8(text, n))
        cell(out, n == 0 ? "-" : "?", 1);
    else
        cell(out, text, n);
}

void ops_page_row_end(struct str_buf *out)
{
    str_buf_puts(out, "\n");
}

void ops_page_cell_age(struct str_buf *out, uint64_t age_ns)
{
    unsigned long long s = age_ns / NS_PER_S;
    char text[48];
    if (s < 60)
        snprintf(text, sizeof(text), "%llus", s);
    else if (s < 3600)
        snprintf(text, sizeof(text), "%llum", s / 60);
    else if (s < 86400)
        snprintf(text, sizeof(text), "%lluh%llum", s / 3600, s / 60 % 60);
    else
        snprintf(text, sizeof(text), "%llud%lluh", s / 86400, s / 3600 % 24);
    ops_page_cell(out, text);
}

/* Columns of a terminal that n bytes of UTF-8 take, as one per code point. */
static size_t width_of(const char *bytes, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return width;
}

/* The cell at *at: its length; *at moves behind its tab. */
static size_t next_cell(const char **at, const char *end)
{
    const char *start = *at;
    const char *tab = memchr(start, '\t', (size_t)(end - start));
    *at = tab ? tab + 1 : end;
    return (size_t)((tab ? tab : end) - start);
}

static void measure_row(const char *row, const char *end, size_t widths[OPS_PAGE_COLUMNS_MAX])
{
    for (size_t i = 0; i < OPS_PAGE_COLUMNS_MAX && row < end; i++) {
        const char *start = row;
        size_t width = width_of(start, next_cell(&row, end));
        widths[i] = width > widths[i] ? width : widths[i];
    }
}

/* The last cell of a row is not padded: it is often a sentence. */
static void print_row(struct str_buf *out, const char *row, const char *end, const size_t *widths)
{
    str_buf_puts(out, "  ");
    for (size_t i = 0; i < OPS_PAGE_COLUMNS_MAX && row < end; i++) {
        const char *start = row;
        size_t n = next_cell(&row, end);
        str_buf_append(out, start, n);
        if (row < end)
            str_buf_printf(out, "%*s", (int)(widths[i] + GAP - width_of(start, n)), "");
    }
    str_buf_puts(out, "\n");
}

/* Print rows, which end in LF each, with aligned columns; how many there were. */
static size_t print_rows(struct str_buf *out, const struct str_buf *rows)
{
    size_t widths[OPS_PAGE_COLUMNS_MAX] = {0};
    size_t count = 0;
    const char *end;
    for (const char *at = rows->s; (end = strchr(at, '\n')) != NULL; at = end + 1)
        measure_row(at, end, widths);
    for (const char *at = rows->s; (end = strchr(at, '\n')) != NULL; at = end + 1, count++)
        print_row(out, at, end, widths);
    if (rows->overflowed)
        str_buf_puts(out, "  (more than this page can show)\n");
    return count;
}

struct table {
    const char *title;
    const char *columns[OPS_PAGE_COLUMNS_MAX]; /* NULL past the last */
    void (*fill)(void *ctx, struct str_buf *out);
};

static void print_table(const struct ops_page *p, const struct table *t, struct str_buf *out)
{
    CLEANUP_STR_BUF struct str_buf rows;
    CLEANUP_STR_BUF struct str_buf text;
    str_buf_init(&rows, ROWS_BYTES_MAX);
    str_buf_init(&text, OPS_HTTP_BODY_MAX);
    for (size_t i = 0; i < OPS_PAGE_COLUMNS_MAX && t->columns[i]; i++)
        ops_page_cell(&rows, t->columns[i]);
    ops_page_row_end(&rows);
    t->fill(p->o.rows_ctx, &rows);
    size_t count = print_rows(&text, &rows) - 1;
    str_buf_printf(out, "\n%s: %zu\n", t->title, count);
    if (count > 0)
        str_buf_append(out, text.s, text.n);
}

static void fact(struct str_buf *rows, const char *name, const char *value)
{
    ops_page_cell(rows, name);
    ops_page_cell(rows, value);
    ops_page_row_end(rows);
}

static void fact_secret_memory(struct str_buf *rows)
{
    char text[128];
    struct secret_arena_state a = secret_arena_state();
    snprintf(text, sizeof(text), "%zu bytes used of %zu mapped, %s", a.used_bytes, a.mapped_bytes,
             a.is_locked ? "locked in RAM" : "NOT locked in RAM");
    fact(rows, "secret memory", text);
}

static void print_facts(const struct ops_page *p, struct str_buf *out)
{
    CLEANUP_STR_BUF struct str_buf rows;
    str_buf_init(&rows, ROWS_BYTES_MAX);
    fact(&rows, "commit", p->o.commit);
    fact(&rows, "node", p->o.node_name);
    ops_page_cell(&rows, "up");
    ops_page_cell_age(&rows, clock_mono_ns(p->o.clock) - p->started_ns);
    ops_page_row_end(&rows);
    fact(&rows, "source", p->o.source);
    fact(&rows, "mirror", p->o.mirror);
    fact_secret_memory(&rows);
    if (p->o.rows->facts)
        p->o.rows->facts(p->o.rows_ctx, &rows);
    str_buf_printf(out, "lockstep %s\n", p->o.version);
    print_rows(out, &rows);
}

/* "ready: yes" and the lines of the check behind it, indented. */
static void print_check(struct str_buf *out, const char *name, bool is_ok,
                        const struct str_buf *lines)
{
    str_buf_printf(out, "\n%s: %s\n", name, is_ok ? "yes" : "NO");
    for (const char *at = lines->s; *at;) {
        size_t n = strcspn(at, "\n");
        str_buf_puts(out, "  ");
        str_buf_append(out, at, n);
        str_buf_puts(out, "\n");
        at += n + (at[n] == '\n');
    }
}

static void print_health(const struct ops_page *p, struct str_buf *out)
{
    CLEANUP_STR_BUF struct str_buf lines;
    str_buf_init(&lines, ROWS_BYTES_MAX);
    bool is_ok = ops_health_is_ready(p->o.health, &lines);
    print_check(out, "ready", is_ok, &lines);
    str_buf_clear(&lines);
    is_ok = ops_health_is_alive(p->o.health, &lines);
    print_check(out, "alive", is_ok, &lines);
}

void ops_page_print(struct ops_page *p, struct str_buf *out)
{
    const struct table tables[] = {
        {"volumes", {"NAMESPACE", "POD", "EXTERNALSECRET", "AGE", "STATE"}, p->o.rows->volumes},
        {"not ready", {"NAMESPACE", "NAME", "REASON", "MESSAGE"}, p->o.rows->specs},
    };
    print_facts(p, out);
    print_health(p, out);
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        if (tables[i].fill)
            print_table(p, &tables[i], out);
}

static void escape_html(struct str_buf *out, const char *text)
{
    static const char *const entities[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};
    for (; *text; text++) {
        const char *entity = entities[(unsigned char)*text];
        str_buf_append(out, entity ? entity : text, entity ? strlen(entity) : 1);
    }
}

static void print_html(struct ops_page *p, struct str_buf *out)
{
    CLEANUP_STR_BUF struct str_buf text;
    str_buf_init(&text, OPS_HTTP_BODY_MAX);
    ops_page_print(p, &text);
    str_buf_puts(out, "<!doctype html>\n<html lang=\"en\"><title>Lockstep</title>\n<pre>\n");
    escape_html(out, text.s);
    str_buf_puts(out, "</pre>\n<p><a href=\"/healthz\">healthz</a> "
                      "<a href=\"/readyz\">readyz</a> <a href=\"/metrics\">metrics</a>\n</html>\n");
}

void ops_page_serve(void *ctx, const struct ops_request *rq, struct ops_reply *reply)
{
    if (!rq->wants_html) {
        ops_page_print(ctx, &reply->body);
        return;
    }
    reply->content_type = "text/html; charset=utf-8";
    print_html(ctx, &reply->body);
}
