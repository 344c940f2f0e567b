#pragma once
/* aws_xml.h: take one element's text out of an XML reply of STS.
 *
 * The replies are flat and their values (keys, tokens, times, codes) need no escapes; anything else
 * is refused rather than understood.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   STS API reference, sample responses. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret_buf.h"

/* Text of the first element called name (no prefix, no attributes), at most max bytes.
 * Errors: INVALID (absent, too long, or with markup inside; the element is named), INTERNAL. */
NODISCARD struct err *aws_xml_secret(struct secret_view xml, const char *name, size_t max,
                                     struct secret_buf **out);

/* The same for a value that is not secret; also INVALID if it holds a control character. */
NODISCARD struct err *aws_xml_text(struct secret_view xml, const char *name, size_t max,
                                   char **out);
