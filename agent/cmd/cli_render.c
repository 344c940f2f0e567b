/* The agent's own stages on manifests and values from files: fetch from fake stores, render, print.
 * Nothing is asked over a network. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "cmd/cli.h"
#include "cmd/render_guide.h"
#include "cmd/render_input.h"
#include "cmd/render_print.h"
#include "fetch/fetch.h"
#include "render/render.h"

#define TIMEOUT_NS (30 * NS_PER_S)
#define GUIDE_BYTES_MAX ((size_t)1 << 20)
#define SECRET_BYTES_MAX ((size_t)4 << 20)

struct render_args {
    char *file;
    char *data;
    char *name;
    char *ns;
    char *output;
    char *key;
    char *diff;
    char *left, *right;
    bool is_pure;
    bool lists_functions;
};

static const char *const outputs[] = {"secret", "text", "files", NULL};

#define AT(field) .offset = offsetof(struct render_args, field)

/* clang-format off */
static const struct option rows[] = {
    {"file", OPTION_PATH, AT(file), .form = "PATH",
        .help = "Manifests: a file, or a folder of them. Also -f PATH."},
    {"data", OPTION_PATH, AT(data), .form = "FILE",
        .help = "YAML map of remote keys to values, in place of every store. Default: the values "
                "of the manifests' fake stores."},
    {"name", OPTION_TEXT, AT(name), .form = "NAME",
        .help = "Which ExternalSecret, where there are several."},
    {"namespace", OPTION_TEXT, AT(ns), .form = "NAME", .help = "Its namespace."},
    {"output", OPTION_CHOICE, "text", AT(output), .form = "secret|text|files", .choices = outputs,
        .help = "A Secret with base64, a Secret with readable values, or each value as a file."},
    {"key", OPTION_TEXT, AT(key), .form = "KEY", .help = "Print the value of this key alone."},
    {"diff", OPTION_PATH, AT(diff), .form = "FILE",
        .help = "Print what is different from the Secret in this file; exit code 3 if anything "
                "is."},
    {"template-left-delimiter", OPTION_TEXT, "{{", AT(left), .form = "TEXT",
        .help = "As the agent's option of that name."},
    {"template-right-delimiter", OPTION_TEXT, "}}", AT(right), .form = "TEXT",
        .help = "As the agent's option of that name."},
    {"pure-templates", OPTION_BOOL, AT(is_pure),
        .help = "As the agent's option of that name."},
    {"functions", OPTION_BOOL, AT(lists_functions),
        .help = "Print what templates can call, as Markdown, and render nothing."},
};
/* clang-format on */
static const struct option_set set = {rows, ARRAY_SIZE(rows)};

static const struct cli_usage usage = {
    "render -f PATH [--data=FILE] [--output=secret|text|files] [--diff=FILE]",
    "Render an ExternalSecret as the agent would, from manifests and values in files: no cluster, "
    "no\n"
    "store. Values are printed. Exit code 0: rendered, and the same as --diff; 1: it does not\n"
    "render; 2: wrong use; 3: not the same as --diff."};

static struct err *fetch_and_render(const struct render_input *in, const struct render_args *args,
                                    struct output_set **out)
{
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(fetcher) struct fetcher *fetcher = NULL;
    CLEANUP(value_set) struct value_set *values = NULL;
    const struct fetch_limits limits = {0};
    bool has_data; /* of no interest here: the error says enough */
    const struct deadline dl = deadline_in(clock_system(), TIMEOUT_NS);
    const struct render_options render = {
        .left = args->left,
        .right = args->right,
        .env = {.refuse_random = args->is_pure, .refuse_clock = args->is_pure}};
    struct err *e = digest_key_new(&key);
    if (e)
        return e;
    const struct fetcher_options o = {
        .env = {.clock = clock_system(),
                .credentials = {watch_dir_credential, in->dir},
                .config_maps = {watch_dir_config_map, in->dir},
                .getenv = NULL,
                .digest_key = key},
        .specs = in->specs,
    };
    if (in->spec->problem)
        return err_new(ERR_INVALID, "%s", in->spec->problem);
    fetcher = fetcher_new(&o);
    e = fetcher_run(fetcher, in->spec, &limits, &dl, &values);
    return e ? e : render_run(in->spec, values, &render, key, &has_data, out);
}

/* The one document of the file to compare with. */
static struct err *read_before(const char *path, struct json **out)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct err *e = fs_read_text(AT_FDCWD, path, SECRET_BYTES_MAX, &text, &n);
    if (!e)
        e = yaml_parse(text, n, &docs);
    if (text)
        secret_erase(text, n);
    if (!e && (docs.n != 1 || json_kind(docs.docs[0]) != JSON_MAP))
        e = err_new(ERR_INVALID, "%s must hold one Secret", path);
    if (e)
        return err_wrap(e, "--diff");
    *out = json_copy(docs.docs[0]);
    return NULL;
}

static struct err *print(const struct render_args *args, const struct spec *spec,
                         const struct output_set *o, bool *differs)
{
    CLEANUP(json) struct json *before = NULL;
    if (args->diff) {
        struct err *e = read_before(args->diff, &before);
        return e ? e : render_print_diff(spec, o, before, differs);
    }
    if (args->key)
        return render_print_key(o, args->key);
    if (strcmp(args->output, "files") == 0) {
        render_print_files(o);
        return NULL;
    }
    return render_print_object(spec, o, strcmp(args->output, "text") == 0);
}

static struct err *run(const struct render_args *args, bool *differs)
{
    struct render_input in;
    CLEANUP(output_set) struct output_set *o = NULL;
    const struct render_input_options options = {
        .file = args->file, .data = args->data, .ns = args->ns, .name = args->name};
    struct err *e = render_input_read(&options, &in);
    if (!e)
        e = fetch_and_render(&in, args, &o);
    if (e && in.spec)
        e = err_wrap(e, "ExternalSecret \"%s/%s\"", in.spec->meta.ns, in.spec->meta.name);
    if (!e)
        e = print(args, in.spec, o, differs);
    render_input_done(&in);
    return e;
}

static struct err *list_functions(void)
{
    CLEANUP_STR_BUF struct str_buf text;
    str_buf_init(&text, GUIDE_BYTES_MAX);
    render_guide(&text);
    cli_print(text.s);
    return NULL;
}

/* "-f PATH" as kubectl has it becomes "--file PATH"; file holds "--file". */
static void expand_short(int argc, char **argv, char *file)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-f") == 0)
            argv[i] = file;
    }
}

int cli_render(int argc, char **argv)
{
    struct render_args args = {0};
    bool differs = false;
    int code = CLI_FAILED;
    char file[] = "--file";
    expand_short(argc, argv, file);
    if (cli_options(&usage, &set, false, argc, argv, &args, &code)) {
        bool is_misuse = !args.file && !args.lists_functions;
        struct err *e = is_misuse              ? err_new(ERR_INVALID, "render needs -f PATH")
                        : args.lists_functions ? list_functions()
                                               : run(&args, &differs);
        if (e)
            code = is_misuse ? cli_misuse(e) : cli_fail(e);
        else
            code = differs ? CLI_DIFFERS : CLI_OK;
    }
    option_done(&set, &args);
    return code;
}
