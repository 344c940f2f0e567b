/* print and its kin and the three escapers, as Go renders them; what fmt does with each verb is in
 * test_template_fmt.c. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row renders[] = {
    {"print nothing", "[{{ print }}]", "[]"},
    {"print strings", "{{ print `a` `b` }}", "ab"},
    {"print numbers", "{{ print 1 2 }}", "1 2"},
    {"print mixed", "{{ print 1 2 `x` `y` 3 }}", "1 2xy3"},
    {"print nil", "{{ print nil }}|{{ print nil nil `a` nil }}", "<nil>|<nil> <nil>a<nil>"},
    {"print containers", "{{ print (list 1 `a` nil) (dict `k` 2.0) }}", "[1 a <nil>] map[k:2]"},
    {"print data", "{{ print .user .n }}", "alice42"},
    {"print root", "{{ len (print .) }}", "185"},
    {"print bools", "{{ print true false }}", "true false"},
    {"print floats", "{{ print 1.0 1e6 1.5 }}", "1 1e+06 1.5"},
    {"print pipes", "{{ .user | print 1 }}", "1alice"},
    {"print complex", "{{ print 1i }}", "(0+1i)"},
    {"print char", "{{ print 'a' }}", "97"},
    {"println nothing", "[{{ println }}]", "[\n]"},
    {"println", "{{ println `a` `b` 1 nil }}", "a b 1 <nil>\n"},
    {"println one", "{{ println .user }}", "alice\n"},
    {"printf", "{{ printf `%s is %d` .user 42 }}", "alice is 42"},
    {"printf pipes", "{{ .n | printf `%5s|` }}", "   42|"},
    {"printf quotes", "{{ printf `%q` .unicode }}", "\"h\xc3\xa9llo w\xc3\xb6rld\""},
    {"printf pads runes", "{{ printf `%-13s|%13s` .unicode .unicode }}",
     "h\xc3\xa9llo w\xc3\xb6rld  |  h\xc3\xa9llo w\xc3\xb6rld"},
    {"printf wrong verb", "{{ printf `%d` 1.5 }} {{ printf `%d` .n }} {{ printf `%s` 1 }}",
     "%!d(float64=1.5) %!d(string=42) %!s(int=1)"},
    {"printf nil",
     "{{ printf `%s` nil }} {{ printf `%v` nil }} {{ printf `%d` (index (list nil) 0) }}",
     "%!s(<nil>) <nil> %!d(<nil>)"},
    {"printf missing", "{{ printf `%s %s` .user }}", "alice %!s(MISSING)"},
    {"printf extra", "{{ printf `x` 1 nil }}", "x%!(EXTRA int=1, <nil>)"},
    {"printf star", "{{ printf `%*d|%.*f` 5 42 2 3.14159 }}", "   42|3.14"},
    {"printf index", "{{ printf `%[2]s %[1]s` `a` `b` }}", "b a"},
    {"printf types", "{{ printf `%T %T %T %T %T %T` 1 1.5 `s` true (list) . }}",
     "int float64 string bool []interface {} map[string]string"},
    {"printf JSON numbers",
     "{{ range (fromJson .json).a.b }}{{ printf `%v|%d|%s;` . . . }}{{ end }}",
     "1|%!d(float64=1)|%!s(float64=1);2.5|%!d(float64=2.5)|%!s(float64=2.5);x|%!d(string=x)|x;<nil>"
     "|%!d(<nil>)|%!s(<nil>);true|%!d(bool=true)|%!s(bool=true);"},
    {"printf of data", "{{ printf `%v` (index . `tls.crt`) }}", "cert"},
    {"printf bytes", "{{ printf `%x|% X|%q` .bytes .bytes .bytes }}",
     "ff0001|FF 00 01|\"\\xff\\x00\\x01\""},
    {"printf complex", "{{ printf `%.1f` 2i }}", "(0.0+2.0i)"},
    {"printf list", "{{ printf `%v %q %d` (list 1 `a`) (list 1 `a`) (list 1 `a`) }}",
     "[1 a] ['\\x01' \"a\"] [1 %!d(string=a)]"},
    {"printf int64", "{{ printf `%05d %T` (int64 7) (int64 7) }}", "00007 int64"},
    {"printf format from data", "{{ printf .user 1 }}", "alice%!(EXTRA int=1)"},
    {"printf no format", "{{ printf }}", NULL},
    {"printf format no string", "{{ printf 1 }}", NULL},
    {"printf format nil", "{{ printf nil }}", NULL},
    {"printf format float", "{{ .x | printf 1.5 }}", NULL},
    {"printf format of a wrong type", "{{ printf (list) }}", NULL},
    {"html", "{{ html `<a href=\"x\">'&'</a>` }}",
     "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;"},
    {"html nothing", "[{{ html }}]", "[]"},
    {"html plain", "{{ html .user }}", "alice"},
    {"html zero byte", "{{ html .bytes }}", "\xff\xef\xbf\xbd\x01"},
    {"html nil", "{{ html nil }}", "&lt;no value&gt;"},
    {"html several", "{{ html `<` 1 2 nil 3 `&` }}", "&lt;1 2&lt;no value&gt;3&amp;"},
    {"html nil is text", "{{ html 1 nil 2 }}", "1&lt;no value&gt;2"},
    {"html list", "{{ html (list `<` 1 nil) }}", "[&lt; 1 &lt;nil&gt;]"},
    {"html unicode", "{{ html .unicode }}", "h\xc3\xa9llo w\xc3\xb6rld"},
    {"html map", "{{ dict `a<` `b>` | html }}", "map[a&lt;:b&gt;]"},
    {"js", "{{ js `it's \"x\" \\\\ <b> a=b & c` }}",
     "it\\'s \\\"x\\\" \\\\\\\\ \\u003Cb\\u003E a\\u003Db \\u0026 c"},
    {"js raw", "{{ js `\\` }}", "\\\\"},
    {"js controls", "{{ js \"\\n\\t\\x00\\x1f\\x7f\" }}", "\\u000A\\u0009\\u0000\\u001F\x7f"},
    {"js unicode", "{{ js .unicode }}", "h\xc3\xa9llo w\xc3\xb6rld"},
    {"js not printable", "{{ js \"\\u2028\\u00ad\\u00a0\\U000e0001\\ufeff\\U0010ffff\" }}",
     "\\u2028\\u00AD\\u00A0\\uE0001\\uFEFF\\u10FFFF"},
    {"js bytes", "{{ js .bytes }}", "\xff\\u0000\\u0001"},
    {"js nil", "{{ js nil }}", "\\u003Cno value\\u003E"},
    {"js several", "{{ js 1 2 `'` }}", "1 2\\'"},
    {"js plain", "{{ js .user }}", "alice"},
    {"js nothing", "[{{ js }}]", "[]"},
    {"js broken", "{{ js \"a\\xffb\\xe2\\x82\" }}",
     "a\xff"
     "b\xe2\x82"},
    {"urlquery", "{{ urlquery `a b/c?d=e&f+g%h` }}", "a+b%2Fc%3Fd%3De%26f%2Bg%25h"},
    {"urlquery kept", "{{ urlquery `AZaz09-_.~` }}", "AZaz09-_.~"},
    {"urlquery rest", "{{ urlquery `!*'();:@$,[]#\"<>^{|}` }}",
     "%21%2A%27%28%29%3B%3A%40%24%2C%5B%5D%23%22%3C%3E%5E%7B%7C%7D"},
    {"urlquery unicode", "{{ urlquery .unicode }}", "h%C3%A9llo+w%C3%B6rld"},
    {"urlquery bytes", "{{ urlquery .bytes }}", "%FF%00%01"},
    {"urlquery nil", "{{ urlquery nil }}", "%3Cno+value%3E"},
    {"urlquery several", "{{ urlquery 1 2 `a` }}", "1+2a"},
    {"urlquery nothing", "[{{ urlquery }}]", "[]"},
    {"urlquery plain", "{{ .user | urlquery }}", "alice"},
};

static const struct template_row limits[] = {
    {"print", "{{ $m := dict }}{{ $_ := set $m `m` $m }}{{ print $m }}", "more than"},
    {"println", "{{ $m := dict }}{{ $_ := set $m `m` $m }}{{ println $m }}", "more than"},
    {"printf", "{{ $m := dict }}{{ $_ := set $m `m` $m }}{{ printf `%v` $m }}", "more than"},
    {"html", "{{ $m := dict }}{{ $_ := set $m `m` $m }}{{ html $m }}", "more than"},
    {"printf wide", "{{ $s := printf `%9999999d` 1 }}{{ print $s $s $s $s }}", "text longer than"},
    {"urlquery of itself",
     "{{ $s := printf `%3000000d` 1 | urlquery | urlquery | urlquery | urlquery | urlquery }}", ""},
};

/* A string that needs no escape is handed back, not copied. */
static void plain_text_is_not_copied(void **state)
{
    static const char *const names[] = {"html", "js", "urlquery"};
    struct template_rig rig;
    struct datum in = datum_string(TEXT("plain")), out;

    (void)state;
    template_rig_init(&rig);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_null(template_rig_call(&rig, names[i], &in, 1, &out));
        assert_ptr_equal(out.v.s, in.v.s);
    }
    template_rig_done(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_not_copied),
    };

    return TABLE_RUN("printing", renders, template_rig_check_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row) + GROUP_RUN("escapers", tests);
}
