/* The words of a layout are a table, sorted by their first letter, longer ones before those that
 * they begin with; an index by first letter makes literal text cheap. */
#include "template/go_time_layout.h"

#include <stdint.h>

#include "base/attr.h"

/* Go keeps no more of a number of digits. */
#define FRACTION_DIGITS_MASK 0xfffu

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

const char *layout_month_name(int month)
{
    return months[month - 1];
}

const char *layout_weekday_name(int weekday)
{
    return weekdays[weekday];
}

struct word {
    const char *text;
    enum layout_element element;
    bool is_whole;         /* not where a small letter follows */
    unsigned char literal; /* bytes at its start that are none of it */
};

static const struct word words[] = {
    {"January", LAYOUT_LONG_MONTH, false, 0},
    {"Jan", LAYOUT_MONTH, true, 0},
    {"Monday", LAYOUT_LONG_WEEKDAY, false, 0},
    {"Mon", LAYOUT_WEEKDAY, true, 0},
    {"MST", LAYOUT_ZONE, false, 0},
    {"01", LAYOUT_ZERO_MONTH, false, 0},
    {"02", LAYOUT_ZERO_DAY, false, 0},
    {"03", LAYOUT_ZERO_HOUR_12, false, 0},
    {"04", LAYOUT_ZERO_MINUTE, false, 0},
    {"05", LAYOUT_ZERO_SECOND, false, 0},
    {"06", LAYOUT_YEAR, false, 0},
    {"002", LAYOUT_ZERO_YEAR_DAY, false, 0},
    {"15", LAYOUT_HOUR, false, 0},
    {"1", LAYOUT_NUMBER_MONTH, false, 0},
    {"2006", LAYOUT_LONG_YEAR, false, 0},
    {"2", LAYOUT_DAY, false, 0},
    {"_2006", LAYOUT_LONG_YEAR, false, 1},
    {"_2", LAYOUT_SPACE_DAY, false, 0},
    {"__2", LAYOUT_SPACE_YEAR_DAY, false, 0},
    {"3", LAYOUT_HOUR_12, false, 0},
    {"4", LAYOUT_MINUTE, false, 0},
    {"5", LAYOUT_SECOND, false, 0},
    {"PM", LAYOUT_UPPER_PM, false, 0},
    {"pm", LAYOUT_LOWER_PM, false, 0},
    {"-070000", LAYOUT_OFFSET, false, 0},
    {"-07:00:00", LAYOUT_OFFSET, false, 0},
    {"-0700", LAYOUT_OFFSET, false, 0},
    {"-07:00", LAYOUT_OFFSET, false, 0},
    {"-07", LAYOUT_OFFSET, false, 0},
    {"Z070000", LAYOUT_OFFSET, false, 0},
    {"Z07:00:00", LAYOUT_OFFSET, false, 0},
    {"Z0700", LAYOUT_OFFSET, false, 0},
    {"Z07:00", LAYOUT_OFFSET, false, 0},
    {"Z07", LAYOUT_OFFSET, false, 0},
};

/* 1 + the first word of that letter; 0: there is none. */
static const unsigned char first_word[256] = {
    ['J'] = 1,  ['M'] = 3,  ['0'] = 6,  ['1'] = 13, ['2'] = 15, ['_'] = 17, ['3'] = 20,
    ['4'] = 21, ['5'] = 22, ['P'] = 23, ['p'] = 24, ['-'] = 25, ['Z'] = 30,
};

static bool is_digit_at(struct text t, size_t i)
{
    return i < t.n && t.p[i] >= '0' && t.p[i] <= '9';
}

/* The word that layout has at i, or NULL. */
static const struct word *word_at(struct text layout, size_t i)
{
    struct text rest = text_part(layout, i, layout.n - i);
    size_t first = first_word[layout.p[i]];

    if (first == 0)
        return NULL;
    for (size_t k = first - 1;
         k < ARRAY_SIZE(words) && (unsigned char)words[k].text[0] == rest.p[0]; k++) {
        size_t n = strlen(words[k].text);
        if (!text_has_prefix(rest, (struct text){(const unsigned char *)words[k].text, n}))
            continue;
        if (!words[k].is_whole || n == rest.n || rest.p[n] < 'a' || rest.p[n] > 'z')
            return &words[k];
    }
    return NULL;
}

/* Length of a fraction at i: a separator and zeros or nines that no other digit follows; 0: none.
 */
static size_t fraction_at(struct text layout, size_t i)
{
    size_t end = i + 1;

    if ((layout.p[i] != '.' && layout.p[i] != ',') || end == layout.n)
        return 0;
    unsigned char digit = layout.p[end];
    if (digit != '0' && digit != '9')
        return 0;
    while (end < layout.n && layout.p[end] == digit)
        end++;
    return is_digit_at(layout, end) ? 0 : end - i;
}

static struct layout_part take(struct text *layout, size_t before, size_t n,
                               enum layout_element element)
{
    struct layout_part p = {text_part(*layout, 0, before), element, text_part(*layout, before, n)};

    *layout = text_part(*layout, before + n, layout->n - before - n);
    return p;
}

struct layout_part layout_next(struct text *layout)
{
    for (size_t i = 0; i < layout->n; i++) {
        const struct word *w = word_at(*layout, i);
        if (w)
            return take(layout, i + w->literal, strlen(w->text) - w->literal, w->element);
        size_t n = fraction_at(*layout, i);
        if (n > 0)
            return take(layout, i, n,
                        layout->p[i + 1] == '9' ? LAYOUT_SHORT_FRACTION : LAYOUT_FRACTION);
    }
    return take(layout, layout->n, 0, LAYOUT_END);
}

struct layout_offset layout_offset_of(struct text word)
{
    bool has_colons = word.n > 3 && word.p[3] == ':';

    return (struct layout_offset){
        .is_z_for_utc = word.p[0] == 'Z',
        .has_colons = has_colons,
        .pairs = (unsigned)(has_colons ? word.n / 3 : word.n / 2),
    };
}

size_t layout_fraction_digits(struct text word)
{
    return (word.n - 1) & FRACTION_DIGITS_MASK;
}
