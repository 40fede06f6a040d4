/* SPDX-License-Identifier: Apache-2.0 */
/* time.h — instants, business days, and the clock that is passed in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* UTC, microseconds since 1970-01-01. Made only by a clock or parsed from a message. */
struct instant {
	int64_t us;
};

/* A calendar or business day as the number yyyymmdd; 0 is "none". */
struct bizdate {
	uint32_t yyyymmdd;
};

/* Broken-down local time. */
struct civil {
	int year, month, day, hour, minute, second;
};

enum {
	TIME_ZONE_CHINA_S  = 8 * 3600, /* +08:00, no summer time: the zone of the wire and of the books */
	INSTANT_TEXT_SIZE  = 40,
	SECOND_US          = 1000000,
};

/* Where time comes from. Tests and replay pass one they drive. `now` must be callable from any thread. */
struct clock {
	struct instant (*now)(const struct clock *c);
};

const struct clock *clock_system(void); /* CLOCK_REALTIME; lives for ever */

/* A clock that stands still until it is set; safe to set in one thread and read in others. */
struct clock_manual {
	struct clock clock;
	_Atomic int64_t us;
};
void clock_manual_init(struct clock_manual *c, struct instant start);
void clock_manual_set(struct clock_manual *c, struct instant to);

static inline struct instant clock_now(const struct clock *c)
{
	return c->now(c);
}

/* CLOCK_MONOTONIC in microseconds: for time-outs and measurements only, never stored. */
int64_t monotonic_us(void);

struct civil   civil_of(struct instant t, int zone_s);
struct instant instant_of(struct civil c, int zone_s); /* fields must be in range */
bool           civil_is_valid(const struct civil *c);  /* 1970…9999, real month lengths */

struct bizdate bizdate_of(struct instant t, int zone_s, int cutover_s); /* the day changes cutover_s after 00:00 */
bool           bizdate_is_valid(struct bizdate d);
struct bizdate bizdate_add(struct bizdate d, int days);
int64_t        bizdate_days(struct bizdate d); /* days since 1970-01-01 */

/* "2019-04-01 05:55:34" (also with 'T'), local time of the zone. TIME_SYNTAX. */
result instant_parse(struct str text, int zone_s, struct instant *out);
/* "2026-03-05 14:07:00+08:00". Returns out. */
const char *instant_text(struct instant t, int zone_s, char out[INSTANT_TEXT_SIZE]);
