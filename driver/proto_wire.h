#pragma once
/* proto_wire.h: outside bytes to a protobuf message, checked and within a memory budget.
 *
 * protobuf-c accepts text that is not UTF-8, cuts strings at a zero byte without a word, and can
 * turn one byte into 48. So the bytes are walked first, against the message's descriptor, and the
 * decoder gets an allocator that counts, and that erases whatever it frees.
 *
 * Owns     a struct proto_wire owns its message.
 * Threads  one at a time.
 * Source   Protocol Buffers "Encoding"; protobuf-c 1.4.1. */

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/attr.h"
#include "base/err.h"

/* Largest message taken, and most memory its decoded form may use. CSI limits a map to 4 KiB; the
 * kubelet's service account tokens are the only large field. */
#define PROTO_WIRE_BYTES_MAX (256u << 10)
#define PROTO_WIRE_BUDGET (2u << 20)

/* Nesting of messages that the walk follows; CSI needs four. */
#define PROTO_WIRE_DEPTH_MAX 16

struct proto_wire;

/* Check that bytes[0..n) is well-formed for type, with every string valid UTF-8 and free of zero
 * bytes. Errors: INVALID (field named, its content never). */
NODISCARD struct err *proto_wire_check(const ProtobufCMessageDescriptor *type,
                                       const unsigned char *bytes, size_t n);

/* Check and decode. bytes may be NULL when n is 0.
 * Errors: INVALID (as proto_wire_check, over PROTO_WIRE_BYTES_MAX, over PROTO_WIRE_BUDGET). */
NODISCARD struct err *proto_wire_decode(const ProtobufCMessageDescriptor *type,
                                        const unsigned char *bytes, size_t n,
                                        struct proto_wire **out);

/* The message, valid until proto_wire_free; its strings may be overwritten in place. */
ProtobufCMessage *proto_wire_message(struct proto_wire *w);

/* Erase and free everything that decoding allocated. */
void proto_wire_free(struct proto_wire *w);
CLEANUP_DEFINE(proto_wire)
