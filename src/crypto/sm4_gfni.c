/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SM4 with GFNI and AVX2. No table is looked up, so time does not depend on keys or messages.
 *
 * SM4's S-box is an inversion in GF(2^8) between two affine maps. GFNI inverts in another
 * representation of that field (AES's, x^8+x^4+x^3+x+1), so the isomorphism between the two is part
 * of the maps: S(x) = AFTER(inv(BEFORE(x))).
 *
 * What follows the S-box, L(B) = B ^ B<<<2 ^ B<<<10 ^ B<<<18 ^ B<<<24, takes each byte of its
 * result from the four bytes of B by linear maps; they are folded into the map after the inversion:
 *
 *   L(S(x)) = F0(inv) ^ F1(inv)<<<8 ^ F1(inv)<<<16 ^ F3(inv)<<<24
 *   F0 = (1 + <<2) AFTER,  F1 = (>>6 + <<2) AFTER,  F3 = (>>6 + 1) AFTER
 *
 * BEFORE is linear but for its constant, and each byte is mapped by itself, so all words of a block
 * are mapped once at the start and back at the end; round keys are kept mapped, with the constant,
 * and the maps above end with BEFORE. A round is then one inversion deep.
 *
 * A test compares all of it with the standard's vectors and with OpenSSL.
 */
#include "crypto/sm4_kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define VECTOR        __attribute__((target("avx2,gfni")))
#define INLINE_VECTOR VECTOR __attribute__((always_inline)) inline

/* Byte 7 - i is the row of bit i. Constants are immediates of the instruction. */
#define MATRIX(rows) ((int64_t)UINT64_C(rows))

#define BEFORE      MATRIX(0x34AC259E022DBC52)
#define BEFORE_ADD  0x65
#define BEFORE_BACK MATRIX(0x47101B244258D265)
#define AFTER       MATRIX(0xD72D8E511E6C8B19)
#define AFTER_ADD   0xD3
#define FOLD_0      MATRIX(0xF46DB3ED2DCFFD28)
#define FOLD_0_ADD  0x3A
#define FOLD_1      MATRIX(0x08C70D0119204989)
#define FOLD_1_ADD  0x39
#define FOLD_3      MATRIX(0xFCAABEEC34EFB4A1)
#define FOLD_3_ADD  0x03

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

static VECTOR uint32_t mapped_key(uint32_t word)
{
	__m128i x = _mm_gf2p8affine_epi64_epi8(_mm_cvtsi32_si128((int)word),
	                                       _mm_set1_epi64x(BEFORE), BEFORE_ADD);

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
		round[i] = mapped_key(k[i % 4]);
	}
}

/* --- eight or sixteen blocks at once --- */

/* Rows of eight words become columns. */
static INLINE_VECTOR void turn_eight(const uint32_t *const rows[SM4_GROUP], size_t from,
                                     uint32_t (*to)[SM4_GROUP])
{
	__m256i r[8], t[8];

	for (size_t i = 0; i < 8; i++)
		r[i] = _mm256_loadu_si256((const __m256i *)(const void *)(rows[i] + from));
	for (size_t i = 0; i < 8; i += 4) {
		__m256i a = _mm256_unpacklo_epi32(r[i], r[i + 1]),
		        b = _mm256_unpacklo_epi32(r[i + 2], r[i + 3]),
		        c = _mm256_unpackhi_epi32(r[i], r[i + 1]),
		        d = _mm256_unpackhi_epi32(r[i + 2], r[i + 3]);

		t[i] = _mm256_unpacklo_epi64(a, b);
		t[i + 1] = _mm256_unpackhi_epi64(a, b);
		t[i + 2] = _mm256_unpacklo_epi64(c, d);
		t[i + 3] = _mm256_unpackhi_epi64(c, d);
	}
	for (size_t i = 0; i < 4; i++) {
		_mm256_store_si256((__m256i *)(void *)to[i],
		                   _mm256_permute2x128_si256(t[i], t[i + 4], 0x20));
		_mm256_store_si256((__m256i *)(void *)to[i + 4],
		                   _mm256_permute2x128_si256(t[i], t[i + 4], 0x31));
	}
}

VECTOR void sm4_kernel_load_keys(struct sm4_group *g, const uint32_t *const keys[SM4_GROUP])
{
	for (size_t i = 0; i < SM4_ROUNDS; i += SM4_GROUP)
		turn_eight(keys, i, g->round + i);
}

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

static INLINE_VECTOR __m256i mapped(__m256i x, int64_t matrix)
{
	return _mm256_gf2p8affine_epi64_epi8(x, _mm256_set1_epi64x(matrix), 0);
}

static INLINE_VECTOR struct words take(const struct sm4_group *g)
{
	struct words rows;

	for (size_t i = 0; i < 4; i++)
		rows.w[i] = mapped(swapped(two_lanes(g->block[i], g->block[i + 4])), BEFORE);
	return transposed(rows);
}

/* The result is the last four words, last one first. */
static INLINE_VECTOR void give(struct sm4_group *g, struct words x)
{
	struct words rows = transposed((struct words){ { x.w[3], x.w[2], x.w[1], x.w[0] } });

	for (size_t i = 0; i < 4; i++) {
		__m256i row = swapped(mapped(rows.w[i], BEFORE_BACK));

		_mm_store_si128((__m128i *)(void *)g->block[i], _mm256_castsi256_si128(row));
		_mm_store_si128((__m128i *)(void *)g->block[i + 4],
		                _mm256_extracti128_si256(row, 1));
	}
}

/* x ^ L(S(in)), all mapped */
static INLINE_VECTOR __m256i turned(__m256i x, __m256i in)
{
	const __m256i by8 = _mm256_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3,
	                                    14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
	const __m256i by16 = _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2,
	                                     13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
	const __m256i by24 = _mm256_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1,
	                                     12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1);
	__m256i f0 = _mm256_gf2p8affineinv_epi64_epi8(in, _mm256_set1_epi64x(FOLD_0), FOLD_0_ADD),
	        f1 = _mm256_gf2p8affineinv_epi64_epi8(in, _mm256_set1_epi64x(FOLD_1), FOLD_1_ADD),
	        f3 = _mm256_gf2p8affineinv_epi64_epi8(in, _mm256_set1_epi64x(FOLD_3), FOLD_3_ADD);

	return (x ^ f0 ^ _mm256_shuffle_epi8(f1, by8)) ^
	       (_mm256_shuffle_epi8(f1, by16) ^ _mm256_shuffle_epi8(f3, by24));
}

static INLINE_VECTOR __m256i key_of(const struct sm4_group *g, size_t round)
{
	return _mm256_load_si256((const __m256i *)(const void *)g->round[round]);
}

/* Four rounds: each makes the oldest of the four words the newest. */
static INLINE_VECTOR void do_four(struct words *x, const struct sm4_group *g, size_t i)
{
	__m256i a = x->w[0], b = x->w[1], c = x->w[2], d = x->w[3];

	a = turned(a, b ^ c ^ key_of(g, i) ^ d);
	b = turned(b, c ^ d ^ key_of(g, i + 1) ^ a);
	c = turned(c, d ^ a ^ key_of(g, i + 2) ^ b);
	d = turned(d, a ^ b ^ key_of(g, i + 3) ^ c);
	*x = (struct words){ { a, b, c, d } };
}

static INLINE_VECTOR void encrypt(struct sm4_group *groups, size_t n)
{
	struct words x = take(&groups[0]), y;

	if (n == 2)
		y = take(&groups[1]);
	for (size_t i = 0; i < SM4_ROUNDS; i += 4) {
		do_four(&x, &groups[0], i);
		if (n == 2)
			do_four(&y, &groups[1], i);
	}
	give(&groups[0], x);
	if (n == 2)
		give(&groups[1], y);
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

void sm4_kernel_load_keys(struct sm4_group *g, const uint32_t *const keys[SM4_GROUP])
{
	(void)g;
	(void)keys;
	ASSERT(!"no vector instructions for SM4");
}

void sm4_kernel_encrypt(struct sm4_group *groups, size_t count)
{
	(void)groups;
	(void)count;
	ASSERT(!"no vector instructions for SM4");
}

#endif
