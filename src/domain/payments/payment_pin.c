/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"
#include "crypto/digest.h"
#include "domain/payments/payment_parts.h"
#include "domain/payments/payment_sql.h"

enum { SALT_SIZE = 16 };

/* SHA-256(salt ‖ person 8 ‖ token): salted against comparing rows, keyed by the token against
 * trying digits. */
static void reference_of(const uint8_t salt[SALT_SIZE], int64_t person_id,
                         const uint8_t token[PAYMENTS_PIN_TOKEN], uint8_t out[DIGEST_SIZE])
{
	uint8_t in[SALT_SIZE + 8 + PAYMENTS_PIN_TOKEN];
	struct writer w = writer_of(in, sizeof in);

	writer_put(&w, bytes_of(salt, SALT_SIZE));
	writer_u64(&w, (uint64_t)person_id);
	writer_put(&w, bytes_of(token, PAYMENTS_PIN_TOKEN));
	digest_sha256(writer_bytes(&w), out);
	secret_wipe_bytes(in, sizeof in);
}

result payment_pin_set(struct ledger_tx *tx, int64_t person_id,
                       const uint8_t token[PAYMENTS_PIN_TOKEN], const uint8_t salt[SALT_SIZE])
{
	uint8_t reference[DIGEST_SIZE];

	reference_of(salt, person_id, token, reference);
	return db_execute(tx->db, &sql_payment_pin_set,
	                  DB_ARGS(db_arg_i64(person_id), db_arg_bytes(bytes_of(salt, SALT_SIZE)),
	                          db_arg_bytes(bytes_of(reference, sizeof reference)),
	                          db_arg_i64(tx->now.us)),
	                  NULL);
}

result payment_pin_unlock(struct ledger_tx *tx, int64_t person_id)
{
	return db_execute(tx->db, &sql_payment_pin_tries,
	                  DB_ARGS(db_arg_i64(person_id), db_arg_i64(0)), NULL);
}

struct stored_pin {
	uint8_t salt[SALT_SIZE], reference[DIGEST_SIZE];
	int64_t tries;
	bool found;
};

static result pin_load(struct ledger_tx *tx, int64_t person_id, struct stored_pin *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct stored_pin){ 0 };
	if (!tx->db)
		return OK;
	TRY(db_select(tx->db, &sql_payment_pin_find, DB_ARGS(db_arg_i64(person_id)), &rows));
	out->found = db_next(&rows);
	if (out->found) {
		db_fixed(&rows, 0, out->salt, sizeof out->salt);
		db_fixed(&rows, 1, out->reference, sizeof out->reference);
		out->tries = db_i64(&rows, 2);
	}
	return db_done(&rows);
}

result payment_pin_check(struct ledger_tx *tx, int64_t person_id,
                         const uint8_t token[PAYMENTS_PIN_TOKEN])
{
	struct stored_pin stored;
	uint8_t reference[DIGEST_SIZE];

	TRY(pin_load(tx, person_id, &stored));
	if (!stored.found)
		return (result){ PIN_NOT_SET };
	if (stored.tries >= PAYMENTS_PIN_TRIES)
		return (result){ PIN_TRIES };
	reference_of(stored.salt, person_id, token, reference);
	bool right = bytes_equal_secret(bytes_of(reference, DIGEST_SIZE),
	                                bytes_of(stored.reference, DIGEST_SIZE));
	int64_t tries = right ? 0 : stored.tries + 1;
	if (tries != stored.tries)
		TRY(db_execute(tx->db, &sql_payment_pin_tries,
		               DB_ARGS(db_arg_i64(person_id), db_arg_i64(tries)), NULL));
	return right ? OK : (result){ PIN_WRONG };
}
