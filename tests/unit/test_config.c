/* Options: where values come from and which one wins, what each kind of value refuses, what the
 * help says, and the defaults that depend on others. */

#include "cmd/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "tests/support/table.h"

#define ARGS_MAX 6
#define VARIABLES_MAX 3
#define DOC "docs/CONFIGURATION.md" /* tests run in the top folder */
#define DOC_MAX (256u << 10)

/* Variables of the row under test: "NAME=value". */
static const char *const *environment;

static char *fake_env(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; environment && i < VARIABLES_MAX && environment[i]; i++)
        if (strncmp(environment[i], name, n) == 0 && environment[i][n] == '=')
            return (char *)(uintptr_t)(environment[i] + n + 1);
    return NULL;
}

struct sources {
    const char *args[ARGS_MAX];
    const char *variables[VARIABLES_MAX];
    const char *file; /* content; NULL: none */
};

static int count_args(const char *const *args)
{
    int n = 0;
    while (n < ARGS_MAX && args[n])
        n++;
    return n;
}

/* Load from s; the file is handed over by the last argument. */
static struct err *load(const struct sources *s, struct config *out, bool *out_is_help)
{
    char path[] = "/tmp/lockstep-config-XXXXXX";
    char flag[64];
    char *argv[ARGS_MAX + 1];
    int argc = count_args(s->args);
    memcpy(argv, s->args, sizeof(s->args));
    if (s->file) {
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, s->file, strlen(s->file)), strlen(s->file));
        close(fd);
        snprintf(flag, sizeof(flag), "--config=%s", path);
        argv[argc++] = flag;
    }
    environment = s->variables;
    const struct option_input in = {argc, argv, fake_env};
    struct err *e = config_load(&in, out, out_is_help);
    environment = NULL;
    if (s->file)
        unlink(path);
    return e;
}

/* One value as text, by the option's name, whatever its type. */
static char *show(const struct config *c, const char *name)
{
    const struct option_set *set = config_options();
    for (size_t i = 0; i < set->n; i++) {
        const struct option *o = &set->rows[i];
        const void *field = (const char *)c + o->offset;
        if (strcmp(o->name, name) != 0)
            continue;
        switch (o->kind) {
        case OPTION_BOOL:
            return xstrdup(*(const bool *)field ? "true" : "false");
        case OPTION_INT:
            return xasprintf("%lld", (long long)*(const int64_t *)field);
        case OPTION_SIZE:
        case OPTION_DURATION:
            return xasprintf("%llu", (unsigned long long)*(const uint64_t *)field);
        case OPTION_TEXT:
        case OPTION_PATH:
        case OPTION_CHOICE:
            return xstrdup(*(char *const *)field ? *(char *const *)field : "(null)");
        }
    }
    fail_msg("no option --%s", name);
    return NULL;
}

struct good_row {
    const char *name;
    struct sources from;
    const char *option;
    const char *want;
};

#define NODE "--node-name=n1"
#define ARGS(...)                                                                                  \
    {                                                                                              \
        .args = { __VA_ARGS__ }                                                                    \
    }

static const struct good_row good_rows[] = {
    {"default", {{NODE}, {NULL}, NULL}, "workers", "4"},
    {"file over default", {{NODE}, {NULL}, "workers: 5\n"}, "workers", "5"},
    {"variable over file", {{NODE}, {"LOCKSTEP_WORKERS=6"}, "workers: 5\n"}, "workers", "6"},
    {"flag over variable",
     {{NODE, "--workers=7"}, {"LOCKSTEP_WORKERS=6"}, "workers: 5\n"},
     "workers",
     "7"},
    {"last flag wins", {{NODE, "--workers=7", "--workers", "8"}, {NULL}, NULL}, "workers", "8"},
    {"empty variable is unset", {{NODE}, {"LOCKSTEP_WORKERS="}, NULL}, "workers", "4"},
    {"second variable", {{NODE}, {"POD_NAMESPACE=a"}, NULL}, "namespace", "a"},
    {"own variable over second",
     {{NODE}, {"LOCKSTEP_NAMESPACE=b", "POD_NAMESPACE=a"}, NULL},
     "namespace",
     "b"},
    {"value as next argument",
     {{NODE, "--driver-name", "d.x"}, {NULL}, NULL},
     "driver-name",
     "d.x"},
    {"value with equals sign", {{NODE, "--source=dir:/a=b"}, {NULL}, NULL}, "source", "dir:/a=b"},
    {"bool flag", {{NODE, "--api-http1"}, {NULL}, NULL}, "api-http1", "true"},
    {"bool flag with value", {{NODE, "--api-http1=false"}, {NULL}, NULL}, "api-http1", "false"},
    {"negated bool", {{NODE, "--no-api-http1"}, {NULL}, "apiHttp1: true\n"}, "api-http1", "false"},
    {"bool variable", {{NODE}, {"LOCKSTEP_API_HTTP1=true"}, NULL}, "api-http1", "true"},
    {"bool key as text", {{NODE}, {NULL}, "apiHttp1: 'true'\n"}, "api-http1", "true"},
    {"size in Mi", {{NODE, "--cache-size=2Mi"}, {NULL}, NULL}, "cache-size", "2097152"},
    {"size in M", {{NODE, "--cache-size=2M"}, {NULL}, NULL}, "cache-size", "2000000"},
    {"size as number", {{NODE}, {NULL}, "cacheSize: 1048577\n"}, "cache-size", "1048577"},
    {"size as text", {{NODE}, {NULL}, "cacheSize: 2048Ki\n"}, "cache-size", "2097152"},
    {"duration",
     {{NODE, "--publish-timeout=1m30s"}, {NULL}, NULL},
     "publish-timeout",
     "90000000000"},
    {"duration of zero", {{NODE, "--max-stale=0"}, {NULL}, NULL}, "max-stale", "0"},
    {"choice", {{NODE, "--log-level=debug"}, {NULL}, NULL}, "log-level", "debug"},
    {"off in the file is text", {{NODE}, {NULL}, "mirror: off\n"}, "mirror", "off"},
    {"empty file", {{NODE}, {NULL}, "# nothing\n"}, "workers", "4"},
    {"file from the variable",
     {{NODE}, {"LOCKSTEP_CONFIG=/dev/null"}, NULL},
     "config",
     "/dev/null"},
    {"slashes at the end", {{NODE, "--kubelet-root=/k//"}, {NULL}, NULL}, "kubelet-root", "/k"},
    {"root stays root", {{NODE, "--kubelet-root=/"}, {NULL}, NULL}, "kubelet-root", "/"},
    {"socket by default",
     {{NODE}, {NULL}, NULL},
     "csi-socket",
     "/var/lib/kubelet/plugins/csi.lockstep.dev/csi.sock"},
    {"socket follows folder and driver",
     {{NODE, "--kubelet-root=/k", "--driver-name=d.x"}, {NULL}, NULL},
     "csi-socket",
     "/k/plugins/d.x/csi.sock"},
    {"endpoint follows socket", {{NODE, "--csi-socket=/s"}, {NULL}, NULL}, "csi-endpoint", "/s"},
    {"state follows folder",
     {{NODE, "--kubelet-root=/k"}, {NULL}, NULL},
     "state-dir",
     "/k/plugins/csi.lockstep.dev/state"},
    {"registry follows folder",
     {{NODE, "--kubelet-root=/k"}, {NULL}, NULL},
     "registration-dir",
     "/k/plugins_registry"},
    {"registry off",
     {{NODE, "--registration-dir=off"}, {NULL}, NULL},
     "registration-dir",
     "(null)"},
    {"admin off", {{NODE, "--admin=off"}, {NULL}, NULL}, "admin", "(null)"},
    {"admin on all", {{NODE, "--admin=:9808"}, {NULL}, NULL}, "admin", ":9808"},
    {"mirror with a cluster", {{NODE}, {NULL}, NULL}, "mirror", "kubernetes"},
    {"mirror with a folder", {{NODE, "--source=dir:/m"}, {NULL}, NULL}, "mirror", "off"},
    {"mirror said",
     {{NODE, "--source=dir:/m", "--mirror=kubernetes"}, {NULL}, NULL},
     "mirror",
     "kubernetes"},
};

static void good(void **state)
{
    const struct good_row *row = *state;
    CLEANUP_CONFIG struct config c = {0};
    CLEANUP(err) struct err *e = NULL;
    CLEANUP_STR char *got = NULL;
    bool is_help = true;
    e = load(&row->from, &c, &is_help);
    if (e)
        fail_msg("%s", err_text(e));
    assert_false(is_help);
    got = show(&c, row->option);
    assert_string_equal(got, row->want);
}

struct bad_row {
    const char *name;
    struct sources from;
    enum err_class cls;
    const char *text;
};

static const struct bad_row bad_rows[] = {
    {"unknown flag", ARGS("--wurkers=3"), ERR_INVALID,
     "unknown option --wurkers, did you mean --workers?"},
    {"unknown flag, nothing near", ARGS("--colour=3"), ERR_INVALID, "unknown option --colour"},
    {"value of an unknown flag is not shown", ARGS("--token=hunter2"), ERR_INVALID,
     "unknown option --token"},
    {"unknown variable-like key",
     {{NULL}, {NULL}, "kubelet-root: /k\n"},
     ERR_INVALID,
     "unknown key kubelet-root, did you mean kubeletRoot?"},
    {"unknown key, nothing near",
     {{NULL}, {NULL}, "colour: red\n"},
     ERR_INVALID,
     "unknown key colour"},
    {"file inside the file", {{NULL}, {NULL}, "config: /x\n"}, ERR_INVALID, "unknown key config"},
    {"no flag at all", ARGS("workers"), ERR_INVALID,
     "argument 1 is no option: options begin with --"},
    {"bare dashes", ARGS("--workers=3", "--"), ERR_INVALID, "argument 2 is no option"},
    {"flag without value", ARGS("--workers"), ERR_INVALID, "--workers: has no value"},
    {"flag with empty value", ARGS("--workers="), ERR_INVALID, "--workers: has no value"},
    {"negated value", ARGS("--no-workers"), ERR_INVALID, "unknown option --no-workers"},
    {"negated bool with value", ARGS("--no-api-http1=true"), ERR_INVALID,
     "unknown option --no-api-http1"},
    {"bool", ARGS("--api-http1=yes"), ERR_INVALID, "--api-http1: want true or false"},
    {"int", ARGS("--workers=many"), ERR_INVALID, "--workers: want a whole number from 1 to 64"},
    {"int with tail", ARGS("--workers=3x"), ERR_INVALID, "--workers: want a whole number"},
    {"int too small", ARGS("--workers=0"), ERR_INVALID, "--workers: want a whole number"},
    {"int negative", ARGS("--workers=-3"), ERR_INVALID, "--workers: want a whole number"},
    {"int too large", ARGS("--workers=65"), ERR_INVALID, "--workers: want a whole number"},
    {"int beyond 64 bits", ARGS("--workers=99999999999999999999"), ERR_INVALID,
     "--workers: want a whole number"},
    {"int as fraction in the file",
     {{NULL}, {NULL}, "workers: 1.5\n"},
     ERR_INVALID,
     "workers: want a whole number"},
    {"size", ARGS("--cache-size=big"), ERR_INVALID,
     "--cache-size: want a size such as 16Mi, from 1Mi to 1Gi"},
    {"size with unknown unit", ARGS("--cache-size=1Qi"), ERR_INVALID, "--cache-size: want a size"},
    {"size too large", ARGS("--cache-size=2Gi"), ERR_INVALID, "--cache-size: want a size"},
    {"size beyond 64 bits", ARGS("--cache-size=99999999999999Gi"), ERR_INVALID,
     "--cache-size: want a size"},
    {"size too small", ARGS("--secret-memory=1Ki"), ERR_INVALID, "from 1Mi to 4Gi"},
    {"duration", ARGS("--publish-timeout=soon"), ERR_INVALID,
     "--publish-timeout: want a duration such as 1m30s, from 1s to 120s"},
    {"duration without unit", ARGS("--publish-timeout=90"), ERR_INVALID, "want a duration"},
    {"duration negative", ARGS("--publish-timeout=-90s"), ERR_INVALID, "want a duration"},
    {"duration too long", ARGS("--publish-timeout=3m"), ERR_INVALID, "want a duration"},
    {"choice", ARGS("--log-level=loud"), ERR_INVALID,
     "--log-level: want debug, info, warn or error"},
    {"path relative", ARGS("--kubelet-root=k"), ERR_INVALID,
     "--kubelet-root: want an absolute path"},
    {"path with dots", ARGS("--kubelet-root=/k/../l"), ERR_INVALID, "want an absolute path"},
    {"path with dots at the end", ARGS("--kubelet-root=/k/.."), ERR_INVALID,
     "want an absolute path"},
    {"path with a dot", ARGS("--kubelet-root=/./k"), ERR_INVALID, "want an absolute path"},
    {"path with empty element", ARGS("--kubelet-root=/k//l"), ERR_INVALID, "want an absolute path"},
    {"text with newline", ARGS("--source=dir:/a\nb"), ERR_INVALID,
     "--source: want printable UTF-8"},
    {"text that is no UTF-8", ARGS("--source=dir:/\xff"), ERR_INVALID, "want printable UTF-8"},
    {"source", ARGS("--source=folder"), ERR_INVALID, "--source: want kubernetes or dir:PATH"},
    {"source without path", ARGS("--source=dir:"), ERR_INVALID, "want kubernetes or dir:PATH"},
    {"source off", ARGS("--source=off"), ERR_INVALID, "want kubernetes or dir:PATH"},
    {"mirror", ARGS("--mirror=yes"), ERR_INVALID, "--mirror: want kubernetes, dir:PATH or off"},
    {"node name", ARGS("--node-name=$(NODE_NAME)"), ERR_INVALID, "--node-name: want a node's name"},
    {"namespace", ARGS("--namespace=a.b"), ERR_INVALID, "--namespace: want a namespace"},
    {"driver name", ARGS("--driver-name=-x"), ERR_INVALID,
     "--driver-name: want a domain-style name"},
    {"admin", ARGS("--admin=localhost:1"), ERR_INVALID, "--admin: want HOST:PORT"},
    {"socket too long",
     ARGS(NODE, "--csi-socket=/"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     ERR_INVALID, "--csi-socket: the path is longer than 107 bytes"},
    {"endpoint too long",
     ARGS(NODE, "--csi-socket=/s",
          "--csi-endpoint=/"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     ERR_INVALID, "--csi-endpoint: the path is longer than 107 bytes"},
    {"fan-out", ARGS(NODE, "--cluster-external-secrets=true"), ERR_INVALID,
     "--cluster-external-secrets: want auto, on or off"},
    {"watching without mirror", ARGS(NODE, "--watch-secrets", "--mirror=off"), ERR_INVALID,
     "--watch-secrets needs --mirror=kubernetes"},
    {"bad variable",
     {.args = {NODE}, .variables = {"LOCKSTEP_WORKERS=0"}},
     ERR_INVALID,
     "LOCKSTEP_WORKERS: want a whole number"},
    {"bad second variable",
     {.args = {NODE}, .variables = {"POD_NAMESPACE=?"}},
     ERR_INVALID,
     "POD_NAMESPACE: want a namespace"},
    {"bad variable below a flag",
     {.args = {NODE, "--workers=3"}, .variables = {"LOCKSTEP_WORKERS=0"}},
     ERR_INVALID,
     "LOCKSTEP_WORKERS: want a whole number"},
    {"bad key below a flag",
     {{NODE, "--workers=3"}, {NULL}, "workers: 0\n"},
     ERR_INVALID,
     ": workers: want a whole number"},
    {"key without value", {{NODE}, {NULL}, "workers:\n"}, ERR_INVALID, "workers: has no value"},
    {"number for text",
     {{NODE}, {NULL}, "nodeName: 12\n"},
     ERR_INVALID,
     "nodeName: want one plain value, text in quotes"},
    {"list for a value",
     {{NODE}, {NULL}, "workers: [1]\n"},
     ERR_INVALID,
     "workers: want one plain value"},
    {"map for a value",
     {{NODE}, {NULL}, "workers: {a: 1}\n"},
     ERR_INVALID,
     "workers: want one plain value"},
    {"bool for a number",
     {{NODE}, {NULL}, "workers: true\n"},
     ERR_INVALID,
     "workers: want one plain value"},
    {"key twice", {{NODE}, {NULL}, "workers: 1\nworkers: 2\n"}, ERR_INVALID, "workers"},
    {"file is a list", {{NODE}, {NULL}, "- workers\n"}, ERR_INVALID, "want a map of options"},
    {"two documents",
     {{NODE}, {NULL}, "workers: 1\n---\nworkers: 2\n"},
     ERR_INVALID,
     "want one YAML document"},
    {"no YAML", {{NODE}, {NULL}, "workers: [\n"}, ERR_INVALID, "line 2"},
    {"no file", ARGS(NODE, "--config=/nonexistent/x"), ERR_NOT_FOUND, "configuration file"},
    {"file is a folder", ARGS(NODE, "--config=/"), ERR_INTERNAL, "configuration file"},
};

static void bad(void **state)
{
    const struct bad_row *row = *state;
    CLEANUP_CONFIG struct config c = {0};
    CLEANUP(err) struct err *e = NULL;
    bool is_help;
    e = load(&row->from, &c, &is_help);
    assert_non_null(e);
    if (!strstr(err_text(e), row->text))
        fail_msg("got: %s", err_text(e));
    assert_int_equal(err_class(e), row->cls);
    assert_null(strstr(err_text(e), "hunter2"));
}

static void value_too_long(void **state)
{
    CLEANUP_CONFIG struct config c = {0};
    CLEANUP_STR char *arg = xalloc(OPTION_VALUE_MAX + 32);
    CLEANUP(err) struct err *e = NULL;
    bool is_help;
    (void)state;
    int n = snprintf(arg, 32, "--source=dir:");
    memset(arg + n, 'a', OPTION_VALUE_MAX);
    arg[n + OPTION_VALUE_MAX] = '\0';
    const struct sources s = {.args = {arg}};
    e = load(&s, &c, &is_help);
    assert_non_null(e);
    assert_string_equal(err_text(e), "--source: is longer than 4095 bytes");
}

struct help_row {
    const char *name;
    const char *args[ARGS_MAX];
};

static const struct help_row help_rows[] = {
    {"long", {"--help"}},
    {"short", {"-h"}},
    {"after a bad value", {"--workers=0", "--help"}},
    {"before an unknown flag", {"--help", "--wurkers"}},
};

static void help_asked(void **state)
{
    const struct help_row *row = *state;
    CLEANUP_CONFIG struct config c = {0};
    struct sources s = {.args = {NULL}};
    bool is_help = false;
    memcpy(s.args, row->args, sizeof(s.args));
    assert_null(load(&s, &c, &is_help));
    assert_true(is_help);
}

/* Each option stands in the help with its form and its default. */
static void help_is_complete(void **state)
{
    const struct option_set *set = config_options();
    CLEANUP_STR_BUF struct str_buf out;
    (void)state;
    str_buf_init(&out, 64u << 10);
    option_help(set, &out);
    for (size_t i = 0; i < set->n; i++) {
        const struct option *o = &set->rows[i];
        CLEANUP_STR char *flag = xasprintf("\n  --%s%s", o->name, o->form ? "=" : "\n");
        CLEANUP_STR char *fallback = xasprintf("Default: %s.", o->fallback ? o->fallback : "");
        const char *at = strstr(out.s, i ? flag : flag + 1);
        assert_non_null(at);
        assert_non_null(strstr(at, o->help));
        if (o->fallback)
            assert_non_null(strstr(at, fallback));
    }
    assert_non_null(strstr(out.s, "One of debug, info, warn, error."));
}

/* What the loader relies on, of every row. */
static void rows_are_sound(void **state)
{
    const struct option_set *set = config_options();
    (void)state;
    assert_true(set->n <= OPTION_ROWS_MAX);
    for (size_t i = 0; i < set->n; i++) {
        const struct option *o = &set->rows[i];
        assert_true(strlen(o->name) <= OPTION_NAME_MAX);
        assert_true((o->form == NULL) == (o->kind == OPTION_BOOL));
        assert_true((o->choices != NULL) == (o->kind == OPTION_CHOICE));
        assert_true(o->help[strlen(o->help) - 1] == '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(o->name, set->rows[j].name);
    }
}

/* The row that the manual must have for o, up to the default; bars inside a cell are escaped. */
static void manual_row(const struct option *o, struct str_buf *out)
{
    char key[OPTION_DERIVED_SIZE];
    option_key_name(o->name, key);
    str_buf_printf(out, "\n| `--%s%s", o->name, o->form ? "=" : "");
    for (const char *c = o->form ? o->form : ""; *c; c++)
        str_buf_printf(out, "%s%c", *c == '|' ? "\\" : "", *c);
    str_buf_printf(out, "` | `%s` | ", key);
    if (o->fallback)
        str_buf_printf(out, "`%s` | ", o->fallback);
}

/* Each option stands in the manual with its form, its key and its default. */
static void manual_is_complete(void **state)
{
    const struct option_set *set = config_options();
    CLEANUP_STR char *text = NULL;
    CLEANUP_STR_BUF struct str_buf row;
    str_buf_init(&row, 1024);
    (void)state;
    assert_null(fs_read_text(AT_FDCWD, DOC, DOC_MAX, &text, NULL));
    for (size_t i = 0; i < set->n; i++) {
        str_buf_clear(&row);
        manual_row(&set->rows[i], &row);
        if (!strstr(text, row.s))
            fail_msg("%s lacks:%s", DOC, row.s);
    }
}

struct name_row {
    const char *name;
    const char *env;
    const char *key;
};

static const struct name_row name_rows[] = {
    {"admin", "LOCKSTEP_ADMIN", "admin"},
    {"kubelet-root", "LOCKSTEP_KUBELET_ROOT", "kubeletRoot"},
    {"require-locked-memory", "LOCKSTEP_REQUIRE_LOCKED_MEMORY", "requireLockedMemory"},
    {"kube-qps", "LOCKSTEP_KUBE_QPS", "kubeQps"},
    {"kube-burst", "LOCKSTEP_KUBE_BURST", "kubeBurst"},
    {"api-http1", "LOCKSTEP_API_HTTP1", "apiHttp1"},
};

static void derived_names(void **state)
{
    const struct name_row *row = *state;
    char env[OPTION_DERIVED_SIZE], key[OPTION_DERIVED_SIZE];
    option_env_name(row->name, env);
    option_key_name(row->name, key);
    assert_string_equal(env, row->env);
    assert_string_equal(key, row->key);
}

/* The places and folders that are derived from texts, and the host's name. */
static void derived_fields(void **state)
{
    CLEANUP_CONFIG struct config c = {0};
    const struct sources s = {.args = {"--source=dir:/in", "--mirror=dir:out", "--log-level=warn"}};
    bool is_help;
    char host[256] = "";
    (void)state;
    assert_null(load(&s, &c, &is_help));
    assert_int_equal(c.source_place, CONFIG_DIR);
    assert_string_equal(c.source_dir, "/in");
    assert_int_equal(c.mirror_place, CONFIG_DIR);
    assert_string_equal(c.mirror_dir, "out");
    assert_int_equal(c.level, LOG_LEVEL_WARN);
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    assert_string_equal(c.node_name, host);
    assert_null(c.ns);
    assert_null(c.kubeconfig);
    config_done(&c);
    assert_null(c.source);
    assert_null(c.source_dir);
}

struct fan_out_row {
    const char *name, *argument;
    enum config_fan_out want;
};

static const struct fan_out_row fan_out_rows[] = {
    {"not said", NODE, CONFIG_FAN_OUT_AUTO},
    {"auto", "--cluster-external-secrets=auto", CONFIG_FAN_OUT_AUTO},
    {"on", "--cluster-external-secrets=on", CONFIG_FAN_OUT_ON},
    {"off", "--cluster-external-secrets=off", CONFIG_FAN_OUT_OFF},
};

static void fan_out(void **state)
{
    const struct fan_out_row *row = *state;
    CLEANUP_CONFIG struct config c = {0};
    const struct sources s = {.args = {NODE, row->argument}};
    bool is_help;
    assert_null(load(&s, &c, &is_help));
    assert_int_equal(c.fan_out, row->want);
}

/* Without an environment only flags count: what commands for the hand ask for. */
static void flags_only(void **state)
{
    static char *const argv[] = {(char *)(uintptr_t)NODE};
    CLEANUP_CONFIG struct config c = {0};
    const struct option_input in = {1, argv, NULL};
    static const char *const variables[VARIABLES_MAX] = {"LOCKSTEP_WORKERS=6"};
    bool is_help;
    (void)state;
    environment = variables;
    assert_null(config_load(&in, &c, &is_help));
    environment = NULL;
    assert_int_equal(c.workers, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_too_long), cmocka_unit_test(help_is_complete),
        cmocka_unit_test(rows_are_sound), cmocka_unit_test(derived_fields),
        cmocka_unit_test(flags_only),     cmocka_unit_test(manual_is_complete),
    };
    return TABLE_RUN("config_good", good_rows, good) + TABLE_RUN("config_bad", bad_rows, bad) +
           TABLE_RUN("config_help", help_rows, help_asked) +
           TABLE_RUN("config_names", name_rows, derived_names) +
           TABLE_RUN("config_fan_out", fan_out_rows, fan_out) + GROUP_RUN("config", tests);
}
