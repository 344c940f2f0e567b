/* store_push WHAT STORE KEY [PROPERTY [METADATA]]: writes to a real store, without a cluster.
 *
 * WHAT is push, push-if-absent (the value comes from standard input) or remove. STORE is a
 * manifest, METADATA an entry's as JSON; both, and PROPERTY, may be "". Credentials and endpoints
 * are those of the environment. One line tells the outcome: "done", or the class of the error and
 * its text. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "base/zero_alloc.h"
#include "fetch/fetch_push.h"
#include "net/http_curl.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define TIME_NS (30 * NS_PER_S)

struct tool {
    struct digest_key *key;
    struct http *http;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct store *store;
    struct json *metadata;
};

static const char *read_env(const char *name)
{
    return getenv(name);
}

static struct err *read_store(const char *path, struct store **out)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct err *e = fs_read_text(AT_FDCWD, path, FILE_MAX_BYTES, &text, &n);
    if (!e)
        e = yaml_parse(text, n, &docs);
    if (e)
        return e;
    *out = docs.n ? store_parse(docs.docs[0]) : NULL;
    return *out ? NULL : err_new(ERR_INVALID, "%s holds no store", path);
}

static struct err *tool_init(struct tool *t, const char *store, const char *metadata)
{
    struct http_curl_options http = {.connect_timeout_ms = 5000};
    struct err *e = zero_alloc_install();
    if (!e)
        e = digest_key_new(&t->key);
    if (!e)
        e = http_curl_new(&http, &t->http);
    if (!e)
        e = read_store(store, &t->store);
    if (!e && *metadata)
        e = json_parse(metadata, strlen(metadata), &t->metadata);
    if (e)
        return e;
    t->specs = spec_store_new();
    struct fetcher_options o = {
        .env = {.clock = clock_system(), .http = t->http, .getenv = read_env, .digest_key = t->key},
        .specs = t->specs};
    t->fetcher = fetcher_new(&o);
    return NULL;
}

static void tool_done(struct tool *t)
{
    fetcher_free(t->fetcher);
    spec_store_free(t->specs);
    json_free(t->metadata);
    store_unref(t->store);
    http_free(t->http);
    digest_key_free(t->key);
}

static struct err *push(const struct tool *t, const struct fetch_push *push, bool only_if_absent,
                        const struct deadline *dl)
{
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct err *e = fs_read_secret(AT_FDCWD, "/dev/stdin", FILE_MAX_BYTES, &value);
    return e ? e : fetcher_push(t->fetcher, push, secret_buf_view(value), only_if_absent, dl);
}

static struct err *run(const struct tool *t, const char *what, const struct provider_push *wish)
{
    struct deadline dl = deadline_in(clock_system(), TIME_NS);
    struct fetch_push job = {.store = t->store, .ns = "app", .what = *wish};
    job.what.metadata = t->metadata;
    if (strcmp(what, "remove") == 0)
        return fetcher_push_remove(t->fetcher, &job, &dl);
    return push(t, &job, strcmp(what, "push-if-absent") == 0, &dl);
}

int main(int argc, char **argv)
{
    struct tool t = {0};
    if (argc < 4) {
        fprintf(stderr, "usage: store_push WHAT STORE KEY [PROPERTY [METADATA]]\n");
        return 2;
    }
    struct provider_push wish = {.key = argv[3], .property = argc > 4 ? argv[4] : NULL};
    CLEANUP(err) struct err *e = tool_init(&t, argv[2], argc > 5 ? argv[5] : "");
    if (!e)
        e = run(&t, argv[1], &wish);
    if (e)
        printf("%s: %s\n", err_class_name(err_class(e)), err_text(e));
    else
        printf("done\n");
    tool_done(&t);
    return e ? 1 : 0;
}
