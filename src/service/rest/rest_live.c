/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_live.h"

#include <stdio.h>

#include "service/rest/rest_session.h"

result rest_health(struct rest_call *c)
{
	struct jwrite j = rest_json(c);

	jwrite_object(&j, NULL);
	jwrite_text(&j, "status", "ok");
	jwrite_text(&j, "version", c->rest->config.version);
	rest_write_instant(&j, "started_at", c->rest->started);
	jwrite_end(&j);
	return OK;
}

result rest_home_today(struct rest_call *c)
{
	struct ledger_proof proof;
	struct jwrite j = rest_json(c);

	ledger_writer_proof(c->rest->config.writer, &proof);
	return rest_write_today(&j, c->tx, proof.business_date, c->now, c->request->arena);
}

result rest_events(struct rest_call *c)
{
	struct http_stream *stream;
	struct str token = { 0 };
	char key[EVENTS_KEY_SIZE];

	http_request_cookie(c->request, REST_COOKIE, &token);
	str_copy(token, key, sizeof key);
	stream = http_response_stream(c->response);
	if (!stream)
		return FAIL(REST_BUSY, "no more streams");
	events_listen(c->rest->events, stream, key);
	return OK;
}

/* --- proof --- */

static void write_identities(struct jwrite *j, const struct ledger_proof *p)
{
	jwrite_array(j, "identities");
	for (size_t i = 0; i < LEDGER_IDENTITIES; i++) {
		const struct ledger_identity *one = &p->identity[i];
		char id[4];

		snprintf(id, sizeof id, "I%zu", (i + 1) % 10);
		jwrite_object(j, NULL);
		jwrite_text(j, "id", id);
		jwrite_bool(j, "holds", one->holds);
		jwrite_i64(j, "left_fen", one->left_fen);
		jwrite_i64(j, "right_fen", one->right_fen);
		jwrite_u64_text(j, "lsn", one->lsn);
		jwrite_end(j);
	}
	jwrite_end_array(j);
}

static void write_day_head(struct jwrite *j, const struct store_day *day)
{
	if (day->business_date == 0) {
		jwrite_null(j, "day_head");
		return;
	}
	jwrite_object(j, "day_head");
	rest_write_day(j, "business_date", (struct bizdate){ day->business_date });
	jwrite_u64_text(j, "last_lsn", day->last_lsn);
	jwrite_u64_text(j, "batch", day->last_batch);
	jwrite_i64(j, "turnover_fen", day->turnover_fen);
	rest_write_instant(j, "sealed_at", (struct instant){ day->sealed_at_us });
	rest_write_hash(j, "hash", day->hash);
	jwrite_end(j);
}

static void write_views(struct jwrite *j, const struct ledger_proof *p, uint64_t watermark)
{
	uint64_t head = p->rows > watermark
	                        ? p->rows
	                        : watermark; /* the views may have passed the last proof */

	jwrite_object(j, "views");
	jwrite_u64_text(j, "head", head);
	jwrite_u64_text(j, "watermark", watermark);
	jwrite_i64(j, "rows", (int64_t)(head - watermark));
	jwrite_i64(j, "lag_ms", head == watermark ? 0 : p->views_lag_us / 1000);
	jwrite_end(j);
}

result rest_proof_get(struct rest_call *c)
{
	struct ledger_proof p;
	struct rest_verify_status verify;
	struct jwrite j;
	uint64_t watermark;

	TRY(views_watermark(c->tx, &watermark));
	ledger_writer_proof(c->rest->config.writer, &p);
	rest_verify_status(&c->rest->verify, &verify);
	j = rest_json(c);
	jwrite_object(&j, NULL);
	rest_write_instant(&j, "as_of", (struct instant){ p.identity[0].checked_at_us });
	jwrite_bool(&j, "holds", rest_proof_holds(&p));
	jwrite_i64(&j, "accounts", (int64_t)p.accounts);
	jwrite_i64(&j, "rows", (int64_t)p.rows);
	jwrite_i64(&j, "batches", (int64_t)p.batches);
	jwrite_i64(&j, "recounts", (int64_t)p.slice_rounds);
	write_identities(&j, &p);
	rest_write_batch(&j, "batch", &p.last);
	write_day_head(&j, &p.day);
	write_views(&j, &p, watermark);
	rest_write_verify(&j, "verify", &verify);
	jwrite_end(&j);
	return OK;
}

static void answer_verify(struct rest_call *c)
{
	struct rest_verify_status status;
	struct jwrite j = rest_json(c);

	rest_verify_status(&c->rest->verify, &status);
	rest_write_verify(&j, NULL, &status);
}

result rest_verify_get(struct rest_call *c)
{
	answer_verify(c);
	return OK;
}

result rest_verify_post(struct rest_call *c)
{
	TRY(rest_verify_start(&c->rest->verify));
	http_response_status(c->response, 202);
	answer_verify(c);
	return OK;
}
