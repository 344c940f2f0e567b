/* Callers hand a transfer over as an order; the loop's thread wakes by an eventfd, runs libcurl's
 * multi interface and hands the transfer back. A caller whose time is up orders the end of its
 * transfer and waits for that, which is prompt, so a transfer is never in two threads' hands and
 * never outlives its call.
 *
 * Idle connections hold what they need to go on, and libcurl closes old ones only when another
 * transfer starts; after a quiet time the whole multi handle is therefore replaced. */
#include "net/http_loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/secret_buf.h"
#include "base/thread.h"

#define STREAMS_MAX 250L /* beyond, libcurl opens a connection for each further request */
#define BUSY_POLL_MS 1000
#define SCRUB_BYTES (64u << 10)

enum order {
    ORDER_ADD = 1 << 0,
    ORDER_RESUME = 1 << 1, /* a paused stream has room again */
    ORDER_ABORT = 1 << 2,
};

/* A transfer on its way through both threads; guarded by the loop's lock unless noted. */
struct http_call {
    struct http_loop *loop;         /* constant */
    struct http_transfer *transfer; /* whoever has the call in hand */
    bool is_secret;                 /* constant */
    bool is_added;                  /* the loop's thread only */
    unsigned orders;                /* not yet seen by the loop's thread */
    bool is_listed;
    bool is_in_hand; /* the loop's thread carries out an order right now */
    bool is_done;
    struct cond changed;
    struct http_call *next;
};

struct http_loop {
    bool use_http2;
    unsigned idle_close_s;
    struct http_sockets *sockets; /* the loop's thread only, as are the next three */
    CURLM *multi;
    size_t n_running;
    uint64_t quiet_since_ns; /* 0: nothing to close */
    int wake_fd;
    bool has_libcurl;
    struct thread *thread;
    struct mutex mu;
    struct http_call *first; /* mu: orders to carry out */
    bool is_stopping;        /* mu */
    bool is_suspect;         /* mu: shut the sockets down */
};

/* ---- the loop's thread ---- */

__attribute__((noinline)) void http_loop_scrub_stack(void)
{
    unsigned char frames[SCRUB_BYTES];

    secret_erase(frames, sizeof(frames));
}

static CURLM *multi_new(bool use_http2)
{
    CURLM *multi = curl_multi_init();

    if (multi && use_http2)
        curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, STREAMS_MAX);
    return multi;
}

static void hand_back(struct http_loop *l, struct http_call *c)
{
    if (c->is_secret)
        http_loop_scrub_stack();
    mutex_lock(&l->mu);
    c->is_done = true;
    cond_broadcast(&c->changed);
    mutex_unlock(&l->mu);
}

static void leave_multi(struct http_loop *l, struct http_call *c)
{
    curl_multi_remove_handle(l->multi, http_transfer_easy(c->transfer));
    c->is_added = false;
    if (--l->n_running == 0)
        l->quiet_since_ns = clock_mono_ns(clock_system());
}

static void enter_multi(struct http_loop *l, struct http_call *c)
{
    CURL *easy = http_transfer_easy(c->transfer);

    curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
    if (curl_multi_add_handle(l->multi, easy) != CURLM_OK) {
        http_transfer_finish(c->transfer, CURLE_FAILED_INIT);
        hand_back(l, c);
        return;
    }
    c->is_added = true;
    l->n_running++;
}

static void carry_out(struct http_loop *l, struct http_call *c, unsigned orders)
{
    if (orders & ORDER_ABORT) {
        if (c->is_added)
            leave_multi(l, c);
        hand_back(l, c);
        return;
    }
    if (orders & ORDER_ADD)
        enter_multi(l, c);
    if ((orders & ORDER_RESUME) && c->is_added)
        curl_easy_pause(http_transfer_easy(c->transfer), CURLPAUSE_CONT);
}

static struct http_call *take_order_locked(struct http_loop *l, unsigned *orders) REQUIRES(l->mu);
static struct http_call *take_order_locked(struct http_loop *l, unsigned *orders)
{
    struct http_call *c = l->first;

    if (!c)
        return NULL;
    l->first = c->next;
    *orders = c->orders;
    c->orders = 0;
    c->is_listed = false;
    c->is_in_hand = true;
    return c;
}

/* Carry out all orders; false when the loop is to stop. */
static bool carry_out_orders(struct http_loop *l)
{
    struct http_call *c;
    unsigned orders;
    bool is_suspect;
    bool goes_on;

    mutex_lock(&l->mu);
    while ((c = take_order_locked(l, &orders)) != NULL) {
        mutex_unlock(&l->mu);
        carry_out(l, c, orders);
        mutex_lock(&l->mu);
        c->is_in_hand = false;
        cond_broadcast(&c->changed);
    }
    is_suspect = l->is_suspect;
    l->is_suspect = false;
    goes_on = !l->is_stopping;
    mutex_unlock(&l->mu);
    if (is_suspect)
        http_sockets_shutdown(l->sockets);
    return goes_on;
}

/* All messages, always: one that stays behind would cost its caller a whole poll. */
static void hand_back_finished(struct http_loop *l)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(l->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct http_call *c = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &c);
        leave_multi(l, c);
        http_transfer_finish(c->transfer, code);
        hand_back(l, c);
    }
}

/* Milliseconds until idle connections are due; they are closed here when they are. */
static int tend_idle(struct http_loop *l)
{
    uint64_t limit_ns = l->idle_close_s * NS_PER_S;
    uint64_t quiet_ns;
    CURLM *fresh;

    if (l->n_running > 0)
        return BUSY_POLL_MS;
    if (limit_ns == 0 || l->quiet_since_ns == 0)
        return -1;
    quiet_ns = clock_mono_ns(clock_system()) - l->quiet_since_ns;
    if (quiet_ns < limit_ns)
        return (int)((limit_ns - quiet_ns) / NS_PER_MS) + 1;
    fresh = multi_new(l->use_http2);
    if (fresh) {
        curl_multi_cleanup(l->multi);
        l->multi = fresh;
        l->quiet_since_ns = 0;
    }
    return fresh ? -1 : BUSY_POLL_MS;
}

static void drain_wake_fd(int fd)
{
    eventfd_t count;

    (void)eventfd_read(fd, &count);
}

static void run(void *arg)
{
    struct http_loop *l = arg;
    int running;

    while (carry_out_orders(l)) {
        struct curl_waitfd orders = {.fd = l->wake_fd, .events = CURL_WAIT_POLLIN};
        int wait_ms;

        curl_multi_perform(l->multi, &running);
        hand_back_finished(l);
        wait_ms = tend_idle(l);
        curl_multi_poll(l->multi, &orders, 1, wait_ms < 0 ? INT32_MAX : wait_ms, NULL);
        drain_wake_fd(l->wake_fd);
    }
}

/* ---- the callers' side ---- */

static void wake(struct http_loop *l)
{
    (void)eventfd_write(l->wake_fd, 1);
}

static void order(struct http_loop *l, struct http_call *c, enum order what)
{
    mutex_lock(&l->mu);
    c->orders |= what;
    if (!c->is_listed) {
        c->is_listed = true;
        c->next = l->first;
        l->first = c;
    }
    mutex_unlock(&l->mu);
    wake(l);
}

/* Done, and the loop's thread has let go of it for good. */
static bool is_settled_locked(const struct http_loop *l, const struct http_call *c) REQUIRES(l->mu);
static bool is_settled_locked(const struct http_loop *l, const struct http_call *c)
{
    (void)l;
    return c->is_done && !c->is_listed && !c->is_in_hand;
}

bool http_loop_wait(struct http_call *c, const struct deadline *dl)
{
    struct http_loop *l = c->loop;

    for (;;) {
        uint64_t slice_ns = http_wait_slice_ns(dl);
        bool is_settled;

        mutex_lock(&l->mu);
        if (!is_settled_locked(l, c) && slice_ns > 0)
            cond_wait_ns(&c->changed, &l->mu, slice_ns);
        is_settled = is_settled_locked(l, c);
        mutex_unlock(&l->mu);
        if (is_settled || slice_ns == 0)
            return is_settled;
    }
}

struct http_call *http_loop_start(struct http_loop *l, struct http_transfer *t, bool is_secret)
{
    struct http_call *c = xcalloc(1, sizeof(*c));

    c->loop = l;
    c->transfer = t;
    c->is_secret = is_secret;
    cond_init(&c->changed);
    order(l, c, ORDER_ADD);
    return c;
}

struct http_transfer *http_loop_transfer(struct http_call *c)
{
    return c->transfer;
}

void http_loop_resume(struct http_call *c)
{
    order(c->loop, c, ORDER_RESUME);
}

static void abort_unless_settled(struct http_call *c)
{
    struct http_loop *l = c->loop;
    bool is_settled;

    mutex_lock(&l->mu);
    is_settled = is_settled_locked(l, c);
    mutex_unlock(&l->mu);
    if (is_settled)
        return;
    order(l, c, ORDER_ABORT);
    mutex_lock(&l->mu);
    while (!is_settled_locked(l, c))
        cond_wait_ns(&c->changed, &l->mu, UINT64_MAX);
    mutex_unlock(&l->mu);
}

void http_call_free(struct http_call *c)
{
    if (!c)
        return;
    abort_unless_settled(c);
    http_transfer_free(c->transfer);
    cond_done(&c->changed);
    free(c);
}

/* ---- the loop itself ---- */

void http_loop_suspect(struct http_loop *l)
{
    mutex_lock(&l->mu);
    l->is_suspect = true;
    mutex_unlock(&l->mu);
    wake(l);
}

struct http_sockets *http_loop_sockets(struct http_loop *l)
{
    return l->sockets;
}

static void stop_thread(struct http_loop *l)
{
    if (!l->thread)
        return;
    mutex_lock(&l->mu);
    l->is_stopping = true;
    mutex_unlock(&l->mu);
    wake(l);
    thread_join(l->thread);
}

void http_loop_free(struct http_loop *l)
{
    if (!l)
        return;
    stop_thread(l);
    assert(l->n_running == 0 && !l->first);
    if (l->multi)
        curl_multi_cleanup(l->multi);
    http_sockets_free(l->sockets);
    fs_close(l->wake_fd);
    if (l->has_libcurl)
        curl_global_cleanup();
    mutex_done(&l->mu);
    free(l);
}

struct err *http_loop_new(bool use_http2, unsigned idle_close_s, struct http_loop **out)
{
    CLEANUP(http_loop) struct http_loop *l = xcalloc(1, sizeof(*l));

    l->use_http2 = use_http2;
    l->idle_close_s = idle_close_s;
    l->sockets = http_sockets_new();
    mutex_init(&l->mu);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake_fd < 0)
        return err_errno(errno, "http: eventfd");
    l->has_libcurl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    l->multi = l->has_libcurl ? multi_new(use_http2) : NULL;
    if (!l->multi)
        return err_new(ERR_INTERNAL, "http: libcurl does not start");
    l->thread = thread_start("http", run, l);
    *out = TAKE(l);
    return NULL;
}
