/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that need no book: echo, time, status, alarm, sign-off
 * (terminal-protocol 12.11, 12.12, 7.4). */
#include "service/terminal/front.h"

#include "base/log.h"

enum { ALARM_TEXT_MAX = 64 };

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

/* What a machine says ends up in a log: digits, letters and nothing that could break a line. */
static void printable(struct bytes in, char out[ALARM_TEXT_MAX + 1])
{
	size_t n = in.len < ALARM_TEXT_MAX ? in.len : ALARM_TEXT_MAX;

	for (size_t i = 0; i < n; i++)
		out[i] = in.at[i] > 0x20 && in.at[i] < 0x7F && in.at[i] != '"' && in.at[i] != '\\'
		                 ? (char)in.at[i]
		                 : '_';
	out[n] = '\0';
}

result terminal_read_alarm(struct terminal_asked *a, struct terminal_job *job)
{
	char text[ALARM_TEXT_MAX + 1];
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(a->in, F_BULK));
	struct bytes block = tlv_range(&map, YTAP_TAG_STATUS_BLOCK, 3, 255);
	TRY(iso8583_done(a->in));
	TRY(tlv_map_done(&map));
	printable(bytes_of(block.at + 3, block.len - 3), text);
	LOG_WARNING("terminal.alarm", "node=%s code=%u severity=%u text=%s", job->head.node,
	            load_be16(block.at), block.at[2], text);
	return OK;
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
