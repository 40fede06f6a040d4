/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_testkit.h — for the tests of exchanges: keys of known value in the store, batch files
 * with a right MAC and anything wrong in them, and what is in the store. */
#pragma once

#include "domain/keys/exchange_batch.h"
#include "domain/keys/exchange_value.h"
#include "domain/keys/key_fixture.h"
#include "vectors/vectors.h"

#define EXCHANGE_VECTORS "standard/keys.txt"
#define EXCHANGE_K20     "11111111111111112222222222222222"

/* "A256BE": algorithm, bits, mode, exportability of a definition. */
struct key_definition exchange_kit_define(struct key_fixture *f, const char *label,
                                          const char *usage, const char *what,
                                          enum product_place place);
/* Store a value as the next version, ACTIVE. Returns the id. */
int64_t exchange_kit_store(struct key_fixture *f, const struct key_definition *k,
                           struct bytes value);
int64_t exchange_kit_store_hex(struct key_fixture *f, const struct key_definition *k,
                               const char *hex);
/* Define and store a transport key K1 of mode B and exportability E. */
int64_t exchange_kit_zmk(struct key_fixture *f, const char *label, const char *what,
                         struct bytes value, enum product_place place);

/* How many rows there are: values, definitions, batches, audit lines. */
struct exchange_counts {
	int64_t values, definitions, batches, lines;
};
struct exchange_counts exchange_kit_counts(struct key_fixture *f);
void exchange_kit_same(const char *label, struct key_fixture *f, struct exchange_counts before);

/* Randomness that is known beforehand, then over. */
struct exchange_pads {
	struct random_source source;
	uint8_t at[64];
	size_t len, used;
};
struct exchange_pads exchange_kit_pads(const char *hex);

/* A row of a file that is put together by hand. */
struct exchange_forged {
	const char *product, *key, *value; /* value in hex */
	unsigned version, bits;
	const char *usage, *check;      /* check NULL: the right one */
	char algorithm, mode, exported; /* exportability */
	const char *from, *to;          /* NULL: none */
	const char *option;             /* KC of the block; NULL: none */
	const char *block_usage;        /* NULL: as the row */
	char block_version, context;    /* 0: as the file, '2' */
};
/* A whole file for issuer C under `zmk`, with the MAC that belongs to it. Free it. */
struct buf exchange_kit_forge(struct key_fixture *f, int64_t zmk, const char *batch,
                              const struct exchange_forged *rows, size_t count);
result exchange_kit_import(struct key_fixture *f, int64_t zmk, struct str file,
                           struct exchange_batch_result *r);
