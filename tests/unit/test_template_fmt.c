/* What fmt prints, against Go's own output for the same format and values. A row names its values
 * by letters of the tables below; lists and maps name what they hold in the same way. */
#include <math.h>

#include "template/container.h"
#include "template/fmt.h"
#include "template/go_time.h"
#include "template/semver.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

#define ARGS_MAX 8

static const struct go_time a_time = {.unix_s = 1514723445, .nanosecond = 500000000};
static const struct complex128 complexes[] = {{1, -2.5}, {INFINITY, NAN}, {0, 1}};

static const struct {
    char letter;
    struct datum value;
} scalars[] = {
    {'a', {.kind = DATUM_NIL}},
    {'b', {.kind = DATUM_BOOL, .v.b = true}},
    {'c', {.kind = DATUM_BOOL}},
    {'d', {.kind = DATUM_INT, .v.i = 42}},
    {'e', {.kind = DATUM_INT, .v.i = -7}},
    {'f', {.kind = DATUM_INT}},
    {'g', {.kind = DATUM_INT, .v.i = 65}},
    {'h', {.kind = DATUM_INT, .v.i = 0x1f600}},
    {'i', {.kind = DATUM_INT, .v.i = -1}},
    {'5', {.kind = DATUM_INT, .v.i = 7}},
    {'6', {.kind = DATUM_INT, .v.i = 3}},
    {'7', {.kind = DATUM_INT, .v.i = -12}},
    {'8', {.kind = DATUM_INT, .v.i = 0xd800}},
    {'9', {.kind = DATUM_INT, .v.i = 2000000}},
    {',', {.kind = DATUM_INT, .v.i = 1}},
    {';', {.kind = DATUM_INT, .v.i = -2}},
    {':', {.kind = DATUM_INT, .v.i = 300}},
    {'j', {.kind = DATUM_INT64, .v.i = 1234567890123}},
    {'m', {.kind = DATUM_INT32, .v.i = 8364}},
    {'k', {.kind = DATUM_UINT8, .v.u = 200}},
    {'l', {.kind = DATUM_UINT64, .v.u = UINT64_MAX}},
    {'<', {.kind = DATUM_UINT8, .v.u = 1}},
    {'>', {.kind = DATUM_UINT8, .v.u = 2}},
    {'@', {.kind = DATUM_UINT8, .v.u = 255}},
    {'#', {.kind = DATUM_UINT8, .v.u = 65}},
    {'$', {.kind = DATUM_UINT8, .v.u = 7}},
    {'%', {.kind = DATUM_UINT8, .v.u = 8}},
    {'&', {.kind = DATUM_UINT8, .v.u = 3}},
    {'n', {.kind = DATUM_FLOAT64, .v.f = 3.14159}},
    {'o', {.kind = DATUM_FLOAT64, .v.f = -2.5}},
    {'p', {.kind = DATUM_FLOAT64, .v.f = 1e6}},
    {'q', {.kind = DATUM_FLOAT64}},
    {'r', {.kind = DATUM_FLOAT64, .v.f = INFINITY}},
    {'s', {.kind = DATUM_FLOAT64, .v.f = NAN}},
    {'t', {.kind = DATUM_FLOAT64, .v.f = -INFINITY}},
    {'u', {.kind = DATUM_FLOAT64, .v.f = 1e-7}},
    {'v', {.kind = DATUM_FLOAT64, .v.f = 123456789}},
    {'w', {.kind = DATUM_FLOAT64, .v.f = 100}},
    {'X', {.kind = DATUM_FLOAT64, .v.f = -0.0}},
    {'x', {.kind = DATUM_FLOAT64, .v.f = 5e-324}},
    {'y', {.kind = DATUM_FLOAT64, .v.f = 1.7976931348623157e308}},
    {'z', {.kind = DATUM_FLOAT64, .v.f = 0.1}},
    {'.', {.kind = DATUM_FLOAT64, .v.f = 2.5}},
    {'Z', {.kind = DATUM_COMPLEX128, .v.complex = &complexes[0]}},
    {'2', {.kind = DATUM_COMPLEX128, .v.complex = &complexes[1]}},
    {'(', {.kind = DATUM_COMPLEX128, .v.complex = &complexes[2]}},
    {'S', {.kind = DATUM_TIME, .v.time = &a_time}},
    {'T', {.kind = DATUM_DURATION, .v.i = INT64_C(5400000000000)}},
    {'U', {.kind = DATUM_MONTH, .v.i = 3}},
    {'V', {.kind = DATUM_WEEKDAY, .v.i = 2}},
};

static const struct {
    char letter;
    const char *text;
    size_t n;
} texts[] = {
    {'A', "hello", 5},
    {'B', "", 0},
    {'C', "h\xc3\xa9llo w\xc3\xb6rld", 13},
    {'D', "\xff\0\x01", 3},
    {'E', "a`b\"c\\d\n", 8},
    {'F',
     "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xc2\xa0\xef\xbb\xbf\xf0\x9f\x92\xa9\xf3\xa0\x80\x81",
     22},
    {'G', "back\tq", 6},
    {'+', "a", 1},
    {'-', "x", 1},
    {'*', "y z", 3},
    {'/', "v", 1},
    {'=', "w", 1},
    {'~', "t", 1},
    {'^', "q", 1},
};

/* members: letters of the items; in a map each behind the letter that is its key. */
static const struct container {
    char letter;
    enum datum_kind kind;
    enum datum_element element;
    bool is_nil;
    const char *members;
} containers[] = {
    {'H', DATUM_LIST, ELEMENT_ANY, false, "+,a.b"},
    {'I', DATUM_LIST, ELEMENT_STRING, false, "-*"},
    {'J', DATUM_LIST, ELEMENT_INT, false, ",;:"},
    {'K', DATUM_LIST, ELEMENT_UINT8, false, "<>@#"},
    {'L', DATUM_LIST, ELEMENT_STRING, true, ""},
    {'M', DATUM_LIST, ELEMENT_UINT8, true, ""},
    {'N', DATUM_LIST, ELEMENT_ANY, false, ""},
    {'O', DATUM_MAP, ELEMENT_ANY, false, "a,bac{"},
    {'P', DATUM_MAP, ELEMENT_STRING, false, "k/m="},
    {'Q', DATUM_MAP, ELEMENT_STRING_MAP, false, "r}"},
    {'R', DATUM_MAP, ELEMENT_ANY, true, ""},
    {'1', DATUM_LIST, ELEMENT_ANY, false, "TUS!("},
    {'3', DATUM_LIST, ELEMENT_LIST, false, "[N"},
    {'4', DATUM_LIST, ELEMENT_ANY, false, "|Y`a"},
    {'{', DATUM_LIST, ELEMENT_ANY, false, "-"},
    {'}', DATUM_MAP, ELEMENT_STRING, false, "s~"},
    {'!', DATUM_LIST, ELEMENT_UINT8, false, "$%"},
    {'[', DATUM_LIST, ELEMENT_ANY, false, ",^"},
    {'|', DATUM_LIST, ELEMENT_UINT8, false, "#"},
    {'`', DATUM_MAP, ELEMENT_ANY, false, "z&"},
};

static struct datum sample(struct template_rig *rig, char letter);

static void must(struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
}

static struct datum make_list(struct template_rig *rig, const struct container *c)
{
    struct list *l = NULL;

    must(list_new(rig->arena, c->element, strlen(c->members), &l));
    l->is_nil = c->is_nil;
    for (size_t i = 0; i < l->n; i++)
        l->items[i] = sample(rig, c->members[i]);
    return datum_list(l);
}

static struct datum make_map(struct template_rig *rig, const struct container *c)
{
    struct dict *m = NULL;

    must(dict_new(rig->arena, c->element, 0, &m));
    m->is_nil = c->is_nil;
    for (const char *p = c->members; *p; p += 2)
        must(
            dict_set(rig->arena, m, (struct text){(const unsigned char *)p, 1}, sample(rig, p[1])));
    return datum_map(m);
}

static struct datum make_struct(struct template_rig *rig, char letter)
{
    void *p = NULL;

    if (letter == 'W') {
        must(secret_arena_alloc(rig->arena, sizeof(struct semver), &p));
        *(struct semver *)p =
            (struct semver){1, 2, 3, TEXT("beta"), TEXT("m"), TEXT("v1.2.3-beta+m"), false};
        return (struct datum){.kind = DATUM_SEMVER, .v.semver = p};
    }
    must(secret_arena_alloc(rig->arena, sizeof(struct cert), &p));
    *(struct cert *)p = (struct cert){TEXT("CERT"), TEXT("key")};
    return (struct datum){.kind = DATUM_CERT, .v.cert = p};
}

static struct datum sample(struct template_rig *rig, char letter)
{
    for (size_t i = 0; i < ARRAY_SIZE(scalars); i++) {
        if (scalars[i].letter == letter)
            return scalars[i].value;
    }
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (texts[i].letter == letter)
            return datum_string((struct text){(const unsigned char *)texts[i].text, texts[i].n});
    }
    for (size_t i = 0; i < ARRAY_SIZE(containers); i++) {
        if (containers[i].letter == letter)
            return containers[i].kind == DATUM_LIST ? make_list(rig, &containers[i])
                                                    : make_map(rig, &containers[i]);
    }
    return make_struct(rig, letter);
}

static size_t samples(struct template_rig *rig, const char *letters, struct datum out[ARGS_MAX])
{
    size_t n = strlen(letters);

    assert_true(n <= ARGS_MAX);
    for (size_t i = 0; i < n; i++)
        out[i] = sample(rig, letters[i]);
    return n;
}

struct format_row {
    const char *name, *format, *args, *want;
};

static const struct format_row format_rows[] = {
    {"string %v", "%v", "A", "hello"},
    {"string %s", "%s", "A", "hello"},
    {"string %q", "%q", "E", "\"a`b\\\"c\\\\d\\n\""},
    {"string %#q", "%#q", "G", "`back\tq`"},
    {"string %#q that cannot", "%#q", "E", "\"a`b\\\"c\\\\d\\n\""},
    {"string %+q", "%+q", "F", "\"\\u65e5\\u672c\\u8a9e\\u00a0\\ufeff\\U0001f4a9\\U000e0001\""},
    {"string %q not printable", "%q", "F",
     "\"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\\u00a0\\ufeff\xf0\x9f\x92\xa9\\U000e0001\""},
    {"string %q broken", "%q", "D", "\"\\xff\\x00\\x01\""},
    {"string %x", "%x", "D", "ff0001"},
    {"string %X", "%X", "A", "68656C6C6F"},
    {"string % x", "% x", "D", "ff 00 01"},
    {"string %# x", "%# x", "D", "0xff 0x00 0x01"},
    {"string %#X", "%#X", "D", "0XFF0001"},
    {"string %.2x", "%.2x", "A", "6865"},
    {"string %x empty, wide", "%4x", "B", "    "},
    {"string %#v", "%#v", "E", "\"a`b\\\"c\\\\d\\n\""},
    {"string %+v", "%+v", "A", "hello"},
    {"string %T", "%T", "A", "string"},
    {"string %d", "%d", "A", "%!d(string=hello)"},
    {"string %t", "%t", "A", "%!t(string=hello)"},
    {"string %f", "%f", "A", "%!f(string=hello)"},
    {"string %c", "%c", "A", "%!c(string=hello)"},
    {"string %U", "%U", "A", "%!U(string=hello)"},
    {"string %p", "%p", "A", "%!p(string=hello)"},
    {"string %z wide", "%8z", "A", "%!z(string=   hello)"},
    {"string width in runes", "[%13s]", "C", "[  h\xc3\xa9llo w\xc3\xb6rld]"},
    {"string width to the left", "[%-13s]", "C", "[h\xc3\xa9llo w\xc3\xb6rld  ]"},
    {"string width with zeros", "[%013s]", "C", "[00h\xc3\xa9llo w\xc3\xb6rld]"},
    {"string precision in runes", "[%.2s]", "C", "[h\xc3\xa9]"},
    {"string precision and width", "[%6.2s]", "C", "[    h\xc3\xa9]"},
    {"string precision 0", "[%.0s]", "C", "[]"},
    {"string precision above", "[%.20s]", "C", "[h\xc3\xa9llo w\xc3\xb6rld]"},
    {"string precision %q", "%.3q", "E", "\"a`b\""},
    {"int %v", "%v", "d", "42"},
    {"int %d", "%d", "e", "-7"},
    {"int %+d", "%+d", "d", "+42"},
    {"int % d", "% d", "d", " 42"},
    {"int %6d", "[%6d]", "e", "[    -7]"},
    {"int %-6d", "[%-6d]", "e", "[-7    ]"},
    {"int %06d", "[%06d]", "e", "[-00007]"},
    {"int %+06d", "[%+06d]", "d", "[+00042]"},
    {"int %-06d", "[%-06d]", "e", "[-7    ]"},
    {"int %.4d", "[%.4d]", "e", "[-0007]"},
    {"int %8.4d", "[%8.4d]", "e", "[   -0007]"},
    {"int %08.4d", "[%08.4d]", "e", "[   -0007]"},
    {"int %.0d of 0", "[%.0d]", "f", "[]"},
    {"int %3.0d of 0", "[%3.0d]", "f", "[   ]"},
    {"int %b", "%b", "d", "101010"},
    {"int %#b", "%#b", "d", "0b101010"},
    {"int %o", "%o", "d", "52"},
    {"int %#o", "%#o", "d", "052"},
    {"int %#o of 0", "%#o", "f", "0"},
    {"int %O", "%O", "e", "-0o7"},
    {"int %x", "%x", "e", "-7"},
    {"int %#x", "%#x", "d", "0x2a"},
    {"int %#08x", "%#08x", "d", "0x0000002a"},
    {"int %X", "%#X", "j", "0X11F71FB04CB"},
    {"int %c", "%c", "h", "\xf0\x9f\x98\x80"},
    {"int %c no character", "%c", "i", "\xef\xbf\xbd"},
    {"int %q", "%q", "g", "'A'"},
    {"int %q surrogate", "%q", "8", "'\xef\xbf\xbd'"},
    {"int %+q", "%+q", "h", "'\\U0001f600'"},
    {"int %q wide", "[%6q]", "h", "[   '\xf0\x9f\x98\x80']"},
    {"int %U", "%U", "h", "U+1F600"},
    {"int %#U", "%#U", "h", "U+1F600 '\xf0\x9f\x98\x80'"},
    {"int %#U not printable", "%#U", "f", "U+0000"},
    {"int %U negative", "%U", "i", "U+FFFFFFFFFFFFFFFF"},
    {"int %.8U", "%#.8U", "g", "U+00000041 'A'"},
    {"int %U wide", "[%12U]", "g", "[      U+0041]"},
    {"int %s", "%s", "d", "%!s(int=42)"},
    {"int %e", "%e", "d", "%!e(int=42)"},
    {"int %t", "%t", "d", "%!t(int=42)"},
    {"int %p", "%p", "d", "%!p(int=42)"},
    {"int %T", "%T", "d", "int"},
    {"int %#v", "%#v", "d", "42"},
    {"int %w", "%w", "d", "%!w(int=42)"},
    {"int64", "%v %T", "jj", "1234567890123 int64"},
    {"int32 %c", "%c %T", "mm", "\xe2\x82\xac int32"},
    {"uint8 %#v", "%#v %v %T", "kkk", "0xc8 200 uint8"},
    {"uint64", "%d %x", "ll", "18446744073709551615 ffffffffffffffff"},
    {"bool %v", "%v", "b", "true"},
    {"bool %t", "%t", "c", "false"},
    {"bool %7t", "[%7t]", "b", "[   true]"},
    {"bool %07t", "[%07t]", "b", "[000true]"},
    {"bool %s", "%s", "b", "%!s(bool=true)"},
    {"bool %d", "%d", "c", "%!d(bool=false)"},
    {"float %v", "%v", "n", "3.14159"},
    {"float %v large", "%v", "p", "1e+06"},
    {"float %v nine digits", "%v", "v", "1.23456789e+08"},
    {"float %v whole", "%v", "w", "100"},
    {"float %v small", "%v", "u", "1e-07"},
    {"float %v -0", "%v", "X", "-0"},
    {"float %v infinite", "%v %v", "rt", "+Inf -Inf"},
    {"float %v NaN", "%v", "s", "NaN"},
    {"float %+v", "%+v", "n", "3.14159"},
    {"float %#v", "%#v", "p", "1e+06"},
    {"float %T", "%T", "n", "float64"},
    {"float %d", "%d", "n", "%!d(float64=3.14159)"},
    {"float %s", "%s", "n", "%!s(float64=3.14159)"},
    {"float %c", "%c", "n", "%!c(float64=3.14159)"},
    {"float %f", "%f", "n", "3.141590"},
    {"float %F", "%F", "n", "3.141590"},
    {"float %.2f", "%.2f", "n", "3.14"},
    {"float %.0f half to even", "%.0f", "o", "-2"},
    {"float %8.2f", "[%8.2f]", "n", "[    3.14]"},
    {"float %-8.2f", "[%-8.2f]", "n", "[3.14    ]"},
    {"float %08.2f", "[%08.2f]", "o", "[-0002.50]"},
    {"float %+.1f", "%+.1f", "n", "+3.1"},
    {"float % .1f", "% .1f", "n", " 3.1"},
    {"float %.3e large", "%.3e", "y", "1.798e+308"},
    {"float %.25f", "%.25f", "z", "0.1000000000000000055511151"},
    {"float %e", "%e", "v", "1.234568e+08"},
    {"float %E", "%.3E", "v", "1.235E+08"},
    {"float %e zero", "%e", "q", "0.000000e+00"},
    {"float %g", "%g", "u", "1e-07"},
    {"float %.3g", "%.3g", "v", "1.23e+08"},
    {"float %.10g", "%.10g", "w", "100"},
    {"float %G", "%G", "u", "1E-07"},
    {"float %#g", "%#g", "w", "100.000"},
    {"float %#.3g", "%#.3g", "n", "3.14"},
    {"float %#.0f", "%#.0f", "w", "100."},
    {"float %#v keeps no zeros", "%#v", "w", "100"},
    {"float %b", "%b", "n", "7074231776675438p-51"},
    {"float %x", "%x", "n", "0x1.921f9f01b866ep+01"},
    {"float %.2x", "%.2x", "n", "0x1.92p+01"},
    {"float %X", "%X", "o", "-0X1.4P+01"},
    {"float %x zero", "%x", "q", "0x0p+00"},
    {"float %x tiny", "%x", "x", "0x1p-1074"},
    {"float %#x", "%#x", "w", "0x1.9000p+06"},
    {"float infinite, wide", "[%6.1f] [%-6f] [%06f] [%+6f]", "rtrr",
     "[  +Inf] [-Inf  ] [  +Inf] [  +Inf]"},
    {"float NaN, wide", "[%6f] [%+f] [% f]", "sss", "[   NaN] [+NaN] [ NaN]"},
    {"complex %v", "%v", "Z", "(1-2.5i)"},
    {"complex %.1f", "%.1f", "Z", "(1.0-2.5i)"},
    {"complex %+8.2f", "[%+8.2f]", "Z", "[(   +1.00   -2.50i)]"},
    {"complex %d", "%d", "Z", "%!d(complex128=(1-2.5i))"},
    {"complex infinite", "%v", "2", "(+Inf+NaNi)"},
    {"nil %v", "[%v] [%6v] [%#v] [%+v]", "aaaa", "[<nil>] [ <nil>] [<nil>] [<nil>]"},
    {"nil %T", "%T", "a", "<nil>"},
    {"nil %s", "%s", "a", "%!s(<nil>)"},
    {"nil %d", "%d", "a", "%!d(<nil>)"},
    {"nil %p", "%p", "a", "%!p(<nil>)"},
    {"nil %w", "%w", "a", "%!w(<nil>)"},
    {"list %v", "%v", "H", "[a 1 <nil> 2.5 true]"},
    {"list %+v", "%+v", "H", "[a 1 <nil> 2.5 true]"},
    {"list %#v", "%#v", "H", "[]interface {}{\"a\", 1, interface {}(nil), 2.5, true}"},
    {"list %s", "%s", "H", "[a %!s(int=1) <nil> %!s(float64=2.5) %!s(bool=true)]"},
    {"list %d", "%d", "H", "[%!d(string=a) 1 <nil> %!d(float64=2.5) %!d(bool=true)]"},
    {"list %q", "%q", "H", "[\"a\" '\\x01' <nil> %!q(float64=2.5) %!q(bool=true)]"},
    {"list %x", "%x", "H", "[61 1 <nil> 0x1.4p+01 %!x(bool=true)]"},
    {"list %T", "%T", "H", "[]interface {}"},
    {"list %w", "%w", "H", "%!w([]interface {}=[a 1 <nil> 2.5 true])"},
    {"list %t", "%t", "H", "[%!t(string=a) %!t(int=1) <nil> %!t(float64=2.5) true]"},
    {"strings %v", "%v %T", "II", "[x y z] []string"},
    {"strings %q", "%q", "I", "[\"x\" \"y z\"]"},
    {"strings %5s", "[%5s]", "I", "[[    x   y z]]"},
    {"strings %#v", "%#v", "I", "[]string{\"x\", \"y z\"}"},
    {"strings %d", "%d", "I", "[%!d(string=x) %!d(string=y z)]"},
    {"strings nil", "%v %#v %d %p", "LLLL", "[] []string(nil) [] 0x0"},
    {"ints %v", "%v %T", "JJ", "[1 -2 300] []int"},
    {"ints %03d", "%03d", "J", "[001 -02 300]"},
    {"ints %x", "%x", "J", "[1 -2 12c]"},
    {"ints %c", "%c", "J", "[\x01 \xef\xbf\xbd \xc4\xac]"},
    {"list empty", "%v %#v %s", "NNN", "[] []interface {}{} []"},
    {"lists %v", "%v %#v %T", "333",
     "[[1 q] []] [][]interface {}{[]interface {}{1, \"q\"}, []interface {}{}} [][]interface {}"},
    {"bytes %v", "%v %T", "KK", "[1 2 255 65] []uint8"},
    {"bytes %s", "%s", "K",
     "\x01\x02\xff"
     "A"},
    {"bytes %q", "%q", "K", "\"\\x01\\x02\\xffA\""},
    {"bytes %x", "%x %X % x %#x", "KKKK", "0102ff41 0102FF41 01 02 ff 41 0x0102ff41"},
    {"bytes %d", "%d", "K", "[1 2 255 65]"},
    {"bytes %3d", "%3d", "K", "[  1   2 255  65]"},
    {"bytes %#v", "%#v", "K", "[]byte{0x1, 0x2, 0xff, 0x41}"},
    {"bytes %c", "%c", "K", "[\x01 \x02 \xc3\xbf A]"},
    {"bytes %t", "%t", "K", "[%!t(uint8=1) %!t(uint8=2) %!t(uint8=255) %!t(uint8=65)]"},
    {"bytes %#w", "%#w", "K",
     "[]uint8{%!w(uint8=0x1), %!w(uint8=0x2), %!w(uint8=0xff), %!w(uint8=0x41)}"},
    {"bytes nil", "%v %s %#v %x %#w", "MMMMM", "[]  []byte(nil)  []uint8(nil)"},
    {"bytes inside", "%v %s %#v", "444",
     "[[65] {CERT key} map[z:3] <nil>] [A {CERT key} map[z:%!s(uint8=3)] <nil>] []interface "
     "{}{[]uint8{0x41}, sprig.certificate{Cert:\"CERT\", Key:\"key\"}, map[string]interface "
     "{}{\"z\":0x3}, interface {}(nil)}"},
    {"map %v", "%v", "O", "map[a:1 b:<nil> c:[x]]"},
    {"map %+v", "%+v", "O", "map[a:1 b:<nil> c:[x]]"},
    {"map %#v", "%#v", "O",
     "map[string]interface {}{\"a\":1, \"b\":interface {}(nil), \"c\":[]interface {}{\"x\"}}"},
    {"map %s", "%s", "O", "map[a:%!s(int=1) b:<nil> c:[x]]"},
    {"map %d", "%d", "O", "map[%!d(string=a):1 %!d(string=b):<nil> %!d(string=c):[%!d(string=x)]]"},
    {"map %q", "%q", "O", "map[\"a\":'\\x01' \"b\":<nil> \"c\":[\"x\"]]"},
    {"map %T", "%T", "O", "map[string]interface {}"},
    {"map strings", "%v %#v %q %T", "PPPP",
     "map[k:v m:w] map[string]string{\"k\":\"v\", \"m\":\"w\"} map[\"k\":\"v\" \"m\":\"w\"] "
     "map[string]string"},
    {"map maps", "%v %#v %T", "QQQ",
     "map[r:map[s:t]] map[string]map[string]string{\"r\":map[string]string{\"s\":\"t\"}} "
     "map[string]map[string]string"},
    {"map nil", "%v %#v %p", "RRR", "map[] map[string]interface {}(nil) 0x0"},
    {"certificate %v", "%v", "Y", "{CERT key}"},
    {"certificate %+v", "%+v", "Y", "{Cert:CERT Key:key}"},
    {"certificate %#v", "%#v", "Y", "sprig.certificate{Cert:\"CERT\", Key:\"key\"}"},
    {"certificate %s", "%s %q", "YY", "{CERT key} {\"CERT\" \"key\"}"},
    {"certificate %d", "%d", "Y", "{%!d(string=CERT) %!d(string=key)}"},
    {"certificate %T", "%T", "Y", "sprig.certificate"},
    {"certificate %w", "%w", "Y", "%!w(sprig.certificate={CERT key})"},
    {"duration %v", "%v %s %T", "TTT", "1h30m0s 1h30m0s time.Duration"},
    {"duration %d", "%d", "T", "5400000000000"},
    {"duration %q", "%q", "T", "\"1h30m0s\""},
    {"duration %x", "%x", "T", "316833306d3073"},
    {"duration %10v", "[%10v]", "T", "[   1h30m0s]"},
    {"duration %.2s", "[%.2s]", "T", "[1h]"},
    {"duration %#v", "%#v", "T", "5400000000000"},
    {"duration %t", "%t", "T", "%!t(time.Duration=5400000000000)"},
    {"duration %f", "%f", "T", "%!f(time.Duration=5400000000000)"},
    {"month", "%v %d %s %q %#v %c %T", "UUUUUUU", "March 3 March \"March\" 3 \x03 time.Month"},
    {"weekday", "%v %d %-10s| %x %T", "VVVVV", "Tuesday 2 Tuesday   | 54756573646179 time.Weekday"},
    {"time %v", "%v", "S", "2017-12-31 12:30:45.5 +0000 UTC"},
    {"time %s", "%25.10s", "S", "               2017-12-31"},
    {"time %d", "%d", "S", "{500000000 63650320245 0}"},
    {"time %t", "%t", "S",
     "{%!t(uint64=500000000) %!t(int64=63650320245) %!t(*time.Location=<nil>)}"},
    {"time %#v", "%#v", "S", "time.Date(2017, time.December, 31, 12, 30, 45, 500000000, time.UTC)"},
    {"time %p", "%p", "S", "%!p(time.Time={500000000 63650320245 <nil>})"},
    {"time %w", "%w", "S", "%!w(time.Time={500000000 63650320245 <nil>})"},
    {"time %#w", "%#w", "S",
     "%!w(time.Time=time.Time{wall:0x1dcd6500, ext:63650320245, loc:(*time.Location)(nil)})"},
    {"time %T", "%T", "S", "time.Time"},
    {"version %v", "%v %s %q %T", "WWWW",
     "1.2.3-beta+m 1.2.3-beta+m \"1.2.3-beta+m\" *semver.Version"},
    {"version %d", "%d", "W", "&{1 2 3 %!d(string=beta) %!d(string=m) %!d(string=v1.2.3-beta+m)}"},
    {"version %#v", "%#v", "W",
     "&semver.Version{major:0x1, minor:0x2, patch:0x3, pre:\"beta\", metadata:\"m\", "
     "original:\"v1.2.3-beta+m\"}"},
    {"version %t", "%t", "W",
     "&{%!t(uint64=1) %!t(uint64=2) %!t(uint64=3) %!t(string=beta) %!t(string=m) "
     "%!t(string=v1.2.3-beta+m)}"},
    {"version %w", "%w", "W", "%!w(*semver.Version=&{1 2 3 beta m v1.2.3-beta+m})"},
    {"methods inside", "%v", "1", "[1h30m0s March 2017-12-31 12:30:45.5 +0000 UTC [7 8] (0+1i)]"},
    {"methods inside %d", "%d", "1",
     "[5400000000000 3 {500000000 63650320245 0} [7 8] %!d(complex128=(0+1i))]"},
    {"methods inside %#v", "%#v", "1",
     "[]interface {}{5400000000000, 3, time.Date(2017, time.December, 31, 12, 30, 45, 500000000, "
     "time.UTC), []uint8{0x7, 0x8}, (0+1i)}"},
    {"methods inside %t", "%t", "1",
     "[%!t(time.Duration=5400000000000) %!t(time.Month=3) {%!t(uint64=500000000) "
     "%!t(int64=63650320245) %!t(*time.Location=<nil>)} [%!t(uint8=7) %!t(uint8=8)] "
     "%!t(complex128=(0+1i))]"},
    {"percent", "100%%", "", "100%"},
    {"percent with flags", "%5%", "d", "%%!(EXTRA int=42)"},
    {"no verb", "50%", "", "50%!(NOVERB)"},
    {"no verb behind flags", "%-05", "d", "%!(NOVERB)%!(EXTRA int=42)"},
    {"no verb behind a dot", "%.", "d", "%!.(int=42)"},
    {"no verb behind an index", "%[1]", "d", "%!(NOVERB)"},
    {"unknown verb", "%z", "d", "%!z(int=42)"},
    {"unknown verb of two bytes", "%\xc3\xa9", "d", "%!\xc3\xa9(int=42)"},
    {"unknown verb broken", "%\xff", "d", "%!\xef\xbf\xbd(int=42)"},
    {"missing", "%d %d", "d", "42 %!d(MISSING)"},
    {"missing all", "%s", "", "%!s(MISSING)"},
    {"extra", "x", "da", "x%!(EXTRA int=42, <nil>)"},
    {"extra several", "%d", "dAaHT",
     "42%!(EXTRA string=hello, <nil>, []interface {}=[a 1 <nil> 2.5 true], time.Duration=1h30m0s)"},
    {"extra keeps no flags", "%+x", "dp", "+2a%!(EXTRA float64=1e+06)"},
    {"index", "%[2]d %[1]s", "Ad", "42 hello"},
    {"index again", "%[1]d %d %[1]x", "de", "42 -7 2a"},
    {"index hides extra", "%[1]d", "dAe", "42"},
    {"index 0", "%[0]d", "d", "%!d(BADINDEX)"},
    {"index above", "%[3]d", "d", "%!d(BADINDEX)"},
    {"index no number", "%[x]d", "d", "%!d(BADINDEX)"},
    {"index not closed", "%[1d", "d", "%!d(BADINDEX)"},
    {"index empty", "%[]d", "d", "%!d(BADINDEX)"},
    {"index before width", "%[1]5d", "d", "%!d(BADINDEX)"},
    {"index before precision", "%[1].2f", "n", "%!f(BADINDEX)"},
    {"index of width", "[%[2]*d]", "d5", "[%!d(MISSING)]"},
    {"index of width and value", "[%[2]*[1]d]", "d5", "[     42]"},
    {"index of all three", "[%[3]*.[2]*[1]f]", "n65", "[  3.142]"},
    {"index too large", "%[99999999]d", "d", "%!d(BADINDEX)"},
    {"index late", "%d %[3]d", "de", "42 %!d(BADINDEX)"},
    {"width *", "[%*d]", "5d", "[     42]"},
    {"width * negative", "[%*d]", "7d", "[42          ]"},
    {"width * no int", "[%*d]", "Ad", "[%!(BADWIDTH)42]"},
    {"width * a float", "[%*d]", "nd", "[%!(BADWIDTH)42]"},
    {"width * too large", "[%*d]", "9d", "[%!(BADWIDTH)42]"},
    {"width * a duration", "[%*d]", "Td", "[%!(BADWIDTH)42]"},
    {"width * missing", "[%*d]", "", "[%!(BADWIDTH)%!d(MISSING)]"},
    {"width * nil", "[%*d]", "ad", "[%!(BADWIDTH)42]"},
    {"width too large", "[%100000000d]", "d", "[%!(NOVERB)%!(EXTRA int=42)"},
    {"precision *", "[%.*f]", "6n", "[3.142]"},
    {"precision * negative", "[%.*f]", "en", "[%!(BADPREC)3.141590]"},
    {"precision * no int", "[%.*f]", "An", "[%!(BADPREC)3.141590]"},
    {"precision * missing", "[%.*f]", "", "[%!(BADPREC)%!f(MISSING)]"},
    {"width and precision *", "[%*.*f]", "56n", "[  3.142]"},
    {"precision without digits", "[%.f]", "n", "[3]"},
    {"precision then bad verb", "[%.2z]", "n", "[%!z(float64=3.1)]"},
    {"text only", "plain", "", "plain"},
    {"empty", "", "", ""},
};

static void format_row(void **state)
{
    const struct format_row *r = *state;
    struct template_rig rig;
    struct datum args[ARGS_MAX];

    template_rig_init(&rig);
    size_t n = samples(&rig, r->args, args);
    fmt_sprintf(&rig.g, &rig.b, text_of(r->format), args, n);
    template_rig_printed(&rig, r->want);
    assert_int_equal(rig.g.depth, 0);
    template_rig_done(&rig);
}

struct print_row {
    const char *name, *args, *print, *println, *strval, *action;
};

/* strval and action are those of the first value. */
static const struct print_row print_rows[] = {
    {"string", "A", "hello", "hello\n", "hello", "hello"},
    {"two strings", "AB", "hello", "hello \n", "hello", "hello"},
    {"ints", "de", "42 -7", "42 -7\n", "42", "42"},
    {"int and string", "dA", "42hello", "42 hello\n", "42", "42"},
    {"string between", "dAe", "42hello-7", "42 hello -7\n", "42", "42"},
    {"nil", "a", "<nil>", "<nil>\n", "<nil>", "<no value>"},
    {"nils", "aad", "<nil> <nil> 42", "<nil> <nil> 42\n", "<nil>", "<no value>"},
    {"bytes", "KA", "[1 2 255 65]hello", "[1 2 255 65] hello\n",
     "\x01\x02\xff"
     "A",
     "[1 2 255 65]"},
    {"list", "HJ", "[a 1 <nil> 2.5 true] [1 -2 300]", "[a 1 <nil> 2.5 true] [1 -2 300]\n",
     "[a 1 <nil> 2.5 true]", "[a 1 <nil> 2.5 true]"},
    {"map", "Od", "map[a:1 b:<nil> c:[x]] 42", "map[a:1 b:<nil> c:[x]] 42\n",
     "map[a:1 b:<nil> c:[x]]", "map[a:1 b:<nil> c:[x]]"},
    {"nil list", "Ld", "[] 42", "[] 42\n", "[]", "[]"},
    {"float", "pn", "1e+06 3.14159", "1e+06 3.14159\n", "1e+06", "1e+06"},
    {"bool", "bc", "true false", "true false\n", "true", "true"},
    {"duration", "TTA", "1h30m0s 1h30m0shello", "1h30m0s 1h30m0s hello\n", "1h30m0s", "1h30m0s"},
    {"time", "Sd", "2017-12-31 12:30:45.5 +0000 UTC 42", "2017-12-31 12:30:45.5 +0000 UTC 42\n",
     "2017-12-31 12:30:45.5 +0000 UTC", "2017-12-31 12:30:45.5 +0000 UTC"},
    {"version", "Wd", "1.2.3-beta+m 42", "1.2.3-beta+m 42\n", "1.2.3-beta+m", "1.2.3-beta+m"},
    {"certificate", "Yd", "{CERT key} 42", "{CERT key} 42\n", "{CERT key}", "{CERT key}"},
    {"uint64", "ll", "18446744073709551615 18446744073709551615",
     "18446744073709551615 18446744073709551615\n", "18446744073709551615", "18446744073709551615"},
    {"int64", "j", "1234567890123", "1234567890123\n", "1234567890123", "1234567890123"},
    {"complex", "Zd", "(1-2.5i) 42", "(1-2.5i) 42\n", "(1-2.5i)", "(1-2.5i)"},
};

static void print_row(void **state)
{
    const struct print_row *r = *state;
    struct template_rig rig;
    struct datum args[ARGS_MAX];
    struct text t = {NULL, 0};

    template_rig_init(&rig);
    size_t n = samples(&rig, r->args, args);
    fmt_sprint(&rig.g, &rig.b, args, n);
    template_rig_printed(&rig, r->print);
    fmt_sprintln(&rig.g, &rig.b, args, n);
    template_rig_printed(&rig, r->println);
    fmt_action(&rig.g, &rig.b, args);
    template_rig_printed(&rig, r->action);
    fmt_strval(&rig.g, &rig.b, args);
    template_rig_printed(&rig, r->strval);
    must(fmt_strval_text(&rig.g, args, &t));
    assert_true(text_is(t, r->strval));
    template_rig_done(&rig);
}

struct float_row {
    const char *name;
    double v;
    char verb;
    int precision;
    const char *want;
};

static const struct float_row float_rows[] = {
    {"e", 3.14159, 'e', -1, "3.14159e+00"},
    {"E precision", 3.14159, 'E', 3, "3.142E+00"},
    {"e zero digits", 15.0, 'e', 0, "2e+01"},
    {"e carries", 9.996, 'e', 2, "1.00e+01"},
    {"e pads", 0.5, 'e', 20, "5.00000000000000000000e-01"},
    {"e tiny", 5e-324, 'e', -1, "5e-324"},
    {"e three digit exponent", 1e-300, 'e', 2, "1.00e-300"},
    {"f shortest", 123.456, 'f', -1, "123.456"},
    {"f shortest whole", 1e21, 'f', -1, "1000000000000000000000"},
    {"f shortest small", 1e-7, 'f', -1, "0.0000001"},
    {"F", 2.25, 'f', 1, "2.2"},
    {"f even", 0.125, 'f', 2, "0.12"},
    {"f to nothing", 0.001, 'f', 2, "0.00"},
    {"f up to one", 0.6, 'f', 0, "1"},
    {"f half to even", 0.5, 'f', 0, "0"},
    {"f half to even up", 1.5, 'f', 0, "2"},
    {"f carries", 999.996, 'f', 2, "1000.00"},
    {"f large", 1e22, 'f', 1, "10000000000000000000000.0"},
    {"f zero", 0.0, 'f', 3, "0.000"},
    {"f negative zero", -0.0, 'f', 1, "-0.0"},
    {"g bound", 123456.0, 'g', -1, "123456"},
    {"g below", 0.0001, 'g', -1, "0.0001"},
    {"g beyond", 0.00001, 'g', -1, "1e-05"},
    {"g large", 100000000.0, 'g', -1, "1e+08"},
    {"g precision", 123456.0, 'g', 3, "1.23e+05"},
    {"g precision 0", 123456.0, 'g', 0, "1e+05"},
    {"g precision keeps", 100000.0, 'g', 10, "100000"},
    {"g precision 21", 1e20, 'g', 21, "100000000000000000000"},
    {"G", 1e-10, 'G', -1, "1E-10"},
    {"g zero", 0.0, 'g', 5, "0"},
    {"power of two", 5.960464477539063e-08, 'g', -1, "5.960464477539063e-08"},
    {"largest", 1.7976931348623157e308, 'g', -1, "1.7976931348623157e+308"},
    {"2^53", 9007199254740993.0, 'g', -1, "9.007199254740992e+15"},
    {"b", 1.0, 'b', -1, "4503599627370496p-52"},
    {"b tiny", 5e-324, 'b', -1, "1p-1074"},
    {"b large", 1e300, 'b', -1, "6724873095247260p+944"},
    {"b zero", 0.0, 'b', -1, "0p-1074"},
    {"x", 1.0, 'x', -1, "0x1p+00"},
    {"x fraction", 3.25, 'x', -1, "0x1.ap+01"},
    {"x precision", 1.9999, 'x', 1, "0x1.0p+01"},
    {"x carries", 1.9999999, 'x', 2, "0x1.00p+01"},
    {"x tie to even", 1.03125, 'x', 1, "0x1.0p+00"},
    {"x tie to odd", 1.09375, 'x', 1, "0x1.2p+00"},
    {"x precision 0", 1.5, 'x', 0, "0x1p+01"},
    {"x pads", 1.5, 'x', 16, "0x1.8000000000000000p+00"},
    {"x tiny", 5e-324, 'x', 3, "0x1.000p-1074"},
    {"X", 171.5, 'X', -1, "0X1.57P+07"},
    {"x zero", 0.0, 'x', 2, "0x0.00p+00"},
    {"infinite", INFINITY, 'g', -1, "+Inf"},
    {"negative infinite", -INFINITY, 'f', 2, "-Inf"},
    {"not a number", NAN, 'e', 3, "NaN"},
};

static void float_row(void **state)
{
    const struct float_row *r = *state;
    struct template_rig rig;

    template_rig_init(&rig);
    fmt_float(&rig.b, r->v, r->verb, r->precision);
    template_rig_printed(&rig, r->want);
    template_rig_done(&rig);
}

static void quotes_bytes(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    fmt_quote(&rig.b, TEXT("\0\a\x1b\x7f\xc3\xa9\xed\xa0\x80 \xf0\x9f\x92\xa9\xe2\x80\xa8"));
    template_rig_printed(&rig,
                         "\"\\x00\\a\\x1b\\x7f\xc3\xa9\\xed\\xa0\\x80 \xf0\x9f\x92\xa9\\u2028\"");
    template_rig_done(&rig);
}

static void format_holds_any_byte(void **state)
{
    struct template_rig rig;
    struct datum v = datum_string(TEXT("\0"));
    struct text t = {NULL, 0};

    (void)state;
    template_rig_init(&rig);
    fmt_sprintf(&rig.g, &rig.b, TEXT("\0%s\xff"), &v, 1);
    must(text_buf_end(&rig.b, &t));
    assert_int_equal(t.n, 3);
    assert_memory_equal(t.p, "\0\0\xff", 3);
    template_rig_done(&rig);
}

static void expect_limit(struct template_rig *rig, const char *begin)
{
    struct text t;
    CLEANUP(err) struct err *e = text_buf_end(&rig->b, &t);

    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_ptr_equal(strstr(err_text(e), begin), err_text(e));
    template_rig_done(rig);
}

static void map_in_itself_ends_at_a_limit(void **state)
{
    struct template_rig rig;
    struct dict *m = NULL;

    (void)state;
    template_rig_init(&rig);
    must(dict_new(rig.arena, ELEMENT_ANY, 0, &m));
    must(dict_set(rig.arena, m, TEXT("m"), datum_map(m)));
    struct datum d = datum_map(m);
    fmt_value(&rig.g, &rig.b, &d);
    assert_int_equal(rig.g.depth, 0);
    expect_limit(&rig, "limit reached: ");
}

static void list_of_lists_ends_at_a_limit(void **state)
{
    struct template_rig rig;
    struct datum d = datum_int(1);

    (void)state;
    template_rig_init(&rig);
    for (unsigned i = 0; i < 30; i++) {
        struct list *l = NULL;

        must(list_new(rig.arena, ELEMENT_ANY, 2, &l));
        l->items[0] = l->items[1] = d;
        d = datum_list(l);
    }
    fmt_value(&rig.g, &rig.b, &d);
    expect_limit(&rig, "limit reached: ");
}

static void wide_prints_end_at_a_limit(void **state)
{
    struct template_rig rig;
    struct datum d = datum_int(1);

    (void)state;
    template_rig_init(&rig);
    for (unsigned i = 0; i < 40; i++)
        fmt_sprintf(&rig.g, &rig.b, TEXT("%1000000d"), &d, 1);
    expect_limit(&rig, "limit reached: text longer than");
}

static void full_arena_is_an_error(void **state)
{
    struct template_rig rig;
    struct datum args[ARGS_MAX];
    static const char *const formats[] = {"%q", "%x", "%s", "%v", "%100d"};

    (void)state;
    template_rig_init(&rig);
    size_t n = samples(&rig, "TK", args);
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        CLEANUP(secret_arena) struct secret_arena *none = secret_arena_new(0);
        struct engine g = rig.g;
        struct text_buf b;
        struct text t;

        g.arena = none;
        text_buf_init(&b, none, TEXT_MAX);
        fmt_sprintf(&g, &b, text_of(formats[i]), args, n);
        CLEANUP(err) struct err *e = text_buf_end(&b, &t);
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
    }
    template_rig_done(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_bytes),
        cmocka_unit_test(format_holds_any_byte),
        cmocka_unit_test(map_in_itself_ends_at_a_limit),
        cmocka_unit_test(list_of_lists_ends_at_a_limit),
        cmocka_unit_test(wide_prints_end_at_a_limit),
        cmocka_unit_test(full_arena_is_an_error),
    };

    return TABLE_RUN("fmt_sprintf", format_rows, format_row) +
           TABLE_RUN("fmt_sprint", print_rows, print_row) +
           TABLE_RUN("fmt_float", float_rows, float_row) + GROUP_RUN("fmt", tests);
}
