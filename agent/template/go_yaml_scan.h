#pragma once
/* go_yaml_scan.h: the tokens of a YAML text.
 *
 * Owns     nothing; tokens live in the engine's arena, their texts there or in the document.
 * Threads  one at a time.
 * Source   YAML 1.1 chapters 5 to 9; go-yaml v2 scannerc.go. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/go_yaml.h"
#include "template/go_yaml_input.h"

enum go_yaml_token_kind {
    YAML_END, /* of the text; also what there is after a failure */
    YAML_VERSION_DIRECTIVE,
    YAML_TAG_DIRECTIVE, /* value is the handle, suffix the prefix that it stands for */
    YAML_DOCUMENT_START,
    YAML_DOCUMENT_END,
    YAML_BLOCK_SEQUENCE, /* begins */
    YAML_BLOCK_MAPPING,
    YAML_BLOCK_END,
    YAML_FLOW_SEQUENCE, /* [ */
    YAML_FLOW_SEQUENCE_END,
    YAML_FLOW_MAPPING,
    YAML_FLOW_MAPPING_END,
    YAML_FLOW_ENTRY,  /* , */
    YAML_BLOCK_ENTRY, /* - */
    YAML_KEY,         /* ?, or where a key without it begins */
    YAML_VALUE,       /* : */
    YAML_ALIAS,
    YAML_ANCHOR,
    YAML_TAG, /* value is the handle, which may be empty */
    YAML_SCALAR,
};

struct go_yaml_token {
    enum go_yaml_token_kind kind;
    bool is_plain;       /* scalar without quotes */
    bool is_version_1_1; /* of a version directive */
    struct go_yaml_mark start;
    struct text value, suffix;
};

/* Where a key without "?" may have begun: only a later ":" tells. */
struct go_yaml_simple_key {
    bool is_possible, is_required;
    size_t token; /* number of the token that begins it */
    struct go_yaml_mark start;
};

/* Token number and flow level of a key that may have begun there. */
struct go_yaml_wait {
    size_t token;
    size_t level;
};

struct go_yaml_scanner {
    struct go_yaml_input in;
    struct go_yaml_token *tokens; /* tokens[head..n) wait to be taken */
    size_t head, n, capacity;
    size_t taken; /* so far: the number of the token at head */
    bool is_ready, is_ended;
    bool may_begin_key;
    size_t level;                                          /* of flow collections */
    struct go_yaml_simple_key keys[GO_YAML_DEPTH_MAX + 1]; /* by level */
    struct go_yaml_wait *waits;                            /* waits[wait_head..wait_n), by token */
    size_t wait_head, wait_n, wait_capacity;
    ptrdiff_t indent; /* -1 outside of block collections */
    ptrdiff_t outer_indents[GO_YAML_DEPTH_MAX];
    size_t indents;
};

void go_yaml_scanner_init(struct go_yaml_scanner *s, struct engine *g, struct text t);

/* The next token, until go_yaml_take_token. Failures stick in s->in. */
const struct go_yaml_token *go_yaml_next_token(struct go_yaml_scanner *s);
void go_yaml_take_token(struct go_yaml_scanner *s);

/* Parts of the scanner in files of their own; each reads one token from where the text stands. */
void go_yaml_scan_directive(struct go_yaml_input *in, struct go_yaml_token *token);
void go_yaml_scan_anchor(struct go_yaml_input *in, struct go_yaml_token *token);
void go_yaml_scan_tag(struct go_yaml_input *in, struct go_yaml_token *token);
void go_yaml_scan_block(struct go_yaml_input *in, ptrdiff_t indent, struct go_yaml_token *token);
void go_yaml_scan_quoted(struct go_yaml_input *in, struct go_yaml_token *token);

/* Tells whether line breaks were read, after which a key may begin again. */
bool go_yaml_scan_plain(struct go_yaml_input *in, ptrdiff_t indent, bool is_in_flow,
                        struct go_yaml_token *token);
