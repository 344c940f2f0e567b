#pragma once
/* funcs.h: every table of functions and methods; one per funcs_NAME.c.
 *
 * Owns     constant tables.
 * Threads  any. */

#include "template/func.h"

extern const struct func_table funcs_builtin; /* text/template's own */
extern const struct func_table funcs_print;   /* print, printf, println, html, js, urlquery */
extern const struct func_table funcs_text;    /* trim, upper, replace, ... */
extern const struct func_table funcs_wrap;    /* indent, wrap, abbrev, the case converters, ... */
extern const struct func_table funcs_encode;  /* base64, base32, hex, hashes */
extern const struct func_table funcs_path;
extern const struct func_table funcs_url;
extern const struct func_table funcs_default; /* default, ternary, typeOf, ... */
extern const struct func_table funcs_list;
extern const struct func_table funcs_dict;
extern const struct func_table funcs_number;
extern const struct func_table funcs_decimal; /* addf and its kin, round */
extern const struct func_table funcs_json;
extern const struct func_table funcs_yaml;
extern const struct func_table funcs_random;
extern const struct func_table funcs_time;
extern const struct func_table funcs_regex;
extern const struct func_table funcs_semver;
extern const struct func_table funcs_crypt; /* AES, bcrypt, derivePassword */
extern const struct func_table funcs_gen;   /* genCA and its kin */
extern const struct func_table funcs_pem;   /* filterPEM, certificate chains, JWK, rsaDecrypt */
extern const struct func_table funcs_pkcs12;

extern const struct func_table methods_time;
extern const struct func_table methods_duration;
extern const struct func_table methods_month;
extern const struct func_table methods_weekday;
extern const struct func_table methods_location;
extern const struct func_table methods_semver;
extern const struct func_table methods_cert; /* the fields Cert and Key */
