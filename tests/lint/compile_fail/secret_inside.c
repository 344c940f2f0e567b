/* What a secret buffer holds is not visible. */
#include "base/secret_buf.h"

const void *probe(struct secret_buf *b);

const void *probe(struct secret_buf *b)
{
    return b->bytes;
}
