/* An error text does not take secret bytes. */
#include "base/err.h"
#include "base/secret_buf.h"

struct err *probe(struct secret_view value);

struct err *probe(struct secret_view value)
{
    return err_new(ERR_INVALID, "bad value %s", value.p);
}
