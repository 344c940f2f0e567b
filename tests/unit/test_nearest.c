/* Distances of words, and which of several is nearest. */
#include "base/nearest.h"

#include <string.h>

#include "base/attr.h"
#include "tests/support/table.h"

struct distance_row {
    const char *name;
    const char *a, *b;
    size_t want;
};

static const struct distance_row distance_rows[] = {
    {"equal", "abc", "abc", 0},
    {"both empty", "", "", 0},
    {"one empty", "", "abc", 3},
    {"replaced", "abc", "axc", 1},
    {"left out", "abc", "ac", 1},
    {"put in", "ac", "abc", 1},
    {"swapped", "ab", "ba", 2},
    {"unlike", "abc", "xyz", 3},
    {"the usual one", "kitten", "sitting", 3},
};

static void distance(void **state)
{
    const struct distance_row *row = *state;
    assert_int_equal(nearest_distance(row->a, strlen(row->a), row->b, strlen(row->b)), row->want);
}

#define WORD_64 "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"

struct nearest_row {
    const char *name;
    const char *word;
    const char *known[3];
    const char *want; /* NULL: none */
};

static const struct nearest_row nearest_rows[] = {
    {"one letter", "targt", {"data", "target", "dataFrom"}, "target"},
    {"the nearest of two", "dataForm", {"data", "dataFrom"}, "dataFrom"},
    {"the first of equals", "cat", {"bat", "hat"}, "bat"},
    {"itself", "data", {"date", "data"}, "data"},
    {"another word", "later", {"name", "kind"}, NULL},
    {"empty", "", {"name"}, NULL},
    {"nothing known", "name", {NULL}, NULL},
    {"as long as may be", WORD_64, {WORD_64}, WORD_64},
    {"a word too long", WORD_64 "e", {WORD_64}, NULL},
    {"a candidate too long", WORD_64, {WORD_64 "e"}, NULL},
};

static void nearest(void **state)
{
    const struct nearest_row *row = *state;
    struct nearest s;
    nearest_init(&s, row->word, strlen(row->word));
    for (size_t i = 0; i < ARRAY_SIZE(row->known) && row->known[i]; i++)
        nearest_offer(&s, row->known[i], row->known[i]);
    if (!row->want)
        assert_null(s.best);
    else
        assert_string_equal(s.best, row->want);
}

int main(void)
{
    return TABLE_RUN("nearest_distance", distance_rows, distance) +
           TABLE_RUN("nearest", nearest_rows, nearest);
}
