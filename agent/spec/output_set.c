/* Keys and values kept sorted by key: Kubernetes prints maps so, External Secrets hashes them so,
 * and equal content must give an equal revision. */

#include "spec/output_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct output_set *output_set_new(void)
{
    struct output_set *o = xcalloc(1, sizeof(*o));
    o->missing = map_new(NULL);
    return o;
}

/* Position of key, or where it belongs. */
static size_t lower_bound(const struct output_set *o, const char *key)
{
    size_t low = 0;
    size_t high = o->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(o->items[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct output *output_set_find(const struct output_set *o, const char *key)
{
    size_t at = lower_bound(o, key);
    return at < o->n && strcmp(o->items[at].key, key) == 0 ? &o->items[at] : NULL;
}

static void insert(struct output_set *o, size_t at, const char *key)
{
    if (o->n == o->capacity) {
        o->capacity = o->capacity ? 2 * o->capacity : 8;
        o->items = xrealloc(o->items, o->capacity, sizeof(*o->items));
    }
    memmove(o->items + at + 1, o->items + at, (o->n - at) * sizeof(*o->items));
    o->items[at] = (struct output){.key = xstrdup(key), .value = NULL};
    o->n++;
}

struct err *output_set_put(struct output_set *o, const char *key, struct secret_buf *value)
{
    CLEANUP(secret_buf) struct secret_buf *taken = value;
    size_t at = lower_bound(o, key);
    bool is_there = at < o->n && strcmp(o->items[at].key, key) == 0;
    size_t old = is_there ? secret_buf_size(o->items[at].value) : 0;
    size_t total = o->total_bytes - old + secret_buf_size(taken);
    if (total > OUTPUT_TOTAL_MAX)
        return err_new(ERR_INVALID, "all values together are larger than %u bytes",
                       OUTPUT_TOTAL_MAX);
    if (!is_there)
        insert(o, at, key);
    secret_buf_free(o->items[at].value);
    o->items[at].value = TAKE(taken);
    o->total_bytes = total;
    return NULL;
}

void output_set_seal(struct output_set *o, const struct digest_key *key)
{
    CLEANUP(digest_keyed) struct digest_keyed *d = digest_keyed_new(key);
    for (size_t i = 0; i < o->n; i++) {
        digest_keyed_add(d, secret_view_of(o->items[i].key, strlen(o->items[i].key)));
        digest_keyed_add(d, secret_buf_view(o->items[i].value));
    }
    if (o->content)
        digest_keyed_add(d, secret_buf_view(o->content));
    digest_keyed_end(d, o->revision);
}

/* One value as Go prints a []byte: [118 97 108]. */
static struct err *print_go_bytes(struct secret_buf *text, struct secret_view v)
{
    struct err *e = secret_buf_puts(text, "[");
    for (size_t i = 0; !e && i < v.n; i++) {
        char number[8];
        snprintf(number, sizeof(number), "%s%u", i ? " " : "", v.p[i].v);
        e = secret_buf_puts(text, number);
        secret_erase(number, sizeof(number));
    }
    return e ? e : secret_buf_puts(text, "]");
}

struct err *output_set_data_hash(const struct output_set *o, char out[DIGEST_SHA3_224_HEX])
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    if (o->content) {
        memcpy(out, o->content_hash, sizeof(o->content_hash));
        return NULL;
    }
    struct err *e = secret_buf_new(4 * o->total_bytes + 64, &text);
    if (!e)
        e = secret_buf_puts(text, "map[");
    for (size_t i = 0; !e && i < o->n; i++) {
        CLEANUP_STR char *head = xasprintf("%s%s:", i ? " " : "", o->items[i].key);
        e = secret_buf_puts(text, head);
        if (!e)
            e = print_go_bytes(text, secret_buf_view(o->items[i].value));
    }
    if (!e)
        e = secret_buf_puts(text, "]");
    if (e)
        return err_wrap(e, "hash the data");
    digest_sha3_224_hex(secret_buf_view(text), out);
    return NULL;
}

void output_set_free(struct output_set *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n; i++) {
        free(o->items[i].key);
        secret_buf_free(o->items[i].value);
    }
    secret_buf_free(o->content);
    map_free(o->labels);
    map_free(o->annotations);
    map_free(o->missing);
    free(o->items);
    free(o);
}
