/* Every type of parameter against every kind of value and constant, and the counting of arguments.
 */
#include "template/call.h"

#include <stdio.h>
#include <string.h>

#include "template/go_time.h"
#include "template/parse.h"
#include "template/semver.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

struct param_row {
    const char *name;
    const char *params;
    const char *want; /* letters of the parameters 0 to 4; '-' is none */
};

static const struct param_row param_rows[] = {
    {"none", "", "-----"},
    {"one", "s", "s----"},
    {"three", "sib", "sib--"},
    {"variadic", "a*", "aaaaa"},
    {"fixed and variadic", "siv*", "sivvv"},
};

static void param_row(void **state)
{
    const struct param_row *r = *state;
    const struct func f = {.name = "f", .params = r->params};

    for (size_t i = 0; i < strlen(r->want); i++) {
        char want = r->want[i] == '-' ? '\0' : r->want[i];
        assert_int_equal(call_param(&f, i), want);
    }
}

struct count_row {
    const char *name;
    const char *params;
    bool is_method, has_final;
    size_t n;
    const char *want;
};

static const struct count_row count_rows[] = {
    {"none of none", "", false, false, 0, NULL},
    {"one of none", "", false, false, 1, "wrong number of args for f: want 0 got 1"},
    {"two of two", "si", false, false, 2, NULL},
    {"one and a piped one of two", "si", false, true, 1, NULL},
    {"one of two", "si", false, false, 1, "wrong number of args for f: want 2 got 1"},
    {"a piped one too many", "si", false, true, 2, "wrong number of args for f: want 2 got 3"},
    {"variadic, none", "a*", false, false, 0, NULL},
    {"variadic, many", "a*", false, true, 9, NULL},
    {"variadic, the fixed one", "sa*", false, false, 1, NULL},
    {"variadic, the fixed one piped", "sa*", false, true, 0, NULL},
    {"variadic, too few", "ssa*", false, false, 1,
     "wrong number of args for f: want at least 2 got 1"},
    {"variadic, too few, one piped", "ssa*", false, true, 0,
     "wrong number of args for f: want at least 2 got 0"},
    {"method", "Ts", true, false, 1, NULL},
    {"method, piped", "Ts", true, true, 0, NULL},
    {"method, too few", "Ts", true, false, 0, "wrong number of args for f: want 1 got 0"},
    {"method, too many", "T", true, false, 1, "wrong number of args for f: want 0 got 1"},
};

static void check_message(struct err *e, const char *want)
{
    CLEANUP(err) struct err *held = e;

    assert_int_equal(held != NULL, want != NULL);
    if (!held)
        return;
    assert_int_equal(err_class(held), ERR_INVALID);
    assert_string_equal(err_text(held), want);
}

static void count_row(void **state)
{
    const struct count_row *r = *state;
    const struct func f = {.name = "f", .params = r->params};

    check_message(call_check_count(&f, r->is_method, r->n, r->has_final), r->want);
}

/* One value of every kind, named by a letter. */
struct sample {
    char letter;
    const char *type;
};

static const struct sample samples[] = {
    {'0', NULL},
    {'n', "interface {}"},
    {'b', "bool"},
    {'i', "int"},
    {'j', "int32"},
    {'I', "int64"},
    {'c', "uint8"},
    {'u', "uint32"},
    {'U', "uint64"},
    {'f', "float64"},
    {'x', "complex128"},
    {'s', "string"},
    {'l', "[]interface {}"},
    {'S', "[]string"},
    {'N', "[]int"},
    {'m', "map[string]interface {}"},
    {'M', "map[string]string"},
    {'T', "time.Time"},
    {'D', "time.Duration"},
    {'O', "time.Month"},
    {'W', "time.Weekday"},
    {'V', "*semver.Version"},
    {'C', "sprig.certificate"},
};

static struct datum sample_list(struct template_rig *rig, enum datum_element element)
{
    struct list *l;
    CLEANUP(err) struct err *e = list_new(rig->arena, element, 0, &l);

    assert_null(e);
    return datum_list(l);
}

static struct datum sample_map(struct template_rig *rig, enum datum_element element)
{
    struct dict *m;
    CLEANUP(err) struct err *e = dict_new(rig->arena, element, 0, &m);

    assert_null(e);
    return datum_map(m);
}

static struct datum sample_of(struct template_rig *rig, char letter)
{
    static const struct go_time time = {.unix_s = 1};
    static const struct semver version = {.major = 1};
    static const struct cert cert;
    static const struct complex128 complex = {1, 1};

    switch (letter) {
    case 'n':
        return datum_nil();
    case 'b':
        return datum_bool(true);
    case 'i':
        return datum_int(1);
    case 'j':
        return (struct datum){.kind = DATUM_INT32, .v.i = 1};
    case 'I':
        return datum_int64(1);
    case 'c':
        return (struct datum){.kind = DATUM_UINT8, .v.u = 1};
    case 'u':
        return (struct datum){.kind = DATUM_UINT32, .v.u = 1};
    case 'U':
        return (struct datum){.kind = DATUM_UINT64, .v.u = 1};
    case 'f':
        return datum_float(1.5);
    case 'x':
        return (struct datum){.kind = DATUM_COMPLEX128, .v.complex = &complex};
    case 's':
        return datum_string(TEXT("x"));
    case 'l':
        return sample_list(rig, ELEMENT_ANY);
    case 'S':
        return sample_list(rig, ELEMENT_STRING);
    case 'N':
        return sample_list(rig, ELEMENT_INT);
    case 'm':
        return sample_map(rig, ELEMENT_ANY);
    case 'M':
        return sample_map(rig, ELEMENT_STRING);
    case 'T':
        return (struct datum){.kind = DATUM_TIME, .v.time = &time};
    case 'D':
        return (struct datum){.kind = DATUM_DURATION, .v.i = 1};
    case 'O':
        return (struct datum){.kind = DATUM_MONTH, .v.i = 1};
    case 'W':
        return (struct datum){.kind = DATUM_WEEKDAY, .v.i = 1};
    case 'V':
        return (struct datum){.kind = DATUM_SEMVER, .v.semver = &version};
    case 'C':
        return (struct datum){.kind = DATUM_CERT, .v.cert = &cert};
    default:
        return datum_none();
    }
}

#define ALL "bijIcuUfxslSNmMTDOWVC"

struct value_row {
    const char *name;
    const char *param;       /* one letter */
    const char *takes;       /* letters of samples that are taken as they are */
    enum datum_kind nothing; /* what no value becomes; DATUM_STRING: it is refused */
};

#define REFUSED DATUM_STRING

static const struct value_row value_rows[] = {
    {"string", "s", "s", REFUSED},
    {"int", "i", "i", REFUSED},
    {"int64", "I", "I", REFUSED},
    {"uint32", "u", "u", REFUSED},
    {"float64", "f", "f", REFUSED},
    {"bool", "b", "b", REFUSED},
    {"interface {}", "a", "n" ALL, DATUM_NIL},
    {"reflect.Value", "v", "n" ALL, DATUM_NONE},
    {"map[string]interface {}", "m", "m", DATUM_MAP},
    {"[]interface {}", "l", "l", DATUM_LIST},
    {"[]string", "S", "S", DATUM_LIST},
    {"time.Time", "T", "T", REFUSED},
    {"time.Duration", "D", "D", REFUSED},
    {"sprig.certificate", "C", "C", REFUSED},
    {"sprig.HashAlgorithm", "H", "", REFUSED},
};

static void check_taken(struct template_rig *rig, const struct value_row *r, char letter)
{
    struct datum in = sample_of(rig, letter), out = datum_none();
    CLEANUP(err) struct err *e = call_check_value(&rig->g, r->param[0], &in, &out);

    if (e)
        fail_msg("%s refuses %c: %s", r->name, letter, err_text(e));
    assert_int_equal(out.kind, in.kind);
    assert_int_equal(out.n, in.n);
    assert_true(out.v.u == in.v.u);
}

static void check_refused(struct template_rig *rig, const struct value_row *r,
                          const struct sample *sample)
{
    char want[200];
    struct datum in = sample_of(rig, sample->letter), out = datum_int(77);
    struct err *e = call_check_value(&rig->g, r->param[0], &in, &out);

    snprintf(want, sizeof(want), "wrong type for value; expected %s; got %s", r->name,
             sample->type);
    check_message(e, want);
    assert_int_equal(out.v.i, 77);
}

static void check_nothing(struct template_rig *rig, const struct value_row *r)
{
    char want[200];
    struct datum in = datum_none(), out = datum_int(77);
    struct err *e = call_check_value(&rig->g, r->param[0], &in, &out);

    snprintf(want, sizeof(want), "invalid value; expected %s", r->name);
    check_message(e, r->nothing == REFUSED ? want : NULL);
    if (r->nothing == REFUSED)
        return;
    assert_int_equal(out.kind, r->nothing);
    if (out.kind == DATUM_LIST)
        assert_true(out.v.list->is_nil && out.v.list->n == 0);
    if (out.kind == DATUM_MAP)
        assert_true(out.v.map->is_nil && out.v.map->n == 0);
}

static void value_row(void **state)
{
    const struct value_row *r = *state;
    struct template_rig rig;

    template_rig_init(&rig);
    check_nothing(&rig, r);
    for (size_t i = 1; i < ARRAY_SIZE(samples); i++) {
        if (strchr(r->takes, samples[i].letter))
            check_taken(&rig, r, samples[i].letter);
        else
            check_refused(&rig, r, &samples[i]);
    }
    template_rig_done(&rig);
}

struct constant_row {
    const char *name;
    const char *param; /* one letter */
    const char *constant;
    enum datum_kind kind; /* what it becomes, where want is NULL */
    const char *want;
};

static const struct constant_row constant_rows[] = {
    {"text to string", "s", "\"a\"", DATUM_STRING, NULL},
    {"raw text to string", "s", "`a`", DATUM_STRING, NULL},
    {"number to string", "s", "1", 0, "expected string; found 1"},
    {"bool to string", "s", "true", 0, "expected string; found true"},
    {"nil to string", "s", "nil", 0, "cannot assign nil to string"},
    {"number to int", "i", "1", DATUM_INT, NULL},
    {"whole float to int", "i", "1.0", DATUM_INT, NULL},
    {"exponent to int", "i", "1e3", DATUM_INT, NULL},
    {"character to int", "i", "'a'", DATUM_INT, NULL},
    {"fraction to int", "i", "1.5", 0, "expected integer; found 1.5"},
    {"text to int", "i", "\"7\"", 0, "expected integer; found \"...\""},
    {"bool to int", "i", "false", 0, "expected integer; found false"},
    {"number over int64 to int", "i", "9223372036854775808", 0,
     "expected integer; found 9223372036854775808"},
    {"nil to int", "i", "nil", 0, "cannot assign nil to int"},
    {"number to int64", "I", "-1", DATUM_INT64, NULL},
    {"number to a duration", "D", "5", DATUM_DURATION, NULL},
    {"nil to a duration", "D", "nil", 0, "cannot assign nil to time.Duration"},
    {"number to uint32", "u", "7", DATUM_UINT32, NULL},
    {"negative to uint32", "u", "-7", 0, "expected unsigned integer; found -7"},
    {"number to float64", "f", "1", DATUM_FLOAT64, NULL},
    {"float to float64", "f", "1.5", DATUM_FLOAT64, NULL},
    {"text to float64", "f", "\"1\"", 0, "expected float; found \"...\""},
    {"imaginary to float64", "f", "1i", 0, "expected float; found 1i"},
    {"bool to bool", "b", "true", DATUM_BOOL, NULL},
    {"text to bool", "b", "\"true\"", 0, "expected bool; found \"...\""},
    {"number to bool", "b", "1", 0, "expected bool; found 1"},
    {"text to anything", "a", "\"a\"", DATUM_STRING, NULL},
    {"int to anything", "a", "1", DATUM_INT, NULL},
    {"whole float to anything", "a", "1.0", DATUM_FLOAT64, NULL},
    {"exponent to anything", "a", "1e3", DATUM_FLOAT64, NULL},
    {"hexadecimal with e to anything", "a", "0xe", DATUM_INT, NULL},
    {"character to anything", "a", "'.'", DATUM_INT, NULL},
    {"imaginary to anything", "a", "1i", DATUM_COMPLEX128, NULL},
    {"bool to anything", "a", "true", DATUM_BOOL, NULL},
    {"nil to anything", "a", "nil", DATUM_NIL, NULL},
    {"number over int to anything", "a", "9223372036854775808", 0,
     "9223372036854775808 overflows int"},
    {"text to a value", "v", "\"a\"", DATUM_STRING, NULL},
    {"nil to a value", "v", "nil", DATUM_NONE, NULL},
    {"nil to a map", "m", "nil", DATUM_MAP, NULL},
    {"text to a map", "m", "\"a\"", 0,
     "can't handle \"...\" for arg of type map[string]interface {}"},
    {"nil to a list", "l", "nil", DATUM_LIST, NULL},
    {"number to a list", "l", "1", 0, "can't handle 1 for arg of type []interface {}"},
    {"nil to a list of text", "S", "nil", DATUM_LIST, NULL},
    {"nil to a time", "T", "nil", 0, "cannot assign nil to time.Time"},
    {"number to a time", "T", "1", 0, "can't handle 1 for arg of type time.Time"},
    {"nil to a certificate", "C", "nil", 0, "cannot assign nil to sprig.certificate"},
    {"text to a named text", "H", "\"sha\"", DATUM_STRING, NULL},
    {"nil to a version", "V", "nil", DATUM_NONE, NULL},
    {"bool to a version", "V", "true", 0, "can't handle true for arg of type *semver.Version"},
};

/* The node of a constant, as the parser makes it. */
static const struct node *parse_constant(struct template_rig *rig, const char *constant)
{
    static const struct template_options options;
    char source[100];
    struct forest forest;

    snprintf(source, sizeof(source), "{{ index %s }}", constant);
    CLEANUP(err)
    struct err *e = parse_forest(rig->arena, TEXT("k"), text_of(source), &options, &forest);
    assert_null(e);
    const struct tree *tree = forest_find(&forest, TEXT("k"));
    return tree->body->children[0]->pipe->children[0]->children[1];
}

static void constant_row(void **state)
{
    const struct constant_row *r = *state;
    struct template_rig rig;
    struct datum out = datum_int(77);

    template_rig_init(&rig);
    const struct node *n = parse_constant(&rig, r->constant);
    check_message(call_adapt_constant(&rig.g, r->param[0], n, &out), r->want);
    if (r->want)
        assert_int_equal(out.v.i, 77);
    else
        assert_int_equal(out.kind, r->kind);
    template_rig_done(&rig);
}

static void constants_keep_their_value(void **state)
{
    struct template_rig rig;
    struct datum out;

    (void)state;
    template_rig_init(&rig);
    CLEANUP(err)
    struct err *e = call_adapt_constant(&rig.g, 'i', parse_constant(&rig, "1e3"), &out);
    assert_null(e);
    assert_int_equal(out.v.i, 1000);
    e = call_adapt_constant(&rig.g, 'f', parse_constant(&rig, "7"), &out);
    assert_null(e);
    assert_true(out.v.f == 7.0);
    e = call_adapt_constant(&rig.g, 's', parse_constant(&rig, "\"a\\n\""), &out);
    assert_null(e);
    assert_true(text_is(datum_text(&out), "a\n"));
    template_rig_done(&rig);
}

static struct err *fails(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g, (void)args, (void)out;
    return n == 1 ? err_new(ERR_INVALID, "no good") : err_new(ERR_INVALID, "limit reached: more");
}

static void errors_name_the_function(void **state)
{
    const struct func f = {.name = "f", .params = "a*", .fn = fails};
    const struct datum args[2] = {{.kind = DATUM_NIL}, {.kind = DATUM_NIL}};
    struct template_rig rig;
    struct datum out;

    (void)state;
    template_rig_init(&rig);
    check_message(call_make(&rig.g, &f, args, 1, &out), "error calling f: no good");
    check_message(call_make(&rig.g, &f, args, 2, &out), "limit reached: more");
    template_rig_done(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_keep_their_value),
        cmocka_unit_test(errors_name_the_function),
    };

    return TABLE_RUN("call_param", param_rows, param_row) +
           TABLE_RUN("call_check_count", count_rows, count_row) +
           TABLE_RUN("call_check_value", value_rows, value_row) +
           TABLE_RUN("call_adapt_constant", constant_rows, constant_row) + GROUP_RUN("call", tests);
}
