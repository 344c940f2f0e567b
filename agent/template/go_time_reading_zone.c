/* An offset is written as the layout says; a name is whatever looks like the short name of a zone,
 * since Go knows no list of them. */

#include "template/go_time_reading.h"

#include <assert.h>

#define OFFSET_HOURS_MAX 24
#define OFFSET_PART_MAX 60
#define ZONE_HOURS_MAX 23

/* Pairs of digits behind a sign, with colons where the layout has them. */
void reading_take_offset(struct reading *r, struct text word)
{
    static const char *const names[] = {"time zone offset hour", "time zone offset minute",
                                        "time zone offset second"};
    static const int limits[] = {OFFSET_HOURS_MAX, OFFSET_PART_MAX, OFFSET_PART_MAX};
    struct layout_offset form = layout_offset_of(word);
    int parts[3] = {0, 0, 0};

    if (form.is_z_for_utc && r->value.n > 0 && r->value.p[0] == 'Z') {
        reading_drop(r, 1);
        r->is_utc = true;
        return;
    }
    if (r->value.n < word.n) {
        r->is_bad = true;
        return;
    }
    assert(form.pairs <= ARRAY_SIZE(parts));
    unsigned char sign = reading_drop(r, 1).p[0];
    for (unsigned i = 0; i < form.pairs && !r->is_bad; i++) {
        if (i > 0 && form.has_colons)
            r->is_bad = reading_drop(r, 1).p[0] != ':';
        if (!r->is_bad)
            parts[i] = reading_take_number(r, true);
        reading_check_range(r, parts[i], 0, limits[i], names[i]);
    }
    r->is_bad = r->is_bad || (sign != '+' && sign != '-');
    int offset = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    r->offset_s = sign == '-' ? -offset : offset;
}

/* Length of a sign and whole hours that a zone can be away from UTC; 0: there is none. */
static size_t hours_ahead(struct text t, size_t from)
{
    size_t i = from + 1;
    int v = 0;

    if (from >= t.n || (t.p[from] != '+' && t.p[from] != '-'))
        return 0;
    for (; reading_is_digit(t, i); i++) {
        if (v <= ZONE_HOURS_MAX)
            v = 10 * v + reading_digit(t, i);
    }
    return i == from + 1 || v > ZONE_HOURS_MAX ? 0 : i - from;
}

static size_t capitals_ahead(struct text t)
{
    size_t n = 0;

    while (n < t.n && t.p[n] >= 'A' && t.p[n] <= 'Z')
        n++;
    return n;
}

/* Length of what may be the short name of a zone; 0: nothing. Three capitals may always, four or
 * five when the last is a T. */
static size_t zone_ahead(struct text t)
{
    if (t.n < 3)
        return 0;
    if (text_has_prefix(t, TEXT("ChST")) || text_has_prefix(t, TEXT("MeST")))
        return 4;
    if (text_has_prefix(t, TEXT("GMT")))
        return 3 + hours_ahead(t, 3);
    if (t.p[0] == '+' || t.p[0] == '-')
        return hours_ahead(t, 0);
    size_t n = capitals_ahead(t);
    if (n == 4 && text_has_prefix(t, TEXT("WITA")))
        return n;
    return n == 3 || ((n == 4 || n == 5) && t.p[n - 1] == 'T') ? n : 0;
}

void reading_take_zone(struct reading *r)
{
    if (text_has_prefix(r->value, TEXT("UTC"))) {
        reading_drop(r, 3);
        r->is_utc = true;
        return;
    }
    size_t n = zone_ahead(r->value);
    if (n == 0)
        r->is_bad = true;
    else
        r->zone = reading_drop(r, n);
}
