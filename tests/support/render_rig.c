/* Values are plain C texts: what zero bytes do is tested by decoding base64. */
#include "tests/support/render_rig.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "tests/support/manifests.h"
#include "tests/support/table.h"

#define PRINT_MAX (1 << 16)

static struct secret_buf *buf_of(const char *text, size_t n)
{
    struct secret_buf *b = NULL;
    assert_null(secret_buf_copy(secret_view_of(text, n), &b));
    return b;
}

static struct map *members_of(const char *lines)
{
    struct map *m = value_members_new();
    while (*lines) {
        size_t n = strcspn(lines, "\n"), name = strcspn(lines, "=");
        CLEANUP_STR char *key = xstrndup(lines, name);
        assert_true(name < n);
        map_set(m, key, buf_of(lines + name + 1, n - name - 1));
        lines += lines[n] ? n + 1 : n;
    }
    return m;
}

struct spec *render_rig_spec(const char *rest)
{
    CLEANUP_STR char *yaml = xasprintf("metadata: {namespace: app, name: s}\n"
                                       "spec:\n"
                                       "  secretStoreRef: {name: main}\n"
                                       "%s",
                                       rest);
    struct spec *s = manifest_spec(yaml);
    if (s->problem)
        fail_msg("%s", s->problem);
    return s;
}

static void fill(const struct render_case *c, struct value *v, const char *text, bool is_find)
{
    v->order = c->order;
    v->missing_property_is_missing = c->missing_is_missing;
    if (text && is_find)
        v->members = members_of(text);
    else if (text)
        v->bytes = buf_of(text, strlen(text));
}

struct value_set *render_rig_values(const struct render_case *c, const struct spec *spec)
{
    size_t n_texts = spec_template_texts(spec->tmpl);
    struct value_set *v = value_set_new(spec->n_data, spec->n_sources, n_texts);
    for (size_t i = 0; i < spec->n_data; i++)
        fill(c, &v->data[i], c->data[i], false);
    for (size_t i = 0; i < spec->n_sources; i++)
        fill(c, &v->sources[i], c->sources[i], spec->sources[i].kind == SOURCE_FIND);
    for (size_t i = 0; i < n_texts; i++)
        v->texts[i] = buf_of(c->texts[i], strlen(c->texts[i]));
    return v;
}

static void print_bytes(struct str_buf *b, const struct secret_buf *value)
{
    struct secret_view v = secret_buf_view(value);
    for (size_t at = 0; at < v.n; at++) {
        if (v.p[at].v)
            str_buf_append(b, (const char[]){(char)v.p[at].v}, 1);
        else
            str_buf_puts(b, "\\0");
    }
    str_buf_puts(b, "\n");
}

static void print_texts(struct str_buf *b, const char *what, const struct map *texts)
{
    for (size_t i = 0; texts && i < texts->n; i++)
        str_buf_printf(b, "%s %s=%s\n", what, texts->entries[i].key,
                       (const char *)texts->entries[i].value);
}

static char *print(const struct output_set *o)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, PRINT_MAX);
    for (size_t i = 0; i < o->n; i++) {
        str_buf_printf(&b, "%s=", o->items[i].key);
        print_bytes(&b, o->items[i].value);
    }
    print_texts(&b, "label", o->labels);
    print_texts(&b, "annotation", o->annotations);
    if (o->content) {
        str_buf_puts(&b, "content ");
        print_bytes(&b, o->content);
    }
    for (size_t i = 0; i < o->missing->n; i++)
        str_buf_printf(&b, "missing %s\n", o->missing->entries[i].key);
    return str_buf_take(&b);
}

void render_rig_check(const struct render_case *c, int want, const char *text)
{
    CLEANUP(digest_key) struct digest_key *key = NULL;
    CLEANUP(spec) struct spec *spec = render_rig_spec(c->rest);
    CLEANUP(value_set) struct value_set *values = render_rig_values(c, spec);
    CLEANUP(output_set) struct output_set *o = NULL;
    assert_null(digest_key_new(&key));
    CLEANUP(err) struct err *e = render_run(spec, values, c->options, key, &(bool){0}, &o);
    if (want == -1) {
        if (e)
            fail_msg("%s", err_text(e));
        CLEANUP_STR char *printed = print(o);
        assert_string_equal(printed, text);
        assert_int_equal(strlen(o->revision), DIGEST_KEYED_HEX - 1);
        bool has_run = spec->tmpl && (!o->is_empty || spec->deletion == DELETION_MERGE);
        assert_true(has_run == (o->labels != NULL) && has_run == (o->annotations != NULL));
        assert_true(!o->content || strlen(o->content_hash) == DIGEST_SHA3_224_HEX - 1);
        return;
    }
    assert_non_null(e);
    assert_null(o);
    assert_int_equal(err_class(e), want);
    if (strncmp(err_text(e), text, strlen(text)) != 0)
        assert_string_equal(err_text(e), text);
}
