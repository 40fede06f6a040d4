/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM4 with GFNI and AVX2. No table is looked up, so time does not depend on keys or messages.
 *
 * SM4's S-box is an inversion in GF(2^8) between two affine maps. GFNI inverts in another
 * representation of that field (AES's, x^8+x^4+x^3+x+1), so the isomorphism between the two is part
 * of the maps below. What follows the S-box, L(B) = B ^ B<<<2 ^ B<<<10 ^ B<<<18 ^ B<<<24, takes
 * each byte of its result from the four bytes of B by linear maps; they are folded into the map
 * after the inversion:
 *
 *   L(S(x)) = F0(inv) ^ F1(inv)<<<8 ^ F1(inv)<<<16 ^ F3(inv)<<<24
 *   F0 = (1 + <<2) after,  F1 = (>>6 + <<2) after,  F3 = (>>6 + 1) after
 *
 * A test compares all of it with the standard's vectors and with OpenSSL.
 */
#include "crypto/sm4_kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define VECTOR        __attribute__((target("avx2,gfni")))
#define INLINE_VECTOR VECTOR __attribute__((always_inline)) inline

/* Matrices: byte 7 - i is the row of bit i. Each map has a constant, which the instruction wants as
 * an immediate. */
#define BEFORE     INT64_C(0x34AC259E022DBC52)
#define BEFORE_ADD 0x65
#define AFTER      (-INT64_C(0x28D271AEE19374E7))
#define AFTER_ADD  0xD3
#define FOLD_0     (-INT64_C(0x28D2A6836FC26A8B))
#define FOLD_0_ADD 0x9F
#define FOLD_1     (-INT64_C(0x74E628D271AEE194))
#define FOLD_1_ADD 0x4F
#define FOLD_3     INT64_C(0x5C348E511E6C8B19)
#define FOLD_3_ADD 0xD0

bool sm4_kernel_is_there(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("gfni");
}

/* --- key expansion: one word after the other (7.3) --- */

static const uint32_t family[4] = { 0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC }; /* FK */

/* CK: byte j of word i is 7 (4 i + j) mod 256 */
static uint32_t fixed_key(unsigned i)
{
	uint32_t word = 0;

	for (unsigned j = 0; j < 4; j++)
		word = word << 8 | (uint8_t)(7 * (4 * i + j));
	return word;
}

static VECTOR uint32_t substitute(uint32_t word)
{
	__m128i x = _mm_cvtsi32_si128((int)word);

	x = _mm_gf2p8affine_epi64_epi8(x, _mm_set1_epi64x(BEFORE), BEFORE_ADD);
	x = _mm_gf2p8affineinv_epi64_epi8(x, _mm_set1_epi64x(AFTER), AFTER_ADD);
	return (uint32_t)_mm_cvtsi128_si32(x);
}

static uint32_t rotated(uint32_t word, unsigned by)
{
	return word << by | word >> (32 - by);
}

void sm4_kernel_expand(const uint8_t key[16], uint32_t round[SM4_ROUNDS])
{
	uint32_t k[4];

	for (size_t i = 0; i < 4; i++)
		k[i] = load_be32(key + 4 * i) ^ family[i];
	for (unsigned i = 0; i < SM4_ROUNDS; i++) {
		uint32_t s =
		        substitute(k[(i + 1) % 4] ^ k[(i + 2) % 4] ^ k[(i + 3) % 4] ^ fixed_key(i));

		k[i % 4] ^= s ^ rotated(s, 13) ^ rotated(s, 23);
		round[i] = k[i % 4];
	}
}

/* --- eight or sixteen blocks at once --- */

/* Words of eight lanes: w[i] holds word i of each. */
struct words {
	__m256i w[4];
};

static INLINE_VECTOR __m256i two_lanes(const uint8_t *low, const uint8_t *high)
{
	return _mm256_inserti128_si256(
	        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low)),
	        _mm_loadu_si128((const __m128i *)(const void *)high), 1);
}

/* Four rows of four words, in each half of the register: rows become columns. */
static INLINE_VECTOR struct words transposed(struct words in)
{
	__m256i a = _mm256_unpacklo_epi32(in.w[0], in.w[1]),
	        b = _mm256_unpacklo_epi32(in.w[2], in.w[3]),
	        c = _mm256_unpackhi_epi32(in.w[0], in.w[1]),
	        d = _mm256_unpackhi_epi32(in.w[2], in.w[3]);

	return (struct words){ { _mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b),
		                 _mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d) } };
}

/* The cipher's words are big-endian. */
static INLINE_VECTOR __m256i swapped(__m256i x)
{
	return _mm256_shuffle_epi8(x, _mm256_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0,
	                                              1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5,
	                                              6, 7, 0, 1, 2, 3));
}

static INLINE_VECTOR struct words take(const struct sm4_group *g)
{
	struct words rows;

	for (size_t i = 0; i < 4; i++)
		rows.w[i] = swapped(two_lanes(g->block[i], g->block[i + 4]));
	return transposed(rows);
}

/* The result is the last four words, last one first. */
static INLINE_VECTOR void give(struct sm4_group *g, struct words x)
{
	struct words rows = transposed((struct words){ { x.w[3], x.w[2], x.w[1], x.w[0] } });

	for (size_t i = 0; i < 4; i++) {
		__m256i row = swapped(rows.w[i]);

		_mm_store_si128((__m128i *)(void *)g->block[i], _mm256_castsi256_si128(row));
		_mm_store_si128((__m128i *)(void *)g->block[i + 4],
		                _mm256_extracti128_si256(row, 1));
	}
}

/* x ^ L(S(mixed)) */
static INLINE_VECTOR __m256i turned(__m256i x, __m256i mixed)
{
	const __m256i by8 = _mm256_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3,
	                                    14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
	const __m256i by16 = _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2,
	                                     13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
	const __m256i by24 = _mm256_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1,
	                                     12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1);
	__m256i in = _mm256_gf2p8affine_epi64_epi8(mixed, _mm256_set1_epi64x(BEFORE), BEFORE_ADD);
	__m256i f0 = _mm256_gf2p8affineinv_epi64_epi8(in, _mm256_set1_epi64x(FOLD_0), FOLD_0_ADD),
	        f1 = _mm256_gf2p8affineinv_epi64_epi8(in, _mm256_set1_epi64x(FOLD_1), FOLD_1_ADD),
	        f3 = _mm256_gf2p8affineinv_epi64_epi8(in, _mm256_set1_epi64x(FOLD_3), FOLD_3_ADD);

	return (x ^ f0 ^ _mm256_shuffle_epi8(f1, by8)) ^
	       (_mm256_shuffle_epi8(f1, by16) ^ _mm256_shuffle_epi8(f3, by24));
}

/* Round i of n groups: the oldest of four words becomes the newest. */
static INLINE_VECTOR void do_round(struct words *x, const struct sm4_group *groups, size_t n,
                                   size_t i)
{
	for (size_t g = 0; g < n; g++) {
		__m256i *w = x[g].w;
		__m256i key = _mm256_load_si256((const __m256i *)(const void *)groups[g].round[i]);

		w[i % 4] =
		        turned(w[i % 4], (w[(i + 1) % 4] ^ w[(i + 2) % 4] ^ key) ^ w[(i + 3) % 4]);
	}
}

static INLINE_VECTOR void encrypt(struct sm4_group *groups, size_t n)
{
	struct words x[2];

	for (size_t g = 0; g < n; g++)
		x[g] = take(&groups[g]);
	for (size_t i = 0; i < SM4_ROUNDS; i += 4) {
		do_round(x, groups, n, i);
		do_round(x, groups, n, i + 1);
		do_round(x, groups, n, i + 2);
		do_round(x, groups, n, i + 3);
	}
	for (size_t g = 0; g < n; g++)
		give(&groups[g], x[g]);
}

VECTOR void sm4_kernel_encrypt(struct sm4_group *groups, size_t count)
{
	if (count == 1)
		encrypt(groups, 1);
	else
		encrypt(groups, 2);
}

#else

bool sm4_kernel_is_there(void)
{
	return false;
}

void sm4_kernel_expand(const uint8_t key[16], uint32_t round[SM4_ROUNDS])
{
	(void)key;
	(void)round;
	ASSERT(!"no vector instructions for SM4");
}

void sm4_kernel_encrypt(struct sm4_group *groups, size_t count)
{
	(void)groups;
	(void)count;
	ASSERT(!"no vector instructions for SM4");
}

#endif
