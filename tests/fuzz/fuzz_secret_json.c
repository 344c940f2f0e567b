/* Any bytes: the reader stays inside them, and what parses can be walked, decoded and quoted back.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/secret_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct secret_json *v)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    CLEANUP(secret_buf) struct secret_buf *quoted = NULL;
    CLEANUP(secret_buf) struct secret_buf *back = NULL;
    struct secret_json name, value, again;
    size_t at = 0, n = 0;

    for (; secret_json_next(v, &at, &name, &value); n++)
        walk(&value);
    if (n != secret_json_count(v))
        abort();
    if (v->kind != SECRET_JSON_STRING)
        return;
    if (secret_json_string(v, &text) || secret_buf_new(0, &quoted) ||
        secret_json_quote(secret_buf_view(text), quoted) ||
        secret_json_parse(secret_buf_view(quoted), &again) || secret_json_string(&again, &back) ||
        !secret_json_is_text(&again, secret_buf_view(back)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct secret_json root = {SECRET_JSON_ARRAY, secret_view_of(data, size)};
    CLEANUP(err) struct err *e = secret_json_parse(root.raw, &root);

    if (!e)
        walk(&root);
    return 0;
}
