/* What decodes encodes again to something that decodes to the same; the alphabets exclude each
 * other as soon as a symbol of their own occurs. */
#include <stdint.h>
#include <stdlib.h>

#include "base/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void both_ways(enum codec_alphabet alphabet, struct secret_view in)
{
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    CLEANUP(secret_buf) struct secret_buf *back = NULL;
    CLEANUP(err) struct err *e = codec_base64_decode(alphabet, in, &out);

    if (e && (out || err_class(e) != ERR_INVALID))
        abort();
    if (e)
        return;
    if (secret_buf_new(0, &text) || codec_base64_encode(alphabet, secret_buf_view(out), text) ||
        codec_base64_decode(alphabet, secret_buf_view(text), &back) ||
        !secret_view_equal(secret_buf_view(out), secret_buf_view(back)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    both_ways(CODEC_BASE64, secret_view_of(data, size));
    both_ways(CODEC_BASE64URL, secret_view_of(data, size));
    return 0;
}
