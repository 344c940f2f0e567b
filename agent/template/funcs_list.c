/* The table, and what its functions share. sprig's must... twins differ only in how they fail in
 * Go, which a template cannot see, so each pair is one function. */
#include "template/funcs_list.h"

#include "template/funcs.h"

struct err *funcs_list_of(const struct datum *d, const char *refusal, const struct list **out)
{
    if (d->kind == DATUM_LIST) {
        *out = d->v.list;
        return NULL;
    }
    if (datum_is_nothing(d))
        return err_new(ERR_INVALID, FUNCS_LIST_NIL);
    return err_new(ERR_INVALID, "%s %s", refusal, datum_kind_name(d));
}

struct err *funcs_list_new(struct engine *g, enum datum_element element, size_t n,
                           struct list **out)
{
    struct err *e = engine_charge_bytes(g, n * sizeof(struct datum));

    return e ? e : list_new(g->arena, element, n, out);
}

struct err *funcs_list_nil(struct engine *g, struct datum *out)
{
    struct list *l;
    struct err *e = funcs_list_new(g, ELEMENT_ANY, 0, &l);

    if (e)
        return e;
    l->is_nil = true;
    *out = datum_list(l);
    return NULL;
}

#define APPEND "aa", "l", funcs_list_append, 0, "the list with one more value at its end"
#define CHUNK "ia", "l", funcs_list_chunk, 0, "the list cut into lists of that many elements"
#define COMPACT "a", "l", funcs_list_compact, 0, "the list without its empty elements"
#define FIRST "a", "a", funcs_list_first, 0, "the first element; nil where there is none"
#define HAS "aa", "b", funcs_list_has, 0, "is the value an element of the list"
#define INITIAL "a", "l", funcs_list_initial, 0, "all elements but the last"
#define LAST "a", "a", funcs_list_last, 0, "the last element; nil where there is none"
#define LIST "a*", "l", funcs_list_list, 0, "a list of the values"
#define PREPEND "aa", "l", funcs_list_prepend, 0, "the list with one more value at its front"
#define REST "a", "l", funcs_list_rest, 0, "all elements but the first"
#define REVERSE "a", "l", funcs_list_reverse, 0, "the list from its end to its front"
#define SLICE "aa*", "a", funcs_list_slice, 0, "the elements from a position to before another"
#define UNIQ "a", "l", funcs_list_uniq, 0, "the list with each element once"
#define WITHOUT "aa*", "l", funcs_list_without, 0, "the list without these values"

static const struct func rows[] = {
    {"append", APPEND, "{{ append (list 1 2) 3 }}", "[1 2 3]"},
    {"chunk", CHUNK, "{{ list 1 2 3 | chunk 2 }}", "[[1 2] [3]]"},
    {"compact", COMPACT, "{{ list 0 1 \"\" 2 | compact }}", "[1 2]"},
    {"concat", "a*", "a", funcs_list_concat, 0, "the elements of all lists in one",
     "{{ concat (list 1) (list 2 3) }}", "[1 2 3]"},
    {"first", FIRST, "{{ first (list 1 2 3) }}", "1"},
    {"has", HAS, "{{ list 1 2 | has 2 }}", "true"},
    {"initial", INITIAL, "{{ initial (list 1 2 3) }}", "[1 2]"},
    {"last", LAST, "{{ last (list 1 2 3) }}", "3"},
    {"list", LIST, "{{ list 1 \"a\" true }}", "[1 a true]"},
    {"mustAppend", APPEND, "{{ mustAppend (list 1) 2 }}", "[1 2]"},
    {"mustChunk", CHUNK, "{{ list 1 2 | mustChunk 1 }}", "[[1] [2]]"},
    {"mustCompact", COMPACT, "{{ list 0 1 | mustCompact }}", "[1]"},
    {"mustFirst", FIRST, "{{ mustFirst (list 1 2) }}", "1"},
    {"mustHas", HAS, "{{ list 1 2 | mustHas \"1\" }}", "false"},
    {"mustInitial", INITIAL, "{{ mustInitial (list 1 2) }}", "[1]"},
    {"mustLast", LAST, "{{ mustLast (list 1 2) }}", "2"},
    {"mustPrepend", PREPEND, "{{ mustPrepend (list 1) 0 }}", "[0 1]"},
    {"mustPush", APPEND, "{{ mustPush (list 1) 2 }}", "[1 2]"},
    {"mustRest", REST, "{{ mustRest (list 1 2) }}", "[2]"},
    {"mustReverse", REVERSE, "{{ mustReverse (list 1 2) }}", "[2 1]"},
    {"mustSlice", SLICE, "{{ mustSlice (list 1 2 3) 1 }}", "[2 3]"},
    {"mustUniq", UNIQ, "{{ list 1 1 | mustUniq }}", "[1]"},
    {"mustWithout", WITHOUT, "{{ mustWithout (list 1 2) 2 }}", "[1]"},
    {"prepend", PREPEND, "{{ prepend (list 1 2) 0 }}", "[0 1 2]"},
    {"push", APPEND, "{{ push (list 1 2) 3 }}", "[1 2 3]"},
    {"rest", REST, "{{ rest (list 1 2 3) }}", "[2 3]"},
    {"reverse", REVERSE, "{{ reverse (list 1 2 3) }}", "[3 2 1]"},
    {"seq", "i*", "s", funcs_list_seq, 0, "numbers as seq(1) prints them, by one blank",
     "{{ seq 2 3 8 }}", "2 5 8"},
    {"slice", SLICE, "{{ slice (list 1 2 3) 1 2 }}", "[2]"},
    {"tuple", LIST, "{{ tuple 1 2 }}", "[1 2]"},
    {"uniq", UNIQ, "{{ list 1 2 1 | uniq }}", "[1 2]"},
    {"until", "i", "l", funcs_list_until, 0, "the whole numbers from 0 to before that one",
     "{{ until 3 }}", "[0 1 2]"},
    {"untilStep", "iii", "l", funcs_list_until_step, 0, "numbers from, to before, by step",
     "{{ untilStep 9 0 -4 }}", "[9 5 1]"},
    {"without", WITHOUT, "{{ without (list 1 2 3) 1 3 }}", "[2]"},
};

const struct func_table funcs_list = {"Lists", rows, ARRAY_SIZE(rows)};
