#pragma once
/* eval_state.h: what the parts of the evaluator share; nobody else includes it.
 *
 * eval.c walks the nodes that stand in the text, eval_range.c loops, eval_pipe.c evaluates what
 * stands inside an action, eval_call.c calls functions, eval_field.c follows names, eval_vars.c
 * keeps variables and arguments, eval_error.c says where an error is.
 *
 * Dot is passed down by pointer; every out is written last, so it may be where an argument stands.
 * Errors of all functions here: INVALID, located; limits, as they are; UNAVAILABLE, INTERNAL.
 *
 * Owns     nothing: stacks live in the arena.
 * Threads  one at a time.
 * Source   Go 1.26 text/template exec.go. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/engine.h"
#include "template/parse.h"

/* Variables that hold at the same time. */
#define EVAL_VARIABLES_MAX 10000u

struct variable {
    struct text name;
    struct datum value;
};

/* How a loop is left early; every list of nodes above stops too. */
enum eval_jump { JUMP_NONE, JUMP_BREAK, JUMP_CONTINUE };

struct eval {
    struct engine *g;
    const struct forest *forest;
    bool missing_key_is_error;
    const struct tree *tree; /* the template under way */
    unsigned calls;          /* of templates within each other */
    const struct node *at;   /* the last node evaluated, for messages */
    enum eval_jump jump;
    struct text_buf *out;
    struct variable *vars; /* those of this template begin at vars_base, with $ */
    size_t n_vars, max_vars, vars_base;
    struct datum *args; /* of the calls under way */
    size_t n_args, max_args;
};

/* A function, method or field in its command: the arguments written behind it, and the one that is
 * piped in (NULL: none). */
struct eval_site {
    const struct node *node; /* what errors of the call itself point at */
    const struct datum *dot; /* for the arguments */
    struct node *const *args;
    size_t n_args;
    const struct datum *final;
};

/* The nodes of a list, one after the other. */
NODISCARD struct err *eval_walk(struct eval *s, const struct datum *dot, const struct node *list);
NODISCARD struct err *eval_range(struct eval *s, const struct datum *dot, const struct node *n);

/* A pipeline; the variables that it declares stay until eval_pop. */
NODISCARD struct err *eval_pipe(struct eval *s, const struct datum *dot, const struct node *pipe,
                                struct datum *out);

/* An operand that is no constant. */
NODISCARD struct err *eval_operand(struct eval *s, const struct datum *dot, const struct node *n,
                                   struct datum *out);

/* An operand as an argument of that type letter. */
NODISCARD struct err *eval_arg(struct eval *s, const struct datum *dot, char param,
                               const struct node *n, struct datum *out);

/* A function by its node; a method of receiver. */
NODISCARD struct err *eval_function(struct eval *s, const struct node *n,
                                    const struct eval_site *site, struct datum *out);
NODISCARD struct err *eval_method(struct eval *s, const struct func *f,
                                  const struct datum *receiver, const struct eval_site *site,
                                  struct datum *out);

/* receiver.names[0].names[1]...; the last one gets the arguments. */
NODISCARD struct err *eval_names(struct eval *s, const struct datum *receiver,
                                 const struct text *names, size_t n, const struct eval_site *site,
                                 struct datum *out);

/* Variables: the newest of a name counts. */
NODISCARD struct err *eval_push(struct eval *s, struct text name, const struct datum *value);
NODISCARD struct err *eval_set(struct eval *s, struct text name, const struct datum *value);
NODISCARD struct err *eval_get(struct eval *s, struct text name, struct datum *out);
void eval_pop(struct eval *s, size_t n_vars);

/* Room for n arguments; *base is where they stand in s->args, which may move while others are
 * made. Given back by setting n_args to *base. */
NODISCARD struct err *eval_args_push(struct eval *s, size_t n, size_t *base);

/* New error at the node s->at; the same for one from outside, which it takes. */
NODISCARD struct err *eval_error(const struct eval *s, const char *format, ...)
    PRINTF_LIKE(2, 3) RETURNS_NONNULL;
NODISCARD struct err *eval_locate(const struct eval *s, struct err *e) RETURNS_NONNULL;

/* n as source text, and name in quotes, for a message: in the arena, terminated; "?" where there is
 * no room. */
const char *eval_node_text(const struct eval *s, const struct node *n);
const char *eval_quoted(const struct eval *s, struct text name);

/* One node has been evaluated: a step. */
static inline struct err *eval_step(const struct eval *s)
{
    struct engine *g = s->g;

    if (g->steps == g->check_at)
        return engine_charge(g, 1);
    g->steps++;
    return NULL;
}
