/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that need no book: echo, time, status, alarm, deregister, sign-off
 * (terminal-protocol 12.11, 12.12, 7.4). */
#include "service/terminal/front.h"

#include "base/log.h"

result terminal_read_nothing(struct terminal_asked *a, struct terminal_job *job)
{
	(void)a;
	(void)job;
	return OK;
}

void terminal_answer_time(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct terminal_front *f = job->front;

	if (is_ok(r))
		iso8583_set_business_date(
		        out, bizdate_of(f->now, TIME_ZONE_CHINA_S, f->config.cutover_s));
}

result terminal_read_status(struct terminal_asked *a, struct terminal_job *job)
{
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(a->in, F_BULK));
	struct bytes block = tlv_range(&map, YTAP_TAG_STATUS_BLOCK, 12, 255);
	TRY(iso8583_done(a->in));
	TRY(tlv_map_done(&map));
	/* Uptime, free flash, records held: the third tells how much is still to come. */
	uint32_t held = load_be32(block.at + 8);
	if (held)
		LOG_DEBUG("terminal.status", "node=%s records_held=%u", job->head.node, held);
	return OK;
}

/* What a machine says ends up in a log and on people's screens: one line of text, whatever it is.
 */
static void one_line(struct bytes in, char out[TERMINAL_ALARM_TEXT_MAX + 1])
{
	struct str text = { (const char *)in.at, in.len };
	bool is_text = str_is_utf8(text);

	str_copy(text, out, TERMINAL_ALARM_TEXT_MAX + 1);
	for (size_t i = 0; i < in.len && i < TERMINAL_ALARM_TEXT_MAX; i++)
		if (in.at[i] < 0x20 || in.at[i] == 0x7F || in.at[i] == '"' || in.at[i] == '\\' ||
		    (in.at[i] > 0x7F && !is_text))
			out[i] = '_';
}

result terminal_read_alarm(struct terminal_asked *a, struct terminal_job *job)
{
	struct terminal_alarm *alarm = &job->ask.alarm;
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(a->in, F_BULK));
	struct bytes block = tlv_range(&map, YTAP_TAG_STATUS_BLOCK, 3, 255);
	*alarm = (struct terminal_alarm){
		.terminal_id = a->node->row.id,
		.stan = (uint32_t)iso8583_i64(a->in, F_STAN),
		.event = iso8583_local_time(a->in, a->now),
	};
	TRY(iso8583_done(a->in));
	TRY(tlv_map_done(&map));
	alarm->code = load_be16(block.at);
	alarm->severity = block.at[2];
	one_line(bytes_of(block.at + 3, block.len - 3), alarm->text);
	return OK;
}

result terminal_work_alarm(struct ledger_tx *tx, struct terminal_job *job)
{
	const struct terminal_alarm *alarm = &job->ask.alarm;
	bool is_new;

	TRY(terminal_alarm_add(tx->db, tx->now, alarm, &is_new));
	if (is_new) {
		front_bump(&job->front->count.alarms);
		LOG_WARNING("terminal.alarm", "node=%s code=%u severity=%u text=\"%s\"",
		            job->head.node, alarm->code, alarm->severity, alarm->text);
	}
	return OK;
}

/*
 * The node takes itself out of service. It is suspended, not retired: what cannot be undone is not
 * left to a machine's word.
 */
result terminal_work_deregister(struct ledger_tx *tx, struct terminal_job *job)
{
	struct actor by = actor_system("node");
	struct terminal_act act = { .by = &by,
		                    .id = job->ask.deregister,
		                    .to = TERMINAL_SUSPENDED,
		                    .reason = STR("deregistered by the node itself") };
	struct terminal row;

	TRY(terminal_act(tx->db, tx->now, &act, &row));
	return terminal_cache_refresh(job->front->config.payments->terminals, tx->db, row.id);
}

result terminal_read_deregister(struct terminal_asked *a, struct terminal_job *job)
{
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(a->in, F_BULK));
	TRY(tlv_map_done(&map));
	job->ask.deregister = a->node->row.id;
	return OK;
}

void terminal_answer_deregister(struct terminal_job *job, result r, struct iso8583_out *out)
{
	uint8_t bytes[8];
	struct writer w = writer_of(bytes, sizeof bytes);

	(void)r;
	tlv_put_u32(&w, YTAP_TAG_SESSION, job->session);
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

result terminal_read_sign_off(struct terminal_asked *a, struct terminal_job *job)
{
	struct tlv_map map;

	if (!iso8583_has(a->in, F_BULK))
		return OK;
	tlv_map_init(&map, iso8583_bytes(a->in, F_BULK));
	if (tlv_has(&map, YTAP_TAG_RECORDS_HELD))
		LOG_INFO("terminal.signed_off", "node=%s records_held=%u", job->head.node,
		         tlv_u32(&map, YTAP_TAG_RECORDS_HELD));
	return tlv_map_done(&map);
}

/* The answer still goes out under the session; it ends with the round. */
void terminal_answer_sign_off(struct terminal_job *job, result r, struct iso8583_out *out)
{
	struct live_session *s = live_find(&job->front->live, job->session);

	(void)out;
	if (!is_ok(r) || !s)
		return;
	s->valid_until = (struct instant){ 0 };
	front_note(job->front, TERMINAL_NOTE_CLOSED, s, s->id);
}
