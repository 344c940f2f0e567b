/* The shortest digits of a float: each length is tried, and found out by reading back. The nearest
 * number of a length may be too far where one further away is not: below a power of two floats are
 * twice as dense as above. So the next one up is tried too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret_buf.h"
#include "template/go_yaml_resolve.h"

#define DIGITS_MAX 9
#define TEXT_BYTES 32
#define EXPONENT_PLAIN_MAX 5 /* from here on, as below EXPONENT_PLAIN_MIN, there is an "e" */
#define EXPONENT_PLAIN_MIN (-4)

struct decimal {
    char digits[DIGITS_MAX + 1];
    int n;
    int exponent; /* of the first digit */
};

/* Nearest decimal of n digits to v, which is positive. */
static void round_to(float v, int n, struct decimal *out)
{
    char text[TEXT_BYTES];

    snprintf(text, sizeof(text), "%.*e", n - 1, (double)v);
    out->n = n;
    out->digits[0] = text[0];
    for (int i = 1; i < n; i++)
        out->digits[i] = text[i + 1];
    out->exponent = (int)strtol(text + (n > 1 ? n + 2 : 2), NULL, 10);
    secret_erase(text, sizeof(text));
}

static void next_up(struct decimal *d)
{
    int i = d->n - 1;

    while (i >= 0 && d->digits[i] == '9')
        d->digits[i--] = '0';
    if (i >= 0) {
        d->digits[i]++;
        return;
    }
    d->digits[0] = '1';
    d->exponent++;
}

static bool reads_as(const struct decimal *d, float v)
{
    char text[TEXT_BYTES];

    snprintf(text, sizeof(text), "%.*se%d", d->n, d->digits, d->exponent - d->n + 1);
    float back = strtof(text, NULL);
    secret_erase(text, sizeof(text));
    return back == v;
}

/* 2^-12 is the one float between two shortest decimals that are equally near; printf takes the
 * lower, Go the upper. */
static void find_shortest(float v, struct decimal *d)
{
    if (v == 0x1p-12f) {
        *d = (struct decimal){"24414063", 8, -4};
        return;
    }
    for (int n = 1; n <= DIGITS_MAX; n++) {
        round_to(v, n, d);
        if (reads_as(d, v))
            break;
        next_up(d);
        if (reads_as(d, v))
            break;
    }
    while (d->n > 1 && d->digits[d->n - 1] == '0')
        d->n--;
}

static void print_with_exponent(struct text_buf *b, const struct decimal *d)
{
    int magnitude = abs(d->exponent);

    text_buf_bytes(b, d->digits, 1);
    if (d->n > 1)
        text_buf_byte(b, '.');
    text_buf_bytes(b, d->digits + 1, (size_t)d->n - 1);
    text_buf_puts(b, d->exponent < 0 ? "e-" : "e+");
    if (magnitude < 10)
        text_buf_byte(b, '0');
    text_buf_int(b, magnitude);
}

static void print_plain(struct text_buf *b, const struct decimal *d)
{
    int whole = d->exponent + 1;

    if (whole <= 0) {
        text_buf_puts(b, "0.");
        text_buf_fill(b, '0', (size_t)-whole);
        text_buf_bytes(b, d->digits, (size_t)d->n);
        return;
    }
    int shown = whole < d->n ? whole : d->n;
    text_buf_bytes(b, d->digits, (size_t)shown);
    text_buf_fill(b, '0', (size_t)(whole - shown));
    if (shown < d->n) {
        text_buf_byte(b, '.');
        text_buf_bytes(b, d->digits + shown, (size_t)(d->n - shown));
    }
}

void go_yaml_print_float32(struct text_buf *b, double v)
{
    float magnitude = fabsf((float)v);
    struct decimal d = {.n = 1, .digits = "0"};

    if (isnan(v)) {
        text_buf_puts(b, "NaN");
        return;
    }
    if (signbit(v))
        text_buf_byte(b, '-');
    else if (isinf(magnitude))
        text_buf_byte(b, '+');
    if (isinf(magnitude)) {
        text_buf_puts(b, "Inf");
        return;
    }
    if (magnitude > 0)
        find_shortest(magnitude, &d);
    if (d.exponent < EXPONENT_PLAIN_MIN || d.exponent > EXPONENT_PLAIN_MAX)
        print_with_exponent(b, &d);
    else
        print_plain(b, &d);
    secret_erase(&d, sizeof(d));
}
