/* Go's own functions on every kind of value, with what Go answers. */
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

struct row {
    const char *name, *template, *want;
};

static const struct row rows[] = {
    {"eq of numbers", "{{ eq 1 1 }}{{ eq 1 2 }}", "truefalse"},
    {"eq of any of several", "{{ eq 1 2 3 1 }}{{ eq 1 2 3 4 }}", "truefalse"},
    {"eq stops at the first that is equal", "{{ eq 1 1 \"x\" }}", "true"},
    {"eq of text", "{{ eq \"a\" \"a\" }}{{ eq \"a\" \"b\" }}{{ eq \"\" \"\" }}", "truefalsetrue"},
    {"eq of bools", "{{ eq true true }}{{ eq true false }}", "truefalse"},
    {"eq of floats", "{{ eq 1.5 1.5 }}{{ eq 1.5 2.5 }}", "truefalse"},
    {"eq of complex numbers", "{{ eq 1i 1i }}{{ eq 1i 2i }}", "truefalse"},
    {"eq of int and int64", "{{ eq (int64 1) 1 }}", "true"},
    {"eq of signed and unsigned",
     "{{ eq (index \"abc\" 1) 98 }}{{ eq 98 (index \"abc\" 1) }}{{ eq -1 (index \"abc\" 1) }}{{ eq "
     "(index \"abc\" 1) -1 }}",
     "truetruefalsefalse"},
    {"eq of unsigned numbers", "{{ eq (index \"abca\" 0) (index \"abca\" 3) }}", "true"},
    {"eq with nil", "{{ eq 1 nil }}{{ eq nil 1 }}{{ eq nil nil }}{{ eq \"\" nil }}",
     "falsefalsetruefalse"},
    {"eq of a list with nil", "{{ eq (list) nil }}{{ eq (list 1) nil }}{{ eq nil (list) }}",
     "falsefalsefalse"},
    {"eq of a map with nil", "{{ eq (dict) nil }}", "false"},
    {"eq of a list that is nil",
     "{{ eq (regexFindAll \"x\" \"a\" -1) nil }}{{ eq (regexFindAll \"x\" \"a\" -1) (list) }}",
     "truefalse"},
    {"eq of times",
     "{{ eq (toDate \"2006\" \"2024\") (toDate \"2006\" \"2024\") }}{{ eq (toDate \"2006\" "
     "\"2024\") (toDate \"2006\" \"2025\") }}",
     "truefalse"},
    {"eq of a time with nil", "{{ eq (toDate \"2006\" \"2024\") nil }}", "false"},
    {"eq of versions is of pointers",
     "{{ eq (semver \"1.2.3\") (semver \"1.2.3\") }}{{ $v := semver \"1.2.3\" }}{{ eq $v $v }}",
     "falsetrue"},
    {"eq of durations and numbers", "{{ $t := toDate \"2006\" \"2024\" }}{{ eq ($t.Sub $t) 0 }}",
     "true"},
    {"eq of months", "{{ eq (toDate \"2006\" \"2024\").Month 1 }}", "true"},
    {"ne", "{{ ne 1 2 }}{{ ne 1 1 }}{{ ne \"a\" nil }}", "truefalsetrue"},
    {"lt of numbers", "{{ lt 1 2 }}{{ lt 2 1 }}{{ lt 1 1 }}{{ lt -1 1 }}", "truefalsefalsetrue"},
    {"lt of floats", "{{ lt 1.5 2.5 }}{{ lt 2.5 1.5 }}", "truefalse"},
    {"lt of text",
     "{{ lt \"a\" \"b\" }}{{ lt \"b\" \"a\" }}{{ lt \"a\" \"ab\" }}{{ lt \"B\" \"a\" }}",
     "truefalsetruetrue"},
    {"lt of signed and unsigned",
     "{{ lt (index \"abc\" 1) 98 }}{{ lt (index \"abc\" 1) 99 }}{{ lt -1 (index \"abc\" 1) }}{{ lt "
     "(index \"abc\" 1) -1 }}{{ lt 3 (index \"abc\" 1) }}",
     "falsetruetruefalsetrue"},
    {"lt of unsigned numbers", "{{ lt (index \"ab\" 0) (index \"ab\" 1) }}", "true"},
    {"lt of int and int64", "{{ lt (int64 1) 2 }}", "true"},
    {"le", "{{ le 1 2 }}{{ le 2 2 }}{{ le 3 2 }}{{ le \"a\" \"a\" }}", "truetruefalsetrue"},
    {"gt", "{{ gt 2 1 }}{{ gt 1 1 }}{{ gt \"b\" \"a\" }}", "truefalsetrue"},
    {"ge", "{{ ge 1 1 }}{{ ge 0 1 }}{{ ge 2.5 2.5 }}", "truefalsetrue"},
    {"comparisons with not a number",
     "{{ $n := float64 \"nan\" }}{{ lt $n 1.0 }}{{ gt $n 1.0 }}{{ le $n 1.0 }}{{ ge $n 1.0 }}{{ eq "
     "$n $n }}",
     "falsetruefalsetruefalse"},
    {"not", "{{ not 0 }}{{ not 1 }}{{ not \"\" }}{{ not nil }}{{ not (list) }}{{ not (list 0) }}",
     "truefalsetruetruetruefalse"},
    {"len",
     "{{ len \"h\xc3\xa9llo\" }} {{ len \"\" }} {{ len (list 1 2) }} {{ len (dict \"a\" 1) }} {{ "
     "len (until 3) }} {{ len . }}",
     "6 0 2 1 3 11"},
    {"index of the data", "{{ index . \"tls.crt\" }}|{{ index . \"nope\" }}|", "cert||"},
    {"index of a map", "{{ index (dict \"a\" 1) \"a\" }} {{ index (dict \"a\" 1) \"b\" }}",
     "1 <no value>"},
    {"index twice", "{{ index (dict \"a\" (list 1 2)) \"a\" 1 }}", "2"},
    {"index of nothing", "{{ index .user }}", "alice"},
    {"index of a list",
     "{{ index (list \"a\" \"b\") 1 }}{{ index (until 3) 2 }}{{ index (splitList \",\" \"x,y\") 0 "
     "}}",
     "b2x"},
    {"index by int64 and byte",
     "{{ index (list \"a\" \"b\") (int64 1) }}{{ index (list \"a\" \"b\") (index \"\\x01\" 0) }}",
     "bb"},
    {"index of text", "{{ index .user 0 }}", "97"},
    {"index piped", "{{ 1 | index (list \"a\" \"b\") }}", "b"},
};

static void one_row(void **state)
{
    const struct row *r = *state;

    template_rig_check(r->template, r->want);
}

/* The message behind its place: Go's without the values. */
static const struct row refused[] = {
    {"eq int and float", "{{ eq 1 1.0 }}",
     "error calling eq: incompatible types for comparison: int and float64"},
    {"eq int and text", "{{ eq 1 \"1\" }}",
     "error calling eq: incompatible types for comparison: int and string"},
    {"eq text and bool", "{{ eq \"true\" true }}",
     "error calling eq: incompatible types for comparison: string and bool"},
    {"eq lists", "{{ eq (list) (list) }}", "error calling eq: non-comparable type []interface {}"},
    {"eq maps", "{{ eq (dict) (dict) }}",
     "error calling eq: non-comparable type map[string]interface {}"},
    {"eq list and map", "{{ eq (list) (dict) }}",
     "error calling eq: non-comparable types []interface {}, map[string]interface {}"},
    {"eq number and list", "{{ eq 1 (list) }}",
     "error calling eq: incompatible types for comparison: int and []interface {}"},
    {"eq time and version", "{{ eq (toDate \"2006\" \"2024\") (semver \"1.2.3\") }}",
     "error calling eq: non-comparable types time.Time, *semver.Version"},
    {"eq one argument", "{{ eq 1 }}", "error calling eq: missing argument for comparison"},
    {"eq no argument", "{{ eq }}", "wrong number of args for eq: want at least 1 got 0"},
    {"ne incompatible", "{{ ne 1 \"1\" }}",
     "error calling ne: incompatible types for comparison: int and string"},
    {"ne three arguments", "{{ ne 1 2 3 }}", "wrong number of args for ne: want 2 got 3"},
    {"lt int and float", "{{ lt 1 1.5 }}",
     "error calling lt: incompatible types for comparison: int and float64"},
    {"lt int and text", "{{ lt .n 5 }}",
     "error calling lt: incompatible types for comparison: string and int"},
    {"lt bools", "{{ lt false true }}", "error calling lt: invalid type for comparison"},
    {"lt complex", "{{ lt 1i 2i }}", "error calling lt: invalid type for comparison"},
    {"lt nil", "{{ lt nil 1 }}", "error calling lt: invalid type for comparison"},
    {"lt with nil", "{{ lt 1 nil }}", "error calling lt: invalid type for comparison"},
    {"lt lists", "{{ lt (list) (list) }}", "error calling lt: invalid type for comparison"},
    {"le incompatible", "{{ le 1 \"a\" }}",
     "error calling le: incompatible types for comparison: int and string"},
    {"gt incompatible", "{{ gt 1 1.0 }}",
     "error calling gt: incompatible types for comparison: int and float64"},
    {"ge bools", "{{ ge true true }}", "error calling ge: invalid type for comparison"},
    {"len of a number", "{{ len 3 }}", "error calling len: len of type int"},
    {"len of nil", "{{ len nil }}",
     "error calling len: reflect: call of reflect.Value.Type on zero Value"},
    {"len of a nil in a list", "{{ len (index (list nil) 0) }}",
     "error calling len: reflect: call of reflect.Value.Type on zero Value"},
    {"len of nil right out of a map", "{{ $d := dict \"a\" nil }}{{ len $d.a }}",
     "error calling len: len of nil pointer"},
    {"len of a version", "{{ len (semver \"1.2.3\") }}",
     "error calling len: len of type semver.Version"},
    {"len of a time", "{{ len (toDate \"2006\" \"2024\") }}",
     "error calling len: len of type time.Time"},
    {"index at the end of a list", "{{ index (list 1) 1 }}",
     "error calling index: reflect: slice index out of range"},
    {"index at the end of text", "{{ index .user 5 }}",
     "error calling index: reflect: string index out of range"},
    {"index after the end", "{{ index (list 1) 2 }}", "error calling index: index out of range"},
    {"index before the beginning", "{{ index (list 1) -1 }}",
     "error calling index: index out of range"},
    {"index by text", "{{ index (list 1) \"0\" }}",
     "error calling index: cannot index slice/array with type string"},
    {"index by float", "{{ index (list 1) 0.0 }}",
     "error calling index: cannot index slice/array with type float64"},
    {"index by nil", "{{ index (list 1) nil }}",
     "error calling index: cannot index slice/array with nil"},
    {"index map by number", "{{ index . 1 }}",
     "error calling index: value has type int; should be string"},
    {"index map by nil", "{{ index . nil }}",
     "error calling index: value is nil; should be of type string"},
    {"index of nil", "{{ index nil 1 }}", "error calling index: index of untyped nil"},
    {"index into nil", "{{ index (list nil) 0 1 }}", "error calling index: index of nil pointer"},
    {"index into a missing key", "{{ index (dict) \"a\" \"b\" }}",
     "error calling index: index of nil pointer"},
    {"index into a missing text", "{{ index . \"nope\" 0 }}",
     "error calling index: reflect: string index out of range"},
    {"index of a number", "{{ index 1 0 }}", "error calling index: can't index item of type int"},
    {"index of a version", "{{ index (semver \"1.2.3\") 0 }}",
     "error calling index: can't index item of type semver.Version"},
    {"call text", "{{ call .user }}", "error calling call: non-function of type string"},
    {"call nil", "{{ call nil }}", "error calling call: call of nil"},
    {"call without arguments", "{{ call }}",
     "wrong number of args for call: want at least 1 got 0"},
    {"and without arguments", "{{ and }}", "wrong number of args for and: want at least 1 got 0"},
    {"or without arguments", "{{ or }}", "wrong number of args for or: want at least 1 got 0"},
};

static void refused_row(void **state)
{
    const struct row *r = *state;

    template_rig_refuse(r->template, r->want);
}

int main(void)
{
    return TABLE_RUN("builtin", rows, one_row) + TABLE_RUN("builtin refuses", refused, refused_row);
}
