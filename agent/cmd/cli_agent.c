/* The agent itself: configuration, then everything in wire.c, then wait for a signal. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/secret_buf.h"
#include "base/zero_alloc.h"
#include "cmd/cli.h"
#include "cmd/config.h"
#include "cmd/wire.h"

#define TICK_S 60
#define HASTY_TICK_S 1

/* Blocked before any thread exists, so that only sigwait below sees them. */
static sigset_t block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return set;
}

static struct err *prepare(const struct config *c)
{
    log_set_level(c->level);
    secret_arena_limit(c->secret_memory_bytes);
    return zero_alloc_harden_process();
}

/* The first secret (the digest key) has been made, so it is known what the kernel allows. */
static struct err *check_memory(const struct config *c)
{
    if (secret_arena_state().is_locked)
        return NULL;
    if (c->require_locked_memory)
        return err_new(ERR_DENIED, "memory for values cannot be locked: raise the memlock limit");
    log_warn("memory.not_locked", LF("hint", "raise the memlock limit; values may be swapped out"));
    return NULL;
}

static int wait_for_signal(const sigset_t *signals, struct wire *w)
{
    struct timespec tick = {.tv_sec = HASTY_TICK_S};
    for (;;) {
        int number = sigtimedwait(signals, NULL, &tick);
        if (number > 0)
            return number;
        tick.tv_sec = wire_tick(w) ? HASTY_TICK_S : TICK_S;
    }
}

static struct err *run(const struct config *c)
{
    sigset_t signals = block_signals();
    CLEANUP(wire) struct wire *w = NULL;
    struct err *e = prepare(c);
    if (!e)
        e = wire_new(c, &w);
    if (!e)
        e = check_memory(c);
    if (!e)
        e = wire_start(w);
    if (e)
        return e;
    if (!secret_arena_state().is_locked)
        log_warn("memory.not_locked",
                 LF("hint", "raise the memlock limit; secrets may be swapped"));
    log_info("agent.started", LF("version", version_text()), LF("node", c->node_name),
             LF("source", c->source), LF("mirror", c->mirror));
    int number = wait_for_signal(&signals, w);
    log_info("agent.stopping", LF("signal", strsignal(number)));
    wire_stop(w);
    return NULL;
}

int cli_agent(int argc, char **argv)
{
    CLEANUP_CONFIG struct config c = {0};
    static const struct cli_usage usage = {
        "agent [options]", "Serve volumes on this node and mirror ExternalSecrets into Secrets."};
    struct option_input in = {argc - 1, argv + 1, getenv};
    bool is_help = false;
    struct err *e = config_load(&in, &c, &is_help);
    if (e)
        return cli_misuse(e);
    if (is_help) {
        cli_help(&usage, config_options());
        return CLI_OK;
    }
    e = run(&c);
    return e ? cli_fail(e) : CLI_OK;
}
