/* Two passes over bytes that nobody vouches for. The first walks tag by tag and descends into
 * messages as the descriptor says; it allocates nothing. The second is protobuf-c's own decoder on
 * a counting allocator. Each block carries its size in front, so that it can be erased when it is
 * freed: a request may hold tokens, and protobuf-c copies every string. */

#include "driver/proto_wire.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/secret_buf.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct cursor {
    const unsigned char *at;
    const unsigned char *end;
};

struct block {
    size_t n;
    max_align_t bytes[];
};

struct proto_wire {
    ProtobufCMessage *message;
    ProtobufCAllocator allocator;
    size_t left_bytes;
    bool is_exhausted;
};

static bool read_varint(struct cursor *c, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
        unsigned char b = *c->at++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            *out = v;
            return true;
        }
    }
    return false;
}

static bool take(struct cursor *c, uint64_t n, struct cursor *out)
{
    if (n > (uint64_t)(c->end - c->at))
        return false;
    *out = (struct cursor){c->at, c->at + n};
    c->at += n;
    return true;
}

/* Read the value behind one tag into *value (its bytes; for a length-delimited field its inside).
 */
static bool take_value(struct cursor *c, unsigned wire, struct cursor *value)
{
    uint64_t n;
    switch (wire) {
    case WIRE_VARINT:
        *value = (struct cursor){c->at, c->at};
        return read_varint(c, &n);
    case WIRE_FIXED64:
        return take(c, 8, value);
    case WIRE_FIXED32:
        return take(c, 4, value);
    case WIRE_BYTES:
        return read_varint(c, &n) && take(c, n, value);
    default:
        return false;
    }
}

static struct err *check_text(const char *field, struct cursor value)
{
    const void *text = value.at;
    size_t n = (size_t)(value.end - value.at);
    if (n > 0 && memchr(text, 0, n))
        return err_new(ERR_INVALID, "field %s: text holds a zero byte", field);
    if (!codec_is_utf8(text, n))
        return err_new(ERR_INVALID, "field %s: text is not UTF-8", field);
    return NULL;
}

static struct err *check_message(const ProtobufCMessageDescriptor *type, struct cursor c,
                                 unsigned depth)
{
    if (depth > PROTO_WIRE_DEPTH_MAX)
        return err_new(ERR_INVALID, "message %s: nested too deep", type->short_name);
    while (c.at < c.end) {
        uint64_t tag;
        struct cursor value;
        if (!read_varint(&c, &tag) || tag >> 3 > UINT32_MAX >> 3 ||
            !take_value(&c, tag & 7, &value))
            return err_new(ERR_INVALID, "message %s: malformed", type->short_name);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
        if (!field || (tag & 7) != WIRE_BYTES)
            continue;
        struct err *e = NULL;
        if (field->type == PROTOBUF_C_TYPE_STRING)
            e = check_text(field->name, value);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            e = check_message(field->descriptor, value, depth + 1);
        if (e)
            return e;
    }
    return NULL;
}

struct err *proto_wire_check(const ProtobufCMessageDescriptor *type, const unsigned char *bytes,
                             size_t n)
{
    static const unsigned char nothing[1];
    const unsigned char *at = n > 0 ? bytes : nothing;
    return check_message(type, (struct cursor){at, at + n}, 0);
}

static void *budget_alloc(void *ctx, size_t n)
{
    struct proto_wire *w = ctx;
    size_t cost = n + sizeof(struct block);
    if (cost < n || cost > w->left_bytes) {
        w->is_exhausted = true;
        return NULL;
    }
    w->left_bytes -= cost;
    struct block *b = xalloc(cost);
    b->n = n;
    return b->bytes;
}

static void budget_free(void *ctx, void *p)
{
    struct proto_wire *w = ctx;
    if (!p)
        return;
    struct block *b = (struct block *)((char *)p - offsetof(struct block, bytes));
    w->left_bytes += b->n + sizeof(*b);
    secret_erase(b->bytes, b->n);
    free(b);
}

struct err *proto_wire_decode(const ProtobufCMessageDescriptor *type, const unsigned char *bytes,
                              size_t n, struct proto_wire **out)
{
    if (n > PROTO_WIRE_BYTES_MAX)
        return err_new(ERR_INVALID, "message %s: over %u bytes", type->short_name,
                       PROTO_WIRE_BYTES_MAX);
    struct err *e = proto_wire_check(type, bytes, n);
    if (e)
        return e;
    CLEANUP(proto_wire) struct proto_wire *w = xcalloc(1, sizeof(*w));
    w->left_bytes = PROTO_WIRE_BUDGET;
    w->allocator = (ProtobufCAllocator){budget_alloc, budget_free, w};
    w->message = protobuf_c_message_unpack(type, &w->allocator, n, bytes);
    if (!w->message && w->is_exhausted)
        return err_new(ERR_INVALID, "message %s: needs over %u bytes of memory", type->short_name,
                       PROTO_WIRE_BUDGET);
    if (!w->message)
        return err_new(ERR_INVALID, "message %s: malformed", type->short_name);
    *out = TAKE(w);
    return NULL;
}

ProtobufCMessage *proto_wire_message(struct proto_wire *w)
{
    return w->message;
}

void proto_wire_free(struct proto_wire *w)
{
    if (!w)
        return;
    if (w->message)
        protobuf_c_message_free_unpacked(w->message, &w->allocator);
    free(w);
}
