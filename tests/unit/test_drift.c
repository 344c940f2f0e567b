/* When a Secret that somebody else changed is written again: looks in a row, a second between. */

#include "reconcile/drift.h"

#include "base/metric.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *looks; /* F: found, N: as we wrote it, '.': no news, P: no news and a pass runs */
    const char *due;   /* 1: a pass is due, and run */
    unsigned applied, failed, delayed;
    bool fails; /* passes fail */
};

static const struct row rows[] = {
    {"no news", "...", "000", 0, 0, 0, false},
    {"as we wrote it", "N.", "00", 0, 0, 0, false},
    {"found: at once", "F.", "10", 1, 0, 0, false},
    {"found again within ten seconds", "F..F......", "1000000000", 1, 0, 1, false},
    {"mended when they are over", "F..F.......", "10000000001", 2, 0, 1, false},
    {"several while it waits are one", "FFFF.......", "10000000001", 2, 0, 1, false},
    {"after them at once again", "F.........F", "10000000001", 2, 0, 0, false},
    {"as we wrote it after all", "F..FN.......", "100000000000", 1, 0, 1, false},
    {"another pass mends it too", "F..FP.......", "100000000000", 1, 0, 1, false},
    {"another pass starts no quiet time", "PF", "01", 1, 0, 0, false},
    {"a pass that fails is quiet too", "F.F........", "10000000001", 0, 2, 1, true},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    struct drift d = {0};
    uint64_t now_ns = 5 * NS_PER_S;
    metric_reset();
    for (size_t i = 0; r->looks[i]; i++, now_ns += NS_PER_S) {
        char look = r->looks[i];
        enum drift_news news = look == 'F' ? DRIFT_FOUND : look == 'N' ? DRIFT_NONE : DRIFT_NO_NEWS;
        bool is_due = drift_is_due(&d, news, now_ns);
        if (is_due != (r->due[i] == '1'))
            fail_msg("look %zu: due is %d", i, is_due);
        if (is_due || look == 'P')
            drift_note_pass(&d, is_due, !r->fails, now_ns);
    }
    assert_int_equal(metric_value(METRIC_SECRET_DRIFT, "applied", NULL, NULL), r->applied);
    assert_int_equal(metric_value(METRIC_SECRET_DRIFT, "failed", NULL, NULL), r->failed);
    assert_int_equal(metric_value(METRIC_SECRET_DRIFT, "delayed", NULL, NULL), r->delayed);
}

static void next_look(void **state)
{
    struct drift d = {0};
    (void)state;
    assert_true(drift_next_ns(&d, UINT64_MAX) == UINT64_MAX);
    assert_true(drift_is_due(&d, DRIFT_FOUND, 1));
    drift_note_pass(&d, true, true, 1);
    assert_true(drift_next_ns(&d, 500) == 500);
    assert_false(drift_is_due(&d, DRIFT_FOUND, 2));
    assert_true(drift_next_ns(&d, UINT64_MAX) == 1 + DRIFT_QUIET_NS);
    assert_true(drift_next_ns(&d, DRIFT_QUIET_NS) == DRIFT_QUIET_NS); /* a refresh comes first */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(next_look)};
    return TABLE_RUN("drift", rows, one_row) + GROUP_RUN("drift_next", tests);
}
