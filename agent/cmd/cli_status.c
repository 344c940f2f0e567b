/* Two requests to the admin listener: the page, which is printed, and /readyz, whose status decides
 * the exit code. */

#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "cmd/cli.h"
#include "net/http_curl.h"
#include "ops/ops_address.h"

#define TIMEOUT_NS (5 * NS_PER_S)
#define REPLY_BYTES_MAX (8u << 20)

struct status_options {
    char *admin;
};

static struct err *check_address(const char *text)
{
    struct ops_address address;
    return ops_address_parse(text, &address);
}

static const struct option rows[] = {
    {"admin", OPTION_TEXT, "127.0.0.1:9808", offsetof(struct status_options, admin),
     .form = "HOST:PORT", .check = check_address,
     .help = "Where the agent serves its admin pages; :9808 is this host. Also from "
             "LOCKSTEP_ADMIN."},
};
static const struct option_set set = {rows, ARRAY_SIZE(rows)};

static const struct cli_usage usage = {
    "status [--admin=HOST:PORT]",
    "Print what the agent at that address is, has and lacks. Exit code 0: it is ready."};

static struct err *get(struct http *http, const char *base, const char *path,
                       struct http_reply **out)
{
    char url[OPS_ADDRESS_TEXT_MAX + 16];
    const struct deadline dl = deadline_in(clock_system(), TIMEOUT_NS);
    const struct http_header accept = {.name = "Accept", .value = "text/plain"};
    const struct http_request rq = {
        .method = "GET",
        .url = url,
        .headers = &accept,
        .n_headers = 1,
        .reply_max_bytes = REPLY_BYTES_MAX,
        .allow_plain_http = true,
        .operation = "status",
    };
    snprintf(url, sizeof(url), "%s%s", base, path);
    return http_do(http, &rq, &dl, out);
}

/* Prints the page; *is_ready tells what /readyz said. */
static struct err *show(struct http *http, const char *base, bool *is_ready)
{
    CLEANUP(http_reply) struct http_reply *page = NULL;
    CLEANUP(http_reply) struct http_reply *ready = NULL;
    struct err *e = get(http, base, "/", &page);
    if (!e)
        e = get(http, base, "/readyz", &ready);
    if (e)
        return e;
    if (page->status != 200)
        return err_new(ERR_UNAVAILABLE, "status: the answer has HTTP status %d", page->status);
    cli_print(page->text.s);
    *is_ready = ready->status == 200;
    return NULL;
}

static struct err *show_at(const char *admin, bool *is_ready)
{
    CLEANUP(http) struct http *http = NULL;
    const struct http_curl_options o = {.connect_timeout_ms = 2000,
                                        .user_agent = "lockstep-status"};
    struct ops_address address;
    char base[OPS_ADDRESS_TEXT_MAX];
    struct err *e = ops_address_parse(admin, &address);
    if (!e)
        e = http_curl_new(&o, &http);
    if (e)
        return e;
    ops_address_url(&address, base);
    return show(http, base, is_ready);
}

int cli_status(int argc, char **argv)
{
    struct status_options o = {0};
    bool is_ready = false;
    int code = CLI_FAILED;
    if (cli_options(&usage, &set, true, argc, argv, &o, &code)) {
        struct err *e = show_at(o.admin, &is_ready);
        code = e ? cli_fail(e) : is_ready ? CLI_OK : CLI_FAILED;
    }
    option_done(&set, &o);
    return code;
}
