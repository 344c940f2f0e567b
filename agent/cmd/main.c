/* The list of commands. The allocator comes first: a library that had allocated before would free
 * without erasing. */

#include "base/attr.h"
#include "base/zero_alloc.h"
#include "cmd/cli.h"

static const struct cli_command commands[] = {
    {"agent", "Serve volumes and mirror Secrets on this node; what the DaemonSet runs.", cli_agent},
    {"csi", "Talk to the driver's socket as the kubelet would.", cli_csi},
    {"status", "Print the status page of an agent; fails unless it is ready.", cli_status},
    {"check", "Check manifests in files, or which rights the agent lacks in the cluster.",
     cli_check},
    {"render", "Render an ExternalSecret without cluster or store, for tests of templates.",
     cli_render},
    {"version", "Print version and commit.", cli_version},
};

int main(int argc, char **argv)
{
    struct err *e = zero_alloc_install();
    if (e)
        return cli_fail(e);
    return cli_run(commands, ARRAY_SIZE(commands), argc, argv);
}
