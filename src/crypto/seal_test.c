/* SPDX-License-Identifier: Apache-2.0 */
/* Against itself and one answer of node:crypto; tests/scenario/seal-webcrypto holds it against a
 * browser's functions. */
#include "harness/test.h"

#include <openssl/err.h>

#include "base/secret.h"
#include "crypto/seal.h"

#define AAD  STR("lmk.component")
#define TEXT "0F1E 2D3C"

enum { ROOM = SEAL_TEXT_MAX + SEAL_EXTRA };

/* start, start + 1, … from the start in each fill. */
struct counting {
	struct random_source source;
	uint8_t start;
};

static void fill_counting(struct random_source *r, void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)(((struct counting *)r)->start + i);
}

static struct seal_key opened(uint8_t start)
{
	struct counting source = { { fill_counting }, start };
	struct seal_key k = { 0 };

	CHECK_OK(seal_key_open(&k, &source.source));
	return k;
}

/*
 * Recipient 40 41 … 5F, sender 01 02 … 20, nonce 01 … 0C: node:crypto's createECDH('prime256v1'),
 * hkdfSync('sha256', …) and createCipheriv('aes-256-gcm', …) gave these.
 */
#define RECIPIENT                                                                                  \
	"0468EC7CF08CD4106E43B14DE895426522BD0A45150C027E45C7953434D747E7"                         \
	"BAE3AF39A88EBBEE8679BB61E7845C3A89CB9B5A3237C3FDB0B0587DBAF415118D"
#define SEALED                                                                                     \
	"04515C3D6EB9E396B904D3FECA7F54FDCD0CC1E997BF375DCA515AD0A6C3B4035F"                       \
	"4536BE3A50F318FBF9A5475902A221502BEF0D57E08C53B2CC0A56F17D9F9354"                         \
	"0102030405060708090A0B0CFC880B5962D3B3CD67322082A7B07E712CC9B52C"                         \
	"D7F191BA0F"

TEST(a_sealed_text_is_what_another_library_makes_of_it)
{
	SCOPED(seal_key_close) struct seal_key k = opened(0x40);
	struct counting sender = { { fill_counting }, 0x01 };
	uint8_t sealed[ROOM], text[64];
	struct writer s = writer_of(sealed, sizeof sealed), t = writer_of(text, sizeof text);

	CHECK_HEX("", bytes_of(k.recipient, SEAL_POINT), RECIPIENT);
	CHECK_OK(seal_make(k.recipient, str_bytes(AAD), str_bytes(STR(TEXT)), &sender.source, &s));
	CHECK_HEX("", writer_bytes(&s), SEALED);
	CHECK_OK(seal_open(&k, str_bytes(AAD), writer_bytes(&s), &t));
	CHECK_BYTES("", writer_bytes(&t), str_bytes(STR(TEXT)));
}

TEST(texts_of_every_size_come_back)
{
	static uint8_t text[SEAL_TEXT_MAX + 1], sealed[ROOM], back[SEAL_TEXT_MAX];
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 500, SEAL_TEXT_MAX }, *size;
	SCOPED(seal_key_close) struct seal_key k = { 0 };
	struct writer none = writer_of(sealed, sizeof sealed);

	REQUIRE_OK(seal_key_open(&k, random_system()));
	random_fill(random_system(), text, sizeof text);
	EACH (size, sizes) {
		struct writer s = writer_of(sealed, *size + SEAL_EXTRA), t = writer_of(back, *size);

		CHECK_OK(seal_make(k.recipient, str_bytes(AAD), bytes_of(text, *size),
		                   random_system(), &s));
		CHECK_I64("", s.len, *size + SEAL_EXTRA);
		CHECK_OK(seal_open(&k, str_bytes(AAD), writer_bytes(&s), &t));
		CHECK_BYTES("", writer_bytes(&t), bytes_of(text, *size));
	}
	CHECK_RESULT("too long",
	             seal_make(k.recipient, str_bytes(AAD), bytes_of(text, sizeof text),
	                       random_system(), &none),
	             SEAL_BROKEN);
	CHECK_I64("", none.len, 0);
}

static size_t seal_text(const struct seal_key *k, uint8_t sealed[ROOM])
{
	struct writer s = writer_of(sealed, ROOM);

	CHECK_OK(
	        seal_make(k->recipient, str_bytes(AAD), str_bytes(STR(TEXT)), random_system(), &s));
	return s.len;
}

/* Refused, and nothing of the text left behind what was written before. */
static void check_closed(const char *name, const struct seal_key *k, struct str aad,
                         struct bytes sealed)
{
	uint8_t text[64] = "kept";
	struct writer t = writer_of(text, sizeof text);

	t.len = 4;
	CHECK_RESULT(name, seal_open(k, str_bytes(aad), sealed, &t), SEAL_BROKEN);
	CHECK_I64(name, t.len, 4);
	CHECK_HEX(name, bytes_of(text, 13), "6B657074000000000000000000");
}

TEST(a_sealed_text_with_any_bit_changed_stays_closed)
{
	SCOPED(seal_key_close) struct seal_key k = opened(0x40);
	SCOPED(seal_key_close) struct seal_key other = opened(0x41);
	uint8_t sealed[ROOM];
	size_t len = seal_text(&k, sealed);

	for (size_t i = 0; i < len; i++) {
		sealed[i] ^= (uint8_t)(1 << i % 8);
		check_closed("changed", &k, AAD, bytes_of(sealed, len));
		sealed[i] ^= (uint8_t)(1 << i % 8);
		if (i % 8 == 0)
			check_closed("cut", &k, AAD, bytes_of(sealed, i));
	}
	check_closed("longer", &k, AAD, bytes_of(sealed, len + 1));
	check_closed("nothing", &k, AAD, bytes_of(NULL, 0));
	check_closed("another purpose", &k, STR("lmk.componenu"), bytes_of(sealed, len));
	check_closed("no purpose", &k, STR(""), bytes_of(sealed, len));
	check_closed("another recipient", &other, AAD, bytes_of(sealed, len));
	check_closed("too long", &k, AAD, bytes_of(sealed, ROOM + 1));
	CHECK(ERR_peek_error() == 0);
}

TEST(points_that_are_not_on_the_curve_are_refused)
{
	static const struct {
		const char *name, *point;
	} rows[] = {
		{ "zeros", "0400000000000000000000000000000000000000000000000000000000000000000000"
		           "000000000000000000000000000000000000000000000000000000000000" },
		{ "y changed",
		  "0468EC7CF08CD4106E43B14DE895426522BD0A45150C027E45C7953434D747E7BAE3AF39A88EBBEE"
		  "8679BB61E7845C3A89CB9B5A3237C3FDB0B0587DBAF415118C" },
		{ "x = p, of the point with x = 0",
		  "04FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF66485C780E2F83"
		  "D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4" },
		{ "hybrid",
		  "0768EC7CF08CD4106E43B14DE895426522BD0A45150C027E45C7953434D747E7BAE3AF39A88EBBEE"
		  "8679BB61E7845C3A89CB9B5A3237C3FDB0B0587DBAF415118D" },
		{ "compressed",
		  "0368EC7CF08CD4106E43B14DE895426522BD0A45150C027E45C7953434D747E7BAE3AF39A88EBBEE"
		  "8679BB61E7845C3A89CB9B5A3237C3FDB0B0587DBAF415118D" },
		{ "infinity",
		  "0000000000000000000000000000000000000000000000000000000000000000000000"
		  "000000000000000000000000000000000000000000000000000000000000" },
	}, *row;
	SCOPED(seal_key_close) struct seal_key k = opened(0x40);
	uint8_t sealed[ROOM], point[SEAL_POINT], out[ROOM];
	size_t len = seal_text(&k, sealed);

	EACH (row, rows) {
		struct writer w = writer_of(out, sizeof out);

		REQUIRE_OK(hex_decode(str_of(row->point), point, sizeof point));
		CHECK_RESULT(
		        row->name,
		        seal_make(point, str_bytes(AAD), str_bytes(STR(TEXT)), random_system(), &w),
		        SEAL_BROKEN);
		CHECK_I64(row->name, w.len, 0);
		memcpy(sealed, point, sizeof point);
		check_closed(row->name, &k, AAD, bytes_of(sealed, len));
	}
	REQUIRE_OK(
	        hex_decode(STR("04000000000000000000000000000000000000000000000000000000000000000"
	                       "066485C780E2F83D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4"),
	                   point, sizeof point));
	struct writer w = writer_of(out, sizeof out);

	CHECK_OK(seal_make(point, str_bytes(AAD), str_bytes(STR(TEXT)), random_system(), &w));
	CHECK(ERR_peek_error() == 0);
}

static void fill_same(struct random_source *r, void *out, size_t len)
{
	memset(out, ((struct counting *)r)->start, len);
}

TEST(no_room_and_no_randomness_make_nothing)
{
	SCOPED(seal_key_close) struct seal_key k = opened(0x40);
	struct counting zeros = { { fill_same }, 0x00 }, ones = { { fill_same }, 0xFF };
	uint8_t sealed[ROOM], out[ROOM] = { 0xEE };
	size_t len = seal_text(&k, sealed);
	struct writer w = writer_of(out, len - 1), t = writer_of(out, sizeof TEXT - 2);
	struct seal_key none = { 0 };

	CHECK_RESULT(
	        "make",
	        seal_make(k.recipient, str_bytes(AAD), str_bytes(STR(TEXT)), random_system(), &w),
	        BUFFER_FULL);
	CHECK_RESULT("open", seal_open(&k, str_bytes(AAD), bytes_of(sealed, len), &t), BUFFER_FULL);
	CHECK_RESULT("0", seal_key_open(&none, &zeros.source), CRYPTO_FAULT);
	CHECK_RESULT("over n", seal_key_open(&none, &ones.source), CRYPTO_FAULT);
	CHECK_RESULT("make",
	             seal_make(k.recipient, str_bytes(AAD), str_bytes(STR(TEXT)), &ones.source, &t),
	             BUFFER_FULL);
	w.size = sizeof out;
	CHECK_RESULT("make",
	             seal_make(k.recipient, str_bytes(AAD), str_bytes(STR(TEXT)), &ones.source, &w),
	             CRYPTO_FAULT);
	CHECK(!none.pair);
	CHECK_I64("", w.len + t.len, 0);
	CHECK_I64("", out[0], 0xEE);
	seal_key_close(&none);
}
