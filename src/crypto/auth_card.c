/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/auth_card.h"

#include <stdio.h>

#include "crypto/digest.h"

/*
 * The body: version 1, serial 8, node 8, SAM 6, key version 1 | suite count 1, suites 4, merchant
 * 15, hosts 128, host's print 32, not before 8, not after 8, print of the transport point 32,
 * wrapped key 109 | zeros.
 */
enum { VERSION = 1, NAMED = 1 + AUTH_CARD_SERIAL + AUTH_CARD_NODE + AUTH_CARD_SAM + 1 };
static const char magic[] = "YIKACRD1", transport_magic[] = "YIKATRK1", used[] = "YIKACARD-USED ";

/* --- what is in range --- */

static bool is_text(const char *text, size_t min, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len >= min && len <= max;
}

static bool is_node(const char *node)
{
	size_t len = strlen(node);

	for (size_t i = 0; i < len; i++)
		if (!(node[i] >= '0' && node[i] <= '9') && !(node[i] >= 'A' && node[i] <= 'Z'))
			return false;
	return len == AUTH_CARD_NODE;
}

static result check(const struct auth_card *c)
{
	if (!is_node(c->node))
		return FAIL(AUTHCARD_FIELD, "node: 8 digits or capital letters");
	for (size_t i = 0; i < sizeof c->sam; i++)
		if (c->sam[i] >> 4 > 9 || (c->sam[i] & 15) > 9)
			return FAIL(AUTHCARD_FIELD, "sam: 12 digits");
	if (!c->key_version)
		return FAIL(AUTHCARD_FIELD, "key version: 1 and up");
	if (!is_text(c->merchant, 1, AUTH_CARD_MERCHANT))
		return FAIL(AUTHCARD_FIELD, "merchant: 1 to %d characters", AUTH_CARD_MERCHANT);
	if (!is_text(c->hosts, 0, AUTH_CARD_HOSTS))
		return FAIL(AUTHCARD_FIELD, "hosts: at most %d characters", AUTH_CARD_HOSTS);
	if (c->suite_count < 1 || c->suite_count > AUTH_CARD_SUITES)
		return FAIL(AUTHCARD_FIELD, "suites: 1 to %d", AUTH_CARD_SUITES);
	for (size_t i = 0; i < c->suite_count; i++)
		if (!suite_is_known(c->suites[i]))
			return FAIL(AUTHCARD_FIELD, "suite %u", c->suites[i]);
	if (c->not_before.us <= 0 || c->not_after.us <= c->not_before.us)
		return FAIL(AUTHCARD_FIELD, "a window of no time");
	return OK;
}

/* --- the body --- */

static void put_text(struct writer *w, const char *text, size_t size)
{
	writer_str(w, str_of(text));
	writer_fill(w, 0, size - strlen(text));
}

static void put_named(struct writer *w, const struct auth_card *c)
{
	writer_u8(w, VERSION);
	writer_put(w, bytes_of(c->serial, sizeof c->serial));
	put_text(w, c->node, AUTH_CARD_NODE);
	writer_put(w, bytes_of(c->sam, sizeof c->sam));
	writer_u8(w, c->key_version);
}

static void put_body(struct writer *w, const struct auth_card *c)
{
	put_named(w, c);
	writer_u8(w, (uint8_t)c->suite_count);
	writer_put(w, bytes_of(c->suites, sizeof c->suites));
	put_text(w, c->merchant, AUTH_CARD_MERCHANT);
	put_text(w, c->hosts, AUTH_CARD_HOSTS);
	writer_put(w, bytes_of(c->host_print, sizeof c->host_print));
	writer_u64(w, (uint64_t)c->not_before.us);
	writer_u64(w, (uint64_t)c->not_after.us);
	writer_put(w, bytes_of(c->transport, sizeof c->transport));
	writer_put(w, bytes_of(c->wrapped, sizeof c->wrapped));
	writer_fill(w, 0, AUTH_CARD_BODY - w->len);
}

static void get_body(struct reader *r, struct auth_card *c)
{
	reader_copy(r, c->serial, sizeof c->serial);
	reader_copy(r, c->node, AUTH_CARD_NODE);
	reader_copy(r, c->sam, sizeof c->sam);
	c->key_version = reader_u8(r);
	c->suite_count = reader_u8(r);
	reader_copy(r, c->suites, sizeof c->suites);
	reader_copy(r, c->merchant, AUTH_CARD_MERCHANT);
	reader_copy(r, c->hosts, AUTH_CARD_HOSTS);
	reader_copy(r, c->host_print, sizeof c->host_print);
	c->not_before.us = (int64_t)reader_u64(r);
	c->not_after.us = (int64_t)reader_u64(r);
	reader_copy(r, c->transport, sizeof c->transport);
	reader_copy(r, c->wrapped, sizeof c->wrapped);
}

result auth_card_parse(struct bytes body, struct auth_card *out)
{
	struct reader r = reader_of(body);
	struct auth_card c = { 0 };
	uint8_t version = reader_u8(&r);

	if (body.len != AUTH_CARD_BODY || version != VERSION)
		return FAIL(AUTHCARD_FORMAT, "%zu bytes of version %u", body.len, version);
	get_body(&r, &c);
	if (r.bad || !is_ok(check(&c)))
		return FAIL(AUTHCARD_FORMAT, "contents are out of range");
	*out = c;
	return OK;
}

/* --- its key --- */

static void print_of(const uint8_t point[SEAL_POINT], uint8_t out[AUTH_CARD_PRINT])
{
	digest_sha256(bytes_of(point, SEAL_POINT), out);
}

result auth_card_wrap(struct auth_card *card, const uint8_t transport[SEAL_POINT],
                      const struct secret *tik, struct random_source *random)
{
	struct writer w = writer_of(card->wrapped, sizeof card->wrapped);
	uint8_t named[NAMED];
	struct writer n = writer_of(named, sizeof named);

	if (tik->len != SUITE_KEY_SIZE)
		return FAIL(AUTHCARD_FIELD, "an initial key of %zu bytes", tik->len);
	TRY(check(card));
	put_named(&n, card);
	print_of(transport, card->transport);
	return seal_make(transport, writer_bytes(&n), bytes_of(tik->at, tik->len), random, &w);
}

result auth_card_unwrap(const struct auth_card *card, const struct seal_key *transport,
                        struct secret *tik)
{
	struct writer w = writer_of(tik->at, SUITE_KEY_SIZE);
	uint8_t named[NAMED], print[AUTH_CARD_PRINT];
	struct writer n = writer_of(named, sizeof named);

	print_of(transport->recipient, print);
	if (memcmp(print, card->transport, sizeof print) != 0)
		return FAIL(AUTHCARD_FOREIGN, "the card is for another machine");
	put_named(&n, card);
	result r = seal_open(transport, writer_bytes(&n),
	                     bytes_of(card->wrapped, sizeof card->wrapped), &w);
	tik->len = is_ok(r) ? w.len : 0;
	return r.code == SEAL_BROKEN ? FAIL(AUTHCARD_FOREIGN, "the key is not this card's") : r;
}

/* --- the file --- */

result auth_card_seal(const struct auth_card *card, struct str pin, struct passphrase_cost cost,
                      struct random_source *random, struct writer *file)
{
	uint8_t body[AUTH_CARD_BODY];
	struct writer w = writer_of(body, sizeof body);

	TRY(check(card));
	put_body(&w, card);
	TRY(writer_done(&w));
	return passphrase_seal(magic, pin, cost, random, writer_bytes(&w), file);
}

static bool is_used(struct bytes file)
{
	return file.len >= sizeof used - 1 && memcmp(file.at, used, sizeof used - 1) == 0;
}

result auth_card_open(struct bytes file, struct str pin, struct auth_card *out)
{
	uint8_t body[AUTH_CARD_BODY];

	if (is_used(file))
		return FAIL(AUTHCARD_USED, "the card was used here");
	if (bytes_equal(file, str_bytes(STR(AUTH_CARD_LOCKED))))
		return FAIL(AUTHCARD_LOCKED, "its PIN was wrong too often");
	result r = passphrase_open(magic, pin, file, body, sizeof body);
	if (r.code == PASSPHRASE_FORMAT)
		return FAIL(AUTHCARD_FORMAT, "not the file of an authorisation card");
	TRY(r);
	return auth_card_parse(bytes_of(body, sizeof body), out);
}

result auth_card_require_now(const struct auth_card *card, struct instant now)
{
	if (now.us < card->not_before.us)
		return FAIL(AUTHCARD_EXPIRED, "its time has not come, or the clock is wrong");
	if (now.us > card->not_after.us)
		return FAIL(AUTHCARD_EXPIRED, "its %d hours are over", AUTH_CARD_HOURS);
	return OK;
}

const char *auth_card_serial_text(const uint8_t serial[AUTH_CARD_SERIAL],
                                  char out[AUTH_CARD_SERIAL_TEXT])
{
	hex_encode(bytes_of(serial, AUTH_CARD_SERIAL), out);
	return out;
}

size_t auth_card_mark(const struct auth_card *card, char out[AUTH_CARD_MARK])
{
	char serial[AUTH_CARD_SERIAL_TEXT];
	int len = snprintf(out, AUTH_CARD_MARK, "%sserial=%s\n", used,
	                   auth_card_serial_text(card->serial, serial));

	return (size_t)len;
}

/* --- transport keys --- */

result auth_transport_make(struct str passphrase, struct passphrase_cost cost,
                           struct random_source *random, uint8_t point[SEAL_POINT],
                           struct writer *file)
{
	SCOPED(seal_key_close) struct seal_key k = { 0 };
	SCOPED(secret_wipe) struct secret number = { 0 };

	TRY(seal_key_draw(random, &number));
	TRY(seal_key_load(&k, &number));
	memcpy(point, k.recipient, SEAL_POINT);
	return passphrase_seal(transport_magic, passphrase, cost, random,
	                       bytes_of(number.at, number.len), file);
}

result auth_transport_open(struct bytes file, struct str passphrase, struct seal_key *out)
{
	SCOPED(secret_wipe) struct secret number = { .len = SEAL_NUMBER };

	TRY(passphrase_open(transport_magic, passphrase, file, number.at, number.len));
	return seal_key_load(out, &number);
}
