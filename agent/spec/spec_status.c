/* The status subresource as both kinds of object carry it: what was said last, so that nothing is
 * said twice. */

#include "spec/spec_status.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

static char *copy_text(const struct json *map, const char *name)
{
    const char *s = json_path_text(map, name);
    return s ? xstrdup(s) : NULL;
}

static int64_t time_of(const struct json *map, const char *name)
{
    const char *s = json_path_text(map, name);
    int64_t unix_s = 0;
    if (!s || !clock_parse_rfc3339(s, &unix_s))
        return 0;
    return unix_s;
}

void spec_status_init(struct spec_status *st, const struct json *obj)
{
    const struct json *status = json_get(obj, "status");
    st->synced_resource_version = copy_text(status, "syncedResourceVersion");
    st->refresh_unix_s = time_of(status, "refreshTime");
    st->capabilities = copy_text(status, "capabilities");
    const struct json *conditions = json_get(status, "conditions");
    for (const struct json *c = json_first(conditions); c; c = json_next(c)) {
        const char *type = json_path_text(c, "type");
        const char *value = json_path_text(c, "status");
        if (type && value && strcmp(type, SPEC_STANDING_BACK) == 0)
            st->is_standing_back = strcmp(value, "True") == 0;
        if (!type || strcmp(type, "Ready") != 0)
            continue;
        spec_status_done_condition(st);
        st->ready_status = copy_text(c, "status");
        st->ready_reason = copy_text(c, "reason");
        st->ready_message = copy_text(c, "message");
        st->ready_transition_unix_s = time_of(c, "lastTransitionTime");
    }
}

void spec_status_done_condition(struct spec_status *st)
{
    free(TAKE(st->ready_status));
    free(TAKE(st->ready_reason));
    free(TAKE(st->ready_message));
}

void spec_status_done(struct spec_status *st)
{
    free(TAKE(st->synced_resource_version));
    free(TAKE(st->capabilities));
    spec_status_done_condition(st);
}
