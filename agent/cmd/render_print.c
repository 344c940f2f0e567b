/* Texts are printed in JSON's quotes, which YAML reads too; so a value can never break out of its
 * line. The diff of a value leaves out what is the same at its beginning and end, line by line. */

#include "cmd/render_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/map.h"
#include "base/secret_arena.h"
#include "base/secret_json.h"
#include "template/engine.h"
#include "template/go_yaml.h"

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"
#define ARGO_TRACKING "argocd.argoproj.io/tracking-id"

static void put(struct secret_view v)
{
    if (v.n)
        fwrite(secret_view_raw(v), 1, v.n, stdout);
}

/* A public text in quotes. */
static void put_text(const char *s)
{
    CLEANUP(json) struct json *j = json_new_text(s);
    CLEANUP_STR char *text = json_print(j);
    fputs(text, stdout);
}

static void put_map(const char *indent, const char *name, const struct map *m)
{
    if (m->n == 0)
        return;
    printf("%s%s:\n", indent, name);
    for (size_t i = 0; i < m->n; i++) {
        printf("%s  ", indent);
        put_text(m->entries[i].key);
        fputs(": ", stdout);
        put_text(m->entries[i].value);
        putchar('\n');
    }
}

/* The Secret's annotations: the two that speak about the ExternalSecret alone are not copied, as
 * project leaves them out. Caller frees. */
static struct map *annotations_of(const struct spec *spec, const struct output_set *o)
{
    struct map *out = map_copy_text(o->annotations ? o->annotations : spec->meta.annotations);
    if (!o->annotations) {
        map_remove(out, LAST_APPLIED);
        map_remove(out, ARGO_TRACKING);
    }
    return out;
}

static bool is_readable_value(const struct output *item)
{
    struct secret_view v = secret_buf_view(item->value);
    return codec_is_utf8((const char *)secret_view_raw(v), v.n);
}

static struct err *put_value(const struct output *item, bool is_text)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct secret_view v = secret_buf_view(item->value);
    struct err *e = secret_buf_new(0, &b);
    if (!e)
        e = is_text ? secret_json_quote(v, b) : codec_base64_encode(CODEC_BASE64, v, b);
    if (e)
        return e;
    fputs("  ", stdout);
    put_text(item->key);
    fputs(": ", stdout);
    put(secret_buf_view(b));
    if (!is_text && v.n == 0)
        fputs("\"\"", stdout);
    putchar('\n');
    return NULL;
}

/* The values of one of the two members, under its name unless there are none. */
static struct err *put_values(const struct output_set *o, bool is_text, bool is_readable)
{
    bool has_head = false;
    struct err *e = NULL;
    for (size_t i = 0; !e && i < o->n; i++) {
        if ((is_readable && is_readable_value(&o->items[i])) != is_text)
            continue;
        if (!has_head)
            puts(is_text ? "stringData:" : "data:");
        has_head = true;
        e = put_value(&o->items[i], is_text);
    }
    return e;
}

/* What every object begins with. */
static void put_head(const struct spec *spec, const struct output_set *o)
{
    CLEANUP(map) struct map *annotations = annotations_of(spec, o);
    printf("apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  namespace: %s\n",
           spec_is_generic(spec) ? spec->manifest_api_version : "v1", spec_target_kind(spec),
           spec->target_name, spec->meta.ns);
    put_map("  ", "labels", o->labels ? o->labels : spec->meta.labels);
    put_map("  ", "annotations", annotations);
}

/* The content of a target that is no Secret, which is JSON, as YAML in blocks. */
static struct err *put_content(const struct output_set *o)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    struct secret_view content = secret_buf_view(o->content);
    struct engine g;
    struct datum tree;
    struct text_buf b;
    struct text yaml = {.n = 0};
    engine_init(&g, arena, NULL);
    struct err *e =
        go_yaml_decode_object(&g, (struct text){secret_view_raw(content), content.n}, &tree);
    if (e)
        return e;
    text_buf_init(&b, arena, TEXT_MAX);
    e = go_yaml_encode(&g, &tree, &b);
    struct err *cut = text_buf_end(&b, &yaml);
    if (e || cut) {
        if (e && cut)
            err_free(cut);
        return e ? e : cut;
    }
    put(secret_view_of(yaml.p, yaml.n));
    return NULL;
}

struct err *render_print_object(const struct spec *spec, const struct output_set *o,
                                bool is_readable)
{
    const struct spec_template *t = spec->tmpl;
    put_head(spec, o);
    if (spec_is_generic(spec))
        return o->content ? put_content(o) : NULL;
    fputs("type: ", stdout);
    put_text(t && t->type ? t->type : "Opaque");
    putchar('\n');
    if (spec->is_immutable)
        puts("immutable: true");
    struct err *e = put_values(o, false, is_readable);
    return e ? e : put_values(o, true, is_readable);
}

void render_print_files(const struct output_set *o)
{
    for (size_t i = 0; i < o->n; i++) {
        struct secret_view v = secret_buf_view(o->items[i].value);
        printf("%s==> %s (%zu bytes) <==\n", i ? "\n" : "", o->items[i].key, v.n);
        put(v);
        if (v.n == 0 || v.p[v.n - 1].v != '\n')
            putchar('\n');
    }
}

struct err *render_print_key(const struct output_set *o, const char *key)
{
    const struct output *item = output_set_find(o, key);
    if (!item)
        return err_new(ERR_NOT_FOUND, "the output has no key %s", key);
    put(secret_buf_view(item->value));
    return NULL;
}

/* The values of a Secret's manifest: stringData wins over data, as the API server has it. */
static struct err *values_of(const struct json *secret, struct output_set *out)
{
    const struct json *plain = json_get(secret, "stringData");
    const struct json *encoded = json_get(secret, "data");
    struct err *e = NULL;
    for (const struct json *v = json_first(encoded); !e && v; v = json_next(v)) {
        const char *text = json_text(v) ? json_text(v) : "";
        struct secret_buf *value = NULL;
        e = codec_base64_decode(CODEC_BASE64, secret_view_of(text, strlen(text)), &value);
        e = e ? err_wrap(e, "data.%s", json_name(v)) : output_set_put(out, json_name(v), value);
    }
    for (const struct json *v = json_first(plain); !e && v; v = json_next(v)) {
        const char *text = json_text(v) ? json_text(v) : "";
        struct secret_buf *value = NULL;
        e = secret_buf_copy(secret_view_of(text, strlen(text)), &value);
        if (!e)
            e = output_set_put(out, json_name(v), value);
    }
    return e;
}

/* End of the line that begins at from, its newline included. */
static size_t line_end(struct secret_view v, size_t from)
{
    while (from < v.n && v.p[from].v != '\n')
        from++;
    return from < v.n ? from + 1 : v.n;
}

static size_t same_head(struct secret_view a, struct secret_view b)
{
    size_t at = 0;
    for (;;) {
        size_t a_end = line_end(a, at), b_end = line_end(b, at);
        if (at == a.n || a_end != b_end ||
            !secret_view_equal(secret_view_part(a, at, a_end - at),
                               secret_view_part(b, at, b_end - at)))
            return at;
        at = a_end;
    }
}

/* How many bytes of whole lines are the same at the end, none of the first from counted. */
static size_t same_tail(struct secret_view a, struct secret_view b, size_t from)
{
    size_t shorter = (a.n < b.n ? a.n : b.n) - from;
    size_t n = 0, whole = 0;
    while (n < shorter && a.p[a.n - 1 - n].v == b.p[b.n - 1 - n].v) {
        n++;
        if (n == shorter || a.p[a.n - 1 - n].v == '\n')
            whole = n;
    }
    bool a_begins = whole == a.n - from || a.p[a.n - whole - 1].v == '\n';
    bool b_begins = whole == b.n - from || b.p[b.n - whole - 1].v == '\n';
    return a_begins && b_begins ? whole : 0;
}

static void put_lines(const char *mark, struct secret_view v)
{
    for (size_t at = 0; at < v.n;) {
        size_t end = line_end(v, at);
        fputs(mark, stdout);
        put(secret_view_part(v, at, end - at));
        if (v.p[end - 1].v != '\n')
            putchar('\n');
        at = end;
    }
}

static void diff_value(const char *key, struct secret_view old, struct secret_view now)
{
    size_t head = same_head(old, now);
    size_t tail = same_tail(old, now, head);
    printf("~ data.%s\n", key);
    put_lines("    - ", secret_view_part(old, head, old.n - head - tail));
    put_lines("    + ", secret_view_part(now, head, now.n - head - tail));
}

static bool diff_values(const struct output_set *old, const struct output_set *now)
{
    bool differs = false;
    for (size_t i = 0; i < old->n; i++) {
        if (output_set_find(now, old->items[i].key))
            continue;
        differs = true;
        printf("- data.%s\n", old->items[i].key);
    }
    for (size_t i = 0; i < now->n; i++) {
        const struct output *before = output_set_find(old, now->items[i].key);
        struct secret_view value = secret_buf_view(now->items[i].value);
        if (before && secret_view_equal(secret_buf_view(before->value), value))
            continue;
        differs = true;
        if (before)
            diff_value(now->items[i].key, secret_buf_view(before->value), value);
        else
            printf("+ data.%s\n", now->items[i].key);
    }
    return differs;
}

/* Labels and annotations that the agent, External Secrets or kubectl put there for themselves: no
 * render has them, and a Secret that comes from a cluster does. */
static bool is_bookkeeping(const char *name)
{
    static const char *const prefixes[] = {"reconcile.external-secrets.io/", "lockstep.dev/",
                                           LAST_APPLIED};
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static bool diff_map(const char *at, const struct json *old, const struct map *now)
{
    bool differs = false;
    for (const struct json *v = json_first(old); v; v = json_next(v)) {
        if (map_get(now, json_name(v)) || is_bookkeeping(json_name(v)))
            continue;
        differs = true;
        printf("- %s.%s\n", at, json_name(v));
    }
    for (size_t i = 0; i < now->n; i++) {
        const char *before = json_text(json_get(old, now->entries[i].key));
        if (before && strcmp(before, now->entries[i].value) == 0)
            continue;
        differs = true;
        printf("%c %s.%s\n", before ? '~' : '+', at, now->entries[i].key);
    }
    return differs;
}

/* Without a type in the template a Secret keeps the one it has. */
static bool diff_type(const struct spec *spec, const struct json *before)
{
    const char *old = json_path_text(before, "type");
    const char *now = spec->tmpl ? spec->tmpl->type : NULL;
    if (!now || strcmp(old ? old : "Opaque", now) == 0)
        return false;
    puts("~ type");
    return true;
}

/* "at" or "at.name"; caller frees. */
static char *member_of(const char *at, const char *name)
{
    return *at ? xasprintf("%s.%s", at, name) : xstrdup(name);
}

static void put_change(const char *at, const struct json *old, const struct json *now)
{
    CLEANUP_STR char *before = json_text(old) ? xstrdup(json_text(old)) : json_print(old);
    CLEANUP_STR char *after = json_text(now) ? xstrdup(json_text(now)) : json_print(now);
    struct secret_view a = secret_view_of(before, strlen(before));
    struct secret_view b = secret_view_of(after, strlen(after));
    size_t head = same_head(a, b);
    size_t tail = same_tail(a, b, head);
    printf("~ %s\n", at);
    put_lines("    - ", secret_view_part(a, head, a.n - head - tail));
    put_lines("    + ", secret_view_part(b, head, b.n - head - tail));
}

/* What a manifest has beside its content, and what only a cluster adds. */
static bool is_beside_content(const char *at, const char *name)
{
    static const char *const names[] = {"apiVersion", "kind", "metadata", "status"};
    for (size_t i = 0; !*at && i < ARRAY_SIZE(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool diff_tree(const char *at, const struct json *old, const struct json *now);

static bool diff_members(const char *at, const struct json *old, const struct json *now)
{
    bool differs = false;
    for (const struct json *v = json_first(old); v; v = json_next(v)) {
        if (json_get(now, json_name(v)) || is_beside_content(at, json_name(v)))
            continue;
        CLEANUP_STR char *member = member_of(at, json_name(v));
        differs = true;
        printf("- %s\n", member);
    }
    for (const struct json *v = json_first(now); v; v = json_next(v)) {
        const struct json *before = json_get(old, json_name(v));
        CLEANUP_STR char *member = member_of(at, json_name(v));
        if (!before)
            printf("+ %s\n", member);
        differs |= !before || diff_tree(member, before, v);
    }
    return differs;
}

/* Members of maps one by one, everything else as a whole. Depth was limited when it was read. */
static bool diff_tree(const char *at, const struct json *old, const struct json *now)
{
    if (json_equal(old, now))
        return false;
    if (json_kind(old) == JSON_MAP && json_kind(now) == JSON_MAP)
        return diff_members(at, old, now);
    put_change(at, old, now);
    return true;
}

/* Nothing is printed unless all of both could be read. */
struct err *render_print_diff(const struct spec *spec, const struct output_set *o,
                              const struct json *before, bool *out_differs)
{
    CLEANUP(output_set) struct output_set *old = output_set_new();
    CLEANUP(json) struct json *content = NULL;
    CLEANUP(map) struct map *annotations = annotations_of(spec, o);
    struct secret_view text = secret_buf_view(o->content);
    struct err *e = o->content ? json_parse((const char *)secret_view_raw(text), text.n, &content)
                               : values_of(before, old);
    if (e)
        return e;
    bool differs = diff_map("metadata.labels", json_path(before, "metadata.labels"),
                            o->labels ? o->labels : spec->meta.labels);
    differs |=
        diff_map("metadata.annotations", json_path(before, "metadata.annotations"), annotations);
    if (content) {
        differs |= diff_members("", before, content);
    } else {
        differs |= diff_type(spec, before);
        differs |= diff_values(old, o);
    }
    *out_differs = differs;
    return NULL;
}
