#pragma once
/* ops_process.h: what the kernel says about this process, under Prometheus' usual names.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   proc(5); Prometheus client guidelines "Process metrics". */

#include "base/str_buf.h"

/* Append process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
 * process_threads, process_open_fds and process_max_fds; what cannot be read is left out. */
void ops_process_print(struct str_buf *out);
