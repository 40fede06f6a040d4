/* SPDX-License-Identifier: Apache-2.0 */
/* key_snapshot_test.h — for tests: what some tables hold, as one hash, so that "nothing changed"
 * can be asked of refused acts that were committed all the same. */
#pragma once

#include "base/buf.h"
#include "crypto/digest.h"
#include "domain/keys/key_fixture.h"

/* tables: statements of one text column each; the last has no name. */
static inline void key_snapshot(struct key_fixture *f, const struct db_statement *tables,
                                uint8_t out[DIGEST_SIZE])
{
	SCOPED(arena_free) struct arena a = { 0 };
	SCOPED(buf_free) struct buf all = { 0 };
	struct key_act *act = key_fixture_begin(f);

	for (const struct db_statement *t = tables; t->name; t++) {
		SCOPED(db_rows_close) struct db_rows rows = { 0 };

		CHECK_OK(db_select(act->tx, t, DB_NO_ARGS, &rows));
		while (db_next(&rows)) {
			buf_str(&all, db_str(&rows, 0, &a));
			buf_str(&all, STR("\n"));
		}
		CHECK_OK(db_done(&rows));
	}
	key_fixture_rollback(f);
	CHECK_OK(buf_done(&all));
	digest_sha256(buf_bytes(&all), out);
}

/* Refused with that code; the transaction is committed, and the tables are as before. */
#define KEY_REFUSED(label_, f_, tables_, call_, code_)                                             \
	do {                                                                                       \
		uint8_t before_[DIGEST_SIZE], after_[DIGEST_SIZE];                                 \
		key_snapshot(f_, tables_, before_);                                                \
		CHECK_RESULT(label_, KEY_CHANGE_IF(f_, true, call_), code_);                       \
		key_snapshot(f_, tables_, after_);                                                 \
		CHECK_BYTES(label_, bytes_of(after_, DIGEST_SIZE),                                 \
		            bytes_of(before_, DIGEST_SIZE));                                       \
	} while (0)
