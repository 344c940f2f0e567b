/* What Go's package regexp accepts, finds and replaces, and what it refuses. */
#include "base/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/regex_cache.h"
#include "tests/support/table.h"

static struct secret_view view(const char *s)
{
    return secret_view_of(s, strlen(s));
}

static struct regex *compile(const char *pattern)
{
    struct regex *r = NULL;
    CLEANUP(err) struct err *e = regex_new(view(pattern), &r);

    if (e)
        fail_msg("%s: %s", pattern, err_text(e));
    return r;
}

struct match_row {
    const char *name, *pattern, *subject;
    const char *want; /* every match as "begin,end", its groups after it; "-" for one not there */
};

static const struct match_row match_rows[] = {
    {"none", "x", "abc", ""},
    {"one", "b", "abc", "1,2 "},
    {"several", "a", "banana", "1,2 3,4 5,6 "},
    {"longest repetition", "a+", "baaac", "1,4 "},
    {"leftmost alternative, not longest", "a|ab", "ab", "0,1 "},
    {"lazy", "a+?", "aa", "0,1 1,2 "},
    {"groups", "(a)(b)?(c)", "ac", "0,2(0,1)(-)(1,2) "},
    {"last turn of a group", "(?:(a)|b)*", "ab", "0,2(0,1) "},
    {"nested groups", "((a)b)", "xab", "1,3(1,3)(1,2) "},
    {"empty matches", "", "ab", "0,0 1,1 2,2 "},
    {"empty match beside another", "a*", "baaac", "0,0 1,4 5,5 "},
    {"empty pattern and subject", "", "", "0,0 "},
    {"everything once", "(.*)", "abc", "0,3(0,3) "},
    {"nothing or more, repeated", "b(?:|a+)*", "baa", "0,1 "},
    {"nothing or more, in a group", "((?:|a+)*)", "aab", "0,0(0,0) 1,1(1,1) 2,2(2,2) 3,3(3,3) "},
    {"as little as can be, repeated", "((?:(?:a+)?\?)*)", "aa", "0,0(0,0) 1,1(1,1) 2,2(2,2) "},
    {"none of something, repeated", "((?:a{0}|a+)*)", "aa", "0,0(0,0) 1,1(1,1) 2,2(2,2) "},
    {"nothing in a loop in a loop", "((?:b*|a+|)+|b??b{0})*", "a", "0,0(0,0) 1,1(1,1) "},
    {"nothing, twice and more", "b(?:|a+){2,}", "baa", "0,1 "},
    {"an assertion in a loop", "b(?:\\B|a+)*", "baa", "0,1 "},
    {"an assertion that does not hold", "b(?:\\b|a+)*", "baa", "0,3 "},
    {"nothing in quotes in a loop", "b(?:|\\Q\\E|a+)*", "baa", "0,1 "},
    {"nothing first with a name", "b(?P<n>|a+)*c?", "baac", "0,1(1,1) "},
    {"nothing first, as little of it", "b(?:|a+)*?c", "baac", "0,4 "},
    {"nothing first, swapped greed", "(?U)b(?:|a+)*c", "baac", "0,4 "},
    {"flags between a loop and another", "b*(?i)*(?:|a+)*", "bbA", "0,2 3,3 "},
    {"flags between a group and its star", "([abc]{0})(?U)*", "", "0,0(-) "},
    {"parenthesis in quotes", "\\Q(\\E(?:|a+)*", "(aa", "0,1 "},
    {"parenthesis in brackets", "[)(|](?:|a+)*", "(aa", "0,1 "},
    {"parenthesis that is escaped", "\\((?:|a+)*\\)?", "(aa", "0,1 "},
    {"empty first in a loop", "(|a)*", "aa", "0,0(0,0) 1,1(1,1) 2,2(2,2) "},
    {"anchors", "^a|b$", "aab", "0,1 2,3 "},
    {"begin of text only once", "\\Aa", "aa", "0,1 "},
    {"end of text, not before a newline", "a$", "a\n", ""},
    {"lines", "(?m)^a$", "a\nb\na", "0,1 4,5 "},
    {"dot and newline", "a.b", "a\nb", ""},
    {"dot and newline by flag", "(?s)a.b", "a\nb", "0,3 "},
    {"case", "(?i)straSSe\\x{17f}", "STRASSES", "0,8 "},
    {"case of other letters", "(?i)\xc3\xa9", "\xc3\x89", "0,2 "},
    {"swapped greed", "(?U)a+", "aa", "0,1 1,2 "},
    {"flags in a group", "(?i:a)b", "Ab AB", "0,2 "},
    {"named group", "(?P<x>a)", "a", "0,1(0,1) "},
    {"named group, newer", "(?<x>a)", "a", "0,1(0,1) "},
    {"class that looks like a group", "[(?<]x", "<x", "0,2 "},
    {"escaped, not a group", "\\(?<x", "(<x<x", "0,3 3,5 "},
    {"word boundary", "\\bb\\w*", "ab ba", "3,5 "},
    {"no boundary inside a character", "\\B", "a\xc3\xa9", "3,3 "},
    {"white space without vertical tab", "\\s+", "a\t\n\f\r \v", "1,6 "},
    {"digits of ASCII", "\\d", "1\xd9\xa3", "0,1 "},
    {"Unicode letters", "\\pL+", "a\xc3\xa9\xce\xa9-", "0,5 "},
    {"no Unicode letters", "\\PL+", "a-1", "1,3 "},
    {"script", "\\p{Greek}", "a\xce\xa9", "1,3 "},
    {"not that script", "\\p{^Greek}", "\xce\xa9g", "2,3 "},
    {"alias", "\\p{Uppercase_Letter}", "aB", "1,2 "},
    {"alias, spelt loosely", "\\p{lower case-letter}", "aB", "0,1 "},
    {"any", "\\p{Any}", "\n", "0,1 "},
    {"ASCII", "\\p{ASCII}+", "ab\xc3\xa9", "0,2 "},
    {"not ASCII", "\\P{ASCII}", "ab\xc3\xa9", "2,4 "},
    {"cased letters", "\\p{LC}+",
     "aB\xc7\x85"
     "1",
     "0,4 "},
    {"others", "\\pC+", "a\x01\xc2\xad\xcd\xb8", "1,6 "},
    {"others in a class", "[a\\pC]+", "a\x01\xcd\xb8z", "0,4 "},
    {"others not in a class", "[^b\\pC]+", "a\x01\xcd\xb8zb", "0,1 4,5 "},
    {"no others", "[\\PC-]+", "a-\x01", "0,2 "},
    {"unassigned", "\\p{Cn}", "\xc2\xad\xcd\xb8", "2,4 "},
    {"assigned", "\\p{Assigned}+", "\xc2\xad\xcd\xb8", "0,2 "},
    {"neither any", "[^\\P{Any}]", "a", "0,1 "},
    {"literal text", "\\Qa*\\E+", "a**", "0,3 "},
    {"literal text, open", "\\Q(?<", "(?<", "0,3 "},
    {"octal and hexadecimal", "\\101\\x42\\x{43}", "ABC", "0,3 "},
    {"POSIX class", "[[:alpha:]_]+", "a_1", "0,2 "},
    {"class of brackets", "[]a]+", "]a[", "0,2 "},
    {"repeat that is none", "a{,2}", "a{,2}", "0,5 "},
    {"a bad byte is one character", "^.$", "\xff", "0,1 "},
    {"bad bytes", "a.",
     "a\xff"
     "a\xc3",
     "0,2 2,4 "},
    {"cut off character is two", "^..$", "\xe2\x82", "0,2 "},
    {"a bad byte is U+FFFD", "\\x{FFFD}", "\xef\xbf\xbd\x80", "0,3 3,4 "},
    {"empty matches between bad bytes", "", "\xe2\x82", "0,0 1,1 2,2 "},
    {"groups behind bad bytes", "(b)(c)",
     "\xff\xff"
     "bc",
     "2,4(2,3)(3,4) "},
};

static void print_span(char *out, size_t size, struct regex_span s)
{
    size_t at = strlen(out);

    if (s.begin < 0)
        snprintf(out + at, size - at, "-");
    else
        snprintf(out + at, size - at, "%td,%td", s.begin, s.end);
}

static void match_row(void **state)
{
    const struct match_row *r = *state;
    CLEANUP(regex) struct regex *re = compile(r->pattern);
    CLEANUP(regex_walk) struct regex_walk *walk = NULL;
    struct regex_span spans[4];
    char got[256] = "";
    bool is_match;

    assert_null(regex_walk_new(re, view(r->subject), &walk));
    while (regex_walk_next(walk, spans, regex_groups(re) + 1)) {
        print_span(got, sizeof(got), spans[0]);
        for (size_t i = 1; i <= regex_groups(re); i++) {
            strcat(got, "(");
            print_span(got, sizeof(got), spans[i]);
            strcat(got, ")");
        }
        strcat(got, " ");
    }
    assert_string_equal(got, r->want);
    assert_null(regex_matches(re, view(r->subject), &is_match));
    assert_int_equal(is_match, r->want[0] != 0);
    assert_false(regex_walk_next(walk, spans, 1));
}

struct refused_row {
    const char *name, *pattern, *want;
};

static const struct refused_row refused_rows[] = {
    {"parenthesis open", "(a", "missing closing )"},
    {"parenthesis closed", "a)", "unexpected )"},
    {"bracket open", "[a", "missing closing ]"},
    {"backslash last", "a\\", "trailing backslash at end of expression"},
    {"star first", "*a", "missing argument to repetition operator"},
    {"star twice", "a**", "invalid nested repetition operator"},
    {"possessive", "a++", "invalid nested repetition operator"},
    {"counts side by side", "a{2}{3}", "invalid nested repetition operator"},
    {"count too large", "a{1001}", "invalid repeat count"},
    {"count far too large", "a{1,9876543210}", "invalid repeat count"},
    {"count backwards", "a{2,1}", "invalid repeat count"},
    {"counts too large together", "(?:a{500}){3}", "invalid repeat count"},
    {"range backwards", "[b-a]", "invalid character class range"},
    {"range of a class", "[a-\\d]", "invalid escape sequence"},
    {"no such POSIX class", "[[:foo:]]", "invalid character class range"},
    {"look ahead", "(?=a)", "invalid or unsupported Perl syntax"},
    {"look behind", "(?<=a)", "invalid named capture"},
    {"atomic", "(?>a)", "invalid or unsupported Perl syntax"},
    {"comment", "(?#a)", "invalid or unsupported Perl syntax"},
    {"extended", "(?x)a", "invalid or unsupported Perl syntax"},
    {"back reference", "(a)\\1", "invalid escape sequence"},
    {"named back reference", "(?P<n>a)(?P=n)", "invalid or unsupported Perl syntax"},
    {"end of text as in Perl", "a\\Z", "invalid escape sequence"},
    {"single byte", "\\C", "invalid escape sequence"},
    {"unknown escape", "\\q", "invalid escape sequence"},
    {"rune too large", "\\x{110000}", "invalid escape sequence"},
    {"unknown class", "\\p{Foo}", "invalid character class range"},
    {"class not closed", "\\p{Greek", "invalid character class range"},
    {"class without name", "\\p", "invalid character class range"},
    {"script with an underscore", "\\p{Old_Italic}", "invalid character class range"},
    {"name empty", "(?<>a)", "invalid named capture"},
    {"name open", "(?<n", "invalid named capture"},
    {"name outside ASCII", "(?P<\xc3\xa9>a)", "invalid named capture"},
    {"not UTF-8", "a\xff", "invalid UTF-8"},
};

static void refused_row(void **state)
{
    const struct refused_row *r = *state;
    struct regex *re = NULL;
    CLEANUP(err) struct err *e = regex_new(view(r->pattern), &re);
    char want[128];

    assert_non_null(e);
    assert_null(re);
    assert_int_equal(err_class(e), ERR_INVALID);
    snprintf(want, sizeof(want), "error parsing regexp: %s", r->want);
    assert_string_equal(err_text(e), want);
}

struct replace_row {
    const char *name, *pattern, *subject, *replacement, *want;
};

static const struct replace_row replace_rows[] = {
    {"no match", "x", "abc", "y", "abc"},
    {"all", "a", "banana", "o", "bonono"},
    {"by nothing", "a", "banana", "", "bnn"},
    {"group", "(a)(b)", "ab", "$2$1", "ba"},
    {"whole match", "b", "abc", "[$0]", "a[b]c"},
    {"prefix", "(.*)", "abc", "X_$1", "X_abc"},
    {"name is greedy", "(a)", "a", "$1x", ""},
    {"name in braces", "(a)", "a", "${1}x", "ax"},
    {"underscore belongs to the name", "(a)", "a", "$1_y", ""},
    {"named group", "(?P<n>a)", "a", "<$n>", "<a>"},
    {"named group in braces", "(?P<n>a)", "a", "<${n}>", "<a>"},
    {"name twice", "(?P<n>a)|(?<n>b)", "ab", "<$n>", "<a><b>"},
    {"name twice, by number", "(?P<n>a)|(?<n>b)", "ab", "<$1>", "<a><>"},
    {"no such name", "(?P<n>a)", "a", "<$m>", "<>"},
    {"no such number", "(a)", "a", "<$7>", "<>"},
    {"number with a zero is a name", "(a)", "a", "<$01>", "<>"},
    {"number far too large", "(a)", "a", "<$99999999999>", "<>"},
    {"group that took no part", "(a)|b", "b", "<$1>", "<>"},
    {"dollar twice", "a", "a", "$$1", "$1"},
    {"dollar last", "a", "a", "x$", "x$"},
    {"dollar and no name", "a", "a", "$-$", "$-$"},
    {"brace open", "(a)", "a", "${1", "${1"},
    {"brace empty", "(a)", "a", "${}", "${}"},
    {"brace with a space", "(a)", "a", "${1 }", "${1 }"},
    {"letters outside ASCII", "(a)", "a", "$1\xc3\xa9-", "-"},
    {"backslash is itself", "(a)", "a", "\\1", "\\1"},
    {"empty matches", "", "ab", "-", "-a-b-"},
    {"empty matches beside others", "a*", "baaac", "x", "xbxcx"},
    {"empty matches between characters", "", "\xc3\xa9", "-", "-\xc3\xa9-"},
    {"bad bytes stay", "a",
     "\xff"
     "a\xc3",
     "b",
     "\xff"
     "b\xc3"},
    {"bad bytes in a group", "(.)a",
     "\xff"
     "a",
     "$1", "\xff"},
};

static void replace_row(void **state)
{
    const struct replace_row *r = *state;
    CLEANUP(regex) struct regex *re = compile(r->pattern);
    CLEANUP(secret_buf) struct secret_buf *out = NULL;

    assert_null(secret_buf_new(0, &out));
    assert_null(regex_replace(re, view(r->subject), view(r->replacement), out));
    assert_true(secret_view_equal(secret_buf_view(out), view(r->want)));
}

static void expand_one_match(void **state)
{
    (void)state;
    CLEANUP(regex) struct regex *re = compile("(a)(b)?");
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    const struct regex_span spans[] = {{1, 2}, {1, 2}, {-1, -1}};

    assert_null(secret_buf_new(0, &out));
    assert_null(regex_expand(re, view("xa"), view("$1-$2-$0"), spans, 3, out));
    assert_true(secret_view_equal(secret_buf_view(out), view("a--a")));
}

static void names_of_groups(void **state)
{
    (void)state;
    CLEANUP(regex) struct regex *re = compile("(?P<a>x)(y)(?<b_1>z)");

    assert_int_equal(regex_groups(re), 3);
    assert_string_equal(regex_group_name(re, 1), "a");
    assert_string_equal(regex_group_name(re, 2), "");
    assert_string_equal(regex_group_name(re, 3), "b_1");
}

/* count times piece. */
static struct err *compile_repeated(const char *piece, size_t count)
{
    size_t n = strlen(piece);
    CLEANUP_STR char *pattern = xalloc(n * count);
    CLEANUP(regex) struct regex *r = NULL;

    for (size_t i = 0; i < count; i++)
        memcpy(pattern + i * n, piece, n);
    return regex_new(secret_view_of(pattern, n * count), &r);
}

struct limit_row {
    const char *name, *piece;
    size_t fits, too_many;
    const char *want;
};

static const struct limit_row limit_rows[] = {
    {"bytes", "a", REGEX_PATTERN_MAX, REGEX_PATTERN_MAX + 1,
     "limit reached: regular expression longer than 65536 bytes"},
    {"groups", "(a)", REGEX_GROUPS_MAX, REGEX_GROUPS_MAX + 1,
     "limit reached: regular expression of more than 1000 groups"},
    {"Unicode classes", "\\pZ", REGEX_CLASSES_MAX, REGEX_CLASSES_MAX + 1,
     "limit reached: more than 1000 \\p in a regular expression"},
    {"classes of others", "|\\pC", 4, 5,
     "limit reached: more than 4 \\p{C} or \\p{Cn} in a regular expression"},
    {"program", "\\pL{100}", 1, 10,
     "limit reached: regular expression larger than 8388608 bytes when compiled"},
};

static void limit_row(void **state)
{
    const struct limit_row *r = *state;

    assert_null(compile_repeated(r->piece, r->fits));
    CLEANUP(err) struct err *e = compile_repeated(r->piece, r->too_many);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want);
}

static void result_too_long(void **state)
{
    (void)state;
    CLEANUP(regex) struct regex *re = compile("a");
    CLEANUP(secret_buf) struct secret_buf *subject = NULL, *out = NULL;
    static const char as[1024];
    static char text[1024];

    memset(text, 'a', sizeof(text));
    assert_null(secret_buf_new(0, &subject));
    for (size_t i = 0; i < 16; i++)
        assert_null(secret_buf_append_raw(subject, text, sizeof(text)));
    assert_null(secret_buf_new(0, &out));
    CLEANUP(err)
    struct err *e =
        regex_replace(re, secret_buf_view(subject), secret_view_of(as, sizeof(as)), out);
    assert_int_equal(err_class(e), ERR_INVALID);
}

/* A subject with bad bytes is copied into secret memory, and that may fail. */
static void memory_runs_out(void **state)
{
    (void)state;
    CLEANUP(regex) struct regex *re = compile("a");
    struct regex_walk *walk = NULL;
    bool is_match;

    secret_arena_fail_after(1);
    CLEANUP(err) struct err *e = regex_walk_new(re, view("a\xff"), &walk);
    assert_int_equal(err_class(e), ERR_INTERNAL);
    secret_arena_fail_after(1);
    CLEANUP(err) struct err *e2 = regex_matches(re, view("a\xff"), &is_match);
    assert_int_equal(err_class(e2), ERR_INTERNAL);
    secret_arena_fail_after(0);
}

static void work_grows_with_subject_and_groups(void **state)
{
    (void)state;
    CLEANUP(regex) struct regex *re = compile("(a)(b)");

    assert_true(regex_work(re, 10, 1) > 10);
    assert_true(regex_work(re, 20, 1) > regex_work(re, 10, 1));
    assert_true(regex_work(re, 10, 3) > regex_work(re, 10, 1));
}

static void cache_keeps_and_finds(void **state)
{
    (void)state;
    CLEANUP(regex_cache) struct regex_cache *cache = regex_cache_new();
    CLEANUP(regex) struct regex *again = compile("a");
    struct regex *first = compile("a");

    assert_null(regex_cache_find(cache, view("a")));
    assert_true(regex_cache_keep(cache, view("a"), first));
    assert_ptr_equal(regex_cache_find(cache, view("a")), first);
    assert_null(regex_cache_find(cache, view("b")));
    assert_false(regex_cache_keep(cache, view("a"), again));
}

static void cache_fills_up(void **state)
{
    (void)state;
    CLEANUP(regex_cache) struct regex_cache *cache = regex_cache_new();
    char pattern[] = "a";

    for (size_t i = 0; i < REGEX_CACHE_MAX; i++, pattern[0]++)
        assert_true(regex_cache_keep(cache, view(pattern), compile(pattern)));
    CLEANUP(regex) struct regex *r = compile(pattern);
    assert_false(regex_cache_keep(cache, view(pattern), r));
    assert_non_null(regex_cache_find(cache, view("a")));
}

static void cache_takes_no_giants(void **state)
{
    (void)state;
    CLEANUP(regex_cache) struct regex_cache *cache = regex_cache_new();
    CLEANUP(regex) struct regex *r = compile("\\pL{100}");

    assert_false(regex_cache_keep(cache, view("\\pL{100}"), r));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(expand_one_match),
        cmocka_unit_test(names_of_groups),
        cmocka_unit_test(cache_keeps_and_finds),
        cmocka_unit_test(cache_fills_up),
        cmocka_unit_test(cache_takes_no_giants),
        cmocka_unit_test(result_too_long),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(work_grows_with_subject_and_groups),
    };
    int failed = TABLE_RUN("regex matches", match_rows, match_row);

    failed += TABLE_RUN("regex refused", refused_rows, refused_row);
    failed += TABLE_RUN("regex replacements", replace_rows, replace_row);
    failed += TABLE_RUN("regex limits", limit_rows, limit_row);
    return failed + GROUP_RUN("regex", tests);
}
