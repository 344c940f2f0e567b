#pragma once
/* pem_fixture.h: templates over the keys and certificates of tests/vectors/pem/.
 *
 * A file is data under its own name: {{ index . "chain.crt" }}. Nothing there is a secret.
 *
 * Owns     nothing that outlives a call.
 * Threads  the test thread. */

#include <stddef.h>

/* Render template over the files that it names and compare. want may be "@NAME": the text of that
 * file, of a .p12 without its line ends; NULL: it must be refused, and not by a limit. */
void pem_fixture_check(const char *template, const char *want);

/* The same with a source of randomness that gives random[0..n) and then counts on from there, and
 * the clock at now_s. */
void pem_fixture_check_fixed(const char *template, const unsigned char *random, size_t n,
                             long long now_s, const char *want);

/* It must hit a limit. */
void pem_fixture_limit(const char *template);
