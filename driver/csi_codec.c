/* Taking secrets out happens in one order: tokens are copied into locked memory, then every value
 * of every field in the table of secret fields is overwritten in place, then the plain rest is laid
 * out. The table mirrors the csi_secret marks of proto/csi.proto. */

#include "driver/csi_codec.h"

#include <string.h>

#include "base/alloc.h"
#include "proto/csi.pb-c.h"

/* protobuf-c lays out all map<string, string> entries alike. */
typedef Csi__V1__NodePublishVolumeRequest__SecretsEntry map_entry;
_Static_assert(offsetof(map_entry, value) ==
                   offsetof(Csi__V1__NodePublishVolumeRequest__VolumeContextEntry, value),
               "map entries differ");

static const struct secret_field {
    const ProtobufCMessageDescriptor *message;
    const char *name; /* a map<string, string> */
} secret_fields[] = {
    {&csi__v1__node_publish_volume_request__descriptor, "secrets"},
};

bool csi_codec_is_secret_field(const char *message, const char *field)
{
    for (size_t i = 0; i < ARRAY_SIZE(secret_fields); i++) {
        const struct secret_field *f = &secret_fields[i];
        if (strcmp(f->message->short_name, message) == 0 && strcmp(f->name, field) == 0)
            return true;
    }
    return false;
}

static void erase_text(char *text)
{
    size_t n = strlen(text);
    if (n > 0)
        secret_erase(text, n);
}

static void erase_secret_fields(ProtobufCMessage *m)
{
    for (size_t i = 0; i < ARRAY_SIZE(secret_fields); i++) {
        const struct secret_field *f = &secret_fields[i];
        if (f->message != m->descriptor)
            continue;
        const ProtobufCFieldDescriptor *d =
            protobuf_c_message_descriptor_get_field_by_name(m->descriptor, f->name);
        size_t n;
        map_entry **entries;
        memcpy(&n, (const char *)m + d->quantifier_offset, sizeof(n));
        memcpy(&entries, (const char *)m + d->offset, sizeof(entries));
        for (size_t k = 0; k < n; k++)
            erase_text(entries[k]->value);
    }
}

/* Move the value to *tokens unless that is set already; the message's copy is erased. */
static struct err *take_tokens(char *value, struct secret_buf **tokens)
{
    struct err *e = NULL;
    if (!*tokens && *value)
        e = secret_buf_copy(secret_view_of(value, strlen(value)), tokens);
    erase_text(value);
    return e ? err_wrap(e, "keep service account tokens") : NULL;
}

static struct err *take_secrets(Csi__V1__NodePublishVolumeRequest *rq, struct csi_publish *p)
{
    struct err *e = NULL;
    for (size_t i = 0; i < rq->n_secrets; i++) {
        if (strcmp(rq->secrets[i]->key, CSI_KEY_TOKENS) != 0)
            p->n_other_secrets++;
        else if (!e)
            e = take_tokens(rq->secrets[i]->value, &p->tokens);
    }
    erase_secret_fields(&rq->base);
    for (size_t i = 0; i < rq->n_volume_context; i++) {
        char *value = rq->volume_context[i]->value;
        if (strcmp(rq->volume_context[i]->key, CSI_KEY_TOKENS) != 0)
            continue;
        if (!e)
            e = take_tokens(value, &p->tokens);
        else
            erase_text(value);
    }
    return e;
}

static void lay_out_attributes(const Csi__V1__NodePublishVolumeRequest *rq, struct csi_publish *p)
{
    p->attributes = xcalloc(rq->n_volume_context, sizeof(*p->attributes));
    for (size_t i = 0; i < rq->n_volume_context; i++) {
        const char *key = rq->volume_context[i]->key;
        if (strcmp(key, CSI_KEY_TOKENS) == 0)
            continue;
        p->attributes[p->n_attributes++] =
            (struct csi_attribute){key, rq->volume_context[i]->value};
    }
}

static void lay_out_capability(const Csi__V1__VolumeCapability *c, struct csi_publish *p)
{
    p->fs_type = p->mount_group = "";
    p->has_capability = c != NULL;
    if (!c)
        return;
    p->access_mode = c->access_mode ? (int)c->access_mode->mode : 0;
    p->is_mount = c->access_type_case == CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_MOUNT && c->mount;
    if (!p->is_mount)
        return;
    p->fs_type = c->mount->fs_type;
    p->mount_group = c->mount->volume_mount_group;
    p->n_mount_flags = c->mount->n_mount_flags;
}

struct err *csi_codec_publish(ProtobufCMessage *message, struct csi_publish *out)
{
    Csi__V1__NodePublishVolumeRequest *rq = (Csi__V1__NodePublishVolumeRequest *)message;
    CLEANUP_CSI_PUBLISH struct csi_publish p = {0};
    struct err *e = take_secrets(rq, &p);
    if (e)
        return e;
    p.volume_id = rq->volume_id;
    p.target_path = rq->target_path;
    p.is_readonly = rq->readonly;
    lay_out_capability(rq->volume_capability, &p);
    lay_out_attributes(rq, &p);
    *out = p;
    p = (struct csi_publish){0};
    return NULL;
}

const char *csi_publish_attribute(const struct csi_publish *p, const char *key)
{
    for (size_t i = p->n_attributes; i-- > 0;) {
        if (strcmp(p->attributes[i].key, key) == 0)
            return p->attributes[i].value;
    }
    return NULL;
}

void csi_publish_done(struct csi_publish *p)
{
    secret_buf_free(p->tokens);
    free(p->attributes);
    *p = (struct csi_publish){0};
}
