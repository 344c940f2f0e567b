#pragma once
/* rc2.h: decrypts RC2-CBC, which old PKCS#12 files hide their certificates with.
 *
 * OpenSSL has it in the legacy provider only, which a static program cannot load. It is never used
 * to encrypt.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   RFC 2268. */

#include <stddef.h>

#define RC2_BLOCK_BYTES 8
#define RC2_KEY_BYTES_MAX 128

/* Decrypt n bytes, a multiple of RC2_BLOCK_BYTES, in place; the effective key is as long as the
 * key, 1 to RC2_KEY_BYTES_MAX bytes. */
void rc2_decrypt_cbc(const unsigned char *key, size_t key_bytes,
                     const unsigned char iv[RC2_BLOCK_BYTES], unsigned char *data, size_t n);
