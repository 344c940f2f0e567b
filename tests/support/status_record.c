/* Two growing arrays of copied texts. */

#include "tests/support/status_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"

struct status_record {
    struct mutex mu;
    struct status_record_write *writes;
    size_t n_writes;
    struct status_record_event *events;
    size_t n_events;
    bool fails;
    bool refuses; /* to take finalizers off */
    enum err_class refusal;
    size_t n_taken; /* finalizers */
    size_t n_back;  /* conditions of standing back */
    char back[1024];
};

struct status_record *status_record_new(void)
{
    struct status_record *r = xcalloc(1, sizeof(*r));
    mutex_init(&r->mu);
    return r;
}

static void write_done(struct status_record_write *w)
{
    free(w->kind);
    free(w->ns);
    free(w->name);
    free(w->reason);
    free(w->message);
    free(w->synced_resource_version);
}

static void event_done(struct status_record_event *e)
{
    free(e->kind);
    free(e->ns);
    free(e->name);
    free(e->type);
    free(e->reason);
    free(e->message);
}

void status_record_free(struct status_record *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_writes; i++)
        write_done(&r->writes[i]);
    for (size_t i = 0; i < r->n_events; i++)
        event_done(&r->events[i]);
    free(r->writes);
    free(r->events);
    mutex_done(&r->mu);
    free(r);
}

static struct err *record(struct status_record *r, const char *kind, const struct object_meta *meta,
                          const struct status_report *report)
{
    struct status_record_write w = {
        .kind = xstrdup(kind),
        .ns = xstrdup(meta->ns),
        .name = xstrdup(meta->name),
        .is_ready = report->is_ready,
        .reason = xstrdup(report->reason),
        .message = xstrdup(report->message),
        .synced_resource_version = xstrdup(report->synced_resource_version),
        .capabilities = report->capabilities,
        .refresh_unix_s = report->refresh_unix_s,
        .transition_unix_s = report->transition_unix_s,
    };
    mutex_lock(&r->mu);
    bool fails = r->fails;
    if (!fails) {
        r->writes = xrealloc(r->writes, r->n_writes + 1, sizeof(*r->writes));
        r->writes[r->n_writes++] = w;
    }
    mutex_unlock(&r->mu);
    if (!fails)
        return NULL;
    write_done(&w);
    return err_new(ERR_UNAVAILABLE, "scripted failure of a status write");
}

static struct err *write_spec(void *ctx, const struct spec *spec, const struct status_report *r,
                              const struct deadline *dl)
{
    (void)dl;
    return record(ctx, "ExternalSecret", &spec->meta, r);
}

static struct err *write_store(void *ctx, const struct store *store, const struct status_report *r,
                               const struct deadline *dl)
{
    (void)dl;
    return record(ctx, store_kind_name(store->kind), &store->meta, r);
}

static void event(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                  const char *reason, const char *message)
{
    struct status_record *r = ctx;
    struct status_record_event e = {xstrdup(kind), xstrdup(object->ns), xstrdup(object->name),
                                    xstrdup(type), xstrdup(reason),     xstrdup(message)};
    mutex_lock(&r->mu);
    r->events = xrealloc(r->events, r->n_events + 1, sizeof(*r->events));
    r->events[r->n_events++] = e;
    mutex_unlock(&r->mu);
}

static struct err *take_finalizer(void *ctx, const struct spec *spec, const char *finalizer,
                                  const struct deadline *dl)
{
    struct status_record *r = ctx;
    (void)dl;
    if (r->refuses)
        return err_new(r->refusal, "scripted refusal of finalizers");
    if (object_meta_has_finalizer(&spec->meta, finalizer))
        r->n_taken++;
    return NULL;
}

static struct err *stand_back(void *ctx, const struct spec *spec, const char *message,
                              const struct deadline *dl)
{
    struct status_record *r = ctx;
    (void)spec;
    (void)dl;
    if (r->fails)
        return err_new(ERR_UNAVAILABLE, "scripted failure of a status write");
    r->n_back++;
    snprintf(r->back, sizeof(r->back), "%s", message);
    return NULL;
}

struct status_sink status_record_sink(struct status_record *r)
{
    return (struct status_sink){.write_spec = write_spec,
                                .write_store = write_store,
                                .event = event,
                                .take_finalizer = take_finalizer,
                                .stand_back = stand_back,
                                .ctx = r};
}

void status_record_fail(struct status_record *r, bool fails)
{
    mutex_lock(&r->mu);
    r->fails = fails;
    mutex_unlock(&r->mu);
}

void status_record_refuse(struct status_record *r, bool refuses, enum err_class cls)
{
    r->refuses = refuses;
    r->refusal = cls;
}

size_t status_record_taken(const struct status_record *r)
{
    return r->n_taken;
}

size_t status_record_stood_back(const struct status_record *r, const char **message)
{
    *message = r->back;
    return r->n_back;
}

static bool is_about(const struct status_record_write *w, const char *kind, const char *name)
{
    return strcmp(w->kind, kind) == 0 && strcmp(w->name, name) == 0;
}

size_t status_record_writes(struct status_record *r, const char *kind, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_writes; i++)
        n += is_about(&r->writes[i], kind, name);
    return n;
}

const struct status_record_write *status_record_last(struct status_record *r, const char *kind,
                                                     const char *name)
{
    for (size_t i = r->n_writes; i-- > 0;) {
        if (is_about(&r->writes[i], kind, name))
            return &r->writes[i];
    }
    return NULL;
}

size_t status_record_events(struct status_record *r, const char *name, const char *type)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_events; i++)
        n +=
            strcmp(r->events[i].name, name) == 0 && (!type || strcmp(r->events[i].type, type) == 0);
    return n;
}

const struct status_record_event *status_record_last_event(struct status_record *r,
                                                           const char *name)
{
    for (size_t i = r->n_events; i-- > 0;) {
        if (strcmp(r->events[i].name, name) == 0)
            return &r->events[i];
    }
    return NULL;
}

size_t status_record_told(struct status_record *r, const char *name, const char *reason,
                          const char *message)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_events; i++) {
        const struct status_record_event *e = &r->events[i];
        n += strcmp(e->name, name) == 0 && strcmp(e->reason, reason) == 0 &&
             strcmp(e->message, message) == 0;
    }
    return n;
}

bool status_record_holds(struct status_record *r, const char *part)
{
    for (size_t i = 0; i < r->n_writes; i++) {
        if (strstr(r->writes[i].message, part) || strstr(r->writes[i].reason, part))
            return true;
    }
    for (size_t i = 0; i < r->n_events; i++) {
        if (strstr(r->events[i].message, part) || strstr(r->events[i].reason, part))
            return true;
    }
    return false;
}
