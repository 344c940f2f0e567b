#pragma once
/* template.h: the Go text/template language as External Secrets renders it.
 *
 * Parse once, render often. Data is a map of text keys to text
 * values, as External Secrets hands it to Go. Errors are worded as Go's, except that no value is
 * ever quoted.
 *
 * Owns     a template owns its tree.
 * Threads  a parsed template may be rendered by many threads at once.
 * Source   Go 1.26 text/template; External Secrets 2.9 template engine v2. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

/* Limits of one parse or render; each has an error that says "limit reached". */
#define TEMPLATE_SOURCE_MAX (1u << 20)   /* bytes of a template */
#define TEMPLATE_OUTPUT_MAX (1u << 20)   /* bytes that come out */
#define TEMPLATE_MEMORY_MAX (32u << 20)  /* bytes of the tree and of values on the way */
#define TEMPLATE_STEPS_MAX 2000000u      /* see engine_charge */
#define TEMPLATE_NESTING_MAX 200u        /* parentheses and blocks in the text */
#define TEMPLATE_CALL_DEPTH_MAX 100u     /* template calls within each other */
#define TEMPLATE_EVAL_DEPTH_MAX 500u     /* values within each other, while walking */
#define TEMPLATE_HEAVY_MAX 16u           /* key pairs, bcrypt, scrypt */
#define TEMPLATE_TIME_MAX_NS 1500000000u /* wall clock; heavy operations add theirs */

struct template;

struct template_options {
    const char *left, *right;  /* delimiters; NULL: "{{" and "}}" */
    bool missing_key_is_error; /* option missingkey=error; else prints "<no value>" */
};

/* Source of randomness and time; NULL members: the kernel's. */
struct template_env {
    bool refuse_random; /* functions that are random give an error that says so */
    bool refuse_clock;  /* the same for functions that read the clock */
    void (*random)(void *ctx, unsigned char *out, size_t n);
    int64_t (*now_ns)(void *ctx);
    void *ctx;
};

struct template_entry {
    struct secret_view key;
    struct secret_view value;
};

/* Parse text. name is what messages call it, and the name of the main template among those that
 * text defines.
 * Errors: INVALID ("template: NAME:LINE: ...", or a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *template_parse(const char *name, struct secret_view text,
                                     const struct template_options *options, struct template **out);

/* Render over entries, which need not be sorted; of equal keys the last counts. env may be NULL.
 * Errors: INVALID ("template: NAME:LINE:COL: executing ...", or a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *template_render(struct template *t, const struct template_entry *entries,
                                      size_t n, const struct template_env *env,
                                      struct secret_buf **out);

/* Does a render depend on more than its data (random functions or the clock)? */
bool template_is_volatile(const struct template *t);

void template_free(struct template *t);
CLEANUP_DEFINE(template)
