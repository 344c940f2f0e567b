/* A branch can match nothing if each of its items can, a group if one of its branches can. The last
 * item is kept apart, because what follows it may make it optional. */
#include "base/regex_parts.h"

static struct regex_branch *here(struct regex_empty *e)
{
    return &e->groups[e->depth < REGEX_NESTING_MAX ? e->depth : REGEX_NESTING_MAX];
}

void regex_empty_item(struct regex_empty *e, bool takes)
{
    struct regex_branch *b = here(e);

    b->takes |= b->last_takes;
    b->last_takes = takes;
    b->last_is_group = false;
}

void regex_empty_open(struct regex_empty *e, size_t at)
{
    e->depth++;
    *here(e) = (struct regex_branch){.begins = at};
}

void regex_empty_bar(struct regex_empty *e)
{
    struct regex_branch *b = here(e);
    bool can_be_empty = b->can_be_empty || (!b->takes && !b->last_takes);

    *b = (struct regex_branch){.begins = b->begins, .can_be_empty = can_be_empty};
}

/* A group too many has an end only in a pattern that RE2 refuses. */
void regex_empty_close(struct regex_empty *e)
{
    regex_empty_bar(e);
    struct regex_branch group = *here(e);
    bool is_known = e->depth > 0 && e->depth <= REGEX_NESTING_MAX;

    e->depth -= e->depth > 0;
    regex_empty_item(e, !is_known || !group.can_be_empty);
    here(e)->last_is_group = is_known;
    here(e)->last_at = group.begins;
}

void regex_empty_flags(struct regex_empty *e)
{
    here(e)->last_is_group = false;
}

bool regex_empty_repeat(struct regex_empty *e, bool may_be_none, size_t *at)
{
    struct regex_branch *b = here(e);
    bool is_empty_group = b->last_is_group && !b->last_takes;

    *at = b->last_at;
    b->last_takes &= !may_be_none;
    b->last_is_group = false;
    return is_empty_group;
}
