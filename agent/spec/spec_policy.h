#pragma once
/* spec_policy.h: when an ExternalSecret is refreshed, and what becomes of its target.
 *
 * Owns     plain data.
 * Threads  any.
 * Source   external-secrets.io/v1 ExternalSecret: refreshPolicy, syncWindows, target. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_WINDOWS_MAX 64

enum spec_creation {
    CREATION_OWNER,
    CREATION_ORPHAN,
    CREATION_MERGE,
    CREATION_OR_MERGE,
    CREATION_NONE
};
enum spec_deletion { DELETION_RETAIN, DELETION_DELETE, DELETION_MERGE };
enum spec_refresh { REFRESH_PERIODIC, REFRESH_ON_CHANGE, REFRESH_CREATED_ONCE };

/* One window: it opens at each firing of schedule and stays open for duration. */
struct sync_window {
    char *schedule; /* cron, five fields or "@daily" and its kin, UTC */
    int64_t duration_ns;
};

struct sync_windows {
    bool is_deny;                /* kind deny: closed while one is open; allow: open only then */
    struct sync_window *windows; /* n; 0: no windows, always open */
    size_t n;
};
