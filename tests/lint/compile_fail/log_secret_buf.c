/* A secret buffer is not a log value. */
#include "base/log.h"
#include "base/secret_buf.h"

void probe(struct secret_buf *value);

void probe(struct secret_buf *value)
{
    log_info("probe.case", LF("value", value));
}
