/* docs/TEMPLATES.md holds this text, and a test compares the two; another one runs the examples. */

#include "cmd/render_guide.h"

#include <string.h>

#include "template/func.h"

/* What a letter of a signature stands for, in a reader's words. */
static const struct {
    char letter;
    const char *word;
} words[] = {
    {'s', "string"}, {'i', "int"},     {'I', "int64"},   {'u', "uint32"},
    {'f', "float"},  {'b', "bool"},    {'a', "any"},     {'m', "map"},
    {'l', "list"},   {'S', "strings"}, {'T', "time"},    {'D', "duration"},
    {'C', "cert"},   {'H', "literal"}, {'V', "version"}, {'v', "any"},
};

static const char *word_of(char letter)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (words[i].letter == letter)
            return words[i].word;
    }
    return "any";
}

/* Text inside a cell of a table. */
static void put_cell(struct str_buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '|')
            str_buf_puts(out, "\\|");
        else if (*s == '\n')
            str_buf_puts(out, "\\n");
        else
            str_buf_append(out, s, 1);
    }
}

/* Code inside a cell; doubled ticks where it holds one itself. */
static void put_code(struct str_buf *out, const char *s)
{
    const char *ticks = strchr(s, '`') ? "`` " : "`";
    str_buf_puts(out, ticks);
    put_cell(out, s);
    str_buf_puts(out, *ticks == '`' && ticks[1] ? " ``" : "`");
}

static void put_call(struct str_buf *out, const struct func *f)
{
    str_buf_printf(out, "| `%s", f->name);
    for (const char *p = f->params; *p; p++) {
        if (*p == '*')
            str_buf_puts(out, "...");
        else
            str_buf_printf(out, " %s", word_of(*p));
    }
    str_buf_puts(out, "` | ");
}

static void put_row(struct str_buf *out, const struct func *f)
{
    put_call(out, f);
    put_cell(out, f->summary);
    if (f->flags & (FUNC_RANDOM | FUNC_CLOCK))
        str_buf_puts(out, f->flags & FUNC_RANDOM ? " (random)" : " (reads the clock)");
    str_buf_puts(out, " | ");
    put_code(out, f->example);
    if (f->shows && *f->shows) {
        str_buf_puts(out, " gives ");
        put_code(out, f->shows);
    } else if (f->shows) {
        str_buf_puts(out, " gives nothing");
    }
    str_buf_puts(out, " |\n");
}

void render_guide(struct str_buf *out)
{
    for (const struct func_table *const *t = func_tables(); *t; t++) {
        str_buf_printf(out, "### %s\n\n| call | gives | example |\n|---|---|---|\n", (*t)->theme);
        for (size_t i = 0; i < (*t)->n; i++)
            put_row(out, &(*t)->rows[i]);
        str_buf_puts(out, "\n");
    }
}
