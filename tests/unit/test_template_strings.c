/* Functions on texts and their layout, as Go with sprig renders them. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row trim[] = {
    {"trim",
     "[{{ trim \" \\t\\r\\n a b \\v\\f\" }}] [{{ trim \"\" }}] [{{ trim \" \\n\" }}] [{{ trim "
     "\"ab\" }}]",
     "[a b] [] [] [ab]"},
    {"trim unicode",
     "[{{ trim \"\\u00a0\\u2003\\u0085h\\u00e9\\u3000\" }}] [{{ trim \"\\u200bx\\ufeff\" }}]",
     "[h\xc3\xa9] [\xe2\x80\x8bx\xef\xbb\xbf]"},
    {"trim broken",
     "{{ printf \"%q\" (trim \" \\xff \\xc3 \") }}{{ printf \"%q\" (trim \"\\xa0\\x85a\\xe2\\x80 "
     "\\x83\") }}",
     "\"\\xff \\xc3\"\"\\xa0\\x85a\\xe2\\x80 \\x83\""},
    {"trim of no string", "{{ trim 1 }}", NULL},
    {"trim of nil", "{{ trim nil }}", NULL},
    {"trim twice", "{{ trim \"a\" \"b\" }}", NULL},
    {"trimAll",
     "{{ trimAll \"$\" \"$5.00$\" }} {{ trimall \"ab\" \"abcba\" }} [{{ trimAll \"\" \" a \" }}] "
     "[{{ trimAll \"a\" \"aaa\" }}] [{{ trimAll \"a\" \"\" }}]",
     "5.00 c [ a ] [] []"},
    {"trimAll unicode", "{{ trimAll \"\\u00e9\\u20ac\" \"\\u20ac\\u00e9h\\u00e9llo\\u20ac\" }}",
     "h\xc3\xa9llo"},
    {"trimAll broken",
     "{{ printf \"%q\" (trimAll \"\\xff\" \"\\xfe\\ufffdx\\x80\\ufffd\") }}{{ printf \"%q\" "
     "(trimAll \"\\ufffd\" \"\\xc3x\\xc3\") }}{{ printf \"%q\" (trimAll \"\\xc3\\xa9\" "
     "\"\\xc3\\u00e9\\xa9\") }}",
     "\"x\"\"x\"\"\\xc3\xc3\xa9\\xa9\""},
    {"trimAll of no string", "{{ trimAll 1 \"a\" }}", NULL},
    {"trimSuffix",
     "{{ trimSuffix \"-\" \"a--\" }} {{ trimSuffix \"\" \"a\" }} {{ trimSuffix \"aa\" \"a\" }} [{{ "
     "trimSuffix \"a\" \"a\" }}] {{ trimSuffix \"\\xa9\" \"h\\u00e9\" | printf \"%q\" }}",
     "a- a a [] \"h\\xc3\""},
    {"trimPrefix",
     "{{ trimPrefix \"-\" \"--a\" }} {{ trimPrefix \"\" \"a\" }} {{ trimPrefix \"aa\" \"a\" }} [{{ "
     "trimPrefix \"a\" \"a\" }}] {{ trimPrefix \"\\xc3\" \"\\u00e9h\" | printf \"%q\" }}",
     "-a a a [] \"\\xa9h\""},
    {"trimSuffix of no string", "{{ trimSuffix \"a\" .n | int | trimSuffix \"a\" }}", NULL},
};

static const struct template_row cases[] = {
    {"upper", "{{ upper \"aZ09 -z{`\" }} [{{ upper \"\" }}] {{ .unicode | upper }}",
     "AZ09 -Z{` [] H\xc3\x89LLO W\xc3\x96RLD"},
    {"upper special",
     "{{ upper \"\\u00df\\u01c6\\u0131\\u017f\\u00b5\\ufb01\\U00010428\\u0250\" }}",
     "\xc3\x9f\xc7\x84IS\xce\x9c\xef\xac\x81\xf0\x90\x90\x80\xe2\xb1\xaf"},
    {"upper broken",
     "{{ printf \"%q\" (upper \"a\\xff\\xc3b\\xe2\\x82\") }}{{ printf \"%q\" (upper .bytes) }}",
     "\"A\xef\xbf\xbd\xef\xbf\xbd"
     "B\xef\xbf\xbd\xef\xbf\xbd\"\"\xef\xbf\xbd\\x00\\x01\""},
    {"upper of no string", "{{ upper 1 }}", NULL},
    {"lower",
     "{{ lower \"aZ09 -Z[@\" }} [{{ lower \"\" }}] {{ lower \"H\\u00c9LLO "
     "\\u0130\\u01c5\\u03a3\\u1e9e\" }}",
     "az09 -z[@ [] h\xc3\xa9llo i\xc7\x86\xcf\x83\xc3\x9f"},
    {"lower broken", "{{ printf \"%q\" (lower \"A\\xffB\") }}",
     "\"a\xef\xbf\xbd"
     "b\""},
    {"lower of a list", "{{ lower (list \"A\") }}", NULL},
    {"title",
     "{{ title \"hello world a_b o'neil x-y.z 1st\" }} [{{ title \"\" }}] {{ title \"aBC DEF\" }}",
     "Hello World A_b O'Neil X-Y.Z 1st [] ABC DEF"},
    {"title unicode",
     "{{ title \"\\u00e9a \\u01c6x \\u00abab\\u00bb a\\u2003b a\\u0301b \\u0663a\" }}",
     "\xc3\x89"
     "a \xc7\x85x \xc2\xab"
     "ab\xc2\xbb A\xe2\x80\x83"
     "B A\xcc\x81"
     "b \xd9\xa3"
     "a"},
    {"title broken", "{{ printf \"%q\" (title \"a\\xffb \\xffc\") }}",
     "\"A\xef\xbf\xbd"
     "b \xef\xbf\xbd"
     "c\""},
    {"title of nil", "{{ title nil }}", NULL},
    {"untitle",
     "{{ untitle \"Hello WORLD A_B\\tX-Y  Z\" }} [{{ untitle \"\" }}] {{ untitle \"\\u00c9A "
     "\\u01c5X\\u00a0Y\" }}",
     "hello wORLD a_B\tx-Y  z [] \xc3\xa9"
     "A \xc7\x86X\xc2\xa0y"},
    {"untitle broken", "{{ printf \"%q\" (untitle \"\\xffA B\") }}",
     "\"\xef\xbf\xbd"
     "A b\""},
    {"swapcase",
     "{{ swapcase \"aB cD  eF 1g h2i -jK\" }} [{{ swapcase \"\" }}] {{ swapcase \"\\u01c5a\\u01c6 "
     "\\u01c6 \\u00df\\u00a0x\" }}",
     "Ab Cd  Ef 1G H2I -Jk [] \xc7\x86"
     "A\xc7\x84 \xc7\x85 \xc3\x9f\xc2\xa0X"},
    {"swapcase broken", "{{ printf \"%q\" (swapcase \"a\\xffb\") }}",
     "\"A\xef\xbf\xbd"
     "B\""},
    {"swapcase of no string", "{{ swapcase true }}", NULL},
};

static const struct template_row edit[] = {
    {"repeat",
     "{{ repeat 3 \"ab\" }} [{{ repeat 0 \"ab\" }}] [{{ repeat 5 \"\" }}] {{ repeat 1 \"x\" }} {{ "
     "repeat 7 \"-\" }}",
     "ababab [] [] x -------"},
    {"repeat bytes", "{{ printf \"%q\" (repeat 2 \"\\xff\\x00\") }}", "\"\\xff\\x00\\xff\\x00\""},
    {"repeat less than never", "{{ repeat -1 \"a\" }}", NULL},
    {"repeat less than never of nothing", "{{ repeat -1 \"\" }}", NULL},
    {"repeat by int64", "{{ repeat (int64 2) \"a\" }}", NULL},
    {"repeat by text", "{{ repeat \"2\" \"a\" }}", NULL},
    {"substr",
     "{{ substr 0 2 \"hello\" }} {{ substr 1 -1 \"hello\" }} {{ substr -1 2 \"hello\" }} {{ substr "
     "2 99 \"hello\" }} [{{ substr 5 5 \"hello\" }}] [{{ substr -3 0 \"\" }}]",
     "he ello he llo [] []"},
    {"substr bytes", "{{ printf \"%q\" (substr 1 2 .unicode) }}", "\"\\xc3\""},
    {"substr backwards", "{{ substr 3 2 \"hello\" }}", NULL},
    {"substr behind the end", "{{ substr 6 9 \"hello\" }}", NULL},
    {"substr to before the start", "{{ substr -1 -1 \"hello\" }}", NULL},
    {"substr to behind the end", "{{ substr -1 6 \"hello\" }}", NULL},
    {"substr far behind", "{{ substr 9223372036854775807 -1 \"a\" }}", NULL},
    {"substr by float", "{{ substr 0 1.5 \"hello\" }}", NULL},
    {"trunc",
     "{{ trunc 2 \"hello\" }} {{ trunc -2 \"hello\" }} {{ trunc 9 \"hello\" }} {{ trunc -9 "
     "\"hello\" }} [{{ trunc 0 \"hello\" }}] {{ trunc -5 \"hello\" }}",
     "he lo hello hello [] hello"},
    {"trunc bytes",
     "{{ printf \"%q\" (trunc 2 .unicode) }}{{ printf \"%q\" (trunc -1 \"\\u00e9\") }}",
     "\"h\\xc3\"\"\\xa9\""},
    {"trunc at the edge",
     "{{ trunc 9223372036854775807 \"a\" }} {{ trunc -9223372036854775808 \"a\" }}", "a a"},
    {"trunc of no string", "{{ trunc 1 (list) }}", NULL},
    {"replace",
     "{{ replace \"a\" \"bb\" \"banana\" }} {{ replace \"x\" \"y\" \"banana\" }} {{ replace \"an\" "
     "\"\" \"banana\" }} {{ replace \"aa\" \"b\" \"aaaaa\" }} [{{ replace \"a\" \"\" \"a\" }}] {{ "
     "replace \"a\" \"a\" \"a\" }}",
     "bbbnbbnbb banana ba bba [] a"},
    {"replace nothing",
     "{{ replace \"\" \"-\" \"ab\" }} {{ replace \"\" \"-\" \"\" }} {{ replace \"\" \"-\" "
     "\"h\\u00e9\" }} {{ replace \"\" \"\" \"ab\" }}",
     "-a-b- - -h-\xc3\xa9- ab"},
    {"replace bytes",
     "{{ printf \"%q\" (replace \"\\xff\" \"\\u00e9\" .bytes) }}{{ printf \"%q\" (replace "
     "\"\\x00\" \"\\x00\\x00\" .bytes) }}{{ printf \"%q\" (replace \"\" \"-\" "
     "\"\\xffa\\xe2\\x82\") }}",
     "\"\xc3\xa9\\x00\\x01\"\"\\xff\\x00\\x00\\x01\"\"-\\xff-a-\\xe2-\\x82-\""},
    {"replace by no string", "{{ replace \"a\" 1 \"a\" }}", NULL},
    {"contains",
     "{{ contains \"an\" \"banana\" }} {{ contains \"x\" \"banana\" }} {{ contains \"\" \"\" }} {{ "
     "contains \"a\" \"\" }} {{ contains \"\\xff\\x00\" .bytes }}",
     "true false true false true"},
    {"contains no string", "{{ contains 1 \"1\" }}", NULL},
    {"hasPrefix",
     "{{ hasPrefix \"ba\" \"banana\" }} {{ hasPrefix \"an\" \"banana\" }} {{ hasPrefix \"\" \"\" "
     "}} {{ hasPrefix \"ab\" \"a\" }} {{ hasPrefix \"\\xc3\" \"\\u00e9\" }}",
     "true false true false true"},
    {"hasSuffix",
     "{{ hasSuffix \"na\" \"banana\" }} {{ hasSuffix \"an\" \"banana\" }} {{ hasSuffix \"\" \"\" "
     "}} {{ hasSuffix \"ab\" \"b\" }} {{ hasSuffix \"\\xa9\" \"\\u00e9\" }}",
     "true false true false true"},
    {"plural",
     "{{ plural \"one\" \"many\" 1 }} {{ plural \"one\" \"many\" 0 }} {{ plural \"one\" \"many\" "
     "-1 }} {{ plural \"one\" \"many\" 1.0 }} {{ plural \"one\" \"many\" (len \"a\") }}",
     "one many many one one"},
    {"plural of int64", "{{ plural \"one\" \"many\" (int64 1) }}", NULL},
    {"plural of half", "{{ plural \"one\" \"many\" 1.5 }}", NULL},
    {"hello", "{{ hello }}", "Hello!"},
    {"hello you", "{{ hello \"you\" }}", NULL},
};

static const struct template_row show[] = {
    {"quote",
     "{{ quote \"a\" }} {{ quote \"a\\\"b\\\\c\\n\" 1 1.5 true nil \"\" }} [{{ quote }}] [{{ quote "
     "nil }}]",
     "\"a\" \"a\\\"b\\\\c\\n\" \"1\" \"1.5\" \"true\" \"\" [] []"},
    {"quote values",
     "{{ quote (list 1 \"a\" nil) (dict \"k\" \"v\") }} {{ quote .unicode .bytes "
     "\"\\u00ad\\U0001f600\\x7f\" }}",
     "\"[1 a <nil>]\" \"map[k:v]\" \"h\xc3\xa9llo w\xc3\xb6rld\" \"\\xff\\x00\\x01\" "
     "\"\\u00ad\xf0\x9f\x98\x80\\x7f\""},
    {"quote typed",
     "{{ quote (until 3) (split \",\" \"a,b\") (fromJson \"1e6\") (fromJson \"null\") }}",
     "\"[0 1 2]\" \"map[_0:a _1:b]\" \"1e+06\""},
    {"squote",
     "{{ squote \"it's\" 1 1.5 true nil \"\" }} [{{ squote }}] [{{ squote nil nil }}] {{ squote "
     "(list 1 \"a\" nil) (dict \"k\" \"v\") }}",
     "'it's' '1' '1.5' 'true' '' [] [] '[1 a <nil>]' 'map[k:v]'"},
    {"squote bytes", "{{ printf \"%q\" (squote .bytes) }}", "\"'\\xff\\x00\\x01'\""},
    {"cat",
     "{{ cat \"a\" 1 1.5 true nil \"b\" }} [{{ cat }}] [{{ cat nil }}] [{{ cat \" a \" \"b \" }}] "
     "{{ cat (list 1 nil) (dict \"k\" \"v\") }} [{{ cat \"\" \"\" }}]",
     "a 1 1.5 true b [] [] [ a  b ] [1 <nil>] map[k:v] [ ]"},
    {"cat bytes", "{{ printf \"%q\" (cat .bytes \"%d\" \"%\") }}", "\"\\xff\\x00\\x01 %d %\""},
    {"toString",
     "{{ toString \"a\" }} {{ toString 1 }} {{ toString 1e6 }} {{ toString nil }} {{ toString "
     "(list 1 nil) }} {{ toString (fromJson \"12345678\") }} {{ toString 'a' }} {{ toString 1i }} "
     "{{ toString . | len }}",
     "a 1 1e+06 <nil> [1 <nil>] 1.2345678e+07 97 (0+1i) 185"},
    {"toString of two", "{{ toString 1 2 }}", NULL},
    {"toStrings",
     "{{ toStrings (list 1 \"a\" nil 2.5 (list \"x\")) }} {{ toStrings \"a\" }} {{ toStrings nil "
     "}} {{ toStrings (until 2) }} {{ toStrings (dict \"k\" 1) }} {{ toStrings (list) | toJson }} "
     "{{ toStrings nil | toJson }}",
     "[1 a 2.5 [x]] [a] [] [0 1] [map[k:1]] [] []"},
    {"toStrings type",
     "{{ toStrings (list 1) | typeOf }} {{ toStrings (chunk 1 (list 1 2)) | toJson }}",
     "[]string [\"[1]\",\"[2]\"]"},
    {"join",
     "{{ join \"-\" (list 1 \"a\" nil 2.5) }} {{ join \",\" \"a\" }} [{{ join \",\" nil }}] [{{ "
     "join \",\" (list) }}] {{ join \"\" (until 3) }} {{ join \", \" (splitList \",\" .list) }} {{ "
     "join \"-\" 1.50 }} [{{ join \"-\" (list nil) }}] [{{ join \"-\" (list \"\" \"\") }}]",
     "1-a-2.5 a [] [] 012 a, b, c 1.5 [] [-]"},
    {"join bytes", "{{ printf \"%q\" (join \"\\x00\" (list .bytes \"\\xfe\")) }}",
     "\"\\xff\\x00\\x01\\x00\\xfe\""},
    {"join by no string", "{{ join 1 (list \"a\") }}", NULL},
    {"sortAlpha",
     "{{ sortAlpha (list \"b\" \"a\" \"B\" 10 2 nil \"\" \"a\") }} {{ sortAlpha \"b\" }} {{ "
     "sortAlpha 1 }} {{ sortAlpha (list) }} {{ sortAlpha (list \"\\u00e9\" \"z\" \"\\xff\") | join "
     "\"\" | printf \"%q\" }}",
     "[ 10 2 B a a b] [b] [1] [] \"z\xc3\xa9\\xff\""},
    {"sortAlpha of nil",
     "{{ sortAlpha nil }} {{ sortAlpha (list nil) }} {{ sortAlpha (dict \"b\" 1 \"a\" 2) }}",
     "[<nil>] [] [map[a:2 b:1]]"},
    {"sortAlpha in place",
     "{{ $l := splitList \",\" \"c,b,a\" }}{{ $m := list \"c\" \"b\" }}{{ sortAlpha $l }}{{ "
     "sortAlpha $m }}{{ $l }}{{ $m }}",
     "[a b c][b c][a b c][c b]"},
    {"sortAlpha of a part in place",
     "{{ $l := splitList \",\" \"c,b,a\" }}{{ sortAlpha (slice $l 0 2) }}{{ $l }}", "[b c][b c a]"},
};

static const struct template_row split[] = {
    {"split",
     "{{ split \",\" \"a,b,,c\" }} {{ split \",\" \"\" }} {{ split \"x\" \"abc\" }} {{ (split "
     "\",\" .list)._2 }}",
     "map[_0:a _1:b _2: _3:c] map[_0:] map[_0:abc] c"},
    {"split runes",
     "{{ split \"\" \"h\\u00e9\" }} {{ split \"\" \"\" }} {{ split \"\" \"\\xff\\u00e9\" | toJson "
     "}}",
     "map[_0:h _1:\xc3\xa9] map[] {\"_0\":\"\\ufffd\",\"_1\":\"\xc3\xa9\"}"},
    {"split in many", "{{ split \"\" \"0123456789ab\" }}",
     "map[_0:0 _1:1 _10:a _11:b _2:2 _3:3 _4:4 _5:5 _6:6 _7:7 _8:8 _9:9]"},
    {"split in a hundred",
     "{{ $m := split \"\" (repeat 101 \"a\") }}{{ len $m }} {{ range $k, $v := $m }}{{ $k }}{{ end "
     "}}",
     "101 "
     "_0_1_10_100_11_12_13_14_15_16_17_18_19_2_20_21_22_23_24_25_26_27_28_29_3_30_31_32_33_34_35_"
     "36_37_38_39_4_40_41_42_43_44_45_46_47_48_49_5_50_51_52_53_54_55_56_57_58_59_6_60_61_62_63_64_"
     "65_66_67_68_69_7_70_71_72_73_74_75_76_77_78_79_8_80_81_82_83_84_85_86_87_88_89_9_90_91_92_93_"
     "94_95_96_97_98_99"},
    {"split type", "{{ split \",\" \"a\" | typeOf }} {{ split \",\" \"a,b\" | toJson }}",
     "map[string]string {\"_0\":\"a\",\"_1\":\"b\"}"},
    {"split misses", "{{ (split \",\" \"a\")._1 }}", NULL},
    {"split by no string", "{{ split 1 \"a\" }}", NULL},
    {"splitn",
     "{{ splitn \",\" 2 \"a,b,c\" }} {{ splitn \",\" -1 \"a,b\" }} {{ splitn \",\" 0 \"a,b\" }} {{ "
     "splitn \",\" 1 \"a,b\" }} {{ splitn \",\" 99 \"a,b\" }} {{ splitn \",\" 2 \"\" }} {{ splitn "
     "\",\" 9223372036854775807 \"a\" }}",
     "map[_0:a _1:b,c] map[_0:a _1:b] map[] map[_0:a,b] map[_0:a _1:b] map[_0:] map[_0:a]"},
    {"splitn runes",
     "{{ splitn \"\" 2 \"h\\u00e9l\" }} {{ splitn \"\" 2 \"\" }} {{ splitn \"\" 1 \"ab\" }} {{ "
     "splitn \"\" 9 \"ab\" }}",
     "map[_0:h _1:\xc3\xa9l] map[] map[_0:ab] map[_0:a _1:b]"},
    {"splitn by text", "{{ splitn \",\" \"2\" \"a\" }}", NULL},
    {"splitList",
     "{{ splitList \",\" \"a,b,,c\" }} {{ splitList \",\" \"\" | toJson }} {{ splitList \"\" "
     "\"h\\u00e9\" | toJson }} {{ splitList \"\" \"\" | toJson }} {{ splitList \"ab\" \"abab\" | "
     "toJson }} {{ splitList \",\" .list | typeOf }}",
     "[a b  c] [\"\"] [\"h\",\"\xc3\xa9\"] [] [\"\",\"\",\"\"] []string"},
    {"splitList bytes",
     "{{ range splitList \"\\x00\" .bytes }}{{ printf \"%q\" . }}{{ end }} {{ range splitList \"\" "
     "\"a\\xff\\xe2\\x82\" }}{{ printf \"%q\" . }}{{ end }}",
     "\"\\xff\"\"\\x01\" \"a\"\"\\xff\"\"\\xe2\"\"\\x82\""},
    {"splitList of no string", "{{ splitList \",\" 1 }}", NULL},
};

static const struct template_row layout[] = {
    {"abbrev",
     "{{ abbrev 5 \"hello world\" }} {{ abbrev 4 \"hello\" }} {{ abbrev 3 \"hello\" }} {{ abbrev 5 "
     "\"hello\" }} [{{ abbrev 5 \"\" }}] {{ abbrev -1 \"hello\" }} {{ abbrev 9223372036854775807 "
     "\"hello\" }}",
     "he... h... hello hello [] hello hello"},
    {"abbrev bytes", "{{ printf \"%q\" (abbrev 5 .unicode) }}", "\"h\\xc3...\""},
    {"abbrev of no string", "{{ abbrev 5 5 }}", NULL},
    {"abbrevboth",
     "{{ abbrevboth 5 10 \"1234 5678 9123\" }} {{ abbrevboth 0 10 \"1234 5678 9123\" }} {{ "
     "abbrevboth 4 10 \"1234 5678 9123\" }} {{ abbrevboth 9 10 \"1234 5678 9123\" }} {{ abbrevboth "
     "99 10 \"1234 5678 9123\" }}",
     "...5678... 1234 56... 1234 56... ...78 9123 ...78 9123"},
    {"abbrevboth too narrow",
     "{{ abbrevboth 0 3 \"hello\" }} {{ abbrevboth 1 6 \"hello world\" }} {{ abbrevboth 0 4 "
     "\"hello\" }} {{ abbrevboth -5 4 \"hello\" }} {{ abbrevboth 5 7 \"0123456789abcdef\" }}",
     "hello hello world h... h... ...5..."},
    {"abbrevboth at the edge",
     "{{ abbrevboth -9223372036854775808 10 \"1234 5678 9123\" }} [{{ abbrevboth "
     "-9223372036854775808 5 \"1234 5678 9123\" }}] {{ abbrevboth 9223372036854775807 "
     "9223372036854775807 \"a\" }}",
     "...78 9123 [] a"},
    {"indent",
     "[{{ indent 2 \"a\\nb\\n\\n\" }}] [{{ indent 2 \"\" }}] [{{ indent 0 \"a\\nb\" }}] [{{ indent "
     "1 \"\\r\\n\" }}]",
     "[  a\n  b\n  \n  ] [  ] [a\nb] [ \r\n ]"},
    {"indent less than none", "{{ indent -1 \"a\" }}", NULL},
    {"indent by int64", "{{ indent (add 1 1) \"a\" }}", NULL},
    {"nindent", "[{{ nindent 2 \"a\\nb\" }}] [{{ nindent 0 \"\" }}]", "[\n  a\n  b] [\n]"},
    {"nindent less than none", "{{ nindent -1 \"a\" }}", NULL},
    {"wrap",
     "{{ wrap 5 \"one two three four\" | toJson }} {{ wrap 80 \"one\" }} [{{ wrap 5 \"\" }}] {{ "
     "wrap 0 \"a b c\" | toJson }} {{ wrap -1 \"ab c\" | toJson }}",
     "\"one\\ntwo\\nthree\\nfour\" one [] \"a\\nb\\nc\" \"ab\\nc\""},
    {"wrap spaces",
     "{{ wrap 3 \"  one  two   three \" | toJson }} {{ wrap 2 \"    \" | toJson }} {{ wrap 3 \"abc "
     "def\" | toJson }} {{ wrap 3 \"abcdefg h\" | toJson }} {{ wrap 3 \"a\\nb\\nc d\" | toJson }}",
     "\"one\\ntwo\\nthree\\n\" \"  \" \"abc\\ndef\" \"abcdefg\\nh\" \"a\\nb\\nc\\nd\""},
    {"wrap bytes", "{{ printf \"%q\" (wrap 2 \"\\u00e9\\u00e9 \\u00e9\") }}",
     "\"\xc3\xa9\xc3\xa9\\n\xc3\xa9\""},
    {"wrap by text", "{{ wrap \"5\" \"a\" }}", NULL},
    {"wrapWith",
     "{{ wrapWith 5 \"|\" \"one two three four\" }} {{ wrapWith 3 \"\" \"abcdefg h\" | toJson }} "
     "{{ wrapWith 0 \"-\" \"abc\" }} {{ wrapWith 3 \"--\" \"abcdef\" }} [{{ wrapWith 3 \"-\" \"\" "
     "}}] {{ wrapWith 9223372036854775807 \"-\" \"ab\" }}",
     "one|two|three|four \"abc\\ndef\\ng h\" a-b-c abc--def [] ab"},
    {"wrapWith bytes", "{{ printf \"%q\" (wrapWith 1 \"\\xff\" \"\\u00e9\") }}",
     "\"\\xc3\\xff\\xa9\""},
    {"nospace", "{{ nospace \" h e\\tl\\nlo \" }} [{{ nospace \"\" }}] {{ nospace \"abc\" }}",
     "hello [] abc"},
    {"nospace bytes",
     "{{ printf \"%q\" (nospace .unicode) }}{{ printf \"%q\" (nospace \"h\\u00e9\") }}{{ printf "
     "\"%q\" (nospace \"\\u00e0\\x85\") }}{{ printf \"%q\" (nospace \"\\u2003\") }}",
     "\"h\xc3\x83\xc2\xa9llow\xc3\x83\xc2\xb6rld\"\"h\xc3\xa9\"\"\xc3\x83\"\"\\u2003\""},
    {"nospace of no string", "{{ nospace 1 }}", NULL},
    {"initials",
     "{{ initials \"First Try\" }} [{{ initials \"\" }}] {{ initials \"  a\\tb-c\\nd \" }}",
     "FT [] abd"},
    {"initials bytes", "{{ printf \"%q\" (initials \"\\u00e9a \\u00e0b \\xffc\") }}",
     "\"\xc3\x83\xc3\x83"
     "b\xc3\xbf\""},
    {"initials of a list", "{{ initials (list \"a\") }}", NULL},
};

static const struct template_row words[] = {
    {"snakecase",
     "{{ range list \"FirstName\" \"HTTPServer\" \"NoHTTPS\" \"GO_PATH\" \"GO PATH\" \"GO-PATH\" "
     "\"http2xx\" \"HTTP20xOK\" \"Duration2m3s\" \"Bld4Floor3rd\" \"\" \"a\" \"A\" \"AB\" \"aB\" "
     "\"_a__B_\" }}{{ snakecase . }}|{{ end }}",
     "first_name|http_server|no_https|go_path|go_path|go_path|http_2xx|http_20x_ok|duration_2m3s|"
     "bld4_floor_3rd||a|a|ab|a_b|_a__b_|"},
    {"snakecase of numbers",
     "{{ range list \"2\" \"a2\" \"2a\" \"A2\" \"2A\" \"a2b\" \"A2B\" \"a2B\" \"A2b\" \"ab12cd34\" "
     "\"1 2\" \"1.2\" \"v1.2.3\" \"X2 Y\" \"12Ab\" \"B2-c\" \"a2_\" \"a1b2C3\" }}{{ snakecase . "
     "}}|{{ end }}",
     "2|a2|2a|a2|2_a|a_2b|a2_b|a2_b|a_2b|ab_12cd34|1_2|1.2|v1.2.3|x2_y|12_ab|b2_c|a2_|a_1b2_c3|"},
    {"snakecase of others",
     "{{ range list \"a.b\" \"A.B\" \"a$b\" \"A+B\" \"$A\" \"a+2\" \"\\u65e5\\u672c\" "
     "\"A\\u65e5B\" \"a\\u65e5\" \"\\u65e52\" \"\\u00c9T\\u00c9\" \"\\u00c9cole\" \"\\u01c5x\" "
     "\"a\\u00a0B\" \"\\u2167A\" \"A\\u0301b\" }}{{ snakecase . }}|{{ end }}",
     "a.b|a.b|a_$_b|a_+_b|$_a|a_+2|\xe6\x97\xa5\xe6\x9c\xac|a_\xe6\x97\xa5_b|a_\xe6\x97\xa5|"
     "\xe6\x97\xa5"
     "2|\xc3\xa9t\xc3\xa9|\xc3\xa9"
     "cole|\xc7\x85x|a_b|\xe2\x85\xa7_a|a_\xcc\x81_b|"},
    {"snakecase broken",
     "{{ printf \"%q\" (snakecase \"A\\xffB\") }}{{ printf \"%q\" (snakecase \"a\\xffB\\xff\") "
     "}}{{ printf \"%q\" (snakecase \"\\xff\") }}{{ printf \"%q\" (snakecase \"\\xffA\") }}{{ "
     "printf \"%q\" (snakecase \"2\\xff\") }}{{ printf \"%q\" (snakecase \" \\xff_\\ufffd\") }}{{ "
     "printf \"%q\" (snakecase \"AB\\xffCd\") }}",
     "\"a\xef\xbf\xbd"
     "b\"\"a_\xef\xbf\xbd"
     "b\xef\xbf\xbd\"\"\\xff\"\"\xef\xbf\xbd"
     "a\"\"2\\xff\"\"_\xef\xbf\xbd_\xef\xbf\xbd\"\"ab_\xef\xbf\xbd"
     "cd\""},
    {"snakecase of no string", "{{ snakecase 1 }}", NULL},
    {"kebabcase",
     "{{ range list \"FirstName\" \"HTTPServer\" \"GO_PATH x\" \"http2xx\" \"\" \"_-A\" }}{{ "
     "kebabcase . }}|{{ end }}",
     "first-name|http-server|go-path-x|http-2xx||--a|"},
    {"kebabcase of nil", "{{ kebabcase nil }}", NULL},
    {"camelcase",
     "{{ range list \"http_server\" \"some words\" \"no-https\" \"_complex__case_\" "
     "\"GOLANG_IS_GREAT\" \"HTTPServer\" \"firstName\" \"\" \"a\" \"_\" \"__\" \"-a\" \"a_\" "
     "\"aB_cD\" \"HTTPServer2Go\" }}{{ camelcase . }}|{{ end }}",
     "HttpServer|SomeWords|NoHttps|_Complex_Case_|GolangIsGreat|Httpserver|FirstName||A|__|___|-A|"
     "A_|ABCD|Httpserver2Go|"},
    {"camelcase unicode",
     "{{ range list \"\\u00e9cole_\\u00e9t\\u00e9\" \"\\u01c6_\\u01c5\" \"a\\u2003b\" \"\\u0131x\" "
     "}}{{ camelcase . }}|{{ end }}",
     "\xc3\x89"
     "cole\xc3\x89t\xc3\xa9|\xc7\x84\xc7\x84|AB|Ix|"},
    {"camelcase broken", "{{ printf \"%q\" (camelcase \"\\xffa_\\xffB\\xc3\") }}",
     "\"\xef\xbf\xbd"
     "a\xef\xbf\xbd"
     "B\xef\xbf\xbd\""},
    {"camelcase of no string", "{{ camelcase true }}", NULL},
};

static const struct template_row refusals[] = {
    {"repeat", "{{ repeat -1 \"a\" }}", "error calling repeat: strings: negative Repeat count"},
    {"indent", "{{ indent -1 \"a\" }}", "error calling indent: strings: negative Repeat count"},
    {"substr", "{{ substr 3 2 .pass }}",
     "error calling substr: runtime error: slice bounds out of range"},
};

static const struct template_row limits[] = {
    {"repeat", "{{ repeat 100000000 \"x\" }}", "text longer"},
    {"repeat beyond all", "{{ repeat 9223372036854775807 \"xyz\" }}", "more than"},
    {"repeat over the longest text", "{{ repeat 5000000 \"x\" | len }}", "text longer"},
    {"doubling", "{{ $x := .user }}{{ range until 40 }}{{ $x = cat $x $x }}{{ end }}",
     "text longer"},
    {"replace grows", "{{ replace \"\" (repeat 1000 \"x\") (repeat 10000 \"x\") | len }}",
     "text longer"},
    {"replace for ever",
     "{{ $x := repeat 4000000 \"a\" }}{{ range until 10000 }}{{ if replace \"b\" \"c\" $x }}{{ end "
     "}}{{ end }}",
     "more than"},
    {"trimAll against many",
     "{{ $c := printf \"%sa\" (repeat 1000000 \"\\u00e9\") }}{{ trimAll $c (repeat 1000000 \"a\") "
     "| len }}",
     "more than"},
    {"split into too many", "{{ splitList \"\" (repeat 100001 \"a\") | len }}", ""},
    {"split map into too many", "{{ split \",\" (repeat 100001 \",\") | len }}", ""},
    {"sort of long texts",
     "{{ $x := repeat 4000000 \"a\" }}{{ $l := list }}{{ range until 1000 }}{{ $l = append $l $x "
     "}}{{ end }}{{ sortAlpha $l | len }}",
     "more than"},
    {"join of long texts",
     "{{ $x := repeat 4000000 \"a\" }}{{ $l := list }}{{ range until 1000 }}{{ $l = append $l $x "
     "}}{{ end }}{{ join \"\" $l | len }}",
     ""},
    {"indent far", "{{ indent 9223372036854775807 \"a\" }}", "text longer"},
    {"indent many lines", "{{ indent 1000 (repeat 10000 \"\\n\") | len }}", "text longer"},
    {"wrap with a long text", "{{ wrapWith 1 (repeat 1000 \"x\") (repeat 10000 \"a\") | len }}",
     "text longer"},
    {"quote for ever",
     "{{ $x := repeat 4000000 \"\\u00e9\" }}{{ range until 10000 }}{{ if quote $x }}{{ end }}{{ "
     "end }}",
     "text longer"},
};

int main(void)
{
    return TABLE_RUN("trim", trim, template_rig_check_row) +
           TABLE_RUN("case", cases, template_rig_check_row) +
           TABLE_RUN("edit", edit, template_rig_check_row) +
           TABLE_RUN("print", show, template_rig_check_row) +
           TABLE_RUN("split", split, template_rig_check_row) +
           TABLE_RUN("layout", layout, template_rig_check_row) +
           TABLE_RUN("words", words, template_rig_check_row) +
           TABLE_RUN("refusals", refusals, template_rig_refuse_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row);
}
