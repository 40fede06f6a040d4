/* SPDX-License-Identifier: Apache-2.0 */
/* SM4 by vector instructions: the standard's vectors, and OpenSSL's SM4 for random messages. Where
 * the processor lacks the instructions both sides are OpenSSL. */
#include "harness/test.h"

#include "base/rand.h"
#include "crypto/algorithm.h"
#include "crypto/envelope.h"
#include "crypto/sm4.h"

enum { MILLION = 1000000, JOBS_MAX = 40, LEN_MAX = 700 };

static const uint8_t example[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
	                             0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10 };

static void encrypt_once(const struct sm4_key *key, uint8_t block[16])
{
	uint8_t zero[16] = { 0 };
	struct sm4_job job = { .key = key, .runs = { bytes_of(zero, 16) } };

	memcpy(job.block, block, 16);
	sm4_run(&job, 1);
	memcpy(block, job.block, 16);
}

/* GB/T 32907-2016, annex A.1 and A.2. */
TEST(sm4_encrypts_the_examples_of_the_standard)
{
	uint8_t zero[16 * 1000] = { 0 }, block[16];
	struct sm4_job job = { .runs = { bytes_of(zero, sizeof zero) } };
	struct sm4_key *key;

	if (!sm4_is_fast()) {
		test_note("this processor has no vector instructions for SM4");
		return;
	}
	key = sm4_key_open(example);
	REQUIRE(key != NULL);
	memcpy(block, example, sizeof block);
	encrypt_once(key, block);
	CHECK_HEX("once", bytes_of(block, 16), "681EDF34D206965E86B3E94F536E4246");
	/* A chain over zeros encrypts again and again. */
	job.key = key;
	memcpy(job.block, example, sizeof job.block);
	for (int i = 0; i < MILLION / 1000; i++)
		sm4_run(&job, 1);
	CHECK_HEX("a million times", bytes_of(job.block, 16), "595298C7C6FD271F0402F804C33D3F66");
	sm4_key_close(&key);
	CHECK(key == NULL);
}

/* --- against OpenSSL --- */

struct trial {
	struct sm4_job jobs[JOBS_MAX];
	struct sm4_key *keys[JOBS_MAX];
	uint8_t want[JOBS_MAX][LEN_MAX + 16], data[JOBS_MAX][LEN_MAX + 16];
	struct random_seeded random;
};

static uint64_t below(struct trial *t, uint64_t n)
{
	return random_below(&t->random, n);
}

/* The last block of a chain, or the message after a stream. */
static void by_openssl(const uint8_t key[16], struct sm4_job *job, uint8_t *data, size_t len)
{
	void *ecb = algorithm_open(ALGORITHM_SM4_ECB, key, true);
	uint8_t block[16], pad[16];

	memcpy(block, job->block, 16);
	for (size_t at = 0; at < len; at += 16) {
		if (!job->stream) {
			for (size_t i = 0; i < 16; i++)
				block[i] ^= data[at + i];
			algorithm_encrypt(ecb, block, 16, block);
			continue;
		}
		algorithm_encrypt(ecb, block, 16, pad);
		for (size_t i = 0; i < 16 && at + i < len; i++)
			data[at + i] ^= pad[i];
		for (size_t i = 16; i-- > 0 && ++block[i] == 0;)
			;
	}
	if (!job->stream)
		memcpy(data, block, 16);
	algorithm_close(&ecb);
}

static void make_job(struct trial *t, size_t i)
{
	struct sm4_job *job = &t->jobs[i];
	bool stream = below(t, 2);
	size_t len = below(t, below(t, 4) ? 64 : LEN_MAX);
	uint8_t key[16];

	random_fill(&t->random.source, key, sizeof key);
	random_fill(&t->random.source, t->data[i], LEN_MAX);
	t->keys[i] = sm4_key_open(key);
	*job = (struct sm4_job){ .key = t->keys[i] };
	random_fill(&t->random.source, job->block, sizeof job->block);
	if (below(t, 4) == 0)
		memset(job->block + 4, 0xFF, 12 - below(t, 2)); /* the counter carries far */
	if (stream) {
		job->stream = t->data[i];
		job->len = len;
	} else {
		size_t first = len / 16 ? below(t, len / 16 + 1) * 16 : 0;

		len = len / 16 * 16;
		job->runs[below(t, 2)] = bytes_of(t->data[i], first);
		job->runs[2] = bytes_of(t->data[i] + first, len - first);
	}
	memcpy(t->want[i], t->data[i], LEN_MAX);
	by_openssl(key, job, t->want[i], len);
}

static bool is_right(const struct trial *t, size_t i)
{
	const struct sm4_job *job = &t->jobs[i];

	if (job->stream)
		return memcmp(t->data[i], t->want[i], LEN_MAX) == 0;
	return memcmp(job->block, t->want[i], 16) == 0;
}

TEST(sm4_of_many_jobs_is_openssls_for_each)
{
	static struct trial t;
	int wrong = 0, jobs = 0;

	if (!sm4_is_fast())
		return;
	random_seeded_init(&t.random, 32907);
	for (int round = 0; round < 400; round++) {
		size_t n = below(&t, JOBS_MAX + 1);

		for (size_t i = 0; i < n; i++)
			make_job(&t, i);
		sm4_run(t.jobs, n);
		for (size_t i = 0; i < n; i++, jobs++) {
			wrong += !is_right(&t, i);
			sm4_key_close(&t.keys[i]);
		}
	}
	CHECK_I64("wrong ones", wrong, 0);
	CHECK(jobs > 5000);
}

/* --- MACs and envelopes: many, one, and OpenSSL's --- */

enum { MANY = 70, MESSAGE_MAX = 400 };

struct batch {
	struct mac_key mac[2], mac_portable[2];
	struct envelope_key envelope[2], envelope_portable[2];
	struct mac_item macs[MANY];
	struct envelope_item envelopes[MANY];
	uint8_t message[MANY][MESSAGE_MAX], body[MANY][MESSAGE_MAX + ENVELOPE_EXTRA],
	        other[MESSAGE_MAX + ENVELOPE_EXTRA];
	size_t len[MANY];
	struct random_seeded random;
};

static const uint8_t hdr[ENVELOPE_HDR] = { 0x63, 0x01, 0x00, 0x00, 0x00, 0x01 };

static void open_keys(struct batch *b, enum suite suite)
{
	for (size_t i = 0; i < 4; i++) {
		struct mac_key *mac = i < 2 ? &b->mac[i] : &b->mac_portable[i - 2];
		struct envelope_key *envelope =
		        i < 2 ? &b->envelope[i] : &b->envelope_portable[i - 2];
		uint8_t key[SUITE_KEY_SIZE] = { (uint8_t)(i % 2), 7 };

		sm4_force_portable(i >= 2);
		CHECK_OK(mac_key_init_suite(mac, suite, key));
		if (suite_has_envelope(suite))
			CHECK_OK(envelope_key_init(envelope, suite, key, (uint32_t)i % 2 + 9));
	}
	sm4_force_portable(false);
}

static void close_keys(struct batch *b)
{
	for (size_t i = 0; i < 2; i++) {
		mac_key_deinit(&b->mac[i]);
		mac_key_deinit(&b->mac_portable[i]);
		envelope_key_deinit(&b->envelope[i]);
		envelope_key_deinit(&b->envelope_portable[i]);
	}
}

static void make_messages(struct batch *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		b->len[i] =
		        random_below(&b->random, random_below(&b->random, 2) ? 40 : MESSAGE_MAX);
		random_fill(&b->random.source, b->message[i], sizeof b->message[i]);
	}
}

static void check_macs(struct batch *b, size_t n)
{
	uint8_t one[MAC_FULL_SIZE], portable[MAC_FULL_SIZE];
	int wrong = 0;

	for (size_t i = 0; i < n; i++)
		b->macs[i] = (struct mac_item){ .key = &b->mac[i % 2],
			                        .data = bytes_of(b->message[i], b->len[i]) };
	mac_many(b->macs, n);
	for (size_t i = 0; i < n; i++) {
		mac_once(&b->mac[i % 2], b->macs[i].data, one);
		mac_once(&b->mac_portable[i % 2], b->macs[i].data, portable);
		wrong += memcmp(one, portable, sizeof one) != 0 ||
		         memcmp(one, b->macs[i].full, sizeof one) != 0;
		mac_begin(&b->mac[i % 2]);
		mac_add(&b->mac[i % 2], bytes_of(b->message[i], b->len[i] / 3));
		mac_add(&b->mac[i % 2],
		        bytes_of(b->message[i] + b->len[i] / 3, b->len[i] - b->len[i] / 3));
		mac_end(&b->mac[i % 2], one);
		wrong += memcmp(one, portable, sizeof one) != 0;
	}
	CHECK_I64("wrong MACs", wrong, 0);
}

static void seal_all(struct batch *b, size_t n)
{
	int wrong = 0;

	for (size_t i = 0; i < n; i++) {
		b->envelopes[i] = (struct envelope_item){ .key = &b->envelope[i % 2],
			                                  .direction = ENVELOPE_TO_HOST,
			                                  .counter = i + 1,
			                                  .hdr = hdr,
			                                  .body = b->body[i],
			                                  .len = b->len[i] };
		memcpy(b->body[i] + ENVELOPE_SEC, b->message[i], b->len[i]);
	}
	envelope_seal_many(b->envelopes, n);
	for (size_t i = 0; i < n; i++) {
		size_t whole = b->len[i] + ENVELOPE_EXTRA;

		for (int portable = 0; portable < 2; portable++) {
			memcpy(b->other + ENVELOPE_SEC, b->message[i], b->len[i]);
			envelope_seal(portable ? &b->envelope_portable[i % 2] : &b->envelope[i % 2],
			              ENVELOPE_TO_HOST, i + 1, hdr, b->other, b->len[i]);
			wrong += memcmp(b->other, b->body[i], whole) != 0;
		}
	}
	CHECK_I64("wrong envelopes", wrong, 0);
}

/* Every fifth is spoilt, each in another place; the others must open. */
static void open_all(struct batch *b, size_t n)
{
	int wrong = 0;

	for (size_t i = 0; i < n; i++) {
		size_t whole = b->len[i] + ENVELOPE_EXTRA;

		b->envelopes[i].len = whole;
		if (i % 5 == 3)
			b->body[i][random_below(&b->random, whole)] ^= 0x20;
		if (i % 35 == 4)
			b->envelopes[i].len = random_below(&b->random, whole);
	}
	envelope_open_many(b->envelopes, n);
	for (size_t i = 0; i < n; i++) {
		const struct envelope_item *e = &b->envelopes[i];
		bool spoilt = i % 5 == 3 || i % 35 == 4;

		wrong += e->right == spoilt;
		if (!spoilt)
			wrong += !bytes_equal(e->message, bytes_of(b->message[i], b->len[i]));
	}
	CHECK_I64("wrongly opened", wrong, 0);
}

TEST(many_are_what_each_would_be_alone)
{
	static const enum suite suites[] = { SUITE_AES, SUITE_SM4, SUITE_3DES, SUITE_UNIONPAY },
	                        *suite;
	static struct batch b;

	random_seeded_init(&b.random, 4493);
	EACH (suite, suites) {
		open_keys(&b, *suite);
		for (size_t n = 0; n <= MANY; n += 1 + n / 8) {
			make_messages(&b, n);
			check_macs(&b, n);
			if (!suite_has_envelope(*suite))
				continue;
			seal_all(&b, n);
			open_all(&b, n);
		}
		close_keys(&b);
	}
}

/* One call may hold items of both suites, and of keys made before the choice changed. */
TEST(many_of_different_suites_go_together)
{
	static struct batch b;
	struct envelope_key keys[3] = { 0 };
	static const enum suite suites[3] = { SUITE_SM4, SUITE_AES, SUITE_SM4 };
	static const uint8_t key[SUITE_KEY_SIZE] = { 5 };
	struct bytes opened;

	random_seeded_init(&b.random, 1);
	make_messages(&b, MANY);
	for (size_t i = 0; i < 3; i++) {
		sm4_force_portable(i == 2);
		REQUIRE_OK(envelope_key_init(&keys[i], suites[i], key, 9));
	}
	sm4_force_portable(false);
	for (size_t i = 0; i < MANY; i++) {
		b.envelopes[i] = (struct envelope_item){ .key = &keys[i % 3],
			                                 .direction = ENVELOPE_TO_NODE,
			                                 .counter = i,
			                                 .hdr = hdr,
			                                 .body = b.body[i],
			                                 .len = b.len[i] };
		memcpy(b.body[i] + ENVELOPE_SEC, b.message[i], b.len[i]);
	}
	envelope_seal_many(b.envelopes, MANY);
	for (size_t i = 0; i < MANY; i++) {
		/* What one kind of SM4 key sealed the other one opens. */
		CHECK_OK(envelope_open(&keys[2 - i % 3], ENVELOPE_TO_NODE, hdr, b.body[i],
		                       b.len[i] + ENVELOPE_EXTRA, &opened));
		CHECK_BYTES("", opened, bytes_of(b.message[i], b.len[i]));
	}
	for (size_t i = 0; i < 3; i++)
		envelope_key_deinit(&keys[i]);
}
