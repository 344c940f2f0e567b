/* The event must be a literal. */
#include "base/log.h"

void probe(const char *event);

void probe(const char *event)
{
    log_info(event, LF("count", 1));
}
