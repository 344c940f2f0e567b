#pragma once
/* tool.h: what the small programs of the benchmarks share: a clock, arguments, volume paths.
 *
 * Owns     nothing; texts that are returned belong to the caller.
 * Threads  any.
 * Source   the kubelet's layout of volumes below its root. */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

uint64_t tool_now_ns(void);

/* Say what failed, with errno's text, and end the program with status 1. */
void tool_give_up(const char *what) __attribute__((noreturn));

/* A decimal number from 0 to a billion; ends the program on anything else. */
size_t tool_number(const char *text);

/* The folder that a kubelet makes before it publishes volume number, and its child, the target. */
char *tool_parent(const char *kubelet_root, size_t number) NODISCARD;
char *tool_target(const char *kubelet_root, size_t number) NODISCARD;

/* Make path with everything above it. */
void tool_make_folder(const char *path);
