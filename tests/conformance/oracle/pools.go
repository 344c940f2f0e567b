package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Texts of a kind, from which arguments and data are taken. What a function makes of its own kind
// of text is where engines differ; any other text is refused by both in a line or two.
var pools = map[string][]string{
	"plain": {"", "a", "hello", "Hello World", "foo-bar_baz", "HTTPServer2Go", "it's \"q\"",
		"  pad ",
		"a,b,,c", "x=1;y=2", "line1\nline2\n", "\ta\n\n b", "-", "a.b.c", "AbC dEf", "aaa", "baaac",
		"word word word word", "a b  c   d", "o'neil mc-donald", "user@example.org", "no_https_URL",
		"longer text that should be wrapped somewhere because it is longer than eighty columns, ok"},

	"unicode": {"é", "héllo wörld", "日本語", "ß", "ǆ Ǆ ǅ", "İı", "Σσς", "a\u00a0b", "\u2028x",
		"\ufeffbom",
		"😀 smile", "e\u0301", "ŉ ſ", "\u200b", "\u0085", "Ω", "\u00ad", "ÀÉÎ", "\ufffd", "１２"},
	"bytes": {"\xff", "a\xffb", "\x00", "a\x00b", "\xc3", "\xed\xa0\x80", "\xf0\x9f",
		"\x01\x02\x1f\x7f",
		"é\xc3(", "\xc0\x80"},
	"number": {"0", "1", "42", "-7", "+5", "3.14", "-0", "010", "0x1F", "0b11", "0o17", "08",
		"1_000",
		"1e3", "1E-3", "inf", "-Infinity", "nan", ".5", "5.", "007", " 5", "5 ", "00", "1.0",
		"-1.50",
		"9223372036854775807", "9223372036854775808", "-9223372036854775809",
		"12345678901234567890",
		"1e400", "0x", "1__0", "0.1", "100000", "1000000", "1e21", "123456789.123", "2.675",
		"true"},
	"json": {"{}", "[]", "null", "true", "\"x\"", "1e3", "[1,2.5,\"x\",null,true]",
		"{\"a\":1,\"b\":{\"c\":[]}}",
		"{\"n\":1000000}", "[1.0,1E400]", "{bad", "{\"a\":1,\"a\":2}",
		"[\"\\u00e9\\ud83d\\ude00\\n\"]",
		"{\"b\":1,\"a\":[{\"c\":null}]}", "[[1,[2]],{}]", "\"<&>\"", "-0", "12345678901234567890",
		"{\"k\":\"v\",\"l\":[\"a\",\"b\"],\"m\":{\"x\":\"y\"}}", "[3,1,2]", "[\"b\",\"a\"]",
		" [ 1 ] ", "1 2"},
	"yaml": {"a: 1", "a: yes\nb: on", "a: [1, x]\nb: {c: d}", "a:\n- 1\n- b: c",
		"a: 010\nb: 1_000\nc: ~",
		"a: |\n  x\n  y\n", "a: &x {b: 1}\nc: *x", "- 1", "str", "", "a: 'it''s'\nb: \"\\n\"",
		"a: b: c",
		"a: 1\na: 2", "\ta: 1", "a: 2024-01-01\nb: 1:30", "y: 1\nn: 2", "a: 1.10\nb: .inf",
		"{a: 1}",
		"a: >\n  x\n  y\n", "1: a\ntrue: b", "a: null\nb:", "a: \"x\n  y\""},
	"base64": {"aGVsbG8=", "aGVsbG8", "!!!", "aGVs\nbG8=", "_-8=", "/+8=", "AA==", "", "YQ==",
		"YWI=", "=", "aGVsbG9="},
	"base32": {"NBSWY3DP", "ME======", "nbswy3dp", "MFRA====", "1", "NBSWY3DPME", "",
		"NBSW\nY3DP", "M======="},
	"hex": {"68656c6c6f", "6", "zz", "", "ABcd", "00ff", "6 8"},
	"url": {"https://user:pa%20ss@host.example:8443/p/a?q=1&r=a+b#frag", "mailto:a@b",
		"http://[::1]:80/x",
		"//host/path", "/a%2Fb?x#y", "http://a b/", "http://h:x/", ":bad", "", "%zz", "a:b",
		"x://h/é?ü#ö",
		"http://h", "http://h/%41?%zz", "HTTP://H/../x", "http://u@h:/", "?q", "#f",
		"http://h/a;b,c", "http:opaque?x"},
	"path": {"/a/b.txt", "", "/", "a/", "//a//b", "a/../b", "../..", ".", "a.tar.gz", ".bashrc",
		"/..", "a/./b/", "é/ü.x"},
	"version": {"1.2.3", "v1.2", "1", "1.2.3-beta.1+build", "0.0.0", "1.4.0", "v0.2.9", "2.3.4",
		"2.0.0-rc.1", "1.2.3.4", "01.2.3", "x",
		"1.2.3-01", "1.2.3-a.b-c", "10.20.30", "1.2.3+x", "v", "1.x", "0.2.3", "0.0.3", "1.2.3-0",
		"3.0.0-alpha"},
	"constraint": {"^1.2.0", "~1.2", ">=1.0.0 <2.0.0", "1.x", "1.2 - 1.4.5", "*", "!=1.2.3",
		"1.2.3 || 2.x", "=>1",
		"~> 1.2", "^0.2.3", "^0.0", ">1.2", "<=1.2", "", "bad", ">= 1.0, < 2", ">=1.0.0-0",
		"=1.2.3-beta.1+b",
		"<0.0.1-x", "^1.2.3-beta", "~0", "1.*.3", "> 1 || < 0.5", "x", "!=1.x", "~1.2.3-beta.0",
		"2 - 1"},
	"layout": {"2006-01-02", "2006-01-02T15:04:05Z07:00", "Mon Jan _2 15:04:05 MST 2006",
		"02/01/06 03:04PM", "15h04",
		"Monday, January 2", "2006-002", "15:04:05.000", "05.999999999", "__2 2006",
		"-0700 -07:00 -07", "Z0700 Z07",
		"3:4:5 pm", "06 6 1 2", ",000", "", "x", "Jan2006", "2006-01-02 15:04:05 -0700 MST",
		"Z07:00:00", "20060102150405",
		"_2006", "01January", ".000000 2", "5.9"},
	"date": {"2024-02-29", "2023-02-29", "2024-02-29T12:30:45+02:00",
		"Thu Feb 29 12:30:45 CET 2024", "29/02/24 12:30PM",
		"07h08", "Thursday, February 29", "2024-060", "12:30:45.678", "2024-13-01", "0001-01-01",
		"9999-12-31", "", "x",
		"Feb2024", "20240229123045", "2024-02-29 12:30:45 +0100 CET",
		"Mon Jan  2 15:04:05 MST 2006", "12:30:45,123"},
	"duration": {"1h", "-1.5h10m", "bad", "1d", "", "90s", "1h2m3s4ms5us6ns", "1µs", ".5s", "+3m",
		"2540400h", "0", "1.h", "h", "3000000h", "-.s"},
	"seconds": {"95", "0", "-61", "3600", "x", "2h10m5s", "400h", "9000h", "100000h", "1.5s", ""},
	"zone": {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "No/Where", "",
		"Local", "Asia/Tokyo", "../x", "EST", "GMT"},
	"regexp": {"l+", "[a-e]+", "(.*)", "a*", "", "^h", "o$", "(?i)HELLO", "(a)(x*)b?", "(?P<n>l)",
		"\\pL+", "[^a-zA-Z0-9-]",
		"\\b", "(|a)*", "[", "(", "*", "a{2}", "x{1001}", "(?m)^", "(?s).", ".", "\\d+", "\\s+",
		"é", "[[:alpha:]]", "a|b|",
		"(?:ab)?", "\\x{e9}", "a(?=b)", "(a)\\1", "\\Q.\\E", "a**", "a+?", "$", "\\z", "(?<m>a)",
		"[\\w.]+", "(?U)a+", "\\C", "(a|b)*c"},
	"replacement": {"X", "$1", "${1}W", "$1W", "$$", "$", "${n}", "$0$0", "", "${", "$n-", "${x}",
		"\\1", "$-", "${1", "é$1"},
	"format": {"%d", "%s", "%v", "%q", "%x", "%5d|", "%-5s|", "%05d", "%+d", "%.2f", "%T", "%#v",
		"%+v", "%e", "%g", "%t", "%c",
		"%U", "%%", "%", "%z", "%!", "%[1]d", "%[2]v %[1]v", "%*d", "%.*f", "%s-%s", "x",
		"%o %#o %O %b", "%x % X %#x", "%8.3f|",
		"%+q", "%#q", "%.1s", "%[3]d", "%-08d|", "% d", "%6.2f%%", "%v %v %v", "%#x", "%G %E %F",
		"%p", "%[x]d", "%#U", "%10q|", "%+.3e", "%010s|"},
	"kind": {"string", "int", "slice", "map", "float64", "bool", "invalid", "ptr", "struct",
		"int64"},
	"type": {"string", "int", "[]interface {}", "map[string]interface {}", "float64",
		"*semver.Version", "semver.Version", "time.Time", "<nil>", "bool"},
	"pem": {"-----BEGIN A-----\nYWJj\n-----END A-----\n",
		"junk\n-----BEGIN B C-----\nk: v\n\nYWJj\n-----END B C-----\nrest", "x",
		"-----BEGIN A-----\n!\n-----END A-----\n", "-----BEGIN A-----\nYWJj\n-----END B-----\n",
		"-----BEGIN A-----\n-----END A-----\n",
		"-----BEGIN a-----\nYW\nJj\n-----END a-----\n-----BEGIN A-----\nYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJkYWJk\n-----END A-----"},

	"pemtype":  {"A", "a", "B C", "CERTIFICATE", ""},
	"sep":      {",", "", "-", " ", "a", "l", "\n", "é", "ab", ".", "::"},
	"key":      {"a", "b", "c", "k", "x", "", "é", "10", "9", "A", "a b", "true"},
	"certkind": {"leaf", "root", "intermediate", "x"},
}

// poolNames are the kinds a value is taken from where any text will do, common ones more often.
var poolNames = strings.Fields(
	"plain plain plain plain unicode unicode bytes number number json json yaml base64 url " +
		"path version date duration regexp sep key pem hex")

func pick[T any](r *rand.Rand, from []T) T {
	return from[r.IntN(len(from))]
}

func chance(r *rand.Rand, percent int) bool {
	return r.IntN(100) < percent
}

// anyText is a text of any kind, sometimes two of them or one with a byte changed.
func anyText(r *rand.Rand) string {
	text := pick(r, pools[pick(r, poolNames)])
	switch {
	case chance(r, 10):
		text += pick(r, pools[pick(r, poolNames)])
	case chance(r, 5):
		text = mutate(r, text)
	}
	return text
}

// poolText is a text of the kind, now and then of another or changed.
func poolText(r *rand.Rand, kind string) string {
	build := builders[kind]
	switch {
	case build != nil && chance(r, 40):
		return build(r)
	case chance(r, 10):
		return anyText(r)
	case chance(r, 15):
		return mutate(r, pick(r, pools[kind]))
	}
	return pick(r, pools[kind])
}

// mutate changes a text in one place.
func mutate(r *rand.Rand, text string) string {
	if text == "" {
		return string(rune(r.IntN(128)))
	}
	at := r.IntN(len(text))
	switch r.IntN(5) {
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + string(rune(32+r.IntN(96))) + text[at:]
	case 2:
		return text[:at] + string(rune(32+r.IntN(96))) + text[at+1:]
	case 3:
		end := at + r.IntN(len(text)-at)
		return text[:end] + text[at:]
	}
	return text[:at] + pick(r, pools[pick(r, poolNames)]) + text[at:]
}

// quoted is a constant of the template language for text.
func quoted(r *rand.Rand, text string) string {
	if chance(r, 10) && !strings.ContainsAny(text, "`\r") {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

func intText(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return pick(r, []string{"0", "-1", "100", "-100", "1000000", "0x1F", "010", "1_000",
			"'a'", "9223372036854775807",
			"-9223372036854775808", "2147483648", "0b11", "4294967296"})
	default:
		return strconv.Itoa(r.IntN(14) - 2)
	}
}

func floatText(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return pick(r, []string{"0.0", "-0.0", "1e6", "1e21", "1e-7", "0.1", "2.5", "1e300",
			"-1.5", "0x1p-2", "123456789.5",
			"1e20", "3.0", "0.000001", "9007199254740993.0", "1e-5", "5e-324",
			"1.7976931348623157e308"})
	case 1:
		return strconv.FormatFloat(r.NormFloat64()*1000, 'f', r.IntN(6)+1, 64)
	case 2:
		return fmt.Sprintf("%d.%d", r.IntN(20), r.IntN(10))
	}
	return strconv.FormatFloat(r.ExpFloat64()*float64(r.IntN(1<<30)), 'e', -1, 64)
}
