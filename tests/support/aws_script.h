#pragma once
/* aws_script.h: AWS as a script: an environment, a clock that waiting moves, and replies.
 *
 * Secrets named as credentials hold their own name (see provider_script.h).
 *
 * Owns     one at a time; texts of the environment are borrowed.
 * Threads  as http_fake. */

#include "base/attr.h"
#include "fetch/provider.h"
#include "tests/support/http_fake.h"
#include "tests/support/provider_script.h"

struct aws_script {
    struct provider_script *script; /* clock, credentials, digest key */
    struct http_fake *http;
    struct provider_env *env;
    struct deadline dl; /* a minute */
    unsigned waits;
};

struct aws_script *aws_script_new(void) NODISCARD;
void aws_script_free(struct aws_script *s);
CLEANUP_DEFINE(aws_script)

/* Set a variable of the environment that providers see; at first there are none. */
void aws_script_setenv(const char *name, const char *value);

/* Let the next AssumeRole (times of them) succeed with access key id and a session until unix_s. */
void aws_script_add_session(struct aws_script *s, unsigned times, const char *id, int64_t unix_s);

/* Value of a header of request i ("" when absent); caller frees. */
char *aws_script_header(struct aws_script *s, size_t i, const char *name) NODISCARD;
