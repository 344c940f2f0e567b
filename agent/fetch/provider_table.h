#pragma once
/* provider_table.h: the providers there are; a new one is a line here and a line in provider.c.
 *
 * Owns     nothing.
 * Threads  any. */

#include "fetch/provider.h"

extern const struct provider_ops provider_aws;     /* AWS Secrets Manager */
extern const struct provider_ops provider_express; /* the key server of docs/PROVIDERS.md */
extern const struct provider_ops provider_fake;    /* values written in the store itself */
