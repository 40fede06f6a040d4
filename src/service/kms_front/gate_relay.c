/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms_front/gate_relay.h"

result gate_relay_open(struct gate_relay *r)
{
	*r = (struct gate_relay){ .core = GATE_AWAY };
	TRY(gate_frames_open(&r->up, KMS_REQUEST, 0));
	return gate_frames_open(&r->down, KMS_RESPONSE, KMS_IN_FLIGHT_MAX * KMS_HEAD);
}

void gate_relay_close(struct gate_relay *r)
{
	gate_frames_close(&r->up);
	gate_frames_close(&r->down);
	*r = (struct gate_relay){ 0 };
}

struct bytes gate_relay_call(struct gate_relay *r, const uint8_t certificate[GATE_CERTIFICATE],
                             uint8_t frame[GATE_CALL])
{
	struct kms_message m = { .type = KMS_REQUEST, .op = KMS_IDENTIFY };
	struct writer w = writer_of(frame + KMS_HEAD, GATE_CALL - KMS_HEAD);

	kms_put(&w, KMS_TAG_DATA, bytes_of(certificate, GATE_CERTIFICATE));
	kms_frame_head(&m, w.len, frame);
	r->core = GATE_CALLING;
	return bytes_of(frame, GATE_CALL);
}

/* --- requests --- */

static bool answer(struct gate_relay *r, const struct gate_asked *to, enum kms_status status,
                   bool spare)
{
	struct kms_message m = {
		.type = KMS_RESPONSE, .op = to->op, .id = to->id, .status = (uint16_t)status
	};
	uint8_t head[KMS_HEAD];

	kms_frame_head(&m, 0, head);
	if (!gate_frames_put(&r->down, bytes_of(head, sizeof head), spare))
		return false;
	r->refused++;
	return true;
}

/* One request; false when it has to wait. */
static bool take(struct gate_relay *r, const struct kms_message *m, size_t whole)
{
	struct gate_asked asked = { m->id, m->op };

	if (r->core == GATE_CALLING || r->asked_count == KMS_IN_FLIGHT_MAX)
		return false;
	if (r->core == GATE_OPEN) {
		r->asked[r->asked_count++] = asked;
		r->requests++;
		gate_frames_pass(&r->up, whole);
		return true;
	}
	if (!answer(r, &asked, r->core == GATE_AWAY ? KMS_BUSY : KMS_NOT_PERMITTED, false))
		return false;
	r->turned_away = r->core == GATE_STRANGER;
	gate_frames_drop(&r->up, whole);
	return true;
}

bool gate_relay_up(struct gate_relay *r)
{
	enum gate_next next;
	struct kms_message m;
	size_t whole;

	do
		next = gate_frames_next(&r->up, &m, &whole);
	while (next == GATE_WHOLE && take(r, &m, whole));
	return next != GATE_BROKEN;
}

/* --- answers --- */

/* The answer to the first frame is ours. */
static bool take_welcome(struct gate_relay *r, const struct kms_message *m, size_t whole)
{
	if (m->op != KMS_IDENTIFY || (m->status != KMS_OK && m->status != KMS_NOT_PERMITTED))
		return false;
	r->core = m->status == KMS_OK ? GATE_OPEN : GATE_STRANGER;
	gate_frames_drop(&r->down, whole);
	return true;
}

/* Each request is answered once. */
static bool take_answer(struct gate_relay *r, const struct kms_message *m, size_t whole)
{
	for (size_t i = 0; i < r->asked_count; i++)
		if (r->asked[i].id == m->id && r->asked[i].op == m->op) {
			r->asked[i] = r->asked[--r->asked_count];
			r->answers++;
			gate_frames_pass(&r->down, whole);
			return true;
		}
	return false;
}

bool gate_relay_down(struct gate_relay *r)
{
	struct kms_message m;
	enum gate_next next;
	bool good = true;
	size_t whole;

	while (good && (next = gate_frames_next(&r->down, &m, &whole)) != GATE_PARTIAL) {
		if (next == GATE_BROKEN)
			return false;
		good = r->core == GATE_CALLING ? take_welcome(r, &m, whole)
		                               : take_answer(r, &m, whole);
	}
	return good;
}

bool gate_relay_lost(struct gate_relay *r)
{
	bool told = true;

	if (r->core != GATE_STRANGER)
		r->core = GATE_AWAY;
	gate_frames_forget(&r->down);
	gate_frames_sent(&r->up, gate_frames_ready(&r->up).len);
	while (r->asked_count && told)
		told = answer(r, &r->asked[--r->asked_count], KMS_DEVICE_FAILED, true);
	return told;
}

bool gate_relay_is_quiet(const struct gate_relay *r)
{
	struct kms_message m;
	size_t whole;

	return r->asked_count == 0 && r->up.sent == r->up.passed && r->down.sent == r->down.len &&
	       gate_frames_next(&r->up, &m, &whole) != GATE_WHOLE;
}

bool gate_relay_is_over(const struct gate_relay *r)
{
	return r->turned_away && gate_frames_ready(&r->down).len == 0;
}
