/* Names are looked up while parsing only, so two dozen binary searches are quick enough and no
 * index has to be built. */
#include "template/func.h"

#include "template/funcs.h"

static const struct func_table *const tables[] = {
    &funcs_builtin, &funcs_print,   &funcs_text,   &funcs_wrap,   &funcs_encode, &funcs_path,
    &funcs_url,     &funcs_default, &funcs_list,   &funcs_dict,   &funcs_number, &funcs_decimal,
    &funcs_json,    &funcs_yaml,    &funcs_random, &funcs_time,   &funcs_regex,  &funcs_semver,
    &funcs_crypt,   &funcs_gen,     &funcs_pem,    &funcs_pkcs12, NULL,
};

static const struct func_table *const method_tables[] = {
    [DATUM_TIME] = &methods_time,         [DATUM_DURATION] = &methods_duration,
    [DATUM_MONTH] = &methods_month,       [DATUM_WEEKDAY] = &methods_weekday,
    [DATUM_LOCATION] = &methods_location, [DATUM_SEMVER] = &methods_semver,
    [DATUM_CERT] = &methods_cert,
};

struct err *func_give_text(struct text_buf *b, struct err *e, struct datum *out)
{
    struct text t;
    CLEANUP(err) struct err *failed = text_buf_end(b, &t);

    if (e || failed)
        return e ? e : TAKE(failed);
    *out = datum_string(t);
    return NULL;
}

struct err *func_give_bytes(struct engine *g, const struct list *front, struct text t,
                            struct datum *out)
{
    size_t before = front ? front->n : 0;
    struct list *l;
    struct err *e = engine_charge(g, before + t.n);

    if (!e)
        e = list_new(g->arena, ELEMENT_UINT8, before + t.n, &l);
    if (e)
        return e;
    for (size_t i = 0; i < before; i++)
        l->items[i] = front->items[i];
    for (size_t i = 0; i < t.n; i++)
        l->items[before + i] = (struct datum){.kind = DATUM_UINT8, .v.u = t.p[i]};
    return func_give(datum_list(l), out);
}

static const struct func *find_row(const struct func_table *table, struct text name)
{
    size_t low = 0, high = table->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(text_of(table->rows[middle].name), name);

        if (order == 0)
            return &table->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct func *func_find(struct text name)
{
    const struct func *f = NULL;

    for (size_t i = 0; !f && tables[i]; i++)
        f = find_row(tables[i], name);
    return f;
}

const struct func_table *const *func_tables(void)
{
    return tables;
}

const struct func *func_method(enum datum_kind kind, struct text name)
{
    const struct func_table *table = kind < ARRAY_SIZE(method_tables) ? method_tables[kind] : NULL;

    return table ? find_row(table, name) : NULL;
}
