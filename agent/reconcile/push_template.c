/* The template is an ExternalSecret's. The stages that read and render it are given a spec that has
 * nothing but its namespace and the template; the place that they name in errors is put right. */

#include "reconcile/push_template.h"

#include <string.h>

#include "base/alloc.h"
#include "fetch/fetch_texts.h"
#include "render/render_template.h"
#include "spec/value_set.h"

#define THEIR_PLACE "spec.target.template"
#define OUR_PLACE "spec.template"

static struct err *put_place_right(struct err *e)
{
    const char *text = err_text(e);
    if (strncmp(text, THEIR_PLACE, strlen(THEIR_PLACE)) != 0)
        return e;
    struct err *ours = err_new(err_class(e), OUR_PLACE "%s", text + strlen(THEIR_PLACE));
    err_set_retry_after_ns(ours, err_retry_after_ns(e));
    err_free(e);
    return ours;
}

static void put_rendered(struct output_set *rendered, struct map *values)
{
    for (size_t i = 0; i < rendered->n; i++)
        map_set(values, rendered->items[i].key, TAKE(rendered->items[i].value));
}

struct err *push_template_apply(const struct push_spec *spec, const struct provider_env *texts,
                                const struct render_options *options, const struct deadline *dl,
                                struct map *values)
{
    const struct spec shell = {.meta = spec->meta, .tmpl = spec->tmpl};
    CLEANUP(output_set) struct output_set *rendered = output_set_new();
    if (!spec->tmpl)
        return NULL;
    CLEANUP(value_set)
    struct value_set *read = value_set_new(0, 0, spec_template_texts(spec->tmpl));
    struct err *e = fetch_texts(texts, &shell, dl, read->texts);
    if (e)
        return err_wrap(put_place_right(e), "error fetching templateFrom data");
    e = render_template_run(&shell, values, read, options, NULL, rendered);
    if (e)
        return err_wrap(put_place_right(e), "could not execute template");
    put_rendered(rendered, values);
    return NULL;
}
