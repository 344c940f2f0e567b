#pragma once
/* go_zone.h: time zones: fixed ones, and those of the zone files of the machine.
 *
 * Owns     nothing; a zone lives in the arena of the render that made it.
 * Threads  any.
 * Source   RFC 8536 (TZif); Go package time: LoadLocation, FixedZone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/text.h"

/* Longest file that is read. */
#define GO_ZONE_FILE_MAX (64u << 10)

/* The tables of a zone file as they stand there, all numbers big-endian. */
struct go_zone_file {
    size_t n_changes, n_types;
    unsigned change_size;          /* bytes of an entry of changes: 4 or 8 */
    const unsigned char *changes;  /* seconds since 1970 */
    const unsigned char *in_force; /* type from there on, one byte each */
    const unsigned char *types;    /* six bytes: offset, is it summer time, place in names */
    struct text names;             /* each ends with a zero byte */
    struct text rule;              /* after the last change; may be empty */
};

struct go_zone {
    const struct go_zone *next; /* of those that a render has read */
    struct text name;           /* "Local", "Europe/Vienna", or the short name of a fixed one */
    bool is_local;
    int32_t offset_s;         /* where there is no file */
    struct text abbreviation; /* the same */
    struct go_zone_file file; /* n_types is 0: none */
};

/* What holds in a zone over a span of time. */
struct go_zone_span {
    struct text abbreviation; /* may be empty */
    int32_t offset_s;         /* east of UTC */
    bool is_summer;
    int64_t start, end; /* Unix seconds: from start to before end */
};

/* What Go's Location.String() gives; zone may be NULL: UTC. */
struct text go_zone_name(const struct go_zone *zone);

/* One pointer in Go, which has a zone without a name once for each whole hour. */
bool go_zone_is_one(const struct go_zone *a, const struct go_zone *b);

/* The same zone, as reflect.DeepEqual sees it. Zones that come from files are no part of any value,
 * but for the local one. */
bool go_zone_is_same(const struct go_zone *a, const struct go_zone *b);

/* What holds at unix_s; zone may be NULL: UTC. */
struct go_zone_span go_zone_at(const struct go_zone *zone, int64_t unix_s);

/* Offset that an abbreviation of this zone stands for when its clock shows local_s, seconds since
 * 1970 of that clock; false where it has none of that name. */
bool go_zone_offset_of(const struct go_zone *zone, struct text abbreviation, int64_t local_s,
                       int32_t *out);

/* A zone that never changes; abbreviation is kept, not copied. Errors: as secret_arena_alloc. */
NODISCARD struct err *go_zone_fixed(struct secret_arena *a, struct text abbreviation,
                                    int32_t offset_s, const struct go_zone **out);

/* Read the zone file of a name ("Europe/Vienna"). NULL where there is none, or none that makes
 * sense. Errors: as secret_arena_alloc. */
NODISCARD struct err *go_zone_read(struct secret_arena *a, struct text name,
                                   const struct go_zone *next, const struct go_zone **out);

/* The zone of this process, as TZ and /etc/localtime have it; never NULL. Errors: as above. */
NODISCARD struct err *go_zone_read_local(struct secret_arena *a, const struct go_zone *next,
                                         const struct go_zone **out);

/* Take the bytes of a zone file apart; false where they are not one. */
bool go_zone_parse(struct text bytes, struct go_zone_file *out);

/* What the rule of a zone file ("CET-1CEST,M3.5.0,M10.5.0/3") says of unix_s; start is when it
 * came into force. False where the rule is broken. */
bool go_zone_rule(struct text rule, int64_t start, int64_t unix_s, struct go_zone_span *out);
