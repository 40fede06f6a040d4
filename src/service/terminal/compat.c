/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terminals as they were before YTAP (terminal-protocol 7.2, suite 04): sign-in in one step, which
 * proves nothing — only the node's own master key opens what it gets —, and transactions without a
 * TSN.
 */
#include "service/terminal/front.h"

#include "base/log.h"
#include "base/secret.h"
#include "domain/payments/payment_compat.h"

enum {
	ORIGINAL_DIGITS = 16, /* F61: batch 6, STAN 6, date 4 */
};

bool front_is_compat(enum ytap_message word)
{
	return word == YTAP_COMPAT_SIGN_IN_1 || word == YTAP_COMPAT_SIGN_IN_3 ||
	       word == YTAP_COMPAT_SIGN_IN_4;
}

/* --- sign-in --- */

static result work_compat(struct ledger_tx *tx, void *arg)
{
	struct terminal_job *job = arg;
	struct terminal_greeting *g = &job->ask.greeting;

	TRY(front_work_facts(tx, job));
	if (g->row.state == TERMINAL_SUSPENDED)
		return (result){ PAYMENT_TERMINAL_SUSPENDED };
	if (g->row.state != TERMINAL_ACTIVE)
		return (result){ PAYMENT_TERMINAL_INACTIVE };
	if (!(g->row.suites & TERMINAL_SUITE_DES))
		return FAIL(FRONT_SUITES, "node %s is not registered with suite 4", g->node);
	if (!terminal_range_holds(str_of(g->row.address_range), str_of(g->address)))
		return FAIL(FRONT_ADDRESS, "node %s at %s", g->node, g->address);
	return front_work_session(tx, job);
}

static void put_working_keys(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct terminal_greeting *g = &job->ask.greeting;

	if (!is_ok(r))
		return;
	front_put_batch(job, out);
	iso8583_set_bytes(out, F_BULK, bytes_of(g->working_keys, sizeof g->working_keys));
}

static const struct terminal_message working_keys = { .word = YTAP_COMPAT_SIGN_IN_1,
	                                              .answer = put_working_keys };

/* Told at last; gives the job back. */
static void end_compat(struct terminal_front *f, struct terminal_job *job, result r)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct front_line *line = front_line_of(f, job->line);

	if (line && r.code == KMS_AWAY) {
		front_put_off(f, line, job);
		return;
	}
	if (is_ok(r)) {
		job->message = &working_keys;
		front_bump(&f->count.sign_ins);
	} else {
		LOG_WARNING("terminal.sign_in_refused", "node=%s address=%s code=%s",
		            job->head.node, g->address, result_name(r));
		front_bump(&f->count.sign_ins_refused);
	}
	if (line)
		front_reply(f, line, NULL, job, r);
	if (line && !is_ok(r))
		front_reject(f, line);
	secret_wipe_bytes(g->working_keys, sizeof g->working_keys);
	front_job_put(f, job);
}

static result take_keys(struct terminal_greeting *g, struct live_session *s,
                        const struct keyring_ask *k)
{
	TRY(k->result);
	if (!s)
		return FAIL(LEDGER_BUSY, "the session was closed meanwhile");
	if (k->answer_len != KMS_TERMINAL_KEYS + KMS_TERMINAL_COMPAT)
		return FAIL(KMS_AWAY, "keys of %zu bytes", k->answer_len);
	memcpy(g->working_keys, k->answer + KMS_TERMINAL_KEYS, sizeof g->working_keys);
	s->renew_at = g->renew_at;
	return front_load_keys(s, k);
}

static void keys_done(struct terminal_front *f, struct front_ask *a)
{
	struct live_session *s = live_find(&f->live, a->session);
	result r = take_keys(&a->job->ask.greeting, s, &a->keyring);

	if (!is_ok(r) && s && !s->keyed)
		live_close(&f->live, s);
	secret_wipe_bytes(a->keyring.answer, sizeof a->keyring.answer);
	end_compat(f, a->job, r);
}

/*
 * The line is not the node's yet, and the session is pending: both come with the first message that
 * is MACed by the new key, which only the node can open.
 */
static void complete_compat(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct front_ask *a = &job->pin;
	struct live_node *node = NULL;
	result r = job->request.result;

	job->kept = true;
	if (is_ok(r)) {
		node = live_node_put(&f->live, &g->row, str_of(g->merchant_no));
		if (!node || !live_open(&f->live, node, &g->session))
			r = FAIL(LEDGER_BUSY, "no room for another session");
	}
	if (!is_ok(r)) {
		end_compat(f, job, r);
		return;
	}
	a->keyring.terminal = front_terminal_of(node, SUITE_UNIONPAY, &g->session);
	a->job = job;
	a->session = g->session.id;
	a->done = keys_done;
	front_ask(f, a, KEYRING_COMPAT_KEYS);
}

/* The day's root is known: the session may be opened. */
static void day_done(struct terminal_front *f, struct front_ask *a)
{
	struct terminal_job *job = a->job;
	struct terminal_greeting *g = &job->ask.greeting;
	const struct keyring_ask *k = &a->keyring;

	if (!is_ok(k->result) || k->answer_len != 6) {
		end_compat(f, job, is_ok(k->result) ? (result){ KMS_AWAY } : k->result);
		return;
	}
	g->session.key_date.yyyymmdd = load_be32(k->answer + 1);
	g->session.key_seq = k->answer[5];
	front_lifetime(f, g);
	job->complete = complete_compat;
	job->request.work = work_compat;
	job->request.sql = true;
	front_job_submit(f, job);
}

void front_greet_compat(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	result r = iso8583_check(job->row, &f->in);

	if (is_ok(r) && !f->config.legacy_suites)
		r = FAIL(FRONT_SUITES, "suite 4 is switched off");
	if (is_ok(r) && job == &f->spare)
		r = (result){ LEDGER_BUSY };
	if (!is_ok(r)) {
		front_refuse_greeting(f, line, job, r);
		return;
	}
	if (!front_may_sign_in(f)) {
		front_put_off(f, line, job);
		return;
	}
	memcpy(g->node, job->head.node, sizeof g->node);
	str_copy(str_of(frame_conn_address(line->conn)), g->address, sizeof g->address);
	g->session.suite = SUITE_UNIONPAY;
	job->pin.job = job;
	job->pin.done = day_done;
	job->pin.keyring.day = bizdate_of(f->now, TIME_ZONE_CHINA_S, f->config.cutover_s);
	front_ask(f, &job->pin, KEYRING_DAY);
}

/* --- transactions without a TSN --- */

/* F61's date has no year: the last such day that is not after the message. */
static struct bizdate year_of(uint32_t month_day, struct bizdate message)
{
	uint32_t year = message.yyyymmdd / 10000;

	if (month_day > message.yyyymmdd % 10000)
		year--;
	return (struct bizdate){ year * 10000 + month_day };
}

static result read_original(struct iso8583 *in, struct bizdate message, uint64_t *number)
{
	struct str text = iso8583_str(in, F_ORIGINAL);
	uint64_t digits;

	TRY(iso8583_done(in));
	if (text.len < ORIGINAL_DIGITS)
		return FAIL(ISO8583_VALUE, "original: batch, STAN and date");
	TRY(str_u64((struct str){ text.at, ORIGINAL_DIGITS }, &digits));
	struct payment_compat_key key = {
		.date = year_of((uint32_t)(digits % 10000), message),
		.batch = (uint32_t)(digits / 10000000000),
		.stan = (uint32_t)(digits / 10000 % 1000000),
	};
	if (!bizdate_is_valid(key.date))
		return FAIL(ISO8583_VALUE, "original: no such day");
	*number = payment_compat_number(&key);
	return OK;
}

static bool undoes(enum ytap_message word)
{
	return word == YTAP_REVERSAL || word == YTAP_VOID || word == YTAP_REFUND ||
	       word == YTAP_TOP_UP_VOID || word == YTAP_TOP_UP_CONFIRM ||
	       word == YTAP_SUBSIDY_CONFIRM;
}

result front_read_compat_key(struct terminal_asked *a, struct terminal_job *job)
{
	struct payment_request *p = &job->ask.payment;
	struct payment_compat_key key = {
		.date = bizdate_of(p->made_at, TIME_ZONE_CHINA_S, 0),
		.batch = p->batch,
		.stan = (uint32_t)iso8583_i64(a->in, F_STAN),
		.reversal = job->row->word == YTAP_REVERSAL,
	};

	TRY(iso8583_done(a->in));
	p->tsn = payment_compat_number(&key);
	if (iso8583_has(a->in, F_ORIGINAL))
		return read_original(a->in, key.date, &p->original_tsn);
	if (undoes(job->row->word))
		return FAIL(ISO8583_MISSING, "original");
	return OK;
}
