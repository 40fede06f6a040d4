/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_audit_chain.h"

#include <stdio.h>

enum { LOCAL_PROOF = 8, LOCALS_MAX = 99, NAME_MAX_LEN = 32 };

result audit_holder_link(void *owner, const uint8_t previous[32], struct bytes text,
                         uint8_t out[32])
{
	const struct audit_holder *h = owner;

	return h->master ? hsm_lmk_link(h->session, h->master->slot, previous, text, out)
	                 : hsm_local_link(h->session, previous, text, out);
}

static struct hsm_session *any_session(const struct master_ring *ring)
{
	return ring->sessions[0] ? ring->sessions[0] : ring->sessions[1];
}

/* What tells one device's own key from another's. */
static result local_proof(const struct master_ring *ring, char out[2 * LOCAL_PROOF + 1])
{
	static const uint8_t zeros[KEY_AUDIT_LINK];
	uint8_t mac[KEY_AUDIT_LINK];

	TRY(hsm_local_link(any_session(ring), zeros, str_bytes(STR("OC-LOCAL")), mac));
	hex_encode(bytes_of(mac, LOCAL_PROOF), out);
	return OK;
}

static result noted(struct db_tx *tx, int number, char proof[KEY_SETTING_MAX + 1])
{
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof name, "audit_device_%d", number);
	return key_setting_get(tx, name, "", proof);
}

static result note(struct db_tx *tx, int number, const char *proof)
{
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof name, "audit_device_%d", number);
	return key_setting_set(tx, name, proof);
}

static result local_now(struct db_tx *tx, const struct master_ring *ring, struct audit_holder *out)
{
	char proof[2 * LOCAL_PROOF + 1], other[KEY_SETTING_MAX + 1];

	*out = (struct audit_holder){ .session = any_session(ring) };
	TRY(local_proof(ring, proof));
	for (int i = 0; i <= LOCALS_MAX; i++) {
		TRY(noted(tx, i, other));
		out->id = -i;
		if (!other[0])
			return note(tx, i, proof);
		if (strcmp(other, proof) == 0)
			return OK;
	}
	return FAIL(AUDIT_TEXT, "more than %d devices had the audit without a master key",
	            LOCALS_MAX);
}

result audit_holder_now(struct db_tx *tx, const struct master_ring *ring, struct audit_holder *out)
{
	static const enum lmk_algorithm order[] = { LMK_AES, LMK_SM4 };

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const struct master *m = master_active(ring, order[i]);

		if (m && m->present) {
			*out = (struct audit_holder){ m->id, m, m->session };
			return OK;
		}
	}
	return local_now(tx, ring, out);
}

result audit_holder_of(struct db_tx *tx, const struct master_ring *ring, int64_t id,
                       struct audit_holder *out)
{
	char proof[2 * LOCAL_PROOF + 1], other[KEY_SETTING_MAX + 1];

	*out = (struct audit_holder){ .id = id };
	if (id > 0) {
		out->master = master_find(ring, id);
		out->session = out->master && out->master->present ? out->master->session : NULL;
		return OK;
	}
	if (id < -LOCALS_MAX)
		return OK;
	TRY(local_proof(ring, proof));
	TRY(noted(tx, (int)-id, other));
	if (strcmp(proof, other) == 0)
		out->session = any_session(ring);
	return OK;
}

void audit_plain_add(uint8_t plain[DIGEST_SIZE], struct bytes text)
{
	uint8_t in[DIGEST_SIZE + KEY_AUDIT_TEXT_MAX];

	memcpy(in, plain, DIGEST_SIZE);
	memcpy(in + DIGEST_SIZE, text.at, text.len);
	digest_sha256(bytes_of(in, DIGEST_SIZE + text.len), plain);
}

void audit_read_row(struct db_rows *rows, struct key_audit_line *l)
{
	*l = (struct key_audit_line){ .seq = db_i64(rows, 0), .lmk = db_i64(rows, 6) };
	db_text(rows, 1, l->ts, sizeof l->ts);
	db_text(rows, 2, l->actor, sizeof l->actor);
	db_text(rows, 3, l->op, sizeof l->op);
	db_text(rows, 4, l->detail, sizeof l->detail);
	db_text(rows, 5, l->result, sizeof l->result);
	db_fixed(rows, 7, l->link, sizeof l->link);
}
