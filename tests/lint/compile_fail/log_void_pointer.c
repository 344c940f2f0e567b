/* An untyped pointer is not a log value. */
#include "base/log.h"

void probe(void *value);

void probe(void *value)
{
    log_info("probe.case", LF("value", value));
}
