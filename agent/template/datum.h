#pragma once
/* datum.h: one value of the template language, with the Go type that it has there.
 *
 * Go's static types show in what templates print and refuse: int, int64 and float64 are different,
 * a map of strings is not a map of anything, and there are two kinds of nil.
 *
 * Owns     nothing: whatever a datum points to lives in the arena of its render.
 * Threads  one at a time.
 * Source   Go reflect, text/template. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/text.h"

enum datum_kind {
    DATUM_NONE, /* no value at all: an untyped nil, a missing thing; prints "<no value>" */
    DATUM_NIL,  /* a nil interface: in a container, or given back by a function */
    DATUM_BOOL,
    DATUM_INT, /* i */
    DATUM_INT32,
    DATUM_INT64,
    DATUM_UINT8, /* u */
    DATUM_UINT32,
    DATUM_UINT64,
    DATUM_FLOAT64,    /* f */
    DATUM_COMPLEX128, /* complex */
    DATUM_STRING,     /* text: use datum_text to read */
    DATUM_LIST,
    DATUM_MAP,
    DATUM_TIME,
    DATUM_DURATION, /* i, nanoseconds */
    DATUM_MONTH,    /* i, 1 to 12 */
    DATUM_WEEKDAY,  /* i, 0 is Sunday */
    DATUM_LOCATION, /* zone */
    DATUM_SEMVER,
    DATUM_CERT, /* what genCA and its kin give */
};

/* Go's type of the elements of a list or map. */
enum datum_element {
    ELEMENT_ANY,        /* interface {} */
    ELEMENT_STRING,     /* string */
    ELEMENT_INT,        /* int; lists */
    ELEMENT_UINT8,      /* uint8; lists: []byte */
    ELEMENT_LIST,       /* []interface {}; lists */
    ELEMENT_STRING_MAP, /* map[string]string; maps */
};

struct list;
struct dict;
struct go_time;
struct go_zone;
struct semver;
struct complex128 {
    double re, im;
};
struct cert {
    struct text cert, key; /* PEM */
};

struct datum {
    enum datum_kind kind;
    uint32_t n; /* of a string */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double f;
        const struct complex128 *complex;
        const unsigned char *s;
        struct list *list; /* never NULL */
        struct dict *map;  /* never NULL */
        const struct go_time *time;
        const struct go_zone *zone; /* NULL: UTC */
        const struct semver *semver;
        const struct cert *cert;
    } v;
};

static inline struct datum datum_none(void)
{
    return (struct datum){.kind = DATUM_NONE};
}
static inline struct datum datum_nil(void)
{
    return (struct datum){.kind = DATUM_NIL};
}
static inline struct datum datum_bool(bool b)
{
    return (struct datum){.kind = DATUM_BOOL, .v.b = b};
}
static inline struct datum datum_int(int64_t i)
{
    return (struct datum){.kind = DATUM_INT, .v.i = i};
}
static inline struct datum datum_int64(int64_t i)
{
    return (struct datum){.kind = DATUM_INT64, .v.i = i};
}
static inline struct datum datum_float(double f)
{
    return (struct datum){.kind = DATUM_FLOAT64, .v.f = f};
}
static inline struct datum datum_string(struct text t)
{
    return (struct datum){.kind = DATUM_STRING, .n = (uint32_t)t.n, .v.s = t.p};
}
static inline struct datum datum_list(struct list *l)
{
    return (struct datum){.kind = DATUM_LIST, .v.list = l};
}
static inline struct datum datum_map(struct dict *m)
{
    return (struct datum){.kind = DATUM_MAP, .v.map = m};
}

/* The text of a DATUM_STRING. */
static inline struct text datum_text(const struct datum *d)
{
    return (struct text){d->v.s, d->n};
}

static inline bool datum_is_nothing(const struct datum *d)
{
    return d->kind == DATUM_NONE || d->kind == DATUM_NIL;
}

/* Signed kinds of integer (a duration, month or weekday is one); unsigned ones; any of both. */
bool datum_is_signed(const struct datum *d);
bool datum_is_unsigned(const struct datum *d);

/* Go's truth: false, 0, "", nil and what is empty are false; structs and times are true. It is also
 * what default, empty and coalesce go by. */
bool datum_is_true(const struct datum *d);

/* Go's name of the type as %T prints it: "map[string]interface {}"; "<nil>" for both nils. */
const char *datum_type_name(const struct datum *d);

/* Go's reflect.Kind as text: "map", "slice", "struct", "ptr", "int64"; "invalid" for both nils. */
const char *datum_kind_name(const struct datum *d);
