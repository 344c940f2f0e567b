/* The first line is a path, the rest a document: what was set is JSON and can be removed again. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "base/secret_json_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(secret_buf) struct secret_buf *set = NULL;
    CLEANUP(secret_buf) struct secret_buf *rest = NULL;
    struct secret_json root;
    enum secret_json_removal removal = SECRET_JSON_ABSENT;
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;

    if (!end)
        return 0;
    size_t n = (size_t)(end - data);
    CLEANUP_STR char *path = xstrndup((const char *)data, n);
    for (const char *c = path; *c; c++) {
        if ((unsigned char)*c > 0x7f)
            return 0; /* a name that is not UTF-8 is another one in JSON */
    }
    struct secret_view doc = secret_view_of(end + 1, size - n - 1);
    CLEANUP(err) struct err *e = secret_json_set(doc, path, secret_view_of("v", 1), &set);
    if (e)
        return 0;
    CLEANUP(err) struct err *bad = secret_json_parse(secret_buf_view(set), &root);
    if (bad)
        abort();
    /* INVALID is for lists; a place behind the last element is never found again. */
    CLEANUP(err)
    struct err *kept = secret_json_remove(secret_buf_view(set), path, &removal, &rest);
    if (!kept && removal == SECRET_JSON_ABSENT && !strchr(path, '-'))
        abort();
    return 0;
}
