/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ipk_ca.h"

static result read_key(const struct ipk_ca_text *text, struct emv_key *out)
{
	uint8_t modulus[EMV_KEY_MAX], exponent[EMV_EXPONENT_MAX];
	size_t len = text->modulus.len / 2, exponent_len = text->exponent.len / 2;

	if (len > sizeof modulus || exponent_len > sizeof exponent)
		return FAIL(INVALID_KEY, "a CA modulus of %zu bytes, exponent of %zu", len,
		            exponent_len);
	TRY(hex_decode(text->modulus, modulus, len));
	TRY(hex_decode(text->exponent, exponent, exponent_len));
	return emv_key_init(out, bytes_of(modulus, len),
	                    emv_exponent_of(bytes_of(exponent, exponent_len)));
}

static result read_day(struct str text, struct bizdate *out)
{
	uint64_t number;

	if (text.len != 8 || !is_ok(str_u64(text, &number)) ||
	    !bizdate_is_valid((struct bizdate){ (uint32_t)number }))
		return FAIL(TIME_SYNTAX, "the expiry of a CA key is written yyyymmdd");
	*out = (struct bizdate){ (uint32_t)number };
	return OK;
}

result ipk_ca_read(const struct ipk_ca_text *text, struct ipk_ca *out)
{
	uint8_t checksum[EMV_HASH];
	struct ipk_ca ca;

	TRY(hex_decode(text->rid, ca.rid, sizeof ca.rid));
	TRY(hex_decode(text->index, &ca.index, 1));
	TRY(read_key(text, &ca.key));
	TRY(read_day(text->expiry, &ca.expiry));
	TRY(hex_decode(text->checksum, checksum, sizeof checksum));
	TRY(emv_ca_check(ca.rid, ca.index, &ca.key, checksum));
	*out = ca;
	return OK;
}
