/* Any object as a PushSecret: without a problem it has all that the later stages rely on. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/push_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct push_spec *s)
{
    CLEANUP_STR_BUF struct str_buf selector;
    str_buf_init(&selector, 1u << 20);
    assert(s->n_stores > 0 && (s->secret_name || s->secret_labels));
    if (s->secret_labels)
        label_selector_print(s->secret_labels, &selector);
    for (size_t i = 0; i < s->n_stores; i++)
        assert(s->stores[i].name || s->stores[i].labels);
    for (size_t i = 0; i < s->n_entries; i++) {
        CLEANUP_STR char *key = push_entry_key(&s->entries[i]);
        CLEANUP(json) struct json *j = push_entry_json(&s->entries[i]);
        assert(*key && j);
    }
    for (size_t i = 0; i < s->n_bulks; i++)
        assert(s->bulks[i].store.name || s->bulks[i].store.labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(json) struct json *obj = NULL;
    CLEANUP(err) struct err *e = json_parse((const char *)data, size, &obj);
    CLEANUP(push_spec) struct push_spec *s = e ? NULL : push_spec_parse(obj);
    if (s && !s->problem)
        check(s);
    return 0;
}
