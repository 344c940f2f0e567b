/* One pass over the local part, which says where the rest begins. */
#include "template/mailbox.h"

static struct text tail(struct text t, size_t at)
{
    return text_part(t, at, t.n - at);
}

bool mailbox_domain_is_valid(struct text t, bool is_constraint)
{
    size_t label = 0;

    if (!t.n)
        return true;
    if (t.p[t.n - 1] == '.')
        return false;
    if (is_constraint && t.p[0] == '.')
        t = tail(t, 1);
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = t.p[i];
        if (c < 33 || c > 126 || (c == '.' && i == label))
            return false;
        if (c == '.')
            label = i + 1;
    }
    return true;
}

static bool is_quoted_text(unsigned char c)
{
    return (c >= 1 && c <= 8) || c == 11 || c == 12 || (c >= 14 && c <= 33) ||
           (c >= 35 && c <= 91) || (c >= 93 && c <= 127);
}

static bool is_after_backslash(unsigned char c)
{
    return (c >= 1 && c <= 9) || c == 11 || c == 12 || (c >= 14 && c <= 127);
}

/* Step over what stands between quotes; the first is behind us. */
static bool take_quoted(struct text *in)
{
    while (in->n) {
        unsigned char c = in->p[0];
        *in = tail(*in, 1);
        if (c == '"')
            return true;
        if (c != '\\') {
            if (!is_quoted_text(c))
                return false;
            continue;
        }
        if (!in->n || !is_after_backslash(in->p[0]))
            return false;
        *in = tail(*in, 1);
    }
    return false;
}

static bool is_atom(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

/* Step over atoms between dots; a backslash lets any character through. */
static bool take_atoms(struct text *in)
{
    bool after_dot = true; /* also at the start */
    size_t n = 0;

    while (in->n) {
        if (in->p[0] == '\\') {
            *in = tail(*in, 1);
            if (!in->n)
                return false;
        } else if (!is_atom(in->p[0])) {
            break;
        }
        bool is_dot = in->p[0] == '.';
        if (is_dot && after_dot)
            return false;
        after_dot = is_dot;
        *in = tail(*in, 1);
        n++;
    }
    return n > 0 && !after_dot;
}

bool mailbox_is_valid(struct text t)
{
    if (!t.n)
        return false;
    if (t.p[0] == '"') {
        t = tail(t, 1);
        if (!take_quoted(&t))
            return false;
    } else if (!take_atoms(&t)) {
        return false;
    }
    return t.n && t.p[0] == '@' && mailbox_domain_is_valid(tail(t, 1), false);
}
