/* What every API object has, and what External Secrets derives from it. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/str_buf.h"
#include "spec/spec.h"

/* Labels and annotations of one object; the API server refuses more than 256 KiB. */
#define META_TEXT_MAX (1u << 20)

static bool is_name_end(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool object_name_is_valid(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > SPEC_NAME_MAX || !is_name_end(name[0]) || !is_name_end(name[n - 1]))
        return false;
    for (const char *c = name; *c; c++) {
        if (!is_name_end(*c) && *c != '-' && *c != '.')
            return false;
    }
    return true;
}

static char *text_or_empty(const struct json *map, const char *name)
{
    const char *s = json_path_text(map, name);
    return xstrdup(s ? s : "");
}

static struct map *text_map(const struct json *map)
{
    struct map *out = map_new(free);
    for (const struct json *m = json_first(map); m; m = json_next(m)) {
        if (json_kind(m) == JSON_STRING)
            map_set(out, json_name(m), xstrdup(json_text(m)));
    }
    return out;
}

static void note_writer(struct object_meta *m, const struct json *entry)
{
    const char *manager = json_path_text(entry, "manager");
    const char *part = json_path_text(entry, "subresource");
    const char *when = json_path_text(entry, "time");
    int64_t unix_s = 0;
    if (!manager || !part || !when || strcmp(part, "status") != 0 ||
        !clock_parse_rfc3339(when, &unix_s))
        return;
    int64_t *last = strcmp(manager, SPEC_MANAGER_THEIRS) == 0 ? &m->status_theirs_unix_s
                    : strcmp(manager, SPEC_MANAGER_OURS) == 0 ? &m->status_ours_unix_s
                                                              : &unix_s;
    *last = unix_s > *last ? unix_s : *last;
}

void object_meta_init(struct object_meta *m, const struct json *obj)
{
    const struct json *meta = json_get(obj, "metadata");
    m->ns = text_or_empty(meta, "namespace");
    m->name = text_or_empty(meta, "name");
    m->uid = text_or_empty(meta, "uid");
    m->resource_version = text_or_empty(meta, "resourceVersion");
    m->generation = json_path_int(meta, "generation", 0);
    m->is_deleting = json_path_text(meta, "deletionTimestamp") != NULL;
    m->labels = text_map(json_get(meta, "labels"));
    m->annotations = text_map(json_get(meta, "annotations"));
    for (const struct json *e = json_first(json_get(meta, "managedFields")); e; e = json_next(e))
        note_writer(m, e);
    m->finalizers = json_new_list();
    for (const struct json *f = json_first(json_get(meta, "finalizers")); f; f = json_next(f)) {
        if (json_text(f))
            json_add(m->finalizers, json_new_text(json_text(f)));
    }
}

struct json *object_meta_other_finalizers(const struct object_meta *m, const char *name)
{
    struct json *others = json_new_list();
    for (const struct json *f = json_first(m->finalizers); f; f = json_next(f)) {
        if (strcmp(json_text(f), name) != 0)
            json_add(others, json_new_text(json_text(f)));
    }
    return others;
}

bool object_meta_has_finalizer(const struct object_meta *m, const char *name)
{
    const struct json *f = json_first(m->finalizers);
    while (f && strcmp(json_text(f), name) != 0)
        f = json_next(f);
    return f != NULL;
}

void object_meta_done(struct object_meta *m)
{
    free(m->ns);
    free(m->name);
    free(m->uid);
    free(m->resource_version);
    map_free(m->labels);
    map_free(m->annotations);
    json_free(m->finalizers);
}

static char *hash_text(const char *s, size_t n)
{
    char hex[DIGEST_SHA3_224_HEX];
    digest_sha3_224_hex(secret_view_of(s, n), hex);
    return xstrdup(hex);
}

/* As Go prints a map[string]string: map[a:1 b:2]. */
static void print_go_map(struct str_buf *b, const struct map *m)
{
    str_buf_puts(b, "map[");
    for (size_t i = 0; i < m->n; i++) {
        const char *value = m->entries[i].value;
        str_buf_printf(b, "%s%s:%s", i ? " " : "", m->entries[i].key, value);
    }
    str_buf_puts(b, "]");
}

char *spec_synced_resource_version(const struct spec *s)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, META_TEXT_MAX);
    str_buf_puts(&b, "{annotations:");
    print_go_map(&b, s->meta.annotations);
    str_buf_puts(&b, " labels:");
    print_go_map(&b, s->meta.labels);
    str_buf_puts(&b, "}");
    CLEANUP_STR char *hash = hash_text(b.s, b.n);
    return xasprintf("%lld-%s", (long long)s->meta.generation, hash);
}

char *spec_owner_hash(const struct spec *s)
{
    CLEANUP_STR char *name = xasprintf("%s/%s", s->meta.ns, s->meta.name);
    return hash_text(name, strlen(name));
}
