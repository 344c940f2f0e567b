/* A path as a manifest has it. What is read keeps to its limits and begins with a name. */
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "spec/field_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR char *text = xstrndup((const char *)data, size);
    CLEANUP(field_path) struct field_path *p = NULL;
    CLEANUP(err) struct err *e = field_path_parse(text, &p);
    if (e)
        return 0;
    if (p->n == 0 || p->n > FIELD_PATH_STEPS_MAX || !p->steps[0].name)
        abort();
    for (size_t i = 0; i < p->n; i++) {
        if (p->steps[i].name ? !*p->steps[i].name : p->steps[i].index > FIELD_PATH_INDEX_MAX)
            abort();
    }
    return 0;
}
