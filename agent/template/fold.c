/* Two characters fold together when one case mapping after the other brings both to the same; the
 * two that map to the ASCII i without folding with it are left out. */
#include "template/fold.h"

#include "base/unicode.h"

#define DOTTED_CAPITAL_I 0x130u
#define DOTLESS_SMALL_I 0x131u

static uint32_t fold(uint32_t rune)
{
    if (rune == DOTTED_CAPITAL_I || rune == DOTLESS_SMALL_I)
        return rune;
    return unicode_to_lower(unicode_to_upper(rune));
}

bool fold_equal(struct text a, struct text b)
{
    size_t i = 0, j = 0;
    uint32_t r, s;

    while (i < a.n && j < b.n) {
        i += unicode_decode(a.p + i, a.n - i, &r);
        j += unicode_decode(b.p + j, b.n - j, &s);
        if (r != s && fold(r) != fold(s))
            return false;
    }
    return i == a.n && j == b.n;
}
