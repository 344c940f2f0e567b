/* When an ExternalSecret is refreshed. A schedule that cannot be read counts as a window that never
 * opens, as in External Secrets; here it is a problem as well, because nobody wants that. */

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "spec/cron.h"
#include "spec/spec_parse.h"

static const char *const refresh_choices[] = {"Periodic", "OnChange", "CreatedOnce"};
static const char *const kind_choices[] = {"allow", "deny"};

static const struct field_rule windows_rules[] = {{"kind", NULL}, {"windows", NULL}};
static const struct field_rule window_rules[] = {{"schedule", NULL}, {"duration", NULL}};

void spec_parse_duration(const char *text, const char *at, int64_t *out, char **problem)
{
    CLEANUP(err) struct err *e = clock_parse_duration(text ? text : "", out);
    if (e)
        field_problem(problem, xasprintf("%s: %s", at, err_text(e)));
}

static void parse_window(const struct json *window, const char *at, struct sync_window *out,
                         char **problem)
{
    CLEANUP_STR char *duration_at = xasprintf("%s.duration", at);
    struct cron cron;
    CHECK_FIELDS(window, at, window_rules, problem);
    out->schedule = field_required(window, at, "schedule", problem);
    spec_parse_duration(json_path_text(window, "duration"), duration_at, &out->duration_ns,
                        problem);
    CLEANUP(err) struct err *e = cron_parse(out->schedule ? out->schedule : "", &cron);
    if (e)
        field_problem(problem, xasprintf("%s.schedule: %s", at, err_text(e)));
}

static void parse_windows(struct spec *s, const struct json *windows)
{
    const struct json *list = json_get(windows, "windows");
    if (json_kind(windows) == JSON_NULL)
        return;
    CHECK_FIELDS(windows, "spec.syncWindows", windows_rules, &s->problem);
    free(field_required(windows, "spec.syncWindows", "kind", &s->problem));
    s->windows.is_deny = field_choice(windows, "spec.syncWindows", "kind", kind_choices,
                                      ARRAY_SIZE(kind_choices), 0, &s->problem);
    size_t n = spec_list_size(list, "spec.syncWindows.windows", SPEC_WINDOWS_MAX, &s->problem);
    if (n == 0)
        field_problem(&s->problem, xstrdup("spec.syncWindows.windows is empty"));
    s->windows.windows = xcalloc(n + 1, sizeof(*s->windows.windows));
    for (const struct json *w = json_first(list); s->windows.n < n; w = json_next(w)) {
        CLEANUP_STR char *at = xasprintf("spec.syncWindows.windows[%zu]", s->windows.n);
        parse_window(w, at, &s->windows.windows[s->windows.n++], &s->problem);
    }
}

void spec_parse_refresh(struct spec *s, const struct json *spec)
{
    const struct json *interval = json_get(spec, "refreshInterval");
    s->refresh =
        (enum spec_refresh)field_choice(spec, "spec", "refreshPolicy", refresh_choices,
                                        ARRAY_SIZE(refresh_choices), REFRESH_PERIODIC, &s->problem);
    s->refresh_interval_ns = SPEC_REFRESH_DEFAULT_NS;
    parse_windows(s, json_get(spec, "syncWindows"));
    if (json_kind(interval) == JSON_NULL)
        return;
    if (json_kind(interval) == JSON_NUMBER && json_number(interval, -1) == 0)
        s->refresh_interval_ns = 0;
    else
        spec_parse_duration(json_text(interval), "spec.refreshInterval", &s->refresh_interval_ns,
                            &s->problem);
}

void spec_windows_done(struct sync_windows *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->windows[i].schedule);
    free(w->windows);
}
