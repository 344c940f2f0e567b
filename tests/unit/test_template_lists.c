/* List functions, as Go with sprig renders them. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row renders[] = {
    {"list", "{{ list }} {{ list 1 \"a\" nil true (list 1) }} {{ tuple 1 2 }} {{ list | typeOf }}",
     "[] [1 a <nil> true [1]] [1 2] []interface {}"},
    {"append",
     "{{ append (list 1 2) 3 }} {{ push (list) \"x\" }} {{ mustAppend (list 1) nil }} {{ mustPush "
     "(list 1) (list 2) }}",
     "[1 2 3] [x] [1 <nil>] [1 [2]]"},
    {"append to typed list", "{{ append (until 2) \"x\" }} {{ append (until 2) 2 | typeOf }}",
     "[0 1 x] []interface {}"},
    {"append copies",
     "{{ $a := list 1 }}{{ $b := append $a 2 }}{{ $c := append $a 3 }}{{ $a }}{{ $b }}{{ $c }}",
     "[1][1 2][1 3]"},
    {"append branches",
     "{{ $a := append (append (list) 1) 2 }}{{ $b := append $a 3 }}{{ $c := append $a 4 }}{{ $d := "
     "append $b 5 }}{{ $a }}{{ $b }}{{ $c }}{{ $d }}",
     "[1 2][1 2 3][1 2 4][1 2 3 5]"},
    {"append many",
     "{{ $l := list }}{{ range until 5000 }}{{ $l = append $l . }}{{ end }}{{ len $l }} {{ first "
     "$l }} {{ index $l 2500 }} {{ last $l }}",
     "5000 0 2500 4999"},
    {"append to a part",
     "{{ $a := append (append (list) 1) 2 }}{{ $b := append (initial $a) 3 }}{{ $c := append (rest "
     "$a) 4 }}{{ $a }}{{ $b }}{{ $c }}",
     "[1 2][1 3][2 4]"},
    {"prepend",
     "{{ prepend (list 1 2) 0 }} {{ mustPrepend (list) nil }} {{ prepend (until 2) \"x\" }}",
     "[0 1 2] [<nil>] [x 0 1]"},
    {"concat", "{{ concat (list 1) (list) (until 2) (splitList \",\" \"a,b\") }}", "[1 0 1 a b]"},
    {"concat of nothing", "{{ concat | toJson }} {{ concat (list) | toJson }}", "null null"},
    {"first and last",
     "{{ first (list 1 2 3) }} {{ last (list 1 2 3) }} {{ mustFirst (until 3) }} {{ mustLast "
     "(until 3) }}",
     "1 3 0 2"},
    {"first and last of nothing", "{{ first (list) }} {{ last (list) }} {{ first (list nil) }}",
     "<no value> <no value> <no value>"},
    {"rest and initial",
     "{{ rest (list 1 2 3) }} {{ initial (list 1 2 3) }} {{ mustRest (list 1) }} {{ mustInitial "
     "(list 1) }}",
     "[2 3] [1 2] [] []"},
    {"rest and initial of nothing", "{{ rest (list) }} {{ initial (list) | toJson }}", "[] null"},
    {"rest of typed list", "{{ rest (until 3) | typeOf }} {{ initial (until 3) | typeOf }}",
     "[]interface {} []interface {}"},
    {"reverse",
     "{{ reverse (list 1 2 3) }} {{ reverse (list) }} {{ mustReverse (until 2) | typeOf }}",
     "[3 2 1] [] []interface {}"},
    {"uniq",
     "{{ uniq (list 1 1 \"1\" 1.0 nil nil (list 1) (list 1) (dict) (dict)) }} {{ mustUniq (list) | "
     "toJson }}",
     "[1 1 1 <nil> [1] map[]] []"},
    {"uniq of typed list",
     "{{ uniq (splitList \",\" \"a,b,a\") }} {{ uniq (splitList \",\" \"a,b,a\") | typeOf }}",
     "[a b] []interface {}"},
    {"compact",
     "{{ compact (list 0 1 \"\" \"a\" nil false true (list) (list nil) (dict) 0.0) }} {{ "
     "mustCompact (list 0) | toJson }}",
     "[1 a true [<nil>]] []"},
    {"without",
     "{{ without (list 1 2 3 2) 2 }} {{ without (list 1 2) }} {{ without (list 1 \"1\" nil) \"1\" "
     "nil }} {{ mustWithout (until 3) 0 1 2 | toJson }}",
     "[1 3] [1 2] [1] []"},
    {"has",
     "{{ has 1 (list 1 2) }} {{ has \"1\" (list 1 2) }} {{ has nil (list nil) }} {{ has (list 1) "
     "(list (list 1)) }} {{ mustHas 3 (until 3) }}",
     "true false true true false"},
    {"has in nil", "{{ has 1 nil }} {{ has nil nil }}", "false false"},
    {"has looks at types", "{{ has 1 (list (int64 1) 1.0) }}", "false"},
    {"slice",
     "{{ slice (list 1 2 3) 1 2 }} {{ slice (list 1 2 3) 1 }} {{ slice (list 1 2 3) }} {{ "
     "mustSlice (list 1 2 3) 0 3 }}",
     "[2] [2 3] [1 2 3] [1 2 3]"},
    {"slice of nothing", "{{ slice (list) 4 5 }} {{ slice (list 1) 1 1 | toJson }}",
     "<no value> []"},
    {"slice casts", "{{ slice (list 1 2 3) \"1\" 2.9 }} {{ slice (list 1 2 3) nil true }}",
     "[2] [1]"},
    {"slice ignores a third position", "{{ slice (list 1 2 3) 0 1 9 }}", "[1]"},
    {"slice of a slice",
     "{{ $s := slice (list 1 2 3 4) 1 2 }}{{ $s }} {{ slice $s 0 3 }} {{ slice (slice $s 0 2) 1 3 "
     "}}",
     "[2] [2 3 4] [3 4]"},
    {"rest of a slice is its own", "{{ slice (rest (slice (list 1 2 3 4) 0 2)) 0 1 }}", "[2]"},
    {"slice keeps the type",
     "{{ slice (until 5) 1 3 | typeOf }} {{ slice (splitList \",\" \"a,b\") 1 | typeOf }}",
     "[]int []string"},
    {"chunk",
     "{{ chunk 2 (list 1 2 3) }} {{ chunk 3 (list 1 2 3) }} {{ chunk 9 (list 1) }} {{ mustChunk 1 "
     "(until 2) }}",
     "[[1 2] [3]] [[1 2 3]] [[1]] [[0] [1]]"},
    {"chunk of nothing", "{{ chunk 2 (list) | toJson }}", "[]"},
    {"chunk of negative size",
     "{{ chunk -2 (list 1) }} {{ chunk -2 (list 1 2) | toJson }} {{ chunk -2 (list 1 2 3) }}",
     "[[1]] [] []"},
    {"until", "{{ until 3 }} {{ until 0 }} {{ until -2 }} {{ until 2.0 }} {{ until 1 | typeOf }}",
     "[0 1 2] [] [0 -1] [0 1] []int"},
    {"untilStep up",
     "{{ untilStep 0 10 3 }} {{ untilStep 0 9 3 }} {{ untilStep 5 5 1 }} {{ untilStep 0 5 -1 }} {{ "
     "untilStep 0 5 0 }}",
     "[0 3 6 9] [0 3 6] [] [] []"},
    {"untilStep down",
     "{{ untilStep 10 0 -3 }} {{ untilStep 10 1 -3 }} {{ untilStep 5 0 1 }} {{ untilStep 5 0 0 }} "
     "{{ untilStep 5 5 -1 }}",
     "[10 7 4 1] [10 7 4] [] [] []"},
    {"untilStep at the ends",
     "{{ untilStep 9223372036854775805 9223372036854775807 1 }} {{ untilStep -9223372036854775807 "
     "9223372036854775807 9223372036854775807 }} {{ untilStep -9223372036854775806 "
     "-9223372036854775808 -1 }}",
     "[9223372036854775805 9223372036854775806] [-9223372036854775807 0] [-9223372036854775806 "
     "-9223372036854775807]"},
    {"seq",
     "{{ seq 3 }}|{{ seq 0 }}|{{ seq -2 }}|{{ seq 1 }}|{{ seq 2 5 }}|{{ seq 5 2 }}|{{ seq 0 2 5 "
     "}}|{{ seq 5 -2 0 }}|{{ seq 7 7 }}",
     "1 2 3|1 0|1 0 -1 -2|1|2 3 4 5|5 4 3 2|0 2 4|5 3 1|7"},
    {"seq of nothing",
     "{{ seq }}|{{ seq 1 2 3 4 }}|{{ seq 5 2 0 }}|{{ seq 0 -1 5 }}|{{ seq 0 0 5 }}|", "|||||"},
    {"seq prints text", "{{ seq 2 | quote }}", "\"1 2\""},
    {"range over until", "{{ range $i, $v := until 3 }}{{ $i }}:{{ $v }} {{ end }}",
     "0:0 1:1 2:2 "},
};

static const struct template_row refusals[] = {
    {"first of text", "{{ first \"x\" }}", "first: Cannot find first on type string"},
    {"last of number", "{{ last 1 }}", "last: Cannot find last on type int"},
    {"rest of dict", "{{ rest (dict) }}", "rest: Cannot find rest on type map"},
    {"initial of bool", "{{ initial true }}", "initial: Cannot find initial on type bool"},
    {"reverse of float", "{{ reverse 1.5 }}", "reverse: Cannot find reverse on type float64"},
    {"uniq of text", "{{ uniq \"x\" }}", "uniq: Cannot find uniq on type string"},
    {"compact of text", "{{ mustCompact \"x\" }}", "mustCompact: Cannot compact on type string"},
    {"without of text", "{{ without \"x\" 1 }}", "without: Cannot find without on type string"},
    {"has of text", "{{ has 1 \"x\" }}", "has: Cannot find has on type string"},
    {"slice of text", "{{ slice \"x\" 0 }}",
     "slice: list should be type of slice or array but string"},
    {"chunk of text", "{{ chunk 1 \"x\" }}", "chunk: Cannot chunk type string"},
    {"append to text", "{{ append \"x\" 1 }}", "append: Cannot push on type string"},
    {"prepend to text", "{{ prepend \"x\" 1 }}", "prepend: Cannot prepend on type string"},
    {"concat with text", "{{ concat (list 1) \"x\" }}",
     "concat: Cannot concat type string as list"},
    {"concat with nil", "{{ concat (list 1) nil }}",
     "concat: runtime error: invalid memory address or nil pointer dereference"},
    {"first of nil", "{{ first nil }}",
     "first: runtime error: invalid memory address or nil pointer dereference"},
    {"append to nil", "{{ append nil 1 }}",
     "append: runtime error: invalid memory address or nil pointer dereference"},
    {"slice from below 0", "{{ slice (list 1 2) -1 }}",
     "slice: reflect.Value.Slice: slice index out of bounds"},
    {"slice past the end", "{{ slice (list 1 2) 0 3 }}",
     "slice: reflect.Value.Slice: slice index out of bounds"},
    {"slice past a slice of a part", "{{ slice (rest (slice (list 1 2 3 4) 0 2)) 0 2 }}",
     "slice: reflect.Value.Slice: slice index out of bounds"},
    {"slice past what was sliced", "{{ slice (slice (list 1 2 3 4) 1 2) 0 4 }}",
     "slice: reflect.Value.Slice: slice index out of bounds"},
    {"slice backwards", "{{ slice (list 1 2) 2 1 }}",
     "slice: reflect.Value.Slice: slice index out of bounds"},
    {"chunk of size 0", "{{ chunk 0 (list 1) }}",
     "chunk: runtime error: makeslice: len out of range"},
    {"chunk of 5 by -2", "{{ chunk -2 (list 1 2 3 4 5) }}",
     "chunk: runtime error: makeslice: len out of range"},
    {"chunk of nothing by -2", "{{ chunk -2 (list) }}",
     "chunk: runtime error: makeslice: len out of range"},
    {"until int64", "{{ until (int64 3) }}", "wrong type for value; expected int; got int64"},
    {"seq of text", "{{ seq (print \"3\") }}", "wrong type for value; expected int; got string"},
};

/* What Go would do for very long, or until its memory is gone. */
static const struct template_row limits[] = {
    {"until too many", "{{ until 100001 }}", "more than 100000 elements"},
    {"until far too many", "{{ until 9223372036854775807 }}", "more than 2000000 steps"},
    {"untilStep past the last number", "{{ untilStep 0 9223372036854775807 4611686018427387904 }}",
     "more than 2000000 steps"},
    {"seq too many", "{{ seq 2000001 }}", "more than 2000000 steps"},
    {"uniq of many", "{{ until 10000 | uniq }}", "more than 2000000 steps"},
    {"prepend for ever", "{{ $l := list }}{{ range until 100000 }}{{ $l = prepend $l . }}{{ end }}",
     "more than"},
    {"append too many", "{{ $l := until 100000 }}{{ append $l 1 }}", "more than 100000 elements"},
};

int main(void)
{
    return TABLE_RUN("template lists", renders, template_rig_check_row) +
           TABLE_RUN("template lists refused", refusals, template_rig_refuse_row) +
           TABLE_RUN("template lists limits", limits, template_rig_limit_row);
}
