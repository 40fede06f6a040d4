/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of the platform itself (平台密钥): made once, after the ceremony; and the day root
 * (日根密钥, keys 15.1): what there is, and the emergency change inside a day. Definitions are the
 * part of role conf, values of role key: making both takes one of each.
 */
#include "domain/keys/day_root.h"
#include "service/kms/create.h"
#include "service/kms/officer_desk.h"

enum { KEY = 1 << OFFICER_KEY, DAY_TEXT_MAX = 10 };

/* --- the platform's keys --- */

struct keys_args {
	struct str day; /* of the first day root; "" : today */
};

static const struct officer_field keys_fields[] = {
	OFFICER_TEXT(keys_args, day, false, DAY_TEXT_MAX),
};

/* What is agreed to names the day. */
static result prepare_keys(struct officer_call *c, void *args)
{
	struct keys_args *in = args;
	struct civil today = civil_of(c->act->now, TIME_ZONE_CHINA_S);
	struct bizdate day;
	size_t missing;

	TRY(kms_site_keys_missing(c->act, &missing));
	if (missing == 0)
		return FAIL(KEYS_EXIST, "the platform has its keys");
	if (!in->day.len)
		in->day = arena_printf(c->arena, "%04d-%02d-%02d", today.year, today.month,
		                       today.day);
	return officer_day(in->day, &day);
}

static result run_keys(struct officer_call *c, const void *args)
{
	const struct keys_args *in = args;
	struct bizdate day;
	size_t missing;

	TRY(kms_site_keys_missing(c->act, &missing));
	if (missing == 0)
		return FAIL(KEYS_EXIST, "the platform has its keys");
	TRY(officer_day(in->day, &day));
	TRY(kms_make_site_keys(c->act, day));
	jwrite_i64(c->answer, "made", (int64_t)missing);
	officer_tell_day(c->answer, "day", day);
	return OK;
}

/* --- day roots --- */

static void write_root(struct jwrite *j, const struct day_root *r, struct instant now)
{
	jwrite_object(j, NULL);
	officer_tell_day(j, "day", r->day);
	jwrite_i64(j, "sequence", r->seq);
	jwrite_text(j, "state", r->state == DAY_ROOT_ACTIVE ? "ACTIVE" : "PREVIOUS");
	jwrite_text(j, "kcv", r->kcv);
	jwrite_i64(j, "lmk", r->lmk);
	jwrite_i64(j, "since_us", r->not_before.us);
	jwrite_i64(j, "replaced_us", r->not_after.us);
	jwrite_i64(j, "spoken_until_us", day_root_until(r).us);
	jwrite_bool(j, "spoken", r->state == DAY_ROOT_ACTIVE || day_root_until(r).us > now.us);
	jwrite_end(j);
}

/* No day-end for too long: nobody signs in any more, and somebody must see it. */
static void write_age(struct officer_call *c, const struct day_root *newest)
{
	bool stale = day_root_is_stale(newest, c->act->now);
	int64_t until = newest->not_before.us + DAY_ROOT_MAX_AGE_S * (int64_t)SECOND_US;

	jwrite_i64(c->answer, "sign_in_until_us", until);
	jwrite_bool(c->answer, "alarm", stale);
	if (stale)
		jwrite_text(c->answer, "alarm_text",
		            "日结超期未执行，已停止签到 no day-end for too long: nobody signs in");
}

static result run_status(struct officer_call *c, const void *args)
{
	struct day_root rows[DAY_ROOTS_MAX];
	size_t count;

	(void)args;
	TRY(day_root_list(c->act->tx, KMS_SITE, rows, &count));
	jwrite_text(c->answer, "domain", KMS_SITE);
	jwrite_i64(c->answer, "overlap_s", DAY_ROOT_KEPT_S);
	jwrite_i64(c->answer, "max_age_s", DAY_ROOT_MAX_AGE_S);
	if (count)
		write_age(c, &rows[0]);
	jwrite_array(c->answer, "roots");
	for (size_t i = 0; i < count; i++)
		write_root(c->answer, &rows[i], c->act->now);
	jwrite_end_array(c->answer);
	return OK;
}

/* --- the emergency change --- */

enum { REASON_MAX = 100 };

struct change_args {
	struct str reason;
	int64_t sequence; /* the one that is to be replaced */
	struct str day;
};

static const struct officer_field change_fields[] = {
	OFFICER_TEXT(change_args, reason, true, REASON_MAX),
	OFFICER_NUMBER(change_args, sequence, false, 1, UINT8_MAX),
	OFFICER_TEXT(change_args, day, false, DAY_TEXT_MAX),
};

static result newest(struct officer_call *c, struct day_root *out)
{
	struct day_root rows[DAY_ROOTS_MAX];
	size_t count;

	TRY(day_root_list(c->act->tx, KMS_SITE, rows, &count));
	if (count == 0)
		return FAIL(KEYS_MISSING, "the platform has no keys yet: site.keys");
	*out = rows[0];
	return OK;
}

static result require_newest(const struct change_args *in, const struct day_root *r)
{
	struct bizdate day;

	TRY(officer_day(in->day, &day));
	if (day.yyyymmdd != r->day.yyyymmdd || in->sequence != r->seq)
		return FAIL(KEYS_DAY_ORDER, "the root in force is %u-%u", r->day.yyyymmdd, r->seq);
	return OK;
}

/* What is agreed to names the root that goes: a day-end in between makes it another matter. */
static result prepare_change(struct officer_call *c, void *args)
{
	struct change_args *in = args;
	struct day_root r;

	TRY(newest(c, &r));
	if (!in->day.len)
		in->day = arena_printf(c->arena, "%04u-%02u-%02u", r.day.yyyymmdd / 10000,
		                       r.day.yyyymmdd / 100 % 100, r.day.yyyymmdd % 100);
	if (!in->sequence)
		in->sequence = r.seq;
	return require_newest(in, &r);
}

static result run_change(struct officer_call *c, const void *args)
{
	const struct change_args *in = args;
	struct day_root before, now;

	TRY(newest(c, &before));
	TRY(require_newest(in, &before));
	TRY(day_root_change(c->act, KMS_SITE, &now));
	officer_note(c, "domain=%s day=%u sequence=%u kcv=%s reason=" STR_FMT, KMS_SITE,
	             now.day.yyyymmdd, now.seq, now.kcv, STR_ARG(in->reason));
	officer_tell_day(c->answer, "day", now.day);
	jwrite_i64(c->answer, "sequence", now.seq);
	jwrite_text(c->answer, "kcv", now.kcv);
	jwrite_i64(c->answer, "old_until_us",
	           c->act->now.us + DAY_ROOT_KEPT_S * (int64_t)SECOND_US);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "site.keys",
	  .roles = KEY,
	  .flags = OFFICER_MOVES_KEYS,
	  OFFICER_FIELDS(keys_fields, keys_args),
	  .prepare = prepare_keys,
	  .needs = "conf",
	  .run = run_keys },
	{ .name = "day.status", .flags = OFFICER_READS, .run = run_status },
	{ .name = "day.change",
	  .roles = KEY,
	  .flags = OFFICER_MOVES_KEYS,
	  .audit = "DAY.CHANGE",
	  OFFICER_FIELDS(change_fields, change_args),
	  .prepare = prepare_change,
	  .needs = "key|mk",
	  .run = run_change },
};

const struct officer_table officer_acts_site = { commands, ARRAY_LEN(commands) };
