/* What Go's reflect would say about a value. */
#include "template/datum.h"

#include "template/container.h"
#include "template/semver.h"

bool datum_is_signed(const struct datum *d)
{
    switch (d->kind) {
    case DATUM_INT:
    case DATUM_INT32:
    case DATUM_INT64:
    case DATUM_DURATION:
    case DATUM_MONTH:
    case DATUM_WEEKDAY:
        return true;
    case DATUM_NONE:
    case DATUM_NIL:
    case DATUM_BOOL:
    case DATUM_UINT8:
    case DATUM_UINT32:
    case DATUM_UINT64:
    case DATUM_FLOAT64:
    case DATUM_COMPLEX128:
    case DATUM_STRING:
    case DATUM_LIST:
    case DATUM_MAP:
    case DATUM_TIME:
    case DATUM_LOCATION:
    case DATUM_SEMVER:
    case DATUM_CERT:
        break;
    }
    return false;
}

bool datum_is_unsigned(const struct datum *d)
{
    return d->kind == DATUM_UINT8 || d->kind == DATUM_UINT32 || d->kind == DATUM_UINT64;
}

bool datum_is_true(const struct datum *d)
{
    switch (d->kind) {
    case DATUM_NONE:
    case DATUM_NIL:
        return false;
    case DATUM_BOOL:
        return d->v.b;
    case DATUM_INT:
    case DATUM_INT32:
    case DATUM_INT64:
    case DATUM_DURATION:
    case DATUM_MONTH:
    case DATUM_WEEKDAY:
        return d->v.i != 0;
    case DATUM_UINT8:
    case DATUM_UINT32:
    case DATUM_UINT64:
        return d->v.u != 0;
    case DATUM_FLOAT64:
        return d->v.f != 0;
    case DATUM_COMPLEX128:
        return d->v.complex->re != 0 || d->v.complex->im != 0;
    case DATUM_STRING:
        return d->n > 0;
    case DATUM_LIST:
        return d->v.list->n > 0;
    case DATUM_MAP:
        return d->v.map->n > 0;
    case DATUM_TIME:
    case DATUM_LOCATION:
    case DATUM_SEMVER:
    case DATUM_CERT:
        break;
    }
    return true;
}

static const char *const list_types[] = {
    [ELEMENT_ANY] = "[]interface {}",
    [ELEMENT_STRING] = "[]string",
    [ELEMENT_INT] = "[]int",
    [ELEMENT_UINT8] = "[]uint8",
    [ELEMENT_LIST] = "[][]interface {}",
    [ELEMENT_STRING_MAP] = "[]map[string]string",
};

static const char *const map_types[] = {
    [ELEMENT_ANY] = "map[string]interface {}",
    [ELEMENT_STRING] = "map[string]string",
    [ELEMENT_INT] = "map[string]int",
    [ELEMENT_UINT8] = "map[string]uint8",
    [ELEMENT_LIST] = "map[string][]interface {}",
    [ELEMENT_STRING_MAP] = "map[string]map[string]string",
};

/* Type and kind by datum_kind; lists and maps have types by element. */
static const struct {
    const char *type, *kind;
} names[] = {
    [DATUM_NONE] = {"<nil>", "invalid"},
    [DATUM_NIL] = {"<nil>", "invalid"},
    [DATUM_BOOL] = {"bool", "bool"},
    [DATUM_INT] = {"int", "int"},
    [DATUM_INT32] = {"int32", "int32"},
    [DATUM_INT64] = {"int64", "int64"},
    [DATUM_UINT8] = {"uint8", "uint8"},
    [DATUM_UINT32] = {"uint32", "uint32"},
    [DATUM_UINT64] = {"uint64", "uint64"},
    [DATUM_FLOAT64] = {"float64", "float64"},
    [DATUM_COMPLEX128] = {"complex128", "complex128"},
    [DATUM_STRING] = {"string", "string"},
    [DATUM_LIST] = {NULL, "slice"},
    [DATUM_MAP] = {NULL, "map"},
    [DATUM_TIME] = {"time.Time", "struct"},
    [DATUM_DURATION] = {"time.Duration", "int64"},
    [DATUM_MONTH] = {"time.Month", "int"},
    [DATUM_WEEKDAY] = {"time.Weekday", "int"},
    [DATUM_LOCATION] = {"*time.Location", "ptr"},
    [DATUM_SEMVER] = {"*semver.Version", "ptr"},
    [DATUM_CERT] = {"sprig.certificate", "struct"},
};

static bool is_version_struct(const struct datum *d)
{
    return d->kind == DATUM_SEMVER && d->v.semver->is_struct;
}

const char *datum_type_name(const struct datum *d)
{
    if (d->kind == DATUM_LIST)
        return list_types[d->v.list->element];
    if (d->kind == DATUM_MAP)
        return map_types[d->v.map->element];
    if (is_version_struct(d))
        return "semver.Version";
    return names[d->kind].type;
}

const char *datum_kind_name(const struct datum *d)
{
    if (is_version_struct(d))
        return "struct";
    return names[d->kind].kind;
}
