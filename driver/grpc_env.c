/* gRPC's threads inherit the signal mask of the thread that starts the library: signals belong to
 * the main thread alone. Its log goes through ours, at errors only: the library reports ordinary
 * closed connections more loudly than they deserve. */

#include "driver/grpc_env.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <signal.h>

#include "base/log.h"

static void log_line(gpr_log_func_args *args)
{
    log_warn("grpc.message", LF("text", args->message));
}

void grpc_env_open(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    gpr_set_log_function(log_line);
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    grpc_init();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void grpc_env_close(void)
{
    grpc_shutdown();
}
