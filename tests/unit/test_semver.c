/* Versions and constraints, as Go with Masterminds/semver reads them. */
#include <stddef.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row parsed[] = {
    {"whole",
     "{{ $v := semver \"1.2.3\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.3 1/2/3   1.2.3"},
    {"major only",
     "{{ $v := semver \"7\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "7.0.0 7/0/0   7"},
    {"no patch",
     "{{ $v := semver \"1.2\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.0 1/2/0   1.2"},
    {"leading v",
     "{{ $v := semver \"v1.2.3\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.3 1/2/3   v1.2.3"},
    {"all parts",
     "{{ $v := semver \"v1.2.3-rc.1+build.5\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch "
     "}} {{ $v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.3-rc.1+build.5 1/2/3 rc.1 build.5 v1.2.3-rc.1+build.5"},
    {"leading zeros",
     "{{ $v := semver \"01.002.0003\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.3 1/2/3   01.002.0003"},
    {"largest",
     "{{ $v := semver \"18446744073709551615.0.0\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ "
     "$v.Patch }} {{ $v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "18446744073709551615.0.0 18446744073709551615/0/0   18446744073709551615.0.0"},
    {"prerelease of hyphens",
     "{{ $v := semver \"1.0.0---a.-\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.0.0---a.- 1/0/0 --a.-  1.0.0---a.-"},
    {"prerelease without patch",
     "{{ $v := semver \"1-a\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.0.0-a 1/0/0 a  1-a"},
    {"metadata without patch",
     "{{ $v := semver \"1.2+01\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.0+01 1/2/0  01 1.2+01"},
    {"hyphen in metadata",
     "{{ $v := semver \"1.2.3+a-b.c\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.2.3+a-b.c 1/2/3  a-b.c 1.2.3+a-b.c"},
    {"zero as prerelease",
     "{{ $v := semver \"1.0.0-0.a\" }}{{ $v }} {{ $v.Major }}/{{ $v.Minor }}/{{ $v.Patch }} {{ "
     "$v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }}",
     "1.0.0-0.a 1/0/0 0.a  1.0.0-0.a"},
};

static const struct template_row not_parsed[] = {
    {"empty", "{{ semver \"\" }}", "error calling semver: invalid semantic version"},
    {"a word", "{{ semver \"latest\" }}", "error calling semver: invalid semantic version"},
    {"v alone", "{{ semver \"v\" }}", "error calling semver: invalid semantic version"},
    {"large v", "{{ semver \"V1.2.3\" }}", "error calling semver: invalid semantic version"},
    {"four numbers", "{{ semver \"1.2.3.4\" }}", "error calling semver: invalid semantic version"},
    {"dot at the end", "{{ semver \"1.2.\" }}", "error calling semver: invalid semantic version"},
    {"no major", "{{ semver \".1.2\" }}", "error calling semver: invalid semantic version"},
    {"blank in front", "{{ semver \" 1.2.3\" }}", "error calling semver: invalid semantic version"},
    {"line feed behind", "{{ semver \"1.2.3\\n\" }}",
     "error calling semver: invalid semantic version"},
    {"prerelease of zeros", "{{ semver \"1.2.3-01\" }}",
     "error calling semver: version segment starts with 0"},
    {"prerelease with a zero in front", "{{ semver \"1.2.3-a.007\" }}",
     "error calling semver: version segment starts with 0"},
    {"empty name in prerelease", "{{ semver \"1.2.3-a..b\" }}",
     "error calling semver: invalid semantic version"},
    {"empty prerelease", "{{ semver \"1.2.3-\" }}",
     "error calling semver: invalid semantic version"},
    {"empty metadata", "{{ semver \"1.2.3+\" }}", "error calling semver: invalid semantic version"},
    {"major too large", "{{ semver \"18446744073709551616.0.0\" }}",
     "error calling semver: error parsing version segment: strconv.ParseUint: value out of range"},
    {"minor too large", "{{ semver \"1.18446744073709551616.0\" }}",
     "error calling semver: error parsing version segment: strconv.ParseUint: value out of range"},
    {"patch far too large", "{{ semver \"1.2.99999999999999999999999\" }}",
     "error calling semver: error parsing version segment: strconv.ParseUint: value out of range"},
    {"letters beyond ASCII", "{{ semver \"1.2.3-\303\251\" }}",
     "error calling semver: invalid semantic version"},
    {"star", "{{ semver \"1.*\" }}", "error calling semver: invalid semantic version"},
};

static const struct template_row ordered[] = {
    {"same",
     "{{ $a := semver \"1.2.3\" }}{{ $b := semver \"v1.2.3\" }}{{ $a.Compare $b }} {{ $b.Compare "
     "$a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ $a.GreaterThan $b "
     "}} {{ $a.GreaterThanEqual $b }}",
     "0 0 true false true false true"},
    {"major",
     "{{ $a := semver \"2.0.0\" }}{{ $b := semver \"10.0.0\" }}{{ $a.Compare $b }} {{ $b.Compare "
     "$a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ $a.GreaterThan $b "
     "}} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"minor",
     "{{ $a := semver \"1.2.9\" }}{{ $b := semver \"1.3.0\" }}{{ $a.Compare $b }} {{ $b.Compare $a "
     "}} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ $a.GreaterThan $b }} "
     "{{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"patch",
     "{{ $a := semver \"1.2.3\" }}{{ $b := semver \"1.2.4\" }}{{ $a.Compare $b }} {{ $b.Compare $a "
     "}} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ $a.GreaterThan $b }} "
     "{{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"prerelease before release",
     "{{ $a := semver \"1.2.3-z\" }}{{ $b := semver \"1.2.3\" }}{{ $a.Compare $b }} {{ $b.Compare "
     "$a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ $a.GreaterThan $b "
     "}} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"names",
     "{{ $a := semver \"1.0.0-alpha\" }}{{ $b := semver \"1.0.0-beta\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"capitals first",
     "{{ $a := semver \"1.0.0-B\" }}{{ $b := semver \"1.0.0-a\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"numbers",
     "{{ $a := semver \"1.0.0-9\" }}{{ $b := semver \"1.0.0-10\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"number before name",
     "{{ $a := semver \"1.0.0-99\" }}{{ $b := semver \"1.0.0-a\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"fewer names first",
     "{{ $a := semver \"1.0.0-a\" }}{{ $b := semver \"1.0.0-a.0\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"later name",
     "{{ $a := semver \"1.0.0-a.b.1\" }}{{ $b := semver \"1.0.0-a.b.2\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "-1 1 false true true false false"},
    {"number too large is a name",
     "{{ $a := semver \"1.0.0-99999999999999999999\" }}{{ $b := semver \"1.0.0-5\" }}{{ $a.Compare "
     "$b }} {{ $b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} "
     "{{ $a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "1 -1 false false false true true"},
    {"metadata does not count",
     "{{ $a := semver \"1.0.0+a\" }}{{ $b := semver \"1.0.0+b\" }}{{ $a.Compare $b }} {{ "
     "$b.Compare $a }} {{ $a.Equal $b }} {{ $a.LessThan $b }} {{ $a.LessThanEqual $b }} {{ "
     "$a.GreaterThan $b }} {{ $a.GreaterThanEqual $b }}",
     "0 0 true false true false true"},
};

static const struct template_row methods[] = {
    {"IncPatch of a prerelease", "{{ (semver \"v1.2.3-rc.1+b5\").IncPatch }}", "1.2.3"},
    {"IncPatch of a release", "{{ (semver \"1.2.3+a\").IncPatch }}", "1.2.4"},
    {"IncMinor", "{{ (semver \"v1.2.3-rc.1+b5\").IncMinor }}", "1.3.0"},
    {"IncMajor", "{{ (semver \"v1.2.3-rc.1+b5\").IncMajor }}", "2.0.0"},
    {"IncMajor of the largest", "{{ (semver \"18446744073709551615\").IncMajor }}", "0.0.0"},
    {"original keeps the v", "{{ printf \"%#v\" (semver \"v1.2.3-rc.1+b5\").IncMinor }}",
     "semver.Version{major:0x1, minor:0x3, patch:0x0, pre:\"\", metadata:\"\", "
     "original:\"v1.3.0\"}"},
    {"SetPrerelease", "{{ printf \"%#v\" ((semver \"v1.2.3-rc.1+b5\").SetPrerelease \"beta.2\") }}",
     "semver.Version{major:0x1, minor:0x2, patch:0x3, pre:\"beta.2\", metadata:\"b5\", "
     "original:\"v1.2.3-beta.2+b5\"}"},
    {"SetPrerelease to nothing", "{{ (semver \"v1.2.3-rc.1+b5\").SetPrerelease \"\" }}",
     "1.2.3+b5"},
    {"SetMetadata",
     "{{ ((semver \"v1.2.3-rc.1+b5\").SetMetadata \"01\").IncPatch }} {{ (semver "
     "\"v1.2.3-rc.1+b5\").SetMetadata \"01\" }}",
     "1.2.3 1.2.3-rc.1+01"},
    {"SetMetadata to nothing", "{{ (semver \"v1.2.3-rc.1+b5\").SetMetadata \"\" }}", "1.2.3-rc.1"},
    {"String", "{{ (semver \"v1.2.3-rc.1+b5\").String | quote }}", "\"1.2.3-rc.1+b5\""},
    {"Value", "{{ (semver \"v1.2.3-rc.1+b5\").Value | quote }}", "\"1.2.3-rc.1+b5\""},
    {"MarshalText", "{{ (semver \"1\").MarshalText }}", "[49 46 48 46 48]"},
    {"MarshalJSON", "{{ (semver \"1\").MarshalJSON }}", "[34 49 46 48 46 48 34]"},
    {"numbers are uint64",
     "{{ typeOf (semver \"v1.2.3-rc.1+b5\").Major }} {{ typeOf (semver \"v1.2.3-rc.1+b5\").Minor "
     "}} {{ typeOf (semver \"v1.2.3-rc.1+b5\").Patch }}",
     "uint64 uint64 uint64"},
    {"Equal nil", "{{ (semver \"v1.2.3-rc.1+b5\").Equal nil }}", "false"},
    {"types",
     "{{ typeOf (semver \"v1.2.3-rc.1+b5\") }} {{ kindOf (semver \"v1.2.3-rc.1+b5\") }} {{ typeOf "
     "(semver \"1.2.3\").IncMajor }} {{ kindOf (semver \"1.2.3\").IncMajor }}",
     "*semver.Version ptr semver.Version struct"},
    {"verbs of a pointer",
     "{{ printf \"%v %s %q %d %+v\" (semver \"v1.2.3-rc.1+b5\") (semver \"v1.2.3-rc.1+b5\") "
     "(semver \"v1.2.3-rc.1+b5\") (semver \"v1.2.3-rc.1+b5\") (semver \"v1.2.3-rc.1+b5\") }}",
     "1.2.3-rc.1+b5 1.2.3-rc.1+b5 \"1.2.3-rc.1+b5\" &{1 2 3 %!d(string=rc.1) %!d(string=b5) "
     "%!d(string=v1.2.3-rc.1+b5)} 1.2.3-rc.1+b5"},
    {"verbs of a struct",
     "{{ printf \"%v %q %d %p %#v\" (semver \"1.2.3\").IncMajor (semver \"1.2.3\").IncMajor "
     "(semver \"1.2.3\").IncMajor (semver \"1.2.3\").IncMajor (semver \"1.2.3\").IncMajor }}",
     "2.0.0 \"2.0.0\" {2 0 0 %!d(string=) %!d(string=) %!d(string=2.0.0)} %!p(semver.Version={2 0 "
     "0   2.0.0}) semver.Version{major:0x2, minor:0x0, patch:0x0, pre:\"\", metadata:\"\", "
     "original:\"2.0.0\"}"},
    {"struct in a list",
     "{{ printf \"%v %d\" (list (semver \"1.2.3\").IncMajor) (list (semver \"1.2.3\").IncMajor) }}",
     "[2.0.0] [{2 0 0 %!d(string=) %!d(string=) %!d(string=2.0.0)}]"},
    {"JSON and YAML",
     "{{ toJson (dict \"a\" (semver \"v1.2.3-rc.1+b5\") \"b\" (semver \"1.2.3\").IncMajor) }} {{ "
     "toYaml (semver \"v1.2.3-rc.1+b5\") }}",
     "{\"a\":\"1.2.3-rc.1+b5\",\"b\":\"2.0.0\"} 1.2.3-rc.1+b5"},
    {"eq of structs",
     "{{ eq (semver \"1.2.3\").IncMajor (semver \"1.2.3\").IncMajor }} {{ eq (semver "
     "\"1.2.3\").IncMajor (semver \"1.2.4\").IncMajor }} {{ eq (semver \"1.2.3\").IncMajor (semver "
     "\"1.3.0\").IncMinor }}",
     "true true false"},
    {"deepEqual",
     "{{ deepEqual (semver \"v1.2.3-rc.1+b5\") (semver \"v1.2.3-rc.1+b5\") }} {{ deepEqual (semver "
     "\"1.2.3\").IncMajor (semver \"2.0.0\") }} {{ deepEqual (semver \"v1.2.3-rc.1+b5\") (semver "
     "\"1.2.3-rc.1+b5\") }}",
     "true false false"},
    {"deepCopy",
     "{{ $c := deepCopy (dict \"a\" (semver \"1.2.3\").IncMajor) }}{{ typeOf $c.a }} {{ $c.a }}",
     "semver.Version 0.0.0"},
    {"merge of both",
     "{{ merge (dict \"a\" (semver \"v1.2.3-rc.1+b5\")) (dict \"a\" (semver \"1.2.3\").IncMajor) "
     "}} {{ merge (dict \"a\" (semver \"1.2.3\").IncMajor) (dict \"a\" (semver "
     "\"v1.2.3-rc.1+b5\")) }}",
     "map[a:1.2.3-rc.1+b5] map[a:2.0.0]"},
};

static const struct template_row not_methods[] = {
    {"SetPrerelease with an empty name", "{{ (semver \"v1.2.3-rc.1+b5\").SetPrerelease \"a..b\" }}",
     "error calling SetPrerelease: invalid prerelease string"},
    {"SetPrerelease with a zero in front", "{{ (semver \"v1.2.3-rc.1+b5\").SetPrerelease \"01\" }}",
     "error calling SetPrerelease: version segment starts with 0"},
    {"SetPrerelease with other letters", "{{ (semver \"v1.2.3-rc.1+b5\").SetPrerelease \"a_b\" }}",
     "error calling SetPrerelease: invalid prerelease string"},
    {"SetMetadata with an empty name", "{{ (semver \"v1.2.3-rc.1+b5\").SetMetadata \".a\" }}",
     "error calling SetMetadata: invalid metadata string"},
    {"SetMetadata with other letters", "{{ (semver \"v1.2.3-rc.1+b5\").SetMetadata \"a+b\" }}",
     "error calling SetMetadata: invalid metadata string"},
    {"Compare nil", "{{ (semver \"v1.2.3-rc.1+b5\").Compare nil }}",
     "error calling Compare: runtime error: invalid memory address or nil pointer dereference"},
    {"a struct compared", "{{ (semver \"1.2.3\").IncMajor.Compare (semver \"v1.2.3-rc.1+b5\") }}",
     "error calling Compare: can't evaluate field Compare in type semver.Version"},
    {"Equal of a struct", "{{ (semver \"1.2.3\").IncMajor.Equal (semver \"v1.2.3-rc.1+b5\") }}",
     "error calling Equal: can't evaluate field Equal in type semver.Version"},
    {"LessThan of a struct",
     "{{ (semver \"1.2.3\").IncMajor.LessThan (semver \"v1.2.3-rc.1+b5\") }}",
     "error calling LessThan: can't evaluate field LessThan in type semver.Version"},
    {"LessThanEqual of a struct",
     "{{ (semver \"1.2.3\").IncMajor.LessThanEqual (semver \"v1.2.3-rc.1+b5\") }}",
     "error calling LessThanEqual: can't evaluate field LessThanEqual in type semver.Version"},
    {"GreaterThan of a struct",
     "{{ (semver \"1.2.3\").IncMajor.GreaterThan (semver \"v1.2.3-rc.1+b5\") }}",
     "error calling GreaterThan: can't evaluate field GreaterThan in type semver.Version"},
    {"GreaterThanEqual of a struct",
     "{{ (semver \"1.2.3\").IncMajor.GreaterThanEqual (semver \"v1.2.3-rc.1+b5\") }}",
     "error calling GreaterThanEqual: can't evaluate field GreaterThanEqual in type "
     "semver.Version"},
    {"compared with a struct",
     "{{ (semver \"v1.2.3-rc.1+b5\").Compare (semver \"1.2.3\").IncMajor }}",
     "wrong type for value; expected *semver.Version; got semver.Version"},
    {"original of a struct", "{{ (semver \"1.2.3\").IncMajor.Original }}",
     "error calling Original: can't evaluate field Original in type semver.Version"},
    {"a text", "{{ (semver \"v1.2.3-rc.1+b5\").Compare \"1.2.3\" }}",
     "can't handle \"...\" for arg of type *semver.Version"},
    {"no such method", "{{ (semver \"v1.2.3-rc.1+b5\").Build }}",
     "can't evaluate field Build in type *semver.Version"},
    {"eq of pointer and struct", "{{ eq (semver \"v1.2.3-rc.1+b5\") (semver \"1.2.3\").IncMajor }}",
     "error calling eq: non-comparable types *semver.Version, semver.Version"},
};

static const struct template_row satisfied[] = {
    {"exact",
     "{{ semverCompare \"1.2.3\" \"1.2.3\" }} {{ semverCompare \"1.2.3\" \"1.2.4\" }} {{ "
     "semverCompare \"1.2.3\" \"v1.2.3+m\" }}",
     "true false true"},
    {"equal sign",
     "{{ semverCompare \"= 1.2.3\" \"1.2.3\" }} {{ semverCompare \"= 1.2.3\" \"1.2.4\" }}",
     "true false"},
    {"equal to an open one",
     "{{ semverCompare \"=1.2\" \"1.2.0\" }} {{ semverCompare \"=1.2\" \"1.2.9\" }} {{ "
     "semverCompare \"=1.2\" \"1.3.0\" }}",
     "true true false"},
    {"not equal",
     "{{ semverCompare \"!=1.2.3\" \"1.2.3\" }} {{ semverCompare \"!=1.2.3\" \"1.2.4\" }}",
     "false true"},
    {"not equal to an open minor",
     "{{ semverCompare \"!=1.x\" \"1.2.3\" }} {{ semverCompare \"!=1.x\" \"2.0.0\" }}",
     "false true"},
    {"not equal to an open patch",
     "{{ semverCompare \"!=1.2.x\" \"1.2.3\" }} {{ semverCompare \"!=1.2.x\" \"1.3.0\" }} {{ "
     "semverCompare \"!=1.2.x\" \"2.2.0\" }}",
     "false true true"},
    {"not equal to anything",
     "{{ semverCompare \"!=*\" \"0.0.0\" }} {{ semverCompare \"!=*\" \"0.0.1\" }}", "false true"},
    {"not equal to a prerelease of an open patch",
     "{{ semverCompare \"!=1.2.x-a\" \"1.2.3-a\" }} {{ semverCompare \"!=1.2.x-a\" \"1.2.3-b\" }} "
     "{{ semverCompare \"!=1.2.x-a\" \"1.2.3\" }}",
     "false true true"},
    {"greater",
     "{{ semverCompare \">1.2.3\" \"1.2.3\" }} {{ semverCompare \">1.2.3\" \"1.2.4\" }} {{ "
     "semverCompare \">1.2.3\" \"1.2.4-a\" }}",
     "false true false"},
    {"greater than an open minor",
     "{{ semverCompare \">1\" \"1.9.9\" }} {{ semverCompare \">1\" \"2.0.0\" }}", "false true"},
    {"greater than an open patch",
     "{{ semverCompare \">1.2\" \"1.2.9\" }} {{ semverCompare \">1.2\" \"1.3.0\" }} {{ "
     "semverCompare \">1.2\" \"2.0.0\" }} {{ semverCompare \">1.2\" \"0.9.9\" }}",
     "false true true false"},
    {"greater than anything",
     "{{ semverCompare \">*\" \"0.0.0\" }} {{ semverCompare \">*\" \"0.0.1\" }} {{ semverCompare "
     "\">*\" \"1.0.0\" }}",
     "false true true"},
    {"less", "{{ semverCompare \"<1.2.3\" \"1.2.2\" }} {{ semverCompare \"<1.2.3\" \"1.2.3\" }}",
     "true false"},
    {"less than an open one",
     "{{ semverCompare \"<1.2\" \"1.1.9\" }} {{ semverCompare \"<1.2\" \"1.2.0\" }}", "true false"},
    {"greater or equal",
     "{{ semverCompare \" >= 1.2 \" \"1.1.9\" }} {{ semverCompare \" >= 1.2 \" \"1.2.0\" }}",
     "false true"},
    {"the other way round",
     "{{ semverCompare \"=>1.2\" \"1.1.9\" }} {{ semverCompare \"=>1.2\" \"1.2.0\" }}",
     "false true"},
    {"less or equal",
     "{{ semverCompare \"<=1.2.3\" \"1.2.3\" }} {{ semverCompare \"<=1.2.3\" \"1.2.4\" }}",
     "true false"},
    {"less or equal to an open minor",
     "{{ semverCompare \"=<1\" \"1.9.9\" }} {{ semverCompare \"=<1\" \"2.0.0\" }}", "true false"},
    {"less or equal to an open patch",
     "{{ semverCompare \"<=1.2.x\" \"1.2.9\" }} {{ semverCompare \"<=1.2.x\" \"1.3.0\" }} {{ "
     "semverCompare \"<=1.2.x\" \"2.0.0\" }}",
     "true false false"},
    {"less or equal to anything",
     "{{ semverCompare \"<=x\" \"0.0.9\" }} {{ semverCompare \"<=x\" \"0.1.0\" }}", "true false"},
    {"tilde",
     "{{ semverCompare \"~1.2.3\" \"1.2.2\" }} {{ semverCompare \"~1.2.3\" \"1.2.9\" }} {{ "
     "semverCompare \"~1.2.3\" \"1.3.0\" }}",
     "false true false"},
    {"tilde and greater",
     "{{ semverCompare \"~>1.2\" \"1.2.9\" }} {{ semverCompare \"~>1.2\" \"1.3.0\" }}",
     "true false"},
    {"tilde of a major",
     "{{ semverCompare \"~1\" \"1.9.9\" }} {{ semverCompare \"~1\" \"2.0.0\" }}", "true false"},
    {"tilde of zeros",
     "{{ semverCompare \"~0.0.0\" \"0.0.0\" }} {{ semverCompare \"~0.0.0\" \"7.1.0\" }}",
     "true true"},
    {"tilde of open zeros",
     "{{ semverCompare \"~0.0\" \"0.0.5\" }} {{ semverCompare \"~0.0\" \"0.1.0\" }}", "true false"},
    {"caret",
     "{{ semverCompare \"^1.2.3\" \"1.2.2\" }} {{ semverCompare \"^1.2.3\" \"1.9.9\" }} {{ "
     "semverCompare \"^1.2.3\" \"2.0.0\" }}",
     "false true false"},
    {"caret of zero major",
     "{{ semverCompare \"^0.2.3\" \"0.2.9\" }} {{ semverCompare \"^0.2.3\" \"0.3.0\" }} {{ "
     "semverCompare \"^0.2.3\" \"1.0.0\" }}",
     "true false false"},
    {"caret of zero minor",
     "{{ semverCompare \"^0.0.3\" \"0.0.3\" }} {{ semverCompare \"^0.0.3\" \"0.0.4\" }} {{ "
     "semverCompare \"^0.0.3\" \"0.1.3\" }}",
     "true false false"},
    {"caret of open zeros",
     "{{ semverCompare \"^0.0\" \"0.0.9\" }} {{ semverCompare \"^0.0\" \"0.1.0\" }}", "true false"},
    {"caret of an open zero",
     "{{ semverCompare \"^0\" \"0.9.9\" }} {{ semverCompare \"^0\" \"1.0.0\" }}", "true false"},
    {"caret of anything",
     "{{ semverCompare \"^*\" \"0.0.0\" }} {{ semverCompare \"^*\" \"0.0.1\" }} {{ semverCompare "
     "\"^*\" \"1.0.0\" }}",
     "true false false"},
    {"anything",
     "{{ semverCompare \"*\" \"0.0.0\" }} {{ semverCompare \"*\" \"9.9.9\" }} {{ semverCompare "
     "\"*\" \"1.0.0-a\" }}",
     "true true false"},
    {"large X", "{{ semverCompare \"1.X.7\" \"1.0.0\" }} {{ semverCompare \"1.X.7\" \"2.0.0\" }}",
     "true false"},
    {"both of two",
     "{{ semverCompare \">1.0 <2.0\" \"1.5.0\" }} {{ semverCompare \">1.0 <2.0\" \"2.5.0\" }}",
     "true false"},
    {"comma",
     "{{ semverCompare \" >1.0 , <2.0\" \"1.5.0\" }} {{ semverCompare \" >1.0 , <2.0\" \"2.5.0\" "
     "}}",
     "true false"},
    {"either of two",
     "{{ semverCompare \"<1.0||>2.0\" \"0.5.0\" }} {{ semverCompare \"<1.0||>2.0\" \"1.5.0\" }} {{ "
     "semverCompare \"<1.0||>2.0\" \"3.0.0\" }}",
     "true false true"},
    {"either with blanks",
     "{{ semverCompare \"1.x || 3.x\" \"1.5.0\" }} {{ semverCompare \"1.x || 3.x\" \"2.0.0\" }} {{ "
     "semverCompare \"1.x || 3.x\" \"3.0.0\" }}",
     "true false true"},
    {"range",
     "{{ semverCompare \"1.2 - 2.3.4\" \"1.1.9\" }} {{ semverCompare \"1.2 - 2.3.4\" \"1.2.0\" }} "
     "{{ semverCompare \"1.2 - 2.3.4\" \"2.3.4\" }} {{ semverCompare \"1.2 - 2.3.4\" \"2.3.5\" }}",
     "false true true false"},
    {"range and more",
     "{{ semverCompare \">0.1, 1 - 2,!=1.5.0\" \"1.5.0\" }} {{ semverCompare \">0.1, 1 - "
     "2,!=1.5.0\" \"1.5.1\" }}",
     "false true"},
    {"two ranges",
     "{{ semverCompare \"1 - 2 || 4 - 5\" \"1.5.0\" }} {{ semverCompare \"1 - 2 || 4 - 5\" "
     "\"3.0.0\" }} {{ semverCompare \"1 - 2 || 4 - 5\" \"5.9.9\" }}",
     "true false true"},
    {"range behind bars",
     "{{ semverCompare \"0.1.0||2 - 3\" \"0.5.0\" }} {{ semverCompare \"0.1.0||2 - 3\" \"2.5.0\" "
     "}} {{ semverCompare \"0.1.0||2 - 3\" \"1.0.0\" }} {{ semverCompare \"0.1.0||2 - 3\" "
     "\"4.0.0\" }}",
     "true true true true"},
    {"range with v behind bars",
     "{{ semverCompare \"0.1.0||v2 - 3\" \"0.1.0\" }} {{ semverCompare \"0.1.0||v2 - 3\" \"2.5.0\" "
     "}} {{ semverCompare \"0.1.0||v2 - 3\" \"4.0.0\" }}",
     "true true false"},
    {"term right behind a range",
     "{{ semverCompare \"1 - 3!=2.0.0\" \"1.0.0\" }} {{ semverCompare \"1 - 3!=2.0.0\" \"2.0.0\" "
     "}}",
     "true false"},
    {"two ranges in a row",
     "{{ semverCompare \"1 - 4 2 - 3\" \"1.5.0\" }} {{ semverCompare \"1 - 4 2 - 3\" \"2.5.0\" }}",
     "false true"},
    {"prerelease wanted",
     "{{ semverCompare \">=1.2.3-a\" \"1.2.3-b\" }} {{ semverCompare \">=1.2.3-a\" \"1.2.3-A\" }} "
     "{{ semverCompare \">=1.2.3-a\" \"1.2.4-0\" }} {{ semverCompare \">=1.2.3-a\" \"1.3.0\" }}",
     "true false true true"},
    {"prerelease in one of two", "{{ semverCompare \">1.0.0-0 <2.0\" \"1.5.0-a\" }}", "true"},
    {"prerelease in the other choice", "{{ semverCompare \">1.0.0-0 <1.1 || <2.0\" \"1.5.0-a\" }}",
     "false"},
    {"open with prerelease",
     "{{ semverCompare \"1.x-a\" \"1.5.0-b\" }} {{ semverCompare \"1.x-a\" \"1.0.0-a\" }}",
     "true true"},
    {"line feeds as blanks",
     "{{ semverCompare \">1\\n<3\" \"3.0.0\" }} {{ semverCompare \">1\\n<3\" \"2.0.0\" }}",
     "false true"},
    {"metadata", "{{ semverCompare \"1.2.3+a\" \"1.2.3+b\" }}", "true"},
    {"bars in what nobody reads", "{{ semverCompare \"x.|.|\" \"1.2.3\" }}", "true"},
};

static const struct template_row not_constraints[] = {
    {"empty", "{{ semverCompare \"\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"blank", "{{ semverCompare \" \" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"empty choice", "{{ semverCompare \"1 ||\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"comma at the end", "{{ semverCompare \"1,\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"two commas", "{{ semverCompare \"1,,2\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"no separator", "{{ semverCompare \"1>0\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"two signs", "{{ semverCompare \">>1\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"two equal signs", "{{ semverCompare \"==1\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"sign alone", "{{ semverCompare \">=\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"a word", "{{ semverCompare \"latest\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"four numbers", "{{ semverCompare \"1.2.3.4\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"range with a sign", "{{ semverCompare \">1 - 2\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"range behind a term", "{{ semverCompare \"1 2 - 3\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"range without an end", "{{ semverCompare \"1 - \" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"range without a start", "{{ semverCompare \" - 2\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"range of three", "{{ semverCompare \"1 - 2 - 3\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"half of a range", "{{ semverCompare \"1 -2\" \"1.0.0\" }}",
     "error calling semverCompare: improper constraint"},
    {"two crosses", "{{ semverCompare \"1.xx\" \"1.0.0\" }}",
     "error calling semverCompare: constraint parser error"},
    {"one bar", "{{ semverCompare \"1|2\" \"1.0.0\" }}",
     "error calling semverCompare: constraint parser error"},
    {"number too large", "{{ semverCompare \"99999999999999999999\" \"1.0.0\" }}",
     "error calling semverCompare: constraint parser error"},
    {"zero in front of a prerelease", "{{ semverCompare \"1.2.3-01\" \"1.0.0\" }}",
     "error calling semverCompare: constraint parser error"},
    {"version unreadable", "{{ semverCompare \"1.2.3\" \"one\" }}",
     "error calling semverCompare: invalid semantic version"},
    {"version empty", "{{ semverCompare \"*\" \"\" }}",
     "error calling semverCompare: invalid semantic version"},
    {"constraint before version", "{{ semverCompare \"one\" \"one\" }}",
     "error calling semverCompare: improper constraint"},
};

static const struct template_row limits[] = {
    {"constraint and version",
     "{{ semverCompare (repeat 40000 \"1.2.3 \") (cat \"1.2.3-\" (repeat 200000 \"1\") | nospace) "
     "}}",
     "more than 2000000 steps"},
    {"constraint", "{{ semverCompare (repeat 2049 \"1 \") \"1\" }}",
     "version constraint longer than 4096 bytes"},
};

int main(void)
{
    return TABLE_RUN("semver", parsed, template_rig_check_row) +
           TABLE_RUN("semver refuses", not_parsed, template_rig_refuse_row) +
           TABLE_RUN("order of versions", ordered, template_rig_check_row) +
           TABLE_RUN("methods of versions", methods, template_rig_check_row) +
           TABLE_RUN("methods refuse", not_methods, template_rig_refuse_row) +
           TABLE_RUN("semverCompare", satisfied, template_rig_check_row) +
           TABLE_RUN("semverCompare refuses", not_constraints, template_rig_refuse_row) +
           TABLE_RUN("limits", limits, template_rig_limit_row);
}
