/* Raw bytes are not a log value. */
#include <stdint.h>

#include "base/log.h"

void probe(const uint8_t *value);

void probe(const uint8_t *value)
{
    log_info("probe.case", LF("value", value));
}
