#pragma once
/* template_rig.h: renders for unit tests of the template engine and of its functions.
 *
 *     static const struct template_row rows[] = {{"upper", "{{ upper \"a\" }}", "A"}};
 *     TABLE_RUN("texts", rows, template_rig_check_row)
 *
 * All renders have option missingkey=error. Nothing here is a secret.
 *
 * Owns     a template_rig owns its arena.
 * Threads  the test thread. */

#include <stddef.h>

#include "template/datum.h"
#include "template/engine.h"
#include "template/template.h"
#include "template/text.h"

/* Render template over a fixed set of data and compare; want NULL: it must be refused, when parsed
 * or when rendered, and not by a limit. The data: user "alice", pass "s3cret", empty "", n "42",
 * pem a line of text, list "a,b,c", bytes "\xff\x00\x01", unicode "h\u00e9llo w\u00f6rld",
 * json {"a":{"b":[1,2.5,"x",null,true]},"s":"t"}, yaml "a: 1\nb: [x, y]\n", tls.crt "cert". */
void template_rig_check(const char *template, const char *want);

/* The same over data: name, value, name, value, ..., NULL. */
void template_rig_check_data(const char *template, const char *const *data, const char *want);

/* It must be refused with a message that ends so; with one of a limit that begins so, behind
 * "limit reached: ". */
void template_rig_refuse(const char *template, const char *end);
void template_rig_limit(const char *template, const char *begin);

/* The three as tests of a table's row. */
struct template_row {
    const char *name, *template, *want;
};
void template_rig_check_row(void **state);
void template_rig_refuse_row(void **state);
void template_rig_limit_row(void **state);

/* Parse (or fail the test), and render over the fixed data. */
struct template *template_rig_parse(const char *template);
NODISCARD struct err *template_rig_render(struct template *t, const struct template_env *env,
                                          struct secret_buf **out);

/* An engine for tests of single functions, and a buffer to print into. */
struct template_rig {
    struct secret_arena *arena;
    struct engine g;
    struct text_buf b;
};

void template_rig_init(struct template_rig *rig);

/* What is in b must be want; b is empty afterwards. */
void template_rig_printed(struct template_rig *rig, const char *want);

/* Call a function by name; fails the test when there is none. */
NODISCARD struct err *template_rig_call(struct template_rig *rig, const char *name,
                                        const struct datum *args, size_t n, struct datum *out);

void template_rig_done(struct template_rig *rig);
