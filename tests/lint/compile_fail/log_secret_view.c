/* A secret view is not a log value. */
#include "base/log.h"
#include "base/secret_buf.h"

void probe(struct secret_view value);

void probe(struct secret_view value)
{
    log_info("probe.case", LF("value", value));
}
