"""Every kind of value under every kind of use, and every token after every other."""
import re

DATA = {"a": b"x", "1": b"y", "u": "h\u00e9llo".encode(), "bad": b"a\xff"}

DAY = '(toDate "2006-01-02" "2024-02-29")'
VALUES = (
    "nil", "true", "false", "0", "1", "-5", "1.0", "2.5", "1e6", "'a'", "2i", '""', '"a"', '"12"',
    '"true"', ".u", ".bad", "(int64 7)", '(float64 "inf")', '(fromJson "null")', "(list)",
    '(list 1 "a" nil)', '(splitList "," "a,b")', "(until 2)", "(chunk 1 (list 1 2))", "(dict)",
    '(dict "a" 1 "b" nil)', ".", '(split "," "a,b")', DAY, '(semver "1.2.3")', '(index "abc" 1)',
    DAY + ".Month", "(" + DAY + ".Sub " + DAY + ")",
)
# V is the value.
USES = (
    "{{ V }}", "{{ V | print }}", "{{ print V V }}", "{{ println V 1 }}",
    '{{ printf "%v|%+v|%#v|%T" V V V V }}', '{{ printf "%s|%d|%q|%x|%X" V V V V V }}',
    '{{ printf "%6v|%-6v|%06v|%.2v|%+d|% d" V V V V V V }}',
    '{{ printf "%t|%c|%U|%b|%o" V V V V V }}',
    '{{ printf "%e|%g|%.1f|%8.2f" V V V V }}', '{{ printf "%10s|%-10q|%.1s|%#q|% x" V V V V V }}',
    "{{ eq V V }}", '{{ eq V "a" }}', "{{ eq V 1 }}", "{{ eq V 1.0 }}", "{{ eq V nil }}",
    "{{ ne V true }}", "{{ lt V V }}", "{{ le V 5 }}", '{{ gt V "a" }}', "{{ ge 2.5 V }}",
    "{{ empty V }}", '{{ default "d" V }}', "{{ toJson V }}", "{{ toPrettyJson (list V) }}",
    '{{ toYaml (dict "k" V) }}', "{{ quote V }}|{{ squote V }}", "{{ toString V }}", "{{ len V }}",
    "{{ index V 0 }}", '{{ index V "a" }}', "{{ range V }}<{{ . }}>{{ else }}none{{ end }}",
    "{{ range $i, $x := V }}{{ $i }}={{ $x }} {{ end }}", "{{ if V }}y{{ else }}n{{ end }}",
    "{{ with V }}{{ . }}{{ else }}n{{ end }}", '{{ not V }}{{ and V "z" }}{{ or V "z" }}',
    "{{ kindOf V }} {{ typeOf V }}", "{{ upper V }}", "{{ V | trim }}", "{{ int V }} {{ int64 V }}",
    "{{ float64 V }}", "{{ add V 1 }} {{ max V 0 }}", "{{ addf V 0.5 }}", "{{ first V }}",
    "{{ has V (list V) }} {{ has 1 V }}", '{{ join "-" V }}', '{{ cat V "x" }}',
    "{{ toStrings V }}",
    '{{ $d := dict "k" V }}{{ $d.k }}', "{{ list V V | uniq }}", "{{ list V 1 | compact }}",
    "{{ html V }}|{{ urlquery V }}", "{{ js V }}", "{{ V.a }}", "{{ $v := V }}{{ $v.a.b }}",
    '{{ ternary "y" "n" V }}', "{{ deepEqual V V }} {{ deepCopy V | typeOf }}",
    "{{ dict V 1 }}", "{{ hasKey V \"a\" }}", "{{ trunc V \"ab\" }}", "{{ sortAlpha V }}",
    '{{ template "t" V }}{{ define "t" }}[{{ . }}]{{ end }}', "{{ V | 1 }}", "{{ V 1 }}",
)
# Zones of words and marks as they may follow each other; some pairs make sense.
TOKENS = (
    ".", ".u", "..", "$", "$x", "$.u", "nil", "true", "1", "-1", "1.5", "0x", "089", "'a'", '"s"',
    "`r`", "|", "(", ")", "(1)", ":=", "=", ",", "print", "nope", "if", "else", "end", "range",
    "define", "template", "break", "-", "/* c */", "é", "{", "}", "\n",
)



def uses():
    for use in USES:
        subject = use.replace("{{", "").replace("}}", "").split()[0].strip("$")
        for value in VALUES:
            # A time printed as a number shows where its zone lies in memory.
            if value != DAY or not re.search(r"%[^svq|]*[bdoxeg]", use):
                yield subject, use.replace("V", value)


def token_pairs():
    for first in TOKENS:
        for second in TOKENS:
            yield "{{ " + first + " " + second + " }}"
    for first in TOKENS:
        yield "{{" + first + "}}"
        yield "{{ .u" + first + " }}"
        yield "{{ $x := 1 }}{{ $x" + first + " 1 }}"
        yield "{{ print " + first + " | print 1 }}"
