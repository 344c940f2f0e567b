/* Ordinary text does not take secret bytes. */
#include "base/secret_buf.h"
#include "base/str_buf.h"

void probe(struct str_buf *b, struct secret_view value);

void probe(struct str_buf *b, struct secret_view value)
{
    str_buf_append(b, value.p, value.n);
}
