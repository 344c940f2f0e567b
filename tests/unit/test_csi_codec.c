/* Bytes to messages, messages to plain data, and where secrets go on the way. */
#include "driver/csi_codec.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "driver/csi_status.h"
#include "driver/proto_wire.h"
#include "proto/csi.pb-c.h"
#include "tests/support/table.h"

#define TOKENS "{\"vault\":{\"token\":\"canary-token\"}}"

typedef Csi__V1__NodePublishVolumeRequest__SecretsEntry secret_entry;
typedef Csi__V1__NodePublishVolumeRequest__VolumeContextEntry context_entry;

static void assert_class(struct err *e, enum err_class want)
{
    assert_non_null(e);
    assert_string_equal(err_class_name(err_class(e)), err_class_name(want));
    err_free(e);
}

/* Wire bytes against the descriptor */

static const struct wire_row {
    const char *name;
    const char *bytes;
    size_t n;
    const char *want_text; /* NULL: accepted */
} wire_rows[] = {
    {"empty message", "", 0, NULL},
    {"text", "\x0a\x02id", 4, NULL},
    {"two-byte character", "\x0a\x02\xc3\xa9", 4, NULL},
    {"unknown field", "\xfa\x01\x01x", 4, NULL},
    {"zero byte in volume_id",
     "\x0a\x03"
     "a\0b",
     5, "field volume_id: text holds a zero byte"},
    {"not UTF-8", "\x0a\x02\xc3\x28", 4, "field volume_id: text is not UTF-8"},
    {"overlong slash", "\x22\x02\xc0\xaf", 4, "field target_path: text is not UTF-8"},
    {"surrogate", "\x22\x03\xed\xa0\x80", 5, "field target_path: text is not UTF-8"},
    {"zero byte in a map's key",
     "\x42\x05\x0a\x03"
     "a\0b",
     7, "field key: text holds a zero byte"},
    {"zero byte three levels down", "\x2a\x05\x12\x03\x12\x01\0", 7,
     "field mount_flags: text holds a zero byte"},
    {"text longer than the message",
     "\x0a\x05"
     "ab",
     4, "message NodePublishVolumeRequest: malformed"},
    {"cut off in a tag", "\xfa", 1, "message NodePublishVolumeRequest: malformed"},
    {"cut off in a length", "\x0a\x80", 2, "message NodePublishVolumeRequest: malformed"},
    {"varint without end", "\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12,
     "message NodePublishVolumeRequest: malformed"},
    {"group", "\x0b\x0c", 2, "message NodePublishVolumeRequest: malformed"},
    {"text as a number", "\x08\x01", 2, "message NodePublishVolumeRequest: malformed"},
};

static void one_wire(void **state)
{
    const struct wire_row *r = *state;
    struct proto_wire *w = NULL;
    struct err *e = proto_wire_decode(&csi__v1__node_publish_volume_request__descriptor,
                                      (const unsigned char *)r->bytes, r->n, &w);
    if (!r->want_text) {
        assert_null(e);
        assert_non_null(proto_wire_message(w));
        proto_wire_free(w);
        return;
    }
    assert_non_null(e);
    assert_null(w);
    assert_string_equal(err_text(e), r->want_text);
    assert_class(e, ERR_INVALID);
}

static void a_message_over_the_limit_is_invalid(void **state)
{
    (void)state;
    struct proto_wire *w = NULL;
    unsigned char *bytes = xcalloc(1, PROTO_WIRE_BYTES_MAX + 1);
    assert_class(
        proto_wire_decode(&csi__v1__probe_request__descriptor, bytes, PROTO_WIRE_BYTES_MAX + 1, &w),
        ERR_INVALID);
    free(bytes);
}

/* Empty map entries: two bytes on the wire, two hundred in memory. */
static void a_message_over_the_budget_is_invalid(void **state)
{
    (void)state;
    struct proto_wire *w = NULL;
    size_t n = PROTO_WIRE_BYTES_MAX;
    unsigned char *bytes = xcalloc(1, n);
    for (size_t i = 0; i < n; i += 2)
        bytes[i] = 0x42;
    struct err *e =
        proto_wire_decode(&csi__v1__node_publish_volume_request__descriptor, bytes, n, &w);
    assert_non_null(e);
    assert_non_null(strstr(err_text(e), "bytes of memory"));
    assert_class(e, ERR_INVALID);
    free(bytes);
}

static void a_deep_message_is_invalid(void **state)
{
    (void)state;
    /* No message of ours nests that deep, so one is made that holds itself. */
    static ProtobufCMessageDescriptor deep;
    static ProtobufCFieldDescriptor field;
    static const ProtobufCIntRange ranges[] = {{1, 0}, {0, 1}};
    unsigned char bytes[64];
    size_t n = 0;
    deep = csi__v1__probe_request__descriptor;
    field = csi__v1__probe_response__descriptor.fields[0];
    field.descriptor = &deep;
    deep.fields = &field;
    deep.n_fields = 1;
    deep.field_ranges = ranges;
    deep.n_field_ranges = 1;
    for (size_t left = 2 * PROTO_WIRE_DEPTH_MAX + 2; left > 0; left -= 2) {
        bytes[n++] = 0x0a;
        bytes[n++] = (unsigned char)(left - 2);
    }
    assert_class(proto_wire_check(&deep, bytes, n), ERR_INVALID);
    assert_null(proto_wire_check(&deep, bytes + 2, n - 2));
}

/* Publish requests */

struct request {
    Csi__V1__NodePublishVolumeRequest m;
    secret_entry secrets[3];
    secret_entry *secret_list[3];
    context_entry context[4];
    context_entry *context_list[4];
};

static void request_init(struct request *r)
{
    memset(r, 0, sizeof(*r));
    csi__v1__node_publish_volume_request__init(&r->m);
    r->m.secrets = r->secret_list;
    r->m.volume_context = r->context_list;
}

static void add_secret(struct request *r, char *key, char *value)
{
    size_t i = r->m.n_secrets++;
    csi__v1__node_publish_volume_request__secrets_entry__init(&r->secrets[i]);
    r->secrets[i].key = key;
    r->secrets[i].value = value;
    r->secret_list[i] = &r->secrets[i];
}

static void add_context(struct request *r, char *key, char *value)
{
    size_t i = r->m.n_volume_context++;
    csi__v1__node_publish_volume_request__volume_context_entry__init(&r->context[i]);
    r->context[i].key = key;
    r->context[i].value = value;
    r->context_list[i] = &r->context[i];
}

static void assert_tokens(const struct csi_publish *p, const char *want)
{
    if (!want) {
        assert_null(p->tokens);
        return;
    }
    assert_non_null(p->tokens);
    assert_true(secret_view_equal(secret_buf_view(p->tokens), secret_view_of(want, strlen(want))));
}

static const struct token_row {
    const char *name;
    const char *in_secrets;
    const char *in_context;
    const char *want;
} token_rows[] = {
    {"no tokens", NULL, NULL, NULL},
    {"among the secrets", TOKENS, NULL, TOKENS},
    {"as an attribute", NULL, TOKENS, TOKENS},
    {"in both places the secrets count", TOKENS, "{}", TOKENS},
    {"empty", "", "", NULL},
};

static void one_token(void **state)
{
    const struct token_row *row = *state;
    char key1[] = CSI_KEY_TOKENS, key2[] = CSI_KEY_TOKENS, other[] = "externalSecret", db[] = "db";
    char secret[64] = "", attribute[64] = "";
    struct request r;
    request_init(&r);
    if (row->in_secrets) {
        strcpy(secret, row->in_secrets);
        add_secret(&r, key1, secret);
    }
    add_context(&r, other, db);
    if (row->in_context) {
        strcpy(attribute, row->in_context);
        add_context(&r, key2, attribute);
    }
    CLEANUP_CSI_PUBLISH struct csi_publish p = {0};
    assert_null(csi_codec_publish(&r.m.base, &p));
    assert_tokens(&p, row->want);
    static const char erased[64];
    assert_memory_equal(secret, erased, sizeof(secret));
    assert_memory_equal(attribute, erased, sizeof(attribute));
    assert_int_equal(p.n_attributes, 1);
    assert_string_equal(csi_publish_attribute(&p, "externalSecret"), "db");
    assert_null(csi_publish_attribute(&p, CSI_KEY_TOKENS));
    assert_int_equal(p.n_other_secrets, 0);
}

static void other_secrets_are_erased_and_counted(void **state)
{
    (void)state;
    char key[] = "password", value[] = "canary";
    struct request r;
    request_init(&r);
    add_secret(&r, key, value);
    CLEANUP_CSI_PUBLISH struct csi_publish p = {0};
    assert_null(csi_codec_publish(&r.m.base, &p));
    assert_int_equal(p.n_other_secrets, 1);
    assert_memory_equal(value, "\0\0\0\0\0\0", 7);
    assert_null(p.tokens);
}

static void an_exhausted_arena_is_internal_and_erases(void **state)
{
    (void)state;
    char key1[] = CSI_KEY_TOKENS, value1[] = "canary", key2[] = CSI_KEY_TOKENS, value2[] = "canary";
    struct request r;
    request_init(&r);
    add_secret(&r, key1, value1);
    add_context(&r, key2, value2);
    struct csi_publish p = {0};
    secret_arena_fail_after(1);
    assert_class(csi_codec_publish(&r.m.base, &p), ERR_INTERNAL);
    secret_arena_fail_after(0);
    assert_memory_equal(value1, "\0\0\0\0\0\0", 7);
    assert_memory_equal(value2, "\0\0\0\0\0\0", 7);
    assert_null(p.attributes);
}

static void the_last_of_two_attributes_counts(void **state)
{
    (void)state;
    char key1[] = "items", value1[] = "a", key2[] = "items", value2[] = "b";
    struct request r;
    request_init(&r);
    add_context(&r, key1, value1);
    add_context(&r, key2, value2);
    CLEANUP_CSI_PUBLISH struct csi_publish p = {0};
    assert_null(csi_codec_publish(&r.m.base, &p));
    assert_string_equal(csi_publish_attribute(&p, "items"), "b");
}

static void an_empty_request_has_no_capability(void **state)
{
    (void)state;
    struct request r;
    request_init(&r);
    CLEANUP_CSI_PUBLISH struct csi_publish p = {0};
    assert_null(csi_codec_publish(&r.m.base, &p));
    assert_false(p.has_capability || p.is_mount || p.is_readonly);
    assert_string_equal(p.volume_id, "");
    assert_string_equal(p.target_path, "");
    assert_string_equal(p.fs_type, "");
    assert_string_equal(p.mount_group, "");
}

/* The copy of the specification and the list in the code must not drift apart. */
static void the_secret_fields_are_those_of_the_proto(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n;
    unsigned n_marked = 0;
    char message[64] = "";
    assert_null(fs_read_text(AT_FDCWD, "proto/csi.proto", 1u << 20, &text, &n));
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char type[64], field[64];
        sscanf(line, "message %63s", message);
        if (sscanf(line, " map<%*[^>]> %63s =", field) != 1 &&
            sscanf(line, " %63s %63s =", type, field) != 2)
            continue;
        bool is_marked = strstr(line, "; // csi_secret") || strstr(line, ";  // csi_secret");
        n_marked += is_marked;
        assert_int_equal(csi_codec_is_secret_field(message, field), is_marked);
    }
    assert_int_equal(n_marked, 1);
    free(text);
}

/* Classes and codes */

static const struct status_row {
    const char *name;
    enum err_class cls;
    enum csi_code want;
    const char *want_name;
} status_rows[] = {
    {"invalid", ERR_INVALID, CSI_INVALID_ARGUMENT, "INVALID_ARGUMENT"},
    {"not found", ERR_NOT_FOUND, CSI_NOT_FOUND, "NOT_FOUND"},
    {"denied", ERR_DENIED, CSI_PERMISSION_DENIED, "PERMISSION_DENIED"},
    {"conflict", ERR_CONFLICT, CSI_ABORTED, "ABORTED"},
    {"rate limited", ERR_RATE_LIMITED, CSI_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
    {"unavailable", ERR_UNAVAILABLE, CSI_UNAVAILABLE, "UNAVAILABLE"},
    {"deadline", ERR_DEADLINE, CSI_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
    {"internal", ERR_INTERNAL, CSI_INTERNAL, "INTERNAL"},
};

static void one_status(void **state)
{
    const struct status_row *r = *state;
    assert_int_equal(csi_status_of(r->cls), r->want);
    assert_string_equal(csi_status_name(r->want), r->want_name);
}

static void a_code_nobody_knows_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(csi_status_name((enum csi_code)99), "UNKNOWN");
    assert_string_equal(csi_status_name(CSI_OK), "OK");
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_message_over_the_limit_is_invalid),
        cmocka_unit_test(a_message_over_the_budget_is_invalid),
        cmocka_unit_test(a_deep_message_is_invalid),
        cmocka_unit_test(other_secrets_are_erased_and_counted),
        cmocka_unit_test(an_exhausted_arena_is_internal_and_erases),
        cmocka_unit_test(the_last_of_two_attributes_counts),
        cmocka_unit_test(an_empty_request_has_no_capability),
        cmocka_unit_test(the_secret_fields_are_those_of_the_proto),
        cmocka_unit_test(a_code_nobody_knows_has_a_name),
    };
    return TABLE_RUN("proto_wire", wire_rows, one_wire) +
           TABLE_RUN("csi_codec, tokens", token_rows, one_token) +
           TABLE_RUN("csi_status", status_rows, one_status) + GROUP_RUN("csi_codec", others);
}
