#pragma once
/* render_guide.h: the functions of the template language as Markdown, from the engine's own tables.
 *
 * Owns     nothing.
 * Threads  main. */

#include "base/str_buf.h"

/* Append a heading and a table per theme: how a function is called, what it gives, an example. */
void render_guide(struct str_buf *out);
