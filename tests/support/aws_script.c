/* getenv and wait have no context, so the script in use is a variable of this file. */

#include "tests/support/aws_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

#define VARIABLES_MAX 8
#define SESSIONS_MAX 8

struct variable {
    const char *name, *value;
};

static struct aws_script *current;
static struct variable variables[VARIABLES_MAX];
static size_t n_variables;
static char *sessions[SESSIONS_MAX]; /* bodies that rules borrow */
static size_t n_sessions;

static const char *get_variable(const char *name)
{
    for (size_t i = n_variables; i > 0; i--) {
        if (strcmp(variables[i - 1].name, name) == 0)
            return variables[i - 1].value;
    }
    return NULL;
}

static void move_clock(const struct deadline *dl, uint64_t ns)
{
    (void)dl;
    current->waits++;
    clock_fake_advance_ns(&current->script->clock, ns);
}

struct aws_script *aws_script_new(void)
{
    struct aws_script *s = xcalloc(1, sizeof(*s));
    s->script = provider_script_new();
    s->http = http_fake_new();
    http_fake_set_clock(s->http, &s->script->clock);
    s->env = &s->script->env;
    s->env->http = http_fake_http(s->http);
    s->env->getenv = get_variable;
    s->env->wait = move_clock;
    s->dl = deadline_in(s->env->clock, 60 * NS_PER_S);
    n_variables = 0;
    current = s;
    return s;
}

void aws_script_free(struct aws_script *s)
{
    if (!s)
        return;
    http_fake_free(s->http);
    provider_script_free(s->script);
    while (n_sessions)
        free(sessions[--n_sessions]);
    free(s);
    current = NULL;
}

void aws_script_setenv(const char *name, const char *value)
{
    if (n_variables == VARIABLES_MAX)
        abort();
    variables[n_variables++] = (struct variable){name, value};
}

void aws_script_add_session(struct aws_script *s, unsigned times, const char *id, int64_t unix_s)
{
    char expires[CLOCK_RFC3339_SIZE];
    if (n_sessions == SESSIONS_MAX)
        abort();
    clock_format_rfc3339(unix_s, expires);
    char *body = xasprintf("<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                           "<AccessKeyId>%s</AccessKeyId>"
                           "<SecretAccessKey>secret of %s</SecretAccessKey>"
                           "<SessionToken>token-of-%s</SessionToken>"
                           "<Expiration>%s</Expiration>"
                           "</Credentials></AssumeRoleResult></AssumeRoleResponse>",
                           id, id, id, expires);
    sessions[n_sessions++] = body;
    http_fake_add(s->http, &(struct http_fake_rule){
                               .body_part = "Action=AssumeRole", .times = times, .body = body});
}

char *aws_script_header(struct aws_script *s, size_t i, const char *name)
{
    const char *line = http_fake_at(s->http, i)->headers;
    size_t n = strlen(name);
    while (line && *line) {
        const char *end = strchr(line, '\n');
        if (strncasecmp(line, name, n) == 0 && strncmp(line + n, ": ", 2) == 0)
            return xstrndup(line + n + 2, (size_t)(end - line) - n - 2);
        line = end + 1;
    }
    return xstrdup("");
}
