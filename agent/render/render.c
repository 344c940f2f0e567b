/* Data first, then the template over them. Data that the target keeps beside the template's own are
 * moved, not copied, once the template has read them. */

#include "render/render.h"

#include "render/render_source.h"
#include "render/render_template.h"

/* Are the data themselves part of the outcome? A target that is no Secret holds what its template
 * says and nothing else. */
static bool keeps_data(const struct spec *spec)
{
    const struct spec_template *t = spec->tmpl;
    if (!t)
        return true;
    return !spec->manifest_api_version && (t->is_merge || (t->data->n == 0 && t->n_from == 0));
}

/* Move data to out, where the template has not put a key already. */
static struct err *put_data(struct map *data, struct output_set *out)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < data->n; i++) {
        struct map_entry *m = &data->entries[i];
        if (!output_set_find(out, m->key))
            e = output_set_put(out, m->key, TAKE(m->value));
    }
    return e;
}

struct err *render_run(const struct spec *spec, const struct value_set *values,
                       const struct render_options *options, const struct digest_key *key,
                       bool *has_data, struct output_set **out)
{
    CLEANUP(output_set) struct output_set *o = output_set_new();
    CLEANUP(map) struct map *data = value_members_new();
    struct err *e =
        render_source_gather(spec, values, options ? &options->env : NULL, data, o->missing);
    *has_data = !e;
    if (!e && spec->tmpl)
        e = render_template_run(spec, data, values, options, o);
    if (!e && keeps_data(spec))
        e = put_data(data, o);
    if (e)
        return e;
    o->is_stale = values->is_stale;
    output_set_seal(o, key);
    *out = TAKE(o);
    return NULL;
}
