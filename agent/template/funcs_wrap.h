#pragma once
/* funcs_wrap.h: what the files behind the table of layout functions share.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   sprig 3.3 strings.go; Masterminds/goutils 1.1.1; huandu/xstrings 1.5.0. */

#include "template/func.h"

/* funcs_wrap_words.c: by runes; what is no UTF-8 becomes U+FFFD where letters change. */
func_fn funcs_wrap_camelcase;
func_fn funcs_wrap_kebabcase;
func_fn funcs_wrap_snakecase;
