/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of issuers and cards: the same block but for format and name of the holder. */
#include "crypto/emv_cert.h"

#include "crypto/emv_block.h"

/* EMV Book 2, tables 6 and 14 */
struct form {
	uint8_t format;
	size_t id_len, digits_min, digits_max;
	const char *what;
};
static const struct form issuer_form = { 0x02, EMV_ISSUER_ID, 3, 8, "issuer certificate" };
static const struct form icc_form = { 0x04, EMV_PAN, 8, 19, "card certificate" };

/* Format, holder, hash and key algorithm, lengths of key and exponent. */
static size_t content_head(const struct form *f)
{
	return 1 + f->id_len + 2 + 3 + 4;
}

/* Bytes of the modulus that a block has room for. */
static size_t room(const struct form *f, size_t block_size)
{
	return block_size - 1 - content_head(f) - EMV_TAIL;
}

int emv_expiry_months(const uint8_t expiry[2])
{
	int month, year;

	if (!emv_is_padded_digits(bytes_of(expiry, 2), 4, 4))
		return 0;
	month = (expiry[0] >> 4) * 10 + (expiry[0] & 15);
	year = (expiry[1] >> 4) * 10 + (expiry[1] & 15);
	if (month < 1 || month > 12)
		return 0;
	return (year < 50 ? 2000 + year : 1900 + year) * 12 + month; /* EMV Book 4 6.7.3 */
}

bool emv_is_padded_digits(struct bytes id, size_t min, size_t max)
{
	size_t digits = 0;

	for (size_t i = 0; i < 2 * id.len; i++) {
		uint8_t nibble = i % 2 ? id.at[i / 2] & 15 : id.at[i / 2] >> 4;

		if (nibble <= 9 && digits == i)
			digits++;
		else if (nibble != 15)
			return false;
	}
	return digits >= min && digits <= max;
}

static result check_holder(const struct form *f, const struct emv_holder *h)
{
	if (!emv_is_padded_digits(bytes_of(h->id, f->id_len), f->digits_min, f->digits_max))
		return FAIL(EMV_CERTIFICATE, "%s: name of the holder", f->what);
	if (!emv_expiry_months(h->expiry))
		return FAIL(EMV_CERTIFICATE, "%s: expiry date %02X%02X", f->what, h->expiry[0],
		            h->expiry[1]);
	return OK;
}

/* --- make --- */

static void put_head(const struct form *f, const struct emv_holder *h, const struct emv_key *key,
                     size_t exponent_len, struct writer *w)
{
	writer_u8(w, f->format);
	writer_put(w, bytes_of(h->id, f->id_len));
	writer_put(w, bytes_of(h->expiry, sizeof h->expiry));
	writer_put(w, bytes_of(h->serial, sizeof h->serial));
	writer_u8(w, EMV_SHA1);
	writer_u8(w, EMV_RSA);
	writer_u8(w, (uint8_t)key->size);
	writer_u8(w, (uint8_t)exponent_len);
}

/* The leftmost part of the modulus in the block, the rest beside it. */
static void split_key(const struct emv_key *key, size_t room_size, struct writer *w,
                      struct emv_certificate *out)
{
	size_t part = key->size < room_size ? key->size : room_size;

	writer_put(w, bytes_of(key->modulus, part));
	writer_fill(w, EMV_PAD, room_size - part);
	out->remainder_len = key->size - part;
	memcpy(out->remainder, key->modulus + part, out->remainder_len);
	out->exponent_len = emv_key_exponent(key, out->exponent);
}

static result make(const struct form *f, struct emv_signer *signer, const struct emv_holder *holder,
                   const struct emv_key *key, struct bytes static_data, struct emv_certificate *out)
{
	uint8_t content[EMV_KEY_MAX], exponent[EMV_EXPONENT_MAX];
	struct writer w = writer_of(content, sizeof content);
	struct emv_beyond beyond;

	if (signer->size < EMV_KEY_MIN || signer->size > EMV_KEY_MAX || key->size > signer->size)
		return FAIL(INVALID_KEY, "%s: key of %zu bytes under one of %zu", f->what,
		            key->size, signer->size);
	TRY(check_holder(f, holder));
	*out = (struct emv_certificate){ .size = signer->size };
	put_head(f, holder, key, emv_key_exponent(key, exponent), &w);
	split_key(key, room(f, signer->size), &w, out);
	beyond = (struct emv_beyond){ { { out->remainder, out->remainder_len },
		                        { out->exponent, out->exponent_len },
		                        static_data } };
	return emv_block_sign(signer, writer_bytes(&w), &beyond, out->block);
}

/* --- recover --- */

/* The exponent and remainder that came beside the block, against what the block says. */
static result join_key(const struct form *f, const struct emv_certificate *c, struct bytes part,
                       size_t key_len, struct emv_key *out)
{
	uint8_t modulus[EMV_KEY_MAX];
	size_t inside = key_len < part.len ? key_len : part.len;
	uint32_t exponent = emv_exponent_of(bytes_of(c->exponent, c->exponent_len));

	if (c->remainder_len != key_len - inside)
		return FAIL(EMV_CERTIFICATE, "%s: remainder of %zu bytes, not %zu", f->what,
		            c->remainder_len, key_len - inside);
	if (!exponent)
		return FAIL(EMV_CERTIFICATE, "%s: exponent", f->what);
	TRY(emv_block_check_pad(bytes_of(part.at + inside, part.len - inside), f->what));
	memcpy(modulus, part.at, inside);
	memcpy(modulus + inside, c->remainder, c->remainder_len);
	if (!is_ok(emv_key_init(out, bytes_of(modulus, key_len), exponent)))
		return FAIL(EMV_CERTIFICATE, "%s: modulus", f->what);
	return OK;
}

/* Everything in front of the modulus. */
static result read_head(const struct form *f, const struct emv_certificate *c, struct reader *r,
                        struct emv_holder *h, size_t *key_len)
{
	uint8_t hash, algorithm, exponent_len;

	*h = (struct emv_holder){ 0 };
	reader_copy(r, h->id, f->id_len);
	reader_copy(r, h->expiry, sizeof h->expiry);
	reader_copy(r, h->serial, sizeof h->serial);
	hash = reader_u8(r);
	algorithm = reader_u8(r);
	*key_len = reader_u8(r);
	exponent_len = reader_u8(r);
	if (hash != EMV_SHA1)
		return FAIL(EMV_CERTIFICATE, "%s: hash algorithm %02X", f->what, hash);
	if (algorithm != EMV_RSA)
		return FAIL(EMV_CERTIFICATE, "%s: public key algorithm %02X", f->what, algorithm);
	if (*key_len < EMV_KEY_MIN || *key_len > c->size)
		return FAIL(EMV_CERTIFICATE, "%s: public key of %zu bytes", f->what, *key_len);
	if (exponent_len != c->exponent_len)
		return FAIL(EMV_CERTIFICATE, "%s: exponent of %u bytes", f->what, exponent_len);
	return check_holder(f, h);
}

static result recover(const struct form *f, const struct emv_key *signer,
                      const struct emv_certificate *c, struct bytes static_data,
                      struct emv_recovered *out)
{
	struct emv_beyond beyond = { { { c->remainder, c->remainder_len },
		                       { c->exponent, c->exponent_len },
		                       static_data } };
	struct reader r;
	size_t key_len;

	if (c->remainder_len > sizeof c->remainder || c->exponent_len > sizeof c->exponent ||
	    c->size > sizeof c->block)
		return FAIL(EMV_CERTIFICATE, "%s: lengths", f->what);
	TRY(emv_block_open(signer, bytes_of(c->block, c->size), f->format, f->what, out->block));
	out->size = c->size;
	TRY(emv_block_check_hash(bytes_of(out->block, c->size), &beyond, f->what));
	r = reader_of(bytes_of(out->block + 2, c->size - 2));
	TRY(read_head(f, c, &r, &out->holder, &key_len));
	return join_key(f, c, reader_bytes(&r, room(f, c->size)), key_len, &out->key);
}

/* --- the two kinds --- */

result emv_issuer_make(struct emv_signer *ca, const struct emv_holder *holder,
                       const struct emv_key *key, struct emv_certificate *out)
{
	return make(&issuer_form, ca, holder, key, (struct bytes){ 0 }, out);
}

result emv_issuer_recover(const struct emv_key *ca, const struct emv_certificate *certificate,
                          struct emv_recovered *out)
{
	return recover(&issuer_form, ca, certificate, (struct bytes){ 0 }, out);
}

result emv_icc_make(struct emv_signer *issuer, const struct emv_holder *holder,
                    const struct emv_key *key, struct bytes static_data,
                    struct emv_certificate *out)
{
	return make(&icc_form, issuer, holder, key, static_data, out);
}

result emv_icc_recover(const struct emv_key *issuer, const struct emv_certificate *certificate,
                       struct bytes static_data, struct emv_recovered *out)
{
	return recover(&icc_form, issuer, certificate, static_data, out);
}
