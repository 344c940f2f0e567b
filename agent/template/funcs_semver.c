/* Versions, and what a template may ask of one. Go knows a version by a pointer, but IncMajor and
 * its kin give the struct, which has no way to the methods that want a pointer. */
#include "template/funcs.h"
#include "template/semver.h"

static const struct semver *receiver(const struct datum *args)
{
    return args[0].v.semver;
}

static struct err *keep(struct engine *g, const struct semver *v, struct datum *out)
{
    void *memory;
    struct err *e = secret_arena_alloc(g->arena, sizeof(*v), &memory);

    if (e)
        return e;
    struct semver *kept = memory;
    *kept = *v;
    return func_give((struct datum){.kind = DATUM_SEMVER, .v.semver = kept}, out);
}

static struct err *run_semver(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct semver v;
    struct err *e = engine_charge_bytes(g, args[0].n);

    (void)n;
    if (!e)
        e = semver_parse(datum_text(&args[0]), &v);
    return e ? e : keep(g, &v, out);
}

/* Each term of a constraint may look at all of the version. */
static struct err *run_semver_compare(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    bool is_satisfied;
    struct err *e = engine_charge_bytes(g, (uint64_t)args[0].n * (1 + (uint64_t)args[1].n));

    (void)n;
    if (!e)
        e = semver_satisfies(g->arena, datum_text(&args[0]), datum_text(&args[1]), &is_satisfied);
    return e ? e : func_give(datum_bool(is_satisfied), out);
}

static struct err *run_major(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_UINT64, .v.u = receiver(args)->major}, out);
}

static struct err *run_minor(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_UINT64, .v.u = receiver(args)->minor}, out);
}

static struct err *run_patch(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    return func_give((struct datum){.kind = DATUM_UINT64, .v.u = receiver(args)->patch}, out);
}

static struct err *run_prerelease(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_string(receiver(args)->prerelease), out);
}

static struct err *run_metadata(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    (void)g;
    (void)n;
    return func_give(datum_string(receiver(args)->metadata), out);
}

static struct err *check_pointer(const struct datum *args, const char *method)
{
    if (!receiver(args)->is_struct)
        return NULL;
    return err_new(ERR_INVALID, "can't evaluate field %s in type semver.Version", method);
}

static struct err *run_original(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    struct err *e = check_pointer(args, "Original");

    (void)g;
    (void)n;
    return e ? e : func_give(datum_string(receiver(args)->original), out);
}

/* The version between two quotes, as each method prints it. */
static struct err *print(struct engine *g, const struct semver *v, const char *quote,
                         struct text *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, v->prerelease.n + v->metadata.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, quote);
    semver_print(&b, v);
    text_buf_puts(&b, quote);
    return text_buf_end(&b, out);
}

static struct err *run_string(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text printed;
    struct err *e = print(g, receiver(args), "", &printed);

    (void)n;
    return e ? e : func_give(datum_string(printed), out);
}

static struct err *marshal(struct engine *g, const struct semver *v, const char *quote,
                           struct datum *out)
{
    struct text t;
    struct err *e = print(g, v, quote, &t);

    return e ? e : func_give_bytes(g, NULL, t, out);
}

static struct err *run_marshal_json(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)n;
    return marshal(g, receiver(args), "\"", out);
}

static struct err *run_marshal_text(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    (void)n;
    return marshal(g, receiver(args), "", out);
}

/* Keep next, which was made of the receiver: its original is how it prints, with the v in front
 * that the receiver had. */
static struct err *keep_next(struct engine *g, const struct datum *args, struct semver *next,
                             struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, next->prerelease.n + next->metadata.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    if (text_has_prefix(receiver(args)->original, TEXT("v")))
        text_buf_byte(&b, 'v');
    semver_print(&b, next);
    next->is_struct = true;
    e = text_buf_end(&b, &next->original);
    return e ? e : keep(g, next, out);
}

static struct err *run_inc_major(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    struct semver next = {.major = receiver(args)->major + 1};

    (void)n;
    return keep_next(g, args, &next, out);
}

static struct err *run_inc_minor(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    const struct semver *v = receiver(args);
    struct semver next = {.major = v->major, .minor = v->minor + 1};

    (void)n;
    return keep_next(g, args, &next, out);
}

/* The patch that comes after a prerelease is the one that it was made before. */
static struct err *run_inc_patch(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    const struct semver *v = receiver(args);
    struct semver next = {
        .major = v->major,
        .minor = v->minor,
        .patch = v->prerelease.n ? v->patch : v->patch + 1,
    };

    (void)n;
    return keep_next(g, args, &next, out);
}

static struct err *run_set_prerelease(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    struct semver next = *receiver(args);
    struct err *e = engine_charge_bytes(g, args[1].n);

    (void)n;
    next.prerelease = datum_text(&args[1]);
    if (!e && next.prerelease.n)
        e = semver_check_prerelease(next.prerelease);
    return e ? e : keep_next(g, args, &next, out);
}

static struct err *run_set_metadata(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    struct semver next = *receiver(args);
    struct err *e = engine_charge_bytes(g, args[1].n);

    (void)n;
    next.metadata = datum_text(&args[1]);
    if (!e && next.metadata.n)
        e = semver_check_metadata(next.metadata);
    return e ? e : keep_next(g, args, &next, out);
}

static bool is_nil(const struct datum *d)
{
    return d->kind != DATUM_SEMVER;
}

static struct err *check_pair(struct engine *g, const struct datum *args, const char *method)
{
    struct err *e = check_pointer(args, method);
    uint64_t other_n = is_nil(&args[1]) ? 0 : args[1].v.semver->prerelease.n;

    return e ? e : engine_charge_bytes(g, receiver(args)->prerelease.n + other_n);
}

static struct err *compare(struct engine *g, const struct datum *args, const char *method,
                           int *order)
{
    struct err *e = check_pair(g, args, method);

    if (e)
        return e;
    if (is_nil(&args[1]))
        return err_new(ERR_INVALID,
                       "runtime error: invalid memory address or nil pointer dereference");
    *order = semver_compare(receiver(args), args[1].v.semver);
    return NULL;
}

static struct err *run_compare(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    int order = 0;
    struct err *e = compare(g, args, "Compare", &order);

    (void)n;
    return e ? e : func_give(datum_int((order > 0) - (order < 0)), out);
}

static struct err *run_equal(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct err *e = check_pair(g, args, "Equal");

    (void)n;
    if (e)
        return e;
    bool is_equal = !is_nil(&args[1]) && !semver_compare(receiver(args), args[1].v.semver);
    return func_give(datum_bool(is_equal), out);
}

static struct err *run_greater(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    int order = 0;
    struct err *e = compare(g, args, "GreaterThan", &order);

    (void)n;
    return e ? e : func_give(datum_bool(order > 0), out);
}

static struct err *run_greater_equal(struct engine *g, const struct datum *args, size_t n,
                                     struct datum *out)
{
    int order = 0;
    struct err *e = compare(g, args, "GreaterThanEqual", &order);

    (void)n;
    return e ? e : func_give(datum_bool(order >= 0), out);
}

static struct err *run_less(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    int order = 0;
    struct err *e = compare(g, args, "LessThan", &order);

    (void)n;
    return e ? e : func_give(datum_bool(order < 0), out);
}

static struct err *run_less_equal(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    int order = 0;
    struct err *e = compare(g, args, "LessThanEqual", &order);

    (void)n;
    return e ? e : func_give(datum_bool(order <= 0), out);
}

static const struct func function_rows[] = {
    {"semver", "s", "V", run_semver, 0, "version, of which at least the major is given",
     "{{ (semver \"v1.2.3-beta\").Minor }}", "2"},
    {"semverCompare", "ss", "b", run_semver_compare, 0, "does a version satisfy a constraint",
     "{{ semverCompare \"^1.2 || 3.x\" \"1.9.0\" }}", "true"},
};

/* What the examples are about. */
#define SOME "(semver \"v1.2.3-rc.1+build5\")"
#define LATER "(semver \"1.2.3\")"

static const struct func method_rows[] = {
    {"Compare", "VV", "i", run_compare, 0, "-1, 0 or 1: before, equal or after",
     "{{ " SOME ".Compare " LATER " }}", "-1"},
    {"Equal", "VV", "b", run_equal, 0, "is it equal, whatever the metadata",
     "{{ " SOME ".Equal " LATER " }}", "false"},
    {"GreaterThan", "VV", "b", run_greater, 0, "is it after the other",
     "{{ " SOME ".GreaterThan " LATER " }}", "false"},
    {"GreaterThanEqual", "VV", "b", run_greater_equal, 0, "is it not before the other",
     "{{ " LATER ".GreaterThanEqual " SOME " }}", "true"},
    {"IncMajor", "V", "V", run_inc_major, 0, "next major version", "{{ " SOME ".IncMajor }}",
     "2.0.0"},
    {"IncMinor", "V", "V", run_inc_minor, 0, "next minor version", "{{ " SOME ".IncMinor }}",
     "1.3.0"},
    {"IncPatch", "V", "V", run_inc_patch, 0, "next patch, or the one that a prerelease is for",
     "{{ " SOME ".IncPatch }} {{ " LATER ".IncPatch }}", "1.2.3 1.2.4"},
    {"LessThan", "VV", "b", run_less, 0, "is it before the other",
     "{{ " SOME ".LessThan " LATER " }}", "true"},
    {"LessThanEqual", "VV", "b", run_less_equal, 0, "is it not after the other",
     "{{ " SOME ".LessThanEqual " LATER " }}", "true"},
    {"Major", "V", "i", run_major, 0, "first number", "{{ " SOME ".Major }}", "1"},
    {"MarshalJSON", "V", "B", run_marshal_json, 0, "the version in quotes",
     "{{ " LATER ".MarshalJSON | printf \"%s\" }}", "\"1.2.3\""},
    {"MarshalText", "V", "B", run_marshal_text, 0, "the version as bytes",
     "{{ " LATER ".MarshalText | printf \"%s\" }}", "1.2.3"},
    {"Metadata", "V", "s", run_metadata, 0, "what follows a plus", "{{ " SOME ".Metadata }}",
     "build5"},
    {"Minor", "V", "i", run_minor, 0, "second number", "{{ " SOME ".Minor }}", "2"},
    {"Original", "V", "s", run_original, 0, "the text it was read from", "{{ " SOME ".Original }}",
     "v1.2.3-rc.1+build5"},
    {"Patch", "V", "i", run_patch, 0, "third number", "{{ " SOME ".Patch }}", "3"},
    {"Prerelease", "V", "s", run_prerelease, 0, "what follows a hyphen",
     "{{ " SOME ".Prerelease }}", "rc.1"},
    {"SetMetadata", "Vs", "V", run_set_metadata, 0, "the version with other metadata",
     "{{ " LATER ".SetMetadata \"x86\" }}", "1.2.3+x86"},
    {"SetPrerelease", "Vs", "V", run_set_prerelease, 0, "the version with another prerelease",
     "{{ " LATER ".SetPrerelease \"alpha\" }}", "1.2.3-alpha"},
    {"String", "V", "s", run_string, 0, "the version as it prints", "{{ " SOME ".String }}",
     "1.2.3-rc.1+build5"},
    {"Value", "V", "a", run_string, 0, "the same, for databases", "{{ " SOME ".Value }}",
     "1.2.3-rc.1+build5"},
};

const struct func_table funcs_semver = {"Versions", function_rows, ARRAY_SIZE(function_rows)};

const struct func_table methods_semver = {"Methods of versions", method_rows,
                                          ARRAY_SIZE(method_rows)};
