/* Dict functions, as Go with sprig and mergo renders them; keys and values in order, where Go has
 * none. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row renders[] = {
    {"dict",
     "{{ dict }} {{ dict \"b\" 1 \"a\" 2 }} {{ dict \"a\" 1 \"a\" 2 }} {{ dict \"a\" nil }}",
     "map[] map[a:2 b:1] map[a:2] map[a:<nil>]"},
    {"dict of odd count", "{{ dict \"a\" 1 \"b\" | toJson }}", "{\"a\":1,\"b\":\"\"}"},
    {"dict keys are printed", "{{ dict 1 \"a\" 2.5 \"b\" nil \"c\" true \"d\" (list 1 2) \"e\" }}",
     "map[1:a 2.5:b <nil>:c [1 2]:e true:d]"},
    {"get",
     "{{ get (dict \"a\" 1) \"a\" }} {{ get (dict \"a\" 1) \"b\" | quote }} {{ get (dict \"a\" "
     "nil) \"a\" }}",
     "1 \"\" <no value>"},
    {"set", "{{ set (dict \"a\" 1) \"b\" 2 }} {{ set (dict \"a\" 1) \"a\" nil }}",
     "map[a:1 b:2] map[a:<nil>]"},
    {"set is seen by all",
     "{{ $d := dict \"a\" 1 }}{{ $e := $d }}{{ $_ := set $d \"b\" 2 }}{{ $e }}", "map[a:1 b:2]"},
    {"set inside", "{{ $d := dict \"a\" (dict) }}{{ $_ := set $d.a \"b\" 2 }}{{ $d }}",
     "map[a:map[b:2]]"},
    {"unset", "{{ unset (dict \"a\" 1 \"b\" 2) \"a\" }} {{ unset (dict) \"a\" }}",
     "map[b:2] map[]"},
    {"unset is seen by all",
     "{{ $d := dict \"a\" 1 }}{{ $e := $d }}{{ $_ := unset $d \"a\" }}{{ $e }}", "map[]"},
    {"hasKey", "{{ hasKey (dict \"a\" nil) \"a\" }} {{ hasKey (dict \"a\" 1) \"b\" }}",
     "true false"},
    {"pluck",
     "{{ pluck \"a\" (dict \"a\" 1) (dict \"b\" 2) (dict \"a\" nil) }} {{ pluck \"a\" | toJson }}",
     "[1 <nil>] []"},
    {"keys",
     "{{ keys (dict \"a\" 1) }} {{ keys | toJson }} {{ keys (dict) | toJson }} {{ keys (dict \"a\" "
     "1) (dict \"a\" 2) }}",
     "[a] [] [] [a a]"},
    {"values",
     "{{ values (dict \"a\" 1) }} {{ values (dict) | toJson }} {{ values (dict \"a\" nil) | toJson "
     "}}",
     "[1] [] [null]"},
    {"pick", "{{ pick (dict \"a\" 1 \"b\" 2) \"b\" \"c\" }} {{ pick (dict \"a\" 1) }}",
     "map[b:2] map[]"},
    {"omit",
     "{{ omit (dict \"a\" 1 \"b\" 2) \"b\" \"c\" }} {{ omit (dict \"a\" 1) }} {{ omit (dict \"a\" "
     "1) \"a\" \"a\" }}",
     "map[a:1] map[a:1] map[]"},
    {"omit copies", "{{ $d := dict \"a\" 1 }}{{ $_ := omit $d \"a\" }}{{ $d }}", "map[a:1]"},
    {"dig",
     "{{ dict \"a\" (dict \"b\" 1) | dig \"a\" \"b\" 0 }} {{ dict \"a\" (dict \"b\" 1) | dig \"a\" "
     "\"c\" 0 }} {{ dict \"a\" 1 | dig \"x\" \"y\" \"d\" }} {{ dig \"a\" 0 (dict \"a\" nil) }}",
     "1 0 d <no value>"},
    {"nil dict reads as empty",
     "{{ get nil \"a\" | quote }} {{ hasKey nil \"a\" }} {{ keys nil | toJson }} {{ values nil | "
     "toJson }} {{ pick nil \"a\" }} {{ omit nil \"a\" }} {{ unset nil \"a\" }} {{ pluck \"a\" nil "
     "| toJson }}",
     "\"\" false [] [] map[] map[] map[] []"},
    {"deepCopy",
     "{{ $d := dict \"a\" (list 1 (dict \"b\" 2)) }}{{ $e := deepCopy $d }}{{ $_ := set $d \"a\" 0 "
     "}}{{ $d }} {{ $e }}",
     "map[a:0] map[a:[1 map[b:2]]]"},
    {"deepCopy goes down",
     "{{ $i := dict \"b\" 2 }}{{ $e := mustDeepCopy (dict \"a\" (list $i)) }}{{ $_ := set $i \"b\" "
     "3 }}{{ $i }} {{ $e }}",
     "map[b:3] map[a:[map[b:2]]]"},
    {"deepCopy of scalars",
     "{{ deepCopy 1 }} {{ deepCopy \"a\" }} {{ deepCopy true }} {{ deepCopy 1.5 }}",
     "1 a true 1.5"},
    {"deepCopy keeps types",
     "{{ deepCopy (split \".\" \"a\") | typeOf }} {{ deepCopy (until 2) | typeOf }} {{ deepCopy "
     "(rest (list)) | toJson }} {{ deepCopy (list nil) }} {{ deepCopy . | typeOf }}",
     "map[string]string []int null [<nil>] map[string]string"},
    {"deepCopy empties versions",
     "{{ deepCopy (semver \"1.2.3\") }} {{ deepCopy (list (semver \"1.2.3\")) }}", "0.0.0 [0.0.0]"},
    {"merge adds", "{{ merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3) }}", "map[a:1 b:3]"},
    {"merge fills what is empty",
     "{{ merge (dict \"a\" \"\" \"b\" 0 \"c\" false \"d\" (list) \"e\" nil \"f\" (dict)) (dict "
     "\"a\" 1 \"b\" 2 \"c\" 3 \"d\" (list 4) \"e\" 5 \"f\" (dict \"g\" 6)) }}",
     "map[a:1 b:2 c:3 d:[4] e:5 f:map[g:6]]"},
    {"merge keeps what is filled",
     "{{ merge (dict \"a\" \"x\" \"b\" 1 \"c\" true \"d\" (list 1)) (dict \"a\" \"\" \"b\" 2 \"c\" "
     "false \"d\" (list 2 3)) }}",
     "map[a:x b:1 c:true d:[1]]"},
    {"merge goes down",
     "{{ merge (dict \"a\" (dict \"b\" 1)) (dict \"a\" (dict \"b\" 2 \"c\" (dict \"d\" 3))) }}",
     "map[a:map[b:1 c:map[d:3]]]"},
    {"merge of several",
     "{{ merge (dict \"a\" 1) (dict \"b\" 2) (dict \"b\" 3 \"c\" 4) }} {{ merge (dict \"a\" 1) }}",
     "map[a:1 b:2 c:4] map[a:1]"},
    {"merge ignores nil",
     "{{ merge (dict \"a\" 1) (dict \"a\" nil \"b\" nil) }} {{ merge (dict) nil }}",
     "map[a:1] map[]"},
    {"merge changes the first",
     "{{ $d := dict \"a\" (dict \"x\" 1) }}{{ $_ := merge $d (dict \"a\" (dict \"y\" 2) \"b\" 3) "
     "}}{{ $d }}",
     "map[a:map[x:1 y:2] b:3]"},
    {"merge shares what it takes",
     "{{ $s := dict \"a\" (dict \"x\" 1) }}{{ $d := merge (dict) $s }}{{ $_ := set $d.a \"y\" 2 "
     "}}{{ $s }}",
     "map[a:map[x:1 y:2]]"},
    {"merge into an empty inside keeps it",
     "{{ $i := dict }}{{ $d := merge (dict \"a\" $i) (dict \"a\" (dict \"x\" 1)) }}{{ $i }} {{ $d "
     "}}",
     "map[x:1] map[a:map[x:1]]"},
    {"merge of dict and other",
     "{{ merge (dict \"a\" (dict \"b\" 1)) (dict \"a\" 2) }} {{ merge (dict \"a\" 1) (dict \"a\" "
     "(dict \"b\" 2)) }} {{ merge (dict \"a\" (list 1)) (dict \"a\" (dict \"b\" 2)) }}",
     "map[a:map[b:1]] map[a:1] map[a:[1]]"},
    {"merge into nil", "{{ merge nil (dict \"a\" 1) }} {{ merge nil nil | toJson }}",
     "map[a:1] null"},
    {"merge into itself", "{{ $d := dict \"a\" (dict \"b\" 1) }}{{ merge $d $d }}",
     "map[a:map[b:1]]"},
    {"merge of a part into its whole",
     "{{ $s := dict \"a\" (dict \"b\" 1) }}{{ $d := dict \"a\" $s }}{{ merge $d $s }}",
     "map[a:map[a:map[b:1] b:1]]"},
    {"merge of typed dicts",
     "{{ merge (dict \"a\" (dict)) (dict \"a\" (split \".\" \"x.y\")) }} {{ merge (dict \"a\" "
     "(split \".\" \"x\")) (dict \"a\" (split \".\" \"y.z\")) }}",
     "map[a:map[_0:x _1:y]] map[a:map[_0:x _1:z]]"},
    {"merge takes imaginary zero for filled", "{{ merge (dict \"a\" 0i) (dict \"a\" 1) }}",
     "map[a:(0+0i)]"},
    {"merge of types that differ",
     "{{ merge (dict \"a\" (semver \"1.0.0\")) (dict \"a\" (dict \"b\" 1)) | quote }}", "\"\""},
    {"merge of versions",
     "{{ merge (dict \"a\" (semver \"1.0.0\")) (dict \"a\" (semver \"2.0.0\")) }} {{ merge (dict) "
     "(dict \"a\" (semver \"2.0.0\")) }}",
     "map[a:1.0.0] map[a:2.0.0]"},
    {"mergeOverwrite", "{{ mergeOverwrite (dict \"a\" 1 \"b\" 2) (dict \"a\" 3 \"c\" 4) }}",
     "map[a:3 b:2 c:4]"},
    {"mergeOverwrite with what is empty",
     "{{ mergeOverwrite (dict \"a\" 1 \"b\" \"x\" \"c\" (list 1) \"d\" true) (dict \"a\" 0 \"b\" "
     "\"\" \"c\" (list) \"d\" false) }}",
     "map[a:0 b: c:[] d:false]"},
    {"mergeOverwrite with nil", "{{ mergeOverwrite (dict \"a\" 1) (dict \"a\" nil \"b\" nil) }}",
     "map[a:<nil> b:<nil>]"},
    {"mergeOverwrite goes down",
     "{{ mergeOverwrite (dict \"a\" (dict \"b\" 1 \"c\" 2)) (dict \"a\" (dict \"b\" 3 \"d\" 4)) }}",
     "map[a:map[b:3 c:2 d:4]]"},
    {"mergeOverwrite replaces lists",
     "{{ mergeOverwrite (dict \"a\" (list 1 2)) (dict \"a\" (list 3)) }}", "map[a:[3]]"},
    {"mergeOverwrite of dict and other",
     "{{ mergeOverwrite (dict \"a\" (dict \"b\" 1)) (dict \"a\" 2) }} {{ mergeOverwrite (dict "
     "\"a\" 1) (dict \"a\" (dict \"b\" 2)) }} {{ mergeOverwrite (dict \"a\" (dict \"b\" 1)) (dict "
     "\"a\" (list 2)) }}",
     "map[a:2] map[a:map[b:2]] map[a:[2]]"},
    {"mergeOverwrite with empty dict",
     "{{ mergeOverwrite (dict \"a\" (dict \"b\" 1)) (dict \"a\" (dict)) }}", "map[a:map[b:1]]"},
    {"mergeOverwrite of version",
     "{{ mergeOverwrite (dict \"a\" (semver \"1.0.0\")) (dict \"a\" (dict \"b\" 1)) }}",
     "map[a:map[b:1]]"},
    {"mustMerge",
     "{{ mustMerge (dict \"a\" 1) (dict \"b\" 2) }} {{ mustMergeOverwrite (dict \"a\" 1) (dict "
     "\"a\" 2) }}",
     "map[a:1 b:2] map[a:2]"},
};

static const struct template_row refusals[] = {
    {"root is no dict of anything", "{{ keys . }}",
     "wrong type for value; expected map[string]interface {}; got map[string]string"},
    {"get from text", "{{ get (print \"x\") \"a\" }}",
     "wrong type for value; expected map[string]interface {}; got string"},
    {"get number", "{{ get (dict) (int 1) }}", "wrong type for value; expected string; got int"},
    {"set nil", "{{ set nil \"a\" 1 }}", "set: assignment to entry in nil map"},
    {"dig of two", "{{ dig \"a\" (dict) }}", "dig: dig needs at least three arguments"},
    {"dig number", "{{ dig 1 \"d\" (dict) }}",
     "dig: interface conversion: interface {} is int, not string"},
    {"dig in nil", "{{ dig \"a\" \"d\" nil }}",
     "dig: interface conversion: interface {} is nil, not map[string]interface {}"},
    {"dig in list", "{{ dig \"a\" \"d\" (list) }}",
     "dig: interface conversion: interface {} is []interface {}, not map[string]interface {}"},
    {"dig in root", "{{ dig \"a\" \"d\" . }}",
     "dig: interface conversion: interface {} is map[string]string, not map[string]interface {}"},
    {"dig through text", "{{ dig \"a\" \"b\" \"d\" (dict \"a\" \"x\") }}",
     "dig: interface conversion: interface {} is string, not map[string]interface {}"},
    {"dig through nil", "{{ dig \"a\" \"b\" \"d\" (dict \"a\" nil) }}",
     "dig: interface conversion: interface {} is nil, not map[string]interface {}"},
    {"deepCopy of nil", "{{ deepCopy nil }}",
     "deepCopy: reflect: call of reflect.Value.Type on zero Value"},
    {"mustMerge of types that differ",
     "{{ mustMerge (dict \"a\" (semver \"1.0.0\")) (dict \"a\" (dict \"b\" 1)) }}",
     "mustMerge: src and dst must be of same type"},
    {"merge into typed dict",
     "{{ merge (dict \"a\" (split \".\" \"x\")) (dict \"a\" (dict \"b\" \"c\")) }}",
     "merge: reflect.Value.SetMapIndex: value of type interface {} is not assignable to type "
     "string"},
    {"merge list into typed dict",
     "{{ merge (dict \"a\" (split \".\" \"x\")) (dict \"a\" (dict \"b\" (list))) }}",
     "merge: reflect.Value.SetMapIndex: value of type []interface {} is not assignable to type "
     "string"},
    {"merge list over text of typed dict",
     "{{ merge (dict \"a\" (split \".\" \"x\")) (dict \"a\" (dict \"_0\" (list))) }}",
     "merge: reflect: call of reflect.Value.IsNil on string Value"},
    {"merge nil over typed dict",
     "{{ mergeOverwrite (dict \"a\" (split \".\" \"x\")) (dict \"a\" (dict \"b\" nil)) }}",
     "mergeOverwrite: reflect.Value.SetMapIndex: value of type interface {} is not assignable to "
     "type string"},
};

/* What Go would do for very long, or until its memory is gone. */
static const struct template_row limits[] = {
    {"merge of two circles",
     "{{ $a := dict }}{{ $b := dict }}{{ $_ := set $a \"x\" $a }}{{ $_ = set $b \"x\" $b }}{{ "
     "merge $a $b }}",
     "more than"},
    {"deepCopy of a circle", "{{ $a := dict }}{{ $_ := set $a \"x\" $a }}{{ deepCopy $a }}",
     "more than"},
    {"set for ever",
     "{{ $d := dict }}{{ range until 100000 }}{{ $_ := set $d (printf \"%d\" (sub 100000 .)) . "
     "}}{{ end }}",
     "more than"},
};

/* Go's order is random here. */
static const struct template_row sorted[] = {
    {"keys", "{{ keys (dict \"b\" 1 \"a\" 2 \"B\" 3) (dict \"d\" 1 \"c\" 2) }}", "[B a b c d]"},
    {"values", "{{ values (dict \"b\" 1 \"a\" 2 \"B\" 3) }}", "[3 2 1]"},
};

int main(void)
{
    return TABLE_RUN("template dicts", renders, template_rig_check_row) +
           TABLE_RUN("template dicts refused", refusals, template_rig_refuse_row) +
           TABLE_RUN("template dicts limits", limits, template_rig_limit_row) +
           TABLE_RUN("template dicts sorted", sorted, template_rig_check_row);
}
