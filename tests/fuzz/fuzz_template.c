/* The first line is a value, the rest a template over it. Whatever happens ends within the limits,
 * and a second render of what is not volatile says the same, byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void render_twice(struct template *t, const struct template_entry *entries, size_t n)
{
    static const struct template_env env = {.refuse_random = true};
    CLEANUP(secret_buf) struct secret_buf *a = NULL, *b = NULL;
    CLEANUP(err) struct err *first = template_render(t, entries, n, &env, &a);
    CLEANUP(err) struct err *second = template_render(t, entries, n, &env, &b);
    must(first ? err_class(first) == ERR_INVALID : secret_buf_size(a) <= TEMPLATE_OUTPUT_MAX);
    must(template_is_volatile(t) ||
         (!first == !second && secret_view_equal(secret_buf_view(a), secret_buf_view(b))));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *newline = n ? memchr(bytes, '\n', n) : NULL;
    size_t value_n = newline ? (size_t)(newline - bytes) : 0, at = newline ? value_n + 1 : 0;
    struct template_entry entries[] = {{secret_view_of("a", 1), secret_view_of(bytes, value_n)},
                                       {secret_view_of("user", 4), secret_view_of("x-1", 3)}};
    CLEANUP(template) struct template *t = NULL;
    CLEANUP(err) struct err *e = template_parse("k", secret_view_of(bytes + at, n - at), NULL, &t);
    must(!e == !!t);
    if (!e)
        render_twice(t, entries, 2);
    return 0;
}
