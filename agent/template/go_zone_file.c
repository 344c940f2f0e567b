/* A name reaches the file system only when it looks like that of a zone: letters, digits and a few
 * signs, no way up and none from the root. Links are followed, because half of the zones are links
 * to the other half. */
#include "template/go_zone.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"

#define DIRECTORY "/usr/share/zoneinfo/"
#define LOCAL_FILE "/etc/localtime"
#define NAME_MAX_BYTES 200
#define PATH_MAX_BYTES (sizeof(DIRECTORY) + NAME_MAX_BYTES)

/* A header is four letters, a version, 15 bytes that are zero, and six numbers of four bytes. */
#define MAGIC "TZif"
#define COUNTS_AT 20
#define COUNTS 6
#define HEADER_SIZE 44

enum count { COUNT_UTC, COUNT_STANDARD, COUNT_LEAP, COUNT_CHANGES, COUNT_TYPES, COUNT_NAMES };

struct cursor {
    struct text rest;
    bool is_short;
};

static struct text read_bytes(struct cursor *c, uint64_t n)
{
    if (n > c->rest.n) {
        c->is_short = true;
        return (struct text){NULL, 0};
    }
    struct text t = text_part(c->rest, 0, (size_t)n);
    c->rest = text_part(c->rest, (size_t)n, c->rest.n - (size_t)n);
    return t;
}

static bool read_counts(struct cursor *c, uint64_t counts[COUNTS])
{
    struct text header = read_bytes(c, HEADER_SIZE);

    if (c->is_short || !text_has_prefix(header, TEXT(MAGIC)))
        return false;
    for (size_t i = 0; i < COUNTS; i++) {
        const unsigned char *p = header.p + COUNTS_AT + 4 * i;
        counts[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    return true;
}

static uint64_t body_size(const uint64_t counts[COUNTS], unsigned change_size)
{
    return counts[COUNT_CHANGES] * (change_size + 1) + counts[COUNT_TYPES] * 6 +
           counts[COUNT_NAMES] + counts[COUNT_LEAP] * (change_size + 4) + counts[COUNT_STANDARD] +
           counts[COUNT_UTC];
}

static void read_body(struct cursor *c, const uint64_t counts[COUNTS], struct go_zone_file *f)
{
    f->changes = read_bytes(c, counts[COUNT_CHANGES] * f->change_size).p;
    f->in_force = read_bytes(c, counts[COUNT_CHANGES]).p;
    f->types = read_bytes(c, counts[COUNT_TYPES] * 6).p;
    f->names = read_bytes(c, counts[COUNT_NAMES]);
    read_bytes(c, counts[COUNT_LEAP] * (f->change_size + 4));
    read_bytes(c, counts[COUNT_STANDARD] + counts[COUNT_UTC]);
    f->n_changes = (size_t)counts[COUNT_CHANGES];
    f->n_types = (size_t)counts[COUNT_TYPES];
}

/* All places that one table has in another are there. */
static bool is_sound(const struct go_zone_file *f)
{
    if (f->n_types == 0)
        return false;
    for (size_t i = 0; i < f->n_types; i++) {
        if (f->types[6 * i + 5] >= f->names.n)
            return false;
    }
    for (size_t i = 0; i < f->n_changes; i++) {
        if (f->in_force[i] >= f->n_types)
            return false;
    }
    return true;
}

/* Versions after the first hold everything twice, in four bytes and in eight. */
bool go_zone_parse(struct text bytes, struct go_zone_file *out)
{
    struct cursor c = {.rest = bytes};
    struct go_zone_file f = {.change_size = 4};
    uint64_t counts[COUNTS];

    if (!read_counts(&c, counts))
        return false;
    unsigned char version = bytes.p[sizeof(MAGIC) - 1];
    if (version != 0 && version != '2' && version != '3')
        return false;
    if (version != 0) {
        f.change_size = 8;
        read_bytes(&c, body_size(counts, 4));
        if (c.is_short || !read_counts(&c, counts))
            return false;
    }
    read_body(&c, counts, &f);
    if (c.is_short || !is_sound(&f))
        return false;
    if (c.rest.n > 2 && c.rest.p[0] == '\n' && c.rest.p[c.rest.n - 1] == '\n')
        f.rule = text_part(c.rest, 1, c.rest.n - 2);
    *out = f;
    return true;
}

static struct err *zone_new(struct secret_arena *a, struct text name, const struct go_zone *next,
                            struct go_zone **out)
{
    void *p;
    struct err *e = secret_arena_alloc(a, sizeof(struct go_zone), &p);

    if (e)
        return e;
    *out = p;
    (*out)->next = next;
    (*out)->name = name;
    (*out)->abbreviation = TEXT("UTC");
    return NULL;
}

/* False, and *e unset, where there is no zone file of that path. */
static bool read_file(struct secret_arena *a, const char *path, struct go_zone_file *out,
                      struct err **e)
{
    CLEANUP_STR char *bytes = NULL;
    struct text t;
    size_t n = 0;
    CLEANUP(err) struct err *unread = fs_read_text(AT_FDCWD, path, GO_ZONE_FILE_MAX, &bytes, &n);

    if (unread)
        return false;
    *e = text_copy(a, (struct text){(const unsigned char *)bytes, n}, &t);
    return !*e && go_zone_parse(t, out);
}

static bool is_zone_name(struct text name)
{
    static const char signs[] = "_+-/.";

    if (name.n == 0 || name.n > NAME_MAX_BYTES || name.p[0] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = name.p[i], lower = c | 0x20;
        bool is_plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
        if (!is_plain && !memchr(signs, c, sizeof(signs) - 1))
            return false;
    }
    return text_find(name, 0, TEXT("..")) < 0;
}

static void make_path(char path[PATH_MAX_BYTES], struct text name)
{
    memcpy(path, DIRECTORY, sizeof(DIRECTORY) - 1);
    memcpy(path + sizeof(DIRECTORY) - 1, name.p, name.n);
    path[sizeof(DIRECTORY) - 1 + name.n] = '\0';
}

struct err *go_zone_read(struct secret_arena *a, struct text name, const struct go_zone *next,
                         const struct go_zone **out)
{
    char path[PATH_MAX_BYTES];
    struct go_zone_file file;
    struct go_zone *z = NULL;
    struct err *e = NULL;

    *out = NULL;
    if (!is_zone_name(name))
        return NULL;
    make_path(path, name);
    if (!read_file(a, path, &file, &e))
        return e;
    e = zone_new(a, name, next, &z);
    if (e)
        return e;
    z->file = file;
    *out = z;
    return NULL;
}

/* File of the local zone, and its name in Go: what TZ names, or what the machine has; false: there
 * is none, UTC. */
static bool local_path(char path[PATH_MAX_BYTES], struct text *name)
{
    const char *tz = getenv("TZ");

    *name = TEXT("Local");
    if (!tz) {
        memcpy(path, LOCAL_FILE, sizeof(LOCAL_FILE));
        return true;
    }
    if (tz[0] == ':')
        tz++;
    size_t n = strlen(tz);
    if (strcmp(tz, LOCAL_FILE) != 0)
        *name = (struct text){(const unsigned char *)tz, n};
    if (n > 0 && n < PATH_MAX_BYTES && tz[0] == '/') {
        memcpy(path, tz, n + 1);
        return true;
    }
    if (strcmp(tz, "UTC") == 0 || !is_zone_name(text_of(tz)))
        return false;
    make_path(path, text_of(tz));
    return true;
}

struct err *go_zone_read_local(struct secret_arena *a, const struct go_zone *next,
                               const struct go_zone **out)
{
    char path[PATH_MAX_BYTES];
    struct text name;
    struct go_zone *z = NULL;
    struct err *e = zone_new(a, TEXT("UTC"), next, &z);

    if (e)
        return e;
    z->is_local = true;
    if (local_path(path, &name) && read_file(a, path, &z->file, &e))
        z->name = name;
    if (e)
        return e;
    *out = z;
    return NULL;
}
