/* Being registered, refused, forgotten, and not stealing a name. */
#include "driver/csi_registration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "driver/rpc_server.h"
#include "proto/pluginregistration.pb-c.h"
#include "tests/support/clock_fake.h"
#include "tests/support/rpc_ask.h"
#include "tests/support/table.h"

#define DRIVER "csi.lockstep.dev"
#define ENDPOINT "/var/lib/kubelet/plugins/csi.lockstep.dev/csi.sock"

/* Scripted sockets. */
struct sockets {
    bool was_gone;
    bool check_fails;
    bool renew_fails;
    unsigned n_checked;
    unsigned n_renewed;
};

static struct err *check(void *ctx, bool *was_gone)
{
    struct sockets *s = ctx;
    s->n_checked++;
    if (s->check_fails)
        return err_new(ERR_CONFLICT, "scripted check failure");
    *was_gone = s->was_gone;
    s->was_gone = false;
    return NULL;
}

static struct err *renew(void *ctx)
{
    struct sockets *s = ctx;
    s->n_renewed++;
    return s->renew_fails ? err_new(ERR_INTERNAL, "scripted renew failure") : NULL;
}

static const struct csi_registration_ops socket_ops = {check, renew};

struct world {
    struct clock_fake clock;
    struct sockets sockets;
    struct csi_registration *r;
    struct rpc_service service;
};

static void world_init(struct world *w)
{
    memset(w, 0, sizeof(*w));
    metric_reset();
    clock_fake_init(&w->clock, CLOCK_FAKE_UNIX_S);
    struct csi_registration_options o = {DRIVER, ENDPOINT, &w->clock.clock};
    assert_null(csi_registration_new(&o, &w->r));
    csi_registration_attach(w->r, &socket_ops, &w->sockets);
    w->service = csi_registration_service(w->r);
}

static void world_done(struct world *w)
{
    csi_registration_free(w->r);
}

static void notify(struct world *w, bool is_registered)
{
    char why[] = "scripted";
    Pluginregistration__RegistrationStatus rq;
    pluginregistration__registration_status__init(&rq);
    rq.plugin_registered = is_registered;
    if (!is_registered)
        rq.error = why;
    struct rpc_reply reply =
        rpc_ask(&w->service, "/pluginregistration.Registration/NotifyRegistrationStatus", &rq.base);
    assert_int_equal(reply.code, CSI_OK);
    rpc_reply_done(&reply);
}

/* Move on by ns in looks of at most a second, as the thread does. */
static void pass(struct world *w, uint64_t ns)
{
    while (ns > 0) {
        uint64_t wait = csi_registration_step(w->r);
        assert_true(wait <= CSI_REGISTRATION_LOOK_NS);
        uint64_t by = wait < ns ? wait : ns;
        clock_fake_advance_ns(&w->clock, by > 0 ? by : 1);
        ns -= by > 0 ? by : 1;
    }
    csi_registration_step(w->r);
}

static void get_info_says_where_we_listen(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    Pluginregistration__InfoRequest rq;
    pluginregistration__info_request__init(&rq);
    struct rpc_reply reply =
        rpc_ask(&w.service, "/pluginregistration.Registration/GetInfo", &rq.base);
    CLEANUP(proto_wire)
    struct proto_wire *wire = rpc_answer(&reply, &pluginregistration__plugin_info__descriptor);
    const Pluginregistration__PluginInfo *m =
        (const Pluginregistration__PluginInfo *)proto_wire_message(wire);
    assert_string_equal(m->type, "CSIPlugin");
    assert_string_equal(m->name, DRIVER);
    assert_string_equal(m->endpoint, ENDPOINT);
    assert_int_equal(m->n_supported_versions, 1);
    assert_string_equal(m->supported_versions[0], "1.0.0");
    rpc_reply_done(&reply);
    world_done(&w);
}

static void a_registered_driver_stays_quiet(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_false(csi_registration_is_registered(w.r));
    notify(&w, true);
    notify(&w, true);
    assert_true(csi_registration_is_registered(w.r));
    assert_true(metric_value(METRIC_REGISTERED, NULL, NULL, NULL) == 1);
    assert_true(metric_value(METRIC_REGISTRATIONS, "accepted", NULL, NULL) == 2);
    pass(&w, 3600 * NS_PER_S);
    assert_int_equal(w.sockets.n_renewed, 0);
    assert_true(w.sockets.n_checked >= 3600);
    world_done(&w);
}

static void a_refused_driver_comes_back_soon_and_then_later(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    uint64_t wait_ns = CSI_REGISTRATION_REFUSED_MIN_NS;
    for (unsigned i = 1; i <= 12; i++) {
        notify(&w, false);
        assert_false(csi_registration_is_registered(w.r));
        pass(&w, wait_ns * 3 / 4);
        assert_int_equal(w.sockets.n_renewed, i - 1);
        pass(&w, wait_ns / 4);
        assert_int_equal(w.sockets.n_renewed, i);
        wait_ns = wait_ns < CSI_REGISTRATION_REFUSED_MAX_NS / 2 ? 2 * wait_ns
                                                                : CSI_REGISTRATION_REFUSED_MAX_NS;
    }
    assert_true(metric_value(METRIC_REGISTRATIONS, "refused", NULL, NULL) == 12);
    assert_true(metric_value(METRIC_REGISTRATIONS, "renewed", NULL, NULL) == 12);
    notify(&w, true);
    notify(&w, false);
    pass(&w, CSI_REGISTRATION_REFUSED_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 13);
    world_done(&w);
}

static void silence_is_answered_with_a_new_socket(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS - 1);
    assert_int_equal(w.sockets.n_renewed, 0);
    pass(&w, 1);
    assert_int_equal(w.sockets.n_renewed, 1);
    /* The second wait is not yet doubled, the third is. */
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 2);
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 2);
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 3);
    world_done(&w);
}

static void a_day_of_silence_is_a_few_hundred_sockets(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    pass(&w, 24 * 3600 * NS_PER_S);
    assert_in_range(w.sockets.n_renewed, 24 * 3600 / 300, 24 * 3600 / 240 + 10);
    world_done(&w);
}

static void a_vanished_socket_means_unregistered(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    notify(&w, true);
    w.sockets.was_gone = true;
    csi_registration_step(w.r);
    assert_false(csi_registration_is_registered(w.r));
    assert_true(metric_value(METRIC_REGISTERED, NULL, NULL, NULL) == 0);
    assert_int_equal(w.sockets.n_renewed, 0);
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 1);
    notify(&w, true);
    assert_true(csi_registration_is_registered(w.r));
    world_done(&w);
}

/* Lines of the log while fn runs. */
static unsigned lines_of(void (*fn)(struct world *w), struct world *w)
{
    int fds[2];
    char text[4096];
    assert_int_equal(pipe(fds), 0);
    log_set_fd(fds[1]);
    log_set_level(LOG_LEVEL_INFO);
    fn(w);
    log_set_level(LOG_LEVEL_ERROR);
    log_set_fd(2);
    close(fds[1]);
    ssize_t n = read(fds[0], text, sizeof(text));
    close(fds[0]);
    unsigned lines = 0;
    for (ssize_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines;
}

static void fail_three_checks(struct world *w)
{
    w->sockets.check_fails = true;
    for (int i = 0; i < 3; i++)
        csi_registration_step(w->r);
}

static void recover(struct world *w)
{
    w->sockets.check_fails = false;
    for (int i = 0; i < 3; i++)
        csi_registration_step(w->r);
}

static void a_lasting_trouble_is_logged_once(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(lines_of(fail_three_checks, &w), 1);
    assert_int_equal(lines_of(recover, &w), 1);
    assert_int_equal(lines_of(recover, &w), 0);
    world_done(&w);
}

static void a_failed_renewal_is_tried_again(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.sockets.renew_fails = true;
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 1);
    pass(&w, CSI_REGISTRATION_SILENT_MIN_NS);
    assert_int_equal(w.sockets.n_renewed, 2);
    world_done(&w);
}

static void the_thread_looks_and_ends(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    csi_registration_start(w.r);
    csi_registration_stop(w.r);
    csi_registration_stop(w.r);
    assert_int_equal(w.sockets.n_checked, 1);
    world_done(&w);
}

static void an_endpoint_is_absolute(void **state)
{
    (void)state;
    struct csi_registration_options o = {DRIVER, "csi.sock", clock_system()};
    struct csi_registration *r = NULL;
    struct err *e = csi_registration_new(&o, &r);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    err_free(e);
}

/* Before the start: who is there already? */

static char dir[32];
static char socket_path[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test-reg-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    snprintf(socket_path, sizeof(socket_path), "%s/a-reg.sock", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(socket_path);
    return rmdir(dir);
}

static const struct rival_row {
    const char *name, *driver, *endpoint;
    const char *want; /* NULL: we may start; else part of the text */
} rival_rows[] = {
    {"our predecessor", DRIVER, ENDPOINT, NULL},
    {"our name at another endpoint", DRIVER, "/var/lib/kubelet/plugins/csi-secrets-store/csi.sock",
     "is already running with endpoint /var/lib/kubelet/plugins/csi-secrets-store/csi.sock"},
    {"another driver", "other.example.com", ENDPOINT,
     "belongs to the running driver other.example.com"},
};

static void one_rival(void **state)
{
    const struct rival_row *row = *state;
    void *none = NULL;
    assert_int_equal(make_dir(&none), 0);
    struct csi_registration_options theirs = {row->driver, row->endpoint, clock_system()};
    struct csi_registration_options ours = {DRIVER, ENDPOINT, clock_system()};
    CLEANUP(csi_registration) struct csi_registration *r = NULL;
    assert_null(csi_registration_new(&theirs, &r));
    struct rpc_service service = csi_registration_service(r);
    struct rpc_server_options o = {&service, 1, 1, 1, NS_PER_S, clock_system()};
    CLEANUP(rpc_server) struct rpc_server *server = rpc_server_new(&o);
    struct rpc_listener *l;
    assert_null(rpc_server_listen(server, socket_path, &l));
    rpc_server_start(server);
    struct err *e = csi_registration_preflight(socket_path, &ours, 10 * NS_PER_S);
    assert_int_equal(!e, !row->want);
    if (e) {
        assert_non_null(strstr(err_text(e), row->want));
        assert_int_equal(err_class(e), ERR_CONFLICT);
    }
    err_free(e);
    rpc_server_stop(server, 0);
    assert_int_equal(remove_dir(&none), 0);
}

/* A socket that somebody has, but does not serve; or that nobody has any more. */
static int raw_listener(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void nobody_there_lets_us_start(void **state)
{
    (void)state;
    struct csi_registration_options o = {DRIVER, ENDPOINT, clock_system()};
    assert_null(csi_registration_preflight(socket_path, &o, NS_PER_S));
}

static void a_dead_socket_lets_us_start(void **state)
{
    (void)state;
    struct csi_registration_options o = {DRIVER, ENDPOINT, clock_system()};
    close(raw_listener());
    assert_null(csi_registration_preflight(socket_path, &o, NS_PER_S));
}

static void a_hung_process_lets_us_start(void **state)
{
    (void)state;
    struct csi_registration_options o = {DRIVER, ENDPOINT, clock_system()};
    int fd = raw_listener();
    assert_null(csi_registration_preflight(socket_path, &o, 50 * NS_PER_MS));
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(get_info_says_where_we_listen),
        cmocka_unit_test(a_registered_driver_stays_quiet),
        cmocka_unit_test(a_refused_driver_comes_back_soon_and_then_later),
        cmocka_unit_test(silence_is_answered_with_a_new_socket),
        cmocka_unit_test(a_day_of_silence_is_a_few_hundred_sockets),
        cmocka_unit_test(a_vanished_socket_means_unregistered),
        cmocka_unit_test(a_lasting_trouble_is_logged_once),
        cmocka_unit_test(a_failed_renewal_is_tried_again),
        cmocka_unit_test(the_thread_looks_and_ends),
        cmocka_unit_test(an_endpoint_is_absolute),
        cmocka_unit_test_setup_teardown(nobody_there_lets_us_start, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_dead_socket_lets_us_start, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_hung_process_lets_us_start, make_dir, remove_dir),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return GROUP_RUN("csi_registration", others) +
           TABLE_RUN("csi_registration, preflight", rival_rows, one_rival);
}
