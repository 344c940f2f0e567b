#pragma once
/* label_selector.h: which labels does a manifest ask for?
 *
 * Owns     a label_selector owns its texts.
 * Threads  read by any.
 * Source   Kubernetes meta/v1 LabelSelector. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str_buf.h"

#define LABEL_SELECTOR_PARTS_MAX 256

struct label_selector;

/* Parse matchLabels and matchExpressions; what is wrong becomes the problem. An empty selector
 * matches everything. */
struct label_selector *label_selector_parse(const struct json *selector, const char *at,
                                            char **problem) NODISCARD;
void label_selector_free(struct label_selector *s);
CLEANUP_DEFINE(label_selector)

/* labels is a map of text to text. */
bool label_selector_matches(const struct label_selector *s, const struct map *labels);

/* Append s as a list is asked for: "a in (b),!c"; nothing for an empty selector.
 * Source: Kubernetes "Labels and Selectors", set-based requirements. */
void label_selector_print(const struct label_selector *s, struct str_buf *out);
