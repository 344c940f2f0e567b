package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// builders make texts of a kind from its parts, for kinds whose pool would never be large enough.
var builders = map[string]func(*rand.Rand) string{
	"format": formatText, "layout": layoutText, "duration": durationText, "number": numberText,
	"version": versionText, "constraint": constraintText, "url": urlText, "path": pathText,
	"json":   func(r *rand.Rand) string { return jsonText(r, 2) },
	"yaml":   func(r *rand.Rand) string { return yamlText(r, 0, 1, yamlScalar) },
	"regexp": func(r *rand.Rand) string { return regexpText(r, 1) },
	"plain":  wordsText, "unicode": wordsText,
}

// some is up to most parts in a row.
func some(r *rand.Rand, most int, parts ...string) string {
	out := strings.Builder{}
	for range r.IntN(most + 1) {
		out.WriteString(pick(r, parts))
	}
	return out.String()
}

func maybe(r *rand.Rand, percent int, text string) string {
	if chance(r, percent) {
		return text
	}
	return ""
}

func formatText(r *rand.Rand) string {
	out := strings.Builder{}
	for range 1 + r.IntN(3) {
		out.WriteString(some(r, 1, "x", " ", "é", "%%", "|"))
		out.WriteString("%" + some(r, 2, "+", "-", "#", "0", " "))
		out.WriteString(maybe(r, 10, pick(r, []string{"[1]", "[2]", "[3]", "[0]", "[9]", "[x]",
			"["})))
		out.WriteString(maybe(r, 40, pick(r, []string{"1", "5", "10", "20", "*", "03", "[1]*"})))
		out.WriteString(maybe(r, 30, pick(r, []string{".0", ".1", ".3", ".10", ".", ".*",
			".[2]*"})))
		verbs := []string{"d", "s", "v", "q", "x", "X", "f", "g", "e", "t", "c", "U", "o", "O",
			"b", "T",
			"F", "G", "E", "z", "%", "!", "é"}
		out.WriteString(pick(r, verbs))
	}
	return out.String()
}

var layoutParts = strings.Fields("2006 06 01 1 Jan January 02 2 _2 002 __2 Mon Monday 15 03 3 04 4 05 5 " +
	"PM pm MST Z0700 Z07:00 Z07 Z070000 Z07:00:00 -0700 -07:00 -07 -070000 -07:00:00 .000 ,000 .999 " +
	",999 .0 .000000000 .999999999 T at 7 0 20 _ Janet Mond")

func layoutText(r *rand.Rand) string {
	out := strings.Builder{}
	for range 1 + r.IntN(6) {
		out.WriteString(pick(r, layoutParts))
		out.WriteString(pick(r, []string{"-", ":", " ", "/", "T", "", ", ", ".", "é"}))
	}
	return out.String()
}

// dateText is a time in that layout, or almost.
func dateText(r *rand.Rand, layout string) string {
	zone := pick(r, []*time.Location{time.UTC, time.FixedZone("", 7200), time.FixedZone("CET",
		3600),
		time.FixedZone("EST", -5*3600), time.FixedZone("", -12600)})
	seconds := r.Int64N(4_000_000_000) - 1_000_000_000
	if chance(r, 5) {
		seconds = r.Int64N(300_000_000_000) - 62_000_000_000
	}
	text := time.Unix(seconds, r.Int64N(1_000_000_000)).In(zone).Format(layout)
	if chance(r, 20) {
		text = mutate(r, text)
	}
	return text
}

func durationText(r *rand.Rand) string {
	out := pick(r, []string{"", "", "", "-", "+"})
	for range 1 + r.IntN(3) {
		out += strconv.Itoa(r.IntN(400)) + maybe(r, 20, "."+strconv.Itoa(r.IntN(1000)))
		out += pick(r, []string{"h", "m", "s", "ms", "us", "µs", "ns", "h", "m", "s", "d", ""})
	}
	return out
}

func numberText(r *rand.Rand) string {
	out := pick(r, []string{"", "", "", "-", "+", " "}) + pick(r, []string{"", "", "", "0", "0x",
		"0o", "0b", "00"})
	out += strconv.FormatUint(r.Uint64()>>r.IntN(64), 10)
	out += maybe(r, 30, "."+strconv.Itoa(r.IntN(1000))) + maybe(r, 10, "_1")
	return out + maybe(r, 15, pick(r, []string{"e", "E", "e+", "e-",
		"p"})+strconv.Itoa(r.IntN(400)))
}

func versionNumber(r *rand.Rand) string {
	parts := []string{strconv.Itoa(r.IntN(4)), strconv.Itoa(r.IntN(4)), strconv.Itoa(r.IntN(4))}
	return strings.Join(parts[:1+r.IntN(3)], ".")
}

func versionText(r *rand.Rand) string {
	out := maybe(r, 20, "v") + versionNumber(r)
	out += maybe(r, 40, "-"+pick(r, []string{"a", "1", "rc.1", "beta", "0", "a.b", "01", "a.1.x",
		"é", "-"}))
	return out + maybe(r, 15, "+"+pick(r, []string{"b", "1", "b.2", "", "b+c"}))
}

func constraintText(r *rand.Rand) string {
	out := ""
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			out += pick(r, []string{" ", ", ", ",", " || ", "||", " - "})
		}
		out += pick(r, []string{"", "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^",
			"==", "!"})
		out += maybe(r, 30, " ") + pick(r, []string{versionText(r), versionText(r), "x", "*",
			"1.x", "1.*.2",
			versionNumber(r) + ".x", "X"})
	}
	return out
}

func urlText(r *rand.Rand) string {
	out := maybe(r, 80, pick(r, []string{"http:", "https:", "a+b-c.1:", "mailto:", "1x:", ":"}))
	out += maybe(r, 80, "//"+maybe(r, 40, some(r, 3, "u", ":", "p", "%40", "%zz", "é", "@")+"@"))
	out += pick(r, []string{"", "h", "h.example:80", "[::1]", "[::1]:8", "[fe80::1%25a]", "h:x",
		"é", "a b", "h:", "%41", "[::1"})
	out += some(r, 4, "/", "a", "%2F", "..", "%", "é", " ", ";", ":", "//", "%41", "*")
	return out + maybe(r, 40, "?"+some(r, 3, "q=1", "&", "%41", "é", " ", "?", "%z")) +
		maybe(r, 30, "#"+some(r, 3, "f", "%20", "%", "#", "é", " "))
}

func pathText(r *rand.Rand) string {
	return some(r, 6, "/", "a", "..", ".", "b.c", "//", "é", "./", "../", " ")
}

// wordsText is words in all spellings, for what changes letters or lines.
func wordsText(r *rand.Rand) string {
	out := strings.Builder{}
	for range 1 + r.IntN(6) {
		out.WriteString(pick(r, []string{"a", "word", "Word", "WORD", "aB", "HTTPServer", "x1",
			"2", "é", "ÉTÉ", "ß", "ǆ",
			"日本", "İ", "averyveryverylongword", "don't", "\xff", "ſ", "𝒳", "Ａ"}))
		out.WriteString(pick(r, []string{" ", " ", "_", "-", ".", "", "  ", "\n", "\t", "\u00a0",
			",", "'"}))
	}
	return out.String()
}

// datePair is a layout and a text that may be in it, as arguments.
func datePair(r *rand.Rand) (string, string) {
	layout := poolText(r, "layout")
	if chance(r, 30) {
		return layout, poolText(r, "date")
	}
	return layout, dateText(r, layout)
}
