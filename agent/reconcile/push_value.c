/* A Secret as one JSON object is a map of texts to Go, which puts a replacement in place of what is
 * no text. A store would then hold something that nobody wrote: that is refused here. */

#include "reconcile/push_value.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "base/str_buf.h"
#include "base/unicode.h"

#define HEX_MIN 4
#define HEX_MAX 5
#define RUNE_BYTES_MAX 4

/* Length of an escape at s, which starts with "_U"; 0: it is none. */
static size_t escape_length(const char *s)
{
    size_t n = 0;
    while (n < HEX_MAX && isxdigit((unsigned char)s[2 + n]))
        n++;
    return n >= HEX_MIN && s[2 + n] == '_' ? n + 3 : 0;
}

struct err *push_value_key(const char *key, char **out)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, strlen(key));
    for (const char *s = key; *s;) {
        unsigned char bytes[RUNE_BYTES_MAX];
        size_t n = strncmp(s, "_U", 2) == 0 ? escape_length(s) : 0;
        if (n == 0) {
            str_buf_append(&b, s++, 1);
            continue;
        }
        uint32_t rune = (uint32_t)strtoul(s + 2, NULL, 16);
        if (rune == 0)
            return err_new(ERR_INVALID, "key \"%s\" stands for a zero byte", key);
        str_buf_append(&b, (const char *)bytes, unicode_encode(rune, bytes));
        s += n;
    }
    *out = str_buf_take(&b);
    return NULL;
}

struct err *push_value_convert(const struct map *values, bool is_reversed, struct map **out)
{
    CLEANUP(map) struct map *converted = map_new(NULL);
    for (size_t i = 0; i < values->n; i++) {
        const struct map_entry *v = &values->entries[i];
        CLEANUP_STR char *key = NULL;
        struct err *e = NULL;
        if (is_reversed)
            e = push_value_key(v->key, &key);
        if (e)
            return e;
        if (map_get(converted, key ? key : v->key))
            return err_new(ERR_INVALID, "secret name collision during conversion: %s", key);
        map_set(converted, key ? key : v->key, v->value);
    }
    *out = TAKE(converted);
    return NULL;
}

static bool is_utf8(struct secret_view v)
{
    for (size_t at = 0; at < v.n;) {
        unsigned char bytes[RUNE_BYTES_MAX];
        uint32_t rune;
        size_t n = v.n - at < RUNE_BYTES_MAX ? v.n - at : RUNE_BYTES_MAX;
        for (size_t i = 0; i < n; i++)
            bytes[i] = v.p[at + i].v;
        size_t taken = unicode_decode(bytes, n, &rune);
        secret_erase(bytes, sizeof(bytes));
        if (taken == 1 && rune == UNICODE_REPLACEMENT)
            return false;
        at += taken;
    }
    return true;
}

static struct err *put_member(const char *key, struct secret_view value, struct secret_buf *out)
{
    if (!is_utf8(value))
        return err_new(ERR_INVALID,
                       "key \"%s\" is no text, and without secretKey a Secret is pushed as JSON: "
                       "push this key by itself",
                       key);
    struct err *e = secret_json_quote_go_plain(secret_view_of(key, strlen(key)), out);
    if (!e)
        e = secret_buf_puts(out, ":");
    return e ? e : secret_json_quote_go_plain(value, out);
}

static struct err *whole(const struct map *values, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e = secret_buf_new(0, &b);
    if (!e)
        e = secret_buf_puts(b, "{");
    for (size_t i = 0; !e && i < values->n; i++) {
        const struct map_entry *v = &values->entries[i];
        if (i)
            e = secret_buf_puts(b, ",");
        if (!e)
            e = put_member(v->key, secret_buf_view(v->value), b);
    }
    if (!e)
        e = secret_buf_puts(b, "}");
    if (!e)
        *out = TAKE(b);
    return e;
}

struct err *push_value_of(const struct map *values, const char *key, struct secret_buf **out)
{
    if (!key)
        return whole(values, out);
    const struct secret_buf *value = map_get(values, key);
    if (!value)
        return err_new(ERR_NOT_FOUND, "secret key %s does not exist", key);
    return secret_buf_copy(secret_buf_view(value), out);
}
