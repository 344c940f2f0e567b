/* Whatever stands in a ClusterExternalSecret, it becomes a spec whose members can be used: names,
 * target and status are there even when there is a problem. */
#include <stdint.h>
#include <stdlib.h>

#include "base/yaml.h"
#include "spec/cluster_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void check(const struct json *doc)
{
    CLEANUP(cluster_spec) struct cluster_spec *s = cluster_spec_parse(doc);
    if (!s)
        return;
    must(*s->meta.name && *s->target_name && *s->digest);
    must(json_kind(s->target) == JSON_MAP && json_kind(s->status) == JSON_MAP);
    must(s->problem || object_name_is_valid(s->target_name));
    cluster_spec_selects(s, "shop", s->meta.labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {.n = 0};
    CLEANUP(err) struct err *e = yaml_parse((const char *)bytes, n, &docs);
    for (size_t i = 0; !e && i < docs.n; i++)
        check(docs.docs[i]);
    return 0;
}
