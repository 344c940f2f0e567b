#pragma once
/* func.h: the functions that templates call, as tables, and how a call is checked.
 *
 * One row is one name. Its signature decides how many arguments there are, what each may be, how a
 * literal adapts, and what the error says: in one place, call.c. The template guide is printed from
 * the same rows, and a test runs every example.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   Go text/template; External Secrets 2.9 functions; sprig. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/container.h"
#include "template/engine.h"

/* args are what params promises, in order: nil reaches an 'a' as DATUM_NIL and a 'v' as DATUM_NONE
 * or DATUM_NIL. Messages are Go's without what call.c puts in front, and quote no value.
 * Errors: INVALID (the message), UNAVAILABLE, INTERNAL. */
typedef struct err *func_fn(struct engine *g, const struct datum *args, size_t n,
                            struct datum *out);

enum func_flag {
    FUNC_RANDOM = 1, /* gives something new each time */
    FUNC_CLOCK = 2,  /* reads the clock */
    /* Reads it for some arguments only, and then sees to template_env.refuse_clock itself. */
    FUNC_CLOCK_AT_TIMES = 4,
    FUNC_REGEX = 8, /* compiles patterns, which its template keeps */
};

struct func {
    const char *name;
    /* Go's parameter types, a letter each; a final '*' makes the last one variadic:
     *   s string   i int   I int64   u uint32   f float64   b bool   a interface{}
     *   m map[string]interface{}   l []interface{}   S []string   T time.Time   D time.Duration
     *   C sprig.certificate   H sprig's named string type: a literal only
     *   V *semver.Version   v the value as it is, nil included (text/template's own)
     *   N time.Month   W time.Weekday   B []byte   Z *time.Location */
    const char *params;
    const char *result;  /* the same letters, for the guide */
    func_fn *fn;         /* NULL for the two that the evaluator does itself: and, or */
    unsigned flags;      /* of enum func_flag */
    const char *summary; /* one clause, no full stop: "first n bytes of s" */
    const char *example; /* a template that needs no data */
    const char *shows;   /* what it renders to; NULL where that is different each time */
};

struct func_table {
    const char *theme;       /* heading in the guide: "Strings" */
    const struct func *rows; /* sorted by name, n of them */
    size_t n;
};

/* What a function ends with: its value; the text in b, whose life ends, unless e, which is taken,
 * or b has failed; a []byte of those in front, which may be NULL, and of t.
 * Errors: e, or as text_buf_end; INVALID (a limit), UNAVAILABLE. */
static inline struct err *func_give(struct datum v, struct datum *out)
{
    *out = v;
    return NULL;
}
NODISCARD struct err *func_give_text(struct text_buf *b, struct err *e, struct datum *out);
NODISCARD struct err *func_give_bytes(struct engine *g, const struct list *front, struct text t,
                                      struct datum *out);

/* The row of name, or NULL. */
const struct func *func_find(struct text name);

/* All tables, in the order of the guide; terminated by NULL. */
const struct func_table *const *func_tables(void);

/* Methods of a kind (a time's Format, a version's Major, a certificate's fields): args[0] is the
 * receiver and params begins with its letter. NULL when there is none of that name. */
const struct func *func_method(enum datum_kind kind, struct text name);
