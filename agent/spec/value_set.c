/* Raw values of one spec, in the order of its entries. */

#include "spec/value_set.h"

#include <stdlib.h>

#include "base/alloc.h"

struct value_set *value_set_new(size_t n_data, size_t n_extracts)
{
    struct value_set *v = xcalloc(1, sizeof(*v));
    v->data = xcalloc(n_data + 1, sizeof(*v->data));
    v->extracts = xcalloc(n_extracts + 1, sizeof(*v->extracts));
    v->n_data = n_data;
    v->n_extracts = n_extracts;
    return v;
}

void value_set_free(struct value_set *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->n_data; i++)
        secret_buf_free(v->data[i].bytes);
    for (size_t i = 0; i < v->n_extracts; i++)
        secret_buf_free(v->extracts[i].bytes);
    free(v->data);
    free(v->extracts);
    free(v);
}
