/* What is read of a URL is no longer than the URL. Printed, it reads as the same host and path
 * again, if it had a host and is not refused, as zones of odd bytes are. */
#include <stdint.h>
#include <stdlib.h>

#include "template/go_url.h"

#define ARENA_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(ARENA_MAX);
    struct go_url first, second;
    struct text printed;
    struct text_buf b;

    CLEANUP(err) struct err *e = go_url_parse(arena, (struct text){bytes, n}, &first);
    if (e && err_class(e) != ERR_INVALID)
        abort();
    if (e)
        return 0;
    if (first.host.n + first.path.n + first.query.n + first.fragment.n > n)
        abort();
    text_buf_init(&b, arena, TEXT_MAX);
    go_url_print(&b, &first);
    e = text_buf_end(&b, &printed);
    if (e || !first.host.n)
        return 0;
    e = go_url_parse(arena, printed, &second);
    if (!e && !(text_equal(first.host, second.host) && text_equal(first.path, second.path)))
        abort();
    return 0;
}
