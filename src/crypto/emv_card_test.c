/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that others issued, as captured: their chains hold from the schemes' public CA keys down.
 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include <stdio.h>

#include "crypto/emv_cert.h"

#define EMV "emv/emv.txt"

enum { HELD = 8, HELD_SIZE = 256 };

/* `len` bytes of a capture, `skip` bytes behind the answer that begins with these hex digits. Good
 * until HELD more are asked for. */
static struct bytes captured(const char *file, const char *begins, size_t skip, size_t len)
{
	static uint8_t held[HELD][HELD_SIZE];
	static size_t next;
	uint8_t *out = held[next++ % HELD];
	size_t from = strlen(begins) + 2 * skip;
	char path[64], line[1200];
	bool found = false;
	FILE *in;

	snprintf(path, sizeof path, "samples/emv/%s", file);
	in = fopen(test_data(path), "r");
	while (in && !found && fgets(line, sizeof line, in))
		found = strncasecmp(line, begins, strlen(begins)) == 0 &&
		        strlen(line) >= from + 2 * len &&
		        is_ok(hex_decode((struct str){ line + from, 2 * len }, out, len));
	if (in)
		fclose(in);
	CHECK(found);
	return bytes_of(out, len);
}

static struct emv_certificate certificate_of(struct bytes block, struct bytes remainder,
                                             struct bytes exponent)
{
	struct emv_certificate c = { .size = block.len,
		                     .remainder_len = remainder.len,
		                     .exponent_len = exponent.len };

	memcpy(c.block, block.at, block.len);
	memcpy(c.remainder, remainder.at, remainder.len);
	memcpy(c.exponent, exponent.at, exponent.len);
	return c;
}

/* The records of offline authentication, then the AIP. */
static struct bytes with_aip(struct bytes records, const char *aip)
{
	static uint8_t both[HELD_SIZE];

	memcpy(both, records.at, records.len);
	memcpy(both + records.len, aip, 2);
	return bytes_of(both, records.len + 2);
}

/* 1408 bits under 1408: a remainder of 36; a card key of exponent 65537; dynamic data. */
TEST(a_unionpay_card_holds_from_its_ca_to_its_dynamic_data)
{
	static const char file[] = "contact-upi-in.txt", keys[] = "70608F0109";
	struct bytes data = with_aip(captured(file, "708188", 0, 136), "\x7C\x00");
	struct emv_certificate c;
	struct emv_recovered issuer, card;
	struct emv_key ca;
	uint8_t dac[2], number[8];
	size_t len;

	REQUIRE_OK(emv_key_init(&ca, vector(EMV, "scheme-09"), 3));
	c = certificate_of(captured(file, "7081B39081B0", 0, 176), captured(file, keys, 2, 36),
	                   captured(file, keys, 41, 1));
	REQUIRE_OK(emv_issuer_recover(&ca, &c, &issuer));
	CHECK_HEX("issuer", bytes_of(issuer.holder.id, EMV_ISSUER_ID), "621094FF");
	CHECK_HEX("expiry", bytes_of(issuer.holder.expiry, 2), "1230");
	CHECK_HEX("serial", bytes_of(issuer.holder.serial, 3), "001156");

	CHECK_OK(emv_sda_verify(&issuer.key, captured(file, "7081B39381B0", 0, 176), data, dac));
	CHECK_HEX("code", bytes_of(dac, 2), "DAC5");
	c = certificate_of(captured(file, "7081B49F4681B0", 0, 176), captured(file, keys, 51, 42),
	                   captured(file, keys, 45, 3));
	REQUIRE_OK(emv_icc_recover(&issuer.key, &c, data, &card));
	CHECK_HEX("PAN", bytes_of(card.holder.id, EMV_PAN), "6210948000000011FFFF");
	CHECK_OK(emv_dda_verify(&card.key, captured(file, "8081B0", 0, 176),
	                        bytes_of("\x78\x63\xAF\xC6", 4), number, &len));
	CHECK_HEX("number", bytes_of(number, len), "000659A2F145F4");
}

/* 1152 bits under 1984: padded, no remainder; exponent 65537 at the issuer too. */
TEST(a_mastercard_card_holds_from_its_ca_to_its_key)
{
	static const char file[] = "contact-mastercard-in.txt", keys[] = "703e8f01ef";
	struct bytes data = with_aip(captured(file, "70818f", 0, 143), "\x59\x00");
	struct emv_certificate c;
	struct emv_recovered issuer, card;
	struct emv_key ca;
	uint8_t dac[2];

	REQUIRE_OK(emv_key_init(&ca, vector(EMV, "scheme-EF"), 3));
	c = certificate_of(captured(file, "7081fb9081f8", 0, 248), captured(file, keys, 0, 0),
	                   captured(file, keys, 9, 3));
	REQUIRE_OK(emv_issuer_recover(&ca, &c, &issuer));
	CHECK_HEX("issuer", bytes_of(issuer.holder.id, EMV_ISSUER_ID), "54133300");
	CHECK_HEX("serial", bytes_of(issuer.holder.serial, 3), "000001");
	CHECK_I64("size", issuer.key.size, 144);

	CHECK_OK(emv_sda_verify(&issuer.key, captured(file, "7081a65711", 20, 144), data, dac));
	CHECK_HEX("code", bytes_of(dac, 2), "DAC0");
	c = certificate_of(captured(file, "7081949f468190", 0, 144), captured(file, keys, 15, 42),
	                   captured(file, keys, 3, 3));
	REQUIRE_OK(emv_icc_recover(&issuer.key, &c, data, &card));
	CHECK_HEX("PAN", bytes_of(card.holder.id, EMV_PAN), "5413330089600044FFFF");
}
