/* The one C++ file: RE2 behind plain C functions. RE2 throws nothing and reports by value; where
 * memory runs out the process aborts, as everywhere else. */
#include "base/regex_re2.h"

#include <map>
#include <string>
#include <vector>

#include <re2/re2.h>

struct regex_re2 {
    re2::RE2 program;

    regex_re2(re2::StringPiece pattern, const re2::RE2::Options &options)
        : program(pattern, options)
    {
    }
};

namespace
{

/* In Go's words. */
const char *message_of(re2::RE2::ErrorCode code)
{
    switch (code) {
    case re2::RE2::ErrorBadEscape:
        return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
        return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
        return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
        return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
        return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
        return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
        return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
        return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
        return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
        return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
        return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
        return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
        return "invalid named capture";
    default:
        return "expression cannot be compiled";
    }
}

} // namespace

struct regex_re2 *regex_re2_new(const char *pattern, size_t n, size_t max_bytes,
                                enum regex_re2_fault *fault, const char **message)
{
    re2::RE2::Options options;

    options.set_log_errors(false);
    options.set_max_mem(static_cast<int64_t>(max_bytes));
    struct regex_re2 *r = new regex_re2(re2::StringPiece(pattern, n), options);
    if (r->program.ok())
        return r;
    re2::RE2::ErrorCode code = r->program.error_code();
    *fault = code == re2::RE2::ErrorPatternTooLarge ? REGEX_RE2_TOO_LARGE : REGEX_RE2_SYNTAX;
    *message = message_of(code);
    delete r;
    return nullptr;
}

void regex_re2_free(struct regex_re2 *r)
{
    delete r;
}

size_t regex_re2_size(const struct regex_re2 *r)
{
    return static_cast<size_t>(r->program.ProgramSize());
}

size_t regex_re2_groups(const struct regex_re2 *r)
{
    return static_cast<size_t>(r->program.NumberOfCapturingGroups());
}

const char *regex_re2_group_name(const struct regex_re2 *r, size_t i)
{
    const std::map<int, std::string> &names = r->program.CapturingGroupNames();
    auto found = names.find(static_cast<int>(i));

    return found == names.end() ? nullptr : found->second.c_str();
}

bool regex_re2_search(const struct regex_re2 *r, const char *subject, size_t n, size_t from,
                      struct regex_re2_span *spans, size_t count)
{
    constexpr size_t FEW = 10;
    re2::StringPiece few[FEW];
    std::vector<re2::StringPiece> many(count > FEW ? count : 0);
    re2::StringPiece *parts = count > FEW ? many.data() : few;
    re2::StringPiece text(subject, n);

    if (!r->program.Match(text, from, n, re2::RE2::UNANCHORED, parts, static_cast<int>(count)))
        return false;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t begin = parts[i].data() ? parts[i].data() - subject : -1;
        spans[i].begin = begin;
        spans[i].end = begin < 0 ? -1 : begin + static_cast<ptrdiff_t>(parts[i].size());
    }
    return true;
}
