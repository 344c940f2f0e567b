/* A write takes the same way to the store as a read: conditions, the open provider, one more try
 * when the login may have been replaced. It is not queued or shared: the callers see to it that a
 * remote key is written by one at a time. */

#include "fetch/fetch_push.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "fetch/fetch_key.h"
#include "fetch/fetch_store.h"

#define READ_ONLY "ReadOnly"
#define READ_WRITE "ReadWrite"

/* What to do with a store; only_if_absent and value are for writing. */
struct job {
    const struct fetch_push *push;
    bool is_removal;
    bool only_if_absent;
    struct secret_view value;
};

static struct err *check_writable(const struct fetcher *f, const struct store *store)
{
    const struct provider_ops *ops = NULL;
    struct err *e = fetch_store_ops(f, store, &ops);
    if (!e && !ops->push)
        e = err_new(ERR_INVALID, "provider %s cannot be written to", ops->name);
    return e ? fetch_store_blame(e, store) : NULL;
}

/* Values of the key, and lists that may hold it. */
static void forget(struct fetcher *f, const struct fetch_push *push)
{
    CLEANUP_STR char *of_key = fetch_key_prefix(push->store, push->what.key);
    CLEANUP_STR char *of_finds = fetch_key_find_prefix(push->store);
    if (of_key)
        fetch_flights_forget(f->flights, of_key);
    if (of_finds)
        fetch_flights_forget(f->flights, of_finds);
}

/* Whatever the outcome, the store may hold something else afterwards. */
static struct err *do_job(struct fetcher *f, const struct job *job, struct fetch_slot *slot,
                          const struct deadline *dl)
{
    const struct fetch_lane *lane = fetch_slot_lane(slot);
    struct provider_push what = job->push->what;
    bool exists = false;
    struct err *e = NULL;
    what.ns = job->push->ns;
    if (job->only_if_absent)
        e = lane->ops->push_exists(lane->provider, &what, dl, &exists);
    if (e)
        return fetch_store_blame(e, job->push->store);
    if (exists)
        return NULL;
    if (job->is_removal)
        e = lane->ops->push_remove(lane->provider, &what, dl);
    else
        e = lane->ops->push(lane->provider, &what, job->value, dl);
    forget(f, job->push);
    return e ? fetch_store_blame(e, job->push->store) : NULL;
}

/* Once more under another login, if there is one; else e as it is. */
static struct err *do_again(struct fetcher *f, const struct job *job, struct fetch_slot *slot,
                            const struct deadline *dl, struct err *e)
{
    CLEANUP(fetch_slot) struct fetch_slot *other = NULL;
    CLEANUP(err) struct err *denied = e;
    struct err *again = fetch_store_reopen(f, job->push->store, job->push->ns, dl, slot, &other);
    if (again)
        return again;
    return other ? do_job(f, job, other, dl) : TAKE(denied);
}

static struct err *run(struct fetcher *f, const struct job *job, const struct deadline *dl)
{
    const struct fetch_push *push = job->push;
    CLEANUP(fetch_slot) struct fetch_slot *slot = NULL;
    struct err *e = fetch_store_allow(f, push->store, push->ns, dl);
    if (!e)
        e = check_writable(f, push->store);
    if (!e)
        e = fetch_store_open(f, push->store, push->ns, dl, &slot);
    if (e)
        return e;
    e = do_job(f, job, slot, dl);
    if (e && err_class(e) == ERR_DENIED)
        e = do_again(f, job, slot, dl, e);
    return e;
}

struct err *fetcher_push(struct fetcher *f, const struct fetch_push *push, struct secret_view value,
                         bool only_if_absent, const struct deadline *dl)
{
    struct job job = {.push = push, .only_if_absent = only_if_absent, .value = value};
    return run(f, &job, dl);
}

struct err *fetcher_push_remove(struct fetcher *f, const struct fetch_push *push,
                                const struct deadline *dl)
{
    struct job job = {.push = push, .is_removal = true};
    return run(f, &job, dl);
}

const char *fetcher_capabilities(const struct fetcher *f, const struct store *store)
{
    const struct provider_ops *ops = NULL;
    CLEANUP(err) struct err *e = fetch_store_ops(f, store, &ops);
    return !e && ops->push ? READ_WRITE : READ_ONLY;
}
