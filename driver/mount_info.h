#pragma once
/* mount_info.h: which mount a descriptor stands on, and what the kernel says of that mount.
 *
 * Owns     nothing; results are plain data.
 * Threads  any.
 * Source   proc(5) "/proc/pid/fdinfo", "/proc/pid/mountinfo". */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"

#define MOUNT_INFO_TEXT_SIZE 64

struct mount_info {
    int id;
    int parent_id;
    char fs_type[MOUNT_INFO_TEXT_SIZE]; /* cut when longer */
    char source[MOUNT_INFO_TEXT_SIZE];  /* as printed, octal escapes kept; cut when longer */
};

/* Id of the mount that fd (also O_PATH) was opened on. Works on every kernel that has CSI.
 * Errors: NOT_FOUND (no such descriptor, or no /proc), INTERNAL. */
NODISCARD struct err *mount_info_id(int fd, int *out_id);

/* Parse one line of mountinfo; false when it is none. */
bool mount_info_parse(const char *line, struct mount_info *out);

/* Line of the mount with id. Reads line by line: a node may have tens of thousands.
 * Errors: NOT_FOUND (no such mount, or no /proc), INTERNAL. */
NODISCARD struct err *mount_info_find(int id, struct mount_info *out);
