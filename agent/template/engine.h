#pragma once
/* engine.h: what one render has at hand: memory, limits, clock, randomness.
 *
 * Functions get it as their first argument. Whoever loops over data charges steps, so that the
 * worst template ends at a limit and not at the node's expense.
 *
 * Owns     nothing: the arena and the environment are borrowed.
 * Threads  one at a time.
 * Source   docs/TEMPLATES.md "Limits". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/template.h"
#include "template/text.h"

struct go_zone;
struct regex_cache;

struct engine {
    struct secret_arena *arena;
    const struct template_env *env;
    uint64_t steps;    /* charged so far */
    uint64_t check_at; /* look at the clock when steps gets here */
    uint64_t deadline_ns;
    unsigned depth;          /* of evaluation, and of printing and decoding below it */
    unsigned heavy;          /* expensive operations so far */
    uint64_t heavy_since_ns; /* one is under way, and the time it takes does not count; 0: none */
    const struct go_zone *zones; /* that were read so far, linked; see funcs_time.c */
    struct regex_cache *regexes; /* of the template; NULL: patterns are compiled at each use */
};

/* Ready for one render whose values live in arena. env may be NULL and is borrowed, as arena is. */
void engine_init(struct engine *g, struct secret_arena *arena, const struct template_env *env);

/* Charge n steps. A step is about one node evaluated, one element visited, or 64 bytes copied.
 * Errors: INVALID ("limit reached: ..."), DEADLINE never: time is a limit like the others. */
NODISCARD struct err *engine_charge(struct engine *g, uint64_t n);

/* The same for n bytes of text that are about to be read or made. */
NODISCARD struct err *engine_charge_bytes(struct engine *g, uint64_t n);

/* Charge one operation that costs up to a tenth of a second or more (key pairs, bcrypt, scrypt). */
NODISCARD struct err *engine_charge_heavy(struct engine *g);

/* What was charged as heavy is over: the limit of time goes on. call.c does it after each call. */
void engine_end_heavy(struct engine *g);

/* Did e come from a limit? Whoever turns errors into values must pass such a one on. */
bool engine_is_limit(const struct err *e);

/* One level deeper in a recursion over data; engine_leave takes it back, also after an error. */
NODISCARD struct err *engine_enter(struct engine *g);
void engine_leave(struct engine *g);

/* n random bytes; the wall clock in nanoseconds since 1970. */
void engine_random(struct engine *g, unsigned char *out, size_t n);
int64_t engine_now_ns(struct engine *g);

/* Nanoseconds since this process started, for the monotonic reading that now prints; 0 where the
 * environment has a clock of its own. */
int64_t engine_monotonic_ns(struct engine *g);
