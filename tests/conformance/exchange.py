"""Arguments exchanged: a function's first call, with each argument in turn made something else."""
import re
import subprocess

LETTERS = {"string": "s", "int": "i", "int64": "i", "uint32": "i", "float64": "f", "bool": "b",
           "interface {}": "a", "map[string]interface {}": "m", "[]interface {}": "l",
           "time.Time": "T"}
# What takes a tenth of a second or differs each time is not called more than cases/ does.
LEFT_OUT = re.compile(r"^(gen|rand|bcrypt|htpasswd|derivePassword|encryptAES|shuffle|uuid|now|ago|"
                      r"build|pem|fullPem)")
# Second names of a function, or the same with an error in place of a panic: their arity is enough.
TWIN = re.compile(r"^(must|os[A-Z]|trimall|tuple|push|biggest|date_|date[MI]|pkcs12.*Pass|println|"
                  r"add1|ne|le|gt|ge|min|max|minf|mulf|subf|sha256|sha512)")
# What it says of a text that is no YAML may quote the text, which ours does not.
WORDS = re.compile(r"^fromYaml$")
# A date of anything that is no time is the date of today.
CLOCK = re.compile(r"^(date|dateInZone|date_in_zone|htmlDate|htmlDateInZone)$")

TEXTS = (".u", ".bad", ".nul", ".e")
ODD = ("nil", "7", "1.5", "(list \"a\")", "(fromJson \"null\")")
VALUES = {
    "s": TEXTS + ODD + ("'x'", "(int64 3)", "true", "(toString 1)"),
    "i": ("0", "-1", "1000", "2.0", "1.5", "'a'", "(int64 3)", "(float64 2)", "nil", "\"2\"",
          "true", "(len .s)"),
    "f": ("0", "2", "-1.5", "'a'", "(int64 3)", "(float64 2)", "nil", "\"2\""),
    "b": ("true", "1", "nil", "\"true\"", "(eq 1 2)", "(fromJson \"true\")"),
    "m": ("(dict)", ".", "nil", "(fromJson \"{\\\"z\\\":[1]}\")", "(list)", "\"x\"",
          "(split \",\" .csv)",
          "(fromJson \"null\")", "(dict \"a\" (dict \"b\" nil))"),
    "l": ("(list)", "nil", "(fromJson .jl)", "(until 2)", "\"x\"", "(splitList \",\" .csv)", "."),
    "T": ("nil", "0", "\"x\"", "(toDate \"2006-01-02\" \"0001-01-01\")",
          "(toDate \"2006-01-02\" \"9999-12-31\")", "(list)"),
    "a": TEXTS[:2] + ("nil", "true", "0", "1e6", "2.5", "'x'", "1i", "(int64 3)",
                      "(float64 \"-inf\")", "(fromJson \"null\")", "(list)", "(list 1 nil \"a\")",
                      "(splitList \",\" .csv)", "(until 3)", "(chunk 1 (list 1 2))",
                      "(dict \"a\" 1)",
                      ".", "(fromJson .j)", "(toDate \"2006-01-02\" \"2024-02-29\")",
                      "(semver \"1.2.3\")", "\"12\""),
}
BUILTIN = {"and": "aa", "or": "aa", "not": "a", "index": "aa", "len": "a", "eq": "aa", "ne": "aa",
           "lt": "aa", "le": "aa", "gt": "aa", "ge": "aa", "print": "a", "println": "a",
           "printf": "sa", "html": "a", "js": "a", "urlquery": "a", "call": "a"}


def signatures(oracle):
    """Name to letters, a variadic last one followed by '*', of all functions."""
    listing = subprocess.run([oracle, "functions"], capture_output=True, text=True, check=True)
    found = dict(BUILTIN)
    for line in listing.stdout.splitlines():
        name, kind = line.split("\t")
        parameters = re.match(r"func\((.*?)\)(?: |$)", kind)[1]
        found[name] = "".join(letter(p) for p in parameters.split(", ") if p)
    return found


def letter(parameter):
    bare = parameter.removeprefix("...")
    return LETTERS.get(bare, "s") + ("*" if bare != parameter else "")


def words(call):
    """Split a call at blanks outside quotes and parentheses."""
    found, depth, word = [], 0, ""
    for piece in re.findall(r'"(?:\\.|[^"\\])*"|`[^`]*`|\'(?:\\.|[^\'\\])*\'|.', call):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == " " and depth == 0:
            found.append(word)
            word = ""
        else:
            word += piece
    return [w for w in found + [word] if w]


def at(letters, position):
    """Letter of a parameter, the last variadic one for all after it."""
    fixed = letters.rstrip("*")
    return fixed[min(position, len(fixed) - 1)]


def cases(calls, known):
    """(function, template) of each exchange; each function's first call is where it starts."""
    done = set()
    for name, template in calls:
        if name in done or not template.startswith("{{ " + name) or LEFT_OUT.match(name):
            continue
        done.add(name)
        arguments = words(template[3:-3])[1:]
        yield name, call(name, [])
        yield name, call(name, arguments + ["\"extra\""])
        if arguments:
            yield name, call(name, arguments[:-1])
            rest = " ".join([name] + arguments[:-1])
            yield name, "{{ " + arguments[-1] + " | " + rest + " }}"
        for position in range(0 if TWIN.match(name) or WORDS.match(name) else len(arguments)):
            kind = at(known[name], position)
            for value in () if CLOCK.match(name) and kind == "a" else VALUES[kind]:
                if name == "printf" and "toDate" in value:
                    continue  # as a number it shows where its zone lies in memory
                changed = arguments[:position] + [value] + arguments[position + 1:]
                yield name, call(name, changed)


def call(name, arguments):
    return "{{ " + " ".join([name] + arguments) + " }}"
