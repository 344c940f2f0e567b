/* strlen does not take secret bytes. */
#include <string.h>

#include "base/secret_buf.h"

size_t probe(struct secret_view value);

size_t probe(struct secret_view value)
{
    return strlen(value.p);
}
