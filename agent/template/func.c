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
    [DATUM_TIME] = &methods_time,     [DATUM_DURATION] = &methods_duration,
    [DATUM_MONTH] = &methods_month,   [DATUM_WEEKDAY] = &methods_weekday,
    [DATUM_SEMVER] = &methods_semver, [DATUM_CERT] = &methods_cert,
};

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
