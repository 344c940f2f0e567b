/* Nothing is ever put out, so that what was found can be used without a lock; a few entries are
 * searched one by one. A pattern may be a secret and is kept as one. */
#include "base/regex_cache.h"

#include "base/alloc.h"
#include "base/thread.h"

/* Instructions of a program that may be kept. */
#define KEPT_WORK_MAX 10000.0

struct regex_cache {
    struct mutex mu;
    size_t n;
    struct {
        struct secret_buf *pattern;
        struct regex *regex;
    } entries[REGEX_CACHE_MAX];
};

struct regex_cache *regex_cache_new(void)
{
    struct regex_cache *c = xcalloc(1, sizeof(*c));

    mutex_init(&c->mu);
    return c;
}

void regex_cache_free(struct regex_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++) {
        secret_buf_free(c->entries[i].pattern);
        regex_free(c->entries[i].regex);
    }
    mutex_done(&c->mu);
    free(c);
}

static const struct regex *find_locked(const struct regex_cache *c, struct secret_view pattern)
    REQUIRES(c->mu)
{
    for (size_t i = 0; i < c->n; i++) {
        if (secret_view_equal(secret_buf_view(c->entries[i].pattern), pattern))
            return c->entries[i].regex;
    }
    return NULL;
}

const struct regex *regex_cache_find(struct regex_cache *c, struct secret_view pattern)
{
    mutex_lock(&c->mu);
    const struct regex *found = find_locked(c, pattern);
    mutex_unlock(&c->mu);
    return found;
}

bool regex_cache_keep(struct regex_cache *c, struct secret_view pattern, struct regex *r)
{
    CLEANUP(secret_buf) struct secret_buf *copy = NULL;

    if (regex_work(r, 1, 1) > KEPT_WORK_MAX)
        return false;
    CLEANUP(err) struct err *e = secret_buf_copy(pattern, &copy);
    if (e)
        return false;
    mutex_lock(&c->mu);
    bool is_kept = c->n < REGEX_CACHE_MAX && !find_locked(c, pattern);
    if (is_kept) {
        c->entries[c->n].pattern = TAKE(copy);
        c->entries[c->n++].regex = r;
    }
    mutex_unlock(&c->mu);
    return is_kept;
}
