"""Which tables of constants are used, and what each row asks."""
import ast
import base64

LAYOUTS = {
    "Layout": "01/02 03:04:05PM '06 -0700", "ANSIC": "Mon Jan _2 15:04:05 2006",
    "UnixDate": "Mon Jan _2 15:04:05 MST 2006", "RubyDate": "Mon Jan 02 15:04:05 -0700 2006",
    "RFC822": "02 Jan 06 15:04 MST", "RFC822Z": "02 Jan 06 15:04 -0700",
    "RFC850": "Monday, 02-Jan-06 15:04:05 MST", "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700", "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00", "Kitchen": "3:04PM",
    "Stamp": "Jan _2 15:04:05", "StampMilli": "Jan _2 15:04:05.000", "DateOnly": "2006-01-02",
    "StampMicro": "Jan _2 15:04:05.000000", "StampNano": "Jan _2 15:04:05.000000000",
    "DateTime": "2006-01-02 15:04:05", "TimeOnly": "15:04:05",
}


def plain(value):
    """The row with bytes decoded and the layouts of package time put in."""
    if isinstance(value, dict):
        if set(value) == {"bytes"}:
            return base64.b64decode(value["bytes"])
        if set(value) == {"name"}:
            return LAYOUTS.get(value["name"], value)
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


def is_text(*values):
    return all(isinstance(value, (str, bytes)) for value in values)


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def coded(text):
    return base64.b64encode(raw(text)).decode()


def over(template, *texts):
    """A question: the template over .a, .b and so on."""
    return {"template": template,
            "data": {name: coded(text) for name, text in zip("abcdef", texts)}}


def parsed(row):
    """Name, template, whether it parses."""
    if is_text(*row[:2]) and isinstance(row[2], dict):
        yield {"kind": "parse", "template64": coded(row[1])}, row[2]["name"] == "noError", None
        yield {"template64": coded(row[1])}, None, None


def lexed(row):
    if is_text(*row[:2]):
        yield {"template64": coded(row[1])}, None, None


def numbers(row):
    number = row["text"] if isinstance(row, dict) else row[0]
    yield {"template": '{{ printf "%T %v" ' + number + " }}"}, None, None
    yield {"template": "{{ trunc " + number + ' "abc" }}'}, None, None
    yield {"template": "{{ floor " + number + " }}{{ round 1.5 0 " + number + " }}"}, None, None


def quoted(row):
    if is_text(*row):
        yield over('{{ printf "%q" .a }}', row[0]), True, raw(row[1])
        yield over('{{ printf "%+q" .a }}', row[0]), True, raw(row[2])
        yield over('{{ printf "%#q" .a }}', row[0]), None, None


def runes_quoted(row):
    if isinstance(row[0], (int, float)):
        yield {"template": '{{ printf "%%q %%+q %%#q %%c %%U %%#U" %d %d %d %d %d %d }}' %
               ((row[0],) * 6)}, None, None


def unquoted(row):
    """Character constants are read as numbers, by other code."""
    if is_text(*row[:2]) and not raw(row[0]).startswith(b"'"):
        yield {"kind": "unquote", "text": coded(row[0])}, True, raw(row[1])


def misquoted(row):
    if is_text(row):
        yield {"kind": "unquote", "text": coded(row)}, False, None


def floats(row):
    number, verb, precision = row[0], row[1], row[2]
    if isinstance(number, (int, float)) and chr(int(verb)) in "eEfgGbx":
        format_ = "%" + (f".{int(precision)}" if precision >= 0 else "") + chr(int(verb))
        yield {"template": '{{ printf "%s" %r }}' % (format_, float(number))}, True, raw(row[3])


def float_texts(row):
    if is_text(*row[:2]):
        yield over("{{ float64 .a }} {{ int .a }} {{ int64 .a }}", row[0]), None, None
        yield {"kind": "json", "text": coded(row[0])}, None, None


def integer_texts(row):
    if is_text(row[0]):
        template = "{{ atoi .a }} {{ int .a }} {{ int64 .a }} {{ toDecimal .a }}"
        yield over(template, row[0]), None, None


def json_in(row):
    text = row.get("in") if isinstance(row, dict) else next(filter(is_text, row), None)
    if is_text(text):
        yield {"kind": "json", "text": coded(text)}, None, None


def regexps(row):
    text = row if is_text(row) else row[0] if isinstance(row, list) and row else None
    if is_text(text):
        yield search(text, "aaabcdxyz 0-9 \u00e9\n", "<$0>"), None, None


def bad_regexps(row):
    if is_text(row):
        yield search(row, "x", ""), None, None


def search(pattern, text, replacement):
    return {"kind": "regexp", "pattern": coded(pattern), "text": coded(text),
            "replacement": coded(replacement)}


def found(row):
    if is_text(*row[:2]):
        yield search(row[0], row[1], "<$0>"), None, None


def replaced(row):
    if is_text(*row):
        yield over("{{ regexReplaceAll .a .b .c }}", row[0], row[2], row[1]), True, raw(row[3])


def replaced_literally(row):
    if is_text(*row):
        template = "{{ regexReplaceAllLiteral .a .b .c }}"
        yield over(template, row[0], row[2], row[1]), True, raw(row[3])


def regexps_split(row):
    text, pattern, count = (row["s"], row["r"], row["n"]) if isinstance(row, dict) else row[:3]
    if is_text(text, pattern):
        template = "{{ regexSplit .a .b %d | toJson }}" % count
        yield over(template, pattern, text), None, None


def regexps_meta(row):
    if is_text(*row[:2]):
        yield over("{{ regexQuoteMeta .a }}", row[0]), True, raw(row[1])


def regexp_searches(path):
    """Texts and patterns of RE2's own search tests."""
    texts, into = [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line in ("strings", "regexps"):
            into = line
            texts = [] if line == "strings" else texts
        elif line.startswith('"') and into == "strings":
            texts.append(ast.literal_eval(line))
        elif line.startswith('"'):
            yield search(ast.literal_eval(line), "\n".join(texts), "[$0]"), None, None
            if texts:
                yield search(ast.literal_eval(line), texts[-1], "[$1]"), None, None


def urls(row):
    text = row if is_text(row) else row[0] if isinstance(row, list) else row.get("base")
    if is_text(text):
        yield over("{{ $u := urlParse .a }}{{ toJson $u }} {{ urlJoin $u }}", text), None, None


def urls_joined(row):
    parts = {"Path": "path", "Host": "host", "Scheme": "scheme", "Opaque": "opaque"}
    url = row.get("url") if isinstance(row, dict) else None
    if url and all(is_text(part) for part in url.values()) and set(url) <= set(parts):
        words = " ".join(f'"{parts[name]}" .{letter}' for name, letter in zip(url, "abcd"))
        yield over("{{ urlJoin (dict " + words + ") }}", *url.values()), True, raw(row["want"])


def urls_queried(row):
    if is_text(*row[:2]):
        yield over("{{ urlquery .a }}", row[0]), True, raw(row[1])


def times(row):
    """name, layout, text: read, then written in the same layout."""
    if is_text(*row[1:3]):
        yield over("{{ toDate .a .b }} {{ toDate .a .b | date .a }}", row[1], row[2]), None, None


def times_formatted(row):
    if is_text(row[1]):
        template = "{{ date .a 1233810057 }} {{ dateInZone .a 1233810057 \"America/Los_Angeles\" }}"
        yield over(template, row[1]), None, None


def times_refused(row):
    if is_text(*row[:2]):
        yield over("{{ mustToDate .a .b }}", row[0], row[1]), None, None


def days(row):
    if is_text(row[0]):
        for name in ("ANSIC", "DateOnly", "RFC3339", "RubyDate"):
            yield over("{{ mustToDate .a .b }}", LAYOUTS[name], row[0]), None, None


def durations(row):
    text = row[0] if isinstance(row, list) else None
    if is_text(text):
        template = ('{{ $t := toDate "2006-01-02" "2024-02-29" }}{{ dateModify .a $t }} '
                    "{{ durationRound .a }} {{ mustDateModify .a $t }}")
        yield over(template, text), None, None


def path_function(function):
    def handle(row):
        if is_text(*row[:2]):
            yield over("{{ " + function + " .a }}", row[0]), True, raw(row[1])
        elif is_text(row[0]) and isinstance(row[1], bool):
            yield over("{{ " + function + " .a }}", row[0]), True, str(row[1]).lower().encode()
    return handle


def texts_function(*functions):
    def handle(row):
        text = next((r for r in row if is_text(r)), None) if isinstance(row, list) else None
        if text is not None:
            for function in functions:
                yield over("{{ " + function + " .a }}", text), None, None
    return handle


def texts_mapped(function):
    def handle(row):
        if isinstance(row, list) and len(row) >= 2 and is_text(*row[:2]):
            yield over("{{ " + function + " .a }}", row[0]), True, raw(row[1])
    return handle


def texts_replaced(row):
    if is_text(*row[:3]):
        yield over("{{ replace .a .b .c }}", row[1], row[2], row[0]), None, None


def texts_split(row):
    if is_text(*row[:2]):
        template = "{{ splitList .a .b | toJson }} {{ splitn .a %d .b | toJson }}" % (row[2] or 0)
        yield over(template, row[1], row[0]), None, None


def versions(row):
    text = row if is_text(row) else row[0] if isinstance(row, list) and row else None
    if is_text(text):
        template = ("{{ $v := semver .a }}{{ $v }} {{ $v.Original }} {{ $v.Major }} {{ $v.Minor }} "
                    "{{ $v.Patch }} {{ $v.Prerelease }} {{ $v.Metadata }}")
        yield over(template, text), None, None


def versions_compared(row):
    if isinstance(row, list) and len(row) >= 2 and is_text(*row[:2]):
        yield over("{{ (semver .a).Compare (semver .b) }}", row[0], row[1]), None, None


def constraints(row):
    if isinstance(row, list) and len(row) >= 2 and is_text(*row[:2]):
        want = str(row[2]).lower().encode() if len(row) > 2 and isinstance(row[2], bool) else None
        ok = True if want else None
        yield over("{{ semverCompare .a .b }}", row[0], row[1]), ok, want


def yaml_texts(row):
    text = next((r for r in row if is_text(r)), None) if isinstance(row, list) else None
    if text is not None:
        for kind in ("yaml", "yaml_strings"):
            yield {"kind": kind, "text": coded(text)}, None, None


def yaml_written(row):
    """Whatever text stands in a row, written."""
    for text in all_texts(row):
        yield {"kind": "yaml_text", "text": coded(text)}, None, None
        yield {"kind": "yaml", "text": coded(text)}, None, None


def all_texts(value):
    if is_text(value):
        yield value
    if isinstance(value, dict):
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from all_texts(part)


def readable(question):
    """A question with its base64 read, for people."""
    out = {}
    for name, value in question.items():
        if name in ("template64", "text", "pattern", "replacement"):
            out[name.removesuffix("64")] = base64.b64decode(value)
        elif name == "data":
            out[name] = {key: base64.b64decode(text) for key, text in value.items()}
        elif name not in ("name", "missingkey"):
            out[name] = value
    return out


YAML = "go.yaml.in/yaml/v2"
SEMVER = "github.com/Masterminds/semver/v3"
XSTRINGS = "github.com/huandu/xstrings"
# Name, module (None is Go's own library), files, tables, what a row asks.
ALL = (
    ("parse", None, ["text/template/parse/parse_test.go"], ["parseTests", "errorTests"], parsed),
    ("parse", None, ["text/template/parse/parse_test.go"],
     ["isEmptyTests", "TestParseWithComments"], lexed),
    ("parse", None, ["text/template/parse/parse_test.go"], ["numberTests"], numbers),
    ("parse", None, ["text/template/parse/lex_test.go"], ["lexTests", "lexPosTests"], lexed),
    ("strconv", None, ["strconv/quote_test.go"], ["quotetests"], quoted),
    ("strconv", None, ["strconv/quote_test.go"], ["quoterunetests"], runes_quoted),
    ("strconv", None, ["strconv/quote_test.go"], ["unquotetests"], unquoted),
    ("strconv", None, ["strconv/quote_test.go"], ["misquoted"], misquoted),
    ("strconv", None, ["internal/strconv/ftoa_test.go"], ["ftoatests"], floats),
    ("strconv", None, ["internal/strconv/atof_test.go"], ["atoftests"], float_texts),
    ("strconv", None, ["internal/strconv/atoi_test.go"],
     ["parseUint64Tests", "parseInt64Tests", "parseInt64BaseTests", "parseInt32Tests"],
     integer_texts),
    ("encoding/json", None, ["encoding/json/decode_test.go", "encoding/json/scanner_test.go"],
     ["unmarshalTests", "TestUnmarshalSyntax", "TestUnmarshalErrorAfterMultipleJSON", "TestValid",
      "TestCompactAndIndent", "TestCompactSeparators", "TestIndentErrors",
      "TestUnmarshalRescanLiteralMangledUnquote"], json_in),
    ("regexp", None, ["regexp/all_test.go"], ["goodRe", "badRe"], regexps),
    ("regexp", None, ["regexp/find_test.go"], ["findTests"], found),
    ("regexp", None, ["regexp/all_test.go"], ["replaceTests"], replaced),
    ("regexp", None, ["regexp/all_test.go"], ["replaceLiteralTests"], replaced_literally),
    ("regexp", None, ["regexp/all_test.go"], ["splitTests"], regexps_split),
    ("regexp", None, ["regexp/all_test.go"], ["metaTests"], regexps_meta),
    ("regexp/syntax", None, ["regexp/syntax/parse_test.go"],
     ["parseTests", "foldcaseTests", "matchnlTests", "onlyPerl", "onlyPOSIX", "stringTests"],
     regexps),
    ("regexp/syntax", None, ["regexp/syntax/parse_test.go"], ["invalidRegexps"], bad_regexps),
    ("net/url", None, ["net/url/url_test.go"],
     ["urltests", "parseRequestURLTests", "TestParseErrors", "TestURLHostnameAndPort",
      "TestRejectControlCharacters", "resolveReferenceTests", "unescapeTests", "TestJoinPath"],
     urls),
    ("net/url", None, ["net/url/url_test.go"], ["stringURLTests"], urls_joined),
    ("net/url", None, ["net/url/url_test.go"], ["queryEscapeTests"], urls_queried),
    ("time", None, ["time/format_test.go"], ["parseTests", "rubyTests"], times),
    ("time", None, ["time/format_test.go"], ["formatTests"], times_formatted),
    ("time", None, ["time/format_test.go"], ["parseErrorTests", "TestStd0xParseError"],
     times_refused),
    ("time", None, ["time/format_test.go"], ["dayOutOfRangeTests"], days),
    ("time", None, ["time/time_test.go"], ["parseDurationTests", "parseDurationErrorTests"],
     durations),
    ("path", None, ["path/path_test.go"], ["cleantests"], path_function("clean")),
    ("path", None, ["path/path_test.go"], ["exttests"], path_function("ext")),
    ("path", None, ["path/path_test.go"], ["basetests"], path_function("base")),
    ("path", None, ["path/path_test.go"], ["dirtests"], path_function("dir")),
    ("path", None, ["path/path_test.go"], ["isAbsTests"], path_function("isAbs")),
    ("strings", None, ["strings/strings_test.go"], ["upperTests"], texts_mapped("upper")),
    ("strings", None, ["strings/strings_test.go"], ["lowerTests"], texts_mapped("lower")),
    ("strings", None, ["strings/strings_test.go"], ["TitleTests"], texts_mapped("title")),
    ("strings", None, ["strings/strings_test.go"], ["trimSpaceTests"], texts_mapped("trim")),
    ("strings", None, ["strings/strings_test.go"], ["splittests"], texts_split),
    ("strings", None, ["strings/strings_test.go"], ["ReplaceTests"], texts_replaced),
    ("xstrings", XSTRINGS, ["convert_test.go"], ["TestToSnakeCase"], texts_mapped("snakecase")),
    ("xstrings", XSTRINGS, ["convert_test.go"], ["TestToKebabCase"], texts_mapped("kebabcase")),
    ("xstrings", XSTRINGS, ["convert_test.go"], ["TestToPascalCase"], texts_mapped("camelcase")),
    ("xstrings", XSTRINGS, ["convert_test.go"], ["TestToCamelCase", "TestSwapCase"],
     texts_function("camelcase", "snakecase", "kebabcase", "swapcase")),
    ("semver", SEMVER, ["version_test.go"],
     ["TestStrictNewVersion", "TestNewVersion", "TestOriginal", "TestParts", "TestCoerceString",
      "TestValidatePrerelease", "TestValidateMetadata", "TestNewVersionCheckError"], versions),
    ("semver", SEMVER, ["version_test.go"],
     ["TestCompare", "TestLessThan", "TestGreaterThan", "TestEqual"], versions_compared),
    ("semver", SEMVER, ["constraints_test.go"],
     ["TestConstraintCheck", "TestConstraintsCheck", "TestConstraintsValidate",
      "TestNewConstraint", "TestParseConstraint", "TestConstraintString"], constraints),
    ("yaml", YAML, ["decode_test.go"],
     ["unmarshalTests", "unmarshalErrorTests", "decoderTests", "unmarshalStrictTests"], yaml_texts),
    ("yaml", YAML, ["encode_test.go"], ["marshalTests"], yaml_written),
    ("sigs yaml", "sigs.k8s.io/yaml", ["yaml_test.go"],
     ["TestUnmarshal", "TestYAMLToJSON", "TestUnmarshalUntyped", "TestUnmarshalStrict",
      "TestMarshal", "TestYAMLToJSONStrict", "TestJSONObjectToYAMLObject",
      "TestUnmarshalStrictWithJSONOpts"], yaml_written),
)
