package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Cases about one module.

const floatsPerCase = 500

// floatsCase is bit patterns: any, near powers of two and ten, and short decimals.
func floatsCase(r *rand.Rand) *question {
	text := make([]byte, 0, 8*floatsPerCase)
	for range floatsPerCase {
		bits := r.Uint64()
		switch r.IntN(5) {
		case 0:
			bits = math.Float64bits(math.Ldexp(1, r.IntN(2100)-1074)) + uint64(r.IntN(3)) - 1
		case 1:
			bits = math.Float64bits(math.Pow(10, float64(r.IntN(640)-320))) + uint64(r.IntN(5)) - 2
		case 2:
			bits = math.Float64bits(float64(r.Int64N(1<<54)) / math.Pow(10, float64(r.IntN(20))))
		case 3:
			bits = math.Float64bits(float64(r.Int64N(10000000)) / 1000)
		}
		text = binary.LittleEndian.AppendUint64(text, bits)
	}
	return &question{Kind: "floats", Text: text}
}

var jsonScalars = []string{"null", "true", "false", "0", "-0", "1", "1.5", "1e3", "1E400",
	"-1e-400", "12345678901234567890", "0.1",
	"1000000", "01", "1.", ".5", "+1", "nul", "\"\"", "\"a\"", "\"\\u00e9\"",
	"\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\n\\t\\\"\\\\\\/\"",
	"\"<&>\"", "\"\\u2028\u2029\"", "\"é日😀\"", "\"\xff\"", "\"\x01\"", "\"\\x\"", "\"\\u12\"",
	"'a'", "\"\x7f\"", "9007199254740993", "1e21", "1e-7",
	"\"\\u0000\"", "123456789.123456789", "4.9e-324"}

func jsonText(r *rand.Rand, depth int) string {
	space := func() string { return pick(r, []string{"", "", "", " ", "\n", "\t"}) }
	if depth == 0 || chance(r, 30) {
		return space() + pick(r, jsonScalars) + space()
	}
	n, parts, isMap := r.IntN(4), []string{}, chance(r, 50)
	for range n {
		part := jsonText(r, depth-1)
		if isMap {
			key := pick(r, []string{"\"a\"", "\"b\"", "\"\"", "\"é\"", "\"a2\"", "\"a10\"",
				"\"\\u0061\"", "\"<\"", "\"A\"", "1"})
			part = space() + key + space() + ":" + part
		}
		parts = append(parts, part)
	}
	body := strings.Join(parts, ",")
	if isMap {
		return "{" + body + space() + "}"
	}
	return "[" + body + space() + "]"
}

func jsonCase(r *rand.Rand) *question {
	text := jsonText(r, 3)
	if chance(r, 25) {
		text = mutate(r, text)
	}
	return &question{Kind: "json", Text: []byte(text)}
}

var yamlScalars = strings.Split(
	"a|yes|No|ON|off|y|N|true|FALSE|~|null|Null||1|-1|+1|010|08|0o14|0x1F|0b11|1_000|1.5|"+
		"1.10|.5|5.|1e3|1E+3|.inf|-.INF|.nan|1:30|12:30:45|2024-01-01|2024-01-01T10:00:00Z|"+
		"12345678901234567890|-9223372036854775809|0.1e-7|=|plain text|it's|a #b|\"q\"|"+
		"\"a\\nb\"|\"\\u00e9\\x41\"|'it''s'|''|\"\"|é日|-a|?x|:a|a:b|!!str 1|!!int \"5\"|"+
		"!!float 1|!!binary aGVsbG8=|\"a\n    b\"|'a\n\n    b'|a\n    b|x y  z|1_0.5|0.|-0|"+
		"1e400|0x|! a|-1:30|190:20:30|685_230.15|0b|.e3|+.inf|...a|a,b|a]|\"\\\n    a\"|"+
		"\"\\0\\a\\e\\_\\N\\L\\P\\/\"|\u2028a|'\t'|a\tb", "|")

var yamlNodes = strings.Split(
	"[a, b]§{a: 1}§[]§{}§[a, {b: c}]§{a, b: [1]}§|-\n    x\n    y§>\n    x\n    y\n\n    z§"+
		"|\n      a\n    b§|2\n      x§>+\n    a\n\n§&x v§[a,\n    b]§{\"a\":1}§"+
		"{a: [1, 2], b: {c: d}}§!!map {a: 1}§!!seq [a]§!!null x§!!bool yes§"+
		"!!timestamp 2024-01-01§!!set {a}§>-\n    a\n      b\n    c§"+
		"|\n    a\n\n    # no comment§{? a : b}§[a: b]§[[1], [2, [3]]]§{a: , b: }§- x", "§")

var yamlBad = strings.Split(
	"<<|-|?|:|@x|%x|!x|&a|*a|*x|\"\\ud800\"|\"\\q\"|,|[|]|{|`|...|---|.|\u0085|\ufeffa|"+
		"a: b|\"|'|>|}|!!int x|!!float x|\t|\tx|[a|{a: 1|- - a|&|*", "|")

func yamlScalar(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 4:
		return pick(r, yamlBad)
	case n < 20:
		return pick(r, yamlNodes)
	}
	return pick(r, yamlScalars)
}

func yamlKey(r *rand.Rand) string {
	return pick(r, []string{"a", "b", "c", "d", "a b", "\"q\"", "'s'", "1", "010", "yes", "y",
		"~", "1.5", "é", "<<", "? a\n", "", "!!str x", "a#", "k2", "k10"})
}

// yamlText is a block of the indentation given, a mapping mostly.
func yamlText(r *rand.Rand, indent, depth int, scalar func(*rand.Rand) string) string {
	out, pad := strings.Builder{}, strings.Repeat(" ", indent)
	isList := depth > 0 && chance(r, 30)
	anchor := false
	for range 1 + r.IntN(4) {
		head := yamlKey(r) + ":"
		if isList {
			head = "-"
		}
		out.WriteString(pad + head)
		switch {
		case depth > 0 && chance(r, 30):
			if !isList && chance(r, 20) {
				out.WriteString(" &x")
				anchor = true
			}
			out.WriteString("\n" + yamlText(r, indent+pick(r, []int{1, 2, 2, 2, 4}), depth-1,
				scalar))
			continue
		case anchor && chance(r, 30):
			out.WriteString(" *x")
		default:
			out.WriteString(" " + scalar(r))
		}
		if chance(r, 5) {
			out.WriteString(pick(r, []string{" # c", "\n" + pad + "# c", "  ", "\t", "\n", "\r"}))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func yamlCase(r *rand.Rand, kind string) *question {
	depth, scalar := 2, yamlScalar
	if kind == "yaml_strings" && chance(r, 90) {
		depth, scalar = 0, func(r *rand.Rand) string { return pick(r, yamlScalars) }
	}
	text := yamlText(r, 0, depth, scalar)
	switch {
	case chance(r, 3):
		text = pick(r, yamlScalars)
	case chance(r, 4):
		text = "---\n" + text
	case chance(r, 4):
		text += pick(r, []string{"---\nb: 2\n", "...\n", "...\nx", "# end"})
	case chance(r, 2):
		text = pick(r, []string{"%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "%TAG ! x\n---\n",
			"\ufeff", "# c\n"}) + text
	}
	if chance(r, 15) {
		text = mutate(r, text)
	}
	return &question{Kind: kind, Text: []byte(text)}
}

// yamlTextCase is a text to be written as key and value.
func yamlTextCase(r *rand.Rand) *question {
	parts := []string{
		"a", "b", " ", " ", "\n", "\t", ":", "#", "-", "'", "\"", "\\", "é", "1", "0", ".", ",",
		"[", "{", "&", "*", "!", "|", ">", "%", "@", "`",
		"true", "yes", "null", "~", "word ", "longer-word ", "\x01", "\u0085", "\u2028", "\ufeff",
		"😀", "\xff", "\r", "e", "x", "_", "+", "?", "=", "<", "\u00a0", "\ufffd",
	}
	text := strings.Builder{}
	for range r.IntN(1 + pick(r, []int{2, 5, 12, 60})) {
		text.WriteString(pick(r, parts))
	}
	out := text.String()
	if chance(r, 30) {
		out = yamlScalar(r)
	}
	return &question{Kind: "yaml_text", Text: []byte(out)}
}

var regexpAtoms = strings.Fields(
	`a b c x . \d \w \s \S \b \B ^ $ \A \z \pL \p{Greek} \PN [abc] [^a] [a-c] [[:alpha:]] ` +
		`[[:^digit:]] [\w-] [^\n] [é-ü] é 日 \n \t \x41 \x{e9} \. \\ \Q.*\E [] [a [z-a] \C \1 ` +
		`\Z \u \x \pX [[:foo:]] (?i) (?s) (?m) (?U) (?-s) (?x) \a \f \v \07 \101 ß K ſ - \- ]  ` +
		`} { \R`)

func regexpText(r *rand.Rand, depth int) string {
	out := strings.Builder{}
	for range 1 + r.IntN(3) {
		switch {
		case depth > 0 && chance(r, 30):
			open := pick(r, []string{"(", "(", "(?:", "(?P<n>", "(?<m>", "(?i:", "(?s-i:",
				"(?P<é>", "(?=", "(?!", "(?>", "(?P<n"})
			out.WriteString(open + regexpText(r, depth-1) + ")")
		case depth > 0 && chance(r, 15):
			out.WriteString(pick(r, []string{"", regexpText(r, depth-1)}) + "|" +
				pick(r, []string{"", regexpText(r, depth-1)}))
		default:
			out.WriteString(pick(r, regexpAtoms))
		}
		if chance(r, 30) {
			out.WriteString(pick(r, []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}",
				"{0}", "{,2}", "{2,}", "{3,1}", "{1001}", "{1,2}?", "**", "++", "{0,}"}))
		}
	}
	return out.String()
}

func regexpCase(r *rand.Rand) *question {
	pattern := regexpText(r, 2)
	if chance(r, 10) {
		pattern = mutate(r, pattern)
	}
	text := strings.Builder{}
	for range r.IntN(12) {
		text.WriteString(pick(r, []string{"a", "a", "b", "c", "x", "A", "1", " ", "\n", "é", "É",
			"日", "\xff", ".", "_", "α", "ß", "ſ", "K", "\u212a", "\x00", "-"}))
	}
	return &question{Kind: "regexp", Pattern: []byte(pattern), Text: []byte(text.String()),
		Replacement: []byte(pick(r, pools["replacement"]))}
}

func unquoteCase(r *rand.Rand) *question {
	parts := []string{
		"a", "é", `\n`, `\\`, `\"`, `\'`, `\x41`, `\xff`, `\x4`, `\u00e9`, `\ud800`, `\U0001f600`,
		`\U00110000`, `\101`, `\400`, `\08`, `\q`, "\n", "\r", "\t", "`", "'", "\"", "\xff", `\`,
		"\x00", `\a\b\f\v`,
	}
	quote := pick(r, []string{"\"", "\"", "`"})
	text := quote
	for range r.IntN(5) {
		text += pick(r, parts)
	}
	if chance(r, 95) {
		text += quote
	}
	if chance(r, 10) {
		text = strconv.Quote(anyText(r))
	}
	return &question{Kind: "unquote", Text: []byte(text)}
}
