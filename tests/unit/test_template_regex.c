/* Functions of regular expressions, as Go with sprig gives them. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row found[] = {
    {"plain",
     "{{ regexMatch \"b+\" \"abbc\" }} {{ mustRegexMatch \"b+\" \"abbc\" }} {{ regexFind \"b+\" "
     "\"abbc\" }} {{ mustRegexFind \"b+\" \"abbc\" }}",
     "true true bb bb"},
    {"not there",
     "{{ regexMatch \"x\" \"abc\" }} {{ mustRegexMatch \"x\" \"abc\" }} {{ regexFind \"x\" \"abc\" "
     "}} {{ mustRegexFind \"x\" \"abc\" }}",
     "false false  "},
    {"empty pattern",
     "{{ regexMatch \"\" \"abc\" }} {{ mustRegexMatch \"\" \"abc\" }} {{ regexFind \"\" \"abc\" }} "
     "{{ mustRegexFind \"\" \"abc\" }}",
     "true true  "},
    {"empty subject",
     "{{ regexMatch \"a*\" \"\" }} {{ mustRegexMatch \"a*\" \"\" }} {{ regexFind \"a*\" \"\" }} {{ "
     "mustRegexFind \"a*\" \"\" }}",
     "true true  "},
    {"empty both",
     "{{ regexMatch \"\" \"\" }} {{ mustRegexMatch \"\" \"\" }} {{ regexFind \"\" \"\" }} {{ "
     "mustRegexFind \"\" \"\" }}",
     "true true  "},
    {"anchors",
     "{{ regexMatch \"^b$\" \"abc\" }} {{ mustRegexMatch \"^b$\" \"abc\" }} {{ regexFind \"^b$\" "
     "\"abc\" }} {{ mustRegexFind \"^b$\" \"abc\" }}",
     "false false  "},
    {"lines",
     "{{ regexMatch \"(?m)^b$\" \"a\\nb\\nc\" }} {{ mustRegexMatch \"(?m)^b$\" \"a\\nb\\nc\" }} {{ "
     "regexFind \"(?m)^b$\" \"a\\nb\\nc\" }} {{ mustRegexFind \"(?m)^b$\" \"a\\nb\\nc\" }}",
     "true true b b"},
    {"leftmost first",
     "{{ regexMatch \"a|ab\" \"ab\" }} {{ mustRegexMatch \"a|ab\" \"ab\" }} {{ regexFind \"a|ab\" "
     "\"ab\" }} {{ mustRegexFind \"a|ab\" \"ab\" }}",
     "true true a a"},
    {"lazy",
     "{{ regexMatch \"a+?\" \"aaa\" }} {{ mustRegexMatch \"a+?\" \"aaa\" }} {{ regexFind \"a+?\" "
     "\"aaa\" }} {{ mustRegexFind \"a+?\" \"aaa\" }}",
     "true true a a"},
    {"no letters case",
     "{{ regexMatch \"(?i)H\303\211L\" \"xh\303\251llo\" }} {{ mustRegexMatch \"(?i)H\303\211L\" "
     "\"xh\303\251llo\" }} {{ regexFind \"(?i)H\303\211L\" \"xh\303\251llo\" }} {{ mustRegexFind "
     "\"(?i)H\303\211L\" \"xh\303\251llo\" }}",
     "true true h\303\251l h\303\251l"},
    {"class",
     "{{ regexMatch \"[^a-z]+\" \"ab12c\" }} {{ mustRegexMatch \"[^a-z]+\" \"ab12c\" }} {{ "
     "regexFind \"[^a-z]+\" \"ab12c\" }} {{ mustRegexFind \"[^a-z]+\" \"ab12c\" }}",
     "true true 12 12"},
    {"Unicode class",
     "{{ regexMatch \"\\\\p{Lu}\\\\pL\" \"a\303\204bc\" }} {{ mustRegexMatch \"\\\\p{Lu}\\\\pL\" "
     "\"a\303\204bc\" }} {{ regexFind \"\\\\p{Lu}\\\\pL\" \"a\303\204bc\" }} {{ mustRegexFind "
     "\"\\\\p{Lu}\\\\pL\" \"a\303\204bc\" }}",
     "true true \303\204b \303\204b"},
    {"word boundary",
     "{{ regexMatch \"\\\\bb\\\\w\" \"ab bc\" }} {{ mustRegexMatch \"\\\\bb\\\\w\" \"ab bc\" }} {{ "
     "regexFind \"\\\\bb\\\\w\" \"ab bc\" }} {{ mustRegexFind \"\\\\bb\\\\w\" \"ab bc\" }}",
     "true true bc bc"},
    {"counted",
     "{{ regexMatch \"a{2,3}\" \"aaaa\" }} {{ mustRegexMatch \"a{2,3}\" \"aaaa\" }} {{ regexFind "
     "\"a{2,3}\" \"aaaa\" }} {{ mustRegexFind \"a{2,3}\" \"aaaa\" }}",
     "true true aaa aaa"},
    {"group with a name",
     "{{ regexMatch \"(?<x>b)\" \"abc\" }} {{ mustRegexMatch \"(?<x>b)\" \"abc\" }} {{ regexFind "
     "\"(?<x>b)\" \"abc\" }} {{ mustRegexFind \"(?<x>b)\" \"abc\" }}",
     "true true b b"},
    {"dot and line feed",
     "{{ regexMatch \"a.b\" \"a\\nb\" }} {{ mustRegexMatch \"a.b\" \"a\\nb\" }} {{ regexFind "
     "\"a.b\" \"a\\nb\" }} {{ mustRegexFind \"a.b\" \"a\\nb\" }}",
     "false false  "},
    {"dot for all",
     "{{ regexMatch \"(?s)a.b\" \"a\\nb\" }} {{ mustRegexMatch \"(?s)a.b\" \"a\\nb\" }} {{ "
     "regexFind \"(?s)a.b\" \"a\\nb\" }} {{ mustRegexFind \"(?s)a.b\" \"a\\nb\" }}",
     "true true a\nb a\nb"},
    {"one letter of two bytes",
     "{{ regexMatch \".\" \"\303\251\" }} {{ mustRegexMatch \".\" \"\303\251\" }} {{ regexFind "
     "\".\" \"\303\251\" }} {{ mustRegexFind \".\" \"\303\251\" }}",
     "true true \303\251 \303\251"},
    {"quoted",
     "{{ regexMatch \"\\\\Q.+\\\\E\" \"a.+b\" }} {{ mustRegexMatch \"\\\\Q.+\\\\E\" \"a.+b\" }} {{ "
     "regexFind \"\\\\Q.+\\\\E\" \"a.+b\" }} {{ mustRegexFind \"\\\\Q.+\\\\E\" \"a.+b\" }}",
     "true true .+ .+"},
    {"hex",
     "{{ regexMatch \"\\\\x{e9}\" \"\303\251\" }} {{ mustRegexMatch \"\\\\x{e9}\" \"\303\251\" }} "
     "{{ regexFind \"\\\\x{e9}\" \"\303\251\" }} {{ mustRegexFind \"\\\\x{e9}\" \"\303\251\" }}",
     "true true \303\251 \303\251"},
};

static const struct template_row bad_patterns[] = {
    {"bad class", "{{ regexMatch \"[a\" \"abc\" }}", "false"},
    {"bad repeat", "{{ regexMatch \"*a\" \"abc\" }}", "false"},
    {"look behind", "{{ regexMatch \"(?<=a)b\" \"abc\" }}", "false"},
    {"back reference", "{{ regexMatch \"(a)\\\\1\" \"abc\" }}", "false"},
    {"open group", "{{ regexMatch \"(a\" \"abc\" }}", "false"},
    {"repeat too often", "{{ regexMatch \"a{1001}\" \"abc\" }}", "false"},
    {"one byte", "{{ regexMatch \"\\\\C\" \"abc\" }}", "false"},
};

static const struct template_row all_found[] = {
    {"all",
     "{{ regexFindAll \"[0-9]\" \"a1b2c3\" -1 }} {{ mustRegexFindAll \"[0-9]\" \"a1b2c3\" -1 }} {{ "
     "regexFindAll \"[0-9]\" \"a1b2c3\" -1 | len }} {{ toJson (regexFindAll \"[0-9]\" \"a1b2c3\" "
     "-1) }}",
     "[1 2 3] [1 2 3] 3 [\"1\",\"2\",\"3\"]"},
    {"first two",
     "{{ regexFindAll \"[0-9]\" \"a1b2c3\" 2 }} {{ mustRegexFindAll \"[0-9]\" \"a1b2c3\" 2 }} {{ "
     "regexFindAll \"[0-9]\" \"a1b2c3\" 2 | len }} {{ toJson (regexFindAll \"[0-9]\" \"a1b2c3\" 2) "
     "}}",
     "[1 2] [1 2] 2 [\"1\",\"2\"]"},
    {"more than there are",
     "{{ regexFindAll \"[0-9]\" \"a1b2c3\" 9 }} {{ mustRegexFindAll \"[0-9]\" \"a1b2c3\" 9 }} {{ "
     "regexFindAll \"[0-9]\" \"a1b2c3\" 9 | len }} {{ toJson (regexFindAll \"[0-9]\" \"a1b2c3\" 9) "
     "}}",
     "[1 2 3] [1 2 3] 3 [\"1\",\"2\",\"3\"]"},
    {"no number wanted",
     "{{ regexFindAll \"[0-9]\" \"a1b2c3\" 0 }} {{ mustRegexFindAll \"[0-9]\" \"a1b2c3\" 0 }} {{ "
     "regexFindAll \"[0-9]\" \"a1b2c3\" 0 | len }} {{ toJson (regexFindAll \"[0-9]\" \"a1b2c3\" 0) "
     "}}",
     "[] [] 0 null"},
    {"none",
     "{{ regexFindAll \"x\" \"abc\" -1 }} {{ mustRegexFindAll \"x\" \"abc\" -1 }} {{ regexFindAll "
     "\"x\" \"abc\" -1 | len }} {{ toJson (regexFindAll \"x\" \"abc\" -1) }}",
     "[] [] 0 null"},
    {"empty matches",
     "{{ regexFindAll \"a*\" \"baac\" -1 }} {{ mustRegexFindAll \"a*\" \"baac\" -1 }} {{ "
     "regexFindAll \"a*\" \"baac\" -1 | len }} {{ toJson (regexFindAll \"a*\" \"baac\" -1) }}",
     "[ aa ] [ aa ] 3 [\"\",\"aa\",\"\"]"},
    {"empty pattern",
     "{{ regexFindAll \"\" \"a\303\251\" -1 }} {{ mustRegexFindAll \"\" \"a\303\251\" -1 }} {{ "
     "regexFindAll \"\" \"a\303\251\" -1 | len }} {{ toJson (regexFindAll \"\" \"a\303\251\" -1) "
     "}}",
     "[  ] [  ] 3 [\"\",\"\",\"\"]"},
    {"empty subject",
     "{{ regexFindAll \"x*\" \"\" -1 }} {{ mustRegexFindAll \"x*\" \"\" -1 }} {{ regexFindAll "
     "\"x*\" \"\" -1 | len }} {{ toJson (regexFindAll \"x*\" \"\" -1) }}",
     "[] [] 1 [\"\"]"},
    {"no empty match behind a match",
     "{{ regexFindAll \"a*?\" \"aa\" -1 }} {{ mustRegexFindAll \"a*?\" \"aa\" -1 }} {{ "
     "regexFindAll \"a*?\" \"aa\" -1 | len }} {{ toJson (regexFindAll \"a*?\" \"aa\" -1) }}",
     "[  ] [  ] 3 [\"\",\"\",\"\"]"},
    {"very negative",
     "{{ regexFindAll \"b\" \"abb\" -7 }} {{ mustRegexFindAll \"b\" \"abb\" -7 }} {{ regexFindAll "
     "\"b\" \"abb\" -7 | len }} {{ toJson (regexFindAll \"b\" \"abb\" -7) }}",
     "[b b] [b b] 2 [\"b\",\"b\"]"},
    {"longest first",
     "{{ regexFindAll \"a+\" \"aaba\" -1 }} {{ mustRegexFindAll \"a+\" \"aaba\" -1 }} {{ "
     "regexFindAll \"a+\" \"aaba\" -1 | len }} {{ toJson (regexFindAll \"a+\" \"aaba\" -1) }}",
     "[aa a] [aa a] 2 [\"aa\",\"a\"]"},
};

static const struct template_row replaced[] = {
    {"plain",
     "{{ regexReplaceAll \"b\" \"abcb\" \"X\" }} {{ mustRegexReplaceAll \"b\" \"abcb\" \"X\" }} {{ "
     "regexReplaceAllLiteral \"b\" \"abcb\" \"X\" }} {{ mustRegexReplaceAllLiteral \"b\" \"abcb\" "
     "\"X\" }}",
     "aXcX aXcX aXcX aXcX"},
    {"whole subject once",
     "{{ regexReplaceAll \"(.*)\" \"abc\" \"X_$1\" }} {{ mustRegexReplaceAll \"(.*)\" \"abc\" "
     "\"X_$1\" }} {{ regexReplaceAllLiteral \"(.*)\" \"abc\" \"X_$1\" }} {{ "
     "mustRegexReplaceAllLiteral \"(.*)\" \"abc\" \"X_$1\" }}",
     "X_abc X_abc X_$1 X_$1"},
    {"group number",
     "{{ regexReplaceAll \"(a)(b)\" \"abab\" \"$2$1\" }} {{ mustRegexReplaceAll \"(a)(b)\" "
     "\"abab\" \"$2$1\" }} {{ regexReplaceAllLiteral \"(a)(b)\" \"abab\" \"$2$1\" }} {{ "
     "mustRegexReplaceAllLiteral \"(a)(b)\" \"abab\" \"$2$1\" }}",
     "baba baba $2$1$2$1 $2$1$2$1"},
    {"braces",
     "{{ regexReplaceAll \"(a)\" \"aa\" \"${1}x\" }} {{ mustRegexReplaceAll \"(a)\" \"aa\" "
     "\"${1}x\" }} {{ regexReplaceAllLiteral \"(a)\" \"aa\" \"${1}x\" }} {{ "
     "mustRegexReplaceAllLiteral \"(a)\" \"aa\" \"${1}x\" }}",
     "axax axax ${1}x${1}x ${1}x${1}x"},
    {"greedy name",
     "{{ regexReplaceAll \"(a)\" \"aa\" \"$1x\" }} {{ mustRegexReplaceAll \"(a)\" \"aa\" \"$1x\" "
     "}} {{ regexReplaceAllLiteral \"(a)\" \"aa\" \"$1x\" }} {{ mustRegexReplaceAllLiteral \"(a)\" "
     "\"aa\" \"$1x\" }}",
     "  $1x$1x $1x$1x"},
    {"name",
     "{{ regexReplaceAll \"(?P<v>b+)\" \"abbc\" \"<$v>\" }} {{ mustRegexReplaceAll \"(?P<v>b+)\" "
     "\"abbc\" \"<$v>\" }} {{ regexReplaceAllLiteral \"(?P<v>b+)\" \"abbc\" \"<$v>\" }} {{ "
     "mustRegexReplaceAllLiteral \"(?P<v>b+)\" \"abbc\" \"<$v>\" }}",
     "a<bb>c a<bb>c a<$v>c a<$v>c"},
    {"name in braces",
     "{{ regexReplaceAll \"(?<v>b+)\" \"abbc\" \"<${v}>\" }} {{ mustRegexReplaceAll \"(?<v>b+)\" "
     "\"abbc\" \"<${v}>\" }} {{ regexReplaceAllLiteral \"(?<v>b+)\" \"abbc\" \"<${v}>\" }} {{ "
     "mustRegexReplaceAllLiteral \"(?<v>b+)\" \"abbc\" \"<${v}>\" }}",
     "a<bb>c a<bb>c a<${v}>c a<${v}>c"},
    {"unknown name",
     "{{ regexReplaceAll \"b\" \"abc\" \"<$y>\" }} {{ mustRegexReplaceAll \"b\" \"abc\" \"<$y>\" "
     "}} {{ regexReplaceAllLiteral \"b\" \"abc\" \"<$y>\" }} {{ mustRegexReplaceAllLiteral \"b\" "
     "\"abc\" \"<$y>\" }}",
     "a<>c a<>c a<$y>c a<$y>c"},
    {"group that is not there",
     "{{ regexReplaceAll \"b\" \"abc\" \"<$5>\" }} {{ mustRegexReplaceAll \"b\" \"abc\" \"<$5>\" "
     "}} {{ regexReplaceAllLiteral \"b\" \"abc\" \"<$5>\" }} {{ mustRegexReplaceAllLiteral \"b\" "
     "\"abc\" \"<$5>\" }}",
     "a<>c a<>c a<$5>c a<$5>c"},
    {"group that took no part",
     "{{ regexReplaceAll \"(x)?b\" \"abc\" \"<$1>\" }} {{ mustRegexReplaceAll \"(x)?b\" \"abc\" "
     "\"<$1>\" }} {{ regexReplaceAllLiteral \"(x)?b\" \"abc\" \"<$1>\" }} {{ "
     "mustRegexReplaceAllLiteral \"(x)?b\" \"abc\" \"<$1>\" }}",
     "a<>c a<>c a<$1>c a<$1>c"},
    {"two dollars",
     "{{ regexReplaceAll \"b\" \"abc\" \"$$1\" }} {{ mustRegexReplaceAll \"b\" \"abc\" \"$$1\" }} "
     "{{ regexReplaceAllLiteral \"b\" \"abc\" \"$$1\" }} {{ mustRegexReplaceAllLiteral \"b\" "
     "\"abc\" \"$$1\" }}",
     "a$1c a$1c a$$1c a$$1c"},
    {"dollar at the end",
     "{{ regexReplaceAll \"b\" \"abc\" \"1$\" }} {{ mustRegexReplaceAll \"b\" \"abc\" \"1$\" }} {{ "
     "regexReplaceAllLiteral \"b\" \"abc\" \"1$\" }} {{ mustRegexReplaceAllLiteral \"b\" \"abc\" "
     "\"1$\" }}",
     "a1$c a1$c a1$c a1$c"},
    {"dollar and a sign",
     "{{ regexReplaceAll \"b\" \"abc\" \"$-$ \" }} {{ mustRegexReplaceAll \"b\" \"abc\" \"$-$ \" "
     "}} {{ regexReplaceAllLiteral \"b\" \"abc\" \"$-$ \" }} {{ mustRegexReplaceAllLiteral \"b\" "
     "\"abc\" \"$-$ \" }}",
     "a$-$ c a$-$ c a$-$ c a$-$ c"},
    {"open brace",
     "{{ regexReplaceAll \"(b)\" \"abc\" \"${1\" }} {{ mustRegexReplaceAll \"(b)\" \"abc\" \"${1\" "
     "}} {{ regexReplaceAllLiteral \"(b)\" \"abc\" \"${1\" }} {{ mustRegexReplaceAllLiteral "
     "\"(b)\" \"abc\" \"${1\" }}",
     "a${1c a${1c a${1c a${1c"},
    {"empty braces",
     "{{ regexReplaceAll \"b\" \"abc\" \"${}\" }} {{ mustRegexReplaceAll \"b\" \"abc\" \"${}\" }} "
     "{{ regexReplaceAllLiteral \"b\" \"abc\" \"${}\" }} {{ mustRegexReplaceAllLiteral \"b\" "
     "\"abc\" \"${}\" }}",
     "a${}c a${}c a${}c a${}c"},
    {"leading zero",
     "{{ regexReplaceAll \"(b)\" \"abc\" \"$01\" }} {{ mustRegexReplaceAll \"(b)\" \"abc\" \"$01\" "
     "}} {{ regexReplaceAllLiteral \"(b)\" \"abc\" \"$01\" }} {{ mustRegexReplaceAllLiteral "
     "\"(b)\" \"abc\" \"$01\" }}",
     "ac ac a$01c a$01c"},
    {"whole match",
     "{{ regexReplaceAll \"b+\" \"abbc\" \"[$0]\" }} {{ mustRegexReplaceAll \"b+\" \"abbc\" "
     "\"[$0]\" }} {{ regexReplaceAllLiteral \"b+\" \"abbc\" \"[$0]\" }} {{ "
     "mustRegexReplaceAllLiteral \"b+\" \"abbc\" \"[$0]\" }}",
     "a[bb]c a[bb]c a[$0]c a[$0]c"},
    {"empty matches",
     "{{ regexReplaceAll \"x*\" \"abc\" \"-\" }} {{ mustRegexReplaceAll \"x*\" \"abc\" \"-\" }} {{ "
     "regexReplaceAllLiteral \"x*\" \"abc\" \"-\" }} {{ mustRegexReplaceAllLiteral \"x*\" \"abc\" "
     "\"-\" }}",
     "-a-b-c- -a-b-c- -a-b-c- -a-b-c-"},
    {"empty pattern",
     "{{ regexReplaceAll \"\" \"a\303\251\" \".\" }} {{ mustRegexReplaceAll \"\" \"a\303\251\" "
     "\".\" }} {{ regexReplaceAllLiteral \"\" \"a\303\251\" \".\" }} {{ mustRegexReplaceAllLiteral "
     "\"\" \"a\303\251\" \".\" }}",
     ".a.\303\251. .a.\303\251. .a.\303\251. .a.\303\251."},
    {"empty subject",
     "{{ regexReplaceAll \"^\" \"\" \"-\" }} {{ mustRegexReplaceAll \"^\" \"\" \"-\" }} {{ "
     "regexReplaceAllLiteral \"^\" \"\" \"-\" }} {{ mustRegexReplaceAllLiteral \"^\" \"\" \"-\" }}",
     "- - - -"},
    {"no match",
     "{{ regexReplaceAll \"x\" \"abc\" \"-\" }} {{ mustRegexReplaceAll \"x\" \"abc\" \"-\" }} {{ "
     "regexReplaceAllLiteral \"x\" \"abc\" \"-\" }} {{ mustRegexReplaceAllLiteral \"x\" \"abc\" "
     "\"-\" }}",
     "abc abc abc abc"},
    {"anchored",
     "{{ regexReplaceAll \"^a\" \"aaa\" \"-\" }} {{ mustRegexReplaceAll \"^a\" \"aaa\" \"-\" }} {{ "
     "regexReplaceAllLiteral \"^a\" \"aaa\" \"-\" }} {{ mustRegexReplaceAllLiteral \"^a\" \"aaa\" "
     "\"-\" }}",
     "-aa -aa -aa -aa"},
    {"line feeds",
     "{{ regexReplaceAll \"(?m)$\" \"a\\nb\" \";\" }} {{ mustRegexReplaceAll \"(?m)$\" \"a\\nb\" "
     "\";\" }} {{ regexReplaceAllLiteral \"(?m)$\" \"a\\nb\" \";\" }} {{ "
     "mustRegexReplaceAllLiteral \"(?m)$\" \"a\\nb\" \";\" }}",
     "a;\nb; a;\nb; a;\nb; a;\nb;"},
    {"name of a letter beyond ASCII",
     "{{ regexReplaceAll \"(b)\" \"abc\" \"$\303\251\" }} {{ mustRegexReplaceAll \"(b)\" \"abc\" "
     "\"$\303\251\" }} {{ regexReplaceAllLiteral \"(b)\" \"abc\" \"$\303\251\" }} {{ "
     "mustRegexReplaceAllLiteral \"(b)\" \"abc\" \"$\303\251\" }}",
     "ac ac a$\303\251c a$\303\251c"},
    {"two groups of one name",
     "{{ regexReplaceAll \"(?P<n>x)|(?P<m>b)\" \"abc\" \"<$n$m>\" }} {{ mustRegexReplaceAll "
     "\"(?P<n>x)|(?P<m>b)\" \"abc\" \"<$n$m>\" }} {{ regexReplaceAllLiteral \"(?P<n>x)|(?P<m>b)\" "
     "\"abc\" \"<$n$m>\" }} {{ mustRegexReplaceAllLiteral \"(?P<n>x)|(?P<m>b)\" \"abc\" \"<$n$m>\" "
     "}}",
     "a<b>c a<b>c a<$n$m>c a<$n$m>c"},
    {"rewrite",
     "{{ regexReplaceAll \"[^a-zA-Z0-9-]\" \"db.user/name\" \"_\" }} {{ mustRegexReplaceAll "
     "\"[^a-zA-Z0-9-]\" \"db.user/name\" \"_\" }} {{ regexReplaceAllLiteral \"[^a-zA-Z0-9-]\" "
     "\"db.user/name\" \"_\" }} {{ mustRegexReplaceAllLiteral \"[^a-zA-Z0-9-]\" \"db.user/name\" "
     "\"_\" }}",
     "db_user_name db_user_name db_user_name db_user_name"},
    {"prefix",
     "{{ regexReplaceAll \"^(.*)$\" \"key\" \"PRE_$1\" }} {{ mustRegexReplaceAll \"^(.*)$\" "
     "\"key\" \"PRE_$1\" }} {{ regexReplaceAllLiteral \"^(.*)$\" \"key\" \"PRE_$1\" }} {{ "
     "mustRegexReplaceAllLiteral \"^(.*)$\" \"key\" \"PRE_$1\" }}",
     "PRE_key PRE_key PRE_$1 PRE_$1"},
};

static const struct template_row divided[] = {
    {"all",
     "{{ regexSplit \",\" \"a,b,c\" -1 }} {{ mustRegexSplit \",\" \"a,b,c\" -1 }} {{ regexSplit "
     "\",\" \"a,b,c\" -1 | len }} {{ toJson (regexSplit \",\" \"a,b,c\" -1) }}",
     "[a b c] [a b c] 3 [\"a\",\"b\",\"c\"]"},
    {"two parts",
     "{{ regexSplit \",\" \"a,b,c\" 2 }} {{ mustRegexSplit \",\" \"a,b,c\" 2 }} {{ regexSplit "
     "\",\" \"a,b,c\" 2 | len }} {{ toJson (regexSplit \",\" \"a,b,c\" 2) }}",
     "[a b,c] [a b,c] 2 [\"a\",\"b,c\"]"},
    {"one part",
     "{{ regexSplit \",\" \"a,b,c\" 1 }} {{ mustRegexSplit \",\" \"a,b,c\" 1 }} {{ regexSplit "
     "\",\" \"a,b,c\" 1 | len }} {{ toJson (regexSplit \",\" \"a,b,c\" 1) }}",
     "[a,b,c] [a,b,c] 1 [\"a,b,c\"]"},
    {"no parts",
     "{{ regexSplit \",\" \"a,b,c\" 0 }} {{ mustRegexSplit \",\" \"a,b,c\" 0 }} {{ regexSplit "
     "\",\" \"a,b,c\" 0 | len }} {{ toJson (regexSplit \",\" \"a,b,c\" 0) }}",
     "[] [] 0 null"},
    {"more than there are",
     "{{ regexSplit \",\" \"a,b\" 9 }} {{ mustRegexSplit \",\" \"a,b\" 9 }} {{ regexSplit \",\" "
     "\"a,b\" 9 | len }} {{ toJson (regexSplit \",\" \"a,b\" 9) }}",
     "[a b] [a b] 2 [\"a\",\"b\"]"},
    {"at both ends",
     "{{ regexSplit \",\" \",a,\" -1 }} {{ mustRegexSplit \",\" \",a,\" -1 }} {{ regexSplit \",\" "
     "\",a,\" -1 | len }} {{ toJson (regexSplit \",\" \",a,\" -1) }}",
     "[ a ] [ a ] 3 [\"\",\"a\",\"\"]"},
    {"at the end, limited",
     "{{ regexSplit \",\" \",a,\" 2 }} {{ mustRegexSplit \",\" \",a,\" 2 }} {{ regexSplit \",\" "
     "\",a,\" 2 | len }} {{ toJson (regexSplit \",\" \",a,\" 2) }}",
     "[ a,] [ a,] 2 [\"\",\"a,\"]"},
    {"no match",
     "{{ regexSplit \"x\" \"abc\" -1 }} {{ mustRegexSplit \"x\" \"abc\" -1 }} {{ regexSplit \"x\" "
     "\"abc\" -1 | len }} {{ toJson (regexSplit \"x\" \"abc\" -1) }}",
     "[abc] [abc] 1 [\"abc\"]"},
    {"empty pattern",
     "{{ regexSplit \"\" \"abc\" -1 }} {{ mustRegexSplit \"\" \"abc\" -1 }} {{ regexSplit \"\" "
     "\"abc\" -1 | len }} {{ toJson (regexSplit \"\" \"abc\" -1) }}",
     "[a b c] [a b c] 3 [\"a\",\"b\",\"c\"]"},
    {"empty pattern, two parts",
     "{{ regexSplit \"\" \"abc\" 2 }} {{ mustRegexSplit \"\" \"abc\" 2 }} {{ regexSplit \"\" "
     "\"abc\" 2 | len }} {{ toJson (regexSplit \"\" \"abc\" 2) }}",
     "[a bc] [a bc] 2 [\"a\",\"bc\"]"},
    {"empty pattern and subject",
     "{{ regexSplit \"\" \"\" -1 }} {{ mustRegexSplit \"\" \"\" -1 }} {{ regexSplit \"\" \"\" -1 | "
     "len }} {{ toJson (regexSplit \"\" \"\" -1) }}",
     "[] [] 0 []"},
    {"empty subject",
     "{{ regexSplit \"a\" \"\" -1 }} {{ mustRegexSplit \"a\" \"\" -1 }} {{ regexSplit \"a\" \"\" "
     "-1 | len }} {{ toJson (regexSplit \"a\" \"\" -1) }}",
     "[] [] 1 [\"\"]"},
    {"empty matches",
     "{{ regexSplit \"b*\" \"abbc\" -1 }} {{ mustRegexSplit \"b*\" \"abbc\" -1 }} {{ regexSplit "
     "\"b*\" \"abbc\" -1 | len }} {{ toJson (regexSplit \"b*\" \"abbc\" -1) }}",
     "[a c] [a c] 2 [\"a\",\"c\"]"},
    {"only separators",
     "{{ regexSplit \"a\" \"aaa\" -1 }} {{ mustRegexSplit \"a\" \"aaa\" -1 }} {{ regexSplit \"a\" "
     "\"aaa\" -1 | len }} {{ toJson (regexSplit \"a\" \"aaa\" -1) }}",
     "[   ] [   ] 4 [\"\",\"\",\"\",\"\"]"},
    {"greedy",
     "{{ regexSplit \"a+\" \"aabaa\" -1 }} {{ mustRegexSplit \"a+\" \"aabaa\" -1 }} {{ regexSplit "
     "\"a+\" \"aabaa\" -1 | len }} {{ toJson (regexSplit \"a+\" \"aabaa\" -1) }}",
     "[ b ] [ b ] 3 [\"\",\"b\",\"\"]"},
    {"letters of two bytes",
     "{{ regexSplit \"\" \"\303\251a\" -1 }} {{ mustRegexSplit \"\" \"\303\251a\" -1 }} {{ "
     "regexSplit \"\" \"\303\251a\" -1 | len }} {{ toJson (regexSplit \"\" \"\303\251a\" -1) }}",
     "[\303\251 a] [\303\251 a] 2 [\"\303\251\",\"a\"]"},
};

static const struct template_row quoted[] = {
    {"every sign", "{{ regexQuoteMeta \"\\\\.+*?()|[]{}^$\" }}",
     "\\\\\\.\\+\\*\\?\\(\\)\\|\\[\\]\\{\\}\\^\\$"},
    {"nothing to quote", "{{ regexQuoteMeta \"a-b_c/d,=:\303\251\" }}", "a-b_c/d,=:\303\251"},
    {"empty", "{{ regexQuoteMeta \"\" }}", ""},
    {"zero byte and broken UTF-8", "{{ regexQuoteMeta .bytes | b64enc }}", "/wAB"},
    {"and back", "{{ regexFind (regexQuoteMeta \"a.b*\") \"xa.b*y\" }}", "a.b*"},
};

static const struct template_row odd[] = {
    {"find in broken UTF-8", "{{ regexFind \".\" .bytes | b64enc }}", "/w=="},
    {"match U+FFFD", "{{ regexMatch \"\\\\x{fffd}\" .bytes }}", "true"},
    {"replace in broken UTF-8", "{{ regexReplaceAll \"[^a]\" .bytes \"a\" }}", "aaa"},
    {"keep what is not matched", "{{ regexReplaceAll \"\\x01\" .bytes \"z\" | b64enc }}", "/wB6"},
    {"split broken UTF-8", "{{ range regexSplit \"\" .bytes -1 }}{{ b64enc . }} {{ end }}",
     "/w== AA== AQ== "},
    {"subject by pipe goes last", "{{ .user | regexReplaceAll \"h\" \"H\" }}", "H"},
    {"types", "{{ typeOf (regexFindAll \"x\" \"y\" -1) }} {{ typeOf (regexSplit \"x\" \"y\" 0) }}",
     "[]string []string"},
    {"the same pattern again",
     "{{ range list \"a1\" \"b\" \"c3\" }}{{ regexFind \"[0-9]\" . }};{{ end }}", "1;;3;"},
};

static const struct template_row refused[] = {
    {"mustRegexMatch", "{{ mustRegexMatch \"[a\" \"b\" }}",
     "error calling mustRegexMatch: error parsing regexp: missing closing ]"},
    {"mustRegexFind", "{{ mustRegexFind \"(a\" \"b\" }}",
     "error calling mustRegexFind: error parsing regexp: missing closing )"},
    {"mustRegexFindAll", "{{ mustRegexFindAll \"a)\" \"b\" 1 }}",
     "error calling mustRegexFindAll: error parsing regexp: unexpected )"},
    {"mustRegexReplaceAll", "{{ mustRegexReplaceAll \"*\" \"b\" \"c\" }}",
     "error calling mustRegexReplaceAll: error parsing regexp: missing argument to repetition "
     "operator"},
    {"mustRegexReplaceAllLiteral", "{{ mustRegexReplaceAllLiteral \"a**\" \"b\" \"c\" }}",
     "error calling mustRegexReplaceAllLiteral: error parsing regexp: invalid nested repetition "
     "operator"},
    {"mustRegexSplit", "{{ mustRegexSplit \"a{2,1}\" \"b\" -1 }}",
     "error calling mustRegexSplit: error parsing regexp: invalid repeat count"},
    {"regexFind", "{{ regexFind \"\\\\y\" \"b\" }}",
     "error calling regexFind: error parsing regexp: invalid escape sequence"},
    {"regexFindAll", "{{ regexFindAll \"[b-a]\" \"b\" 1 }}",
     "error calling regexFindAll: error parsing regexp: invalid character class range"},
    {"regexReplaceAll", "{{ regexReplaceAll \"(?<=a)b\" \"b\" \"c\" }}",
     "error calling regexReplaceAll: error parsing regexp: invalid named capture"},
    {"regexReplaceAllLiteral", "{{ regexReplaceAllLiteral \"\\\\p{Foo}\" \"b\" \"c\" }}",
     "error calling regexReplaceAllLiteral: error parsing regexp: invalid character class range"},
    {"regexSplit", "{{ regexSplit \"a{1001}\" \"b\" 0 }}",
     "error calling regexSplit: error parsing regexp: invalid repeat count"},
    {"regexSplit of nothing", "{{ regexSplit \"(\" \"\" -1 }}",
     "error calling regexSplit: error parsing regexp: missing closing )"},
    {"bad UTF-8 in a pattern", "{{ mustRegexMatch .bytes \"b\" }}",
     "error calling mustRegexMatch: error parsing regexp: invalid UTF-8"},
    {"a number for a pattern", "{{ regexMatch 1 \"b\" }}", "expected string; found 1"},
    {"no limit", "{{ regexFindAll \"a\" \"b\" }}",
     "wrong number of args for regexFindAll: want 3 got 2"},
};

static const struct template_row limits[] = {
    {"list too long", "{{ regexFindAll \"\" (repeat 100001 \"a\") -1 }}",
     "list of more than 100000 elements"},
    {"parts too many", "{{ regexSplit \"\" (repeat 100002 \"a\") -1 }}",
     "list of more than 100000 elements"},
    {"result too long",
     "{{ regexReplaceAllLiteral \"a\" (repeat 3000 \"a\") (repeat 3000 \"b\") }}",
     "text longer than 4194304 bytes"},
    {"too much work", "{{ regexMatch \"(a{0,30}){0,30}$\" (repeat 4000000 \"a\") }}",
     "regular expression"},
};

int main(void)
{
    return TABLE_RUN("regexMatch and regexFind", found, template_rig_check_row) +
           TABLE_RUN("regexMatch of bad patterns", bad_patterns, template_rig_check_row) +
           TABLE_RUN("regexFindAll", all_found, template_rig_check_row) +
           TABLE_RUN("regexReplaceAll", replaced, template_rig_check_row) +
           TABLE_RUN("regexSplit", divided, template_rig_check_row) +
           TABLE_RUN("regexQuoteMeta", quoted, template_rig_check_row) +
           TABLE_RUN("bytes and types", odd, template_rig_check_row) +
           TABLE_RUN("refusals", refused, template_rig_refuse_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row);
}
