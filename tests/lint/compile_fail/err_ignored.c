/* An error must be looked at. */
#include "base/err.h"
#include "base/secret_buf.h"

void probe(struct secret_buf *b);

void probe(struct secret_buf *b)
{
    secret_buf_puts(b, "x");
}
