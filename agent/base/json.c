/* cJSON holds the tree; this file keeps its manners in check. The grammar is checked beforehand by
 * the strict reader of secret_json.h, because cJSON takes leading zeros, control characters and
 * trailing bytes for granted and gives no position. Members are found by our own exact comparison,
 * and whole maps are compared through sorted names, so that a large object costs n log n.
 *
 * Some documents hold many people's objects (one page of a LIST). Nothing that one of them can
 * write may make the whole page unreadable, which is why "\u0000" becomes U+FFFD, and why two names
 * that look alike only after that are no error. */

#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/secret_json.h"

#define REPLACEMENT_UTF8 "\xef\xbf\xbd"
#define INT64_LIMIT 9223372036854775808.0 /* 2^63 */

static const cJSON *node(const struct json *j)
{
    return (const cJSON *)j;
}

static cJSON *node_mut(struct json *j)
{
    return (cJSON *)j;
}

static const struct json *borrowed(const cJSON *n)
{
    return (const struct json *)n;
}

/* cJSON gives NULL only when memory is out. */
static struct json *made(cJSON *n)
{
    if (!n)
        abort();
    return (struct json *)n;
}

static int compare_names(const void *a, const void *b)
{
    const cJSON *const *left = a;
    const cJSON *const *right = b;
    return strcmp((*left)->string, (*right)->string);
}

/* Array of map's members by name, *n of them; caller frees the array. */
static const cJSON **sorted_members(const struct json *map, size_t *n)
{
    *n = json_count(map);
    const cJSON **members = xcalloc(*n, sizeof(*members));
    size_t i = 0;
    for (const cJSON *m = node(map)->child; m; m = m->next)
        members[i++] = m;
    qsort(members, *n, sizeof(*members), compare_names);
    return members;
}

static void members_cleanup(const cJSON ***members)
{
    free(*members);
}
#define CLEANUP_MEMBERS __attribute__((cleanup(members_cleanup)))

const char *json_name_twice(const struct json *map)
{
    if (json_kind(map) != JSON_MAP)
        return NULL;
    size_t n;
    CLEANUP_MEMBERS const cJSON **members = sorted_members(map, &n);
    for (size_t i = 1; i < n; i++) {
        const char *name = members[i]->string;
        if (strcmp(members[i - 1]->string, name) == 0 && !strstr(name, REPLACEMENT_UTF8))
            return name;
    }
    return NULL;
}

static struct err *check_names(const struct json *j)
{
    const char *twice = json_name_twice(j);
    if (twice)
        return err_new(ERR_INVALID, "JSON: name \"%s\" stands twice", twice);
    for (const struct json *item = json_first(j); item; item = json_next(item)) {
        struct err *e = check_names(item);
        if (e)
            return e;
    }
    return NULL;
}

static struct err *check_text(const char *text, size_t n)
{
    if (n > JSON_TEXT_MAX)
        return err_new(ERR_INVALID, "JSON: larger than %u bytes", JSON_TEXT_MAX);
    if (!codec_is_utf8(text, n))
        return err_new(ERR_INVALID, "JSON: not UTF-8");
    struct secret_json root;
    return secret_json_parse(secret_view_of(text, n), &root);
}

/* In a checked document a backslash only stands inside a string and has a character behind it. */
static void replace_zero_escapes(char *text)
{
    for (char *at = strchr(text, '\\'); at; at = strchr(at + 2, '\\')) {
        if (strncmp(at, "\\u0000", 6) == 0)
            memcpy(at, "\\ufffd", 6);
    }
}

/* text is a checked document. */
static struct err *build(const char *text, size_t n, struct json **out)
{
    CLEANUP_STR char *copy = xstrndup(text, n);
    replace_zero_escapes(copy);
    const char *end = copy;
    cJSON *root = cJSON_ParseWithLengthOpts(copy, n + 1, &end, 1);
    if (!root)
        return err_new(ERR_INVALID, "JSON: number or character that cannot be read at byte %td",
                       end - copy);
    *out = made(root);
    return NULL;
}

struct err *json_parse(const char *text, size_t n, struct json **out)
{
    struct err *e = check_text(text, n);
    if (e)
        return e;
    CLEANUP(json) struct json *root = NULL;
    e = build(text, n, &root);
    if (e)
        return e;
    e = check_names(root);
    if (e)
        return e;
    *out = TAKE(root);
    return NULL;
}

struct json *json_new_map(void)
{
    return made(cJSON_CreateObject());
}

struct json *json_new_list(void)
{
    return made(cJSON_CreateArray());
}

struct json *json_new_text(const char *s)
{
    assert(s);
    return made(cJSON_CreateString(s));
}

struct json *json_new_text_n(const char *s, size_t n)
{
    CLEANUP_STR char *copy = xstrndup(s, n);
    return json_new_text(copy);
}

struct json *json_new_number(double v)
{
    return made(cJSON_CreateNumber(v));
}

struct json *json_new_bool(bool v)
{
    return made(cJSON_CreateBool(v));
}

struct json *json_new_null(void)
{
    return made(cJSON_CreateNull());
}

void json_set(struct json *map, const char *name, struct json *child)
{
    assert(json_kind(map) == JSON_MAP && child);
    if (!cJSON_AddItemToObject(node_mut(map), name, node_mut(child)))
        abort();
}

void json_set_text(struct json *map, const char *name, const char *s)
{
    json_set(map, name, json_new_text(s));
}

void json_set_int(struct json *map, const char *name, int64_t v)
{
    json_set(map, name, json_new_number((double)v));
}

void json_set_bool(struct json *map, const char *name, bool v)
{
    json_set(map, name, json_new_bool(v));
}

void json_add(struct json *list, struct json *child)
{
    assert(json_kind(list) == JSON_LIST && child);
    if (!cJSON_AddItemToArray(node_mut(list), node_mut(child)))
        abort();
}

void json_remove(struct json *map, const char *name)
{
    if (json_kind(map) == JSON_MAP)
        cJSON_DeleteItemFromObjectCaseSensitive(node_mut(map), name);
}

enum json_kind json_kind(const struct json *j)
{
    const cJSON *n = node(j);
    if (cJSON_IsBool(n))
        return JSON_BOOL;
    if (cJSON_IsNumber(n))
        return JSON_NUMBER;
    if (cJSON_IsString(n))
        return JSON_STRING;
    if (cJSON_IsArray(n))
        return JSON_LIST;
    if (cJSON_IsObject(n))
        return JSON_MAP;
    return JSON_NULL;
}

size_t json_count(const struct json *list_or_map)
{
    size_t n = 0;
    for (const struct json *item = json_first(list_or_map); item; item = json_next(item))
        n++;
    return n;
}

const struct json *json_at(const struct json *list_or_map, size_t i)
{
    const struct json *item = json_first(list_or_map);
    while (item && i-- > 0)
        item = json_next(item);
    return item;
}

const char *json_name_at(const struct json *map, size_t i)
{
    return json_name(json_at(map, i));
}

const struct json *json_first(const struct json *list_or_map)
{
    return list_or_map ? borrowed(node(list_or_map)->child) : NULL;
}

const struct json *json_next(const struct json *item)
{
    return item ? borrowed(node(item)->next) : NULL;
}

const char *json_name(const struct json *item)
{
    return item ? node(item)->string : NULL;
}

/* Member whose name is the n bytes at name. */
static const struct json *member(const struct json *map, const char *name, size_t n)
{
    if (json_kind(map) != JSON_MAP)
        return NULL;
    for (const cJSON *m = node(map)->child; m; m = m->next) {
        if (strncmp(m->string, name, n) == 0 && m->string[n] == '\0')
            return borrowed(m);
    }
    return NULL;
}

const struct json *json_get(const struct json *map, const char *name)
{
    return member(map, name, strlen(name));
}

const struct json *json_path(const struct json *map, const char *path)
{
    const struct json *at = map;
    while (at && *path) {
        size_t n = strcspn(path, ".");
        at = member(at, path, n);
        path += n + (path[n] == '.');
    }
    return at;
}

const char *json_path_text(const struct json *map, const char *path)
{
    return json_text(json_path(map, path));
}

int64_t json_path_int(const struct json *map, const char *path, int64_t fallback)
{
    double v = json_number(json_path(map, path), NAN);
    bool fits = v >= -INT64_LIMIT && v < INT64_LIMIT && v == trunc(v);
    return fits ? (int64_t)v : fallback;
}

bool json_path_bool(const struct json *map, const char *path, bool fallback)
{
    const struct json *j = json_path(map, path);
    return json_kind(j) == JSON_BOOL ? cJSON_IsTrue(node(j)) : fallback;
}

const char *json_text(const struct json *j)
{
    return json_kind(j) == JSON_STRING ? node(j)->valuestring : NULL;
}

double json_number(const struct json *j, double fallback)
{
    return json_kind(j) == JSON_NUMBER ? node(j)->valuedouble : fallback;
}

struct json *json_copy(const struct json *j)
{
    if (!j)
        return NULL;
    struct json *copy = made(cJSON_Duplicate(node(j), 1));
    cJSON_free(node_mut(copy)->string);
    node_mut(copy)->string = NULL;
    return copy;
}

static bool is_equal_list(const struct json *a, const struct json *b)
{
    const struct json *left = json_first(a);
    const struct json *right = json_first(b);
    while (left && right && json_equal(left, right)) {
        left = json_next(left);
        right = json_next(right);
    }
    return !left && !right;
}

static bool is_equal_map(const struct json *a, const struct json *b)
{
    size_t n_left, n_right;
    CLEANUP_MEMBERS const cJSON **left = sorted_members(a, &n_left);
    CLEANUP_MEMBERS const cJSON **right = sorted_members(b, &n_right);
    if (n_left != n_right)
        return false;
    for (size_t i = 0; i < n_left; i++) {
        if (strcmp(left[i]->string, right[i]->string) != 0 ||
            !json_equal(borrowed(left[i]), borrowed(right[i])))
            return false;
    }
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (json_kind(a) != json_kind(b))
        return false;
    switch (json_kind(a)) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return cJSON_IsTrue(node(a)) == cJSON_IsTrue(node(b));
    case JSON_NUMBER:
        return node(a)->valuedouble == node(b)->valuedouble;
    case JSON_STRING:
        return strcmp(node(a)->valuestring, node(b)->valuestring) == 0;
    case JSON_LIST:
        return is_equal_list(a, b);
    case JSON_MAP:
        return is_equal_map(a, b);
    }
    return false;
}

char *json_print(const struct json *j)
{
    char *printed = cJSON_PrintUnformatted(node(j));
    if (!printed)
        abort();
    char *text = xstrdup(printed);
    cJSON_free(printed);
    return text;
}

void json_free(struct json *j)
{
    cJSON_Delete(node_mut(j));
}
