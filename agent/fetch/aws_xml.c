/* No XML parser: the element is looked for by its literal start tag, and its text ends at the next
 * '<', which must begin the matching end tag. */

#include "fetch/aws_xml.h"

#include <string.h>

#include "base/alloc.h"

static bool is_at(struct secret_view xml, size_t at, const char *text, size_t n)
{
    if (n > xml.n - at)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (xml.p[at + i].v != (unsigned char)text[i])
            return false;
    }
    return true;
}

/* Position behind the first start tag of name; 0 when there is none. */
static size_t find_start(struct secret_view xml, const char *name)
{
    CLEANUP_STR char *tag = xasprintf("<%s>", name);
    size_t n = strlen(tag);
    for (size_t at = 0; at < xml.n; at++) {
        if (is_at(xml, at, tag, n))
            return at + n;
    }
    return 0;
}

static struct err *find_text(struct secret_view xml, const char *name, size_t max,
                             struct secret_view *out)
{
    CLEANUP_STR char *end_tag = xasprintf("</%s>", name);
    size_t start = find_start(xml, name);
    if (!start)
        return err_new(ERR_INVALID, "element %s is missing", name);
    size_t end = start;
    while (end < xml.n && xml.p[end].v != '<' && xml.p[end].v != '&')
        end++;
    if (!is_at(xml, end, end_tag, strlen(end_tag)))
        return err_new(ERR_INVALID, "element %s does not hold plain text", name);
    if (end - start > max)
        return err_new(ERR_INVALID, "element %s is longer than %zu bytes", name, max);
    *out = secret_view_part(xml, start, end - start);
    return NULL;
}

struct err *aws_xml_secret(struct secret_view xml, const char *name, size_t max,
                           struct secret_buf **out)
{
    struct secret_view text = {0};
    struct err *e = find_text(xml, name, max, &text);
    return e ? e : secret_buf_copy(text, out);
}

struct err *aws_xml_text(struct secret_view xml, const char *name, size_t max, char **out)
{
    struct secret_view text = {0};
    struct err *e = find_text(xml, name, max, &text);
    if (e)
        return e;
    CLEANUP_STR char *copy = xcalloc(text.n + 1, 1);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i].v < 0x20 || text.p[i].v == 0x7f)
            return err_new(ERR_INVALID, "element %s holds a control character", name);
        copy[i] = (char)text.p[i].v;
    }
    *out = TAKE(copy);
    return NULL;
}
