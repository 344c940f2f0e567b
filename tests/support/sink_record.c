/* Values are kept as text, so that a test can compare them with literals. */

#include "tests/support/sink_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/thread.h"

struct sink_record {
    struct sink sink;
    struct mutex mu;
    bool fails;
    enum err_class cls;
    enum project_outcome outcome;
    unsigned applies, removes;
    char revision[DIGEST_KEYED_HEX];
    struct map *values; /* key -> text */
};

static void take_output(struct sink_record *r, const struct output_set *o)
{
    map_free(r->values);
    r->values = map_new(free);
    memcpy(r->revision, o->revision, sizeof(r->revision));
    for (size_t i = 0; i < o->n; i++) {
        struct secret_view v = secret_buf_view(o->items[i].value);
        map_set(r->values, o->items[i].key, xstrndup((const char *)secret_view_raw(v), v.n));
    }
}

static struct err *refusal(const struct sink_record *r)
{
    return r->fails ? err_new(r->cls, "scripted refusal of the mirror") : NULL;
}

static struct err *apply(struct sink *s, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out)
{
    struct sink_record *r = (struct sink_record *)s;
    (void)spec;
    (void)dl;
    mutex_lock(&r->mu);
    r->applies++;
    struct err *e = refusal(r);
    if (!e) {
        take_output(r, o);
        *out = r->outcome;
    }
    mutex_unlock(&r->mu);
    return e;
}

static struct err *remove_spec(struct sink *s, const struct spec *spec, const struct deadline *dl)
{
    struct sink_record *r = (struct sink_record *)s;
    (void)spec;
    (void)dl;
    mutex_lock(&r->mu);
    r->removes++;
    struct err *e = refusal(r);
    mutex_unlock(&r->mu);
    return e;
}

static void free_sink(struct sink *s)
{
    struct sink_record *r = (struct sink_record *)s;
    map_free(r->values);
    mutex_done(&r->mu);
    free(r);
}

static const struct sink_ops ops = {
    .name = "record", .apply = apply, .remove = remove_spec, .free = free_sink};

static const struct sink_record *of(const struct sink *s)
{
    return (const struct sink_record *)s;
}

struct sink *sink_record_new(void)
{
    struct sink_record *r = xcalloc(1, sizeof(*r));
    r->sink.ops = &ops;
    mutex_init(&r->mu);
    r->values = map_new(free);
    r->outcome = PROJECT_CHANGED;
    return &r->sink;
}

static void set(struct sink *s, bool fails, enum err_class cls, enum project_outcome outcome)
{
    struct sink_record *r = (struct sink_record *)s;
    mutex_lock(&r->mu);
    r->fails = fails;
    r->cls = cls;
    r->outcome = outcome;
    mutex_unlock(&r->mu);
}

void sink_record_fail(struct sink *s, enum err_class cls)
{
    set(s, true, cls, PROJECT_CHANGED);
}

void sink_record_succeed(struct sink *s, enum project_outcome outcome)
{
    set(s, false, ERR_INTERNAL, outcome);
}

unsigned sink_record_applies(const struct sink *s)
{
    return of(s)->applies;
}

unsigned sink_record_removes(const struct sink *s)
{
    return of(s)->removes;
}

const char *sink_record_revision(const struct sink *s)
{
    return of(s)->revision;
}

const char *sink_record_value(const struct sink *s, const char *key)
{
    return map_get(of(s)->values, key);
}
