/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyblock_form.h"

#include "crypto/cipher.h"
#include "crypto/keywrap.h"

enum {
	OPTION_HEAD = 4,
	PAD_MAX = OPTION_HEAD + KEYBLOCK_MAC_MAX, /* characters of PB */
	HEAD_MAX = KEYBLOCK_HEADER + KEYBLOCK_OPTIONS_MAX + PAD_MAX,
	BITS = 2, /* bytes before the key: its length in bits */
};
_Static_assert((int)KEYWRAP_PAD_MAX <= (int)KEYBLOCK_BODY_MAX, "a wrapped key is a body");
_Static_assert(HEAD_MAX + 2 * (KEYBLOCK_BODY_MAX + KEYBLOCK_MAC_MAX) <= KEYBLOCK_TEXT_MAX,
               "a block that is made here has a length of four digits");

static const char hex_digits[] = "0123456789ABCDEF";

/* A block that is being made. */
struct draft {
	const struct keyblock_form *form;
	char head[HEAD_MAX];
	size_t head_len;
	uint8_t body[KEYBLOCK_BODY_MAX]; /* as it is enciphered */
	size_t body_len;
	uint8_t mac[KEYBLOCK_MAC_MAX];
};

static bool key_fits(char algorithm, size_t len)
{
	enum cipher_kind kind;

	if (algorithm == 'A' || algorithm == 'T' || algorithm == 'D' || algorithm == '4')
		return is_ok(cipher_kind_of(algorithm, len, &kind));
	return len >= 1 && len <= KEYBLOCK_KEY_MAX;
}

static struct str options_of(const struct keyblock_header *h)
{
	return (struct str){ h->options, strnlen(h->options, sizeof h->options) };
}

static result check_header(const struct keyblock_header *h, size_t *count)
{
	struct str options = options_of(h);

	TRY(keyblock_check_use(h));
	if (!keyblock_is_letter(h->key_version[0]) || !keyblock_is_letter(h->key_version[1]) ||
	    h->key_version[2] || h->context < '0' || h->context > '2')
		return FAIL(KEYBLOCK_FORM, "key version or context of a header");
	if (options.len > KEYBLOCK_OPTIONS_MAX)
		return FAIL(KEYBLOCK_FORM, "optional blocks have no end");
	return keyblock_option_check(options, count);
}

/* The characters of PB that options of this length need. */
static size_t pad_size(const struct keyblock_form *form, size_t options)
{
	size_t len = (form->block - options % form->block) % form->block;

	return len && len < OPTION_HEAD ? len + form->block : len;
}

/* X9.143 6.2: PB fills the optional blocks up to whole cipher blocks, with anything printable. */
static void write_pad(struct writer *w, size_t len, struct random_source *random)
{
	uint8_t filler[PAD_MAX];

	writer_str(w, STR("PB"));
	writer_u8(w, (uint8_t)hex_digits[len >> 4]);
	writer_u8(w, (uint8_t)hex_digits[len & 15]);
	if (len == OPTION_HEAD)
		return;
	random_fill(random, filler, len - OPTION_HEAD);
	for (size_t i = OPTION_HEAD; i < len; i++)
		writer_u8(w, (uint8_t)hex_digits[filler[i - OPTION_HEAD] & 15]);
}

static void write_decimal(struct writer *w, size_t number, size_t least_place)
{
	for (; least_place; least_place /= 10)
		writer_u8(w, (uint8_t)('0' + number / least_place % 10));
}

/* Header and optional blocks; the length of the body stands in it. */
static result write_head(struct draft *d, const struct keyblock_header *h,
                         struct random_source *random)
{
	struct writer w = writer_of(d->head, sizeof d->head);
	struct str options = options_of(h);
	size_t pad = pad_size(d->form, options.len), count;

	TRY(check_header(h, &count));
	d->head_len = KEYBLOCK_HEADER + options.len + pad;
	writer_u8(&w, (uint8_t)h->version);
	write_decimal(&w, d->head_len + 2 * (d->body_len + d->form->mac_len), 1000);
	writer_put(&w, bytes_of(h->usage, 2));
	writer_u8(&w, (uint8_t)h->algorithm);
	writer_u8(&w, (uint8_t)h->mode);
	writer_put(&w, bytes_of(h->key_version, 2));
	writer_u8(&w, (uint8_t)h->exportability);
	write_decimal(&w, count + (pad > 0), 10);
	writer_u8(&w, (uint8_t)h->context);
	writer_u8(&w, '0');
	writer_str(&w, options);
	if (pad)
		write_pad(&w, pad, random);
	ASSERT(!w.bad && w.len == d->head_len);
	return OK;
}

static struct bytes head_of(const struct draft *d)
{
	return bytes_of(d->head, d->head_len);
}

/* Text, when it fits. */
static result write_text(const struct draft *d, char *text, size_t size, size_t *len)
{
	size_t total = d->head_len + 2 * (d->body_len + d->form->mac_len);

	if (total >= size)
		return FAIL(BUFFER_FULL, "a key block of %zu characters", total);
	memcpy(text, d->head, d->head_len);
	hex_encode(bytes_of(d->body, d->body_len), text + d->head_len);
	hex_encode(bytes_of(d->mac, d->form->mac_len), text + d->head_len + 2 * d->body_len);
	*len = total;
	return OK;
}

static result begin(struct keyblock_protector *p, const struct keyblock_order *o, bool is_wrapped,
                    struct draft *d)
{
	const struct keyblock_form *form = keyblock_form_of(o->header->version);

	if (!form || form->is_variant || form->is_wrapped != is_wrapped || form->block != p->block)
		return FAIL(KEYBLOCK_FORM, "version %c is not written here", o->header->version);
	d->form = form;
	return OK;
}

/* X9.143 6.1: as if it were the longest key of its algorithm, so that the block does not tell its
 * length. */
static size_t padded_len(const struct keyblock_order *o)
{
	char a = o->header->algorithm;
	size_t least = o->hidden_as;

	if (least == 0)
		least = a == 'T' || a == 'D' ? 24 : a == 'A' || a == '4' ? 32 : 1;
	return o->key.len > least ? o->key.len : least;
}

/* X9.143 7.3.1, table 26: bits, key, pad. */
static result protect(struct keyblock_protector *p, const struct keyblock_order *o, struct draft *d)
{
	uint8_t clear[KEYBLOCK_BODY_MAX];
	size_t used = BITS + o->key.len;
	result r;

	store_be16(clear, (uint16_t)(8 * o->key.len));
	memcpy(clear + BITS, o->key.at, o->key.len);
	if (d->body_len > used)
		random_fill(o->random, clear + used, d->body_len - used);
	r = p->mac(p, head_of(d), bytes_of(clear, d->body_len), d->mac);
	if (is_ok(r))
		r = p->encrypt(p, d->mac, bytes_of(clear, d->body_len), d->body);
	secret_wipe_bytes(clear, sizeof clear);
	return r;
}

result keyblock_seal(struct keyblock_protector *p, const struct keyblock_order *o, char *text,
                     size_t size, size_t *len)
{
	struct draft d = { 0 };
	size_t body;

	TRY(begin(p, o, false, &d));
	TRY(keyblock_check_use(o->header));
	if (!key_fits(o->header->algorithm, o->key.len) || o->hidden_as > KEYBLOCK_KEY_MAX)
		return FAIL(KEYBLOCK_FORM, "a key of %zu bytes for algorithm %c", o->key.len,
		            o->header->algorithm);
	body = BITS + padded_len(o);
	d.body_len = (body + d.form->unit - 1) / d.form->unit * d.form->unit;
	TRY(write_head(&d, o->header, o->random));
	TRY(protect(p, o, &d));
	return write_text(&d, text, size, len);
}

result keyblock_seal_wrapped(struct keyblock_protector *p, const struct keyblock_order *o,
                             char *text, size_t size, size_t *len)
{
	struct draft d = { 0 };

	TRY(begin(p, o, true, &d));
	if (o->key.len < 16 || o->key.len > KEYWRAP_PAD_MAX || o->key.len % 8)
		return FAIL(KEYBLOCK_FORM, "a wrapped key of %zu bytes", o->key.len);
	memcpy(d.body, o->key.at, o->key.len);
	d.body_len = o->key.len;
	TRY(write_head(&d, o->header, o->random));
	TRY(p->mac(p, head_of(&d), o->key, d.mac));
	return write_text(&d, text, size, len);
}

/* Is this the MAC over the block's head and these bytes? */
static result check_mac(struct keyblock_protector *p, struct str text, const struct keyblock *b,
                        struct bytes tail)
{
	size_t len = keyblock_form_of(b->header.version)->mac_len;
	uint8_t mac[KEYBLOCK_MAC_MAX] = { 0 };
	bool is_right;
	result r;

	ASSERT(b->head_len >= KEYBLOCK_HEADER && b->head_len <= text.len);
	r = p->mac(p, bytes_of(text.at, b->head_len), tail, mac);
	is_right = bytes_equal_secret(bytes_of(mac, len), bytes_of(b->mac, len));
	secret_wipe_bytes(mac, sizeof mac); /* of a forged block it would be the right one */
	TRY(r);
	return is_right ? OK
	                : FAIL(KEYBLOCK_MAC, "MAC of a key block, version %c", b->header.version);
}

/* TR-31:2018 annex, versions A and C: the IV is the beginning of the header. */
static result open_variant(struct keyblock_protector *p, struct str text, const struct keyblock *b,
                           uint8_t *clear)
{
	uint8_t iv[16] = { 0 };

	TRY(check_mac(p, text, b, bytes_of(b->body, b->body_len)));
	memcpy(iv, text.at, 8);
	return p->decrypt(p, iv, bytes_of(b->body, b->body_len), clear);
}

static result open_bound(struct keyblock_protector *p, struct str text, const struct keyblock *b,
                         uint8_t *clear)
{
	TRY(p->decrypt(p, b->mac, bytes_of(b->body, b->body_len), clear));
	return check_mac(p, text, b, bytes_of(clear, b->body_len));
}

static result take_key(const struct keyblock *b, const uint8_t *clear, uint8_t *key,
                       size_t *key_len)
{
	size_t bits = load_be16(clear), len = bits / 8;

	if (bits % 8 || len > b->body_len - BITS || len > KEYBLOCK_KEY_MAX ||
	    !key_fits(b->header.algorithm, len))
		return FAIL(KEYBLOCK_FORM, "a key of %zu bits in a body of %zu bytes", bits,
		            b->body_len);
	memcpy(key, clear + BITS, len);
	*key_len = len;
	return OK;
}

result keyblock_open(struct keyblock_protector *p, struct str text, const struct keyblock *b,
                     uint8_t *key, size_t *key_len)
{
	const struct keyblock_form *form = keyblock_form_of(b->header.version);
	uint8_t clear[KEYBLOCK_BODY_MAX];
	result r;

	*key_len = 0;
	if (!form || form->is_wrapped || form->block != p->block || b->body_len < form->block)
		r = FAIL(KEYBLOCK_FORM, "version %c is not opened here", b->header.version);
	else if (form->is_variant)
		r = open_variant(p, text, b, clear);
	else
		r = open_bound(p, text, b, clear);
	if (is_ok(r))
		r = take_key(b, clear, key, key_len);
	secret_wipe_bytes(clear, sizeof clear);
	if (!is_ok(r))
		secret_wipe_bytes(key, KEYBLOCK_KEY_MAX);
	return r;
}

result keyblock_check(struct keyblock_protector *p, struct str text, const struct keyblock *b)
{
	const struct keyblock_form *form = keyblock_form_of(b->header.version);

	if (!form || !form->is_wrapped || form->block != p->block)
		return FAIL(KEYBLOCK_FORM, "version %c holds no wrapped key", b->header.version);
	return check_mac(p, text, b, bytes_of(b->body, b->body_len));
}
