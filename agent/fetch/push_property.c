/* Stores that know nothing of properties hold a JSON object, of which only the text of one member
 * is exchanged. */

#include "fetch/push_property.h"

#include "base/secret_json.h"

static bool has_property(const struct provider_push *push)
{
    return push->property && *push->property;
}

static struct err *blame(struct err *e, const struct provider_push *push)
{
    return err_wrap(e, "remoteRef.property \"%s\"", push->property);
}

struct err *push_property_set(const struct provider_push *push, struct secret_view old,
                              struct secret_view value, struct secret_buf **out)
{
    struct secret_json root;
    if (!has_property(push))
        return secret_buf_copy(value, out);
    struct err *e = old.n ? secret_json_parse(old, &root) : NULL;
    if (e)
        return blame(err_wrap(e, "the secret is not JSON"), push);
    e = secret_json_set(old, push->property, value, out);
    return e ? blame(e, push) : NULL;
}

struct err *push_property_remove(const struct provider_push *push, struct secret_view old,
                                 enum secret_json_removal *removal, struct secret_buf **out)
{
    struct secret_json root;
    *out = NULL;
    *removal = SECRET_JSON_NONE_LEFT;
    if (!has_property(push))
        return NULL;
    CLEANUP(err) struct err *other = secret_json_parse(old, &root);
    *removal = SECRET_JSON_ABSENT;
    if (other)
        return NULL;
    struct err *e = secret_json_remove(old, push->property, removal, out);
    return e ? blame(e, push) : NULL;
}
