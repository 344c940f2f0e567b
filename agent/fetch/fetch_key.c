/* Parts with their lengths, so that no two different lists give one text and no key of a remote key
 * begins as one of another does. */

#include "fetch/fetch_key.h"

#include <string.h>

#include "base/str_buf.h"

static void add_part(struct str_buf *b, const char *part)
{
    if (part)
        str_buf_printf(b, ":%zu:%s", strlen(part), part);
}

static void add_store(struct str_buf *b, const struct store *store)
{
    str_buf_puts(b, store_kind_name(store->kind));
    add_part(b, store->meta.ns);
    add_part(b, store->meta.name);
    add_part(b, store->meta.uid);
}

static void add_key(struct str_buf *b, const char *remote_key)
{
    str_buf_puts(b, "/key");
    add_part(b, remote_key);
    str_buf_puts(b, "/");
}

static void add_find(struct str_buf *b, const struct spec_find *find)
{
    str_buf_puts(b, "/path");
    add_part(b, find->path);
    str_buf_puts(b, "/name");
    add_part(b, find->name_regexp);
    str_buf_puts(b, "/tags");
    for (size_t i = 0; find->tags && i < find->tags->n; i++) {
        add_part(b, find->tags->entries[i].key);
        add_part(b, find->tags->entries[i].value);
    }
}

static char *text_of(struct str_buf *b)
{
    return b->overflowed ? NULL : str_buf_take(b);
}

char *fetch_key(const struct store *store, const char *identity, const struct remote_ref *remote,
                const struct spec_find *find)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, FETCH_KEY_MAX);
    add_store(&b, store);
    if (find)
        str_buf_puts(&b, "/find/");
    else
        add_key(&b, remote->key);
    add_part(&b, identity);
    if (find) {
        add_find(&b, find);
        return text_of(&b);
    }
    add_part(&b, remote->version);
    if (remote->wants_metadata)
        str_buf_puts(&b, "/metadata");
    return text_of(&b);
}

char *fetch_key_prefix(const struct store *store, const char *remote_key)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, FETCH_KEY_MAX);
    add_store(&b, store);
    add_key(&b, remote_key);
    return text_of(&b);
}

char *fetch_key_find_prefix(const struct store *store)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, FETCH_KEY_MAX);
    add_store(&b, store);
    str_buf_puts(&b, "/find/");
    return text_of(&b);
}
