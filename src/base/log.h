/* SPDX-License-Identifier: Apache-2.0 */
/* log.h — one line of logfmt on stderr per event; the event name comes first and never changes. */
#pragma once

#include "base/bytes.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_set_level(enum log_level most); /* default LOG_LEVEL_INFO */

/* Use the macros. `format` makes the key=value part: LOG_INFO("payment.approved", "amount_fen=%" PRId64, x). */
void log_write(enum log_level level, const char *event, const char *format, ...) ATTR_PRINTF(3, 4);

#define LOG_ERROR(event, ...)   log_write(LOG_LEVEL_ERROR, (event), __VA_ARGS__)
#define LOG_WARNING(event, ...) log_write(LOG_LEVEL_WARNING, (event), __VA_ARGS__)
#define LOG_INFO(event, ...)    log_write(LOG_LEVEL_INFO, (event), __VA_ARGS__)
#define LOG_DEBUG(event, ...)   log_write(LOG_LEVEL_DEBUG, (event), __VA_ARGS__)

enum { LOG_VALUE_SIZE = 256 };

/*
 * Text that comes from outside, as the value of a logfmt pair: as it is when that is unambiguous, else in
 * quotes with escapes; cut when too long. Returns out:
 *
 *   char name[LOG_VALUE_SIZE];
 *   LOG_INFO("import.refused", "file=%s line=%d", log_value(file, name), line);
 */
const char *log_value(struct str s, char out[LOG_VALUE_SIZE]);
