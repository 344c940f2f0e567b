#pragma once
/* project_object.h: the sink that writes outputs to Secrets, or to objects of other kinds, by
 * server-side apply, without the right to read any.
 *
 * Owns     the memory of what it wrote: names and versions, never values.
 * Threads  apply and remove from any worker, one spec at a time per worker.
 * Source   External Secrets: creationPolicy, deletionPolicy, labels and annotations; Kubernetes
 *          "Server-Side Apply". */

#include <stdbool.h>

#include "base/attr.h"
#include "kube/kube_client.h"
#include "project/project.h"

/* k is borrowed. Until told otherwise the fence counts as missing.
 *   allows_generic  targets may be of any kind; else such a spec is refused */
struct sink *project_object_new(struct kube_client *k, bool allows_generic) NODISCARD;

/* Whether the admission policy stands (kube_fence_check); any thread. Without it every write is
 * preceded by a look at who owns the Secret. */
void project_object_set_fence(struct sink *s, bool stands);
