/* URLs and paths, as Go with sprig reads and writes them. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row parsed[] = {
    {"everything",
     "{{ $u := urlParse \"HTTPS://user:p%40ss@Example.com:8443/a%20b/c?x=1&y#fr%20ag\" }}{{ range "
     "$k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v }} {{ end }}{{ end }}",
     "fragment=\"fr ag\" host=\"Example.com:8443\" hostname=\"Example.com\" path=\"/a b/c\" "
     "query=\"x=1&y\" scheme=\"https\" userinfo=\"user:p%40ss\" "},
    {"nothing",
     "{{ $u := urlParse \"\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v }} "
     "{{ end }}{{ end }}",
     ""},
    {"star",
     "{{ $u := urlParse \"*\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v }} "
     "{{ end }}{{ end }}",
     "path=\"*\" "},
    {"path only",
     "{{ $u := urlParse \"/a/b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     "path=\"/a/b\" "},
    {"relative",
     "{{ $u := urlParse \"a/b?c\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     "path=\"a/b\" query=\"c\" "},
    {"opaque",
     "{{ $u := urlParse \"mailto:a@b.c?d#e\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "fragment=\"e\" opaque=\"a@b.c\" query=\"d\" scheme=\"mailto\" "},
    {"scheme with signs",
     "{{ $u := urlParse \"a+b-1.c://h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"a+b-1.c\" "},
    {"scheme of digits",
     "{{ $u := urlParse \"1http://h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"no authority",
     "{{ $u := urlParse \"file:///a/b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "path=\"/a/b\" scheme=\"file\" "},
    {"slash behind a scheme",
     "{{ $u := urlParse \"x:/a\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     "path=\"/a\" scheme=\"x\" "},
    {"triple slash",
     "{{ $u := urlParse \"///a/b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     "path=\"///a/b\" "},
    {"no scheme",
     "{{ $u := urlParse \"//h/p\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" path=\"/p\" "},
    {"empty query",
     "{{ $u := urlParse \"http://h/?\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" path=\"/\" scheme=\"http\" "},
    {"query in query",
     "{{ $u := urlParse \"http://h/?a?b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" path=\"/\" query=\"a?b\" scheme=\"http\" "},
    {"two question marks",
     "{{ $u := urlParse \"http://h/??\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" path=\"/\" query=\"?\" scheme=\"http\" "},
    {"query as it is",
     "{{ $u := urlParse \"http://h/?%zz x\\u00e9\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k "
     "}}={{ printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" path=\"/\" query=\"%zz x\xc3\xa9\" scheme=\"http\" "},
    {"fragment in fragment",
     "{{ $u := urlParse \"http://h/#a#b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "fragment=\"a#b\" host=\"h\" hostname=\"h\" path=\"/\" scheme=\"http\" "},
    {"user alone",
     "{{ $u := urlParse \"http://u@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" userinfo=\"u\" "},
    {"empty user",
     "{{ $u := urlParse \"http://@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" "},
    {"empty password",
     "{{ $u := urlParse \"http://u:@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" userinfo=\"u:\" "},
    {"password with colon",
     "{{ $u := urlParse \"http://u:p:q@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" userinfo=\"u:p%3Aq\" "},
    {"user with at",
     "{{ $u := urlParse \"http://a@b@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" userinfo=\"a%40b\" "},
    {"escaped user",
     "{{ $u := urlParse \"http://a%2fb:%3a@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" userinfo=\"a%2Fb:%3A\" "},
    {"reserved in user",
     "{{ $u := urlParse \"http://a;b&c=d+$,@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\" hostname=\"h\" scheme=\"http\" userinfo=\"a;b&c=d+$,\" "},
    {"IPv4",
     "{{ $u := urlParse \"http://1.2.3.4:80/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"1.2.3.4:80\" hostname=\"1.2.3.4\" path=\"/\" scheme=\"http\" "},
    {"IPv6",
     "{{ $u := urlParse \"http://[::1]:80/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"[::1]:80\" hostname=\"::1\" path=\"/\" scheme=\"http\" "},
    {"IPv6 without port",
     "{{ $u := urlParse \"http://[2001:DB8::1]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"[2001:DB8::1]\" hostname=\"2001:DB8::1\" scheme=\"http\" "},
    {"zone",
     "{{ $u := urlParse \"http://[fe80::1%25eth0]:1/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k "
     "}}={{ printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"[fe80::1%eth0]:1\" hostname=\"fe80::1%eth0\" path=\"/\" scheme=\"http\" "},
    {"zone with space",
     "{{ $u := urlParse \"http://[fe80::1%25e%20a]/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k "
     "}}={{ printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"[fe80::1%e a]\" hostname=\"fe80::1%e a\" path=\"/\" scheme=\"http\" "},
    {"mapped IPv4",
     "{{ $u := urlParse \"http://[::ffff:1.2.3.4]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k "
     "}}={{ printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"[::ffff:1.2.3.4]\" hostname=\"::ffff:1.2.3.4\" scheme=\"http\" "},
    {"host of bytes",
     "{{ $u := urlParse \"http://h\\u00e9%e9.x/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h\xc3\xa9\\xe9.x\" hostname=\"h\xc3\xa9\\xe9.x\" path=\"/\" scheme=\"http\" "},
    {"host with signs",
     "{{ $u := urlParse \"http://a_b!$&'()*+,;=<>\\\"/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ "
     "$k }}={{ printf \"%q\" $v }} {{ end }}{{ end }}",
     "host=\"a_b!$&'()*+,;=<>\\\"\" hostname=\"a_b!$&'()*+,;=<>\\\"\" path=\"/\" scheme=\"http\" "},
    {"empty port",
     "{{ $u := urlParse \"http://h:/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"h:\" hostname=\"h\" path=\"/\" scheme=\"http\" "},
    {"many colons",
     "{{ $u := urlParse \"foo://a:b:80\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "host=\"a:b:80\" hostname=\"a:b\" scheme=\"foo\" "},
    {"broken path",
     "{{ $u := urlParse \"/\\xff%ff\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "path=\"/\\xff\\xff\" "},
    {"signs in a path",
     "{{ $u := urlParse \"/!$&'()*+,;=:@~[]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "path=\"/!$&'()*+,;=:@~[]\" "},
    {"fragment of bytes",
     "{{ $u := urlParse \"#%00\\xff\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "fragment=\"\\x00\\xff\" "},
    {"its values are strings",
     "{{ $u := urlParse \"a\" }}{{ typeOf $u }} {{ len $u }} {{ toJson $u }}",
     "map[string]interface {} 8 "
     "{\"fragment\":\"\",\"host\":\"\",\"hostname\":\"\",\"opaque\":\"\",\"path\":\"a\",\"query\":"
     "\"\",\"scheme\":\"\",\"userinfo\":\"\"}"},
};

static const struct template_row not_parsed[] = {
    {"no escape",
     "{{ $u := urlParse \"/%\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     NULL},
    {"half an escape",
     "{{ $u := urlParse \"/%2\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     NULL},
    {"no digit in escape",
     "{{ $u := urlParse \"/%zz\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     NULL},
    {"escape in fragment",
     "{{ $u := urlParse \"#%g0\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     NULL},
    {"escape in user",
     "{{ $u := urlParse \"http://%2@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"escape in password",
     "{{ $u := urlParse \"http://a:%2@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"escaped ASCII in host",
     "{{ $u := urlParse \"http://a%20b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"ASCII in zone",
     "{{ $u := urlParse \"http://[::1%25%41%2f]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"control",
     "{{ $u := urlParse \"http://h/\\x01\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"delete",
     "{{ $u := urlParse \"\\x7f\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     NULL},
    {"newline",
     "{{ $u := urlParse \"a\\nb\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     NULL},
    {"colon first",
     "{{ $u := urlParse \"://h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" $v "
     "}} {{ end }}{{ end }}",
     NULL},
    {"colon in first segment",
     "{{ $u := urlParse \"a_b:c\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     NULL},
    {"colon in first relative segment",
     "{{ $u := urlParse \"1:2/3\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     NULL},
    {"port of letters",
     "{{ $u := urlParse \"http://h:x/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"two ports",
     "{{ $u := urlParse \"http://h:80:90/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"second port in another scheme",
     "{{ $u := urlParse \"foo://h:80:x\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"port behind brackets",
     "{{ $u := urlParse \"http://[::1]x\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"open bracket",
     "{{ $u := urlParse \"http://[::1\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"bracket within",
     "{{ $u := urlParse \"http://x[::1]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"IPv4 in brackets",
     "{{ $u := urlParse \"http://[1.2.3.4]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"name in brackets",
     "{{ $u := urlParse \"http://[abc]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"nothing in brackets",
     "{{ $u := urlParse \"http://[]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"empty zone",
     "{{ $u := urlParse \"http://[::1%25]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"zone alone",
     "{{ $u := urlParse \"http://[%25eth0]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"space in host",
     "{{ $u := urlParse \"http://a b/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"caret in host",
     "{{ $u := urlParse \"http://a^b/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"space in zone",
     "{{ $u := urlParse \"http://[::1%25a b]\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"pipe in user",
     "{{ $u := urlParse \"http://a|b@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"byte in user",
     "{{ $u := urlParse \"http://\\u00e9@h\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     NULL},
    {"no string", "{{ urlParse 1 }}", NULL},
    {"nil", "{{ urlParse nil }}", NULL},
};

static const struct template_row joined[] = {
    {"all",
     "{{ urlJoin (dict \"scheme\" \"https\" \"userinfo\" \"u:p\" \"host\" \"h:1\" \"path\" \"/a "
     "b\" \"query\" \"x=1 2\" \"fragment\" \"f g\") }}",
     "https://u:p@h:1/a%20b?x=1 2#f%20g"},
    {"nothing", "{{ urlJoin (dict ) }}", ""},
    {"path", "{{ urlJoin (dict \"path\" \"a/b\") }}", "a/b"},
    {"path with colon", "{{ urlJoin (dict \"path\" \"a:b/c\") }}", "./a:b/c"},
    {"path with colon later", "{{ urlJoin (dict \"path\" \"a/b:c\") }}", "a/b:c"},
    {"path with colon and scheme", "{{ urlJoin (dict \"scheme\" \"s\" \"path\" \"a:b\") }}",
     "s://a:b"},
    {"host and relative path", "{{ urlJoin (dict \"host\" \"h\" \"path\" \"p\") }}", "//h/p"},
    {"host alone", "{{ urlJoin (dict \"host\" \"h\") }}", "//h"},
    {"scheme alone", "{{ urlJoin (dict \"scheme\" \"s\") }}", "s:"},
    {"scheme and path", "{{ urlJoin (dict \"scheme\" \"s\" \"path\" \"/p\") }}", "s:///p"},
    {"scheme and relative path", "{{ urlJoin (dict \"scheme\" \"s\" \"path\" \"p\") }}", "s://p"},
    {"star", "{{ urlJoin (dict \"path\" \"*\") }}", "*"},
    {"star below", "{{ urlJoin (dict \"path\" \"/*\") }}", "/%2A"},
    {"opaque",
     "{{ urlJoin (dict \"scheme\" \"mailto\" \"opaque\" \"a b@c\" \"host\" \"h\" \"path\" \"p\" "
     "\"query\" \"q\") }}",
     "mailto:a b@c?q"},
    {"user alone", "{{ urlJoin (dict \"userinfo\" \"u\") }}", "//u@"},
    {"user and host", "{{ urlJoin (dict \"userinfo\" \"u:\" \"host\" \"h\") }}", "//u:@h"},
    {"escaped user", "{{ urlJoin (dict \"userinfo\" \"u%2fv:p%40\" \"host\" \"h\") }}",
     "//u%2Fv:p%40@h"},
    {"user with slash", "{{ urlJoin (dict \"userinfo\" \"a/b\" \"host\" \"h\") }}", "//h"},
    {"user with number sign", "{{ urlJoin (dict \"userinfo\" \"a#b\" \"host\" \"h\") }}", "//h"},
    {"user with at", "{{ urlJoin (dict \"userinfo\" \"a@b\" \"host\" \"h\") }}", "//a%40b@h"},
    {"host escaped", "{{ urlJoin (dict \"host\" \"a b\\u00e9/?#@%[]:\") }}",
     "//a%20b%C3%A9%2F%3F%23%40%25[]:"},
    {"path escaped", "{{ urlJoin (dict \"path\" \"/a?b#c%d\\u00e9\\xff!*'()[]\") }}",
     "/a%3Fb%23c%25d%C3%A9%FF%21%2A%27%28%29%5B%5D"},
    {"fragment escaped", "{{ urlJoin (dict \"fragment\" \"a b#%\\u00e9!*()'?/\") }}",
     "#a%20b%23%25%C3%A9!*()%27?/"},
    {"query as it is", "{{ urlJoin (dict \"query\" \"a b#\") }}", "?a b#"},
    {"other keys", "{{ urlJoin (dict \"path\" \"p\" \"x\" 1) }}", "p"},
    {"there and back", "{{ urlJoin (urlParse \"HTTP://u:p%40@h:80/a%20b?q#f%20\") }}",
     "http://u:p%40@h:80/a%20b?q#f%20"},
    {"nil", "{{ urlJoin nil }}", ""},
    {"RawPath is lost", "{{ urlJoin (urlParse \"/a%2fb\") }}", "/a/b"},
};

static const struct template_row not_joined[] = {
    {"number", "{{ urlJoin (dict \"path\" 1) }}", NULL},
    {"nil value", "{{ urlJoin (dict \"host\" nil) }}", NULL},
    {"list", "{{ urlJoin (dict \"query\" (list)) }}", NULL},
    {"user with pipe", "{{ urlJoin (dict \"userinfo\" \"a|b\") }}", NULL},
    {"user with bad escape", "{{ urlJoin (dict \"userinfo\" \"%zz\") }}", NULL},
    {"root", "{{ urlJoin . }}", NULL},
    {"text", "{{ urlJoin \"a\" }}", NULL},
};

static const struct template_row paths[] = {
    {"base",
     "{{ range list \"\" \"/\" \"//\" \"a\" \"/a\" \"a/\" \"a//\" \"a/b\" \"/a/b/\" \".\" \"..\" "
     "\"./a\" \"../a\" \"a/..\" \"a/../..\" \"/..\" \"/../a\" \"a/./b\" \"a//b\" "
     "\"a/b/../../../c\" \"...\" \"/a/b.c\" \"a.b/c\" \".profile\" \"a.\" \"/a.b/\" "
     "\"h\\u00e9/\\xff.\\x80\" }}{{ base . | printf \"%q\" }}|{{ end }}",
     "\".\"|\"/\"|\"/"
     "\"|\"a\"|\"a\"|\"a\"|\"a\"|\"b\"|\"b\"|\".\"|\"..\"|\"a\"|\"a\"|\"..\"|\"..\"|\"..\"|\"a\"|"
     "\"b\"|\"b\"|\"c\"|\"...\"|\"b.c\"|\"c\"|\".profile\"|\"a.\"|\"a.b\"|\"\\xff.\\x80\"|"},
    {"dir",
     "{{ range list \"\" \"/\" \"//\" \"a\" \"/a\" \"a/\" \"a//\" \"a/b\" \"/a/b/\" \".\" \"..\" "
     "\"./a\" \"../a\" \"a/..\" \"a/../..\" \"/..\" \"/../a\" \"a/./b\" \"a//b\" "
     "\"a/b/../../../c\" \"...\" \"/a/b.c\" \"a.b/c\" \".profile\" \"a.\" \"/a.b/\" "
     "\"h\\u00e9/\\xff.\\x80\" }}{{ dir . | printf \"%q\" }}|{{ end }}",
     "\".\"|\"/\"|\"/\"|\".\"|\"/\"|\"a\"|\"a\"|\"a\"|\"/a/"
     "b\"|\".\"|\".\"|\".\"|\"..\"|\"a\"|\".\"|\"/\"|\"/\"|\"a\"|\"a\"|\"..\"|\".\"|\"/"
     "a\"|\"a.b\"|\".\"|\".\"|\"/a.b\"|\"h\xc3\xa9\"|"},
    {"clean",
     "{{ range list \"\" \"/\" \"//\" \"a\" \"/a\" \"a/\" \"a//\" \"a/b\" \"/a/b/\" \".\" \"..\" "
     "\"./a\" \"../a\" \"a/..\" \"a/../..\" \"/..\" \"/../a\" \"a/./b\" \"a//b\" "
     "\"a/b/../../../c\" \"...\" \"/a/b.c\" \"a.b/c\" \".profile\" \"a.\" \"/a.b/\" "
     "\"h\\u00e9/\\xff.\\x80\" }}{{ clean . | printf \"%q\" }}|{{ end }}",
     "\".\"|\"/\"|\"/\"|\"a\"|\"/a\"|\"a\"|\"a\"|\"a/b\"|\"/a/b\"|\".\"|\"..\"|\"a\"|\"../"
     "a\"|\".\"|\"..\"|\"/\"|\"/a\"|\"a/b\"|\"a/b\"|\"../c\"|\"...\"|\"/a/b.c\"|\"a.b/"
     "c\"|\".profile\"|\"a.\"|\"/a.b\"|\"h\xc3\xa9/\\xff.\\x80\"|"},
    {"ext",
     "{{ range list \"\" \"/\" \"//\" \"a\" \"/a\" \"a/\" \"a//\" \"a/b\" \"/a/b/\" \".\" \"..\" "
     "\"./a\" \"../a\" \"a/..\" \"a/../..\" \"/..\" \"/../a\" \"a/./b\" \"a//b\" "
     "\"a/b/../../../c\" \"...\" \"/a/b.c\" \"a.b/c\" \".profile\" \"a.\" \"/a.b/\" "
     "\"h\\u00e9/\\xff.\\x80\" }}{{ ext . | printf \"%q\" }}|{{ end }}",
     "\"\"|\"\"|\"\"|\"\"|\"\"|\"\"|\"\"|\"\"|\"\"|\".\"|\".\"|\"\"|\"\"|\".\"|\".\"|\".\"|\"\"|"
     "\"\"|\"\"|\"\"|\".\"|\".c\"|\"\"|\".profile\"|\".\"|\"\"|\".\\x80\"|"},
    {"isAbs",
     "{{ range list \"\" \"/\" \"//\" \"a\" \"/a\" \"a/\" \"a//\" \"a/b\" \"/a/b/\" \".\" \"..\" "
     "\"./a\" \"../a\" \"a/..\" \"a/../..\" \"/..\" \"/../a\" \"a/./b\" \"a//b\" "
     "\"a/b/../../../c\" \"...\" \"/a/b.c\" \"a.b/c\" \".profile\" \"a.\" \"/a.b/\" "
     "\"h\\u00e9/\\xff.\\x80\" }}{{ isAbs . | toString }}|{{ end }}",
     "false|true|true|false|true|false|false|false|true|false|false|false|false|false|false|true|"
     "true|false|false|false|false|true|false|false|false|true|false|"},
    {"osBase", "{{ osBase \"/a//b.c/../d.e\" }} {{ osBase \"\" }}", "d.e ."},
    {"osDir", "{{ osDir \"/a//b.c/../d.e\" }} {{ osDir \"\" }}", "/a ."},
    {"osClean", "{{ osClean \"/a//b.c/../d.e\" }} {{ osClean \"\" }}", "/a/d.e ."},
    {"osExt", "{{ osExt \"/a//b.c/../d.e\" }} {{ osExt \"\" }}", ".e "},
    {"osIsAbs", "{{ osIsAbs \"/a//b.c/../d.e\" }} {{ osIsAbs \"\" }}", "true false"},
    {"base of no string", "{{ base 1 }}", NULL},
    {"dir of no string", "{{ dir 1 }}", NULL},
    {"clean of no string", "{{ clean 1 }}", NULL},
    {"ext of no string", "{{ ext 1 }}", NULL},
    {"isAbs of no string", "{{ isAbs 1 }}", NULL},
    {"osBase of no string", "{{ osBase 1 }}", NULL},
    {"osDir of no string", "{{ osDir 1 }}", NULL},
    {"osClean of no string", "{{ osClean 1 }}", NULL},
    {"osExt of no string", "{{ osExt 1 }}", NULL},
    {"osIsAbs of no string", "{{ osIsAbs 1 }}", NULL},
};

static const struct template_row refusals[] = {
    {"escape",
     "{{ $u := urlParse \"/%zz?secret\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "error calling urlParse: unable to parse url: invalid URL escape"},
    {"port",
     "{{ $u := urlParse \"http://h:secret/\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ "
     "printf \"%q\" $v }} {{ end }}{{ end }}",
     "error calling urlParse: unable to parse url: invalid port after host"},
    {"host",
     "{{ $u := urlParse \"http://a^b\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf "
     "\"%q\" $v }} {{ end }}{{ end }}",
     "unable to parse url: invalid character in host name"},
    {"control",
     "{{ $u := urlParse \"\\x01\" }}{{ range $k, $v := $u }}{{ if $v }}{{ $k }}={{ printf \"%q\" "
     "$v }} {{ end }}{{ end }}",
     "unable to parse url: net/url: invalid control character in URL"},
    {"user", "{{ urlJoin (dict \"userinfo\" \"a|b\") }}",
     "error calling urlJoin: unable to parse userinfo in dict: net/url: invalid userinfo"},
    {"type", "{{ urlJoin (dict \"path\" 1) }}",
     "error calling urlJoin: unable to parse path key, must be of type string, but int found"},
};

static const struct template_row limits[] = {
    {"urlParse for ever",
     "{{ $x := repeat 400000 \"%20\" }}{{ range until 10000 }}{{ if urlParse $x }}{{ end }}{{ end "
     "}}",
     "more than"},
    {"urlJoin grows", "{{ urlJoin (dict \"path\" (repeat 3000000 \"\\xff\")) | len }}",
     "text longer"},
};

int main(void)
{
    return TABLE_RUN("urlParse", parsed, template_rig_check_row) +
           TABLE_RUN("urlParse refuses", not_parsed, template_rig_check_row) +
           TABLE_RUN("urlJoin", joined, template_rig_check_row) +
           TABLE_RUN("urlJoin refuses", not_joined, template_rig_check_row) +
           TABLE_RUN("paths", paths, template_rig_check_row) +
           TABLE_RUN("refusals", refusals, template_rig_refuse_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row);
}
