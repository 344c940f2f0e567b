#pragma once
/* cli.h: the sub-commands, and what they share: usage, options, output and exit codes.
 *
 * Owns     nothing.
 * Threads  main. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "cmd/option.h"

/* Exit codes. */
#define CLI_OK 0
#define CLI_FAILED 1
#define CLI_USAGE 2
#define CLI_DIFFERS 3 /* what was compared is not the same */

struct cli_command {
    const char *name;
    const char *help; /* one line */
    /* argv[0] is the command's name; gives the exit code. */
    int (*run)(int argc, char **argv);
};

/* What stands above the options in `lockstep NAME --help`. */
struct cli_usage {
    const char *synopsis; /* "status [--admin=ADDRESS]" */
    const char *about;    /* a paragraph, may be NULL */
};

/* Run the command that argv[1] names; "help", "--help" and no command at all list them. Gives the
 * exit code. */
int cli_run(const struct cli_command *commands, size_t n, int argc, char **argv);

/* One per sub-command. */
int cli_agent(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_check_files(int argc, char **argv); /* check, where there is -f */
int cli_csi(int argc, char **argv);
int cli_render(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_version(int argc, char **argv);

/* Read the options of a command from argv[1..argc) into target (option_load).
 *   has_env  also from LOCKSTEP_* variables, and from a file if the table has that row
 * False: the command is over with *out_code, because help was printed or an option was wrong. */
bool cli_options(const struct cli_usage *usage, const struct option_set *set, bool has_env,
                 int argc, char **argv, void *target, int *out_code);

/* The options of `check -f`, for the help of `check`. */
const struct option_set *cli_check_files_options(void);

/* "help", "--help" or "-h"? */
bool cli_is_help(const char *arg);

/* Print usage, and the options of set unless that is NULL. */
void cli_help(const struct cli_usage *usage, const struct option_set *set);

/* Text to stdout, as it is. Terminal control characters are printed as '?'. */
void cli_print(const char *text);

/* "lockstep: TEXT" to stderr; takes e, which must not be NULL; gives CLI_FAILED. */
int cli_fail(struct err *e);

/* The same for wrong use: gives CLI_USAGE. */
int cli_misuse(struct err *e);

/* The version of CHANGELOG.md and the commit that this program was built from. */
const char *version_text(void);
const char *version_commit(void);
