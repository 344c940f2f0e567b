/* The Pod's wishes on files: parsed once at publish, applied to every generation. */

#include "project/project_items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/yaml.h"

#define MODE_MAX 0777

/* "0440" or "288"; YAML turns an unquoted number into one, so both kinds of node arrive here. */
static struct err *parse_mode_text(const char *what, const char *text, mode_t *out)
{
    char *end = NULL;
    errno = 0;
    long mode = strtol(text, &end, text[0] == '0' ? 8 : 10);
    if (errno || text[0] < '0' || text[0] > '9' || *end || mode > MODE_MAX)
        return err_new(ERR_INVALID, "%s: must be an octal mode such as 0440", what);
    *out = (mode_t)mode;
    return NULL;
}

static struct err *parse_mode(const char *what, const struct json *node, int *out)
{
    mode_t mode = 0;
    if (json_kind(node) == JSON_NULL) {
        *out = -1;
        return NULL;
    }
    if (json_kind(node) == JSON_NUMBER) {
        double number = json_number(node, -1);
        if (number < 0 || number > MODE_MAX || number != (double)(int)number)
            return err_new(ERR_INVALID, "%s: must be 0 to 511 or a text such as \"0440\"", what);
        *out = (int)number;
        return NULL;
    }
    const char *text = json_text(node);
    struct err *e = parse_mode_text(what, text ? text : "", &mode);
    if (e)
        return e;
    *out = (int)mode;
    return NULL;
}

static struct err *parse_item(const struct json *row, size_t i, struct project_item *out)
{
    CLEANUP_STR char *path_at = xasprintf("items[%zu].path", i);
    CLEANUP_STR char *mode_at = xasprintf("items[%zu].mode", i);
    const char *key = json_path_text(row, "key");
    const char *path = json_path_text(row, "path");
    for (const struct json *m = json_first(row); m; m = json_next(m)) {
        const char *name = json_name(m);
        if (!name ||
            (strcmp(name, "key") != 0 && strcmp(name, "path") != 0 && strcmp(name, "mode") != 0))
            return err_new(ERR_INVALID, "items[%zu].%s is not supported", i, name ? name : "?");
    }
    if (!key || !*key)
        return err_new(ERR_INVALID, "items[%zu].key is missing", i);
    if (!path)
        return err_new(ERR_INVALID, "items[%zu].path is missing", i);
    struct err *e = project_path_check(path_at, path);
    if (!e)
        e = parse_mode(mode_at, json_get(row, "mode"), &out->mode);
    if (e)
        return e;
    out->key = xstrdup(key);
    out->path = xstrdup(path);
    return NULL;
}

static struct err *parse_list(const struct json *list, struct project_items *p)
{
    if (json_kind(list) != JSON_LIST)
        return err_new(ERR_INVALID, "items: must be a YAML list of {key, path, mode}");
    size_t n = json_count(list);
    if (n == 0 || n > PROJECT_ITEMS_MAX)
        return err_new(ERR_INVALID, "items: must have 1 to %d rows", PROJECT_ITEMS_MAX);
    p->items = xcalloc(n, sizeof(*p->items));
    p->is_listed = true;
    for (const struct json *row = json_first(list); row; row = json_next(row)) {
        struct err *e = parse_item(row, p->n, &p->items[p->n]);
        if (e)
            return e;
        p->n++;
    }
    return NULL;
}

/* Two rows may not want one path, nor one a folder where the other wants a file. */
static struct err *check_overlap(const struct project_items *p)
{
    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = 0; k < p->n; k++) {
            size_t length = strlen(p->items[i].path);
            if (i != k && strncmp(p->items[i].path, p->items[k].path, length) == 0 &&
                (p->items[k].path[length] == '/' || p->items[k].path[length] == '\0'))
                return err_new(ERR_INVALID, "items[%zu].path and items[%zu].path collide", i, k);
        }
    }
    return NULL;
}

struct err *project_items_parse(const char *items_yaml, const char *default_mode_text,
                                struct project_items **out)
{
    CLEANUP(project_items) struct project_items *p = xcalloc(1, sizeof(*p));
    p->default_mode = PROJECT_MODE_DEFAULT;
    struct err *e = NULL;
    if (default_mode_text)
        e = parse_mode_text("defaultMode", default_mode_text, &p->default_mode);
    if (e)
        return e;
    if (items_yaml) {
        CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
        e = yaml_parse(items_yaml, strlen(items_yaml), &docs);
        if (e)
            return err_wrap(e, "items");
        e = parse_list(docs.n == 1 ? docs.docs[0] : NULL, p);
        if (!e)
            e = check_overlap(p);
        if (e)
            return e;
    }
    *out = TAKE(p);
    return NULL;
}

void project_items_free(struct project_items *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->items && i < p->n; i++) {
        free(p->items[i].key);
        free(p->items[i].path);
    }
    free(p->items);
    free(p);
}

static struct err *select_listed(const struct project_items *p, const struct output_set *o,
                                 bool is_optional, struct project_file *files, size_t *n)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct project_item *item = &p->items[i];
        const struct output *found = output_set_find(o, item->key);
        if (!found && is_optional)
            continue;
        if (!found)
            return err_new(ERR_NOT_FOUND, "items[%zu].key \"%s\" is not among the keys", i,
                           item->key);
        mode_t mode = item->mode >= 0 ? (mode_t)item->mode : p->default_mode;
        files[(*n)++] = (struct project_file){item->path, mode, secret_buf_view(found->value)};
    }
    return NULL;
}

struct err *project_items_select(const struct project_items *p, const struct output_set *o,
                                 bool is_optional, struct project_file **out, size_t *out_n)
{
    size_t most = p->is_listed ? p->n : o->n;
    struct project_file *files = xcalloc(most + 1, sizeof(*files));
    size_t n = 0;
    struct err *e = NULL;
    if (p->is_listed)
        e = select_listed(p, o, is_optional, files, &n);
    for (size_t i = 0; !p->is_listed && i < o->n; i++)
        files[n++] = (struct project_file){o->items[i].key, p->default_mode,
                                           secret_buf_view(o->items[i].value)};
    if (e) {
        free(files);
        return e;
    }
    *out = files;
    *out_n = n;
    return NULL;
}
