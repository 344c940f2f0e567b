#pragma once
/* project_secret.h: the sink that writes outputs to Secrets, by server-side apply, without the
 * right to read any.
 *
 * Owns     the memory of what it wrote: names and versions, never values.
 * Threads  apply and remove from any worker, one spec at a time per worker.
 * Source   External Secrets: creationPolicy, deletionPolicy, labels and annotations; Kubernetes
 *          "Server-Side Apply". */

#include <stdbool.h>

#include "base/attr.h"
#include "kube/kube_client.h"
#include "project/project.h"

/* k is borrowed. Until told otherwise the fence counts as missing. */
struct sink *project_secret_new(struct kube_client *k) NODISCARD;

/* Whether the admission policy stands (kube_fence_check); any thread. Without it every write is
 * preceded by a look at who owns the Secret. */
void project_secret_set_fence(struct sink *s, bool stands);
