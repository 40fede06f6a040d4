/* SPDX-License-Identifier: Apache-2.0 */
/* TACs by the thousand against TACs one by one. */
#include "crypto/pboc_test.h"

#include "base/rand.h"
#include "base/time.h"
#include "crypto/sm4.h"

static struct pboc_tac_root opened(const struct pboc_key *key)
{
	struct pboc_tac_root root = { 0 };

	CHECK_OK(pboc_tac_root_init(&root, key));
	return root;
}

/* Cards of one issuer, purchases and loads in turn, with the TAC their card would give. */
static void make_items(const struct pboc_key *root, struct pboc_tac_item *items, size_t count)
{
	struct random_seeded random;

	random_seeded_init(&random, 5);
	for (size_t i = 0; i < count; i++) {
		struct pboc_factors f = { .count = 1 };
		struct pboc_purchase p = { .type = PBOC_TYPE_PURCHASE, .date = 0x20241105 };
		struct pboc_load l = { .type = PBOC_TYPE_LOAD, .date = 0x20241105 };
		struct pboc_key card;

		random_fill(&random.source, f.at[0], PBOC_FACTOR_SIZE);
		p.amount_fen = l.amount_fen = (uint32_t)i;
		memcpy(items[i].factor, f.at[0], PBOC_FACTOR_SIZE);
		items[i].data_len = (uint8_t)(i % 2 ? pboc_purchase_tac_data(&p, items[i].data)
		                                    : pboc_load_tac_data(&l, items[i].data));
		CHECK_OK(pboc_diversify(root, &f, &card));
		CHECK_OK(i % 2 ? pboc_purchase_tac(&card, &p, items[i].tac)
		               : pboc_load_tac(&card, &l, items[i].tac));
	}
}

static void check_many(enum pboc_algorithm algorithm, const char *name)
{
	enum { COUNT = 100 };
	struct pboc_key key = key_of(algorithm, "303132333435363738393A3B3C3D3E3F");
	SCOPED(pboc_tac_root_deinit) struct pboc_tac_root root = opened(&key);
	static struct pboc_tac_item items[COUNT];
	uint8_t right[COUNT + 1] = { [COUNT] = 0xEE };
	size_t count = 0;

	make_items(&key, items, COUNT);
	items[7].tac[3] ^= 1;
	items[31].data[21] ^= 1;
	items[32].factor[0] ^= 1;
	items[64].data_len--;
	items[65].data_len = PBOC_TAC_DATA_MAX + 1;
	items[99].data_len = 255;
	pboc_tac_check_many(&root, items, COUNT, right);
	for (size_t i = 0; i < COUNT; i++)
		count += right[i];
	CHECK_I64(name, count, COUNT - 6);
	CHECK_I64(name, right[7] | right[31] | right[32] | right[64] | right[65] | right[99], 0);
	for (size_t n = 0; n <= 3; n++) {
		memset(right, 0xEE, sizeof right);
		pboc_tac_check_many(&root, items, n, right);
		CHECK_I64(name, right[n], 0xEE);
		CHECK_I64(name, n == 0 || right[n - 1] == 1, 1);
	}
}

TEST(many_tacs_are_told_right_from_wrong_one_by_one)
{
	check_many(PBOC_3DES, "3DES");
	check_many(PBOC_SM4, "SM4");
	sm4_force_portable(true);
	check_many(PBOC_SM4, "SM4 of OpenSSL");
	sm4_force_portable(false);
}

TEST(the_speed_of_tac_checks_is_told)
{
	static const struct {
		const char *name;
		enum pboc_algorithm algorithm;
	} rows[] = { { "3DES", PBOC_3DES }, { "SM4", PBOC_SM4 } }, *row;
	enum { COUNT = 8192 };
	static struct pboc_tac_item items[COUNT];
	static uint8_t right[COUNT];

	EACH (row, rows) {
		struct pboc_key key = key_of(row->algorithm, "303132333435363738393A3B3C3D3E3F");
		SCOPED(pboc_tac_root_deinit) struct pboc_tac_root root = opened(&key);
		int64_t start;

		make_items(&key, items, COUNT);
		start = monotonic_us();
		pboc_tac_check_many(&root, items, COUNT, right);
		test_note("%s: %" PRId64 " TACs a second on one core", row->name,
		          COUNT * (int64_t)SECOND_US / (monotonic_us() - start + 1));
		CHECK(memchr(right, 0, sizeof right) == NULL);
	}
}
