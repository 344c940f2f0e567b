/* External Secrets' own two functions. What Go's YAML refuses becomes a value; a limit is no
 * refusal and ends the render. */
#include "template/funcs.h"
#include "template/go_yaml.h"

static bool is_refusal(const struct err *e)
{
    return err_class(e) == ERR_INVALID && !engine_is_limit(e);
}

static struct err *to_yaml(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text_buf b;
    struct text t = {.n = 0};

    (void)n;
    text_buf_init(&b, g->arena, TEXT_MAX);
    struct err *e = go_yaml_encode(g, &args[0], &b);
    struct err *cut = text_buf_end(&b, &t);
    *out = datum_string(TEXT(""));
    if (cut) {
        err_free(e);
        return cut;
    }
    if (!e) {
        *out = datum_string(text_part(t, 0, t.n - text_has_suffix(t, TEXT("\n"))));
        return NULL;
    }
    if (!is_refusal(e))
        return e;
    err_free(e);
    return NULL;
}

/* A map that tells the error under "Error". Takes refused. */
static struct err *tell(struct engine *g, struct err *refused, struct dict **out)
{
    struct text problem;
    struct err *e = text_copy(g->arena, text_of(err_text(refused)), &problem);

    err_free(refused);
    if (!e)
        e = dict_new(g->arena, ELEMENT_ANY, 1, out);
    return e ? e : dict_set(g->arena, *out, TEXT("Error"), datum_string(problem));
}

static struct err *from_yaml(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct dict *m = NULL;
    struct err *e = go_yaml_decode_map(g, datum_text(&args[0]), &m);

    (void)n;
    if (e && is_refusal(e))
        e = tell(g, e, &m);
    if (!e)
        *out = datum_map(m);
    return e;
}

static const struct func rows[] = {
    {"fromYaml", "s", "m", from_yaml, 0,
     "map of a YAML document; what is wrong with it stands under Error",
     "{{ (fromYaml `port: 8080`).port }}", "8080"},
    {"toYaml", "a", "s", to_yaml, 0, "v as YAML without the last line break",
     "{{ dict `user` `app` `ports` (list 80 443) | toYaml }}", "ports:\n- 80\n- 443\nuser: app"},
};

const struct func_table funcs_yaml = {"YAML", rows, ARRAY_SIZE(rows)};
