/* One bit and one time. Any pass writes the Secret, so any pass closes what was open; only passes
 * that drift asked for start a quiet time. */

#include "reconcile/drift.h"

#include "base/metric.h"

bool drift_is_due(struct drift *d, enum drift_news news, uint64_t now_ns)
{
    bool was_open = d->is_open;
    switch (news) {
    case DRIFT_NO_NEWS:
        break;
    case DRIFT_NONE:
        d->is_open = false;
        break;
    case DRIFT_FOUND:
        d->is_open = true;
        break;
    }
    if (!d->is_open)
        return false;
    if (now_ns >= d->quiet_until_ns)
        return true;
    if (!was_open)
        metric_inc(METRIC_SECRET_DRIFT, "delayed", NULL, NULL);
    return false;
}

void drift_note_pass(struct drift *d, bool was_due, bool is_ok, uint64_t now_ns)
{
    d->is_open = false;
    if (!was_due)
        return;
    d->quiet_until_ns = now_ns + DRIFT_QUIET_NS;
    metric_inc(METRIC_SECRET_DRIFT, is_ok ? "applied" : "failed", NULL, NULL);
}

uint64_t drift_next_ns(const struct drift *d, uint64_t otherwise_ns)
{
    return d->is_open && d->quiet_until_ns < otherwise_ns ? d->quiet_until_ns : otherwise_ns;
}
