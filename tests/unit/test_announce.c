/* Which Events follow one pass, and which are not told a second time. */

#include "reconcile/announce.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/yaml.h"
#include "tests/support/clock_fake.h"
#include "tests/support/status_record.h"
#include "tests/support/table.h"

#define SECRET                                                                                     \
    "metadata: {name: db, namespace: app}\n"                                                       \
    "spec: {secretStoreRef: {name: s}, target: {name: out}, data: [{secretKey: k, "                \
    "remoteRef: {key: db}}]}\n"
#define RESOURCE                                                                                   \
    "metadata: {name: db, namespace: app}\n"                                                       \
    "spec: {secretStoreRef: {name: s}, target: {name: out, manifest: {apiVersion: v1, kind: "      \
    "ConfigMap}}, data: [{secretKey: k, remoteRef: {key: db}}]}\n"

struct bench {
    struct clock_fake clock;
    struct status_record *record;
    struct status_sink sink;
    struct announce *announce;
    struct spec *spec;
    struct spec_memory *memory;
};

static void bench_init(struct bench *b, const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    *b = (struct bench){0};
    log_set_level(LOG_LEVEL_ERROR);
    clock_fake_init(&b->clock, CLOCK_FAKE_UNIX_S);
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    b->spec = spec_parse(docs.docs[0]);
    b->record = status_record_new();
    b->sink = status_record_sink(b->record);
    b->announce = announce_new(&(struct announce_options){
        .clock = &b->clock.clock, .status = &b->sink, .timeout_ns = NS_PER_S});
    b->memory = xcalloc(1, sizeof(*b->memory));
    spec_memory_init(b->memory, b->spec);
}

static void bench_done(struct bench *b)
{
    spec_memory_free(b->memory);
    announce_free(b->announce);
    status_record_free(b->record);
    spec_unref(b->spec);
}

static void succeed(struct bench *b, const struct announce_news *news, bool may_emit)
{
    struct status_report fresh = {0};
    struct announce_rights rights = {.may_write = true, .may_emit = may_emit};
    status_of_outcome(&fresh, b->spec, news->outcome);
    announce_report(b->announce, b->memory, b->spec, &fresh, &rights, news);
}

static void break_down(struct bench *b)
{
    struct status_report fresh = {0};
    struct announce_rights rights = {.may_write = true, .may_emit = true};
    CLEANUP(err) struct err *e = err_new(ERR_DENIED, "cause");
    status_of_error(&fresh, b->spec, e, true);
    announce_report(b->announce, b->memory, b->spec, &fresh, &rights, NULL);
}

struct row {
    const char *name;
    const char *spec;
    enum project_outcome outcome;
    bool has_failed_before;
    const char *reason, *message; /* NULL: no Event */
    size_t again;                 /* Events of the same kind after a second such pass */
};

static const struct row rows[] = {
    {"created", SECRET, PROJECT_CREATED, false, "Created", "secret created", 2},
    {"updated", SECRET, PROJECT_CHANGED, false, "Updated", "secret updated", 2},
    {"deleted", SECRET, PROJECT_DELETED, false, "Deleted",
     "secret deleted due to DeletionPolicy=Delete", 1},
    {"unchanged", SECRET, PROJECT_UNCHANGED, false, NULL, NULL, 0},
    {"retained", SECRET, PROJECT_RETAINED, false, NULL, NULL, 0},
    {"missing", SECRET, PROJECT_MISSING, false, NULL, NULL, 0},
    {"no mirror", SECRET, PROJECT_NOTHING, false, NULL, NULL, 0},
    {"recovered without a write", SECRET, PROJECT_UNCHANGED, true, "Updated", "secret synced", 1},
    {"recovered with a write", SECRET, PROJECT_CHANGED, true, "Updated", "secret updated", 2},
    {"resource created", RESOURCE, PROJECT_CREATED, false, "Created", "Created ConfigMap out", 2},
    {"resource updated", RESOURCE, PROJECT_CHANGED, false, "Updated", "Updated ConfigMap out", 2},
    {"resource deleted", RESOURCE, PROJECT_DELETED, false, "Deleted", "Deleted ConfigMap out", 1},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct bench b;
    struct announce_news news = {.outcome = r->outcome};
    bench_init(&b, r->spec);
    if (r->has_failed_before)
        break_down(&b);
    size_t before = status_record_events(b.record, "db", NULL);
    succeed(&b, &news, true);
    assert_int_equal(status_record_events(b.record, "db", NULL), before + (r->reason ? 1 : 0));
    if (r->reason)
        assert_int_equal(status_record_told(b.record, "db", r->reason, r->message), 1);
    succeed(&b, &news, true);
    assert_int_equal(status_record_events(b.record, "db", NULL), before + r->again);
    bench_done(&b);
}

#define MISSES "secret does not exist at provider using "

static void missing_entries_are_told_once_each(void **state)
{
    struct bench b;
    CLEANUP(map) struct map *one = map_new(NULL);
    CLEANUP(map) struct map *two = map_new(NULL);
    (void)state;
    bench_init(&b, SECRET);
    map_set(one, "spec.dataFrom[0]", NULL);
    map_set(two, "spec.dataFrom[0]", NULL);
    map_set(two, "spec.dataFrom[1] (key=db)", NULL);
    succeed(&b, &(struct announce_news){.outcome = PROJECT_UNCHANGED, .missing = one}, true);
    succeed(&b, &(struct announce_news){.outcome = PROJECT_UNCHANGED, .missing = two}, true);
    succeed(&b, &(struct announce_news){.outcome = PROJECT_UNCHANGED, .missing = two}, true);
    assert_int_equal(status_record_events(b.record, "db", NULL), 2);
    assert_int_equal(
        status_record_told(b.record, "db", "MissingProviderSecret", MISSES "spec.dataFrom[0]"), 1);
    assert_int_equal(status_record_told(b.record, "db", "MissingProviderSecret",
                                        MISSES "spec.dataFrom[1] (key=db)"),
                     1);
    succeed(&b, &(struct announce_news){.outcome = PROJECT_UNCHANGED}, true);
    succeed(&b, &(struct announce_news){.outcome = PROJECT_UNCHANGED, .missing = one}, true);
    assert_int_equal(
        status_record_told(b.record, "db", "MissingProviderSecret", MISSES "spec.dataFrom[0]"), 2);
    bench_done(&b);
}

static void a_left_target_is_told(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, SECRET);
    succeed(&b, &(struct announce_news){.outcome = PROJECT_CREATED, .has_left_target = true}, true);
    assert_int_equal(
        status_record_told(b.record, "db", "Deleted", "secret deleted because it was orphaned"), 1);
    assert_int_equal(status_record_told(b.record, "db", "Created", "secret created"), 1);
    bench_done(&b);
}

static void who_may_not_speak_is_silent(void **state)
{
    struct bench b;
    CLEANUP(map) struct map *one = map_new(NULL);
    (void)state;
    bench_init(&b, SECRET);
    map_set(one, "spec.dataFrom[0]", NULL);
    succeed(&b,
            &(struct announce_news){
                .outcome = PROJECT_CREATED, .has_left_target = true, .missing = one},
            false);
    assert_int_equal(status_record_events(b.record, "db", NULL), 0);
    bench_done(&b);
}

static void failures_are_told_once_and_forgotten_in_silence(void **state)
{
    struct bench b;
    (void)state;
    bench_init(&b, SECRET);
    break_down(&b);
    break_down(&b);
    assert_int_equal(
        status_record_told(b.record, "db", "UpdateFailed", "could not update secret: cause"), 1);
    announce_silence(b.announce, "app/db");
    assert_int_equal(status_record_events(b.record, "db", NULL), 1);
    bench_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_entries_are_told_once_each),
        cmocka_unit_test(a_left_target_is_told),
        cmocka_unit_test(who_may_not_speak_is_silent),
        cmocka_unit_test(failures_are_told_once_and_forgotten_in_silence),
    };
    return TABLE_RUN("announce", rows, one_row) + GROUP_RUN("announce_more", tests);
}
