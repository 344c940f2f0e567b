/* Steps are counted up to the next look at the clock, so that charging is one comparison. The limit
 * of time begins with the first look: a small render reads no clock at all. What has hit a limit
 * stays at it, so that a function which swallows errors cannot go on. */
#include "template/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fs.h"

#define STEPS_BETWEEN_LOOKS 4096u
#define BYTES_PER_STEP 64u

static const struct template_env kernel_env;

void engine_init(struct engine *g, struct secret_arena *arena, const struct template_env *env)
{
    *g = (struct engine){
        .arena = arena,
        .env = env ? env : &kernel_env,
        .check_at = STEPS_BETWEEN_LOOKS,
    };
}

/* The time that a heavy operation takes is not counted, so it cannot be over during one. */
static bool is_time_over(struct engine *g)
{
    if (g->heavy_since_ns)
        return false;
    uint64_t now_ns = clock_mono_ns(clock_system());
    if (!g->deadline_ns)
        g->deadline_ns = now_ns + TEMPLATE_TIME_MAX_NS;
    return now_ns > g->deadline_ns;
}

static struct err *charge_slowly(struct engine *g, uint64_t n)
{
    if (n > TEMPLATE_STEPS_MAX - g->steps) {
        g->steps = g->check_at = TEMPLATE_STEPS_MAX;
        return err_new(ERR_INVALID, "limit reached: more than %u steps", TEMPLATE_STEPS_MAX);
    }
    if (is_time_over(g)) {
        g->check_at = g->steps;
        return err_new(ERR_INVALID, "limit reached: more than %u ms of time",
                       TEMPLATE_TIME_MAX_NS / 1000000u);
    }
    g->steps += n;
    g->check_at = TEMPLATE_STEPS_MAX - g->steps > STEPS_BETWEEN_LOOKS
                      ? g->steps + STEPS_BETWEEN_LOOKS
                      : TEMPLATE_STEPS_MAX;
    return NULL;
}

struct err *engine_charge(struct engine *g, uint64_t n)
{
    if (n > g->check_at - g->steps)
        return charge_slowly(g, n);
    g->steps += n;
    return NULL;
}

struct err *engine_charge_bytes(struct engine *g, uint64_t n)
{
    return engine_charge(g, n / BYTES_PER_STEP);
}

struct err *engine_charge_heavy(struct engine *g)
{
    if (g->heavy == TEMPLATE_HEAVY_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u expensive operations",
                       TEMPLATE_HEAVY_MAX);
    g->heavy++;
    if (!g->heavy_since_ns)
        g->heavy_since_ns = clock_mono_ns(clock_system());
    return NULL;
}

void engine_end_heavy(struct engine *g)
{
    if (!g->heavy_since_ns)
        return;
    if (g->deadline_ns)
        g->deadline_ns += clock_mono_ns(clock_system()) - g->heavy_since_ns;
    g->heavy_since_ns = 0;
}

bool engine_is_limit(const struct err *e)
{
    static const char begins[] = "limit reached: ";

    return err_class(e) == ERR_INVALID && strncmp(err_text(e), begins, sizeof(begins) - 1) == 0;
}

struct err *engine_enter(struct engine *g)
{
    g->depth++;
    if (g->depth > TEMPLATE_EVAL_DEPTH_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u levels of values",
                       TEMPLATE_EVAL_DEPTH_MAX);
    return NULL;
}

void engine_leave(struct engine *g)
{
    g->depth--;
}

void engine_random(struct engine *g, unsigned char *out, size_t n)
{
    if (g->env && g->env->random)
        g->env->random(g->env->ctx, out, n);
    else
        digest_random(out, n);
}

int64_t engine_now_ns(struct engine *g)
{
    return g->env && g->env->now_ns ? g->env->now_ns(g->env->ctx) : clock_unix_ns(clock_system());
}

/* Field 22 of /proc/self/stat: when the process started, in ticks since the machine did. The name
 * of the program before it is in parentheses and may hold anything. */
#define STAT_FIELDS_BEFORE_START 20
#define STAT_MAX 4096u

static uint64_t process_start_ns(void)
{
    CLEANUP_STR char *text = NULL;
    CLEANUP(err) struct err *e = fs_read_text(AT_FDCWD, "/proc/self/stat", STAT_MAX, &text, NULL);

    if (e)
        return 0;
    const char *p = strrchr(text, ')');
    for (int i = 0; p && i < STAT_FIELDS_BEFORE_START; i++)
        p = strchr(p + 1, ' ');
    return p ? strtoull(p, NULL, 10) * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK)) : 0;
}

int64_t engine_monotonic_ns(struct engine *g)
{
    struct timespec boot;

    if (g->env && g->env->now_ns)
        return 0;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (int64_t)((uint64_t)boot.tv_sec * NS_PER_S + (uint64_t)boot.tv_nsec -
                     process_start_ns());
}
