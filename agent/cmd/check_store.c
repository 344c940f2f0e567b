/* A store beyond what its parser finds: its provider looks at its own part, without a network. */

#include "base/err.h"
#include "cmd/check_file.h"
#include "fetch/provider.h"

void check_store(struct check_input *in, const struct check_file_options *options,
                 struct check_object *o)
{
    const struct store *s = o->manifest.store;
    (void)in;
    (void)options;
    if (check_object_is_unread(o))
        return;
    if (s->problem) {
        check_object_problem(o, "%s", s->problem);
        return;
    }
    const struct provider_ops *ops = provider_find_ops(s->provider);
    if (!ops) {
        check_object_problem(o, "spec.provider.%s is not supported", s->provider);
        return;
    }
    CLEANUP(err) struct err *e = ops->check(s);
    if (e)
        check_object_problem(o, "%s", err_text(e));
}
