/* Names go through code point by code point. What stays is copied as the bytes it came in. */

#include "render/convert.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "base/unicode.h"

#define RUNE_BYTES_MAX 4
#define ESCAPE_BYTES_MAX ((size_t)9) /* "_U10ffff_" */

static bool is_kept(uint32_t rune)
{
    return rune == '-' || rune == '.' || rune == '_' || unicode_is_letter_or_number(rune);
}

/* Code point at the head of v, and its bytes. */
static size_t next_rune(struct secret_view v, unsigned char bytes[RUNE_BYTES_MAX], uint32_t *rune)
{
    size_t n = v.n < RUNE_BYTES_MAX ? v.n : RUNE_BYTES_MAX;
    for (size_t i = 0; i < n; i++)
        bytes[i] = v.p[i].v;
    return unicode_decode(bytes, n, rune);
}

static void put_rune(struct str_buf *out, enum spec_conversion how, uint32_t rune)
{
    switch (how) {
    case CONVERSION_DEFAULT:
        str_buf_puts(out, "_");
        break;
    case CONVERSION_UNICODE:
        str_buf_printf(out, "_U%04x_", (unsigned)rune);
        break;
    }
}

struct err *convert_key(enum spec_conversion how, struct secret_view name, char **out)
{
    if (name.n > CONVERT_NAME_MAX)
        return err_new(ERR_INVALID, "a key is longer than %d bytes", CONVERT_NAME_MAX);
    CLEANUP_STR_BUF struct str_buf key;
    str_buf_init(&key, name.n * ESCAPE_BYTES_MAX);
    for (size_t at = 0; at < name.n;) {
        unsigned char bytes[RUNE_BYTES_MAX];
        uint32_t rune;
        size_t n = next_rune(secret_view_part(name, at, name.n - at), bytes, &rune);
        if (is_kept(rune))
            str_buf_append(&key, (const char *)bytes, n);
        else
            put_rune(&key, how, rune);
        at += n;
    }
    *out = str_buf_take(&key);
    return NULL;
}
