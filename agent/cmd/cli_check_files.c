/* `check -f`: manifests in files, and nothing else is asked. -f may be given several times, which
 * the table of options does not know, so it is taken out of the arguments before. */

#include <string.h>

#include "base/alloc.h"
#include "cmd/check_file.h"
#include "cmd/cli.h"

#define FILE_FLAG "--file"

struct files_args {
    char *file; /* only for the help, and where it has no value */
    char *left, *right;
    bool is_pure;
};

#define AT(field) .offset = offsetof(struct files_args, field)

/* clang-format off */
static const struct option rows[] = {
    {"file", OPTION_PATH, AT(file), .form = "PATH",
        .help = "Check manifests in place of a cluster: a file, the manifests of a folder, or - "
                "for the standard input. Also -f PATH. May be given several times."},
    {"template-left-delimiter", OPTION_TEXT, "{{", AT(left), .form = "TEXT",
        .help = "As the agent's option of that name."},
    {"template-right-delimiter", OPTION_TEXT, "}}", AT(right), .form = "TEXT",
        .help = "As the agent's option of that name."},
    {"pure-templates", OPTION_BOOL, AT(is_pure),
        .help = "As the agent's option of that name."},
};
/* clang-format on */
static const struct option_set set = {rows, ARRAY_SIZE(rows)};

static const struct cli_usage usage = {"check -f PATH [-f PATH ...]", NULL};

const struct option_set *cli_check_files_options(void)
{
    return &set;
}

/* The path that the argument at *at names, which moves behind it; NULL: it is another argument. */
static const char *take_path(int argc, char **argv, int *at)
{
    const char *arg = argv[*at];
    size_t n = sizeof(FILE_FLAG) - 1;
    bool is_flag = strcmp(arg, "-f") == 0 || strcmp(arg, FILE_FLAG) == 0;
    if (is_flag && *at + 1 < argc) {
        *at += 2;
        return argv[*at - 1];
    }
    if (strncmp(arg, FILE_FLAG "=", n + 1) != 0)
        return NULL;
    *at += 1;
    return arg + n + 1;
}

/* Move all paths out of argv, into paths; the number of them. A -f without one becomes --file, of
 * which the table of options says that its value is missing. */
static size_t take_paths(int *argc, char **argv, char *flag, const char **paths)
{
    size_t n = 0;
    int to = 1;
    for (int at = 1; at < *argc;) {
        const char *path = take_path(*argc, argv, &at);
        if (path) {
            paths[n++] = path;
            continue;
        }
        argv[to++] = strcmp(argv[at], "-f") == 0 ? flag : argv[at];
        at++;
    }
    *argc = to;
    return n;
}

static size_t print_lines(const struct check_input *in)
{
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++) {
        cli_print(in->objects[i].lines.s);
        n += in->objects[i].n_problems;
    }
    return n;
}

static int check(const struct files_args *args, const char *const *paths, size_t n)
{
    const struct check_file_options options = {args->left, args->right, args->is_pure};
    struct check_input in = {0};
    struct err *e = NULL;
    for (size_t i = 0; i < n && !e; i++)
        e = check_input_add(&in, paths[i]);
    if (!e && in.n == 0)
        e = err_new(ERR_NOT_FOUND, "there are no manifests: want *.yaml, *.yml or *.json");
    int code = CLI_FAILED;
    if (!e) {
        check_file_run(&in, &options);
        code = print_lines(&in) > 0 ? CLI_FAILED : CLI_OK;
    }
    check_input_done(&in);
    return e ? cli_fail(e) : code;
}

int cli_check_files(int argc, char **argv)
{
    struct files_args args = {0};
    char flag[] = FILE_FLAG;
    int code = CLI_OK;
    const char **paths = xcalloc((size_t)argc, sizeof(*paths));
    size_t n = take_paths(&argc, argv, flag, paths);
    if (cli_options(&usage, &set, false, argc, argv, &args, &code))
        code = check(&args, paths, n);
    option_done(&set, &args);
    free(paths);
    return code;
}
