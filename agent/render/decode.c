/* The rules are External Secrets', down to what it lets through: Auto keeps a value that is base64
 * of neither kind, and a key may hold letters that the API server will refuse later. */
#include "render/decode.h"

#include <stdint.h>
#include <string.h>

#include "base/codec.h"
#include "base/unicode.h"

static struct err *decode_as(enum codec_alphabet alphabet, const char *name, const char *key_name,
                             struct secret_view in, struct secret_buf **out)
{
    struct err *e = codec_base64_decode(alphabet, in, out);

    return e ? err_wrap(e, "decode key \"%s\" as %s", key_name, name) : NULL;
}

static struct err *decode_auto(struct secret_view in, struct secret_buf **out)
{
    static const enum codec_alphabet alphabets[] = {CODEC_BASE64, CODEC_BASE64URL};

    for (size_t i = 0; i < ARRAY_SIZE(alphabets); i++) {
        struct err *e = codec_base64_decode(alphabets[i], in, out);

        if (!e || err_class(e) != ERR_INVALID)
            return e;
        err_free(e);
    }
    return secret_buf_copy(in, out);
}

struct err *decode_value(enum spec_decoding strategy, const char *key_name, struct secret_view in,
                         struct secret_buf **out)
{
    switch (strategy) {
    case DECODING_BASE64:
        return decode_as(CODEC_BASE64, "Base64", key_name, in, out);
    case DECODING_BASE64URL:
        return decode_as(CODEC_BASE64URL, "Base64URL", key_name, in, out);
    case DECODING_AUTO:
        return decode_auto(in, out);
    case DECODING_NONE:
        break;
    }
    return secret_buf_copy(in, out);
}

struct err *decode_key_check(const char *key)
{
    const unsigned char *s = (const unsigned char *)key;
    size_t n = strlen(key);
    uint32_t rune;

    if (n == 0)
        return err_new(ERR_INVALID, "a key is empty");
    if (n > DECODE_KEY_MAX)
        return err_new(ERR_INVALID, "key \"%.32s...\" is %zu bytes long, more than %d", key, n,
                       DECODE_KEY_MAX);
    for (size_t at = 0; at < n;) {
        at += unicode_decode(s + at, n - at, &rune);
        if (!unicode_is_letter_or_number(rune) && rune != '-' && rune != '.' && rune != '_')
            return err_new(ERR_INVALID,
                           "key \"%s\" holds a character that is no letter, number, '-', '.' or "
                           "'_' (rewrite or conversionStrategy can change keys)",
                           key);
    }
    return NULL;
}

struct err *decode_json_scalar(const struct secret_json *v, struct secret_buf **out)
{
    if (v->kind == SECRET_JSON_STRING)
        return secret_json_string(v, out);
    if (v->kind == SECRET_JSON_NULL)
        return secret_buf_new(0, out);
    return secret_buf_copy(v->raw, out);
}
