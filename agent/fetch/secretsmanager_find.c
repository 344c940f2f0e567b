/* Filters are Secrets Manager's own: a prefix of the name, and keys and values of tags that it does
 * not pair with each other. The expression over names is ours, since no filter can say it. */

#include "fetch/secretsmanager_find.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "fetch/secretsmanager.h"

#define LIST "ListSecrets"
#define LIST_PAGE "100" /* the most that it gives */
#define FIND_PAGE "20"
#define PACKED_BYTES 8 /* two lengths around each member */

static bool has_path(const struct spec_find *find)
{
    return find->path && *find->path;
}

size_t secretsmanager_filters(const struct spec_find *find)
{
    return (has_path(find) ? 1 : 0) + (find->tags ? 2 * find->tags->n : 0);
}

static void put_filter(struct str_buf *out, const char *key, const char *value, bool *is_first)
{
    str_buf_puts(out, *is_first ? "{\"Key\":\"" : ",{\"Key\":\"");
    str_buf_puts(out, key);
    str_buf_puts(out, "\",\"Values\":[");
    secretsmanager_put_text(out, "", value);
    str_buf_puts(out, "]}");
    *is_first = false;
}

static void put_token(struct str_buf *out, const char *token)
{
    if (!token)
        return;
    str_buf_puts(out, ",\"NextToken\":");
    secretsmanager_put_text(out, "", token);
}

static void put_filters(struct str_buf *out, const struct spec_find *find)
{
    bool is_first = true;
    str_buf_puts(out, ",\"Filters\":[");
    for (size_t i = 0; find->tags && i < find->tags->n; i++) {
        put_filter(out, "tag-key", find->tags->entries[i].key, &is_first);
        put_filter(out, "tag-value", find->tags->entries[i].value, &is_first);
    }
    if (has_path(find))
        put_filter(out, "name", find->path, &is_first);
    str_buf_puts(out, "]");
}

void secretsmanager_find_body(struct str_buf *out, const struct spec_find *find, const char *token)
{
    str_buf_puts(out, "{\"MaxResults\":" FIND_PAGE);
    put_filters(out, find);
    put_token(out, token);
    str_buf_puts(out, "}");
}

void secretsmanager_list_body(struct str_buf *out, const struct spec_find *find, const char *token)
{
    str_buf_puts(out, "{\"MaxResults\":" LIST_PAGE);
    if (secretsmanager_filters(find))
        put_filters(out, find);
    put_token(out, token);
    str_buf_puts(out, "}");
}

void secretsmanager_describe_body(struct str_buf *out, const char *prefix,
                                  const struct provider_ref *ref)
{
    str_buf_puts(out, "{\"SecretId\":");
    secretsmanager_put_text(out, prefix, ref->key);
    str_buf_puts(out, "}");
}

/* A reply that is something else must not pass for one without secrets. */
static struct err *parse_object(struct secret_view reply, struct secret_json *root)
{
    struct err *e = secret_json_parse(reply, root);
    if (!e && root->kind != SECRET_JSON_OBJECT)
        e = err_new(ERR_INVALID, "reply is no object");
    return e;
}

static struct err *check_name(const struct secretsmanager_found *found, const char *name,
                              bool *is_wanted)
{
    *is_wanted = true;
    if (!found->regexp)
        return NULL;
    return regex_matches(found->regexp, secret_view_of(name, strlen(name)), is_wanted);
}

/* Is there room for one more member of n bytes? */
static struct err *take_room(struct secretsmanager_found *found, const char *name, size_t n)
{
    found->bytes += strlen(name) + n + PACKED_BYTES;
    if (found->members->n >= SECRETSMANAGER_FOUND_MAX)
        return err_new(ERR_INVALID, "more than %d secrets match", SECRETSMANAGER_FOUND_MAX);
    if (found->bytes > SECRET_BUF_MAX)
        return err_new(ERR_INVALID, "the secrets that match have more than %u bytes together",
                       SECRET_BUF_MAX);
    return NULL;
}

static struct err *add_value(const struct secret_json *entry, const char *name,
                             struct secretsmanager_found *found)
{
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    struct err *e = secretsmanager_read_entry(entry, true, &value);
    if (!e)
        e = take_room(found, name, secret_buf_size(value));
    if (!e)
        map_set(found->members, name, TAKE(value));
    return e;
}

static struct err *add_name(const struct secret_json *entry, const char *name,
                            struct secretsmanager_found *found)
{
    (void)entry;
    struct err *e = take_room(found, name, 0);
    if (!e)
        map_set(found->members, name, NULL);
    return e;
}

typedef struct err *add_fn(const struct secret_json *entry, const char *name,
                           struct secretsmanager_found *found);

/* Hand entry to add if its name matches. */
static struct err *read_entry(const struct secret_json *entry, add_fn *add,
                              struct secretsmanager_found *found)
{
    struct secret_json name;
    CLEANUP_STR char *text = NULL;
    bool is_wanted = false;
    if (!secret_json_member(entry, "Name", &name))
        return err_new(ERR_INVALID, "reply has a secret without a name");
    struct err *e = secret_json_text(&name, SECRETSMANAGER_NAME_MAX, &text);
    if (!e)
        e = check_name(found, text, &is_wanted);
    if (!e && is_wanted)
        e = add(entry, text, found);
    return e;
}

static struct err *read_list(const struct secret_json *root, const char *list_name, add_fn *add,
                             struct secretsmanager_found *found)
{
    struct secret_json list, key, entry;
    size_t at = 0;
    struct err *e = NULL;
    if (!secret_json_member(root, list_name, &list) || list.kind == SECRET_JSON_NULL)
        return NULL;
    if (list.kind != SECRET_JSON_ARRAY)
        return err_new(ERR_INVALID, "%s in the reply is no list", list_name);
    while (!e && secret_json_next(&list, &at, &key, &entry))
        e = read_entry(&entry, add, found);
    return e;
}

/* The first failure in the reply that may pass: what is missing now would be missed. */
static struct err *passing_failure(const struct secret_json *root)
{
    struct secret_json list, key, entry;
    size_t at = 0;
    if (!secret_json_member(root, "Errors", &list) || list.kind != SECRET_JSON_ARRAY)
        return NULL;
    while (secret_json_next(&list, &at, &key, &entry)) {
        CLEANUP(err) struct err *e = secretsmanager_read_error(&entry);
        if (err_is_transient(e))
            return TAKE(e);
    }
    return NULL;
}

static struct err *read_token(const struct secret_json *root, char **token)
{
    struct secret_json next;
    if (!secret_json_member(root, "NextToken", &next) || next.kind == SECRET_JSON_NULL)
        return NULL;
    struct err *e = secret_json_text(&next, SECRETSMANAGER_TOKEN_MAX, token);
    return e ? err_wrap(e, "NextToken") : NULL;
}

static struct err *read_page(struct secret_view reply, const char *list_name, add_fn *add,
                             struct secretsmanager_found *found, char **token)
{
    struct secret_json root;
    *token = NULL;
    struct err *e = parse_object(reply, &root);
    if (!e)
        e = passing_failure(&root);
    if (!e)
        e = read_list(&root, list_name, add, found);
    return e ? e : read_token(&root, token);
}

struct err *secretsmanager_read_found(struct secret_view reply, struct secretsmanager_found *found,
                                      char **token)
{
    struct err *e = read_page(reply, "SecretValues", add_value, found, token);
    return e ? err_wrap(e, SECRETSMANAGER_BATCH) : NULL;
}

struct err *secretsmanager_read_found_value(struct secret_view reply, const char *name,
                                            struct secretsmanager_found *found)
{
    struct secret_json root;
    struct err *e = secret_json_parse(reply, &root);
    if (!e)
        e = add_value(&root, name, found);
    return e ? err_wrap(e, SECRETSMANAGER_GET) : NULL;
}

struct err *secretsmanager_read_names(struct secret_view reply, struct secretsmanager_found *found,
                                      char **token)
{
    struct err *e = read_page(reply, "SecretList", add_name, found, token);
    return e ? err_wrap(e, LIST) : NULL;
}

/* A map of value_members_new: the tags in the order in which Go prints a map. */
static struct err *collect_tags(const struct secret_json *root, struct map *tags)
{
    struct secret_json list, none, tag, key, value;
    size_t at = 0;
    if (!secret_json_member(root, "Tags", &list) || list.kind != SECRET_JSON_ARRAY)
        return NULL;
    while (secret_json_next(&list, &at, &none, &tag)) {
        CLEANUP_STR char *name = NULL;
        struct secret_buf *text = NULL;
        if (!secret_json_member(&tag, "Key", &key) || !secret_json_member(&tag, "Value", &value))
            return err_new(ERR_INVALID, "reply has a tag without a key or value");
        struct err *e = secret_json_text(&key, SECRETSMANAGER_TAG_KEY_MAX, &name);
        if (!e)
            e = secret_json_string(&value, &text);
        if (e)
            return e;
        map_set(tags, name, text);
    }
    return NULL;
}

static struct err *put_tag(const struct map_entry *tag, const char *before, struct secret_buf *out)
{
    struct err *e = secret_buf_puts(out, before);
    if (!e)
        e = secret_json_quote_go(secret_view_of(tag->key, strlen(tag->key)), out);
    if (!e)
        e = secret_buf_puts(out, ":");
    return e ? e : secret_json_quote_go(secret_buf_view(tag->value), out);
}

static struct err *put_tags(const struct map *tags, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e = secret_buf_new(0, &b);
    if (!e)
        e = secret_buf_puts(b, "{");
    for (size_t i = 0; !e && i < tags->n; i++)
        e = put_tag(&tags->entries[i], i ? "," : "", b);
    if (!e)
        e = secret_buf_puts(b, "}");
    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}

struct err *secretsmanager_read_tags(struct secret_view reply, struct secret_buf **out)
{
    struct secret_json root;
    CLEANUP(map) struct map *tags = value_members_new();
    struct err *e = parse_object(reply, &root);
    if (!e)
        e = collect_tags(&root, tags);
    if (!e)
        e = put_tags(tags, out);
    return e ? err_wrap(e, SECRETSMANAGER_DESCRIBE) : NULL;
}
