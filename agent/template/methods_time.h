#pragma once
/* methods_time.h: what the files behind the table of methods on times share.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   Go package time. */

#include "template/func.h"

/* methods_time_parts.c */
func_fn methods_time_parts_day;
func_fn methods_time_parts_hour;
func_fn methods_time_parts_minute;
func_fn methods_time_parts_month;
func_fn methods_time_parts_nanosecond;
func_fn methods_time_parts_second;
func_fn methods_time_parts_unix;
func_fn methods_time_parts_unix_micro;
func_fn methods_time_parts_unix_milli;
func_fn methods_time_parts_unix_nano;
func_fn methods_time_parts_weekday;
func_fn methods_time_parts_year;
func_fn methods_time_parts_year_day;

/* methods_time_bytes.c */
func_fn methods_time_bytes_append_binary;
func_fn methods_time_bytes_append_format;
func_fn methods_time_bytes_append_text;
func_fn methods_time_bytes_marshal_binary;
func_fn methods_time_bytes_marshal_json;
func_fn methods_time_bytes_marshal_text;
