/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/certificate.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/certificate_rows.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"

const char *const certificate_state_names[] = { "DRAFT",   "SENT",    "ISSUED", "IN_USE",
	                                        "EXPIRED", "REVOKED", NULL };

/* --- states --- */

/* keys 16.3; ISSUED goes back to SENT when its certificate is taken out again unused */
bool certificate_may_move(enum certificate_state from, enum certificate_state to)
{
	static const struct {
		enum certificate_state from, to;
	} steps[] = {
		{ CERTIFICATE_IS_DRAFT, CERTIFICATE_IS_SENT },
		{ CERTIFICATE_IS_SENT, CERTIFICATE_IS_ISSUED },
		{ CERTIFICATE_IS_ISSUED, CERTIFICATE_IS_SENT },
		{ CERTIFICATE_IS_ISSUED, CERTIFICATE_IS_IN_USE },
		{ CERTIFICATE_IS_ISSUED, CERTIFICATE_IS_EXPIRED },
		{ CERTIFICATE_IS_ISSUED, CERTIFICATE_IS_REVOKED },
		{ CERTIFICATE_IS_IN_USE, CERTIFICATE_IS_EXPIRED },
		{ CERTIFICATE_IS_IN_USE, CERTIFICATE_IS_REVOKED },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i].from == from && steps[i].to == to)
			return true;
	return false;
}

bool certificate_is_past(const uint8_t expiry[2], struct instant now)
{
	uint32_t today = ca_day(now).yyyymmdd;

	return emv_expiry_months(expiry) < (int)(today / 10000 * 12 + today / 100 % 100);
}

bool certificate_covers(const uint8_t issuer[EMV_ISSUER_ID], const uint8_t pan[EMV_PAN])
{
	for (size_t i = 0; i < EMV_ISSUER_ID; i++) {
		uint8_t differs = issuer[i] ^ pan[i];

		if (issuer[i] >> 4 == 0xF)
			return true;
		if (differs >> 4)
			return false;
		if ((issuer[i] & 0x0F) == 0x0F)
			return true;
		if (differs)
			return false;
	}
	return true;
}

static bool is_in_force(enum certificate_state s)
{
	return s == CERTIFICATE_IS_ISSUED || s == CERTIFICATE_IS_IN_USE;
}

enum certificate_state certificate_state_at(const struct certificate *c, struct instant now)
{
	uint8_t expiry[2] = { 0 };

	if (!is_ok(hex_decode(str_of(c->expiry), expiry, sizeof expiry)))
		return CERTIFICATE_IS_EXPIRED;
	return is_in_force(c->state) && certificate_is_past(expiry, now) ? CERTIFICATE_IS_EXPIRED
	                                                                 : c->state;
}

/* --- rows --- */

void certificate_read_label(struct db_rows *rows, int column, char out[KEY_LABEL_SIZE])
{
	struct key_label l = { .version = db_u32(rows, column + 3) };

	db_text(rows, column, l.issuer, sizeof l.issuer);
	db_text(rows, column + 1, l.product, sizeof l.product);
	db_text(rows, column + 2, l.key, sizeof l.key);
	key_label_text(&l, out);
}

/* At most `size` bytes of a column; more of them read as none. */
static size_t read_part(struct db_rows *rows, int column, uint8_t *out, size_t size)
{
	struct bytes b = db_bytes(rows, column);

	if (b.len == 0 || b.len > size)
		return 0;
	memcpy(out, b.at, b.len);
	return b.len;
}

static void read_row(struct db_rows *rows, struct certificate *c)
{
	struct emv_certificate *t = &c->tags;
	uint32_t month = db_u32(rows, 10);

	*c = (struct certificate){
		.id = db_i64(rows, 0),
		.request = db_i64(rows, 1),
		.ca_key = db_i64(rows, 2),
		.key_version = db_i64(rows, 3),
		.index = (uint8_t)db_u32(rows, 12),
		.state = (enum certificate_state)db_enum(rows, 17, certificate_state_names),
		.verified = { db_i64(rows, 18) },
	};
	certificate_read_label(rows, 4, c->label);
	db_text(rows, 8, c->iin, sizeof c->iin);
	db_text(rows, 9, c->serial, sizeof c->serial);
	snprintf(c->expiry, sizeof c->expiry, "%02u%02u", month % 100, month / 100 % 100);
	db_fixed(rows, 11, c->rid, sizeof c->rid);
	t->size = read_part(rows, 13, t->block, sizeof t->block);
	t->remainder_len = read_part(rows, 14, t->remainder, sizeof t->remainder);
	t->exponent_len = read_part(rows, 15, t->exponent, sizeof t->exponent);
	db_fixed(rows, 16, c->source, sizeof c->source);
}

result certificate_load(struct db_tx *tx, int64_t id, struct certificate *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_certificate_by_id, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(CERTIFICATE_NOT_FOUND, "certificate %" PRId64, id);
	read_row(&rows, out);
	return db_done(&rows);
}

result certificate_of_request(struct db_tx *tx, int64_t request, struct certificate *out,
                              bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_certificate_by_request, DB_ARGS(db_arg_i64(request)), &rows));
	*found = db_next(&rows);
	if (*found)
		read_row(&rows, out);
	return db_done(&rows);
}

result certificate_list(struct db_tx *tx, int64_t key_version, struct arena *a,
                        struct certificate **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, CERTIFICATE_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_certificate_list,
	              DB_ARGS(db_arg_i64(key_version), db_arg_i64(CERTIFICATE_ROWS_MAX)), &rows));
	while (*count < CERTIFICATE_ROWS_MAX && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result certificate_xml(struct db_tx *tx, int64_t id, struct arena *a, struct str *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_certificate_xml, DB_ARGS(db_arg_i64(id)), &rows));
	if (!db_next(&rows))
		return FAIL(CERTIFICATE_NOT_FOUND, "certificate %" PRId64, id);
	*out = db_str(&rows, 0, a);
	return db_done(&rows);
}

/* --- moves --- */

result certificate_set_request(struct key_act *act, int64_t request, enum certificate_state to)
{
	return db_execute(act->tx, &sql_certificate_request_set_state,
	                  DB_ARGS(db_arg_i64(request), db_arg_text(certificate_state_names[to])),
	                  NULL);
}

static result require_move(struct key_act *act, const struct certificate *c,
                           enum certificate_state to)
{
	enum certificate_state from = certificate_state_at(c, act->now);

	return certificate_may_move(from, to)
	               ? OK
	               : FAIL(CERTIFICATE_STATE, "certificate %s from %s to %s", c->serial,
	                      certificate_state_names[from], certificate_state_names[to]);
}

result certificate_note(struct key_act *act, const char *op, const struct certificate *c)
{
	return key_audit_write(act, op, OK, "label=%s iin=%s index=%02X serial=%s expiry=%s",
	                       c->label, c->iin, c->index, c->serial, c->expiry);
}

/* Certificate and request together. */
static result move(struct key_act *act, int64_t id, enum certificate_state to, const char *op)
{
	struct certificate c;

	TRY(certificate_load(act->tx, id, &c));
	TRY(require_move(act, &c, to));
	TRY(db_execute(act->tx, &sql_certificate_set_state,
	               DB_ARGS(db_arg_i64(id), db_arg_text(certificate_state_names[to])), NULL));
	TRY(certificate_set_request(act, c.request, to));
	return certificate_note(act, op, &c);
}

result certificate_use(struct key_act *act, int64_t id)
{
	return move(act, id, CERTIFICATE_IS_IN_USE, "IPK.USE");
}

result certificate_revoke(struct key_act *act, int64_t id)
{
	return move(act, id, CERTIFICATE_IS_REVOKED, "IPK.REVOKE");
}

result certificate_remove(struct key_act *act, int64_t id)
{
	struct certificate c;

	TRY(certificate_load(act->tx, id, &c));
	if (certificate_state_at(&c, act->now) == CERTIFICATE_IS_IN_USE)
		return FAIL(CERTIFICATE_STATE, "certificate %s is in use", c.serial);
	TRY(db_execute(act->tx, &sql_certificate_remove, DB_ARGS(db_arg_i64(id)), NULL));
	if (c.state == CERTIFICATE_IS_ISSUED)
		TRY(certificate_set_request(act, c.request, CERTIFICATE_IS_SENT));
	return certificate_note(act, "IPK.REMOVE", &c);
}

result certificate_follow_clock(struct key_act *act, size_t *moved)
{
	int64_t expired;

	TRY(db_execute(act->tx, &sql_certificate_expire_due,
	               DB_ARGS(db_arg_i64(ca_day(act->now).yyyymmdd / 100)), &expired));
	*moved = (size_t)expired;
	if (!expired)
		return OK;
	TRY(db_execute(act->tx, &sql_certificate_request_expire_due, DB_NO_ARGS, NULL));
	return key_audit_write(act, "IPK.EXPIRE", OK, "count=%" PRId64, expired);
}
