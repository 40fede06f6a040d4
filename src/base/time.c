/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum {
	DAY_S        = 86400,
	YEAR_MIN     = 1970,
	YEAR_MAX     = 9999,
	ERA_DAYS     = 146097, /* 400 years */
	EPOCH_SHIFT  = 719468, /* 0000-03-01 to 1970-01-01 */
	PARSE_LENGTH = 19,
};

static int64_t floor_div(int64_t a, int64_t by)
{
	return a / by - (a % by < 0);
}

static struct instant system_now(const struct clock *c)
{
	struct timespec ts;

	(void)c;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct instant){ (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000 };
}

const struct clock *clock_system(void)
{
	static const struct clock clock = { system_now };

	return &clock;
}

static struct instant manual_now(const struct clock *c)
{
	const struct clock_manual *m = (const struct clock_manual *)c; /* `clock` is its first member */

	return (struct instant){ atomic_load(&m->us) };
}

void clock_manual_init(struct clock_manual *c, struct instant start)
{
	c->clock.now = manual_now;
	atomic_store(&c->us, start.us);
}

void clock_manual_set(struct clock_manual *c, struct instant to)
{
	atomic_store(&c->us, to.us);
}

int64_t monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day is the last one. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = floor_div(y, 400), year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_SHIFT;
}

static struct civil civil_of_days(int64_t days)
{
	int64_t shifted = days + EPOCH_SHIFT, era = floor_div(shifted, ERA_DAYS), day = shifted - era * ERA_DAYS;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t day_of_year = day - (365 * year + year / 4 - year / 100), month = (5 * day_of_year + 2) / 153;
	struct civil c = { 0 };

	c.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	c.month = (int)(month < 10 ? month + 3 : month - 9);
	c.year = (int)(year + era * 400 + (c.month <= 2));
	return c;
}

struct civil civil_of(struct instant t, int zone_s)
{
	int64_t      local_s = floor_div(t.us, SECOND_US) + zone_s, days = floor_div(local_s, DAY_S);
	int64_t      second = local_s - days * DAY_S;
	struct civil c = civil_of_days(days);

	c.hour = (int)(second / 3600);
	c.minute = (int)(second / 60 % 60);
	c.second = (int)(second % 60);
	return c;
}

struct instant instant_of(struct civil c, int zone_s)
{
	int64_t second = days_of(c.year, c.month, c.day) * DAY_S + c.hour * 3600 + c.minute * 60 + c.second;

	ASSERT(civil_is_valid(&c));
	return (struct instant){ (second - zone_s) * SECOND_US };
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool             is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

static bool is_date(int year, int month, int day)
{
	return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 && day >= 1 &&
	       day <= month_days(year, month);
}

bool civil_is_valid(const struct civil *c)
{
	return is_date(c->year, c->month, c->day) && c->hour >= 0 && c->hour <= 23 && c->minute >= 0 &&
	       c->minute <= 59 && c->second >= 0 && c->second <= 59;
}

static struct bizdate bizdate_of_civil(const struct civil *c)
{
	if (c->year < YEAR_MIN || c->year > YEAR_MAX)
		return (struct bizdate){ 0 };
	return (struct bizdate){ (uint32_t)(c->year * 10000 + c->month * 100 + c->day) };
}

struct bizdate bizdate_of(struct instant t, int zone_s, int cutover_s)
{
	struct civil c = civil_of(t, zone_s - cutover_s);

	return bizdate_of_civil(&c);
}

bool bizdate_is_valid(struct bizdate d)
{
	return d.yyyymmdd < 100000000 &&
	       is_date((int)(d.yyyymmdd / 10000), (int)(d.yyyymmdd / 100 % 100), (int)(d.yyyymmdd % 100));
}

struct bizdate bizdate_add(struct bizdate d, int days)
{
	struct civil c = civil_of_days(bizdate_days(d) + days);

	return bizdate_of_civil(&c);
}

int64_t bizdate_days(struct bizdate d)
{
	ASSERT(bizdate_is_valid(d));
	return days_of((int)(d.yyyymmdd / 10000), (int)(d.yyyymmdd / 100 % 100), (int)(d.yyyymmdd % 100));
}

static int number_at(struct str s, size_t at, size_t len)
{
	int v = 0;

	for (size_t i = at; i < at + len; i++)
		v = v * 10 + (s.at[i] - '0');
	return v;
}

/* Digits where the shape has 0; a blank of the shape stands for a blank or a T. */
static bool has_shape(struct str s)
{
	static const char shape[] = "0000-00-00 00:00:00";

	if (s.len != PARSE_LENGTH)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool fits = shape[i] == '0'   ? s.at[i] >= '0' && s.at[i] <= '9'
			    : shape[i] == ' ' ? s.at[i] == ' ' || s.at[i] == 'T'
					      : s.at[i] == shape[i];

		if (!fits)
			return false;
	}
	return true;
}

result instant_parse(struct str text, int zone_s, struct instant *out)
{
	struct civil c;

	if (!has_shape(text))
		return FAIL(TIME_SYNTAX, "\"%.*s\"", (int)(text.len > 40 ? 40 : text.len), text.at);
	c = (struct civil){ number_at(text, 0, 4),  number_at(text, 5, 2),  number_at(text, 8, 2),
		            number_at(text, 11, 2), number_at(text, 14, 2), number_at(text, 17, 2) };
	if (!civil_is_valid(&c))
		return FAIL(TIME_SYNTAX, "no such moment \"" STR_FMT "\"", STR_ARG(text));
	*out = instant_of(c, zone_s);
	return OK;
}

const char *instant_text(struct instant t, int zone_s, char out[INSTANT_TEXT_SIZE])
{
	struct civil c = civil_of(t, zone_s);
	int          zone_min = (zone_s < 0 ? -zone_s : zone_s) / 60;

	snprintf(out, INSTANT_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour,
	         c.minute, c.second, zone_s < 0 ? '-' : '+', zone_min / 60 % 100, zone_min % 60);
	return out;
}
