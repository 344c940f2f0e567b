#pragma once
/* convert.h: a name from a store's JSON object as the key of a Secret.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   External Secrets, conversionStrategy Default and Unicode. */

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "spec/spec.h"

/* Longest name that can still give a valid key: each of 253 bytes may come from four. */
#define CONVERT_NAME_MAX 1012

/* Replace what is no letter, number (both as Unicode has them), '-', '.' or '_': by '_', or with
 * CONVERSION_UNICODE by "_U", the code point in lower-case hex with at least four digits, and "_".
 * Bytes that are not UTF-8 count as U+FFFD. An empty name gives an empty key.
 * Errors: INVALID (longer than CONVERT_NAME_MAX). */
NODISCARD struct err *convert_key(enum spec_conversion how, struct secret_view name, char **out);
