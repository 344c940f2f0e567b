/* A marked value goes through the whole pipeline, and each stage fails with it in hand. Then it is
 * looked for in everything that leaves the process by another way than the outputs: log, metrics,
 * errors, conditions, Events; and, when all is freed, in the process's own memory. The value is
 * made at run time and kept masked, so that the test itself does not hold it. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str_buf.h"
#include "base/zero_alloc.h"
#include "tests/support/agent_rig.h"
#include "tests/support/table.h"

#define CANARY_BYTES 48 /* a multiple of three: base64 gives 64 characters without padding */
#define CANARY_BASE64 64
#define BODY_MAX 1024
#define TEXT_MAX (16u << 20)
#define KEY_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* The value and its base64, each byte XORed with the mask. */
static unsigned char masked[CANARY_BYTES];
static unsigned char masked_base64[CANARY_BASE64];
static const unsigned char mask = 0xa5;

static void make_canary(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    digest_random(masked, sizeof(masked));
    for (size_t i = 0; i < CANARY_BYTES; i++)
        masked[i] = (unsigned char)KEY_LETTERS[masked[i] % 64] ^ mask;
    for (size_t i = 0; i < CANARY_BYTES / 3; i++) {
        unsigned three = 0;
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (masked[3 * i + k] ^ mask);
        for (size_t k = 0; k < 4; k++)
            masked_base64[4 * i + k] = (unsigned char)digits[three >> (18 - 6 * k) & 63] ^ mask;
    }
}

/* Put the value into text, which is head, value, tail, and must be erased by its user. */
static void spell(char text[BODY_MAX], const char *head, const char *tail)
{
    size_t at = strlen(head);
    memcpy(text, head, at);
    for (size_t i = 0; i < CANARY_BYTES; i++)
        text[at++] = (char)(masked[i] ^ mask);
    memcpy(text + at, tail, strlen(tail) + 1);
}

static bool is_here(const unsigned char *at, const unsigned char *needle, size_t n)
{
    size_t i = 0;
    while (i < n && (at[i] ^ mask) == needle[i])
        i++;
    return i == n;
}

/* Is the value, or half of it, or its base64, anywhere in n bytes? */
static bool holds_canary(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    const unsigned char *second_half = masked + CANARY_BYTES / 2;
    for (size_t i = 0; i + CANARY_BYTES / 2 <= n; i++) {
        if (is_here(at + i, masked, CANARY_BYTES / 2) ||
            is_here(at + i, second_half, CANARY_BYTES / 2) ||
            is_here(at + i, masked_base64, CANARY_BYTES / 2))
            return true;
    }
    return false;
}

struct region {
    unsigned long from, to;
};

/* Next writable mapping in maps; false at the end. */
static bool next_region(FILE *maps, struct region *out)
{
    char line[512];
    char rights[8];
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %7s", &out->from, &out->to, rights) == 3 && rights[0] == 'r' &&
            rights[1] == 'w')
            return true;
    }
    return false;
}

#define LOOK_BYTES 65536u

/* Read one mapping piece by piece, each piece overlapping the last. */
static bool region_holds_canary(int mem_fd, const struct region *r)
{
    static unsigned char look[LOOK_BYTES];
    bool found = false;
    for (unsigned long at = r->from; at < r->to && !found; at += LOOK_BYTES - CANARY_BASE64) {
        size_t n = r->to - at < LOOK_BYTES ? r->to - at : LOOK_BYTES;
        ssize_t got = pread(mem_fd, look, n, (off_t)at);
        if (got <= 0)
            break;
        found = holds_canary(look, (size_t)got);
        secret_erase(look, sizeof(look));
    }
    return found;
}

/* Does the memory of this process hold it? */
static bool memory_holds_canary(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    CLEANUP_FD int mem_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    struct region r;
    bool found = false;
    assert_non_null(maps);
    assert_true(mem_fd >= 0);
    while (!found && next_region(maps, &r))
        found = region_holds_canary(mem_fd, &r);
    fclose(maps);
    return found;
}

/* A sanitizer keeps freed blocks as they were. */
static bool can_look_at_memory(void)
{
    return !secret_arena_state().is_blocked;
}

/* What a case does with the value in the store's hands. */
struct row {
    const char *name;
    const char *head, *tail; /* of the store's reply, around the value */
    const char *data;        /* entries of spec.data or dataFrom */
    const char *items;       /* of the volume */
    int status;              /* of the reply */
    bool is_ok;              /* does the publish succeed? */
    bool is_mirror_foreign;  /* the Secret's file belongs to somebody else */
    bool fails_status;
    enum mounter_fake_op fails_op;
};

#define NO_OP MOUNTER_FAKE_OPS
#define REPLY "{\"key\":\"pass\",\"value\":\""
#define PLAIN "data: [{secretKey: pass, remoteRef: {key: pass}}]"
#define DEEP "data: [{secretKey: pass, remoteRef: {key: pass, property: a.b}}]"
#define CODED "data: [{secretKey: pass, remoteRef: {key: pass, decodingStrategy: Base64}}]"
#define EXTRACT "dataFrom: [{extract: {key: pass}}]"
#define INNER "{\\\"a\\\":\\\""

static const struct row rows[] = {
    {"all is well", REPLY, "\"}", PLAIN, NULL, 200, true, false, false, NO_OP},
    {"a property", REPLY INNER, "\\\"}\"}", EXTRACT, NULL, 200, true, false, false, NO_OP},
    {"an error page", "no: ", "", PLAIN, NULL, 500, false, false, false, NO_OP},
    {"denied", REPLY, "\"}", PLAIN, NULL, 403, false, false, false, NO_OP},
    {"half a reply", REPLY, "", PLAIN, NULL, 200, false, false, false, NO_OP},
    {"no JSON", "", "", PLAIN, NULL, 200, false, false, false, NO_OP},
    {"another reply", "{\"other\":\"", "\"}", PLAIN, NULL, 200, false, false, false, NO_OP},
    {"a property that is not there", REPLY INNER, "\\\"}\"}", DEEP, NULL, 200, false, false, false,
     NO_OP},
    {"a property of no JSON", REPLY, "\"}", DEEP, NULL, 200, false, false, false, NO_OP},
    {"no base64", REPLY "!", "\"}", CODED, NULL, 200, false, false, false, NO_OP},
    {"an extract of no JSON", REPLY, "\"}", EXTRACT, NULL, 200, false, false, false, NO_OP},
    {"an extract of a list", REPLY "[\\\"", "\\\"]\"}", EXTRACT, NULL, 200, false, false, false,
     NO_OP},
    {"no such key", REPLY, "\"}", PLAIN, "[{key: other, path: a}]", 200, false, false, false,
     NO_OP},
    {"no mount", REPLY, "\"}", PLAIN, NULL, 200, false, false, false, MOUNTER_FAKE_MAKE},
    {"no attach", REPLY, "\"}", PLAIN, NULL, 200, false, false, false, MOUNTER_FAKE_ATTACH},
    {"a foreign Secret", REPLY, "\"}", PLAIN, NULL, 200, true, true, false, NO_OP},
    {"no status", REPLY, "\"}", PLAIN, NULL, 200, true, false, true, NO_OP},
};

/* Where everything that is said ends up. */
struct witness {
    struct tmp_dir dir;
    int log_fd;
    struct str_buf texts; /* of errors, metrics, conditions and Events */
};

static void witness_init(struct witness *w)
{
    tmp_dir_init(&w->dir);
    w->log_fd = openat(w->dir.fd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(w->log_fd >= 0);
    str_buf_init(&w->texts, TEXT_MAX);
    metric_reset();
    log_set_fd(w->log_fd);
    log_set_level(LOG_LEVEL_DEBUG);
}

static void witness_done(struct witness *w)
{
    log_set_fd(STDERR_FILENO);
    log_set_level(LOG_LEVEL_ERROR);
    str_buf_done(&w->texts);
    fs_close(w->log_fd);
    tmp_dir_done(&w->dir);
}

static void hear(struct witness *w, struct err *e)
{
    if (e)
        str_buf_puts(&w->texts, err_text(e));
    err_free(e);
}

static void hear_status(struct witness *w, struct agent_rig *rig)
{
    const struct status_record_write *write =
        status_record_last(rig->status, "ExternalSecret", "db");
    const struct status_record_event *event = status_record_last_event(rig->status, "db");
    if (write)
        str_buf_puts(&w->texts, write->message);
    if (event)
        str_buf_puts(&w->texts, event->message);
}

/* Nothing that was heard holds the value, and something was heard. */
static void assert_discreet(struct witness *w)
{
    CLEANUP_STR char *log = NULL;
    size_t n;
    metric_print(&w->texts);
    assert_false(w->texts.overflowed);
    assert_false(holds_canary(w->texts.s, w->texts.n));
    assert_null(fs_read_text(w->dir.fd, "log", TEXT_MAX, &log, &n));
    assert_true(n > 0);
    assert_false(holds_canary(log, n));
}

static void put_spec(struct agent_rig *rig, const char *data)
{
    CLEANUP_STR char *spec =
        xasprintf(AGENT_RIG_SPEC_HEAD "spec:\n  secretStoreRef: {name: stores}\n"
                                      "  refreshInterval: 10m\n  %s\n",
                  data);
    agent_rig_put(rig, AGENT_RIG_EXPRESS);
    agent_rig_put(rig, spec);
}

static struct err *publish(struct agent_rig *rig, const struct row *r)
{
    struct volume_request rq = agent_rig_request(rig, "v1");
    struct deadline dl = deadline_in(&rig->clock->clock, 60 * NS_PER_S);
    rq.items_yaml = r->items;
    if (r->fails_op != NO_OP)
        mounter_fake_fail(rig->mounter, r->fails_op, 1, ERR_INTERNAL);
    return volumes_publish(rig->volumes, &rq, &dl);
}

static void make_foreign_secret(struct agent_rig *rig)
{
    CLEANUP_FD int fd = -1;
    assert_null(fs_mkdirs(rig->dir.fd, "mirror/app", 0700));
    assert_null(fs_open(rig->dir.fd, "mirror/app", O_RDONLY | O_DIRECTORY, 0, &fd));
    assert_null(fs_replace_text(fd, "db.secret.json", 0600, "{}", 2));
}

/* Publish, sync, rotate, unpublish and restart, all with the reply of the row. */
static void live(struct witness *w, const struct row *r, const char *body)
{
    CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
    log_set_level(LOG_LEVEL_DEBUG);
    http_fake_add(rig->http, &(struct http_fake_rule){.body = body, .status = r->status});
    if (r->is_mirror_foreign)
        make_foreign_secret(rig);
    status_record_fail(rig->status, r->fails_status);
    put_spec(rig, r->data);
    struct err *e = publish(rig, r);
    assert_int_equal(e == NULL, r->is_ok);
    hear(w, e);
    agent_rig_step(rig);
    agent_rig_step_in(rig, AGENT_RIG_INTERVAL_S);
    hear_status(w, rig);
    hear(w, agent_rig_publish(rig, "v2"));
    hear(w, agent_rig_unpublish(rig, "v1"));
    agent_rig_restart(rig);
    put_spec(rig, r->data);
    agent_rig_step(rig);
    hear_status(w, rig);
}

static void one_row(void **state)
{
    const struct row *r = *state;
    static char body[BODY_MAX];
    struct witness w;
    witness_init(&w);
    spell(body, r->head, r->tail);
    live(&w, r, body);
    secret_erase(body, sizeof(body));
    assert_discreet(&w);
    witness_done(&w);
    if (can_look_at_memory())
        assert_false(memory_holds_canary());
}

static void every_exhausted_allocation_is_discreet(void **state)
{
    static char body[BODY_MAX];
    struct witness w;
    (void)state;
    witness_init(&w);
    spell(body, rows[0].head, rows[0].tail);
    bool is_through = false;
    for (size_t n = 1; !is_through; n++) {
        CLEANUP(agent_rig) struct agent_rig *rig = agent_rig_new(NULL);
        log_set_level(LOG_LEVEL_DEBUG);
        http_fake_add(rig->http, &(struct http_fake_rule){.body = body});
        put_spec(rig, rows[0].data);
        secret_arena_fail_after(n);
        struct err *e = agent_rig_publish(rig, "v1");
        agent_rig_step(rig);
        secret_arena_fail_after(0);
        is_through = !e && status_record_last(rig->status, "ExternalSecret", "db")->is_ready;
        hear(&w, e);
        hear_status(&w, rig);
    }
    secret_erase(body, sizeof(body));
    assert_discreet(&w);
    witness_done(&w);
}

static void planted_value_is_found(void **state)
{
    (void)state;
    char *planted = xalloc(BODY_MAX);
    memset(planted, 0, BODY_MAX);
    assert_false(memory_holds_canary());
    spell(planted, "", "");
    assert_true(memory_holds_canary());
    secret_erase(planted, BODY_MAX);
    for (size_t i = 0; i < CANARY_BASE64; i++)
        planted[i] = (char)(masked_base64[i] ^ mask);
    assert_true(memory_holds_canary());
    secret_erase(planted, BODY_MAX);
    assert_false(memory_holds_canary());
    free(planted);
}

/* The search for texts can fail too. */
static void spoken_value_is_found(void **state)
{
    struct witness w;
    char text[BODY_MAX];
    (void)state;
    witness_init(&w);
    spell(text, "the value is ", "");
    str_buf_puts(&w.texts, text);
    assert_true(holds_canary(w.texts.s, w.texts.n));
    secret_erase(text, sizeof(text));
    secret_erase(w.texts.s, w.texts.n);
    log_info("canary.test", LF("text", "nothing"));
    assert_false(holds_canary(w.texts.s, w.texts.n));
    witness_done(&w);
}

int main(void)
{
    struct err *e = zero_alloc_install();
    if (e) {
        fprintf(stderr, "%s\n", err_text(e));
        return 1;
    }
    make_canary();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exhausted_allocation_is_discreet),
        cmocka_unit_test(spoken_value_is_found),
    };
    const struct CMUnitTest in_memory[] = {cmocka_unit_test(planted_value_is_found)};
    int failed = TABLE_RUN("canary", rows, one_row) + GROUP_RUN("canary", tests);
    return failed + (can_look_at_memory() ? GROUP_RUN("canary in memory", in_memory) : 0);
}
