/* mkdtemp and the agent's own tree remover. */

#include "tests/support/tmp_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

void tmp_dir_init(struct tmp_dir *d)
{
    snprintf(d->path, sizeof(d->path), "/tmp/lockstep-test-XXXXXX");
    if (!mkdtemp(d->path))
        abort();
    d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->fd < 0)
        abort();
}

void tmp_dir_done(struct tmp_dir *d)
{
    fs_close(d->fd);
    CLEANUP_FD int parent = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(err) struct err *e = fs_remove_tree(parent, strrchr(d->path, '/') + 1);
    if (e) {
        fprintf(stderr, "%s: %s\n", d->path, err_text(e));
        abort();
    }
}
