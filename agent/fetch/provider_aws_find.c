/* With a path, or tags alone, Secrets Manager picks the secrets and gives their values in the same
 * call. With a name and no path, names are listed (with tags, those that have them), and the values
 * of those that match are got in groups of twenty; where groups are denied, or one is refused, one
 * by one. So it needs the same permissions as in External Secrets. Names come as they are in the
 * account, so the store's prefix is not put in front of them. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/provider_aws.h"
#include "fetch/secretsmanager.h"
#include "fetch/secretsmanager_find.h"

#define PAGES_MAX 10000 /* pages may be empty, so that names alone do not end the loop */

typedef void page_body_fn(struct str_buf *out, const struct spec_find *find, const char *token);
typedef struct err *page_read_fn(struct secret_view reply, struct secretsmanager_found *found,
                                 char **token);

/* A call that answers in pages. */
struct paged {
    const char *operation;
    page_body_fn *body;
    page_read_fn *read;
};

static const struct paged by_filters = {SECRETSMANAGER_BATCH, secretsmanager_find_body,
                                        secretsmanager_read_found};
static const struct paged by_names = {"ListSecrets", secretsmanager_list_body,
                                      secretsmanager_read_names};

/* One page; *token is replaced by the next one's. */
static struct err *get_page(const struct aws *a, const struct paged *call,
                            const struct spec_find *find, const struct deadline *dl,
                            struct secretsmanager_found *found, char **token)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR char *next = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    call->body(&body, find, *token);
    struct err *e = aws_send(a, call->operation, &body, dl, &reply);
    if (!e)
        e = call->read(secret_buf_view(reply), found, &next);
    free(*token);
    *token = TAKE(next);
    return e;
}

static struct err *get_pages(const struct aws *a, const struct paged *call,
                             const struct spec_find *find, const struct deadline *dl,
                             struct secretsmanager_found *found)
{
    CLEANUP_STR char *token = NULL;
    for (size_t i = 0; i < PAGES_MAX; i++) {
        struct err *e = get_page(a, call, find, dl, found, &token);
        if (e || !token)
            return e;
    }
    return err_new(ERR_INVALID, "%s: more than %d pages", call->operation, PAGES_MAX);
}

static struct err *get_together(const struct aws *a, const struct provider_ref *refs, size_t n,
                                const struct deadline *dl, struct secretsmanager_found *found)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR char *token = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_batch_body(&body, "", refs, n);
    struct err *e = aws_send(a, SECRETSMANAGER_BATCH, &body, dl, &reply);
    return e ? e : secretsmanager_read_found(secret_buf_view(reply), found, &token);
}

/* A secret that went away after it was listed, or that has no value yet, is not there. */
static struct err *get_alone(const struct aws *a, const struct provider_ref *ref,
                             const struct deadline *dl, struct secretsmanager_found *found)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR_BUF struct str_buf body;
    str_buf_init(&body, SECRETSMANAGER_BODY_MAX);
    secretsmanager_get_body(&body, "", ref);
    struct err *e = aws_send(a, SECRETSMANAGER_GET, &body, dl, &reply);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    if (!e)
        e = secretsmanager_read_found_value(secret_buf_view(reply), ref->key, found);
    return e ? err_wrap(e, "%s", ref->key) : NULL;
}

/* The values of n names, at most PROVIDER_BATCH_MAX. *is_single: groups are denied. */
static struct err *get_group(const struct aws *a, const struct map_entry *names, size_t n,
                             const struct deadline *dl, bool *is_single,
                             struct secretsmanager_found *found)
{
    struct provider_ref refs[PROVIDER_BATCH_MAX];
    struct err *e = NULL;
    for (size_t i = 0; i < n; i++)
        refs[i] = (struct provider_ref){.key = names[i].key};
    if (!*is_single && n > 1)
        e = get_together(a, refs, n, dl, found);
    if (e && err_class(e) != ERR_DENIED && err_class(e) != ERR_INVALID)
        return e;
    *is_single |= e && err_class(e) == ERR_DENIED;
    err_free(e);
    e = NULL;
    for (size_t i = 0; !e && i < n; i++) {
        if (!map_get(found->members, refs[i].key))
            e = get_alone(a, &refs[i], dl, found);
    }
    return e;
}

static struct err *get_listed(const struct aws *a, const struct spec_find *find,
                              const struct deadline *dl, struct secretsmanager_found *found)
{
    CLEANUP(map) struct map *names = map_new(NULL);
    struct secretsmanager_found listed = {.regexp = found->regexp, .members = names};
    bool is_single = false;
    struct err *e = get_pages(a, &by_names, find, dl, &listed);
    for (size_t at = 0; !e && at < names->n; at += PROVIDER_BATCH_MAX) {
        size_t left = names->n - at;
        size_t n = left < PROVIDER_BATCH_MAX ? left : PROVIDER_BATCH_MAX;
        e = get_group(a, &names->entries[at], n, dl, &is_single, found);
    }
    return e;
}

static struct err *check_find(const struct spec_find *find)
{
    size_t n = secretsmanager_filters(find);
    if (!find->name_regexp && n == 0)
        return err_new(ERR_INVALID, "find needs a name, a path or tags");
    if (n > SECRETSMANAGER_FILTERS_MAX)
        return err_new(ERR_INVALID, "find.tags are too many: AWS takes %d filters, two for a tag",
                       SECRETSMANAGER_FILTERS_MAX);
    return NULL;
}

static struct err *compile(const char *pattern, struct regex **out)
{
    struct err *e = regex_new(secret_view_of(pattern, strlen(pattern)), out);
    return e ? err_wrap(e, "find.name.regexp") : NULL;
}

struct err *aws_find(struct provider *p, const struct spec_find *find, const struct deadline *dl,
                     struct map **out)
{
    const struct aws *a = (const struct aws *)p;
    CLEANUP(regex) struct regex *regexp = NULL;
    CLEANUP(map) struct map *members = value_members_new();
    struct err *e = check_find(find);
    if (!e && find->name_regexp)
        e = compile(find->name_regexp, &regexp);
    if (e)
        return e;
    struct secretsmanager_found found = {.regexp = regexp, .members = members};
    if (!find->name_regexp || (find->path && *find->path))
        e = get_pages(a, &by_filters, find, dl, &found);
    else
        e = get_listed(a, find, dl, &found);
    if (e)
        return e;
    *out = TAKE(members);
    return NULL;
}
