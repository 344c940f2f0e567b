/* Lines: which step, its pattern, its replacement or name, then members "name=value". Applied
 * twice, the outcome stays sorted and within the limits, or is refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct secret_buf *take_until(char **at, int end)
{
    struct secret_buf *b = NULL;
    char *stop = strchrnul(*at, end);
    if (secret_buf_copy(secret_view_of(*at, (size_t)(stop - *at)), &b))
        abort();
    *at = *stop ? stop + 1 : stop;
    return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct template_env env = {.refuse_random = true};
    CLEANUP_STR char *text = xstrndup((const char *)data, size);
    char *at = text, *how = strsep(&at, "\n"), *one = strsep(&at, "\n"), *two = strsep(&at, "\n");
    if (!at)
        return 0;
    struct rewrite_merge merge = {two, &one, *one != 0, how[0] & 4, how[0] & 8, how[0] & 16};
    struct spec_rewrite r = {(enum rewrite_kind)(how[0] % 3), one, two, one, merge};
    CLEANUP(members) struct members *m = members_new();
    while (*at) {
        struct secret_buf *name = take_until(&at, '=');
        members_set(m, name, take_until(&at, '\n'));
    }
    CLEANUP(err) struct err *e = rewrite_apply((struct spec_rewrite[]){r, r}, 2, &env, &m);
    if (e ? err_class(e) != ERR_INVALID : members_bytes(m) > REWRITE_BYTES_MAX)
        abort();
    return 0;
}
