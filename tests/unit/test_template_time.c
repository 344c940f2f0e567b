/* Times in templates: the functions of sprig, and the methods that Go's values have. The zones are
 * those of tzdata; the local one is UTC. */
#include <stdlib.h>
#include <string.h>

#include "base/secret_buf.h"
#include "template/funcs.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

static const struct template_row rows[] = {
    {"location",
     "{{ (mustToDate \"2006-01-02 -0700 MST\" \"2026-03-07 +0500 EAST\").Location }} {{ "
     "(mustToDate \"2006-01-02 MST\" \"2026-03-07 UTC\").Location.String }}",
     "EAST UTC"},
    {"location of an offset",
     "[{{ (mustToDate \"2006-01-02 -0700\" \"2026-03-07 +0500\").Location }}]", "[]"},
    {"in the zone of another",
     "{{ (mustToDate \"2006-01-02 MST\" \"2026-03-07 UTC\").In (mustToDate \"2006-01-02 -0700 "
     "MST\" \"2026-03-07 +0500 EAST\").Location }}",
     "2026-03-07 05:00:00 +0500 EAST"},
    {"in no zone", "{{ now.In nil }}", NULL},
    {"in the name of a zone", "{{ now.In \"UTC\" }}", NULL},
    {"one location for a whole hour",
     "{{ eq (mustToDate \"2006-01-02 -0700\" \"2026-03-07 +0500\").Location (mustToDate "
     "\"2006-01-02 -0700\" \"2026-03-07 +0500\").Location }}",
     "true"},
    {"one for half an hour",
     "{{ eq (mustToDate \"2006-01-02 -0700\" \"2026-03-07 +0530\").Location (mustToDate "
     "\"2006-01-02 -0700\" \"2026-03-07 +0530\").Location }}",
     "false"},
    {"one for another hour",
     "{{ eq (mustToDate \"2006-01-02 -0700\" \"2026-03-07 +0500\").Location (mustToDate "
     "\"2006-01-02 -0700\" \"2026-03-07 +0600\").Location }}",
     "false"},
    {"one far away",
     "{{ eq (mustToDate \"2006-01-02 -0700\" \"2026-03-07 +1500\").Location (mustToDate "
     "\"2006-01-02 -0700\" \"2026-03-07 +1500\").Location }}",
     "false"},
    {"same location",
     "{{ deepEqual (mustToDate \"2006-01-02 -0700\" \"2026-03-07 +0530\").Location (mustToDate "
     "\"2006-01-02 -0700\" \"2026-03-07 +0530\").Location }}",
     "true"},
    {"copy of a location",
     "[{{ deepCopy (mustToDate \"2006-01-02 -0700 MST\" \"2026-03-07 +0500 EAST\").Location }}]",
     "[]"},
    {"location as JSON",
     "{{ toJson (mustToDate \"2006-01-02 -0700 MST\" \"2026-03-07 +0500 EAST\").Location }}{{ "
     "toYaml (mustToDate \"2006-01-02 -0700 MST\" \"2026-03-07 +0500 EAST\").Location }}",
     "{}{}"},
    {"time prints", "{{ toDate \"2006-01-02\" \"2017-12-31\" }}", "2017-12-31 00:00:00 +0000 UTC"},
    {"zero time of what does not fit", "{{ toDate \"2006-01-02\" \"x\" }}",
     "0001-01-01 00:00:00 +0000 UTC"},
    {"refused where that is asked for", "{{ mustToDate \"2006-01-02\" \"31.12.2017\" }}", NULL},
    {"month out of range", "{{ mustToDate \"2006-01-02\" \"2017-13-31\" }}", NULL},
    {"day out of range", "{{ mustToDate \"2006-01-02\" \"2017-02-29\" }}", NULL},
    {"day of a leap year", "{{ mustToDate \"2006-01-02\" \"2016-02-29\" | unixEpoch }}",
     "1456704000"},
    {"date of a time", "{{ toDate \"2006-01-02\" \"2017-12-31\" | date \"02/01/2006\" }}",
     "31/12/2017"},
    {"date of an int", "{{ date \"2006-01-02 15:04:05 MST\" 1500000000 }}",
     "2017-07-14 02:40:00 UTC"},
    {"date of an int64", "{{ date \"2006-01-02 15:04:05 MST\" (int64 1500000000) }}",
     "2017-07-14 02:40:00 UTC"},
    {"date of a negative", "{{ date \"2006-01-02 15:04:05.000\" -1 }}", "1969-12-31 23:59:59.000"},
    {"date of a far year", "{{ date \"2006-01-02\" 999999999999999 }}", "31690708-07-05"},
    {"date before year 0", "{{ date \"2006-01-02 06\" -99999999999999 }}", "-3166904-02-24 04"},
    {"date wants text first", "{{ date 1 2 }}", NULL},
    {"date wants two", "{{ date \"2006\" }}", NULL},
    {"all elements",
     "{{ date \"Mon Monday Jan January 01 1 02 2 _2 002 __2 2006 06 15 03 3 04 4 05 5 "
     "PM pm MST\" 1136239445 }}",
     "Mon Monday Jan January 01 1 02 2  2 002   2 2006 06 22 10 10 04 4 05 5 PM pm UTC"},
    {"offsets",
     "{{ date \"Z0700 Z07:00 Z07 Z070000 Z07:00:00 -0700 -07:00 -07 -070000 -07:00:00\" "
     "1136239445 }}",
     "Z Z Z Z Z +0000 +00:00 +00 +000000 +00:00:00"},
    {"zones",
     "{{ dateInZone \"Z0700 Z07:00 Z07 Z070000 Z07:00:00 -0700 -07:00 -07 -070000 -07:00:00 "
     "MST\" 1136239445 \"America/New_York\" }}",
     "-0500 -05:00 -05 -050000 -05:00:00 -0500 -05:00 -05 -050000 -05:00:00 EST"},
    {"zone with summer time",
     "{{ dateInZone \"2006-01-02 15:04 MST\" 1500000000 \"Europe/Vienna\" }}",
     "2017-07-14 04:40 CEST"},
    {"zone by its rule", "{{ dateInZone \"2006-01-02 15:04 MST\" 4118029200 \"Europe/Vienna\" }}",
     "2100-06-30 11:00 CEST"},
    {"zone of the south",
     "{{ dateInZone \"2006-01-02 15:04 -0700 MST\" 4102444800 \"Australia/Sydney\" }}",
     "2100-01-01 11:00 +1100 AEDT"},
    {"zone without a name",
     "{{ dateInZone \"2006-01-02 15:04 MST\" 1500000000 \"America/Sao_Paulo\" }}",
     "2017-07-13 23:40 -03"},
    {"zone in local mean time",
     "{{ dateInZone \"2006-01-02 15:04:05 -07:00:00 MST\" -5000000000 \"Europe/Vienna\" "
     "}}",
     "1811-07-23 16:12:01 +01:05:21 LMT"},
    {"zone unknown", "{{ dateInZone \"2006-01-02 15:04 MST\" 1500000000 \"Nowhere/Land\" }}",
     "2017-07-14 02:40 UTC"},
    {"zone that is a directory", "{{ dateInZone \"15:04 MST\" 1500000000 \"America\" }}",
     "02:40 UTC"},
    {"zone that is no zone file", "{{ dateInZone \"15:04 MST\" 1500000000 \"tzdata.zi\" }}",
     "02:40 UTC"},
    {"zone empty", "{{ dateInZone \"15:04 MST\" 1500000000 \"\" }}", "02:40 UTC"},
    {"zone with a way up",
     "{{ dateInZone \"15:04 MST\" 1500000000 \"../zoneinfo/Europe/Vienna\" }}", "02:40 UTC"},
    {"zone with a way up inside",
     "{{ dateInZone \"15:04 MST\" 1500000000 \"Europe/../Europe/Vienna\" }}", "02:40 UTC"},
    {"zone from the root",
     "{{ dateInZone \"15:04 MST\" 1500000000 \"/usr/share/zoneinfo/Europe/Vienna\" }}",
     "02:40 UTC"},
    {"zone with a backslash", "{{ dateInZone \"15:04 MST\" 1500000000 \"\\\\Europe\" }}",
     "02:40 UTC"},
    {"zone with a zero byte", "{{ dateInZone \"15:04 MST\" 1500000000 \"Europe/Vienna\\x00\" }}",
     "02:40 UTC"},
    {"zone that is a link", "{{ dateInZone \"15:04 MST\" 1500000000 \"US/Eastern\" }}",
     "22:40 EDT"},
    {"zone twice",
     "{{ range (list 0 1500000000 0) }}{{ dateInZone \"15:04 MST \" . \"Asia/Tokyo\" }"
     "}{{ dateInZone \"15:04 MST \" . \"Europe/Vienna\" }}{{ end }}",
     "09:00 JST 01:00 CET 11:40 JST 04:40 CEST 09:00 JST 01:00 CET "},
    {"other spelling", "{{ date_in_zone \"15:04 MST\" 0 \"Asia/Tokyo\" }}", "09:00 JST"},
    {"fraction",
     "{{ toDate \"2006-01-02T15:04:05Z07:00\" \"2017-12-31T23:59:59.123456789Z\" | date "
     "\"05.000 05,00 .999 .000000000 05.9\" }}",
     "59.123 59,12 .123 .123456789 59.1"},
    {"fraction that is none", "{{ date \"05.0x 05.00 .09 .01 05.9\" 7 }}",
     "07.0x 07.00 .09 .01 07"},
    {"fraction cut off", "{{ toDate \"15:04:05\" \"01:02:03.1234567899\" | date \".000000000\" }}",
     ".123456789"},
    {"fraction with a comma", "{{ toDate \"15:04:05\" \"01:02:03,5\" | date \".0\" }}", ".5"},
    {"no word", "{{ date \"Month Janus Mondays 20067\" 0 }}", "Month Janus Thursdays 19707"},
    {"underscore year", "{{ date \"x_2006 _20\" 0 }}", "x_1970  10"},
    {"html date", "{{ htmlDate 1500000000 }}", "2017-07-14"},
    {"html date in zone", "{{ htmlDateInZone 1500000000 \"Asia/Tokyo\" }}", "2017-07-14"},
    {"modify", "{{ toDate \"2006-01-02\" \"2017-12-31\" | dateModify \"36h5m\" }}",
     "2018-01-01 12:05:00 +0000 UTC"},
    {"modify backwards", "{{ toDate \"2006-01-02\" \"2017-12-31\" | date_modify \"-1.5h\" }}",
     "2017-12-30 22:30:00 +0000 UTC"},
    {"modify by nonsense", "{{ toDate \"2006-01-02\" \"2017-12-31\" | dateModify \"1d\" }}",
     "2017-12-31 00:00:00 +0000 UTC"},
    {"modify by nonsense, refused",
     "{{ toDate \"2006-01-02\" \"2017-12-31\" | mustDateModify \"1d\" }}", NULL},
    {"modify by nothing, refused",
     "{{ toDate \"2006-01-02\" \"2017-12-31\" | must_date_modify \"\" }}", NULL},
    {"modify, must", "{{ toDate \"2006-01-02\" \"2017-12-31\" | mustDateModify \"1us\" }}",
     "2017-12-31 00:00:00.000001 +0000 UTC"},
    {"modify text", "{{ dateModify \"1h\" \"2017-12-31\" }}", NULL},
    {"unix epoch", "{{ toDate \"2006-01-02\" \"2017-12-31\" | unixEpoch }}", "1514678400"},
    {"unix epoch of text", "{{ unixEpoch \"x\" }}", NULL},
    {"unix epoch of nothing", "{{ unixEpoch nil }}", NULL},
    {"duration of text", "{{ duration \"95\" }}", "1m35s"},
    {"duration of an int", "{{ duration 95 }}", "0s"},
    {"duration of an int64", "{{ duration (int64 95) }}", "1m35s"},
    {"duration of nonsense", "{{ duration \"95s\" }}", "0s"},
    {"duration of a float", "{{ duration 1.5 }}", "0s"},
    {"duration of much", "{{ duration \"99999999999999999999\" }}", "-1s"},
    {"duration of a negative", "{{ duration \"-3661\" }}", "-1h1m1s"},
    {"duration of nil", "{{ duration nil }}", "0s"},
    {"round years", "{{ durationRound \"20000h\" }}", "2y"},
    {"round months", "{{ durationRound \"2000h\" }}", "2mo"},
    {"round days", "{{ durationRound \"400h10m5s\" }}", "16d"},
    {"round hours", "{{ durationRound \"2h10m5s\" }}", "2h"},
    {"round minutes", "{{ durationRound \"10m5s\" }}", "10m"},
    {"round seconds", "{{ durationRound \"5.7s\" }}", "5s"},
    {"round one of a unit", "{{ durationRound \"24h\" }}", "24h"},
    {"round less than a second", "{{ durationRound \"900ms\" }}", "0s"},
    {"round a negative", "{{ durationRound \"-26h\" }}", "1d"},
    {"round nonsense", "{{ durationRound \"x\" }}", "0s"},
    {"round an int64", "{{ durationRound (int64 7200000000001) }}", "2h"},
    {"round an int", "{{ durationRound 7200000000001 }}", "0s"},
    {"round an old time", "{{ durationRound (toDate \"2006\" \"1700\") }}", "292y"},
    {"ago of something else", "{{ ago \"x\" }}", "0s"},
    {"ago of a character", "{{ range \"a\" }}{{ ago . }}{{ end }}", NULL},
    {"ago of long ago", "{{ ago (toDate \"2006\" \"1600\") }}", "2562047h47m16.854775807s"},
    {"units of a duration",
     "{{ range (list \"1ns\" \"1us\" \"1\\u00b5s\" \"1\\u03bcs\" \"1ms\" \"1s\" \"1m\" "
     "\"1h\" \".5h\" \"1.h\" \"-1h1m1s1ms1us1ns\" \"+5s\" \"0\" \"-0\") }}{{ $t := toDate "
     "\"2006\" \"2017\" }}{{ (dateModify . $t).Sub $t }} {{ end }}",
     "1ns 1\xc2\xb5s 1\xc2\xb5s 1\xc2\xb5s 1ms 1s 1m0s 1h0m0s 30m0s 1h0m0s -1h1m1.001001001s "
     "5s 0s 0s "},
    {"no durations",
     "{{ range (list \"\" \"h\" \"1\" \"1h0\" \".\" \"-\" \"1x\" \".s\" \"9223372036854775808ns\" "
     "\"1e3s\" \"99999999999h\") }}{{ $t := toDate \"2006\" \"2017\" }}{{ (dateModify "
     ". $t).Sub $t }} {{ end }}",
     "0s 0s 0s 0s 0s 0s 0s 0s 0s 0s 0s "},
    {"largest duration",
     "{{ $t := toDate \"2006\" \"2017\" }}{{ (dateModify \"-9223372036854775808ns\" $t).Sub "
     "$t }}",
     "-2562047h47m16.854775808s"},
    {"now is a time", "{{ now | printf \"%T\" }}", "time.Time"},
    {"now moves on", "{{ (now.Sub now).Seconds | printf \"%T\" }}", "float64"},
    {"now by date",
     "{{ eq (date \"2006\" now) (date \"2006\" \"x\") (date \"2006\" 1.5) (date \"2006\" "
     "nil) }}",
     "true"},
    {"now has a monotonic reading", "{{ now | toString | contains \" m=+\" }}", "true"},
    {"now loses it",
     "{{ (now.Round 0) | toString | contains \" m=\" }} {{ now.UTC | toString | contains "
     "\" m=\" }} {{ (now.Truncate 1).String | contains \" m=\" }} {{ (now.AddDate 0 0 "
     "0).String | contains \" m=\" }} {{ (now.Add 5).String | contains \" m=\" }} {{ (now "
     "| dateModify \"-300h\").String | contains \" m=\" }}",
     "false false false false true true"},
    {"local mark", "{{ printf \"%#v\" (toDate \"2006-01-02\" \"2017-12-31\") }}",
     "time.Date(2017, time.December, 31, 0, 0, 0, 0, time.Local)"},
    {"utc mark", "{{ printf \"%#v\" (toDate \"2006-01-02 MST\" \"2017-12-31 UTC\") }}",
     "time.Date(2017, time.December, 31, 0, 0, 0, 0, time.UTC)"},
    {"fixed mark", "{{ printf \"%#v\" (toDate \"2006-01-02 MST\" \"2017-12-31 CET\") }}",
     "time.Date(2017, time.December, 31, 0, 0, 0, 0, time.Location(\"CET\"))"},
    {"offset is local where it can be",
     "{{ printf \"%#v\" (toDate \"2006-01-02 -0700\" \"2017-12-31 +0000\") }}",
     "time.Date(2017, time.December, 31, 0, 0, 0, 0, time.Local)"},
    {"offset", "{{ toDate \"2006-01-02 -0700\" \"2017-12-31 +0130\" }}",
     "2017-12-31 00:00:00 +0130 +0130"},
    {"offset with colons", "{{ toDate \"2006-01-02 Z07:00:00\" \"2017-12-31 -01:30:15\" }}",
     "2017-12-31 00:00:00 -0130 -0130"},
    {"offset too large", "{{ mustToDate \"-0700\" \"+2500\" }}", NULL},
    {"offset with too many minutes", "{{ mustToDate \"-0700\" \"+0061\" }}", NULL},
    {"offset without a sign", "{{ mustToDate \"-0700\" \"00100\" }}", NULL},
    {"offset of a second", "{{ toDate \"-070000\" \"-000001\" }}", "0000-01-01 00:00:00 +0000 UTC"},
    {"Z for UTC", "{{ toDate \"2006Z0700\" \"2017Z\" }}", "2017-01-01 00:00:00 +0000 UTC"},
    {"zone with hours", "{{ toDate \"2006 MST\" \"2017 GMT+3\" }}",
     "2017-01-01 03:00:00 +0300 GMT+3"},
    {"zone with letters",
     "{{ toDate \"2006 MST\" \"2017 CEST\" }} {{ toDate \"2006 MST\" \"2017 ChST\" }} "
     "{{ toDate \"2006 MST\" \"2017 WITA\" }} {{ toDate \"2006 MST\" \"2017 +03\" }}",
     "2017-01-01 00:00:00 +0000 CEST 2017-01-01 00:00:00 +0000 ChST 2017-01-01 00:00:00 "
     "+0000 WITA 2017-01-01 00:00:00 +0000 +03"},
    {"no zones",
     "{{ range (list \"AB\" \"ABCD\" \"ABCDEF\" \"abc\" \"+24\" \"+\" \"A1\") }}{{ (toDate "
     "\"2006 MST\" (print \"2017 \" .)).IsZero }} {{ end }}",
     "true true true true true true true "},
    {"names in any case", "{{ toDate \"Monday, January 2 2006\" \"FRIDAY, dEcEmber 8 2017\" }}",
     "2017-12-08 00:00:00 +0000 UTC"},
    {"short names", "{{ toDate \"Mon Jan 2 2006\" \"fri Dec 8 2017\" }}",
     "2017-12-08 00:00:00 +0000 UTC"},
    {"weekday is not checked", "{{ toDate \"Mon 2006-01-02\" \"Mon 2017-12-31\" }}",
     "2017-12-31 00:00:00 +0000 UTC"},
    {"half of the day",
     "{{ toDate \"3PM\" \"12AM\" | date \"15\" }} {{ toDate \"3PM\" \"12PM\" | date \"15\" "
     "}} {{ toDate \"3pm\" \"1pm\" | date \"15\" }} {{ (toDate \"3pm\" \"1PM\").IsZero "
     "}} {{ (toDate \"3PM\" \"13PM\").IsZero }}",
     "00 12 13 true true"},
    {"two digits of a year",
     "{{ toDate \"06\" \"68\" }} {{ toDate \"06\" \"69\" }} {{ toDate \"06\" \"+5\" }}"
     " {{ toDate \"06\" \"-5\" }}",
     "2068-01-01 00:00:00 +0000 UTC 1969-01-01 00:00:00 +0000 UTC 2005-01-01 00:00:00 "
     "+0000 UTC 1995-01-01 00:00:00 +0000 UTC"},
    {"day of the year",
     "{{ toDate \"2006-002\" \"2016-060\" }} {{ toDate \"2006-002\" \"2017-060\" }} {{ "
     "toDate \"2006-002\" \"2016-366\" }} {{ toDate \"2006 __2\" \"2017   7\" }}",
     "2016-02-29 00:00:00 +0000 UTC 2017-03-01 00:00:00 +0000 UTC 2016-12-31 00:00:00 "
     "+0000 UTC 2017-01-07 00:00:00 +0000 UTC"},
    {"day of the year too large", "{{ mustToDate \"2006-002\" \"2017-366\" }}", NULL},
    {"day of the year and another month", "{{ mustToDate \"2006-01-002\" \"2017-03-001\" }}", NULL},
    {"day of the year and another day", "{{ mustToDate \"2006-02-002\" \"2017-03-001\" }}", NULL},
    {"spaces are alike",
     "{{ toDate \"2006  01\" \"2017 12\" }} {{ toDate \"2006 01\" \"2017    12\" }} {{ "
     "toDate \"_2 06\" \" 7 17\" }}",
     "2017-12-01 00:00:00 +0000 UTC 2017-12-01 00:00:00 +0000 UTC 2017-01-07 00:00:00 "
     "+0000 UTC"},
    {"extra text", "{{ mustToDate \"2006\" \"2017x\" }}", NULL},
    {"missing text", "{{ mustToDate \"2006x\" \"2017\" }}", NULL},
    {"hour out of range", "{{ mustToDate \"15\" \"24\" }}", NULL},
    {"minute out of range", "{{ mustToDate \"04\" \"60\" }}", NULL},
    {"second out of range", "{{ mustToDate \"05\" \"60\" }}", NULL},
    {"one digit where there are two", "{{ mustToDate \"04\" \"5\" }}", NULL},
    {"negative fraction", "{{ mustToDate \"05 .000\" \"05 .-12\" }}", NULL},
    {"signed fraction", "{{ mustToDate \"05 .000\" \"05 .+12\" | date \".000\" }}", ".012"},
    {"time methods on month",
     "{{ $m := (toDate \"2006-01-02\" \"2017-12-31\").Month }}{{ $m }} {{ printf \"%d\" "
     "$m }} {{ $m.String }} {{ add $m 1 }} {{ eq $m 12 }}",
     "December 12 December 13 true"},
    {"weekday",
     "{{ $w := (toDate \"2006-01-02\" \"2017-12-31\").Weekday }}{{ $w }} {{ printf \"%d\" "
     "$w }} {{ $w.String }} {{ if $w }}yes{{ else }}no{{ end }}",
     "Sunday 0 Sunday no"},
    {"compare",
     "{{ $a := toDate \"2006\" \"2016\" }}{{ $b := toDate \"2006\" \"2017\" }}{{ $a.Before "
     "$b }} {{ $a.After $b }} {{ $a.Equal $b }} {{ $a.Compare $b }} {{ $b.Compare $a }"
     "} {{ $b.Sub $a }}",
     "true false false -1 1 8784h0m0s"},
    {"equal",
     "{{ eq (toDate \"2006\" \"2016\") (toDate \"2006\" \"2016\") }} {{ eq (toDate \"2006 "
     "MST\" \"2016 UTC\") (toDate \"2006\" \"2016\") }}",
     "true false"},
    {"deep equal",
     "{{ deepEqual (toDate \"2006 MST\" \"2016 CET\") (toDate \"2006 MST\" \"2016 CET\") "
     "}} {{ deepEqual (toDate \"2006\" \"2016\") (toDate \"2006 MST\" \"2016 UTC\") }}"
     " {{ deepEqual (toDate \"2006 MST\" \"2016 CET\") (toDate \"2006 MST\" \"2016 EET\") "
     "}}",
     "true false false"},
    {"sub too large",
     "{{ (toDate \"2006\" \"9999\").Sub (toDate \"2006\" \"0001\") }} {{ (toDate \"2006\" "
     "\"0001\").Sub (toDate \"2006\" \"9999\") }}",
     "2562047h47m16.854775807s -2562047h47m16.854775808s"},
    {"add date",
     "{{ (toDate \"2006-01-02\" \"2016-01-31\").AddDate 0 1 0 }} {{ (toDate \"2006-01-02\" "
     "\"2016-01-31\").AddDate -1 -1 -31 }} {{ (toDate \"2006-01-02\" \"2016-01-31\").AddDate "
     "0 25 0 }}",
     "2016-03-02 00:00:00 +0000 UTC 2014-11-30 00:00:00 +0000 UTC 2018-03-03 00:00:00 "
     "+0000 UTC"},
    {"add date far",
     "{{ ((toDate \"2006-01-02\" \"2016-01-31\").AddDate 9223372036854775807 0 0).Year "
     "}} {{ ((toDate \"2006-01-02\" \"2016-01-31\").AddDate 0 -9223372036854775808 0).Unix "
     "}} {{ ((toDate \"2006-01-02\" \"2016-01-31\").AddDate 0 0 9223372036854775807).Unix "
     "}}",
     "2015 1454132736 1454112000"},
    {"add date wants ints", "{{ (toDate \"2006-01-02\" \"2016-01-31\").AddDate 0 1 }}", NULL},
    {"add a number", "{{ (toDate \"2006\" \"2016\").Add 1.5 }}", NULL},
    {"add an int", "{{ $n := 5 }}{{ (toDate \"2006\" \"2016\").Add $n }}", NULL},
    {"round",
     "{{ $t := mustToDate \"15:04:05\" \"11:59:30.5\" }}{{ $t.Round 60000000000 }} {{ "
     "$t.Truncate 60000000000 }} {{ $t.Round 1000000000 }} {{ $t.Truncate 7 }} {{ $t.Round "
     "-1 }}",
     "0000-01-01 12:00:00 +0000 UTC 0000-01-01 11:59:00 +0000 UTC 0000-01-01 11:59:31 "
     "+0000 UTC 0000-01-01 11:59:30.5 +0000 UTC 0000-01-01 11:59:30.5 +0000 UTC"},
    {"json",
     "{{ toDate \"2006-01-02\" \"2017-12-31\" | toJson }} {{ dict \"t\" (toDate \"2006-01-02 "
     "-0700\" \"2017-12-31 +0130\") | toJson }}",
     "\"2017-12-31T00:00:00Z\" {\"t\":\"2017-12-31T00:00:00+01:30\"}"},
    {"json of a far year",
     "{{ (toDate \"2006\" \"2017\").AddDate 9000 0 0 | toJson }} {{ (toDate \"2006\" "
     "\"2017\").AddDate "
     "9000 0 0 | mustToJson }}",
     NULL},
    {"bytes",
     "{{ (toDate \"2006-01-02 MST\" \"2017-12-31 UTC\").MarshalBinary }} {{ (toDate \"2006-01-02 "
     "-070000\" \"2017-12-31 +013015\").MarshalBinary }} {{ (toDate \"2006-01-02\" "
     "\"2017-12-31\").GobEncode "
     "}}",
     "[1 0 0 0 14 209 218 31 128 0 0 0 0 255 255] [2 0 0 0 14 209 218 10 89 0 0 0 0 0 "
     "90 15] [1 0 0 0 14 209 218 31 128 0 0 0 0 0 0]"},
    {"bytes of a bad offset", "{{ (toDate \"-070000\" \"-000130\").MarshalBinary }}", NULL},
    {"bytes of text",
     "{{ (toDate \"2006\" \"2017\").MarshalText | printf \"%s\" }} {{ (toDate \"2006\" "
     "\"2017\").MarshalJSON | printf \"%s\" }} {{ (toDate \"2006\" \"2017\").AppendFormat "
     "(toDate \"2006\" \"2018\").MarshalText \"2006\" | printf \"%s\" }} {{ (toDate \"2006\" "
     "\"2017\").AppendText nil | printf \"%s\" }} {{ (toDate \"2006 MST\" \"2017 "
     "UTC\").AppendBinary "
     "(toDate \"2006 MST\" \"2018 UTC\").MarshalBinary | len }}",
     "2017-01-01T00:00:00Z \"2017-01-01T00:00:00Z\" 2018-01-01T00:00:00Z2017 2017-01-01T00:00:00Z "
     "30"},
    {"bytes where text is", "{{ (toDate \"2006\" \"2017\").AppendFormat \"x\" \"2006\" }}", NULL},
    {"text of a far year", "{{ ((toDate \"2006\" \"2017\").AddDate 9000 0 0).MarshalText }}", NULL},
    {"text of a far year, appended",
     "{{ ((toDate \"2006\" \"2017\").AddDate 9000 0 0).AppendText nil }}", NULL},
    {"bytes in JSON of a far year",
     "{{ ((toDate \"2006\" \"2017\").AddDate 9000 0 0).MarshalJSON }}", NULL},
    {"two results", "{{ (toDate \"2006\" \"2017\").Zone }}", NULL},
    {"three results", "{{ (toDate \"2006\" \"2017\").Date }}", NULL},
    {"no method", "{{ (toDate \"2006\" \"2017\").year }}", NULL},
    {"method with too many arguments", "{{ (toDate \"2006\" \"2017\").Year 1 }}", NULL},
    {"zero",
     "{{ (toDate \"2006\" \"x\").IsZero }} {{ (toDate \"2006\" \"0001\").IsZero }} {{ "
     "(toDate \"2006\" \"0002\").IsZero }}",
     "true true false"},
    {"a time is true",
     "{{ if toDate \"2006\" \"x\" }}yes{{ end }} {{ toDate \"2006\" \"x\" | default 1 "
     "| printf \"%T\" }}",
     "yes time.Time"},
    {"unix units",
     "{{ $t := mustToDate \"2006-01-02T15:04:05Z07:00\" \"2017-12-31T01:02:03.123456789Z\" "
     "}}{{ $t.Unix }} {{ $t.UnixMilli }} {{ $t.UnixMicro }} {{ $t.UnixNano }} {{ $t.Nanosecond "
     "}}",
     "1514682123 1514682123123 1514682123123456 1514682123123456789 123456789"},
    {"unix units before 1970",
     "{{ $t := mustToDate \"2006-01-02T15:04:05Z07:00\" \"1017-12-31T01:02:03.123456789Z\" "
     "}}{{ $t.Unix }} {{ $t.UnixMilli }} {{ $t.UnixMicro }} {{ $t.UnixNano }} {{ $t.YearDay "
     "}} {{ $t.Hour }}:{{ $t.Minute }}:{{ $t.Second }}",
     "-30042313077 -30042313076877 -30042313076876544 6851175070542560021 365 1:2:3"},
    {"duration methods",
     "{{ $d := (mustToDate \"15:04:05\" \"11:59:30.5\").Sub (mustToDate \"15:04:05\" "
     "\"11:59:31.75\") "
     "}}{{ $d }} {{ $d.Abs }} {{ $d.Hours }} {{ $d.Minutes }} {{ $d.Seconds }} {{ $d.Milliseconds "
     "}} {{ $d.Microseconds }} {{ $d.Nanoseconds }} {{ $d.Round 1000000000 }} {{ $d.Truncate "
     "1000000000 }} {{ $d.String }}",
     "-1.25s 1.25s -0.00034722222222222224 -0.020833333333333332 -1.25 -1250 -1250000 "
     "-1250000000 -1s -1s -1.25s"},
    {"small durations",
     "{{ $t := toDate \"2006\" \"2017\" }}{{ ($t.Add 1).Sub $t }} {{ ($t.Add 1500).Sub "
     "$t }} {{ ($t.Add 1500000).Sub $t }} {{ $t.Sub $t }} {{ ($t.Add -999999999).Sub $t "
     "}} {{ ($t.Add 60000000000).Sub $t }} {{ ($t.Add 3600000000001).Sub $t }}",
     "1ns 1.5\xc2\xb5s 1.5ms 0s -999.999999ms 1m0s 1h0m0.000000001s"},
    {"seconds by number",
     "{{ \"1500000000\" | int64 | date \"2006\" }} {{ \"1500000000\" | atoi | date \"2006\" "
     "}}",
     "2017 2017"},
    {"verbs",
     "{{ $t := toDate \"2006\" \"2017\" }}{{ printf \"%s|%v|%q|%x|%10.4s|%d\" $t $t $t "
     "$t.Year $t.Month $t.Month }}",
     "2017-01-01 00:00:00 +0000 UTC|2017-01-01 00:00:00 +0000 UTC|\"2017-01-01 00:00:00 "
     "+0000 UTC\"|7e1|      Janu|1"},
};

static const struct template_row limit_rows[] = {
    {"long layout",
     "{{ $l := repeat 300000 \"Monday\" }}{{ range until 1000 }}{{ if date $l 0 }}{{ end }}{{ end "
     "}}",
     "more than"},
    {"long value",
     "{{ $l := repeat 4000000 \"2\" }}{{ range until 1000 }}{{ toDate $l $l }}{{ end }}",
     "more than"},
    {"long duration",
     "{{ $t := toDate \"2006\" \"2017\" }}{{ $d := repeat 2000000 \"1s\" }}{{ range until 1000 }}"
     "{{ dateModify $d $t }}{{ end }}",
     "more than"},
    {"zones without end",
     "{{ range $i := until 90 }}{{ range $j := until 90 }}"
     "{{ dateInZone \"05\" 0 (print \"Asia/\" (repeat $j \"./\") (repeat $i \"/\") \"Tokyo\") }}"
     "{{ end }}{{ end }}",
     "more than"},
    {"files without end",
     "{{ range $i := until 100000 }}{{ dateInZone \"05\" 0 (printf \"No/%d\" $i) }}{{ end }}",
     "more than"},
};

/* 2026-03-07 09:05:03.000000007 UTC. */
static int64_t fixed_now(void *ctx)
{
    (void)ctx;
    return INT64_C(1772874303000000007);
}

static const struct template_row clock_rows[] = {
    {"now", "{{ now }}", "2026-03-07 09:05:03.000000007 +0000 UTC m=+0.000000000"},
    {"date of text", "{{ date \"2006-01-02\" \"1999-12-31\" }}", "2026-03-07"},
    {"date of a float", "{{ dateInZone \"15:04\" 1.5 \"Asia/Tokyo\" }}", "18:05"},
    {"date of nil", "{{ htmlDate nil }}", "2026-03-07"},
    {"date of nothing", "{{ htmlDateInZone (dict \"a\" nil).a \"UTC\" }}", "2026-03-07"},
    {"ago", "{{ ago 1772874300 }}", "3s"},
    {"ago, an int64", "{{ ago (int64 1772870700) }}", "1h0m3s"},
    {"ago, a time", "{{ ago (toDate \"2006-01-02\" \"2026-03-07\") }}", "9h5m3s"},
    {"ago, ahead", "{{ ago 1772874310 }}", "-7s"},
    {"ago, text", "{{ ago \"1772874300\" }}", "0s"},
    {"age", "{{ durationRound (toDate \"2006-01-02\" \"2026-02-07\") }}", "28d"},
    {"moved", "{{ now | dateModify \"-1.5h\" }}",
     "2026-03-07 07:35:03.000000007 +0000 UTC m=-5400.000000000"},
    {"moved too far for the reading", "{{ (now | dateModify \"1500000h\").Year }}", "2197"},
    {"as JSON", "{{ now | toJson }}", "\"2026-03-07T09:05:03.000000007Z\""},
};

static void render_at(const char *template, bool refuse_clock, struct err **e,
                      struct secret_buf **out)
{
    const struct template_env env = {.refuse_clock = refuse_clock, .now_ns = fixed_now};
    CLEANUP(template) struct template *t = template_rig_parse(template);

    *e = template_rig_render(t, &env, out);
    assert_true(template_is_volatile(t));
}

static void reads_the_clock(void **state)
{
    const struct template_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = NULL;

    render_at(r->template, false, &e, &out);
    if (e)
        fail_msg("%s", err_text(e));
    struct secret_view v = secret_buf_view(out);
    assert_int_equal(v.n, strlen(r->want));
    assert_memory_equal(secret_view_raw(v), r->want, v.n);
}

static void reads_no_clock_where_refused(void **state)
{
    const struct template_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = NULL;

    render_at(r->template, true, &e, &out);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), "functions that read the clock are switched off"));
}

static const struct template_row calm_rows[] = {
    {"date of a time", "{{ toDate \"2006\" \"2017\" | date \"06\" }}", "17"},
    {"date of an int", "{{ htmlDate 0 }}", "1970-01-01"},
    {"date of an int64", "{{ dateInZone \"06\" (int64 0) \"UTC\" }}", "70"},
    {"duration", "{{ durationRound \"90m\" }}", "1h"},
};

/* Functions that can read the clock may be called where they do not. */
static void needs_no_clock(void **state)
{
    const struct template_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = NULL;

    render_at(r->template, true, &e, &out);
    assert_null(e);
    assert_memory_equal(secret_view_raw(secret_buf_view(out)), r->want, strlen(r->want));
}

/* A method that no template can use has no rendering. */
static void example(void **state)
{
    const struct func *f = *state;

    assert_true(f->summary[0] != '\0');
    assert_non_null(strstr(f->example, f->name));
    template_rig_check(f->example, f->shows);
}

static int run_examples(void)
{
    static const struct func_table *const tables[] = {&methods_time, &methods_duration,
                                                      &methods_month, &methods_weekday};
    int failed = 0;

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        failed += table_run(tables[i]->theme, tables[i]->rows, tables[i]->n, sizeof(struct func),
                            example);
    return failed;
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    return TABLE_RUN("times", rows, template_rig_check_row) +
           TABLE_RUN("limits", limit_rows, template_rig_limit_row) +
           TABLE_RUN("clock", clock_rows, reads_the_clock) +
           TABLE_RUN("clock refused", clock_rows, reads_no_clock_where_refused) +
           TABLE_RUN("clock not needed", calm_rows, needs_no_clock) + run_examples();
}
