/* The first line is the pattern, the second the replacement, the rest the subject. Matches come in
 * order and lie within the subject; replacing runs to its end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct secret_view take_line(const uint8_t **bytes, size_t *n)
{
    const uint8_t *end = *n ? memchr(*bytes, '\n', *n) : NULL;
    size_t taken = end ? (size_t)(end - *bytes) : *n;
    struct secret_view line = secret_view_of(*bytes, taken);
    *bytes += taken + (end != NULL);
    *n -= taken + (end != NULL);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct secret_view pattern = take_line(&bytes, &n), replacement = take_line(&bytes, &n);
    struct secret_view subject = secret_view_of(bytes, n);
    CLEANUP(regex) struct regex *r = NULL;
    CLEANUP(regex_walk) struct regex_walk *walk = NULL;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = regex_new(pattern, &r);
    struct regex_span s;

    if (e || regex_work(r, n, regex_groups(r) + 1) > 1e6 || regex_walk_new(r, subject, &walk))
        return 0;
    for (ptrdiff_t last = 0; regex_walk_next(walk, &s, 1); last = s.end) {
        if (s.begin < last || s.end < s.begin || s.end > (ptrdiff_t)n)
            abort();
    }
    if (!secret_buf_new(0, &out))
        e = regex_replace(r, subject, replacement, out);
    return 0;
}
