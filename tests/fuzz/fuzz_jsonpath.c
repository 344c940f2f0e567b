/* The first line is the path, the rest the document. The order of the property does not change what
 * a path without dots selects. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/jsonpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t n = end ? (size_t)(end - data) : 0;
    CLEANUP_STR char *path = xstrndup((const char *)data, n);
    struct secret_view json = secret_view_of(data + n, size - n);
    CLEANUP(secret_buf) struct secret_buf *one = NULL;
    CLEANUP(secret_buf) struct secret_buf *two = NULL;
    CLEANUP(secret_buf) struct secret_buf *three = NULL;
    CLEANUP(err) struct err *e = jsonpath_get(json, path, &one);
    CLEANUP(err) struct err *e2 = jsonpath_property(json, path, PROPERTY_ESCAPED_FIRST, &two);
    CLEANUP(err) struct err *e3 = jsonpath_property(json, path, PROPERTY_KEY_FIRST, &three);

    if ((e && one) || (e2 && two) || (e3 && three))
        abort();
    if (!strchr(path, '.') && (!e != !e2 || !one != !two ||
                               !secret_view_equal(secret_buf_view(one), secret_buf_view(two))))
        abort();
    return 0;
}
