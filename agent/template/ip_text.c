/* The C library reads addresses by the same rules as Go. Printing is ours: the longest run of two
 * or more zero groups becomes "::", the first of them when several are as long, and only what maps
 * an IPv4 address is printed with dots. */
#include "template/ip_text.h"

#include <arpa/inet.h>

#define GROUPS 8u

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const unsigned char *p)
{
    return text_has_prefix((struct text){p, IP_BYTES_MAX}, (struct text){mapped, sizeof(mapped)});
}

bool ip_text_read(struct text t, unsigned char out[IP_BYTES_MAX], size_t *n)
{
    char s[INET6_ADDRSTRLEN + 1] = "";

    if (!t.n || t.n >= sizeof(s) || memchr(t.p, 0, t.n))
        return false;
    memcpy(s, t.p, t.n);
    if (inet_pton(AF_INET, s, out) == 1) {
        *n = 4;
        return true;
    }
    if (inet_pton(AF_INET6, s, out) != 1)
        return false;
    *n = IP_BYTES_MAX;
    if (is_mapped(out)) {
        memmove(out, out + sizeof(mapped), 4);
        *n = 4;
    }
    return true;
}

static void print_dotted(struct text_buf *b, const unsigned char *p)
{
    for (size_t i = 0; i < 4; i++) {
        if (i)
            text_buf_byte(b, '.');
        text_buf_uint(b, p[i]);
    }
}

static void print_group(struct text_buf *b, unsigned v)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift >= 0; shift -= 4) {
        if (shift == 0 || v >> shift)
            text_buf_byte(b, (unsigned char)digits[v >> shift & 15u]);
    }
}

/* Groups of zero in a row from at on. */
static size_t zeros_at(struct text address, size_t at)
{
    size_t n = 0;

    while (at + n < GROUPS && !address.p[2 * (at + n)] && !address.p[2 * (at + n) + 1])
        n++;
    return n;
}

void ip_text_print(struct text_buf *b, struct text address)
{
    size_t gap = 0, gap_n = 1;

    if (address.n == 4 || is_mapped(address.p)) {
        print_dotted(b, address.p + address.n - 4);
        return;
    }
    for (size_t i = 0; i < GROUPS; i++) {
        if (zeros_at(address, i) > gap_n) {
            gap = i;
            gap_n = zeros_at(address, i);
        }
    }
    for (size_t i = 0; i < GROUPS; i++) {
        if (gap_n > 1 && i == gap) {
            text_buf_puts(b, "::");
            i += gap_n - 1;
            continue;
        }
        if (i && !(gap_n > 1 && i == gap + gap_n))
            text_buf_byte(b, ':');
        print_group(b, (unsigned)address.p[2 * i] << 8 | address.p[2 * i + 1]);
    }
}
