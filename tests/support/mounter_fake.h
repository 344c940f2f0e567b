#pragma once
/* mounter_fake.h: a mounter on ordinary folders, for tests without privilege.
 *
 * "Mounting" renames a prepared folder to the target; it is remembered by its inode, so that a
 * folder somebody else made is told apart. What is mounted survives a restart of the agent under
 * test as long as the fake lives.
 *
 * Owns     the folder of prepared volumes below its base.
 * Threads  any. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "reconcile/mounter.h"

enum mounter_fake_op {
    MOUNTER_FAKE_MAKE,
    MOUNTER_FAKE_ATTACH,
    MOUNTER_FAKE_STATE,
    MOUNTER_FAKE_OPEN,
    MOUNTER_FAKE_DETACH,
    MOUNTER_FAKE_OPS,
};

/* base: absolute folder; targets of the kubelet's shape below it are accepted. */
struct mounter *mounter_fake_new(const char *base) NODISCARD;

/* The nth call of op from now (1: the next one) fails with cls; 0 switches it off. */
void mounter_fake_fail(struct mounter *m, enum mounter_fake_op op, unsigned nth,
                       enum err_class cls);

/* Calls of op so far. */
unsigned mounter_fake_calls(const struct mounter *m, enum mounter_fake_op op);

/* Volumes attached now, and volumes made but not yet released. */
size_t mounter_fake_attached(const struct mounter *m);
size_t mounter_fake_unreleased(const struct mounter *m);

/* As after a reboot: what was attached is an empty folder. Not while calls are under way. */
void mounter_fake_reboot(struct mounter *m);
