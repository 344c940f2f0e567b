/* /proc/self/stat has everything but the descriptors. The command name in it may hold blanks and
 * brackets, so fields are counted from the last closing bracket. */

#include "ops/ops_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"

#define STAT_BYTES_MAX 4096

/* Numbers of fields in proc(5). */
#define FIELD_STATE 3
#define FIELD_UTIME 14
#define FIELD_STIME 15
#define FIELD_THREADS 20
#define FIELD_VSIZE 23
#define FIELD_RSS 24
#define FIELDS 25

static void put(struct str_buf *out, const char *type, const char *name, const char *help,
                double value)
{
    str_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name,
                   value);
}

/* Numeric fields by their number in proc(5); false when the text is not of that form. */
static bool split_stat(const char *text, double fields[FIELDS])
{
    const char *at = strrchr(text, ')');
    if (!at)
        return false;
    at++;
    for (size_t i = FIELD_STATE; i < FIELDS; i++) {
        at += strspn(at, " ");
        if (!*at)
            return false;
        fields[i] = i == FIELD_STATE ? 0 : strtod(at, NULL);
        at += strcspn(at, " ");
    }
    return true;
}

static void print_stat(struct str_buf *out)
{
    double fields[FIELDS] = {0};
    CLEANUP_STR char *text = NULL;
    CLEANUP(err)
    struct err *e = fs_read_text(AT_FDCWD, "/proc/self/stat", STAT_BYTES_MAX, &text, NULL);
    if (e || !split_stat(text, fields))
        return;
    put(out, "counter", "process_cpu_seconds_total", "User and system time used.",
        (fields[FIELD_UTIME] + fields[FIELD_STIME]) / (double)sysconf(_SC_CLK_TCK));
    put(out, "gauge", "process_resident_memory_bytes", "Memory in RAM.",
        fields[FIELD_RSS] * (double)sysconf(_SC_PAGESIZE));
    put(out, "gauge", "process_virtual_memory_bytes", "Address space.", fields[FIELD_VSIZE]);
    put(out, "gauge", "process_threads", "Threads.", fields[FIELD_THREADS]);
}

/* The listing itself holds one descriptor, which is not counted. */
static void print_descriptors(struct str_buf *out)
{
    size_t n = 0;
    DIR *dir = opendir("/proc/self/fd");
    struct rlimit limit;
    if (!dir)
        return;
    for (const struct dirent *d = readdir(dir); d; d = readdir(dir))
        n += d->d_name[0] != '.';
    closedir(dir);
    put(out, "gauge", "process_open_fds", "Open descriptors.", (double)(n - 1));
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put(out, "gauge", "process_max_fds", "Most descriptors allowed.", (double)limit.rlim_cur);
}

void ops_process_print(struct str_buf *out)
{
    print_stat(out);
    print_descriptors(out);
}
