/* The first line is a layout, the rest a time written by it; either may be a duration too. What was
 * read can be printed, and is the same instant when it is read back, if at all. */
#include <stdint.h>
#include <stdlib.h>

#include "template/go_time.h"

#define FULL TEXT("2006-01-02T15:04:05.999999999Z07:00:00")

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_back(struct secret_arena *a, const struct go_time *t)
{
    struct go_time again = *t;
    struct text printed;
    struct text_buf b;
    text_buf_init(&b, a, TEXT_MAX);
    go_time_format(&b, t, FULL);
    CLEANUP(err) struct err *e = text_buf_end(&b, &printed);
    err_free(e ? NULL : go_time_parse(a, FULL, printed, NULL, &again));
    if (go_time_compare(t, &again) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP(secret_arena) struct secret_arena *a = secret_arena_new(1u << 20);
    const uint8_t *line = n ? memchr(bytes, '\n', n) : NULL;
    struct text layout = {bytes, line ? (size_t)(line - bytes) : n};
    size_t rest = n - layout.n - (line != NULL);
    struct go_time t = go_time_zero();
    int64_t ns = 0;

    err_free(
        go_time_parse(a, layout, text_part((struct text){bytes, n}, n - rest, rest), NULL, &t));
    err_free(go_duration_parse(layout, &ns));
    t = go_time_add(&t, ns);
    read_back(a, &t);
    return 0;
}
