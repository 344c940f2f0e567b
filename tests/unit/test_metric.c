/* Values, the text format, the limit on series, and threads that count together. */
#include "base/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/support/table.h"

static int setup(void **state)
{
    (void)state;
    metric_reset();
    return 0;
}

static char *printed(void)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 4u << 20);
    metric_print(&b);
    assert_false(b.overflowed);
    return str_buf_take(&b);
}

static void expect_lines(const char *want)
{
    CLEANUP_STR char *text = printed();
    if (!strstr(text, want))
        print_message("%s", text);
    assert_non_null(strstr(text, want));
}

static void counter_counts_by_label(void **state)
{
    (void)state;
    metric_inc(METRIC_CSI_CALLS, "NodePublishVolume", "OK", NULL);
    metric_inc(METRIC_CSI_CALLS, "NodePublishVolume", "Internal", NULL);
    metric_add(METRIC_CSI_CALLS, 2.5, "NodePublishVolume", "OK", NULL);
    assert_true(metric_value(METRIC_CSI_CALLS, "NodePublishVolume", "OK", NULL) == 3.5);
    assert_true(metric_value(METRIC_CSI_CALLS, "NodePublishVolume", "Aborted", NULL) == 0);
    expect_lines("# HELP lockstep_csi_calls_total CSI calls by the kubelet, by gRPC status code.\n"
                 "# TYPE lockstep_csi_calls_total counter\n"
                 "lockstep_csi_calls_total{method=\"NodePublishVolume\",code=\"Internal\"} 1\n"
                 "lockstep_csi_calls_total{method=\"NodePublishVolume\",code=\"OK\"} 3.5\n");
}

static void provider_calls_keep_their_old_name(void **state)
{
    (void)state;
    metric_inc(METRIC_PROVIDER_CALLS, "HashiCorp/Vault", "ReadSecretData", "success");
    expect_lines("externalsecret_provider_api_calls_count{provider=\"HashiCorp/Vault\","
                 "call=\"ReadSecretData\",status=\"success\"} 1\n");
}

static void gauge_is_set_and_moved(void **state)
{
    (void)state;
    metric_set(METRIC_VOLUMES, 3, NULL, NULL, NULL);
    metric_add(METRIC_VOLUMES, -1, NULL, NULL, NULL);
    assert_true(metric_value(METRIC_VOLUMES, NULL, NULL, NULL) == 2);
    expect_lines("# TYPE lockstep_volumes gauge\nlockstep_volumes 2\n");
}

static void untouched_ones_are_zero(void **state)
{
    (void)state;
    expect_lines("\nlockstep_volumes 0\n");
    expect_lines("\nlockstep_sync_duration_seconds_count 0\n");
    expect_lines("# TYPE lockstep_specs gauge\n# HELP ");
}

static void histogram_is_cumulative(void **state)
{
    (void)state;
    static const double seconds[] = {0.0005, 0.001, 0.0011, 7, 120, 121, 1000};
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++)
        metric_observe(METRIC_CSI_SECONDS, seconds[i], "NodePublishVolume", NULL);
    expect_lines("# TYPE lockstep_csi_call_duration_seconds histogram\n"
                 "lockstep_csi_call_duration_seconds_bucket{method=\"NodePublishVolume\","
                 "le=\"0.001\"} 2\n"
                 "lockstep_csi_call_duration_seconds_bucket{method=\"NodePublishVolume\","
                 "le=\"0.0025\"} 3\n");
    expect_lines("method=\"NodePublishVolume\",le=\"5\"} 3\n");
    expect_lines("method=\"NodePublishVolume\",le=\"10\"} 4\n");
    expect_lines("method=\"NodePublishVolume\",le=\"120\"} 5\n"
                 "lockstep_csi_call_duration_seconds_bucket{method=\"NodePublishVolume\","
                 "le=\"+Inf\"} 7\n"
                 "lockstep_csi_call_duration_seconds_sum{method=\"NodePublishVolume\"} 1248.0026\n"
                 "lockstep_csi_call_duration_seconds_count{method=\"NodePublishVolume\"} 7\n");
    metric_observe(METRIC_SYNC_SECONDS, 0.2, NULL, NULL);
    expect_lines("\nlockstep_sync_duration_seconds_bucket{le=\"0.25\"} 1\n");
    expect_lines("\nlockstep_sync_duration_seconds_sum 0.2\n");
}

struct number_row {
    const char *name; /* as printed */
    double v;
};

static const struct number_row number_rows[] = {
    {"0", 0},
    {"-1", -1},
    {"0.1", 0.1},
    {"1767323045", 1767323045},
    {"9007199254740992", 9007199254740992.0},
    {"0.30000000000000004", 0.1 + 0.2},
    {"1e+300", 1e300},
    {"NaN", NAN},
    {"+Inf", INFINITY},
    {"-Inf", -INFINITY},
};

static void number_row(void **state)
{
    const struct number_row *r = *state;
    metric_reset();
    metric_set(METRIC_QUEUE_DEPTH, r->v, NULL, NULL, NULL);
    CLEANUP_STR char *text = printed();
    const char *line = strstr(text, "\nlockstep_queue_depth ");
    assert_non_null(line);
    char *end = NULL;
    double back = strtod(line + strlen("\nlockstep_queue_depth "), &end);
    assert_int_equal(*end, '\n');
    assert_true(back == r->v || (isnan(back) && isnan(r->v)));
    CLEANUP_STR char *want = xasprintf("\nlockstep_queue_depth %s\n", r->name);
    expect_lines(want);
}

static void labels_are_escaped(void **state)
{
    (void)state;
    metric_inc(METRIC_STATUS_WRITES, "a\"b\\c\nd", NULL, NULL);
    metric_inc(METRIC_KUBE_RETRIES, NULL, NULL, NULL);
    expect_lines("lockstep_status_writes_total{kind=\"a\\\"b\\\\c\\nd\"} 1\n");
    expect_lines("lockstep_kube_retries_total{reason=\"\"} 1\n");
}

static void too_many_series_go_to_other(void **state)
{
    (void)state;
    char label[16];
    for (int i = 0; i < METRIC_SERIES_MAX + 10; i++) {
        snprintf(label, sizeof(label), "r%d", i);
        metric_inc(METRIC_WATCH_RESTARTS, label, "gone", NULL);
    }
    assert_true(metric_value(METRIC_WATCH_RESTARTS, "other", "other", NULL) == 10);
    assert_true(metric_value(METRIC_WATCH_RESTARTS, "r0", "gone", NULL) == 1);
    metric_inc(METRIC_WATCH_RESTARTS, "r0", "gone", NULL);
    assert_true(metric_value(METRIC_WATCH_RESTARTS, "r0", "gone", NULL) == 2);
    assert_true(metric_value(METRIC_WATCH_RESTARTS, label, "gone", NULL) == 0);
}

static void every_row_is_well_formed(void **state)
{
    (void)state;
    CLEANUP_STR char *text = printed();
    int helps = 0;
    char *rest = text;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char name[128], type[16];
        helps += strncmp(line, "# HELP ", 7) == 0;
        if (sscanf(line, "# TYPE %127s %15s", name, type) != 2)
            continue;
        bool is_counter = strcmp(type, "counter") == 0;
        bool ends_in_total = strcmp(name + strlen(name) - 6, "_total") == 0;
        bool is_foreign = strncmp(name, "externalsecret_", 15) == 0;
        assert_true(is_foreign || strncmp(name, "lockstep_", 9) == 0);
        assert_true(is_foreign || is_counter == ends_in_total);
    }
    assert_int_equal(helps, METRIC_COUNT);
}

static void count_a_lot(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++) {
        metric_inc(METRIC_EVENTS, i % 2 ? "odd" : "even", "sent", NULL);
        metric_observe(METRIC_SYNC_SECONDS, 0.5, NULL, NULL);
    }
}

static void threads_count_together(void **state)
{
    (void)state;
    struct thread *threads[4];
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        threads[i] = thread_start("count", count_a_lot, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        thread_join(threads[i]);
    assert_true(metric_value(METRIC_EVENTS, "odd", "sent", NULL) == 2000);
    expect_lines("\nlockstep_sync_duration_seconds_count 4000\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counter_counts_by_label, setup),
        cmocka_unit_test_setup(provider_calls_keep_their_old_name, setup),
        cmocka_unit_test_setup(gauge_is_set_and_moved, setup),
        cmocka_unit_test_setup(untouched_ones_are_zero, setup),
        cmocka_unit_test_setup(histogram_is_cumulative, setup),
        cmocka_unit_test_setup(labels_are_escaped, setup),
        cmocka_unit_test_setup(too_many_series_go_to_other, setup),
        cmocka_unit_test_setup(every_row_is_well_formed, setup),
        cmocka_unit_test_setup(threads_count_together, setup),
    };
    int failed = TABLE_RUN("metric_number", number_rows, number_row) + GROUP_RUN("metric", tests);
    metric_reset();
    return failed;
}
