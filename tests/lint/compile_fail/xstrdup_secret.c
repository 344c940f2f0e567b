/* xstrdup does not take secret bytes. */
#include "base/alloc.h"
#include "base/secret_buf.h"

char *probe(struct secret_view value);

char *probe(struct secret_view value)
{
    return xstrdup(value.p);
}
