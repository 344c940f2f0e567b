/* The server answers with metadata only, and that holds all we need: managedFields list every data
 * key by name, whoever wrote it. An annotation may quote a value (kubectl keeps the last applied
 * manifest in one), so the text is read in place and only short members are copied out. */

#include "project/object_reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

#define TEXT_MAX 512

/* Short text member of map; NULL when absent. */
static struct err *text_member(const struct secret_json *map, const char *name, char **out)
{
    struct secret_json member;
    *out = NULL;
    if (!secret_json_member(map, name, &member))
        return NULL;
    struct err *e = secret_json_text(&member, TEXT_MAX, out);
    return e ? err_wrap(e, "%s", name) : NULL;
}

static bool has_member(const struct secret_json *map, const char *name)
{
    struct secret_json member;
    return secret_json_member(map, name, &member);
}

static struct err *read_owner(const struct secret_json *owner, const char *owner_uid,
                              struct object_reply *out)
{
    struct secret_json controller;
    CLEANUP_STR char *uid = NULL;
    out->n_owners++;
    struct err *e = text_member(owner, "uid", &uid);
    if (e)
        return e;
    if (uid && *owner_uid && strcmp(uid, owner_uid) == 0)
        out->has_owner = true;
    if (!secret_json_member(owner, "controller", &controller) ||
        controller.kind != SECRET_JSON_TRUE || out->controller_uid)
        return NULL;
    out->controller_uid = TAKE(uid);
    return text_member(owner, "kind", &out->controller_kind);
}

static struct err *read_owners(const struct secret_json *meta, const char *owner_uid,
                               struct object_reply *out)
{
    struct secret_json list;
    struct secret_json name;
    struct secret_json owner;
    size_t at = 0;
    struct err *e = NULL;
    if (!secret_json_member(meta, "ownerReferences", &list))
        return NULL;
    while (!e && secret_json_next(&list, &at, &name, &owner))
        e = read_owner(&owner, owner_uid, out);
    return e;
}

/* Names under "f:data", written "f:KEY" ("." stands for the map itself). */
static struct err *read_keys(const struct secret_json *fields, struct map *keys)
{
    struct secret_json data;
    struct secret_json name;
    struct secret_json value;
    size_t at = 0;
    if (!secret_json_member(fields, "f:data", &data))
        return NULL;
    while (secret_json_next(&data, &at, &name, &value)) {
        CLEANUP_STR char *text = NULL;
        struct err *e = secret_json_text(&name, TEXT_MAX, &text);
        if (e)
            return err_wrap(e, "managedFields");
        if (strncmp(text, "f:", 2) == 0)
            map_set(keys, text + 2, keys); /* any value that is not NULL */
    }
    return NULL;
}

static bool owns_our_label(const struct secret_json *fields)
{
    struct secret_json meta;
    struct secret_json labels;
    return secret_json_member(fields, "f:metadata", &meta) &&
           secret_json_member(&meta, "f:labels", &labels) &&
           has_member(&labels, "f:" OBJECT_LABEL_OURS);
}

static struct err *read_manager(const struct secret_json *entry, const char *prober,
                                struct object_reply *out)
{
    struct secret_json fields;
    CLEANUP_STR char *manager = NULL;
    struct err *e = text_member(entry, "manager", &manager);
    if (e || !secret_json_member(entry, "fieldsV1", &fields))
        return e;
    if ((!manager || strcmp(manager, prober) != 0) && owns_our_label(&fields))
        out->is_managed = true;
    return read_keys(&fields, out->keys);
}

static struct err *read_managers(const struct secret_json *meta, const char *prober,
                                 struct object_reply *out)
{
    struct secret_json list;
    struct secret_json name;
    struct secret_json entry;
    size_t at = 0;
    struct err *e = NULL;
    if (!secret_json_member(meta, "managedFields", &list))
        return NULL;
    while (!e && secret_json_next(&list, &at, &name, &entry))
        e = read_manager(&entry, prober, out);
    return e;
}

struct err *object_reply_read(struct secret_view metadata_only, const char *prober,
                              const char *owner_uid, struct object_reply *out)
{
    CLEANUP_OBJECT_REPLY struct object_reply r = {.keys = map_new(NULL)};
    struct secret_json root;
    struct secret_json meta;
    struct secret_json labels;
    struct err *e = secret_json_parse(metadata_only, &root);
    if (e)
        return err_wrap(e, "reply");
    if (!secret_json_member(&root, "metadata", &meta))
        return err_new(ERR_INVALID, "reply: metadata expected");
    if (secret_json_member(&meta, "labels", &labels)) {
        r.is_managed = has_member(&labels, OBJECT_LABEL_THEIRS);
        r.has_created_by = has_member(&labels, OBJECT_LABEL_CREATED_BY);
    }
    e = text_member(&meta, "uid", &r.uid);
    if (!e)
        e = text_member(&meta, "resourceVersion", &r.resource_version);
    if (!e)
        e = read_owners(&meta, owner_uid, &r);
    if (!e)
        e = read_managers(&meta, prober, &r);
    if (e)
        return err_wrap(e, "reply");
    *out = r;
    r = (struct object_reply){0};
    return NULL;
}

void object_reply_done(struct object_reply *r)
{
    free(r->uid);
    free(r->resource_version);
    free(r->controller_uid);
    free(r->controller_kind);
    map_free(r->keys);
    *r = (struct object_reply){0};
}
