/* SPDX-License-Identifier: Apache-2.0 */
/* TV-… are vectors of keys 19. */
#include "harness/test.h"

#include "crypto/emv_keys.h"

#define ISSUER "0123456789ABCDEFFEDCBA9876543210"

static void key_of(const char *text, uint8_t out[EMV_KEY_SIZE])
{
	ASSERT(is_ok(hex_decode(str_of(text), out, EMV_KEY_SIZE)));
}

/*
 * Option B was reckoned with the openssl command from the digits D of number and sequence number,
 * with a zero in front when they are odd in number:
 *   X = printf D | xxd -r -p | openssl dgst -sha1
 *   Y = the first 16 of (X without a-f, then X's letters with a-f as 0-5)
 *   printf Y, NOT Y | xxd -r -p | openssl enc -des-ede-ecb -nopad -K ISSUER
 * and odd parity. "few digits": X = fcccce85bfa22dbfd5eaf39b7cef464bbf17d8db has only 14 of them.
 */
TEST(the_master_key_of_a_card_is_as_published_and_reckoned)
{
	static const struct {
		const char *name, *number, *want;
		enum emv_option option;
		uint8_t sequence;
	} rows[] = {
		{ "TV-31", "6225880000000001", "A2B3677C8CE06497C84A5EF467CB7507", EMV_OPTION_A, 1 },
		{ "B of 16 is A", "6225880000000001", "A2B3677C8CE06497C84A5EF467CB7507", EMV_OPTION_B,
		  1 },
		{ "B", "6225880000000001234", "E5574CEFD070AE5451D6524AE52085B5", EMV_OPTION_B, 1 },
		{ "few digits", "62258800000000126", "76BCD5A408C7E9D62F07522625522394", EMV_OPTION_B, 0 },
	}, *row;

	EACH (row, rows) {
		struct emv_card card = { str_of(row->number), row->sequence };
		uint8_t issuer[EMV_KEY_SIZE], out[EMV_KEY_SIZE];

		key_of(ISSUER, issuer);
		CHECK_OK(emv_master_key(row->option, issuer, &card, out));
		CHECK_HEX(row->name, bytes_of(out, sizeof out), row->want);
	}
}

TEST(cards_that_cannot_be_are_refused_and_give_no_key)
{
	static const struct {
		const char *number;
		uint8_t sequence;
	} rows[] = {
		{ "6225880", 1 },           { "62258800000000012345", 1 }, { "622588000000000F", 1 },
		{ "6225880000000001", 100 }, { "", 0 },
	}, *row;

	EACH (row, rows) {
		struct emv_card card = { str_of(row->number), row->sequence };
		uint8_t issuer[EMV_KEY_SIZE] = { 0 }, out[EMV_KEY_SIZE] = { 0xEE };

		CHECK_RESULT(row->number, emv_master_key(EMV_OPTION_B, issuer, &card, out),
		             INVALID_NUMBER);
		CHECK_I64(row->number, out[0], 0xEE);
	}
}

/* ARPC method 2 was reckoned as a retail MAC of single steps of openssl enc -des-ede-ecb with K ‖
 * K.
 */
TEST(session_key_and_cryptograms_are_as_published)
{
	static const uint8_t arc[] = { 0x30, 0x30 }, csu[] = { 0x03, 0x82, 0x00, 0x00 };
	static const uint8_t own[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	uint8_t master[EMV_KEY_SIZE], session[EMV_KEY_SIZE], data[37];
	uint8_t arqc[EMV_CRYPTOGRAM_SIZE], arpc[EMV_CRYPTOGRAM_SIZE], short_arpc[EMV_ARPC2_SIZE];

	key_of("A2B3677C8CE06497C84A5EF467CB7507", master);
	CHECK_OK(emv_session_key(master, 0x1C, session));
	CHECK_HEX("TV-32", bytes_of(session, sizeof session), "C40DDC85A75801B38698087AFBA1867F");

	REQUIRE_OK(hex_decode(STR("00000001000000000000000001560000000000015626112200123456781800"
	                          "001C03A0B800"),
	                      data, sizeof data));
	CHECK_OK(emv_arqc(session, bytes_of(data, sizeof data), arqc));
	CHECK_HEX("TV-33", bytes_of(arqc, sizeof arqc), "B33138133BB4DD8B");
	CHECK_OK(emv_arpc1(session, arqc, arc, arpc));
	CHECK_HEX("TV-33", bytes_of(arpc, sizeof arpc), "D191CB4D16F6ECD0");

	CHECK_OK(emv_arpc2(session, arqc, csu, bytes_of(own, 0), short_arpc));
	CHECK_HEX("method 2", bytes_of(short_arpc, sizeof short_arpc), "2E82D5AF");
	CHECK_OK(emv_arpc2(session, arqc, csu, bytes_of(own, 8), short_arpc));
	CHECK_HEX("method 2, 8 bytes", bytes_of(short_arpc, sizeof short_arpc), "1899380F");
	CHECK_RESULT("9 bytes", emv_arpc2(session, arqc, csu, bytes_of(own, 9), short_arpc),
	             INVALID_BYTES);
	CHECK_HEX("unchanged", bytes_of(short_arpc, sizeof short_arpc), "1899380F");
}

TEST(a_cryptogram_differs_when_a_byte_does)
{
	uint8_t session[EMV_KEY_SIZE], data[24] = { 0 }, was[8], now[8];

	key_of("C40DDC85A75801B38698087AFBA1867F", session);
	CHECK_OK(emv_arqc(session, bytes_of(data, sizeof data), was));
	for (size_t i = 0; i < sizeof data; i++) {
		data[i] ^= 1;
		CHECK_OK(emv_arqc(session, bytes_of(data, sizeof data), now));
		CHECK(memcmp(was, now, sizeof was) != 0);
		data[i] ^= 1;
	}
	CHECK_OK(emv_arqc(session, bytes_of(data, sizeof data - 1), now));
	CHECK(memcmp(was, now, sizeof was) != 0);
}
