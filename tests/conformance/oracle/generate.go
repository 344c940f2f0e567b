package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
)

// A signature is what a generator needs to know of a function: a letter for each argument and for
// the result. Capital letters of argument kinds that are not Go types keep a case harmless:
//
//	n  a small number that counts something      w  a point in time, never text (which means today)
//	x  a value that holds no variable, so that no map can come to hold itself
//	k  something to compare, of the same kind in one call      z  something that has a length
type signature struct {
	args     []string // a letter, or a letter and a pool: "s:regexp"
	variadic bool
	result   byte
	weight   int
}

// drawn by hand: where arguments come from, and what must be bounded.
var drawn = map[string]string{
	"abbrev": "i s", "abbrevboth": "i i s", "atoi": "s:number", "b32dec": "s:base32",
	"b64dec": "s:base64",
	"base":   "s:path", "clean": "s:path", "dir": "s:path", "ext": "s:path", "isAbs": "s:path",
	"osBase":  "s:path",
	"osClean": "s:path", "osDir": "s:path", "osExt": "s:path", "osIsAbs": "s:path",
	"date": "s:layout w", "dateInZone": "s:layout w s:zone", "date_in_zone": "s:layout w s:zone",
	"dateModify": "s:duration T", "date_modify": "s:duration T", "mustDateModify": "s:duration T",
	"must_date_modify": "s:duration T", "htmlDate": "w", "htmlDateInZone": "w s:zone",
	"toDate": "s:layout s:date", "mustToDate": "s:layout s:date", "duration": "s:seconds",
	"durationRound": "s:seconds",
	"decryptAES":    "s s:base64", "fromJson": "s:json", "mustFromJson": "s:json",
	"fromYaml": "s:yaml", "hexdec": "s:hex",
	"indent": "n s", "nindent": "n s", "repeat": "n s", "until": "n", "untilStep": "n n n",
	"seq": "n n n",
	"int": "s:number", "int64": "s:number", "float64": "s:number", "toDecimal": "s:number",
	"filterPEM": "s:pemtype s:pem", "filterCertChain": "s:certkind s:pem", "certSANs": "s:pem",
	"kindIs": "s:kind a", "typeIs": "s:type a", "typeIsLike": "s:type a",
	"regexMatch": "s:regexp s", "regexFind": "s:regexp s", "regexFindAll": "s:regexp s i",
	"regexSplit":             "s:regexp s i",
	"regexReplaceAll":        "s:regexp s s:replacement",
	"regexReplaceAllLiteral": "s:regexp s s:replacement",
	"mustRegexMatch":         "s:regexp s", "mustRegexFind": "s:regexp s",
	"mustRegexFindAll": "s:regexp s i",
	"mustRegexSplit":   "s:regexp s i", "mustRegexReplaceAll": "s:regexp s s:replacement",
	"mustRegexReplaceAllLiteral": "s:regexp s s:replacement", "regexQuoteMeta": "s:regexp",
	"semver": "s:version", "semverCompare": "s:constraint s:version", "urlParse": "s:url",
	"urlJoin": "m",
	"printf":  "s:format a a", "split": "s:sep s", "splitList": "s:sep s", "splitn": "s:sep n s",
	"join":    "s:sep l",
	"replace": "s:sep s s", "trimSuffix": "s:sep s", "trimPrefix": "s:sep s",
	"trimAll": "s:sep s", "trimall": "s:sep s",
	"contains": "s:sep s", "hasPrefix": "s:sep s", "hasSuffix": "s:sep s", "wrapWith": "i s:sep s",
	"get": "m s:key", "set": "m s:key x", "unset": "m s:key", "hasKey": "m s:key",
	"pluck": "s:key m m",
	"pick":  "m s:key s:key", "omit": "m s:key s:key", "dig": "s:key s:key a m",
	"dict":  "s:key a s:key a",
	"merge": "m x x", "mergeOverwrite": "m x x", "mustMerge": "m x x",
	"mustMergeOverwrite": "m x x",
	"append":             "l a", "push": "l a", "prepend": "l a", "mustAppend": "l a", "mustPush": "l a",
	"mustPrepend": "l a",
	"first":       "l", "last": "l", "rest": "l", "initial": "l", "reverse": "l", "uniq": "l",
	"compact": "l", "without": "l a",
	"mustFirst": "l", "mustLast": "l", "mustRest": "l", "mustInitial": "l", "mustReverse": "l",
	"mustUniq":    "l",
	"mustCompact": "l", "mustWithout": "l a", "has": "a l", "mustHas": "a l", "slice": "l i i",
	"mustSlice": "l i i",
	"chunk":     "i l", "mustChunk": "i l", "concat": "l l", "sortAlpha": "l", "toStrings": "l",
}

// What text/template adds, with results.
var builtin = map[string]string{
	"and": "a a:a", "or": "a a:a", "not": "a:b", "index": "m s:key:a", "len": "z:i",
	"eq": "k k:b", "ne": "k k:b",
	"lt": "k k:b", "le": "k k:b", "gt": "k k:b", "ge": "k k:b", "print": "a a:s",
	"println": "a a:s", "html": "a:s",
	"js": "a:s", "urlquery": "a:s", "call": "a:a", "printf": "s:format a a:s",
}

// What differs from run to run or takes too long.
var leftOut = strings.Fields("ago bcrypt buildCustomCert derivePassword encryptAES fullPemToPkcs12 " +
	"fullPemToPkcs12Pass genCA genCAWithKey genPrivateKey genSelfSignedCert " +
	"genSelfSignedCertWithKey genSignedCert genSignedCertWithKey htpasswd jwkPrivateKeyPem " +
	"jwkPublicKeyPem keys now pemToPkcs12 pemToPkcs12Pass pemTruststoreToPKCS12 " +
	"pemTruststoreToPKCS12Pass pkcs12cert pkcs12certPass pkcs12key pkcs12keyPass randAlpha " +
	"randAlphaNum randAscii randBytes randInt randNumeric rsaDecrypt shuffle uuidv4 values")

// How often the functions that people use are taken; any other has 1.
var weights = map[string]int{
	"index": 8, "toString": 6, "b64enc": 6, "printf": 10, "b64dec": 5, "default": 8, "toJson": 8,
	"dict": 6, "quote": 8,
	"replace": 5, "urlquery": 4, "nindent": 4, "indent": 4, "trim": 4, "eq": 6, "ne": 3, "len": 4,
	"and": 4, "or": 4, "not": 3,
	"fromJson": 8, "fromYaml": 6, "toYaml": 10, "sha256sum": 2, "trunc": 4, "substr": 4,
	"upper": 4, "lower": 3, "list": 6,
	"join": 4, "print": 4, "splitList": 4, "int": 4, "add": 3, "ternary": 3, "regexReplaceAll": 5,
	"title": 3, "date": 3,
	"toDate": 4, "round": 3, "cat": 3, "get": 2, "first": 2, "last": 2, "merge": 2,
	"mergeOverwrite": 2, "split": 2,
	"semverCompare": 3, "float64": 3, "int64": 3, "snakecase": 2, "camelcase": 2, "kebabcase": 2,
	"urlParse": 2, "wrap": 2,
}

var letterOf = map[string]byte{
	"string": 's', "int": 'i', "int64": 'I', "uint32": 'i', "float64": 'f', "bool": 'b',
	"interface {}":            'a',
	"map[string]interface {}": 'm', "[]interface {}": 'l', "[]string": 'l', "[]int": 'l',
	"[][]interface {}": 'l',
	"time.Time":        'T', "map[string]string": 'M', "*semver.Version": 'V',
}

var signatures = readSignatures()

func readSignatures() map[string]*signature {
	all := map[string]*signature{}
	for name, fn := range functions() {
		if slices.Contains(leftOut, name) {
			continue
		}
		kind := reflect.TypeOf(fn)
		s := &signature{variadic: kind.IsVariadic(), result: letterOf[kind.Out(0).String()],
			weight: 1}
		for i := range kind.NumIn() {
			in := kind.In(i)
			if s.variadic && i == kind.NumIn()-1 {
				in = in.Elem()
			}
			s.args = append(s.args, string(letterOf[in.String()]))
		}
		all[name] = s
	}
	for name, text := range builtin {
		at := strings.LastIndex(text, ":")
		all[name] = &signature{args: strings.Fields(text[:at]), result: text[at+1], weight: 1}
		all[name].variadic = strings.Contains(" and or eq print println html js urlquery ",
			" "+name+" ")
	}
	for name, text := range drawn {
		all[name].args = strings.Fields(text)
	}
	for name, weight := range weights {
		all[name].weight = weight
	}
	return all
}

// names of functions by result, each as often as its weight says; 0 holds all.
var byResult = namesByResult()

func namesByResult() map[byte][]string {
	by := map[byte][]string{}
	for _, name := range slices.Sorted(maps.Keys(signatures)) {
		s := signatures[name]
		for range s.weight {
			by[s.result] = append(by[s.result], name)
			by[0] = append(by[0], name)
		}
	}
	return by
}

// generator writes one case. Variables are those in scope, by letter of their value.
type generator struct {
	r         *rand.Rand
	data      map[string][]byte
	variables []variable
	dot       byte // letter of what the dot is: R for the root
	noNames   bool // constants and calls only
	inRange   bool
	defines   int
	defined   strings.Builder // definitions stand outside of all blocks
	nodes     int
}

type variable struct {
	name string
	kind byte
}

var dataNames = strings.Fields("a b c json yaml num b64")

// newData is what the root holds; each name has its kind of text, mostly.
func newData(r *rand.Rand) map[string][]byte {
	kinds := map[string]string{"json": "json", "yaml": "yaml", "num": "number", "b64": "base64"}
	data := map[string][]byte{}
	for _, name := range dataNames {
		if kind, ok := kinds[name]; ok {
			data[name] = []byte(poolText(r, kind))
		} else {
			data[name] = []byte(anyText(r))
		}
	}
	if chance(r, 30) {
		data["tls.crt"] = []byte(anyText(r))
	}
	return data
}

// templateCase is a case of the language.
func templateCase(r *rand.Rand) *question {
	g := &generator{r: r, data: newData(r), dot: 'R'}
	q := &question{Name: "k", Data: g.data, MissingKey: "error"}
	if chance(r, 15) {
		q.MissingKey = "default"
	}
	switch n := r.IntN(100); {
	case n < 40:
		q.Template = g.call(pick(r, byResult[0]), 2)
		q.Template = "{{ " + q.Template + " }}"
	case n < 90:
		q.Template = g.statements(3) + g.defined.String()
	case n < 95:
		q.Template = soup(r)
	default:
		q.Template = brokenUp(r, g.statements(2)+g.defined.String())
	}
	q.Raw, q.Template = []byte(q.Template), ""
	return q
}

// statements is a run of text and actions.
func (g *generator) statements(depth int) string {
	out := strings.Builder{}
	for range 1 + g.r.IntN(3) {
		if chance(g.r, 30) {
			out.WriteString(pick(g.r, []string{" ", "\n", "x", "a: ", " \n ", "é", "}}", "\"",
				"\t", "key=", "\n\n", "- "}))
		}
		out.WriteString(g.statement(depth))
	}
	return out.String()
}

func (g *generator) open() string {
	return pick(g.r, []string{"{{ ", "{{ ", "{{ ", "{{", "{{- ", "{{\n"})
}
func (g *generator) close() string {
	return pick(g.r, []string{" }}", " }}", " }}", "}}", " -}}", "\n}}"})
}

func (g *generator) action(text string) string { return g.open() + text + g.close() }

// statement is one action or block. Everything that a block declares is out of scope after it.
func (g *generator) statement(depth int) string {
	if depth <= 0 {
		return g.action(g.pipeline(2))
	}
	scope, dot, inRange := len(g.variables), g.dot, g.inRange
	defer func() { g.dot, g.inRange = dot, inRange }()
	leave := func() { g.variables = g.variables[:scope] }
	switch n := g.r.IntN(100); {
	case n < 45:
		return g.action(g.pipeline(3))
	case n < 60:
		return g.declaration()
	case n < 75:
		defer leave()
		return g.ifBlock(depth)
	case n < 82:
		defer leave()
		return g.withBlock(depth)
	case n < 92:
		defer leave()
		return g.rangeBlock(depth)
	case n < 94:
		return pick(g.r, []string{"{{/* c */}}", "{{- /* c\n */ -}}", "{{/* c */ -}}",
			"{{- /* {{ */}}"})
	case n < 96 && g.inRange:
		return g.action(pick(g.r, []string{"break", "continue"}))
	}
	defer leave()
	return g.definition(depth)
}

func (g *generator) declaration() string {
	kind := pick(g.r, []byte("sssiiIfbmmllaTV"))
	value := g.pipelineOf(kind, 2)
	if len(g.variables) > 0 && chance(g.r, 20) {
		old := pick(g.r, g.variables)
		return g.action(old.name + " = " + g.pipelineOf(old.kind, 2))
	}
	name := pick(g.r, []string{"$x", "$y", "$z", "$longer_name", "$é"})
	g.variables = append(g.variables, variable{name, kind})
	return g.action(name + pick(g.r, []string{" := ", " := ", ":="}) + value)
}

func (g *generator) ifBlock(depth int) string {
	out := g.action("if "+g.pipelineOf(pick(g.r, []byte("bbbsailm")), 2)) + g.statements(depth-1)
	if chance(g.r, 20) {
		out += g.action("else if "+g.pipelineOf('b', 1)) + g.statements(depth-1)
	}
	if chance(g.r, 50) {
		out += g.action("else") + g.statements(depth-1)
	}
	return out + g.action("end")
}

func (g *generator) withBlock(depth int) string {
	kind, dot := pick(g.r, []byte("ssmliT")), g.dot
	head := g.pipelineOf(kind, 2)
	if chance(g.r, 30) {
		g.variables = append(g.variables, variable{"$w", kind})
		head = "$w := " + head
	}
	g.dot = kind
	out := g.action("with "+head) + g.statements(depth-1)
	g.dot = dot
	if chance(g.r, 20) {
		out += g.action("else with "+g.pipelineOf('s', 1)) + g.statements(depth-1)
	}
	if chance(g.r, 40) {
		out += g.action("else") + g.statements(depth-1)
	}
	return out + g.action("end")
}

func (g *generator) rangeBlock(depth int) string {
	kind, dot := pick(g.r, []byte("lllmmMn")), g.dot
	head, inRange := g.pipelineOf(kind, 2), g.inRange
	if kind == 'M' && chance(g.r, 50) {
		head = "$"
	}
	element := byte('a')
	if kind == 'M' {
		element = 's'
	}
	switch g.r.IntN(4) {
	case 0:
		g.variables = append(g.variables, variable{"$i", 'a'}, variable{"$e", element})
		head = "$i, $e := " + head
	case 1:
		g.variables = append(g.variables, variable{"$e", element})
		head = "$e := " + head
	}
	g.dot, g.inRange = element, true
	out := g.action("range "+head) + g.statements(depth-1)
	g.dot, g.inRange = dot, inRange
	if chance(g.r, 25) {
		out += g.action("else") + g.statements(depth-1)
	}
	return out + g.action("end")
}

// definition is a template and its call, or a block; inside only the dot is known.
func (g *generator) definition(depth int) string {
	g.defines++
	name := fmt.Sprintf("%q", fmt.Sprint("t", g.defines))
	kind := pick(g.r, []byte("smlR"))
	argument := "."
	if kind != 'R' || g.dot != 'R' {
		argument = g.pipelineOf(kind, 1)
	}
	kept, dot, inRange := g.variables, g.dot, g.inRange
	g.variables, g.dot, g.inRange = nil, kind, false
	body := g.statements(depth - 1)
	g.variables, g.dot, g.inRange = kept, dot, inRange
	if chance(g.r, 40) {
		return g.action("block "+name+" "+argument) + body + g.action("end")
	}
	if chance(g.r, 20) {
		argument = ""
	}
	g.defined.WriteString("{{ define " + name + " }}" + body + "{{ end }}")
	return g.action("template " + name + " " + argument)
}

func (g *generator) pipeline(depth int) string {
	return g.pipelineOf(pick(g.r, []byte("ssssiIfbmla")), depth)
}

// pipelineOf is a value of the kind, with or without pipes.
func (g *generator) pipelineOf(kind byte, depth int) string {
	if depth <= 0 || chance(g.r, 20) {
		return g.term(string(kind), 0)
	}
	names := byResult[kind]
	if len(names) == 0 || kind == 'n' || kind == 'w' || kind == 'x' {
		return g.term(string(kind), depth)
	}
	return g.call(pick(g.r, names), depth)
}

// call is a call of the function; its last argument may come through a pipe.
func (g *generator) call(name string, depth int) string {
	s := signatures[name]
	args := slices.Clone(s.args)
	switch {
	case s.variadic && chance(g.r, 40):
		for range g.r.IntN(3) {
			args = append(args, args[len(args)-1])
		}
	case s.variadic && chance(g.r, 20) && len(args) > 1:
		args = args[:len(args)-1]
	case !s.variadic && chance(g.r, 1) && len(args) > 0:
		args = args[:len(args)-1]
	}
	kind := pick(g.r, []string{"s", "s", "i", "i", "I", "f", "b"})
	for i, arg := range args {
		switch arg {
		case "k":
			args[i] = kind
		case "z":
			args[i] = pick(g.r, []string{"s", "l", "m", "M"})
		}
	}
	words, last := []string{name}, ""
	if name == "toDate" || name == "mustToDate" {
		layout, date := datePair(g.r)
		return name + " " + quoted(g.r, layout) + " " + quoted(g.r, date)
	}
	for i, arg := range args {
		word := g.argument(name, i, arg, depth)
		if i == len(args)-1 && chance(g.r, 35) {
			last = word
		} else {
			words = append(words, word)
		}
	}
	out := strings.Join(words, " ")
	if last != "" {
		out = strings.TrimSuffix(strings.TrimPrefix(last, "("), ")") + " | " + out
		if strings.HasPrefix(last, "(") != strings.HasSuffix(last, ")") || strings.Count(last,
			"(") != 1 {
			out = last + " | " + strings.Join(words, " ")
		}
	}
	return out
}

// argument is one argument; a small share has another type than asked for.
func (g *generator) argument(name string, i int, arg string, depth int) string {
	if arg[0] == 'x' {
		defer func(old bool) { g.noNames = old }(g.noNames)
		g.noNames = true
		arg = pick(g.r, []string{"s", "i", "f", "b", "l", "m"})
		if strings.Contains(name, "erge") {
			arg = "m"
		}
		return g.term(arg, depth-1)
	}
	if strings.IndexByte("nw", arg[0]) < 0 && chance(g.r, 4) {
		arg = pick(g.r, []string{"s", "i", "I", "f", "b", "m", "l", "a", "nil", "T", "V", "M"})
	}
	return g.term(arg, depth-1)
}

// term is an operand: a constant, a name, or a call in parentheses.
func (g *generator) term(arg string, depth int) string {
	if arg == "nil" {
		return "nil"
	}
	g.nodes++
	kind := arg[0]
	if kind == 'a' {
		kind = pick(g.r, []byte("sssiIffbmlaTVM"))
		if kind == 'a' && depth <= 0 {
			kind = 's'
		}
	}
	if name := g.name(kind); name != "" && chance(g.r, 50) {
		return name
	}
	_, pool, _ := strings.Cut(arg, ":")
	if strings.IndexByte("nw",
		kind) < 0 && depth > 0 && g.nodes < 40 && len(byResult[kind]) > 0 && chance(g.r,
		60) && (pool == "" || chance(g.r, 20)) {
		return "(" + g.call(pick(g.r, byResult[kind]), depth) + ")"
	}
	return g.constant(kind, pool, depth)
}

// name is a variable or field that holds such a value, or "".
func (g *generator) name(kind byte) string {
	if g.noNames || kind == 'n' || kind == 'w' {
		return ""
	}
	found := []string{}
	for _, v := range g.variables {
		if v.kind == kind {
			found = append(found, v.name)
		}
	}
	if kind == g.dot || kind == 'M' && g.dot == 'R' {
		found = append(found, ".")
	}
	if kind == 's' && g.dot == 'R' {
		found = append(found, "."+pick(g.r, dataNames), "."+pick(g.r, dataNames))
	}
	if kind == 's' && chance(g.r, 30) {
		found = append(found, "(index $ \"tls.crt\")", "$."+pick(g.r, dataNames))
	}
	if len(found) == 0 {
		return ""
	}
	return pick(g.r, found)
}

func (g *generator) constant(kind byte, pool string, depth int) string {
	switch kind {
	case 's':
		if pool != "" {
			return quoted(g.r, poolText(g.r, pool))
		}
		return quoted(g.r, anyText(g.r))
	case 'i':
		return intText(g.r)
	case 'n':
		return pick(g.r, []string{"0", "1", "2", "3", "4", "5", "7", "12", "-1", "2.0"})
	case 'I':
		return "(int64 " + intText(g.r) + ")"
	case 'f':
		return floatText(g.r)
	case 'b':
		return pick(g.r, []string{"true", "false"})
	case 'w':
		return pick(g.r, []string{"0", "1709210096", "1720000000", "-1", "(int64 1709251445)",
			"253402300800", "-62135596801",
			"(toDate \"2006-01-02\" \"2024-02-29\")",
			"(toDate \"2006-01-02T15:04:05.999Z07:00\" \"2024-02-29T12:30:45.12+02:00\")"})
	case 'm':
		return g.mapText(depth)
	case 'l':
		return g.listText(depth)
	case 'T':
		return pick(g.r, []string{"(toDate \"2006-01-02\" \"2024-02-29\")",
			"(toDate \"2006-01-02T15:04:05Z07:00\" \"2023-12-31T23:59:59-05:00\")",
			"(toDate \"2006\" \"x\")"})
	case 'V':
		return "(semver " + quoted(g.r, pick(g.r, pools["version"][:9])) + ")"
	case 'M':
		return "(split " + quoted(g.r, pick(g.r, pools["sep"])) + " " + quoted(g.r,
			anyText(g.r)) + ")"
	}
	return "nil"
}

func (g *generator) mapText(depth int) string {
	switch g.r.IntN(4) {
	case 0:
		return "(fromJson " + quoted(g.r, pick(g.r, pools["json"])) + ")"
	case 1:
		return "(fromYaml " + quoted(g.r, pick(g.r, pools["yaml"])) + ")"
	}
	out := "(dict"
	for range g.r.IntN(4) {
		out += " " + quoted(g.r, pick(g.r, pools["key"])) + " " + g.term("a", depth-1)
	}
	return out + ")"
}

func (g *generator) listText(depth int) string {
	switch g.r.IntN(6) {
	case 0:
		return "(splitList " + quoted(g.r, pick(g.r, pools["sep"])) + " " + quoted(g.r,
			anyText(g.r)) + ")"
	case 1:
		return "(until " + g.constant('n', "", 0) + ")"
	case 2:
		return "(fromJson " + pick(g.r, []string{`"[1,2.5,\"x\",null]"`, `"[]"`,
			`"[[1],{\"a\":2}]"`, `"[\"b\",\"a\"]"`}) + ")"
	}
	out := "(list"
	for range g.r.IntN(4) {
		out += " " + g.term(pick(g.r, []string{"a", "s", "i", "nil"}), depth-1)
	}
	return out + ")"
}

var soupTokens = strings.Fields(
	"{{ {{ {{- }} }} -}} . .a .b .a.b $ $x $x.y := = , | | ( ) nil true 1 -1 1.5 0x1F 'a' " +
		"\"s\" `r` \"a\\n\" if else end range with define template block break continue print " +
		"upper len index list dict eq /* */ é \" ` ' \\ - @ {{if {{end}} {{else}} {{/* */}} .. " +
		".1 1i 08 1+2i $1 && text { }")

// soup is tokens in any order.
func soup(r *rand.Rand) string {
	out := strings.Builder{}
	closed := true
	for range 1 + r.IntN(12) {
		if closed && chance(r, 70) {
			out.WriteString("{{ ")
			closed = false
		}
		out.WriteString(pick(r, soupTokens))
		if chance(r, 70) {
			out.WriteByte(pick(r, []byte(" \n\t ")))
		}
		if !closed && chance(r, 30) {
			out.WriteString(" }}")
			closed = true
		}
	}
	if !closed && chance(r, 80) {
		out.WriteString(" }}")
	}
	return out.String()
}

// What could grow or hold itself once its arguments are shuffled.
var unsafeWords = strings.Fields("set merge repeat until seq indent date")

// brokenUp is a template changed in a place or two.
func brokenUp(r *rand.Rand, text string) string {
	lower := strings.ToLower(text)
	for _, word := range unsafeWords {
		if strings.Contains(lower, word) {
			return soup(r)
		}
	}
	for range 1 + r.IntN(3) {
		text = mutateTokens(r, text)
	}
	return text
}

func mutateTokens(r *rand.Rand, text string) string {
	tokens := splitTokens(text)
	if len(tokens) < 2 {
		return text
	}
	at := r.IntN(len(tokens))
	switch r.IntN(4) {
	case 0:
		tokens = slices.Delete(tokens, at, at+1)
	case 1:
		tokens = slices.Insert(tokens, at, pick(r, soupTokens))
	case 2:
		tokens[at] = pick(r, soupTokens)
	case 3:
		other := r.IntN(len(tokens))
		tokens[at], tokens[other] = tokens[other], tokens[at]
	}
	return strings.Join(tokens, "")
}
