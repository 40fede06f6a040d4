/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include "crypto/shamir.h"

#define C1  "0F1E2D3C4B5A69788796A5B4C3D2E1F000112233445566778899AABBCCDDEEFF"
#define LMK "F296F0973E1EBAA64656E5F4839221309FBF1B3F97B793BF6040E4C068486C70"

static const char *const published[] = {
	"FD88DDAB7544D3DEC1C040404040C0C09FAE390CD3E2F5C8E8D94E7BA495828F01",
	"ECAAAAEFA8AA68565361B4871E2DF8CB9F9D5F591F1D5F516B69ABADEBE9AB9502",
	"E3B487D3E3F0012ED4F71133DDFF193B9F8C7D6A5B483926E3F001162734456A03",
};

static struct secret secret_of(const char *text)
{
	struct secret s = { .len = strlen(text) / 2 };

	ASSERT(is_ok(hex_decode(str_of(text), s.at, s.len)));
	return s;
}

static struct bytes shown(const struct secret *s)
{
	return bytes_of(s->at, s->len);
}

/* Gives the same bytes each time. */
struct fixed_source {
	struct random_source source;
	struct secret bytes;
};

static void fill_fixed(struct random_source *r, void *out, size_t len)
{
	struct fixed_source *f = (struct fixed_source *)r;

	ASSERT(len == f->bytes.len);
	memcpy(out, f->bytes.at, len);
}

/* TV-35 of keys 19: the coefficient is C1. */
TEST(shares_are_as_published)
{
	struct fixed_source fixed = { { fill_fixed }, secret_of(C1) };
	struct secret lmk = secret_of(LMK), shares[3], back = { .len = 0 };

	REQUIRE_OK(shamir_split(&lmk, (struct shamir_scheme){ 2, 3 }, &fixed.source, shares));
	for (size_t i = 0; i < 3; i++)
		CHECK_HEX("TV-35", shown(&shares[i]), published[i]);
	for (size_t i = 0; i < 3; i++) {
		struct secret two[] = { secret_of(published[i]),
			                secret_of(published[(i + 1) % 3]) };

		CHECK_OK(shamir_combine(two, 2, &back));
		CHECK_HEX("TV-35", shown(&back), LMK);
	}
	CHECK_OK(shamir_combine(shares, 3, &back));
	CHECK_HEX("all", shown(&back), LMK);
}

/* Every scheme; the shares that are combined begin anywhere and go round. */
TEST(any_k_shares_give_the_secret_and_fewer_do_not)
{
	struct random_seeded random;
	struct secret shares[2 * SHAMIR_COUNT_MAX], back = { .len = 0 };
	int wrong = 0, told = 0;

	random_seeded_init(&random, 11);
	for (uint8_t n = 2; n <= SHAMIR_COUNT_MAX; n++) {
		for (uint8_t k = 2; k <= n; k++) {
			struct secret secret = { .len = 1 +
				                        random_below(&random, SHAMIR_SECRET_MAX) };
			size_t from = random_below(&random, n);

			random_fill(&random.source, secret.at, secret.len);
			CHECK_OK(shamir_split(&secret, (struct shamir_scheme){ k, n },
			                      &random.source, shares));
			memcpy(shares + n, shares, n * sizeof shares[0]);
			CHECK_OK(shamir_combine(shares + from, k, &back));
			wrong += !bytes_equal(shown(&back), shown(&secret));
			if (k == 2 || secret.len < 8)
				continue;
			CHECK_OK(shamir_combine(shares + from, k - 1u, &back));
			told += bytes_equal(shown(&back), shown(&secret));
		}
	}
	CHECK_I64("", wrong, 0);
	CHECK_I64("one share too few", told, 0);
}

TEST(shares_that_cannot_belong_together_are_refused)
{
	static const struct {
		const char *name, *first, *second;
		size_t count;
	} rows[] = {
		{ "one", "AA01", "BB02", 1 },          { "none", "AA01", "BB02", 0 },
		{ "x = 0", "AA01", "BB00", 2 },        { "twice", "AA07", "BB07", 2 },
		{ "lengths", "AA01", "BBBB02", 2 },    { "empty", "01", "02", 2 },
		{ "nothing", "", "", 2 },              { "too many", "AA01", "BB02", 17 },
	}, *row;

	EACH (row, rows) {
		struct secret shares[17] = { secret_of(row->first), secret_of(row->second) };
		struct secret back = secret_of("EEEE");

		CHECK_RESULT(row->name, shamir_combine(shares, row->count, &back), SHARES_BAD);
		CHECK_HEX(row->name, shown(&back), "EEEE");
	}
}

TEST(schemes_out_of_range_are_refused)
{
	static const struct {
		const char *name;
		struct shamir_scheme scheme;
		size_t len;
	} rows[] = {
		{ "1 of 3", { 1, 3 }, 32 },  { "0 of 3", { 0, 3 }, 32 },   { "4 of 3", { 4, 3 }, 32 },
		{ "2 of 17", { 2, 17 }, 32 }, { "no secret", { 2, 3 }, 0 }, { "long", { 2, 3 }, 64 },
	}, *row;

	EACH (row, rows) {
		struct secret secret = { .len = row->len }, shares[17] = { secret_of("EE") };

		CHECK_RESULT(row->name, shamir_split(&secret, row->scheme, random_system(), shares),
		             SHARES_BAD);
		CHECK_HEX(row->name, shown(&shares[0]), "EE");
	}
}
