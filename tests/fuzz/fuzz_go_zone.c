/* Any bytes as a zone file: what is taken for one can be asked for any time, and what it says of a
 * time holds over a span that contains it. */
#include <stdint.h>
#include <stdlib.h>

#include "template/go_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const int64_t times[] = {INT64_MIN, -62135596800, -1,         0,
                                1,         951782400,    4102444800, INT64_MAX};

static void ask(const struct go_zone *zone)
{
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        struct go_zone_span span = go_zone_at(zone, times[i]);
        int32_t offset_s;
        if (zone->file.rule.n == 0 && (span.start > times[i] || span.end < times[i]))
            abort();
        go_zone_offset_of(zone, span.abbreviation, times[i], &offset_s);
        go_zone_offset_of(zone, TEXT("CET"), times[i], &offset_s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct go_zone zone = {.is_local = false};
    struct go_zone_span span;

    if (go_zone_parse((struct text){bytes, n}, &zone.file))
        ask(&zone);
    go_zone_rule((struct text){bytes, n}, 0, 951782400, &span);
    return 0;
}
