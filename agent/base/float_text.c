/* The shortest digits come from Schubfach: the double and the middles between it and its neighbours
 * are scaled by one power of ten, with so many bits that comparing the rounded results is exact;
 * then at most four candidates are left. The exact digits come from a number of base 10^9 on the
 * stack that is doubled or halved as often as the exponent says, several times in one go. */
#include "base/float_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/float_text_powers.h"

#define BASE 1000000000u
#define BASE_DIGITS 9

/* A word takes 29 doublings with a carry below 2^32, and nine halvings without a remainder that the
 * next word could not hold, for 2^9 divides 10^9. */
#define DOUBLE_MAX 29
#define HALVE_MAX 9

/* 10^19 is the greatest power of ten below 2^64, and 10^18 is beyond what write_digits takes. */
#define PLACES_MAX 19
#define QUICK_MAX UINT64_C(1000000000000000000)

/* v = c * 2^q. is_narrow: the lower neighbour is only half as far as the upper one. */
struct binary {
    uint64_t c;
    int q;
    bool is_narrow;
};

static struct binary binary_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent == 0)
        return (struct binary){.c = fraction, .q = -1074};
    return (struct binary){.c = fraction | UINT64_C(1) << 52,
                           .q = exponent - 1075,
                           .is_narrow = fraction == 0 && exponent > 1};
}

static void write_word(uint32_t w, char digits[BASE_DIGITS])
{
    for (size_t i = BASE_DIGITS; i-- > 0; w /= 10)
        digits[i] = (char)('0' + w % 10);
}

static size_t leading_zeros(const char *digits, size_t n)
{
    size_t at = 0;

    while (at < n && digits[at] == '0')
        at++;
    return at;
}

/* v < 10^18. */
static size_t write_digits(uint64_t v, char *digits)
{
    char both[2 * BASE_DIGITS];

    write_word((uint32_t)(v / BASE), both);
    write_word((uint32_t)(v % BASE), both + BASE_DIGITS);
    size_t zeros = leading_zeros(both, sizeof(both));
    memcpy(digits, both + zeros, sizeof(both) - zeros);
    return sizeof(both) - zeros;
}

static size_t without_zeros(const char *digits, size_t n)
{
    while (n > 0 && digits[n - 1] == '0')
        n--;
    return n;
}

/* floor(log10(2^q)), or of 3/4 * 2^q; floor(log2(10^k)). Right shifts of negative numbers are
 * arithmetic with gcc and clang. */
static int log10_of_power_of_2(int q, bool three_quarters)
{
    return (q * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

static int log2_of_power_of_10(int k)
{
    return (k * 1741647) >> 19;
}

/* The high 64 bits of power * c, the lowest of them set when anything was cut off. */
static uint64_t scale(const struct float_text_power *power, uint64_t c)
{
    unsigned __int128 low = (unsigned __int128)power->low * c;
    unsigned __int128 product = (unsigned __int128)power->high * c + (uint64_t)(low >> 64);

    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* The candidate with its last digit (unit 4 in the scaled numbers; 40 one digit earlier) rounded
 * down or up that alone lies between lower and upper. */
static bool only_one_inside(uint64_t down, uint64_t unit, uint64_t lower, uint64_t upper, bool *up)
{
    bool is_down_inside = lower <= down * unit;
    bool is_up_inside = down * unit + unit <= upper;

    *up = is_up_inside;
    return is_down_inside != is_up_inside;
}

/* Shortest decimal d * 10^k that lies nearer to v than to its neighbours. */
static uint64_t shortest(const struct binary *v, int *k)
{
    bool is_odd = v->c & 1, up;
    int exponent = log10_of_power_of_2(v->q, v->is_narrow);
    int shift = v->q + log2_of_power_of_10(-exponent) + 1;
    const struct float_text_power *power = &float_text_powers[-exponent - FLOAT_TEXT_POWER_FIRST];
    uint64_t middle = scale(power, v->c << 2 << shift);
    uint64_t lower = scale(power, (4 * v->c - 2 + v->is_narrow) << shift) + is_odd;
    uint64_t upper = scale(power, (4 * v->c + 2) << shift) - is_odd;
    uint64_t d = middle / 4;

    *k = exponent + 1;
    if (d >= 10 && only_one_inside(d / 10, 40, lower, upper, &up))
        return d / 10 + up;
    *k = exponent;
    if (only_one_inside(d, 4, lower, upper, &up))
        return d + up;
    return d + (middle > 4 * d + 2 || (middle == 4 * d + 2 && (d & 1)));
}

static size_t write_zero(char *digits, int *point)
{
    digits[0] = '0';
    *point = 1;
    return 1;
}

size_t float_text_shortest(double v, char digits[FLOAT_TEXT_DIGITS_MAX], int *point)
{
    struct binary b = binary_of(v);
    int k;

    if (!b.c)
        return write_zero(digits, point);
    uint64_t d = shortest(&b, &k);
    size_t n = write_digits(d, digits);
    *point = (int)n + k;
    return without_zeros(digits, n);
}

/* words[first..last) of base 10^9, the most significant first; those from WHOLE on are behind the
 * point. 309 digits before it and 1074 behind it are the most there are. */
#define WHOLE 36
#define WORDS (WHOLE + 120)

struct decimal {
    uint32_t words[WORDS];
    size_t first, last;
};

static void decimal_double(struct decimal *d, unsigned times)
{
    uint64_t carry = 0;

    for (size_t i = d->last; i-- > d->first;) {
        uint64_t w = ((uint64_t)d->words[i] << times) + carry;

        d->words[i] = (uint32_t)(w % BASE);
        carry = w / BASE;
    }
    if (carry)
        d->words[--d->first] = (uint32_t)carry;
}

static void decimal_halve(struct decimal *d, unsigned times)
{
    uint32_t mask = (1u << times) - 1, rest = 0;

    for (size_t i = d->first; i < d->last; i++) {
        uint32_t w = d->words[i];

        d->words[i] = (w >> times) + rest * (BASE >> times);
        rest = w & mask;
    }
    if (rest)
        d->words[d->last++] = rest * (BASE >> times);
    if (d->first < d->last && !d->words[d->first])
        d->first++;
}

static void decimal_of(const struct binary *b, struct decimal *d)
{
    uint64_t c = b->c;
    int q = b->q;

    for (; q < 0 && !(c & 1); q++)
        c >>= 1;
    d->first = d->last = WHOLE;
    do {
        d->words[--d->first] = (uint32_t)(c % BASE);
        c /= BASE;
    } while (c);
    for (int left = q, n; left > 0; left -= n) {
        n = left < DOUBLE_MAX ? left : DOUBLE_MAX;
        decimal_double(d, (unsigned)n);
    }
    for (int left = -q, n; left > 0; left -= n) {
        n = left < HALVE_MAX ? left : HALVE_MAX;
        decimal_halve(d, (unsigned)n);
    }
}

size_t float_text_exact(double v, char digits[FLOAT_TEXT_EXACT_MAX], int *point)
{
    struct binary b = binary_of(v);
    struct decimal d;
    size_t n = 0;

    if (!b.c)
        return write_zero(digits, point);
    decimal_of(&b, &d);
    for (size_t i = d.first; i < d.last; i++, n += BASE_DIGITS)
        write_word(d.words[i], digits + n);
    size_t zeros = leading_zeros(digits, n);
    memmove(digits, digits + zeros, n - zeros);
    *point = ((int)WHOLE - (int)d.first) * BASE_DIGITS - (int)zeros;
    return without_zeros(digits, n - zeros);
}

static bool rounds_up(const char *digits, size_t n, size_t keep)
{
    if (digits[keep] != '5' || keep + 1 < n)
        return digits[keep] >= '5';
    return keep > 0 && (digits[keep - 1] - '0') % 2 == 1;
}

size_t float_text_round(char *digits, size_t n, int keep, int *point)
{
    if (keep >= (int)n || digits[0] == '0')
        return n;
    if (keep < 0 || !rounds_up(digits, n, (size_t)keep))
        return without_zeros(digits, keep < 0 ? 0 : (size_t)keep);
    n = (size_t)keep;
    while (n > 0 && digits[n - 1] == '9')
        n--;
    if (n == 0) {
        digits[0] = '1';
        ++*point;
        return 1;
    }
    digits[n - 1]++;
    return n;
}

/* c * 10^places has at most 117 bits, so the power of two in v only shifts it. */
static bool round_quickly(const struct binary *b, int places, uint64_t *out)
{
    uint64_t power = 1;

    if (places > PLACES_MAX || b->q >= 0 || b->q < -120)
        return false;
    for (int i = 0; i < places; i++)
        power *= 10;
    unsigned __int128 product = (unsigned __int128)b->c * power;
    unsigned __int128 whole = product >> -b->q, rest = product - (whole << -b->q);
    unsigned __int128 half = (unsigned __int128)1 << (-b->q - 1);
    if (rest > half || (rest == half && (whole & 1)))
        whole++;
    *out = (uint64_t)whole;
    return whole < QUICK_MAX;
}

size_t float_text_places(double v, int places, char digits[FLOAT_TEXT_EXACT_MAX], int *point)
{
    struct binary b = binary_of(v);
    uint64_t scaled;

    if (!round_quickly(&b, places, &scaled)) {
        size_t all = float_text_exact(v, digits, point);

        return float_text_round(digits, all, *point + places, point);
    }
    if (!scaled) {
        *point = 1;
        return 0;
    }
    size_t n = write_digits(scaled, digits);
    *point = (int)n - places;
    return without_zeros(digits, n);
}
