/* One pass from left to right. A segment is what stands between two dots: a name, indexes, or a
 * name with indexes behind it. */

#include "spec/field_path.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct err *bad(const char *why)
{
    return err_new(ERR_INVALID, "%s", why);
}

static struct err *add_step(struct field_path *p, char *name, size_t index)
{
    CLEANUP_STR char *taken = name;
    if (p->n == FIELD_PATH_STEPS_MAX)
        return err_new(ERR_INVALID, "it has more than %d steps", FIELD_PATH_STEPS_MAX);
    p->steps = xrealloc(p->steps, p->n + 1, sizeof(*p->steps));
    p->steps[p->n++] = (struct field_step){TAKE(taken), index};
    return NULL;
}

/* "[0]" at *at, which is moved behind it. */
static struct err *parse_index(struct field_path *p, const char **at)
{
    const char *s = *at;
    size_t index = 0;
    if (*s++ != '[')
        return bad("behind an index comes a dot or another index");
    if (*s < '0' || *s > '9')
        return bad("an index is a number in brackets");
    for (; *s >= '0' && *s <= '9'; s++) {
        index = 10 * index + (size_t)(*s - '0');
        if (index > FIELD_PATH_INDEX_MAX)
            return err_new(ERR_INVALID, "an index is at most %d", FIELD_PATH_INDEX_MAX);
    }
    if (*s++ != ']')
        return bad("an index is a number in brackets");
    *at = s;
    return p->n ? add_step(p, NULL, index) : bad("it begins with a name, not with an index");
}

/* One segment; *at is moved to the dot or the end behind it. */
static struct err *parse_segment(struct field_path *p, const char **at)
{
    size_t n = strcspn(*at, ".[");
    struct err *e = NULL;
    if (n == 0 && (*at)[0] != '[')
        return bad("a name is missing beside a dot");
    if (n > 0)
        e = add_step(p, xstrndup(*at, n), 0);
    *at += n;
    while (!e && **at && **at != '.')
        e = parse_index(p, at);
    return e;
}

struct err *field_path_parse(const char *text, struct field_path **out)
{
    CLEANUP(field_path) struct field_path *p = xcalloc(1, sizeof(*p));
    struct err *e = parse_segment(p, &text);
    while (!e && *text == '.') {
        text++;
        e = parse_segment(p, &text);
    }
    if (e)
        return e;
    *out = TAKE(p);
    return NULL;
}

void field_path_free(struct field_path *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        free(p->steps[i].name);
    free(p->steps);
    free(p);
}
