#pragma once
/* ip_text.h: IP addresses as Go's package net reads and prints them.
 *
 * Owns     nothing.
 * Threads  any.
 * Source   RFC 4291, RFC 5952; Go 1.26 net. */

#include <stdbool.h>

#include "template/text.h"

#define IP_BYTES_MAX 16

/* Read t: 4 bytes for IPv4 and for IPv6 that maps it, else 16; *n says which. False where t is no
 * address; one with a zone is none. */
bool ip_text_read(struct text t, unsigned char out[IP_BYTES_MAX], size_t *n);

/* Append the address of 4 or 16 bytes. */
void ip_text_print(struct text_buf *b, struct text address);
