/* Files are read whole and every document is handed to manifest_read, as the agent does with a
 * folder; so an object is here what it would be there. Folders are read by the agent's own reader,
 * with its idea of which files are manifests; a file that is named may have any name. */

#include "cmd/check_input.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/secret_buf.h"
#include "base/yaml.h"
#include "watch/manifest_folder.h"

#define STDIN_NAME "-"
#define STDIN_PATH "/dev/stdin"

static const char *text_at(const struct check_object *o, const char *path)
{
    const char *text = json_path_text(o->json, path);
    return text ? text : "";
}

const char *check_object_kind(const struct check_object *o)
{
    return text_at(o, "kind");
}

const char *check_object_name(const struct check_object *o)
{
    return text_at(o, "metadata.name");
}

const char *check_object_ns(const struct check_object *o)
{
    const struct manifest *m = &o->manifest;
    if (m->spec)
        return m->spec->meta.ns;
    if (m->store)
        return m->store->meta.ns;
    const struct json *core = m->secret ? m->secret : m->config_map;
    const char *ns = core ? json_path_text(core, "metadata.namespace") : NULL;
    return ns ? ns : text_at(o, "metadata.namespace");
}

PRINTF_LIKE(2, 0) static void say(struct check_object *o, const char *format, va_list args)
{
    CLEANUP_STR char *text = xvasprintf(format, args);
    const char *ns = check_object_ns(o);
    str_buf_printf(&o->lines, "%s: ", o->where);
    if (*check_object_name(o))
        str_buf_printf(&o->lines, "%s %s%s%s: ", check_object_kind(o), ns, *ns ? "/" : "",
                       check_object_name(o));
    str_buf_printf(&o->lines, "%s\n", text);
}

void check_object_problem(struct check_object *o, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(o, format, args);
    va_end(args);
    o->n_problems++;
}

void check_object_note(struct check_object *o, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(o, format, args);
    va_end(args);
}

static struct check_object *add_object(struct check_input *in, char *where)
{
    in->objects = xrealloc(in->objects, in->n + 1, sizeof(*in->objects));
    struct check_object *o = &in->objects[in->n++];
    *o = (struct check_object){.where = where};
    str_buf_init(&o->lines, CHECK_LINES_MAX);
    return o;
}

/* The text of such an error names kind and name itself. */
bool check_object_is_unread(struct check_object *o)
{
    if (!o->unread)
        return false;
    str_buf_printf(&o->lines, "%s: %s\n", o->where, err_text(o->unread));
    o->n_problems++;
    return true;
}

bool check_object_is_nameless(struct check_object *o)
{
    const char *ns = check_object_ns(o);
    if (object_name_is_valid(check_object_name(o)) && (!*ns || object_name_is_valid(ns)))
        return false;
    check_object_problem(o, "metadata.name or metadata.namespace is no object name");
    return true;
}

static void add_document(struct check_input *in, const char *file, size_t number,
                         const struct json *obj)
{
    struct check_object *o = add_object(in, xasprintf("%s:%zu", file, number));
    o->json = json_copy(obj);
    o->unread = manifest_read(o->json, &o->manifest);
}

/* "List" of v1, and the lists that the API server gives, "ExternalSecretList". */
static bool is_list(const struct json *obj)
{
    const char *kind = json_path_text(obj, "kind");
    size_t n = kind ? strlen(kind) : 0;
    return n >= 4 && strcmp(kind + n - 4, "List") == 0 &&
           json_kind(json_get(obj, "items")) == JSON_LIST;
}

static void add_documents(struct check_input *in, const char *file, const struct yaml_docs *docs)
{
    for (size_t i = 0; i < docs->n; i++) {
        const struct json *doc = docs->docs[i];
        if (!is_list(doc)) {
            add_document(in, file, i + 1, doc);
            continue;
        }
        const struct json *items = json_get(doc, "items");
        for (const struct json *item = json_first(items); item; item = json_next(item))
            add_document(in, file, i + 1, item);
    }
}

static void note_broken(void *ctx, const char *file, const struct err *e)
{
    if (e)
        add_object(ctx, xstrdup(file))->unread = err_copy(e);
}

static struct err *add_file(struct check_input *in, const char *path, const char *name)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct err *e = fs_read_text(AT_FDCWD, path, YAML_TEXT_MAX, &text, &n);
    if (e)
        return e;
    CLEANUP(err) struct err *broken = yaml_parse(text, n, &docs);
    secret_erase(text, n);
    note_broken(in, name, broken);
    if (!broken)
        add_documents(in, name, &docs);
    return NULL;
}

static struct err *add_folder(struct check_input *in, const char *path)
{
    CLEANUP(manifest_folder) struct manifest_folder *folder = NULL;
    const struct manifest_file *file;
    const char *name;
    struct err *e = manifest_folder_open(path, note_broken, in, &folder);
    if (!e)
        e = manifest_folder_read(folder);
    for (size_t i = 0; !e && (file = manifest_folder_at(folder, i, &name)); i++)
        add_documents(in, name, &file->docs);
    return e ? err_wrap(e, "%s", path) : NULL;
}

struct err *check_input_add(struct check_input *in, const char *path)
{
    struct stat st;
    if (strcmp(path, STDIN_NAME) == 0)
        return add_file(in, STDIN_PATH, path);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? add_folder(in, path)
                                                       : add_file(in, path, path);
}

void check_input_done(struct check_input *in)
{
    for (size_t i = 0; i < in->n; i++) {
        struct check_object *o = &in->objects[i];
        free(o->where);
        json_free(o->json);
        manifest_done(&o->manifest);
        err_free(o->unread);
        str_buf_done(&o->lines);
    }
    free(in->objects);
}

struct check_object *check_input_find(const struct check_input *in, const char *kind,
                                      const char *ns, const char *name)
{
    for (size_t i = 0; i < in->n; i++) {
        struct check_object *o = &in->objects[i];
        if (strcmp(check_object_kind(o), kind) == 0 && strcmp(check_object_ns(o), ns) == 0 &&
            strcmp(check_object_name(o), name) == 0)
            return o;
    }
    return NULL;
}
