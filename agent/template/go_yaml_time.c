/* Numbers of one or two digits, as time.Parse reads them for these layouts: an offset may be 24:60,
 * a fraction may begin with a comma, and the day must exist. */
#include "template/go_yaml_time.h"

struct reader {
    struct text t;
    size_t at;
};

static unsigned char peek(const struct reader *r)
{
    return r->at < r->t.n ? r->t.p[r->at] : 0;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct reader *r, unsigned char c)
{
    if (r->at == r->t.n || peek(r) != c)
        return false;
    r->at++;
    return true;
}

/* Between least and most digits; -1 where there are fewer. */
static int take_number(struct reader *r, int least, int most)
{
    int v = 0, n = 0;

    for (; n < most && is_digit(peek(r)); n++)
        v = 10 * v + (r->t.p[r->at++] - '0');
    return n < least ? -1 : v;
}

static bool take_within(struct reader *r, int low, int high)
{
    int v = take_number(r, 1, 2);

    return v >= low && v <= high;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

static bool take_date(struct reader *r)
{
    int year = take_number(r, 4, 4);

    if (year < 0 || !take(r, '-'))
        return false;
    int month = take_number(r, 1, 2);
    if (month < 1 || month > 12 || !take(r, '-'))
        return false;
    return take_within(r, 1, days_of(year, month));
}

static void take_fraction(struct reader *r)
{
    size_t at = r->at + 1;

    if ((peek(r) != '.' && peek(r) != ',') || at >= r->t.n || !is_digit(r->t.p[at]))
        return;
    while (at < r->t.n && is_digit(r->t.p[at]))
        at++;
    r->at = at;
}

static bool take_clock(struct reader *r)
{
    if (!take_within(r, 0, 23) || !take(r, ':') || !take_within(r, 0, 59) || !take(r, ':') ||
        !take_within(r, 0, 59))
        return false;
    take_fraction(r);
    return true;
}

static bool take_zone(struct reader *r)
{
    if (take(r, 'Z'))
        return true;
    if (!take(r, '+') && !take(r, '-'))
        return false;
    int hours = take_number(r, 2, 2);
    if (hours < 0 || hours > 24 || !take(r, ':'))
        return false;
    int minutes = take_number(r, 2, 2);
    return minutes >= 0 && minutes <= 60;
}

bool go_yaml_is_time(struct text t)
{
    struct reader r = {.t = t};

    if (!take_date(&r))
        return false;
    if (r.at == t.n)
        return true;
    if (take(&r, 'T') || take(&r, 't'))
        return take_clock(&r) && take_zone(&r) && r.at == t.n;
    if (!take(&r, ' '))
        return false;
    while (take(&r, ' '))
        continue;
    return take_clock(&r) && r.at == t.n;
}
