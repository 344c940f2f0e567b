#pragma once
/* zero_alloc.h: make the libraries erase what they free.
 *
 * Owns     nothing.
 * Threads  zero_alloc_install once, first thing in main, before any other thread exists.
 * Source   CRYPTO_set_mem_functions(3), curl_global_init_mem(3), cJSON_InitHooks. */

#include "base/attr.h"
#include "base/err.h"

/* Route OpenSSL, libcurl and cJSON through an allocator whose free and realloc erase the old block.
 * Also starts libcurl. Errors: INTERNAL (a library allocated before us). */
NODISCARD struct err *zero_alloc_install(void);

/* Core size 0, not dumpable (prctl(2)); errors INTERNAL. Not used under debuggers' own builds. */
NODISCARD struct err *zero_alloc_harden_process(void);
