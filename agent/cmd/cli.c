/* Everything that every sub-command needs around its own work. This is the one place that knows
 * about stdout and stderr; a command that printed to a closed pipe or a full disk has failed. */

#include "cmd/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/str_buf.h"

#define HELP_BYTES_MAX (64u << 10)

void cli_print(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        putchar(is_control ? '?' : c);
    }
}

int cli_fail(struct err *e)
{
    fprintf(stderr, "lockstep: %s\n", err_text(e));
    err_free(e);
    return CLI_FAILED;
}

int cli_misuse(struct err *e)
{
    cli_fail(e);
    return CLI_USAGE;
}

void cli_help(const struct cli_usage *usage, const struct option_set *set)
{
    CLEANUP_STR_BUF struct str_buf text;
    str_buf_init(&text, HELP_BYTES_MAX);
    str_buf_printf(&text, "Usage: lockstep %s\n", usage->synopsis);
    if (usage->about)
        str_buf_printf(&text, "\n%s\n", usage->about);
    if (set) {
        str_buf_puts(&text, "\nOptions:\n");
        option_help(set, &text);
    }
    cli_print(text.s);
}

bool cli_options(const struct cli_usage *usage, const struct option_set *set, bool has_env,
                 int argc, char **argv, void *target, int *out_code)
{
    bool is_help;
    const struct option_input in = {
        .argc = argc - 1, .argv = argv + 1, .get_env = has_env ? getenv : NULL};
    struct err *e = option_load(set, &in, target, &is_help);
    if (e) {
        *out_code = err_class(e) == ERR_INVALID ? cli_misuse(e) : cli_fail(e);
        return false;
    }
    if (is_help) {
        cli_help(usage, set);
        *out_code = CLI_OK;
    }
    return !is_help;
}

static void list_commands(const struct cli_command *commands, size_t n)
{
    cli_print("Usage: lockstep COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; i < n; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    cli_print("\n`lockstep COMMAND --help` tells more. As kubectl-lockstep in the PATH it is a "
              "plugin of kubectl.\n");
}

static int unknown_command(const struct cli_command *commands, size_t n, const char *name)
{
    struct nearest s;
    nearest_init(&s, name, strlen(name));
    for (size_t i = 0; i < n; i++)
        nearest_offer(&s, commands[i].name, commands[i].name);
    if (s.best)
        return cli_misuse(
            err_new(ERR_INVALID, "no command of that name, did you mean %s?", s.best));
    return cli_misuse(err_new(ERR_INVALID, "no command of that name, see lockstep --help"));
}

bool cli_is_help(const char *arg)
{
    return strcmp(arg, "help") == 0 || strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static int dispatch(const struct cli_command *commands, size_t n, int argc, char **argv)
{
    if (argc < 2 || cli_is_help(argv[1])) {
        list_commands(commands, n);
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown_command(commands, n, argv[1]);
}

int cli_run(const struct cli_command *commands, size_t n, int argc, char **argv)
{
    int code = dispatch(commands, n, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout))
        return code == CLI_OK ? CLI_FAILED : code;
    return code;
}
