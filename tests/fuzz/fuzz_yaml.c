/* Whatever yaml_parse accepts is a handful of trees within its limits; the JSON text
 * of each reads back as a tree of the same shape. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void same_as_json(const struct json *j)
{
    CLEANUP_STR char *printed = json_print(j);
    CLEANUP(json) struct json *back = NULL;
    CLEANUP(err) struct err *e = json_parse(printed, strlen(printed), &back);
    must(!e && json_kind(j) == json_kind(back) && json_count(j) == json_count(back));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {.n = 0};
    CLEANUP(err) struct err *e = yaml_parse((const char *)bytes, n, &docs);
    must(!e || (err_class(e) == ERR_INVALID && docs.n == 0));
    must(docs.n <= YAML_DOCS_MAX);
    for (size_t i = 0; i < docs.n; i++)
        same_as_json(docs.docs[i]);
    return 0;
}
