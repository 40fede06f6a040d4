/* SPDX-License-Identifier: Apache-2.0 */
/* sm4.h — SM4 (GB/T 32907-2016) of many messages at once, each under its own key, with the
 * processor's vector instructions; private to this folder. */
#pragma once

#include "base/bytes.h"

enum {
	SM4_BLOCK = 16,
	SM4_ROUNDS = 32,
	SM4_LANES = 16, /* messages worked on side by side */
	SM4_RUNS = 3,   /* pieces of a chain */
};

/* Round keys of the encrypting direction, as the kernel wants them. Read by any thread, changed by
 * none. */
struct sm4_key {
	uint32_t round[SM4_ROUNDS];
};

/*
 * Does this processor have what the functions below need (GFNI and AVX2)? Where it has not, SM4 is
 * OpenSSL's, one message after the other, and none of them may be called. The same answer for the
 * life of the process, unless a test says otherwise.
 */
bool sm4_is_fast(void);
/* For tests: keys made from now on are OpenSSL's. Before other threads make keys. */
void sm4_force_portable(bool on);

/* Expand a key (7.3). NULL when there is no memory; nothing else here allocates. */
struct sm4_key *sm4_key_open(const uint8_t key[16]);
void sm4_key_close(struct sm4_key **k); /* wipes; *k becomes NULL; NULL is fine */

/*
 * One message's work. A chain (stream NULL) is CBC over `runs`, of which only the last block is
 * kept: each run is whole blocks, an empty one is skipped. A stream is counter mode: `len` bytes
 * are XORed in place with the encrypted counter blocks block, block + 1, … (128 bits, big-endian).
 */
struct sm4_job {
	const struct sm4_key *key;
	uint8_t block[SM4_BLOCK]; /* chain: the chaining value, in and out; stream: first counter */
	struct bytes runs[SM4_RUNS]; /* borrowed */
	uint8_t *stream;
	size_t len;
};

/* Do all of them. No job reads what another one writes. Any thread; constant in time but for
 * lengths. */
void sm4_run(struct sm4_job *jobs, size_t count);
