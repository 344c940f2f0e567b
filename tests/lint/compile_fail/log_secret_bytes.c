/* Secret bytes are not a log value. */
#include "base/log.h"
#include "base/secret_buf.h"

void probe(const struct secret_byte *value);

void probe(const struct secret_byte *value)
{
    log_info("probe.case", LF("value", value));
}
