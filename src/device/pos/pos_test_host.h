/* SPDX-License-Identifier: Apache-2.0 */
/* pos_test_host.h — for tests: a small host in a thread that speaks the sealed protocol and keeps a
 * book of keys. */
#pragma once

#include <pthread.h>

#include "codec/record.h"
#include "crypto/envelope.h"
#include "crypto/ytap_keys.h"
#include "device/pos/sam.h"

enum {
	TEST_HOST_KEYS_MAX = 20000,
	TEST_HOST_SESSIONS_MAX = 256,
	TEST_HOST_LINKS_MAX = 8,
	TEST_HOST_OPENING_FEN = 100000000
};

enum test_host_state {
	TEST_HOST_POSTED,
	TEST_HOST_DECLINED,
	TEST_HOST_REVERSED,
	TEST_HOST_TOMBSTONE,
	TEST_HOST_NOTED
};

struct test_host_key {
	uint64_t tsn, original_tsn;
	enum test_host_state state;
	uint8_t class; /* F60.1 */
	int64_t amount_fen, balance_fen;
	char code[3];
	bool stored; /* came as a record */
};

struct test_host_session {
	uint32_t id;
	enum suite suite;
	struct mac_key tak;
	struct envelope_key envelope;
	uint64_t sent, received;
};

struct test_host_link {
	int fd; /* -1: free */
	uint8_t in[1 << 16];
	size_t len;
	uint8_t rt[16], rh[16];
};

/* What goes wrong, of 10 000; changed only while the host is stopped, or at will where a race does
 * not matter. */
struct test_host_faults {
	uint32_t lose_request, lose_reply, cut;
	bool forge;       /* unsigned refusals instead of answers */
	bool wrong_proof; /* does not know the till's key */
	bool clock;       /* signs nobody in whose clock is off by more than ten minutes */
	uint8_t directive;
};

struct test_host {
	struct sam_identity id;
	uint8_t tik[16];
	struct test_host_faults faults;
	pthread_t thread;
	pthread_mutex_t lock;
	int listen_fd, stop_fds[2];
	char address[32];
	struct random_seeded random;
	int64_t balance_fen; /* of the one card there is */
	struct test_host_key keys[TEST_HOST_KEYS_MAX];
	size_t key_count;
	struct test_host_session sessions[TEST_HOST_SESSIONS_MAX];
	size_t session_count;
	struct test_host_link links[TEST_HOST_LINKS_MAX];
	uint32_t batch;
	unsigned sign_ins, clocks_refused, uploads, bad_records;
};

void test_host_start(struct test_host *h, const struct sam_identity *id, const struct secret *tik);
void test_host_stop(struct test_host *h);
/* Copies, taken under the lock. false: the number never came. */
bool test_host_find(struct test_host *h, uint64_t tsn, struct test_host_key *out);
int64_t test_host_balance(struct test_host *h);
void test_host_spend(struct test_host *h, int64_t fen); /* somewhere else */
void test_host_faults(struct test_host *h, struct test_host_faults faults);
