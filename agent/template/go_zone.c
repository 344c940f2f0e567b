/* A zone file is searched as it stands: nothing is unpacked, so a zone takes as much memory as its
 * file. */
#include "template/go_zone.h"

#include "template/go_civil.h"

/* Whole hours for which Go keeps one zone without a name. */
#define SHARED_HOURS_WEST (-12)
#define SHARED_HOURS_EAST 14

/* What the search has narrowed the changes down to: the one in force, or none yet. */
struct place {
    size_t at;
    int64_t end;
};

static uint64_t big_endian(const unsigned char *p, unsigned n)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static int64_t change_at(const struct go_zone_file *f, size_t i)
{
    uint64_t v = big_endian(f->changes + i * f->change_size, f->change_size);

    return f->change_size == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

static int32_t type_offset(const struct go_zone_file *f, size_t type)
{
    return (int32_t)(uint32_t)big_endian(f->types + 6 * type, 4);
}

static bool type_is_summer(const struct go_zone_file *f, size_t type)
{
    return f->types[6 * type + 4] != 0;
}

static struct text type_name(const struct go_zone_file *f, size_t type)
{
    size_t at = f->types[6 * type + 5];
    struct text rest = text_part(f->names, at, f->names.n - at);
    const unsigned char *end = memchr(rest.p, 0, rest.n);

    return end ? text_part(rest, 0, (size_t)(end - rest.p)) : rest;
}

static struct go_zone_span span_of(const struct go_zone_file *f, size_t type, int64_t start,
                                   int64_t end)
{
    return (struct go_zone_span){
        .abbreviation = type_name(f, type),
        .offset_s = type_offset(f, type),
        .is_summer = type_is_summer(f, type),
        .start = start,
        .end = end,
    };
}

/* The type before the first change: number 0, unless that comes into force later; then the
 * last winter time in front of a summer time that comes first; then any winter time. */
static size_t first_type(const struct go_zone_file *f)
{
    if (!memchr(f->in_force, 0, f->n_changes))
        return 0;
    if (type_is_summer(f, f->in_force[0])) {
        for (size_t i = f->in_force[0]; i > 0; i--) {
            if (!type_is_summer(f, i - 1))
                return i - 1;
        }
    }
    for (size_t i = 0; i < f->n_types; i++) {
        if (!type_is_summer(f, i))
            return i;
    }
    return 0;
}

/* The last change at or before unix_s; there is one. */
static struct place find_change(const struct go_zone_file *f, int64_t unix_s)
{
    size_t low = 0, high = f->n_changes;
    struct place p = {0, INT64_MAX};

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        int64_t when = change_at(f, middle);

        if (unix_s < when) {
            p.end = when;
            high = middle;
        } else {
            low = middle;
        }
    }
    p.at = low;
    return p;
}

static struct go_zone_span at_in_file(const struct go_zone_file *f, int64_t unix_s)
{
    struct go_zone_span by_rule;

    if (f->n_changes == 0) {
        if (f->rule.n && go_zone_rule(f->rule, INT64_MIN, unix_s, &by_rule))
            return by_rule;
        return span_of(f, 0, INT64_MIN, INT64_MAX);
    }
    if (unix_s < change_at(f, 0))
        return span_of(f, first_type(f), INT64_MIN, change_at(f, 0));
    struct place p = find_change(f, unix_s);
    int64_t start = change_at(f, p.at);
    if (p.at == f->n_changes - 1 && f->rule.n && go_zone_rule(f->rule, start, unix_s, &by_rule))
        return by_rule;
    return span_of(f, f->in_force[p.at], start, p.end);
}

struct text go_zone_name(const struct go_zone *zone)
{
    return zone ? zone->name : TEXT("UTC");
}

static bool is_shared(const struct go_zone *zone)
{
    return zone && !zone->name.n && zone->offset_s % GO_HOUR_S == 0 &&
           zone->offset_s >= SHARED_HOURS_WEST * GO_HOUR_S &&
           zone->offset_s <= SHARED_HOURS_EAST * GO_HOUR_S;
}

bool go_zone_is_one(const struct go_zone *a, const struct go_zone *b)
{
    return a == b || (is_shared(a) && is_shared(b) && a->offset_s == b->offset_s);
}

bool go_zone_is_same(const struct go_zone *a, const struct go_zone *b)
{
    if (!a || !b || a->is_local || b->is_local)
        return a == b || (a && b && a->is_local && b->is_local);
    return a->offset_s == b->offset_s && text_equal(a->name, b->name);
}

struct go_zone_span go_zone_at(const struct go_zone *zone, int64_t unix_s)
{
    struct go_zone_span always = {
        .abbreviation = TEXT("UTC"), .start = INT64_MIN, .end = INT64_MAX};

    if (!zone)
        return always;
    if (zone->file.n_types > 0)
        return at_in_file(&zone->file, unix_s);
    always.abbreviation = zone->abbreviation;
    always.offset_s = zone->offset_s;
    return always;
}

/* Of several types of that name the one that is in force then is meant. */
bool go_zone_offset_of(const struct go_zone *zone, struct text abbreviation, int64_t local_s,
                       int32_t *out)
{
    const struct go_zone_file *f = &zone->file;

    for (size_t i = 0; i < f->n_types; i++) {
        if (!text_equal(type_name(f, i), abbreviation))
            continue;
        uint64_t unix_s = (uint64_t)local_s - (uint64_t)(int64_t)type_offset(f, i);
        struct go_zone_span span = go_zone_at(zone, (int64_t)unix_s);
        if (text_equal(span.abbreviation, abbreviation)) {
            *out = span.offset_s;
            return true;
        }
    }
    for (size_t i = 0; i < f->n_types; i++) {
        if (text_equal(type_name(f, i), abbreviation)) {
            *out = type_offset(f, i);
            return true;
        }
    }
    return false;
}

struct err *go_zone_fixed(struct secret_arena *a, struct text abbreviation, int32_t offset_s,
                          const struct go_zone **out)
{
    void *p;
    struct err *e = secret_arena_alloc(a, sizeof(struct go_zone), &p);

    if (e)
        return e;
    struct go_zone *z = p;
    z->name = z->abbreviation = abbreviation;
    z->offset_s = offset_s;
    *out = z;
    return NULL;
}
