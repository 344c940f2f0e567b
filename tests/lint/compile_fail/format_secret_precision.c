/* %.*s does not take secret bytes. */
#include <stdio.h>

#include "base/secret_buf.h"

void probe(struct secret_view value);

void probe(struct secret_view value)
{
    printf("%.*s", (int)value.n, value.p);
}
