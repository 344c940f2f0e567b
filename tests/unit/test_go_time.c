/* Times below the templates: layouts, zone files and their rules, sums at the ends of time. Zone
 * files are made here, so that what they say does not change with tzdata. */
#include "template/go_time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "template/go_civil.h"
#include "template/go_zone.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"
#include "tests/support/tmp_dir.h"

#define SOME_S 1772874303 /* 2026-03-07 09:05:03 UTC */
#define NS_PER_S INT64_C(1000000000)

/* Formatting */

struct format_row {
    const char *name, *layout;
    int64_t unix_s;
    int32_t nanosecond, offset_s;
    const char *abbreviation; /* NULL: UTC */
    const char *want;
};

static const struct format_row format_rows[] = {
    {"years", "2006 06 _2006", SOME_S, 0, 0, NULL, "2026 26 _2026"},
    {"months", "January Jan 01 1", SOME_S, 0, 0, NULL, "March Mar 03 3"},
    {"days", "02 2 _2 002 __2", SOME_S, 0, 0, NULL, "07 7  7 066  66"},
    {"weekdays", "Monday Mon", SOME_S, 0, 0, NULL, "Saturday Sat"},
    {"clock", "15 03 3 04 4 05 5", SOME_S, 0, 0, NULL, "09 09 9 05 5 03 3"},
    {"afternoon", "3PM 3pm", SOME_S + INT64_C(21600), 0, 0, NULL, "3PM 3pm"},
    {"midnight", "3PM 03am 15", 0, 0, 0, NULL, "12AM 12am 00"},
    {"noon", "3PM", 43200, 0, 0, NULL, "12PM"},
    {"digits of a fraction", ".0 ,00 .000000000", 0, 120450000, 0, NULL, ".1 ,12 .120450000"},
    {"short fraction", "5.9 5,999 5.999999999", 0, 120450000, 0, NULL, "0.1 0,12 0.12045"},
    {"no fraction", "5.9 5.0", 0, 0, 0, NULL, "0 0.0"},
    {"digits that are no fraction", ".01 .90 .002", 0, 5, 0, NULL, ".01 .90 .001"},
    {"more digits than there are", "5.0000000000000x", 0, 5, 0, NULL, "0.000000005x"},
    {"no month", "Janet Monk month", SOME_S, 0, 0, NULL, "Janet Monk month"},
    {"offsets", "-07 -0700 -07:00 -070000 -07:00:00", 0, 0, -5415, "X",
     "-01 -0130 -01:30 -013015 -01:30:15"},
    {"offsets or Z", "Z07 Z0700 Z07:00 Z070000 Z07:00:00", 0, 0, 20700, "X",
     "+05 +0545 +05:45 +054500 +05:45:00"},
    {"Z", "Z07 Z0700 Z07:00 Z070000 Z07:00:00", 0, 0, 0, "X", "Z Z Z Z Z"},
    {"seconds west", "-07:00:00", 0, 0, -30, "X", "+00:00:-30"},
    {"zone", "MST", 0, 0, 3600, "CET", "CET"},
    {"zone without a name", "MST", 0, 0, -5415, "", "-0130"},
    {"over midnight", "2006-01-02 15:04", SOME_S, 0, -12 * 3600, "X", "2026-03-06 21:05"},
    {"leap day", "Jan 2 2006 002", 1709164800, 0, 0, NULL, "Feb 29 2024 060"},
    {"last of a leap year", "2006-01-02 002", 1735603200, 0, 0, NULL, "2024-12-31 366"},
    {"no leap year", "2006-01-02", -2203891200, 0, 0, NULL, "1900-03-01"},
    {"year 1", "2006-01-02 Mon", -62135596800, 0, 0, NULL, "0001-01-01 Mon"},
    {"year 0", "2006-01-02", -62135596801, 0, 0, NULL, "0000-12-31"},
    {"before year 0", "2006-01-02 06", -62167219201, 0, 0, NULL, "-0001-12-31 01"},
    {"year 10000", "2006-01-02", 253402300800, 0, 0, NULL, "10000-01-01"},
    {"last second", "2006", INT64_MAX, 0, 0, NULL, "292277026596"},
    {"first second", "2006", INT64_MIN, 0, 0, NULL, "292277026596"},
    {"bytes", "\xc3\xa9\xff", 0, 0, 0, NULL, "\xc3\xa9\xff"},
    {"nothing", "", 0, 0, 0, NULL, ""},
};

static const struct go_zone *fixed(struct template_rig *rig, const char *abbreviation,
                                   int32_t offset_s)
{
    const struct go_zone *zone = NULL;

    if (abbreviation)
        assert_null(go_zone_fixed(rig->arena, text_of(abbreviation), offset_s, &zone));
    return zone;
}

static void formats(void **state)
{
    const struct format_row *r = *state;
    struct template_rig rig;

    template_rig_init(&rig);
    const struct go_time t = {.unix_s = r->unix_s,
                              .nanosecond = r->nanosecond,
                              .zone = fixed(&rig, r->abbreviation, r->offset_s)};
    go_time_format(&rig.b, &t, text_of(r->layout));
    template_rig_printed(&rig, r->want);
    template_rig_done(&rig);
}

/* Zone files */

/* Winter time of an hour, summer time of two; EARLY at first; then as the rule says. */
#define CHANGES                                                                                    \
    "\xff\xff\xff\xff\x80\0\0\0"                                                                   \
    "\0\0\0\0\0\0\0\0"                                                                             \
    "\0\0\0\0\x40\0\0\0"
#define NAMES "EARLY\0CET\0CEST"
#define HEADER(version, changes, types, names)                                                     \
    "TZif" version "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                                \
    "\0\0\0\0"                                                                                     \
    "\0\0\0\0"                                                                                     \
    "\0\0\0\0"                                                                                     \
    "\0\0\0" changes "\0\0\0" types "\0\0\0" names
#define EMPTY HEADER("2", "\0", "\0", "\0")
#define BODY                                                                                       \
    CHANGES "\1\2\1"                                                                               \
            "\0\0\0\x40\0\0"                                                                       \
            "\0\0\x0e\x10\0\6"                                                                     \
            "\0\0\x1c\x20\1\x0a" NAMES "\0"
#define GOOD EMPTY HEADER("2", "\3", "\3", "\x0f") BODY
#define RULE "\nCET-1CEST,M3.5.0,M10.5.0/3\n"
#define BYTES(literal) literal, sizeof(literal) - 1

struct file_row {
    const char *name;
    const char *bytes;
    size_t n;
    int64_t unix_s;
    const char *want; /* abbreviation and offset; NULL: no zone file */
};

static const struct file_row file_rows[] = {
    {"before all changes", BYTES(GOOD), -3000000000, "EARLY 64"},
    {"after the first", BYTES(GOOD), -2000000000, "CET 3600"},
    {"on a change", BYTES(GOOD), 0, "CEST 7200"},
    {"before a change", BYTES(GOOD), -1, "CET 3600"},
    {"after the last", BYTES(GOOD), 1800000000, "CET 3600"},
    {"by the rule, summer", BYTES(GOOD RULE), 1783000000, "CEST 7200"},
    {"by the rule, winter", BYTES(GOOD RULE), 1800000000, "CET 3600"},
    {"by a broken rule", BYTES(GOOD "\nCET\n"), 1783000000, "CET 3600"},
    {"rule without an end", BYTES(GOOD "\nCET-1CEST,M3.5.0,M10.5.0/3"), 1783000000, "CET 3600"},
    {"version 1",
     BYTES(HEADER("\0", "\1", "\2", "\4") "\0\0\0\5\0"
                                          "\0\0\0\1\0\0"
                                          "\0\0\0\2\0\2"
                                          "A\0B\0"),
     5, "A 1"},
    {"version 1, negative change",
     BYTES(HEADER("\0", "\1", "\2", "\4") "\xff\xff\xff\xfe\1"
                                          "\0\0\0\1\0\0"
                                          "\0\0\0\2\0\2"
                                          "A\0B\0"),
     -2, "B 2"},
    {"version 3, no change",
     BYTES(HEADER("3", "\0", "\0", "\0") HEADER("3", "\0", "\1", "\1") "\xff\xff\xff\xff\0\0"
                                                                       "A"),
     7, "A -1"},
    {"no change but a rule",
     BYTES(EMPTY HEADER("2", "\0", "\1", "\1") "\0\0\0\0\0\0"
                                               "A\nXYZ3\n"),
     7, "XYZ -10800"},
    {"summer comes first",
     BYTES(HEADER("\0", "\2", "\3", "\6") "\0\0\0\5\0\0\0\x09\2\0"
                                          "\0\0\0\1\1\0"
                                          "\0\0\0\2\0\2"
                                          "\0\0\0\3\1\4"
                                          "A\0B\0C\0"),
     0, "B 2"},
    {"winter comes first, later",
     BYTES(HEADER("\0", "\2", "\3", "\6") "\0\0\0\5\0\0\0\x09\0\2"
                                          "\0\0\0\1\0\0"
                                          "\0\0\0\2\0\2"
                                          "\0\0\0\3\1\4"
                                          "A\0B\0C\0"),
     0, "A 1"},
    {"summer only",
     BYTES(HEADER("\0", "\1", "\1", "\2") "\0\0\0\5\0"
                                          "\0\0\0\1\1\0"
                                          "A\0"),
     0, "A 1"},
    {"empty", BYTES(""), 0, NULL},
    {"short header", BYTES("TZif2"), 0, NULL},
    {"no zone file",
     BYTES("TZIF"
           "2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
           "\0\0\0\0\0\0\0\0\0\0\0\0"
           "\0\0\0\0\0\0\0\1\0\0\0\1"
           "\0\0\0\1\0\0"
           "A"),
     0, NULL},
    {"version 4",
     BYTES(HEADER("4", "\0", "\0", "\0") HEADER("4", "\0", "\1", "\1") "\0\0\0\1\0\0"
                                                                       "A"),
     0, NULL},
    {"no second header", BYTES(EMPTY), 0, NULL},
    {"no types", BYTES(EMPTY EMPTY), 0, NULL},
    {"short body", BYTES(EMPTY HEADER("2", "\3", "\3", "\x0f") CHANGES "\1\2"), 0, NULL},
    {"name outside",
     BYTES(HEADER("\0", "\0", "\1", "\1") "\0\0\0\1\0\1"
                                          "A"),
     0, NULL},
    {"type outside",
     BYTES(HEADER("\0", "\1", "\1", "\1") "\0\0\0\5\1"
                                          "\0\0\0\1\0\0"
                                          "A"),
     0, NULL},
    {"more than there can be",
     BYTES("TZif"
           "2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     0, NULL},
};

static void check_span(const struct go_zone_span *span, const char *want)
{
    char got[80];

    snprintf(got, sizeof(got), "%.*s %" PRId32, (int)span->abbreviation.n,
             (const char *)span->abbreviation.p, span->offset_s);
    assert_string_equal(got, want);
}

static void reads_zone_file(void **state)
{
    const struct file_row *r = *state;
    struct go_zone zone = {.is_local = false};
    unsigned char *exact = malloc(r->n + 1);
    struct text bytes = {exact, r->n};

    memcpy(exact, r->bytes, r->n);
    assert_int_equal(go_zone_parse(bytes, &zone.file), r->want != NULL);
    if (r->want) {
        struct go_zone_span span = go_zone_at(&zone, r->unix_s);
        check_span(&span, r->want);
    }
    free(exact);
}

/* Rules */

struct rule_row {
    const char *name, *rule;
    int64_t unix_s;
    const char *want; /* NULL: the rule is broken */
};

/* 1767225600 is the start of 2026, 1704067200 that of 2024. */
static const struct rule_row rule_rows[] = {
    {"no summer time", "CET-1", 5, "CET 3600"},
    {"west", "EST5", 5, "EST -18000"},
    {"in brackets", "<+0330>-3:30", 5, "+0330 12600"},
    {"seconds", "LMT-1:05:21", 5, "LMT 3921"},
    {"many hours", "ABC167", 5, "ABC -601200"},
    {"last Sunday, before", "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, "CET 3600"},
    {"last Sunday, from", "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, "CEST 7200"},
    {"last Sunday, until", "CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, "CEST 7200"},
    {"last Sunday, after", "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, "CET 3600"},
    {"second Sunday", "EST5EDT,M3.2.0,M11.1.0", 1772953200, "EDT -14400"},
    {"south, January", "AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, "AEDT 39600"},
    {"south, July", "AEST-10AEDT,M10.1.0,M4.1.0/3", 1783000000, "AEST 36000"},
    {"no rules", "EST5EDT", 1783000000, "EDT -14400"},
    {"offset of summer time", "IST-1GMT0,M10.5.0,M3.5.0/1", 1767225600, "GMT 0"},
    {"day of the year", "AAA0BBB,0/0,365/23", 1767225600 + 86400, "BBB 3600"},
    {"Julian day", "AAA0BBB,J60/0,J61/1", 1767225600 + 59 * 86400, "BBB 3600"},
    {"Julian day of a leap year", "AAA0BBB,J60/0,J61/1", 1704067200 + 60 * 86400, "BBB 3600"},
    {"Julian day, leap day", "AAA0BBB,J60/0,J61/1", 1704067200 + 59 * 86400, "AAA 0"},
    {"day of a leap year", "AAA0BBB,59/0,60/1", 1704067200 + 59 * 86400, "BBB 3600"},
    {"semicolon", "EST5EDT4;M3.2.0,M11.1.0", 1783000000, "EDT -14400"},
    {"negative time", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, "-01 -3600"},
    {"empty", "", 5, NULL},
    {"short name", "CE-1", 5, NULL},
    {"name only", "CET", 5, NULL},
    {"open bracket", "<CET-1", 5, NULL},
    {"no offset", "CET-", 5, NULL},
    {"hours too large", "CET169", 5, NULL},
    {"minutes too large", "CET1:60", 5, NULL},
    {"seconds too large", "CET1:00:60", 5, NULL},
    {"short name of summer time", "CET-1CE", 5, NULL},
    {"offset of summer time broken", "CET-1CEST+,M3.5.0,M10.5.0", 5, NULL},
    {"one rule", "CET-1CEST,M3.5.0", 5, NULL},
    {"three rules", "CET-1CEST,M3.5.0,M10.5.0,M11.5.0", 5, NULL},
    {"no separator", "CET-1CEST-2:M3.5.0,M10.5.0", 5, NULL},
    {"month too large", "CET-1CEST,M13.5.0,M10.5.0", 5, NULL},
    {"month too small", "CET-1CEST,M0.5.0,M10.5.0", 5, NULL},
    {"week too large", "CET-1CEST,M3.6.0,M10.5.0", 5, NULL},
    {"weekday too large", "CET-1CEST,M3.5.7,M10.5.0", 5, NULL},
    {"no weekday", "CET-1CEST,M3.5,M10.5.0", 5, NULL},
    {"Julian day too small", "CET-1CEST,J0,M10.5.0", 5, NULL},
    {"day too large", "CET-1CEST,366,M10.5.0", 5, NULL},
    {"no time", "CET-1CEST,M3.5.0/,M10.5.0", 5, NULL},
};

static void follows_rule(void **state)
{
    const struct rule_row *r = *state;
    struct go_zone_span span;

    assert_int_equal(go_zone_rule(text_of(r->rule), 0, r->unix_s, &span), r->want != NULL);
    if (r->want)
        check_span(&span, r->want);
}

/* Names of zones */

struct name_row {
    const char *name, *zone;
    bool is_there;
};

static const struct name_row name_rows[] = {
    {"there", "Europe/Vienna", true},
    {"there, with signs", "Etc/GMT+5", true},
    {"missing", "Europe/Nowhere", false},
    {"folder", "Europe", false},
    {"empty", "", false},
    {"no zone file", "zone.tab", false},
    {"up", "../zoneinfo/Europe/Vienna", false},
    {"up, inside", "Europe/../Europe/Vienna", false},
    {"from the root", "/usr/share/zoneinfo/Europe/Vienna", false},
    {"backslash", "Europe\\Vienna", false},
    {"space", "Europe/Vienna ", false},
    {"too long",
     "Europe/////////////////////////////////////////////////////////////////////////"
     "////////////////////////////////////////////////////////////////////////////////"
     "////////////////////////////////////////////////////////////////////////Vienna",
     false},
};

static void reads_zone_of_name(void **state)
{
    const struct name_row *r = *state;
    struct template_rig rig;
    const struct go_zone *zone;

    template_rig_init(&rig);
    assert_null(go_zone_read(rig.arena, text_of(r->zone), NULL, &zone));
    assert_int_equal(zone != NULL, r->is_there);
    template_rig_done(&rig);
}

/* The local zone */

struct local_row {
    const char *name, *tz; /* "%s" stands for a zone file */
    const char *layout, *value, *want;
};

static const struct local_row local_rows[] = {
    {"file", "%s", "2006-01-02 15:04", "2026-07-01 12:00", "2026-07-01 12:00:00 +0200 CEST"},
    {"file behind a colon", ":%s", "2006-01-02", "2026-01-01", "2026-01-01 00:00:00 +0100 CET"},
    {"no file", "%s.no", "2006-01-02", "2026-07-01", "2026-07-01 00:00:00 +0000 UTC"},
    {"empty", "", "2006-01-02", "2026-07-01", "2026-07-01 00:00:00 +0000 UTC"},
    {"UTC", "UTC", "2006-01-02", "2026-07-01", "2026-07-01 00:00:00 +0000 UTC"},
    {"zone", "Asia/Tokyo", "2006-01-02", "2026-07-01", "2026-07-01 00:00:00 +0900 JST"},
    {"unknown zone", "No/Where", "2006-01-02", "2026-07-01", "2026-07-01 00:00:00 +0000 UTC"},
    {"hour left out", "%s", "2006-01-02 15:04", "2026-03-29 02:30",
     "2026-03-29 03:30:00 +0200 CEST"},
    {"hour that comes twice", "%s", "2006-01-02 15:04", "2026-10-25 02:30",
     "2026-10-25 02:30:00 +0100 CET"},
    {"offset that it has", "%s", "2006-01-02 -0700", "2026-07-01 +0200",
     "2026-07-01 00:00:00 +0200 CEST"},
    {"offset that it has in winter", "%s", "2006-01-02 -0700", "2026-07-01 +0100",
     "2026-07-01 00:00:00 +0100 +0100"},
    {"offset with another name", "%s", "2006-01-02 -0700 MST", "2026-07-01 +0200 EET",
     "2026-07-01 00:00:00 +0200 EET"},
    {"name that it has", "%s", "2006-01-02 MST", "2026-07-01 CEST",
     "2026-07-01 00:00:00 +0200 CEST"},
    {"name that it has in winter", "%s", "2006-01-02 MST", "2026-07-01 CET",
     "2026-07-01 01:00:00 +0200 CEST"},
    {"name that it has not", "%s", "2006-01-02 MST", "2026-07-01 EET",
     "2026-07-01 00:00:00 +0000 EET"},
    {"UTC in summer", "%s", "2006-01-02 MST", "2026-07-01 UTC", "2026-07-01 00:00:00 +0000 UTC"},
};

static void is_local(void **state)
{
    const struct local_row *r = *state;
    CLEANUP_TMP_DIR struct tmp_dir dir;
    struct template_rig rig;
    const struct go_zone *local;
    struct go_time t;
    char path[100], tz[120];

    tmp_dir_init(&dir);
    template_rig_init(&rig);
    assert_null(fs_replace_text(dir.fd, "zone", 0600, BYTES(GOOD RULE)));
    snprintf(path, sizeof(path), "%s/zone", dir.path);
    const char *place = strchr(r->tz, '%');
    snprintf(tz, sizeof(tz), "%.*s%s%s", (int)(place ? place - r->tz : 0), r->tz, place ? path : "",
             place ? place + 2 : r->tz);
    setenv("TZ", tz, 1);
    assert_null(go_zone_read_local(rig.arena, NULL, &local));
    assert_true(local->is_local);
    assert_true(text_is(go_zone_name(local), !local->file.n_types ? "UTC" : place ? path : tz));
    assert_null(go_time_parse(rig.arena, text_of(r->layout), text_of(r->value), local, &t));
    go_time_print(&rig.b, &t);
    template_rig_printed(&rig, r->want);
    template_rig_done(&rig);
}

/* Without TZ it is the zone of the machine, whatever that is. */
static void is_local_without_tz(void **state)
{
    struct template_rig rig;
    const struct go_zone *local;

    (void)state;
    template_rig_init(&rig);
    unsetenv("TZ");
    assert_null(go_zone_read_local(rig.arena, NULL, &local));
    assert_true(local->is_local);
    assert_true(text_is(go_zone_name(local), local->file.n_types ? "Local" : "UTC"));
    template_rig_done(&rig);
}

/* Sums */

#define END_S (INT64_MAX - GO_TIME_ZERO_TO_1970_S) /* where Go's time stops */

static void check_time(const struct go_time *t, int64_t unix_s, int32_t nanosecond)
{
    assert_int_equal(t->unix_s, unix_s);
    assert_int_equal(t->nanosecond, nanosecond);
}

static void adds(void **state)
{
    const struct go_time half = {.unix_s = 5, .nanosecond = 500000000};
    const struct go_time last = {.unix_s = END_S};
    struct go_time t;

    (void)state;
    t = go_time_add(&half, 1500000000);
    check_time(&t, 7, 0);
    t = go_time_add(&half, -500000001);
    check_time(&t, 4, 999999999);
    t = go_time_add(&last, 5 * NS_PER_S);
    check_time(&t, END_S, 0);
    assert_int_equal(go_time_sub(&half, &last), INT64_MIN);
    assert_int_equal(go_time_sub(&last, &half), INT64_MAX);
    assert_int_equal(go_time_sub(&half, &half), 0);
    assert_true(go_time_compare(&half, &last) < 0);
    assert_true(go_time_compare(&last, &half) > 0);
}

static void rounds(void **state)
{
    const struct go_time t = {.unix_s = -1, .nanosecond = 500000000};
    struct go_time r = go_time_round(&t, NS_PER_S);

    (void)state;
    check_time(&r, 0, 0);
    r = go_time_truncate(&t, NS_PER_S);
    check_time(&r, -1, 0);
    r = go_time_truncate(&t, 0);
    check_time(&r, -1, 500000000);
    r = go_time_round(&t, -5);
    check_time(&r, -1, 500000000);
    assert_int_equal(go_duration_round(15, 10), 20);
    assert_int_equal(go_duration_round(-15, 10), -20);
    assert_int_equal(go_duration_round(14, 10), 10);
    assert_int_equal(go_duration_round(INT64_MAX, 10), INT64_MAX);
    assert_int_equal(go_duration_round(INT64_MIN, 10), INT64_MIN);
    assert_int_equal(go_duration_round(5, 0), 5);
    assert_int_equal(go_duration_truncate(-15, 10), -10);
    assert_int_equal(go_duration_truncate(5, -1), 5);
}

static void keeps_monotonic_reading(void **state)
{
    const struct go_time now = go_time_now(SOME_S * NS_PER_S + 7, 2 * NS_PER_S, NULL);
    struct go_time t = go_time_add(&now, -3 * NS_PER_S);

    (void)state;
    assert_true(now.has_monotonic);
    check_time(&now, SOME_S, 7);
    assert_true(t.has_monotonic);
    assert_int_equal(t.monotonic_ns, -NS_PER_S);
    assert_int_equal(go_time_sub(&now, &t), 3 * NS_PER_S);
    t.monotonic_ns = 5 * NS_PER_S;
    assert_true(go_time_compare(&now, &t) < 0);
    t = go_time_in(&now, NULL);
    assert_false(t.has_monotonic);
    assert_false(go_time_is_same(&t, &now));
    assert_int_equal(go_time_compare(&t, &now), 0);
}

static void drops_monotonic_reading(void **state)
{
    const struct go_time now = go_time_now(SOME_S * NS_PER_S, 1, NULL);
    struct go_time old = go_time_now(-NS_PER_S * 86400 * 366 * 85 - 1, 1, NULL);
    struct go_time t = now;

    (void)state;
    assert_false(old.has_monotonic);
    assert_int_equal(old.nanosecond, 999999999);
    for (int i = 0; i < 3; i++)
        t = go_time_add(&t, NS_PER_S * 86400 * 365 * 50);
    assert_false(t.has_monotonic);
    t = go_time_add(&now, INT64_MAX);
    assert_false(t.has_monotonic);
    t = go_time_truncate(&now, 0);
    assert_false(t.has_monotonic);
}

static void is_same(void **state)
{
    struct template_rig rig;
    const struct go_zone local = {.is_local = true}, other = {.is_local = true};

    (void)state;
    template_rig_init(&rig);
    const struct go_time utc = go_time_zero(), here = go_time_in(&utc, &local);
    const struct go_time there = go_time_in(&utc, &other);
    const struct go_time cet = go_time_in(&utc, fixed(&rig, "CET", 0));
    const struct go_time same = go_time_in(&utc, fixed(&rig, "CET", 0));
    const struct go_time late = go_time_in(&utc, fixed(&rig, "CET", 5));
    assert_true(go_time_is_zero(&utc));
    assert_true(go_time_is_zero(&here));
    assert_true(go_time_is_same(&utc, &utc));
    assert_true(go_time_is_same(&here, &there));
    assert_true(go_time_is_same(&cet, &same));
    assert_false(go_time_is_same(&utc, &here));
    assert_false(go_time_is_same(&cet, &here));
    assert_false(go_time_is_same(&cet, &utc));
    assert_false(go_time_is_same(&cet, &late));
    template_rig_done(&rig);
}

/* Errors tell what is wrong and never say the value. */

struct refused_row {
    const char *name, *layout, *value, *want;
};

static const struct refused_row refused_rows[] = {
    {"element", "2006-01-02", "s3cret", "parsing time: cannot parse as \"2006\""},
    {"literal", "2006s3cret", "2017s4", "parsing time: cannot parse as the text of the layout"},
    {"extra", "2006", "2017s3cret", "parsing time: extra text"},
    {"range", "01", "13", "parsing time: month out of range"},
    {"duration", NULL, "s3cret", "time: invalid duration"},
    {"no unit", NULL, "33", "time: missing unit in duration"},
    {"unit", NULL, "3s3cret", "time: unknown unit in duration"},
};

static void refuses(void **state)
{
    const struct refused_row *r = *state;
    struct template_rig rig;
    struct go_time t;
    int64_t ns;

    template_rig_init(&rig);
    CLEANUP(err)
    struct err *e = r->layout
                        ? go_time_parse(rig.arena, text_of(r->layout), text_of(r->value), NULL, &t)
                        : go_duration_parse(text_of(r->value), &ns);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_string_equal(err_text(e), r->want);
    template_rig_done(&rig);
}

static void check_invalid(struct err *e)
{
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

static void hits_the_limit_of_memory(void **state)
{
    CLEANUP(secret_arena) struct secret_arena *tiny = secret_arena_new(16);
    const struct go_zone *zone;
    struct go_time t;

    (void)state;
    setenv("TZ", "UTC", 1);
    check_invalid(go_zone_fixed(tiny, TEXT("CET"), 0, &zone));
    check_invalid(go_zone_read(tiny, TEXT("Europe/Vienna"), NULL, &zone));
    check_invalid(go_zone_read_local(tiny, NULL, &zone));
    check_invalid(go_time_parse(tiny, TEXT("-0700"), TEXT("+0100"), NULL, &t));
    check_invalid(go_time_parse(tiny, TEXT("MST"), TEXT("CET"), NULL, &t));
}

static void prints_json_of_what_it_can(void **state)
{
    struct template_rig rig;
    struct go_time t = {.unix_s = 253402300800};

    (void)state;
    template_rig_init(&rig);
    check_invalid(go_time_print_json(&rig.b, &t));
    t.unix_s = -62167219201;
    check_invalid(go_time_print_json(&rig.b, &t));
    t.unix_s = SOME_S;
    t.zone = fixed(&rig, "X", 24 * 3600);
    check_invalid(go_time_print_json(&rig.b, &t));
    t.zone = fixed(&rig, "X", -24 * 3600);
    check_invalid(go_time_print_json(&rig.b, &t));
    rig.b.n = 0;
    t.zone = fixed(&rig, "X", -24 * 3600 + 1);
    assert_null(go_time_print_json(&rig.b, &t));
    template_rig_printed(&rig, "2026-03-06T09:05:04-23:59");
    template_rig_done(&rig);
}

static void prints_numbers_that_have_no_name(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    go_month_print(&rig.b, 13);
    go_month_print(&rig.b, -1);
    go_weekday_print(&rig.b, 7);
    go_duration_print(&rig.b, INT64_MIN);
    template_rig_printed(&rig, "%!Month(13)%!Month(18446744073709551615)%!Weekday(7)"
                               "-2562047h47m16.854775808s");
    const struct go_time t = {.zone = fixed(&rig, "a\"\\\xc3\xa9\n", 0)};
    go_time_print_source(&rig.b, &t);
    template_rig_printed(&rig, "time.Date(1970, time.January, 1, 0, 0, 0, 0, "
                               "time.Location(\"a\\\"\\\\\\xc3\\xa9\\x0a\"))");
    template_rig_done(&rig);
}

/* Every day of four centuries is one after the day before. */
static void calendar_has_no_holes(void **state)
{
    struct go_civil before = go_civil_of(-GO_DAY_S);

    (void)state;
    for (int64_t day = 0; day < 146097; day++) {
        struct go_civil c = go_civil_of(day * GO_DAY_S);
        bool is_new_month = c.day == 1, is_new_year = is_new_month && c.month == 1;
        assert_int_equal(c.weekday, (before.weekday + 1) % 7);
        assert_int_equal(c.year, before.year + is_new_year);
        assert_int_equal(c.year_day, is_new_year ? 1 : before.year_day + 1);
        if (is_new_month)
            assert_int_equal(before.day, go_civil_days_in(before.year, before.month));
        else
            assert_int_equal(c.day, before.day + 1);
        assert_int_equal(go_civil_seconds(c.year, c.month, c.day), day * GO_DAY_S);
        before = c;
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_local_without_tz),
        cmocka_unit_test(adds),
        cmocka_unit_test(rounds),
        cmocka_unit_test(keeps_monotonic_reading),
        cmocka_unit_test(drops_monotonic_reading),
        cmocka_unit_test(is_same),
        cmocka_unit_test(hits_the_limit_of_memory),
        cmocka_unit_test(prints_json_of_what_it_can),
        cmocka_unit_test(prints_numbers_that_have_no_name),
        cmocka_unit_test(calendar_has_no_holes),
    };

    return TABLE_RUN("format", format_rows, formats) +
           TABLE_RUN("zone files", file_rows, reads_zone_file) +
           TABLE_RUN("rules", rule_rows, follows_rule) +
           TABLE_RUN("zone names", name_rows, reads_zone_of_name) +
           TABLE_RUN("local zone", local_rows, is_local) +
           TABLE_RUN("refused", refused_rows, refuses) + GROUP_RUN("times", tests);
}
