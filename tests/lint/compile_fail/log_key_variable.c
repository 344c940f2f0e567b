/* A key must be a literal. */
#include "base/log.h"

void probe(const char *key);

void probe(const char *key)
{
    log_info("probe.case", LF(key, 1));
}
