/* A benchmark that cannot do its work has no result: every failure ends the program. */

#include "tests/bench/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fs.h"

#define NUMBER_MAX 1000000000UL
#define FOLDER_MODE 0750

uint64_t tool_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

void tool_give_up(const char *what)
{
    perror(what);
    exit(1);
}

size_t tool_number(const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || n > NUMBER_MAX) {
        fprintf(stderr, "%s: want a number\n", text);
        exit(2);
    }
    return n;
}

char *tool_parent(const char *kubelet_root, size_t number)
{
    return xasprintf("%s/pods/bench-%06zu/volumes/kubernetes.io~csi/v", kubelet_root, number);
}

char *tool_target(const char *kubelet_root, size_t number)
{
    CLEANUP_STR char *parent = tool_parent(kubelet_root, number);
    return xasprintf("%s/mount", parent);
}

void tool_make_folder(const char *path)
{
    struct err *e = fs_mkdirs(AT_FDCWD, path, FOLDER_MODE);
    if (e) {
        fprintf(stderr, "%s\n", err_text(e));
        exit(1);
    }
}
