/* SPDX-License-Identifier: Apache-2.0 */
/* From an outcome to bytes on the line: fields, F64, envelope, frame. */
#include "service/terminal/front.h"

#include "base/log.h"

struct front_line *front_line_of(struct terminal_front *f, uint64_t id)
{
	struct frame_conn *c = frame_server_find(f->server, id);

	return c ? frame_conn_user(c) : NULL;
}

/* Fields the reply repeats, as far as the request had them. */
static void put_echoes(const struct terminal_head *h, uint64_t echo, struct iso8583_out *out)
{
	uint64_t wanted = echo & h->bitmap;

	if (wanted & iso8583_bit(F_CARD_NO))
		iso8583_set_str(out, F_CARD_NO, str_of(h->card_no));
	if (wanted & iso8583_bit(F_PROCESSING))
		iso8583_set_bcd(out, F_PROCESSING, h->processing);
	if (wanted & iso8583_bit(F_AMOUNT))
		iso8583_set_money(out, F_AMOUNT, (struct money){ h->amount_fen });
	if (wanted & iso8583_bit(F_STAN))
		iso8583_set_bcd(out, F_STAN, h->stan);
	if (wanted & iso8583_bit(F_CONDITION))
		iso8583_set_bcd(out, F_CONDITION, h->condition);
	if (wanted & iso8583_bit(F_NODE))
		iso8583_set_str(out, F_NODE, str_of(h->node));
	if (wanted & iso8583_bit(F_MERCHANT))
		iso8583_set_str(out, F_MERCHANT, str_of(h->merchant));
	if (wanted & iso8583_bit(F_CURRENCY))
		iso8583_set_str(out, F_CURRENCY, str_of(h->currency));
	if (wanted & iso8583_bit(F_CONTROL))
		iso8583_set_control(out, h->control);
}

/* What every reply echoes, also of a message that no row describes. */
static uint64_t echo_always(void)
{
	return iso8583_bit(F_STAN) | iso8583_bit(F_NODE) | iso8583_bit(F_MERCHANT) |
	       iso8583_bit(F_CONTROL);
}

static void make_fields(struct terminal_front *f, struct terminal_job *job, result r)
{
	const struct terminal_head *h = &job->head;

	iso8583_begin(&f->out, h->dialect, (uint16_t)((h->mti & 0xFFFE) + 0x10));
	put_echoes(h, job->row ? job->row->echo->reply | echo_always() : echo_always(), &f->out);
	iso8583_set_local_time(&f->out, job->now.us ? job->now : f->now);
	iso8583_set_str(&f->out, F_RESPONSE, str_of(result_field39(r)));
	if (job->message && job->message->answer)
		job->message->answer(job, r, &f->out);
}

static enum frame_directive directive_of(const struct terminal_front *f,
                                         const struct live_session *s)
{
	if (!s)
		return FRAME_NO_DIRECTIVE;
	return live_is_late(s, f->now) ? FRAME_SIGN_IN_AGAIN
	                               : (enum frame_directive)s->node->directive;
}

/* What stands in f->out, as a sealed frame into f->hold: F64 and envelope come with those of
 * others.
 */
static result hold_frame(struct terminal_front *f, struct front_line *line, struct live_session *s,
                         const struct terminal_head *h, struct frame head)
{
	struct front_held reply = { .line = line, .session = s };

	if (!live_take_counter(s, &reply.counter))
		return FAIL(FRONT_COUNTERS, "session %08X has no reserved counter left", s->id);
	reply.at = front_hold_room(f);
	reply.body = reply.at + frame_head_size(h->kind);
	TRY(iso8583_build(&f->out, true, reply.body + ENVELOPE_SEC, FRAME_BODY_MAX - ENVELOPE_EXTRA,
	                  &reply.message_len));
	s->messages += 2;
	head.class = FRAME_SEALED;
	reply.whole = frame_head(h->kind, &head, reply.message_len + ENVELOPE_EXTRA, reply.at);
	front_hold_add(f, &reply);
	return OK;
}

/* The same plain, with F64 when there is a session, and out at once. */
static result send_plain(struct terminal_front *f, struct front_line *line, struct live_session *s,
                         const struct terminal_head *h, struct frame head)
{
	uint8_t f64[F64_SIZE], *body = f->reply + frame_head_size(h->kind);
	size_t whole, len;

	TRY(iso8583_build(&f->out, s != NULL, body, FRAME_BODY_MAX - ENVELOPE_EXTRA, &len));
	if (s) {
		mac_f64(&s->tak, iso8583_built_range(&f->out, body, len), f64);
		iso8583_put_mac(&f->out, body, len, f64);
		s->messages += 2;
	}
	head.class = h->frame.class == FRAME_SEALED ? FRAME_PLAIN : h->frame.class;
	whole = frame_head(h->kind, &head, len, f->reply);
	front_flush(f); /* what was answered before goes first */
	frame_conn_send(line->conn, bytes_of(f->reply + FRAME_LEN_SIZE, whole - FRAME_LEN_SIZE));
	return OK;
}

static void send_out(struct terminal_front *f, struct front_line *line, struct live_session *s,
                     const struct terminal_head *h, struct frame head)
{
	bool sealed = s && h->sealed;
	result made = sealed ? hold_frame(f, line, s, h, head) : send_plain(f, line, s, h, head);

	if (!is_ok(made)) {
		LOG_ERROR("terminal.reply_failed", "code=%s field=%u detail=\"%s\"",
		          result_name(made), f->out.bad_field, result_last()->text);
		front_line_close(line);
		return;
	}
	if (sealed && live_wants_step(s))
		front_note(f, TERMINAL_NOTE_RESERVE, s, s->id);
}

void front_reply(struct terminal_front *f, struct front_line *line, struct live_session *s,
                 struct terminal_job *job, result r)
{
	make_fields(f, job, r);
	send_out(f, line, s, &job->head, frame_reply(&job->head.frame, directive_of(f, s)));
	front_bump(&f->count.replies);
}

result front_build_reply(struct terminal_front *f, struct terminal_job *job, result r, uint8_t *at,
                         size_t size, size_t *len)
{
	make_fields(f, job, r);
	TRY(iso8583_build(&f->out, true, at, size, len));
	*len -= job->head.dialect == ISO8583_B ? F64_SIZE : 2 * F64_SIZE;
	return OK;
}

void front_send_maced(struct terminal_front *f, struct front_line *line, struct terminal_job *job,
                      struct bytes message, const uint8_t f64[F64_SIZE])
{
	const struct terminal_head *h = &job->head;
	struct frame head = frame_reply(&h->frame, FRAME_NO_DIRECTIVE);
	size_t len = message.len + (h->dialect == ISO8583_B ? F64_SIZE : 2 * F64_SIZE);
	uint8_t *body = f->reply + frame_head_size(h->kind);
	struct iso8583_out out = { .dialect = h->dialect };
	size_t whole;

	memcpy(body, message.at, message.len);
	iso8583_put_mac(&out, body, len, f64);
	head.class = h->frame.class == FRAME_SEALED ? FRAME_PLAIN : h->frame.class;
	whole = frame_head(h->kind, &head, len, f->reply);
	front_flush(f); /* what was answered before goes first */
	frame_conn_send(line->conn, bytes_of(f->reply + FRAME_LEN_SIZE, whole - FRAME_LEN_SIZE));
	front_bump(&f->count.replies);
}

void front_push_renewal(struct terminal_front *f, struct live_session *s)
{
	struct front_line *line = s->node->line;
	if (s->suite == SUITE_UNIONPAY) /* it knows no such notice; replies tell it */
		return;
	bool full = line->port == TERMINAL_PORT_B || line->port == TERMINAL_PORT_TLS;
	struct terminal_head h = { .kind = full ? FRAME_FULL : FRAME_BARE,
		                   .sealed = full && suite_has_envelope(s->suite),
		                   .frame = { .source = 3, .class = FRAME_PLAIN } };
	uint8_t bytes[8], random;
	struct writer w = writer_of(bytes, sizeof bytes);

	random_fill(f->config.random, &random, 1);
	tlv_put_u16(&w, YTAP_TAG_RETRY_AFTER, random);
	iso8583_begin_request(&f->out, ISO8583_B, YTAP_SIGN_IN_AGAIN, s->node->row.batch);
	iso8583_set_i64(&f->out, F_STAN, s->id % 999999 + 1);
	iso8583_set_local_time(&f->out, f->now);
	iso8583_set_str(&f->out, F_NODE, str_of(s->node->row.node_id));
	iso8583_set_str(&f->out, F_MERCHANT, str_of(s->node->merchant_no));
	iso8583_set_bytes(&f->out, F_BULK, writer_bytes(&w));
	h.frame.directive = FRAME_SIGN_IN_AGAIN;
	send_out(f, line, s, &h, h.frame);
	front_bump(&f->count.pushed);
}
