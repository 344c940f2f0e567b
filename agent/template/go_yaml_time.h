#pragma once
/* go_yaml_time.h: what go-yaml takes for a timestamp.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   go-yaml v2 resolve.go; Go time.Parse. */

#include <stdbool.h>

#include "template/text.h"

/* A date, or a date and a time of day: "2024-1-31", "2024-01-31T23:59:59.5Z", "2024-01-31
 * 23:59:59".
 */
bool go_yaml_is_time(struct text t);
