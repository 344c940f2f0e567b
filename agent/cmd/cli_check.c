/* What is printed is YAML: findings are comments, and what has to be added are the documents
 * between them, so that the whole output can be read, and then applied. The questions are asked
 * with the credentials at hand, so run this in the agent's container to learn about the agent. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cmd/check_role.h"
#include "cmd/cli.h"
#include "cmd/config.h"
#include "cmd/rights.h"
#include "kube/kube_client.h"
#include "kube/kube_config.h"
#include "kube/kube_list.h"
#include "kube/kube_object.h"
#include "kube/kube_write.h"
#include "net/http_curl.h"

#define CALL_TIMEOUT_NS (30 * NS_PER_S)
#define RIGHTS_TIMEOUT_NS (120 * NS_PER_S)
#define LIST_TIMEOUT_NS (120 * NS_PER_S)
#define CONNECT_TIMEOUT_MS 10000
#define YAML_BYTES_MAX (8u << 20)
#define HELP_BYTES_MAX (64u << 10)
#define ACCOUNT_PREFIX "system:serviceaccount:"
#define DEFAULT_ACCOUNT "lockstep"
#define DEFAULT_ACCOUNT_NS "lockstep-system"

static const struct kube_resource self_reviews = {.group = "authentication.k8s.io",
                                                  .versions = {"v1"},
                                                  .plural = "selfsubjectreviews",
                                                  .kind = "SelfSubjectReview",
                                                  .is_namespaced = false};

struct checker {
    const struct config *config;
    struct kube_config *kube_config;
    struct http *http;
    struct kube_client *kube;
    struct check_roles roles;
    char *account; /* whom the RoleBindings name */
    char *account_ns;
    size_t n_missing;
};

static void checker_done(struct checker *c)
{
    check_roles_done(&c->roles);
    kube_client_free(c->kube);
    http_free(c->http);
    kube_config_free(c->kube_config);
    free(c->account);
    free(c->account_ns);
}

static struct err *connect_kube(struct checker *c)
{
    const struct http_curl_options http = {.use_http2 = !c->config->api_http1,
                                           .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                           .user_agent = "lockstep-check"};
    const char *path = c->config->kubeconfig;
    struct err *e = path ? kube_config_from_file(path, &c->kube_config)
                         : kube_config_in_cluster(getenv, KUBE_ACCOUNT_DIR, &c->kube_config);
    if (!e)
        e = http_curl_new(&http, &c->http);
    if (e)
        return e;
    const struct kube_client_options o = {
        .config = c->kube_config, .http = c->http, .clock = clock_system()};
    c->kube = kube_client_new(&o);
    return NULL;
}

/* "system:serviceaccount:NS:NAME" into its parts; false for another user. */
static bool split_account(const char *user, char **ns, char **name)
{
    const char *rest = user + sizeof(ACCOUNT_PREFIX) - 1;
    if (strncmp(user, ACCOUNT_PREFIX, sizeof(ACCOUNT_PREFIX) - 1) != 0)
        return false;
    const char *colon = strchr(rest, ':');
    if (!colon || !check_role_is_name(colon + 1))
        return false;
    CLEANUP_STR char *first = xstrndup(rest, (size_t)(colon - rest));
    if (!check_role_is_name(first))
        return false;
    *ns = TAKE(first);
    *name = xstrdup(colon + 1);
    return true;
}

/* Whose rights are we asking about? */
static struct err *ask_account(struct checker *c)
{
    const struct deadline dl = deadline_in(clock_system(), CALL_TIMEOUT_NS);
    const struct kube_target t = {.resource = &self_reviews};
    CLEANUP(json) struct json *body = json_new_map();
    CLEANUP(json) struct json *answer = NULL;
    json_set_text(body, "apiVersion", "authentication.k8s.io/v1");
    json_set_text(body, "kind", self_reviews.kind);
    struct err *e = kube_create(c->kube, &t, body, &dl, &answer);
    if (e)
        return err_wrap(e, "who are we");
    const char *user = json_path_text(answer, "status.userInfo.username");
    if (user && split_account(user, &c->account_ns, &c->account)) {
        printf("# asked as the ServiceAccount %s in %s\n", c->account, c->account_ns);
        return NULL;
    }
    c->account = xstrdup(DEFAULT_ACCOUNT);
    c->account_ns = xstrdup(DEFAULT_ACCOUNT_NS);
    cli_print("# asked as a user, not as the agent's ServiceAccount: run this in the agent's "
              "container\n");
    return NULL;
}

/* Print an answer; given_by is for a right that is missing. */
static void note_answer(struct checker *c, const char *verb, const struct kube_target *t,
                        const char *given_by, bool is_allowed)
{
    c->n_missing += !is_allowed;
    printf("# %-8s %s %s%s%s", is_allowed ? "ok" : "missing", verb, t->resource->plural,
           t->subresource ? "/" : "", t->subresource ? t->subresource : "");
    if (t->name)
        printf(" \"%s\"", t->name);
    if (t->ns)
        printf(" in %s", t->ns);
    if (!is_allowed)
        printf(": given by %s", given_by);
    cli_print("\n");
}

static void on_answer(void *ctx, const struct right_answer *a)
{
    note_answer(ctx, a->verb, &a->target, a->right->given_by, a->is_allowed);
}

static struct err *ask_rights(struct checker *c)
{
    const struct deadline dl = deadline_in(clock_system(), RIGHTS_TIMEOUT_NS);
    return rights_ask(c->kube, c->config, &dl, on_answer, c);
}

static void on_store(void *ctx, struct json *item)
{
    struct checker *c = ctx;
    check_roles_add_store(&c->roles, item);
    json_free(item);
}

static void on_spec(void *ctx, struct json *item)
{
    struct checker *c = ctx;
    check_roles_add_spec(&c->roles, item);
    json_free(item);
}

static void on_push(void *ctx, struct json *item)
{
    struct checker *c = ctx;
    check_roles_add_push(&c->roles, item);
    json_free(item);
}

/* Being refused is no failure here: the missing right has been printed already. Nor is it that the
 * server does not know the kind: not every cluster has a definition of it. */
static struct err *list_objects(struct checker *c, const struct kube_resource *resource,
                                kube_item_fn *item, const char *what)
{
    const struct deadline dl = deadline_in(clock_system(), LIST_TIMEOUT_NS);
    const struct kube_list list = {.selector = {.resource = resource},
                                   .resource_version = "",
                                   .is_paged = true,
                                   .item = item,
                                   .ctx = c};
    struct kube_outcome outcome = {0};
    CLEANUP_STR char *rv = NULL;
    struct err *e = kube_list(c->kube, &list, &dl, &outcome, &rv);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    if (e && err_class(e) == ERR_DENIED) {
        printf("# unknown  %s of %s: they cannot be listed\n", what, resource->plural);
        err_free(e);
        return NULL;
    }
    return e;
}

static struct err *ask_names(struct checker *c, const char *ns,
                             const struct kube_resource *resource, const struct map *names)
{
    for (size_t i = 0; i < names->n; i++) {
        struct check_name *n = names->entries[i].value;
        const struct kube_target t = {
            .resource = resource, .ns = ns, .name = names->entries[i].key};
        const struct deadline dl = deadline_in(clock_system(), CALL_TIMEOUT_NS);
        bool is_allowed;
        struct err *e = kube_may(c->kube, "get", &t, &dl, &is_allowed);
        if (e)
            return e;
        note_answer(c, "get", &t, "the Role below", is_allowed);
        n->is_missing = !is_allowed;
    }
    return NULL;
}

static struct err *ask_namespace(struct checker *c, const struct map_entry *entry)
{
    const struct check_namespace *ns = entry->value;
    struct err *e = ask_names(c, entry->key, &kube_secrets, ns->names[CHECK_SECRET]);
    return e ? e : ask_names(c, entry->key, &kube_config_maps, ns->names[CHECK_CONFIG_MAP]);
}

static void print_hints(const struct checker *c)
{
    for (size_t i = 0; i < c->roles.referents->n; i++)
        printf("# per user %s: a ClusterSecretStore and what it reads; wanted in the namespace of "
               "each ExternalSecret that uses it\n",
               c->roles.referents->entries[i].key);
    if (c->roles.n_bad > 0)
        printf("# skipped  %zu references whose names are no names\n", c->roles.n_bad);
}

static struct err *ask_references(struct checker *c)
{
    CLEANUP_STR_BUF struct str_buf yaml;
    str_buf_init(&yaml, YAML_BYTES_MAX);
    struct err *e = list_objects(c, &kube_secret_stores, on_store, "credentials");
    if (!e)
        e = list_objects(c, &kube_cluster_secret_stores, on_store, "credentials");
    if (!e)
        e = list_objects(c, &kube_external_secrets, on_spec, "templates");
    if (!e)
        e = list_objects(c, &kube_push_secrets, on_push, "Secrets and templates");
    const struct map *all = c->roles.namespaces;
    for (size_t i = 0; i < all->n && !e; i++)
        e = ask_namespace(c, &all->entries[i]);
    if (e)
        return e;
    print_hints(c);
    check_roles_print(&c->roles, c->account_ns, c->account, &yaml);
    cli_print(yaml.s);
    return NULL;
}

static int check(const struct config *config)
{
    struct checker c = {.config = config};
    check_roles_init(&c.roles);
    struct err *e = connect_kube(&c);
    if (!e)
        e = ask_account(&c);
    if (!e)
        e = ask_rights(&c);
    if (!e)
        e = ask_references(&c);
    int code = e ? cli_fail(e) : c.n_missing > 0 ? CLI_FAILED : CLI_OK;
    checker_done(&c);
    return code;
}

static const struct cli_usage usage = {
    "check [options], or check -f PATH [-f PATH ...]",
    "Ask the API server for every right that the agent needs with these options, for the Secrets\n"
    "that stores name as credentials, and for the Secrets and ConfigMaps that templateFrom and\n"
    "PushSecrets name.\n"
    "Prints one comment line per right, and YAML that gives what is missing. Exit code 0: nothing\n"
    "is missing. Takes the agent's options; most are without effect.\n"
    "\n"
    "With -f, no cluster is asked: manifests are checked as admission and the agent would. Prints\n"
    "a line per problem, FILE:DOCUMENT: KIND NAMESPACE/NAME: FIELD and what is wrong with it. "
    "Exit\n"
    "code 0: no problem; 1: problems, or a file that cannot be read; 2: wrong use."};

static bool has_file(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--file") == 0 ||
            strncmp(argv[i], "--file=", sizeof("--file=") - 1) == 0)
            return true;
    return false;
}

static void help(void)
{
    CLEANUP_STR_BUF struct str_buf agent;
    str_buf_init(&agent, HELP_BYTES_MAX);
    option_help(config_options(), &agent);
    cli_help(&usage, cli_check_files_options());
    cli_print("\nOptions of the agent, without -f:\n");
    cli_print(agent.s);
}

int cli_check(int argc, char **argv)
{
    if (has_file(argc, argv))
        return cli_check_files(argc, argv);
    CLEANUP_CONFIG struct config c = {0};
    const struct option_input in = {argc - 1, argv + 1, getenv};
    bool is_help = false;
    struct err *e = config_load(&in, &c, &is_help);
    if (e)
        return cli_misuse(e);
    if (is_help) {
        help();
        return CLI_OK;
    }
    if (c.source_place != CONFIG_KUBERNETES && c.mirror_place != CONFIG_KUBERNETES) {
        cli_print("# nothing to check: neither source nor mirror is a cluster\n");
        return CLI_OK;
    }
    return check(&c);
}
