/* The whole driver on scripted volumes, called by our own client as a kubelet would. */
#include "driver/driver.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "driver/csi_client.h"
#include "driver/csi_codec.h"
#include "tests/support/table.h"

#define NAME "csi.lockstep.dev"
#define PATIENCE_NS (30 * NS_PER_S)

struct volumes {
    atomic_bool fails; /* set by the test, read by workers */
    atomic_uint n_published;
    atomic_uint n_unpublished;
};

static struct err *fake_publish(struct volumes *v, const struct volume_request *rq,
                                const struct deadline *dl)
{
    (void)dl;
    if (strcmp(rq->external_secret, "db") != 0 || rq->fs_group != 2000)
        return err_new(ERR_INTERNAL, "the request changed on its way");
    if (atomic_load(&v->fails))
        return err_new(ERR_UNAVAILABLE, "store is down");
    atomic_fetch_add(&v->n_published, 1);
    return NULL;
}

static struct err *fake_unpublish(struct volumes *v, const char *volume_id, const char *target,
                                  const struct deadline *dl)
{
    (void)volume_id;
    (void)target;
    (void)dl;
    atomic_fetch_add(&v->n_unpublished, 1);
    return NULL;
}

static struct err *fake_stats(struct volumes *v, const char *volume_id, const char *path,
                              struct volume_stats *out)
{
    (void)v;
    (void)path;
    if (strcmp(volume_id, "csi-1") != 0)
        return err_new(ERR_NOT_FOUND, "no such volume");
    *out = (struct volume_stats){.bytes_total = 100,
                                 .bytes_used = 40,
                                 .bytes_available = 60,
                                 .inodes_total = 9,
                                 .inodes_used = 2,
                                 .inodes_available = 7,
                                 .is_abnormal = true,
                                 .message = "stale"};
    return NULL;
}

static const struct csi_volumes_ops fake_ops = {fake_publish, fake_unpublish, fake_stats};

struct world {
    char dir[32];
    char csi_socket[64];
    char registration_socket[96];
    struct volumes volumes;
    struct driver_options options;
    struct csi_client client;
};

static void world_init(struct world *w)
{
    memset(w, 0, sizeof(*w));
    strcpy(w->dir, "/tmp/test-driver-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->csi_socket, sizeof(w->csi_socket), "%s/csi.sock", w->dir);
    snprintf(w->registration_socket, sizeof(w->registration_socket), "%s/" NAME "-reg.sock",
             w->dir);
    w->options = (struct driver_options){.csi_socket = w->csi_socket,
                                         .registration_dir = w->dir,
                                         .driver_name = NAME,
                                         .node_name = "node-1",
                                         .vendor_version = "0.1.0",
                                         .volumes = &w->volumes,
                                         .volumes_ops = &fake_ops,
                                         .clock = clock_system()};
    w->client = (struct csi_client){w->csi_socket, PATIENCE_NS};
}

static void world_done(const struct world *w)
{
    assert_int_equal(rmdir(w->dir), 0);
}

static struct driver *start(const struct driver_options *o)
{
    struct driver *d = NULL;
    struct err *e = driver_start(o, &d);
    if (e)
        print_error("%s\n", err_text(e));
    assert_null(e);
    return d;
}

/* What the kubelet sends after GetInfo. */
static void notify(const struct world *w, bool is_registered)
{
    struct csi_client c = {w->registration_socket, PATIENCE_NS};
    struct csi_client_status status = {0};
    assert_null(csi_client_notify(&c, is_registered ? NULL : "no such CSIDriver", &status));
    assert_int_equal(status.code, CSI_OK);
    csi_client_status_done(&status);
}

static bool is_starting(void *ctx)
{
    (void)ctx;
    return false;
}

static void info_gathers_four_answers(void **state)
{
    (void)state;
    struct world w;
    struct csi_client_info info;
    struct csi_client_status status = {0};
    world_init(&w);
    w.options.is_ready = is_starting;
    struct driver *d = start(&w.options);
    assert_null(csi_client_info(&w.client, &info, &status));
    assert_int_equal(status.code, CSI_OK);
    assert_string_equal(info.driver_name, NAME);
    assert_string_equal(info.vendor_version, "0.1.0");
    assert_string_equal(info.node_id, "node-1");
    assert_false(info.is_ready);
    assert_true(info.has_stats && info.has_condition && info.has_group);
    csi_client_info_done(&info);
    csi_client_status_done(&status);
    driver_stop(d, 0);
    world_done(&w);
}

static const struct csi_client_attribute attributes[] = {
    {CSI_KEY_POD_NS, "shop"},    {CSI_KEY_POD_NAME, "web"}, {CSI_KEY_POD_UID, "u1"},
    {CSI_KEY_EPHEMERAL, "true"}, {"externalSecret", "db"},
};

static void a_volume_comes_and_goes(void **state)
{
    (void)state;
    struct world w;
    struct csi_client_status status = {0};
    struct volume_stats stats = {0};
    world_init(&w);
    struct driver *d = start(&w.options);
    struct csi_client_publish p = {"csi-1", "/t", "2000", true, attributes, ARRAY_SIZE(attributes)};
    assert_null(csi_client_publish(&w.client, &p, &status));
    assert_int_equal(status.code, CSI_OK);
    assert_string_equal(status.text, "");
    assert_int_equal(atomic_load(&w.volumes.n_published), 1);

    assert_null(csi_client_stats(&w.client, "csi-1", "/t", &stats, &status));
    assert_int_equal(status.code, CSI_OK);
    assert_int_equal(stats.bytes_total, 100);
    assert_int_equal(stats.bytes_used, 40);
    assert_int_equal(stats.bytes_available, 60);
    assert_int_equal(stats.inodes_total, 9);
    assert_int_equal(stats.inodes_used, 2);
    assert_int_equal(stats.inodes_available, 7);
    assert_true(stats.is_abnormal);
    assert_string_equal(stats.message, "stale");

    assert_null(csi_client_unpublish(&w.client, "csi-1", "/t", &status));
    assert_int_equal(status.code, CSI_OK);
    assert_int_equal(atomic_load(&w.volumes.n_unpublished), 1);
    csi_client_status_done(&status);
    driver_stop(d, 0);
    world_done(&w);
}

static void failures_are_answers(void **state)
{
    (void)state;
    struct world w;
    struct csi_client_status status = {0};
    struct volume_stats stats;
    world_init(&w);
    struct driver *d = start(&w.options);
    struct csi_client_publish p = {"csi-1", "/t", "2000", true, attributes, ARRAY_SIZE(attributes)};
    atomic_store(&w.volumes.fails, true);
    assert_null(csi_client_publish(&w.client, &p, &status));
    assert_int_equal(status.code, CSI_UNAVAILABLE);
    assert_string_equal(status.text, "store is down");
    p.is_readonly = false;
    p.mount_group = NULL;
    assert_null(csi_client_publish(&w.client, &p, &status));
    assert_int_equal(status.code, CSI_INVALID_ARGUMENT);
    assert_null(csi_client_unpublish(&w.client, "", "/t", &status));
    assert_int_equal(status.code, CSI_INVALID_ARGUMENT);
    assert_null(csi_client_stats(&w.client, "csi-2", "/t", &stats, &status));
    assert_int_equal(status.code, CSI_NOT_FOUND);
    csi_client_status_done(&status);
    driver_stop(d, 0);
    world_done(&w);
}

static void nobody_there_is_unavailable(void **state)
{
    (void)state;
    struct world w;
    struct csi_client_status status = {0};
    struct csi_client_info info;
    world_init(&w);
    struct err *e = csi_client_info(&w.client, &info, &status);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_UNAVAILABLE);
    err_free(e);
    world_done(&w);
}

static void the_kubelet_registers_us(void **state)
{
    (void)state;
    struct world w;
    struct csi_client_plugin plugin = {0};
    struct csi_client_status status = {0};
    world_init(&w);
    struct driver *d = start(&w.options);
    assert_false(driver_is_registered(d));
    struct csi_client registration = {w.registration_socket, PATIENCE_NS};
    assert_null(csi_client_plugin(&registration, &plugin, &status));
    assert_string_equal(plugin.type, "CSIPlugin");
    assert_string_equal(plugin.name, NAME);
    assert_string_equal(plugin.endpoint, w.csi_socket);
    notify(&w, true);
    assert_true(driver_is_registered(d));
    notify(&w, false);
    assert_false(driver_is_registered(d));
    csi_client_plugin_done(&plugin);
    csi_client_status_done(&status);
    driver_stop(d, 0);
    world_done(&w);
}

/* The first look of the registration thread may come before or after: wait for what it does. */
static void wiped_sockets_come_back(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct driver *d = start(&w.options);
    notify(&w, true);
    assert_int_equal(unlink(w.csi_socket), 0);
    assert_int_equal(unlink(w.registration_socket), 0);
    for (int i = 0; i < 3000 && driver_is_registered(d); i++)
        usleep(10000);
    assert_false(driver_is_registered(d));
    assert_int_equal(access(w.csi_socket, F_OK), 0);
    notify(&w, true);
    assert_true(driver_is_registered(d));
    driver_stop(d, 0);
    world_done(&w);
}

static void no_registration_when_none_is_asked_for(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.options.registration_dir = NULL;
    struct driver *d = start(&w.options);
    assert_true(driver_is_registered(d));
    assert_int_equal(access(w.registration_socket, F_OK), -1);
    driver_stop(d, 0);
    world_done(&w);
}

static void an_update_takes_over(void **state)
{
    (void)state;
    struct world w;
    struct csi_client_status status = {0};
    struct csi_client_info info;
    world_init(&w);
    struct driver *old = start(&w.options);
    w.options.vendor_version = "0.2.0";
    struct driver *next = start(&w.options);
    driver_stop(old, 0);
    assert_null(csi_client_info(&w.client, &info, &status));
    assert_string_equal(info.vendor_version, "0.2.0");
    notify(&w, true);
    assert_true(driver_is_registered(next));
    csi_client_info_done(&info);
    csi_client_status_done(&status);
    driver_stop(next, 0);
    world_done(&w);
}

static const struct refusal_row {
    const char *name;
    const char *driver_name, *node_name, *csi_name, *registration_dir;
    bool has_rival; /* the same name at another endpoint */
    enum err_class want;
} refusal_rows[] = {
    {"driver name", "csi/x", "n", "csi.sock", NULL, false, ERR_INVALID},
    {"node name", NAME, "", "csi.sock", NULL, false, ERR_INVALID},
    {"socket name", NAME, "n", "", NULL, false, ERR_INVALID},
    {"folder of the socket", NAME, "n", "none/csi.sock", NULL, false, ERR_NOT_FOUND},
    {"folder of registration", NAME, "n", "csi.sock", "/nonexistent", false, ERR_NOT_FOUND},
    {"a live rival", NAME, "n", "other.sock", "", true, ERR_CONFLICT},
};

static void one_refusal(void **state)
{
    const struct refusal_row *r = *state;
    struct world w;
    struct driver *d = NULL;
    struct driver *rival = NULL;
    world_init(&w);
    if (r->has_rival)
        rival = start(&w.options);
    CLEANUP_STR char *csi_socket = xasprintf("%s/%s", w.dir, r->csi_name);
    w.options.csi_socket = csi_socket;
    w.options.driver_name = r->driver_name;
    w.options.node_name = r->node_name;
    w.options.registration_dir =
        r->registration_dir && !*r->registration_dir ? w.dir : r->registration_dir;
    struct err *e = driver_start(&w.options, &d);
    assert_non_null(e);
    assert_string_equal(err_class_name(err_class(e)), err_class_name(r->want));
    err_free(e);
    assert_null(d);
    driver_stop(rival, 0);
    world_done(&w);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(info_gathers_four_answers),
        cmocka_unit_test(a_volume_comes_and_goes),
        cmocka_unit_test(failures_are_answers),
        cmocka_unit_test(nobody_there_is_unavailable),
        cmocka_unit_test(the_kubelet_registers_us),
        cmocka_unit_test(wiped_sockets_come_back),
        cmocka_unit_test(no_registration_when_none_is_asked_for),
        cmocka_unit_test(an_update_takes_over),
    };
    /* Failures are wanted here, and logged as they should be. */
    log_set_level(LOG_LEVEL_ERROR);
    return GROUP_RUN("driver", others) + TABLE_RUN("driver, refused", refusal_rows, one_refusal);
}
