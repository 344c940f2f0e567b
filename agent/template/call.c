/* A parameter's letter is a row of a table: Go's name of the type, and the kind of value that may
 * be assigned to it. Go converts nothing between types, so one comparison decides in nearly every
 * case; what is left are nil and the two types that take anything. */
#include "template/call.h"

#include "template/parse.h"
#include "template/semver.h"

#define NO_KIND DATUM_NONE

struct param_type {
    const char *name;
    enum datum_kind kind; /* NO_KIND: decided elsewhere, or no value but a constant */
    enum datum_element element;
    bool can_be_nil;
};

static const struct param_type types['v' + 1] = {
    ['s'] = {.name = "string", .kind = DATUM_STRING},
    ['i'] = {.name = "int", .kind = DATUM_INT},
    ['I'] = {.name = "int64", .kind = DATUM_INT64},
    ['u'] = {.name = "uint32", .kind = DATUM_UINT32},
    ['f'] = {.name = "float64", .kind = DATUM_FLOAT64},
    ['b'] = {.name = "bool", .kind = DATUM_BOOL},
    ['a'] = {.name = "interface {}", .kind = NO_KIND, .can_be_nil = true},
    ['m'] = {.name = "map[string]interface {}", .kind = DATUM_MAP, .can_be_nil = true},
    ['l'] = {.name = "[]interface {}", .kind = DATUM_LIST, .can_be_nil = true},
    ['S'] = {.name = "[]string", .kind = DATUM_LIST, .element = ELEMENT_STRING, .can_be_nil = true},
    ['B'] = {.name = "[]uint8", .kind = DATUM_LIST, .element = ELEMENT_UINT8, .can_be_nil = true},
    ['T'] = {.name = "time.Time", .kind = DATUM_TIME},
    ['D'] = {.name = "time.Duration", .kind = DATUM_DURATION},
    ['C'] = {.name = "sprig.certificate", .kind = DATUM_CERT},
    ['H'] = {.name = "sprig.HashAlgorithm", .kind = NO_KIND},
    ['N'] = {.name = "time.Month", .kind = DATUM_MONTH},
    ['W'] = {.name = "time.Weekday", .kind = DATUM_WEEKDAY},
    ['Z'] = {.name = "*time.Location", .kind = DATUM_LOCATION, .can_be_nil = true},
    ['V'] = {.name = "*semver.Version", .kind = DATUM_SEMVER, .can_be_nil = true},
    ['v'] = {.name = "reflect.Value", .kind = NO_KIND, .can_be_nil = true},
};

static const struct param_type *type_of(char param)
{
    return &types[(unsigned char)param];
}

static bool is_variadic(const char *params)
{
    size_t n = strlen(params);

    return n > 0 && params[n - 1] == '*';
}

char call_param(const struct func *f, size_t i)
{
    const char *p = f->params;

    while (i > 0 && p[0] && p[1] != '*') {
        p++;
        i--;
    }
    return *p;
}

struct err *call_check_count(const struct func *f, bool is_method, size_t n, bool has_final)
{
    size_t params = strlen(f->params) - is_method;
    size_t given = n + has_final;

    if (is_variadic(f->params)) {
        size_t fixed = params - 2;
        return given >= fixed
                   ? NULL
                   : err_new(ERR_INVALID, "wrong number of args for %s: want at least %zu got %zu",
                             f->name, fixed, n);
    }
    return given == params ? NULL
                           : err_new(ERR_INVALID, "wrong number of args for %s: want %zu got %zu",
                                     f->name, params, given);
}

static struct err *nil_list(struct engine *g, enum datum_element element, struct datum *out)
{
    struct list *l;
    struct err *e = list_new(g->arena, element, 0, &l);

    if (e)
        return e;
    l->is_nil = true;
    *out = datum_list(l);
    return NULL;
}

static struct err *nil_map(struct engine *g, enum datum_element element, struct datum *out)
{
    struct dict *m;
    struct err *e = dict_new(g->arena, element, 0, &m);

    if (e)
        return e;
    m->is_nil = true;
    *out = datum_map(m);
    return NULL;
}

/* The nil of a type that has one. No datum is a nil version: what gets one in Go dereferences it.
 */
static struct err *nil_value(struct engine *g, char param, struct datum *out)
{
    switch (param) {
    case 'm':
        return nil_map(g, ELEMENT_ANY, out);
    case 'l':
    case 'S':
    case 'B':
        return nil_list(g, type_of(param)->element, out);
    case 'a':
        *out = datum_nil();
        return NULL;
    default:
        *out = datum_none();
        return NULL;
    }
}

static bool is_assignable(const struct param_type *t, const struct datum *in)
{
    if (in->kind != t->kind || t->kind == NO_KIND)
        return false;
    if (in->kind == DATUM_LIST)
        return in->v.list->element == t->element;
    if (in->kind == DATUM_SEMVER)
        return !in->v.semver->is_struct;
    return in->kind != DATUM_MAP || in->v.map->element == t->element;
}

struct err *call_check_value(struct engine *g, char param, const struct datum *in,
                             struct datum *out)
{
    const struct param_type *t = type_of(param);

    if (param == 'v' || (param == 'a' && in->kind != DATUM_NONE) || is_assignable(t, in)) {
        *out = *in;
        return NULL;
    }
    if (in->kind == DATUM_NONE) {
        return t->can_be_nil ? nil_value(g, param, out)
                             : err_new(ERR_INVALID, "invalid value; expected %s", t->name);
    }
    return err_new(ERR_INVALID, "wrong type for value; expected %s; got %s", t->name,
                   in->kind == DATUM_NIL ? "interface {}" : datum_type_name(in));
}

/* before, the constant as it is written, after, and type: the last two may be empty. */
static struct err *refuse_constant(struct engine *g, const char *before,
                                   const struct node *constant, const char *after, const char *type)
{
    struct text_buf b;
    struct text t;

    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, before);
    node_print(&b, constant);
    text_buf_puts(&b, after);
    text_buf_puts(&b, type);
    struct err *e = text_buf_end(&b, &t);
    return e ? e : err_new(ERR_INVALID, "%.*s", (int)t.n, (const char *)t.p);
}

static struct datum ideal(const struct node *constant)
{
    if (constant->kind == NODE_BOOL)
        return datum_bool(constant->is_true);
    if (constant->kind == NODE_STRING)
        return datum_string(constant->text);
    return constant->number->ideal;
}

static struct err *adapt_any(struct engine *g, const struct node *constant, struct datum *out)
{
    struct datum value = ideal(constant);

    if (value.kind == DATUM_NONE)
        return refuse_constant(g, "", constant, " overflows int", "");
    *out = value;
    return NULL;
}

static struct err *adapt_integer(struct engine *g, enum datum_kind kind,
                                 const struct node *constant, struct datum *out)
{
    if (constant->kind != NODE_NUMBER || !constant->number->is_int)
        return refuse_constant(g, "expected integer; found ", constant, "", "");
    *out = (struct datum){.kind = kind, .v.i = constant->number->i};
    return NULL;
}

static struct err *adapt_unsigned(struct engine *g, const struct node *constant, struct datum *out)
{
    if (constant->kind != NODE_NUMBER || !constant->number->is_uint)
        return refuse_constant(g, "expected unsigned integer; found ", constant, "", "");
    *out = (struct datum){.kind = DATUM_UINT32, .v.u = (uint32_t)constant->number->u};
    return NULL;
}

static struct err *adapt_float(struct engine *g, const struct node *constant, struct datum *out)
{
    if (constant->kind != NODE_NUMBER || !constant->number->is_float)
        return refuse_constant(g, "expected float; found ", constant, "", "");
    *out = datum_float(constant->number->f);
    return NULL;
}

static struct err *adapt_bool(struct engine *g, const struct node *constant, struct datum *out)
{
    if (constant->kind != NODE_BOOL)
        return refuse_constant(g, "expected bool; found ", constant, "", "");
    *out = datum_bool(constant->is_true);
    return NULL;
}

static struct err *adapt_string(struct engine *g, const struct node *constant, struct datum *out)
{
    if (constant->kind != NODE_STRING)
        return refuse_constant(g, "expected string; found ", constant, "", "");
    *out = datum_string(constant->text);
    return NULL;
}

struct err *call_adapt_constant(struct engine *g, char param, const struct node *constant,
                                struct datum *out)
{
    const struct param_type *t = type_of(param);

    if (constant->kind == NODE_NIL) {
        return t->can_be_nil ? nil_value(g, param, out)
                             : err_new(ERR_INVALID, "cannot assign nil to %s", t->name);
    }
    switch (param) {
    case 's':
    case 'H':
        return adapt_string(g, constant, out);
    case 'a':
    case 'v':
        return adapt_any(g, constant, out);
    case 'i':
    case 'I':
    case 'D':
        return adapt_integer(g, t->kind, constant, out);
    case 'u':
        return adapt_unsigned(g, constant, out);
    case 'f':
        return adapt_float(g, constant, out);
    case 'b':
        return adapt_bool(g, constant, out);
    default:
        return refuse_constant(g, "can't handle ", constant, " for arg of type ", t->name);
    }
}

/* What the environment switches off is refused, whatever the arguments. */
static const char *why_refused(const struct template_env *env, unsigned flags)
{
    if ((flags & FUNC_RANDOM) && env->refuse_random)
        return "functions that are random are switched off";
    if ((flags & FUNC_CLOCK) && env->refuse_clock)
        return "functions that read the clock are switched off";
    return NULL;
}

struct err *call_make(struct engine *g, const struct func *f, const struct datum *args, size_t n,
                      struct datum *out)
{
    const char *why = f->flags ? why_refused(g->env, f->flags) : NULL;
    struct err *e = why ? err_new(ERR_INVALID, "%s", why) : f->fn(g, args, n, out);

    engine_end_heavy(g);
    if (!e || engine_is_limit(e))
        return e;
    return err_wrap(e, "error calling %s", f->name);
}
