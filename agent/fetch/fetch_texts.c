/* They are read anew at each pass and not kept: they are small, and a change of one is to be seen
 * at the next refresh. */

#include "fetch/fetch_texts.h"

static struct err *read_item(const struct provider_env *env, const struct spec *spec,
                             const struct template_from *from, const struct from_item *item,
                             const struct deadline *dl, struct secret_buf **out)
{
    bool is_secret = from->kind == FROM_SECRET;
    const struct credential_source *source = is_secret ? &env->credentials : &env->config_maps;
    struct err *e = source->get
                        ? source->get(source->ctx, spec->meta.ns, from->name, item->key, dl, out)
                        : err_new(ERR_INVALID, "there is nothing here to read it from");
    return e ? err_wrap(e, "spec.target.template.templateFrom[%zu].%s %s", from->index,
                        is_secret ? "secret" : "configMap", from->name)
             : NULL;
}

struct err *fetch_texts(const struct provider_env *env, const struct spec *spec,
                        const struct deadline *dl, struct secret_buf **texts)
{
    size_t at = 0;
    for (size_t i = 0; i < spec->tmpl->n_from; i++) {
        const struct template_from *from = &spec->tmpl->from[i];
        for (size_t j = 0; j < from->n_items; j++) {
            struct err *e = read_item(env, spec, from, &from->items[j], dl, &texts[at++]);
            if (e)
                return e;
        }
    }
    return NULL;
}
