/* What json_parse accepts prints as text that reads back as the same tree. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(json) struct json *j = NULL;
    CLEANUP(err) struct err *e = json_parse((const char *)bytes, n, &j);
    if (e) {
        must(err_class(e) == ERR_INVALID && !j);
        return 0;
    }
    CLEANUP_STR char *printed = json_print(j);
    CLEANUP(json) struct json *back = NULL;
    CLEANUP(err) struct err *again = json_parse(printed, strlen(printed), &back);
    CLEANUP_STR char *reprinted = again ? NULL : json_print(back);
    must(reprinted && strcmp(printed, reprinted) == 0);
    CLEANUP(json) struct json *copy = json_copy(back);
    must(json_equal(back, copy));
    return 0;
}
