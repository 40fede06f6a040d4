/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_batch.h — many keys at once: batch key files (批量密钥文件, keys 13; form in
 * codec/ockx.h) out of the store under a transport key, and into it all or nothing.
 */
#pragma once

#include "codec/ockx.h"
#include "domain/keys/exchange.h"

enum { EXCHANGE_BATCHES_MAX = 200 };

/* Asked after each key; false stops the work with EXCHANGE_STOPPED. Not called when step is NULL.
 */
struct exchange_progress {
	bool (*step)(void *owner, size_t done, size_t total);
	void *owner;
};

/* --- out --- */

struct exchange_batch_order {
	int64_t zmk;
	const int64_t *versions;      /* ids, in the order of the file; of one issuer, none twice */
	size_t count;                 /* 1…OCKX_ROWS_MAX */
	char code[OCKX_CODE_MAX + 1]; /* batch number; "": one is made */
	bool bare;                    /* blocks without optional blocks */
	struct exchange_progress progress;
};

struct exchange_batch_made {
	char code[OCKX_CODE_MAX + 1];
	uint8_t sha256[32]; /* of the file */
	size_t count;
	size_t failed_at; /* which of the versions was refused, from 1; 0: none of them */
};

/*
 * Append a batch file to `out`, whose limit is OCKX_FILE_MAX at most, and note it in the store. Our
 * own use codes are kept: both sides are of this system. Days are those of +08:00. What is refused
 * for one key is refused for all (as exchange_export_block), and out is then as it was.
 * EXCHANGE_SELECTION, EXCHANGE_DUPLICATE, EXCHANGE_BATCH_OTHER (the number was used), OCKX_LIMIT,
 * EXCHANGE_STOPPED.
 */
result exchange_batch_export(struct key_act *act, const struct exchange_batch_order *o,
                             struct buf *out, struct exchange_batch_made *made);

/* --- in --- */

struct exchange_batch_wish {
	int64_t zmk;
	/* Make definitions that are missing, under an issuer and product that are there. They take
	 * usage, algorithm, length, mode and exportability of what comes in. */
	bool define_missing;
	bool check_only;                   /* store nothing: the result then says what would be */
	struct exchange_progress progress; /* each key counts twice: checked, then stored */
};

struct exchange_batch_result {
	struct ockx_header header;
	bool done_before; /* this very file was imported already; nothing changed now */
	size_t imported, skipped, defined;
	/* Of a refusal; line 0: not of one line. */
	struct ockx_fault fault;
};

/*
 * Import a batch file, after everything in it was checked: form, transport key, MAC, counts, and of
 * every key its block, header, definition, check values, weakness, strength and what the store has
 * of it. A version that is there with an equal check value is skipped, with another one the whole
 * file is refused. The first day becomes the time of activation, the end of the last one the end of
 * protection.
 *
 * The caller commits on OK and rolls back else: then nothing of the batch is in the store. A file
 * that was imported before is reported as done; another one of its number is refused.
 *
 * OCKX_*, EXCHANGE_*, KEY_*, KEYBLOCK_*, CATALOG_NOT_FOUND (issuer, product, key). *r is filled in
 * every case.
 */
result exchange_batch_import(struct key_act *act, const struct exchange_batch_wish *wish,
                             struct str file, struct exchange_batch_result *r);

/* --- what was exchanged --- */

enum exchange_direction { EXCHANGE_OUT, EXCHANGE_IN };
extern const char *const exchange_direction_names[];

struct exchange_batch {
	int64_t id;
	enum exchange_direction direction;
	char code[OCKX_CODE_MAX + 1], zmk[KEY_LABEL_SIZE];
	uint8_t sha256[32];
	size_t count; /* keys in the file */
	struct instant created;
};
/* Newest first, EXCHANGE_BATCHES_MAX at most. */
result exchange_batch_list(struct db_tx *tx, struct arena *a, struct exchange_batch **rows,
                           size_t *count);
