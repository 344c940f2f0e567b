/* Data first, then the template over them. Data that the target keeps beside the template's own are
 * moved, not copied, once the template has read them. */

#include "render/render.h"

#include "render/render_manifest.h"
#include "render/render_source.h"
#include "render/render_template.h"

/* Are the data themselves part of the outcome? */
static bool keeps_data(const struct spec *spec)
{
    const struct spec_template *t = spec->tmpl;
    return !t || t->is_merge || (t->data->n == 0 && t->n_from == 0);
}

/* When the stores gave nothing, deletionPolicy decides about the target, and a template over
 * nothing could only fail. */
static bool is_settled_empty(const struct spec *spec, const struct map *data)
{
    return data->n == 0 && spec->deletion != DELETION_MERGE;
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

/* The content of a target that is no Secret: with a template what that says and nothing else. */
static struct err *finish_content(struct render_manifest *m, const struct spec *spec,
                                  const struct map *data, struct output_set *out)
{
    struct err *e = spec->tmpl ? NULL : render_manifest_fill(m, data);
    if (!e)
        e = render_manifest_finish(m, out);
    return e ? err_wrap(e, "%s \"%s\"", spec->manifest_kind, spec->target_name) : NULL;
}

/* From data, which is used up, to keys, values and content. */
static struct err *make_output(const struct spec *spec, struct map *data,
                               const struct value_set *values, const struct render_options *options,
                               struct output_set *out)
{
    CLEANUP(render_manifest) struct render_manifest *m = NULL;
    struct err *e = spec_is_generic(spec) ? render_manifest_new(spec, &m) : NULL;
    if (!e && spec->tmpl)
        e = render_template_run(spec, data, values, options, m, out);
    if (!e && m)
        e = finish_content(m, spec, data, out);
    if (e && m)
        err_set_headline(e, "could not apply template to manifest");
    if (!e && keeps_data(spec))
        e = put_data(data, out);
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
    o->is_empty = data->n == 0;
    if (!e && !is_settled_empty(spec, data))
        e = make_output(spec, data, values, options, o);
    if (e)
        return e;
    o->is_stale = values->is_stale;
    output_set_seal(o, key);
    *out = TAKE(o);
    return NULL;
}
