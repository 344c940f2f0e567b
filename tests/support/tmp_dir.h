#pragma once
/* tmp_dir.h: a private folder for one test, removed afterwards.
 *
 * Owns     the folder.
 * Threads  the test thread. */

#include "base/attr.h"

struct tmp_dir {
    char path[64];
    int fd;
};

/* Make it below /tmp, and remove it; abort when that fails. */
void tmp_dir_init(struct tmp_dir *d);
void tmp_dir_done(struct tmp_dir *d);
#define CLEANUP_TMP_DIR __attribute__((cleanup(tmp_dir_done)))
