/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "crypto/cipher.h"
#include "crypto/pin.h"

#define STANDARD "standard/standard.txt"

static struct pin pin_of(const char *text)
{
	struct pin pin = { 0 };

	CHECK_OK(pin_parse(str_of(text), &pin));
	return pin;
}

TEST(pin_parse_takes_four_to_twelve_digits)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "1234", "SUCCESS" },        { "123456789012", "SUCCESS" }, { "123", "PIN_BLOCK_BAD" },
		{ "1234567890123", "PIN_BLOCK_BAD" }, { "12a4", "PIN_BLOCK_BAD" }, { "", "PIN_BLOCK_BAD" },
	}, *row;

	EACH (row, rows) {
		struct pin pin;

		CHECK_STR(row->text, result_name(pin_parse(str_of(row->text), &pin)), row->want);
	}
}

/* ISO 9564-1 9.4.2: PIN field 441234AA… and random, ciphered, XOR card field, ciphered again. */
TEST(format_4_is_built_as_the_standard_draws_it)
{
	static const uint8_t card_field[16] = {
		0x64, 0x32, 0x19, 0x87, 0x65, 0x43, 0x21, 0x09, 0x87
	};
	const uint8_t *key = vector(STANDARD, "sm4-key").at;
	SCOPED(cipher_key_deinit) struct cipher_key aes = { 0 };
	struct random_seeded random;
	struct pin pin = pin_of("1234");
	uint8_t block[PIN_BLOCK_MAX];

	random_seeded_init(&random, 1);
	REQUIRE_OK(
	        pin_seal(SUITE_AES, key, &pin, STR("432198765432109870"), &random.source, block));
	REQUIRE_OK(cipher_key_init(&aes, CIPHER_AES128, bytes_of(key, 16)));
	cipher_decrypt(&aes, block, 16, block);
	for (size_t i = 0; i < sizeof card_field; i++)
		block[i] ^= card_field[i];
	cipher_decrypt(&aes, block, 16, block);
	CHECK_HEX("", bytes_of(block, 8), "441234AAAAAAAAAA");
}

TEST(format_0_makes_the_published_clear_block)
{
	const uint8_t *key = vector(STANDARD, "sm4-key").at;
	SCOPED(cipher_key_deinit) struct cipher_key des = { 0 };
	struct random_seeded random;
	struct pin pin = pin_of("1234");
	uint8_t block[PIN_BLOCK_MAX];

	random_seeded_init(&random, 1);
	REQUIRE_OK(
	        pin_seal(SUITE_3DES, key, &pin, STR("43219876543210987"), &random.source, block));
	REQUIRE_OK(cipher_key_init(&des, CIPHER_3DES, bytes_of(key, 16)));
	cipher_decrypt(&des, block, 8, block);
	CHECK_BYTES("", bytes_of(block, 8), vector(STANDARD, "pin0-clear"));
}

TEST(a_pin_block_opens_to_its_pin_and_to_nothing_else)
{
	static const enum suite suites[] = { SUITE_AES, SUITE_SM4, SUITE_3DES, SUITE_UNIONPAY },
	                        *suite;
	static const char *const cards[] = { "7", "123456789012", "6230001000012345678" },
	                         *const * card;
	const uint8_t *key = vector(STANDARD, "cmac-key").at;
	struct random_seeded random;
	struct pin pin = pin_of("409600"), back;
	uint8_t block[PIN_BLOCK_MAX];

	random_seeded_init(&random, 2);
	EACH (suite, suites) {
		size_t len = pin_block_size(*suite);

		EACH (card, cards) {
			CHECK_OK(pin_seal(*suite, key, &pin, str_of(*card), &random.source, block));
			CHECK_OK(pin_open(*suite, key, bytes_of(block, len), str_of(*card), &back));
			CHECK_BYTES(*card, bytes_of(&back, sizeof back),
			            bytes_of(&pin, sizeof pin));
		}
		/* Another card: format 4 always notices; format 0 where the digits collide with the
		 * filler. */
		CHECK_RESULT("card",
		             pin_open(*suite, key, bytes_of(block, len), STR("6230001999912345678"),
		                      &back),
		             PIN_BLOCK_BAD);
		block[0] ^= 1;
		CHECK_RESULT("changed",
		             pin_open(*suite, key, bytes_of(block, len), str_of(cards[2]), &back),
		             PIN_BLOCK_BAD);
		CHECK_RESULT(
		        "short",
		        pin_open(*suite, key, bytes_of(block, len - 1), str_of(cards[2]), &back),
		        PIN_BLOCK_BAD);
		CHECK_RESULT("no card", pin_open(*suite, key, bytes_of(block, len), STR(""), &back),
		             PIN_BLOCK_BAD);
		CHECK_RESULT("long card",
		             pin_seal(*suite, key, &pin, STR("12345678901234567890"),
		                      &random.source, block),
		             PIN_BLOCK_BAD);
	}
	CHECK_RESULT("suite",
	             pin_seal((enum suite)0, key, &pin, str_of(cards[0]), &random.source, block),
	             SUITE_UNSUPPORTED);
}

/* The fields before they are ciphered; format 0 and the first half of format 4 are the published
 * examples, the others follow from ISO 9564-1 9.3.5 and 9.4.2. */
TEST(fields_are_those_of_the_standard)
{
	static const struct {
		enum pin_format format;
		const char *pin, *card_no, *chance, *field, *card;
	} rows[] = {
		{ PIN_FORMAT_0, "1234", "43219876543210987", "", "041234FFFFFFFFFF",
		  "0000987654321098" },
		{ PIN_FORMAT_0, "123456789012", "7", "", "0C123456789012FF", "0000000000000000" },
		{ PIN_FORMAT_3, "1234", "43219876543210987", "", "341234AAAAAAAAAA",
		  "0000987654321098" },
		{ PIN_FORMAT_3, "12345", "43219876543210987",
		  "0000000000000000000000010002000300040005FFFFFFFEFFFD0000", "3512345BCDEFDCBA",
		  "0000987654321098" },
		{ PIN_FORMAT_4, "1234", "432198765432109870", "2D6FE8B3C1A45907",
		  "441234AAAAAAAAAA2D6FE8B3C1A45907", "64321987654321098700000000000000" },
		{ PIN_FORMAT_4, "1234", "1234567", "2D6FE8B3C1A45907",
		  "441234AAAAAAAAAA2D6FE8B3C1A45907", "00000012345670000000000000000000" },
	}, *row;

	EACH (row, rows) {
		size_t size = pin_format_size(row->format);
		uint8_t chance[PIN_CHANCE] = { 0 }, out[PIN_BLOCK_MAX];
		struct pin pin = pin_of(row->pin), back;

		CHECK_OK(hex_decode(str_of(row->chance), chance, strlen(row->chance) / 2));
		pin_field_make(row->format, &pin, chance, out);
		CHECK_HEX(row->pin, bytes_of(out, size), row->field);
		CHECK_OK(pin_field_read(row->format, out, &back));
		CHECK_BYTES(row->pin, bytes_of(&back, sizeof back), bytes_of(&pin, sizeof pin));
		CHECK_OK(pin_card_field(row->format, str_of(row->card_no), out));
		CHECK_HEX(row->card_no, bytes_of(out, size), row->card);
	}
	CHECK_I64("no format", pin_format_size(1), 0);
	CHECK_I64("no format", pin_format_size(0x40), 0);
}

TEST(what_is_no_pin_field_is_refused)
{
	static const struct {
		const char *name;
		enum pin_format format;
		const char *field;
	} rows[] = {
		{ "format 0 for 3", PIN_FORMAT_3, "041234FFFFFFFFFF" },
		{ "format 3 for 0", PIN_FORMAT_0, "341234FFFFFFFFFF" },
		{ "format 4 for 0", PIN_FORMAT_0, "441234AAAAAAAAAA" },
		{ "format 1", PIN_FORMAT_0, "141234FFFFFFFFFF" },
		{ "three digits", PIN_FORMAT_0, "03123FFFFFFFFFFF" },
		{ "thirteen digits", PIN_FORMAT_0, "0D1234567890123F" },
		{ "fifteen digits", PIN_FORMAT_0, "0F12345678901234" },
		{ "a digit that is none", PIN_FORMAT_0, "04123AFFFFFFFFFF" },
		{ "a filler that is a digit", PIN_FORMAT_0, "041234FFFF9FFFFF" },
		{ "another filler", PIN_FORMAT_0, "041234FFFFAFFFFF" },
		{ "a digit among fillers", PIN_FORMAT_3, "341234ABCDEF9BCD" },
		{ "a filler of format 0", PIN_FORMAT_4, "441234AAAAAAAAAF0000000000000000" },
	}, *row;

	EACH (row, rows) {
		uint8_t field[PIN_BLOCK_MAX] = { 0 };
		struct pin back = { .len = 9 };

		CHECK_OK(hex_decode(str_of(row->field), field, strlen(row->field) / 2));
		CHECK_RESULT(row->name, pin_field_read(row->format, field, &back), PIN_BLOCK_BAD);
		CHECK_I64("nothing is left", back.len, 0);
	}
	uint8_t card[PIN_BLOCK_MAX];
	CHECK_RESULT("no card number", pin_card_field(PIN_FORMAT_3, STR(""), card), PIN_BLOCK_BAD);
	CHECK_RESULT("twenty digits",
	             pin_card_field(PIN_FORMAT_4, STR("12345678901234567890"), card),
	             PIN_BLOCK_BAD);
	CHECK_RESULT("letters", pin_card_field(PIN_FORMAT_0, STR("1234567890AB"), card),
	             PIN_BLOCK_BAD);
}
