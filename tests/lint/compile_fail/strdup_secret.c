/* strdup does not take secret bytes. */
#include <string.h>

#include "base/secret_buf.h"

char *probe(struct secret_view value);

char *probe(struct secret_view value)
{
    return strdup(value.p);
}
