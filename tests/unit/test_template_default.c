/* Defaults, choices and type names of the template functions, as Go with sprig renders them. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row renders[] = {
    {"default of empty text", "{{ \"\" | default \"d\" }}", "d"},
    {"default of text", "{{ \"x\" | default \"d\" }}", "x"},
    {"default of zero", "{{ default 5 0 }}", "5"},
    {"default of 0.0", "{{ default 5 0.0 }}", "5"},
    {"default of false", "{{ default \"d\" false }}", "d"},
    {"default of nil", "{{ default \"d\" nil }}", "d"},
    {"default of empty list", "{{ default \"d\" (list) }}", "d"},
    {"default of empty dict", "{{ default \"d\" (dict) }}", "d"},
    {"default keeps the text 0", "{{ \"0\" | default \"d\" }}", "0"},
    {"default keeps a blank", "{{ \" \" | default \"d\" }}|", " |"},
    {"default alone", "{{ default \"d\" }}", "d"},
    {"default takes the second of three", "{{ default 1 2 3 }}", "2"},
    {"default nil of nil", "{{ default nil nil }}", "<no value>"},
    {"default of imaginary zero", "{{ default 1 0i }}", "1"},
    {"empty numbers", "{{ empty 0 }} {{ empty 1 }} {{ empty 0.0 }} {{ empty -1 }}",
     "true false true false"},
    {"empty texts", "{{ empty \"\" }} {{ empty \"false\" }} {{ empty \"0\" }}", "true false false"},
    {"empty containers",
     "{{ empty (list) }} {{ empty (list nil) }} {{ empty (dict) }} {{ empty (dict \"a\" nil) }}",
     "true false true false"},
    {"empty nil and bool", "{{ empty nil }} {{ empty false }} {{ empty true }}", "true true false"},
    {"coalesce finds", "{{ coalesce 0 \"\" nil (list) \"c\" \"d\" }}", "c"},
    {"coalesce finds nothing", "{{ coalesce 0 \"\" }}", "<no value>"},
    {"coalesce of nothing", "{{ coalesce }}", "<no value>"},
    {"coalesce gives nil", "{{ coalesce 0 | typeOf }}", "<nil>"},
    {"all", "{{ all 1 \"a\" true }} {{ all 1 \"\" }} {{ all }}", "true false true"},
    {"any", "{{ any 0 \"\" false }} {{ any 0 1 }} {{ any }}", "false true false"},
    {"ternary",
     "{{ ternary \"y\" \"n\" true }} {{ ternary \"y\" \"n\" false }} {{ false | ternary 1 2 }}",
     "y n 2"},
    {"ternary of nil", "{{ ternary nil 1 true }}", "<no value>"},
    {"typeOf scalars",
     "{{ typeOf 1 }} {{ typeOf 1.5 }} {{ typeOf \"a\" }} {{ typeOf true }} {{ typeOf nil }} {{ "
     "typeOf 1i }}",
     "int float64 string bool <nil> complex128"},
    {"typeOf numbers",
     "{{ typeOf (int64 1) }} {{ typeOf (add 1 2) }} {{ typeOf (float64 1) }} {{ typeOf (int 1) }} "
     "{{ typeOf (index \"a\" 0) }}",
     "int64 int64 float64 int uint8"},
    {"typeOf lists",
     "{{ typeOf (list) }} {{ typeOf (until 2) }} {{ typeOf (keys (dict)) }} {{ typeOf (chunk 1 "
     "(list 1)) }}",
     "[]interface {} []int []string [][]interface {}"},
    {"typeOf dicts", "{{ typeOf (dict) }} {{ typeOf (split \".\" \"a\") }} {{ typeOf . }}",
     "map[string]interface {} map[string]string map[string]string"},
    {"kindOf",
     "{{ kindOf 1 }} {{ kindOf 1.5 }} {{ kindOf \"a\" }} {{ kindOf true }} {{ kindOf nil }} {{ "
     "kindOf (list) }} {{ kindOf (dict) }}",
     "int float64 string bool invalid slice map"},
    {"typeIs",
     "{{ typeIs \"int\" 1 }} {{ typeIs \"int\" 1.0 }} {{ typeIs \"<nil>\" nil }} {{ typeIs "
     "\"[]interface {}\" (list) }}",
     "true false true true"},
    {"typeIsLike",
     "{{ typeIsLike \"int\" 1 }} {{ typeIsLike \"*int\" 1 }} {{ typeIsLike \"\" nil }}",
     "true false false"},
    {"kindIs",
     "{{ kindIs \"slice\" (list) }} {{ kindIs \"map\" (dict) }} {{ kindIs \"int\" \"1\" }} {{ "
     "kindIs \"invalid\" nil }}",
     "true true false true"},
    {"deepEqual scalars",
     "{{ deepEqual 1 1 }} {{ deepEqual 1 1.0 }} {{ deepEqual 1 \"1\" }} {{ deepEqual 1 (int64 1) "
     "}} {{ deepEqual nil nil }} {{ deepEqual nil \"\" }}",
     "true false false false true false"},
    {"deepEqual lists",
     "{{ deepEqual (list 1 \"a\") (list 1 \"a\") }} {{ deepEqual (list 1) (list 1 2) }} {{ "
     "deepEqual (list 1) (until 1) }} {{ deepEqual (list 1 2) (list 2 1) }}",
     "true false false false"},
    {"deepEqual dicts",
     "{{ deepEqual (dict \"a\" (list 1)) (dict \"a\" (list 1)) }} {{ deepEqual (dict \"a\" 1) "
     "(dict \"b\" 1) }} {{ deepEqual (dict \"a\" 1) (dict \"a\" 2) }} {{ deepEqual (dict) (dict "
     "\"a\" 1) }}",
     "true false false false"},
    {"deepEqual nil and empty list", "{{ deepEqual (list) (rest (list)) }}", "false"},
    {"deepEqual not a number", "{{ deepEqual (float64 \"nan\") (float64 \"nan\") }}", "false"},
    {"deepEqual itself", "{{ $l := list (float64 \"nan\") }}{{ deepEqual $l $l }}", "true"},
    {"fail not reached", "{{ if false }}{{ fail \"x\" }}{{ end }}fine", "fine"},
};

static const struct template_row refusals[] = {
    {"ternary of text", "{{ ternary 1 2 (print \"x\") }}",
     "wrong type for value; expected bool; got string"},
    {"default of nothing", "{{ default }}", "want at least 1 got 0"},
    {"typeIs of number", "{{ typeIs (int 1) 1 }}",
     "wrong type for value; expected string; got int"},
};

/* What Go would do for very long, or until its memory is gone. */
static const struct template_row limits[] = {
    {"deepEqual of two circles",
     "{{ $a := dict }}{{ $b := dict }}{{ $_ := set $a \"x\" $a }}{{ $_ = set $b \"x\" $b }}{{ "
     "deepEqual $a $b }}",
     "more than"},
    {"deepEqual of many shared",
     "{{ $a := list 1 }}{{ $b := list 1 }}{{ range until 40 }}{{ $a = list $a $a }}{{ $b = list $b "
     "$b }}{{ end }}{{ deepEqual $a $b }}",
     "more than 2000000 steps"},
};

/* The message may hold a value, so it does not come out; that the render ends is enough. */
static void fail_tells_no_value(void **state)
{
    (void)state;
    template_rig_refuse("{{ fail .pass }}", "the template gives up, with a message of 6 bytes");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fail_tells_no_value),
};

int main(void)
{
    return TABLE_RUN("template defaults", renders, template_rig_check_row) +
           TABLE_RUN("template defaults refused", refusals, template_rig_refuse_row) +
           TABLE_RUN("template defaults limits", limits, template_rig_limit_row) +
           GROUP_RUN("template fail", tests);
}
