#pragma once
/* mailbox.h: is a text a mail address or a domain, as Go's crypto/x509 asks?
 *
 * Owns     nothing.
 * Threads  any.
 * Source   RFC 2821 section 4.1.2, RFC 2822 section 3.2, RFC 3696; Go 1.26 crypto/x509. */

#include <stdbool.h>

#include "template/text.h"

/* local@domain, where local may be quoted. */
bool mailbox_is_valid(struct text t);

/* A name of printable labels between dots; an empty text is one. A constraint may begin with a dot.
 */
bool mailbox_domain_is_valid(struct text t, bool is_constraint);
