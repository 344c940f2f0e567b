#pragma once
/* sink_record.h: a sink that remembers the last output it was given, and can refuse.
 *
 * Owns     copies of what it was given; values are test data and kept as text.
 * Threads  any; records are read when the code under test is at rest. */

#include <stddef.h>

#include "base/attr.h"
#include "project/project.h"

/* sink_free frees it. */
struct sink *sink_record_new(void) NODISCARD;

/* Applies from now on: fail with cls; or succeed with outcome. The same for removals. */
void sink_record_fail(struct sink *s, enum err_class cls);
void sink_record_succeed(struct sink *s, enum project_outcome outcome);

/* Calls so far, failed ones too. */
unsigned sink_record_applies(const struct sink *s);
unsigned sink_record_removes(const struct sink *s);

/* Of the last apply that succeeded: its revision ("" before), its value of key (NULL: none). */
const char *sink_record_revision(const struct sink *s);
const char *sink_record_value(const struct sink *s, const char *key);
