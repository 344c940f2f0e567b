/* A configuration file of any bytes: either an error, or a configuration without gaps. */

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/config.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    char flag[48];
    char *argv[] = {flag};
    const struct option_input in = {1, argv, no_env};
    CLEANUP_CONFIG struct config c = {0};
    bool is_help;
    int fd = memfd_create("config", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        return 0;
    snprintf(flag, sizeof(flag), "--config=/proc/self/fd/%d", fd);
    CLEANUP(err) struct err *e = config_load(&in, &c, &is_help);
    close(fd);
    if (e)
        return 0;
    assert(c.source && c.mirror && c.node_name && c.kubelet_root && c.csi_socket && c.state_dir);
    assert(c.workers > 0 && c.rpc_workers > 0 && c.mirror_shards > 0 && c.publish_timeout_ns > 0);
    assert((c.source_place == CONFIG_DIR) == (c.source_dir != NULL));
    return 0;
}
