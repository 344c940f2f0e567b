/* Kinds, Go's names for them, truth, and the dict against a model. */
#include "template/container.h"
#include "template/datum.h"

#include <stdio.h>
#include <string.h>

#include "template/go_time.h"
#include "template/semver.h"
#include "tests/support/table.h"

static const struct go_time some_time = {.unix_s = 5};
static const struct semver some_version = {.major = 1};
static const struct cert some_cert;
static const struct complex128 some_complex = {0, 1}, no_complex = {0, 0};

enum { SIGNED = 1, UNSIGNED = 2, TRUE = 4 };

struct kind_row {
    const char *name; /* Go's type */
    const char *kind;
    struct datum d;
    unsigned flags;
};

#define NUMBER(k, member, value)                                                                   \
    {                                                                                              \
        .kind = (k), .v.member = (value)                                                           \
    }

static const struct kind_row kind_rows[] = {
    {"<nil>", "invalid", {.kind = DATUM_NONE}, 0},
    {"<nil>", "invalid", {.kind = DATUM_NIL}, 0},
    {"bool", "bool", NUMBER(DATUM_BOOL, b, true), TRUE},
    {"bool", "bool", NUMBER(DATUM_BOOL, b, false), 0},
    {"int", "int", NUMBER(DATUM_INT, i, -1), SIGNED | TRUE},
    {"int", "int", NUMBER(DATUM_INT, i, 0), SIGNED},
    {"int32", "int32", NUMBER(DATUM_INT32, i, 1), SIGNED | TRUE},
    {"int64", "int64", NUMBER(DATUM_INT64, i, 1), SIGNED | TRUE},
    {"uint8", "uint8", NUMBER(DATUM_UINT8, u, 1), UNSIGNED | TRUE},
    {"uint8", "uint8", NUMBER(DATUM_UINT8, u, 0), UNSIGNED},
    {"uint32", "uint32", NUMBER(DATUM_UINT32, u, 1), UNSIGNED | TRUE},
    {"uint64", "uint64", NUMBER(DATUM_UINT64, u, 1), UNSIGNED | TRUE},
    {"float64", "float64", NUMBER(DATUM_FLOAT64, f, 0.5), TRUE},
    {"float64", "float64", NUMBER(DATUM_FLOAT64, f, -0.0), 0},
    {"complex128", "complex128", NUMBER(DATUM_COMPLEX128, complex, &some_complex), TRUE},
    {"complex128", "complex128", NUMBER(DATUM_COMPLEX128, complex, &no_complex), 0},
    {"string", "string", {.kind = DATUM_STRING, .n = 1, .v.s = (const unsigned char *)"0"}, TRUE},
    {"string", "string", {.kind = DATUM_STRING}, 0},
    {"time.Time", "struct", NUMBER(DATUM_TIME, time, &some_time), TRUE},
    {"time.Duration", "int64", NUMBER(DATUM_DURATION, i, 0), SIGNED},
    {"time.Month", "int", NUMBER(DATUM_MONTH, i, 1), SIGNED | TRUE},
    {"time.Weekday", "int", NUMBER(DATUM_WEEKDAY, i, 0), SIGNED},
    {"*semver.Version", "ptr", NUMBER(DATUM_SEMVER, semver, &some_version), TRUE},
    {"sprig.certificate", "struct", NUMBER(DATUM_CERT, cert, &some_cert), TRUE},
};

static void kind_row(void **state)
{
    const struct kind_row *r = *state;

    assert_string_equal(datum_type_name(&r->d), r->name);
    assert_string_equal(datum_kind_name(&r->d), r->kind);
    assert_int_equal(datum_is_signed(&r->d), (r->flags & SIGNED) != 0);
    assert_int_equal(datum_is_unsigned(&r->d), (r->flags & UNSIGNED) != 0);
    assert_int_equal(datum_is_true(&r->d), (r->flags & TRUE) != 0);
    assert_int_equal(datum_is_nothing(&r->d), r->d.kind == DATUM_NONE || r->d.kind == DATUM_NIL);
}

static struct list *new_list(struct secret_arena *a, enum datum_element element, size_t n)
{
    struct list *l = NULL;
    CLEANUP(err) struct err *e = list_new(a, element, n, &l);

    assert_null(e);
    assert_int_equal(l->n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(l->items[i].kind, DATUM_NONE);
    return l;
}

static struct dict *new_dict(struct secret_arena *a, enum datum_element element, size_t capacity)
{
    struct dict *m = NULL;
    CLEANUP(err) struct err *e = dict_new(a, element, capacity, &m);

    assert_null(e);
    assert_int_equal(m->n, 0);
    return m;
}

struct element_row {
    const char *name;
    enum datum_element element;
    const char *list, *map;
};

static const struct element_row element_rows[] = {
    {"anything", ELEMENT_ANY, "[]interface {}", "map[string]interface {}"},
    {"string", ELEMENT_STRING, "[]string", "map[string]string"},
    {"int", ELEMENT_INT, "[]int", NULL},
    {"uint8", ELEMENT_UINT8, "[]uint8", NULL},
    {"list", ELEMENT_LIST, "[][]interface {}", NULL},
    {"map of string", ELEMENT_STRING_MAP, NULL, "map[string]map[string]string"},
};

static void element_row(void **state)
{
    const struct element_row *r = *state;
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    struct datum list = datum_list(new_list(a, r->element, 0));
    struct datum full = datum_list(new_list(a, r->element, 1));
    struct datum map = datum_map(new_dict(a, r->element, 0));

    if (r->list)
        assert_string_equal(datum_type_name(&list), r->list);
    if (r->map)
        assert_string_equal(datum_type_name(&map), r->map);
    assert_string_equal(datum_kind_name(&list), "slice");
    assert_string_equal(datum_kind_name(&map), "map");
    assert_false(datum_is_true(&list));
    assert_true(datum_is_true(&full));
    assert_false(datum_is_true(&map));
}

static void set(struct secret_arena *a, struct dict *m, const char *key, int64_t value)
{
    CLEANUP(err) struct err *e = dict_set(a, m, text_of(key), datum_int(value));

    assert_null(e);
}

static void check_sorted(const struct dict *m)
{
    for (size_t i = 1; i < m->n; i++)
        assert_true(text_compare(m->entries[i - 1].key, m->entries[i].key) < 0);
}

#define KEYS 97
#define OPERATIONS 20000

/* The dict after many changes holds what an array does, at every moment in order. */
static void dict_against_a_model(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    struct dict *m = new_dict(a, ELEMENT_ANY, 0);
    char keys[KEYS][8];
    int64_t model[KEYS] = {0};
    unsigned random = 1;

    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof(keys[i]), "%zu", i * 7919 % KEYS);
    for (int64_t step = 1; step <= OPERATIONS; step++) {
        random = random * 1103515245u + 12345u;
        size_t at = (random >> 16) % KEYS;
        bool is_set = (random >> 8) % 3 != 0;

        if (is_set)
            set(a, m, keys[at], step);
        else
            dict_unset(m, text_of(keys[at]));
        model[at] = is_set ? step : 0;
        const struct datum *found = dict_get(m, text_of(keys[(at + 1) % KEYS]));
        assert_int_equal(found ? found->v.i : 0, model[(at + 1) % KEYS]);
    }
    check_sorted(m);
    size_t n = 0;
    for (size_t i = 0; i < KEYS; i++)
        n += model[i] != 0;
    assert_int_equal(m->n, n);
    assert_true(n > 0 && n < KEYS);
}

static void keys_are_bytes(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    struct dict *m = new_dict(a, ELEMENT_ANY, 2);
    static const struct text keys[] = {TEXT("a"), TEXT("a\0"),  TEXT("a\0b"),
                                       TEXT(""),  TEXT("\xff"), TEXT("ab")};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        CLEANUP(err) struct err *e = dict_set(a, m, keys[i], datum_int((int64_t)i));
        assert_null(e);
    }
    check_sorted(m);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        assert_int_equal(dict_get(m, keys[i])->v.i, i);
    assert_null(dict_get(m, TEXT("b")));
    dict_unset(m, TEXT("b"));
    assert_int_equal(m->n, ARRAY_SIZE(keys));
}

static void check_refused(struct err *e, const char *want)
{
    CLEANUP(err) struct err *held = e;

    assert_non_null(held);
    assert_int_equal(err_class(held), ERR_INVALID);
    assert_string_equal(err_text(held), want);
}

#define TOO_MANY "limit reached: more than 100000 elements"

static void elements_are_limited(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(48u << 20);
    struct dict *m = NULL;
    struct list *l = NULL;

    (void)state;
    check_refused(list_new(a, ELEMENT_ANY, DATUM_ELEMENTS_MAX + 1, &l), TOO_MANY);
    check_refused(dict_new(a, ELEMENT_ANY, DATUM_ELEMENTS_MAX + 1, &m), TOO_MANY);
    check_refused(list_new(a, ELEMENT_ANY, SIZE_MAX, &l), TOO_MANY);
    assert_null(l);
    assert_null(m);
    new_list(a, ELEMENT_ANY, DATUM_ELEMENTS_MAX);
    m = new_dict(a, ELEMENT_INT, 0);
    for (size_t i = 0; i < DATUM_ELEMENTS_MAX; i++) {
        void *key;
        CLEANUP(err) struct err *e = secret_arena_alloc(a, 8, &key);
        assert_null(e);
        snprintf(key, 8, "%06zu", i);
        set(a, m, key, 1);
    }
    check_refused(dict_set(a, m, TEXT("x"), datum_int(1)), TOO_MANY);
    set(a, m, "000007", 2);
    assert_int_equal(dict_get(m, TEXT("000007"))->v.i, 2);
}

static void memory_is_limited(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(200);
    struct list *l;
    struct dict *m = new_dict(a, ELEMENT_ANY, 0);

    (void)state;
    check_refused(list_new(a, ELEMENT_ANY, 100, &l),
                  "limit reached: more than 200 bytes of memory");
    check_refused(dict_set(a, m, TEXT("a"), datum_nil()),
                  "limit reached: more than 200 bytes of memory");
    assert_int_equal(m->n, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(dict_against_a_model),
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(elements_are_limited),
        cmocka_unit_test(memory_is_limited),
    };

    return TABLE_RUN("datum kinds", kind_rows, kind_row) +
           TABLE_RUN("datum elements", element_rows, element_row) + GROUP_RUN("dict", tests);
}
