#pragma once
/* provider_script.h: a second implementation of provider_ops, scripted by the test.
 *
 * Two providers use the same script: "script" has get_many (batch_max 20), find, get_metadata and
 * push, and "single" has not. What is pushed is answered from then on: key K as K, its property P
 * as "K#P". The metadata of key K is the answer for "K@metadata"; a find gives all whose key begins
 * with its path, or fails as one of them. A store's configuration may hold `credential: NAME` (a
 * Secret read at open), `referent: true` and anything else.
 *
 * Owns     one script at a time, made by provider_script_new; the texts in it are borrowed.
 * Threads  any; fields are changed through the functions, and counters read when calls are at rest
 *          or through provider_script_held. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "fetch/provider.h"
#include "tests/support/clock_fake.h"

#define PROVIDER_SCRIPT_VALUES 64

struct provider_script_value {
    const char *key;
    const char *text; /* NULL: fails with cls */
    enum err_class cls;
};

struct provider_script {
    struct clock_fake clock;
    struct provider_env env; /* for fetch_open, fetcher and providers */
    unsigned opens, closes, checks, gets, batches, validates, credential_reads, finds, metadatas;
    unsigned pushes, push_checks, push_removals; /* calls of push, push_exists, push_remove */
    size_t last_batch_n;                         /* references in the last get_many */
    size_t most_batch_n;
};

struct provider_script *provider_script_new(void) NODISCARD;
void provider_script_free(struct provider_script *s);
CLEANUP_DEFINE(provider_script)

/* "script", "single" or NULL; for fetcher_options.find_ops. */
const struct provider_ops *provider_script_ops(const char *name);

/* Answer for key; unknown keys are NOT_FOUND. text NULL: fail with cls. */
void provider_script_set(struct provider_script *s, const char *key, const char *text,
                         enum err_class cls);

/* Let get_many, or open, fail with cls until told otherwise. */
void provider_script_fail_batches(struct provider_script *s, bool fails, enum err_class cls);
void provider_script_fail_opens(struct provider_script *s, bool fails, enum err_class cls);

/* Let push, push_exists and push_remove fail with cls until told otherwise. */
void provider_script_fail_pushes(struct provider_script *s, bool fails, enum err_class cls);

/* The answer for key now ("K#P" for a property that was pushed), or NULL; caller frees. */
char *provider_script_text(struct provider_script *s, const char *key) NODISCARD;

/* The metadata of the last push as JSON, or NULL without; caller frees. */
char *provider_script_push_metadata(struct provider_script *s) NODISCARD;

/* What providers opened from now on have as identity. */
void provider_script_identity(struct provider_script *s, const char *identity);

/* From now on calls (opens too) block until released or out of time. */
void provider_script_hold(struct provider_script *s, bool is_held);

/* Wait until n calls are blocked; aborts after ten seconds. */
void provider_script_wait_held(struct provider_script *s, unsigned n);
