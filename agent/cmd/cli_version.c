/* The only object that is compiled with the version and the commit, so that a new commit makes the
 * Makefile rebuild no other. */

#include <stdio.h>

#include "base/str_buf.h"
#include "cmd/cli.h"

#ifndef LOCKSTEP_VERSION
#define LOCKSTEP_VERSION "unknown"
#endif
#ifndef LOCKSTEP_COMMIT
#define LOCKSTEP_COMMIT "unknown"
#endif

const char *version_text(void)
{
    return LOCKSTEP_VERSION;
}

const char *version_commit(void)
{
    return LOCKSTEP_COMMIT;
}

static const struct cli_usage usage = {"version", NULL};

int cli_version(int argc, char **argv)
{
    static const struct option_set none = {NULL, 0};
    int code;
    if (!cli_options(&usage, &none, false, argc, argv, NULL, &code))
        return code;
    printf("lockstep %s (%s)\n", version_text(), version_commit());
    return CLI_OK;
}
