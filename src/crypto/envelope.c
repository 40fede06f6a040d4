/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/envelope.h"

#include "base/secret.h"
#include "crypto/kdf.h"
#include "crypto/sm4_cmac.h"

enum {
	SEC_VERSION = 1,
	AAD_SIZE = ENVELOPE_HDR + ENVELOPE_SEC,
	LEAD_SIZE = 8 + AAD_SIZE, /* of what the tag covers: in front of the ciphertext */
	MANY = 32,                /* envelopes side by side */
};

static result init_sm4(struct envelope_key *k, struct bytes tdk)
{
	SCOPED(secret_wipe) struct secret derived = { .len = SUITE_KEY_SIZE };
	uint8_t session[4];
	struct kdf_spec encrypt = { "YKT1-ENC", { session, sizeof session } };
	struct kdf_spec mac = { "YKT1-MAC", { session, sizeof session } };

	store_be32(session, k->session);
	TRY(kdf_counter(MAC_SM4_CMAC, tdk, &encrypt, derived.at, derived.len));
	TRY(cipher_ctr_init(&k->ctr, CIPHER_SM4, bytes_of(derived.at, derived.len)));
	TRY(kdf_counter(MAC_SM4_CMAC, tdk, &mac, derived.at, derived.len));
	return mac_key_init(&k->mac, MAC_SM4_CMAC, bytes_of(derived.at, derived.len));
}

result envelope_key_init(struct envelope_key *k, enum suite suite,
                         const uint8_t tdk[SUITE_KEY_SIZE], uint32_t session)
{
	struct bytes key = bytes_of(tdk, SUITE_KEY_SIZE);
	result r;

	*k = (struct envelope_key){ .suite = suite, .session = session };
	if (suite == SUITE_AES)
		r = cipher_gcm_init(&k->gcm, key);
	else if (suite == SUITE_SM4)
		r = init_sm4(k, key);
	else
		return FAIL(SUITE_UNSUPPORTED, "suite %d has no envelope", (int)suite);
	if (!is_ok(r))
		envelope_key_deinit(k);
	return r;
}

void envelope_key_deinit(struct envelope_key *k)
{
	cipher_gcm_deinit(&k->gcm);
	cipher_ctr_deinit(&k->ctr);
	mac_key_deinit(&k->mac);
}

/* SEC (5.5): version, suite, direction, 0, session 4, counter 8. */
result envelope_peek(struct bytes body, struct envelope_sec *out)
{
	const uint8_t *sec = body.at;

	if (body.len < ENVELOPE_EXTRA)
		return FAIL(ENVELOPE_BROKEN, "envelope of %zu bytes", body.len);
	if (sec[0] != SEC_VERSION || sec[2] > ENVELOPE_TO_NODE || sec[3] != 0 ||
	    !suite_has_envelope((enum suite)sec[1]))
		return FAIL(ENVELOPE_BROKEN, "SEC %02X%02X%02X%02X", sec[0], sec[1], sec[2],
		            sec[3]);
	*out = (struct envelope_sec){
		.suite = (enum suite)sec[1],
		.direction = (enum envelope_direction)sec[2],
		.session = load_be32(sec + 4),
		.counter = load_be64(sec + 8),
	};
	return OK;
}

/* nonce = direction || session[1..3] || counter; aad = HDR || SEC. */
static void prepare(const uint8_t hdr[ENVELOPE_HDR], const uint8_t *sec,
                    uint8_t nonce[CIPHER_NONCE], uint8_t aad[AAD_SIZE])
{
	nonce[0] = sec[2];
	memcpy(nonce + 1, sec + 5, 11);
	memcpy(aad, hdr, ENVELOPE_HDR);
	memcpy(aad + ENVELOPE_HDR, sec, ENVELOPE_SEC);
}

static void first_counter(const uint8_t nonce[CIPHER_NONCE], uint8_t first[16])
{
	memcpy(first, nonce, CIPHER_NONCE);
	store_be32(first + CIPHER_NONCE, 1);
}

static void apply_ctr(struct envelope_key *k, const uint8_t nonce[CIPHER_NONCE], uint8_t *message,
                      size_t len)
{
	uint8_t first[16];

	first_counter(nonce, first);
	cipher_ctr_apply(&k->ctr, first, message, len);
}

static void make_lead(const uint8_t aad[AAD_SIZE], uint8_t lead[LEAD_SIZE])
{
	store_be64(lead, AAD_SIZE);
	memcpy(lead + 8, aad, AAD_SIZE);
}

/* tag = CMAC(Km, u64(len AAD) || AAD || ciphertext) */
static void make_tag(struct envelope_key *k, const uint8_t aad[AAD_SIZE], struct bytes cipher,
                     uint8_t tag[ENVELOPE_TAG])
{
	uint8_t lead[LEAD_SIZE];

	make_lead(aad, lead);
	mac_begin(&k->mac);
	mac_add(&k->mac, bytes_of(lead, sizeof lead));
	mac_add(&k->mac, cipher);
	mac_end(&k->mac, tag);
}

static void put_sec(const struct envelope_key *k, enum envelope_direction direction,
                    uint64_t counter, uint8_t *sec)
{
	sec[0] = SEC_VERSION;
	sec[1] = (uint8_t)k->suite;
	sec[2] = (uint8_t)direction;
	sec[3] = 0;
	store_be32(sec + 4, k->session);
	store_be64(sec + 8, counter);
}

static result check_sec(const struct envelope_key *k, enum envelope_direction direction,
                        struct bytes body)
{
	struct envelope_sec sec;

	TRY(envelope_peek(body, &sec));
	if (sec.suite != k->suite || sec.session != k->session || sec.direction != direction)
		return FAIL(ENVELOPE_BROKEN, "suite %d, direction %d of another session",
		            (int)sec.suite, (int)sec.direction);
	return OK;
}

/* Suite 1, and suite 2 where OpenSSL does it. */
static void seal_alone(const struct envelope_item *item)
{
	struct envelope_key *k = item->key;
	uint8_t *message = item->body + ENVELOPE_SEC;
	uint8_t nonce[CIPHER_NONCE], aad[AAD_SIZE];

	put_sec(k, item->direction, item->counter, item->body);
	prepare(item->hdr, item->body, nonce, aad);
	if (k->suite == SUITE_AES) {
		cipher_gcm_seal(&k->gcm, nonce, bytes_of(aad, AAD_SIZE), message, item->len,
		                message + item->len);
		return;
	}
	apply_ctr(k, nonce, message, item->len);
	make_tag(k, aad, bytes_of(message, item->len), message + item->len);
}

/* SEC is right already. */
static void open_alone(struct envelope_item *item)
{
	struct envelope_key *k = item->key;
	uint8_t *at = item->body + ENVELOPE_SEC;
	size_t len = item->len - ENVELOPE_EXTRA;
	uint8_t nonce[CIPHER_NONCE], aad[AAD_SIZE], tag[ENVELOPE_TAG];

	prepare(item->hdr, item->body, nonce, aad);
	if (k->suite == SUITE_AES) {
		item->right =
		        cipher_gcm_open(&k->gcm, nonce, bytes_of(aad, AAD_SIZE), at, len, at + len);
		return;
	}
	make_tag(k, aad, bytes_of(at, len), tag);
	item->right =
	        bytes_equal_secret(bytes_of(tag, sizeof tag), bytes_of(at + len, ENVELOPE_TAG));
	if (item->right)
		apply_ctr(k, nonce, at, len);
}

/* --- many of suite 2, side by side --- */

struct many {
	size_t count;
	struct envelope_item *item[MANY];
	struct bytes text[MANY]; /* ciphertext or message, in place */
	struct sm4_cmac cmac[MANY];
	struct sm4_job jobs[MANY];
};

static void make_tags(struct many *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct envelope_item *item = m->item[i];
		uint8_t nonce[CIPHER_NONCE], aad[AAD_SIZE], lead[LEAD_SIZE];

		prepare(item->hdr, item->body, nonce, aad);
		make_lead(aad, lead);
		sm4_cmac_job(&m->cmac[i], &item->key->mac, bytes_of(lead, sizeof lead), m->text[i],
		             &m->jobs[i]);
	}
	sm4_run(m->jobs, m->count);
	secret_wipe_bytes(m->cmac, m->count * sizeof m->cmac[0]); /* subkeys can be seen in it */
}

/* Of those that are `right`. */
static void apply_streams(struct many *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct envelope_item *item = m->item[i];
		uint8_t nonce[CIPHER_NONCE], aad[AAD_SIZE];

		if (!item->right)
			continue;
		prepare(item->hdr, item->body, nonce, aad);
		m->jobs[n] = (struct sm4_job){ .key = item->key->ctr.sm4,
			                       .stream = item->body + ENVELOPE_SEC,
			                       .len = m->text[i].len };
		first_counter(nonce, m->jobs[n++].block);
	}
	sm4_run(m->jobs, n);
}

/* No byte is decrypted before its tag is known to be right. */
static void open_gathered(struct many *m)
{
	make_tags(m);
	for (size_t i = 0; i < m->count; i++)
		m->item[i]->right =
		        bytes_equal_secret(bytes_of(m->jobs[i].block, ENVELOPE_TAG),
		                           bytes_of(m->text[i].at + m->text[i].len, ENVELOPE_TAG));
	apply_streams(m);
	m->count = 0;
}

static void seal_gathered(struct many *m)
{
	apply_streams(m);
	make_tags(m);
	for (size_t i = 0; i < m->count; i++)
		memcpy(m->item[i]->body + ENVELOPE_SEC + m->text[i].len, m->jobs[i].block,
		       ENVELOPE_TAG);
	m->count = 0;
}

static void gather(struct many *m, struct envelope_item *item, size_t len)
{
	m->item[m->count] = item;
	m->text[m->count++] = bytes_of(item->body + ENVELOPE_SEC, len);
}

static bool is_side_by_side(const struct envelope_key *k)
{
	return k->mac.sm4 && k->ctr.sm4;
}

void envelope_seal_many(struct envelope_item *items, size_t count)
{
	struct many m;

	m.count = 0;
	for (size_t i = 0; i < count; i++) {
		items[i].right = true;
		if (!is_side_by_side(items[i].key)) {
			seal_alone(&items[i]);
			continue;
		}
		put_sec(items[i].key, items[i].direction, items[i].counter, items[i].body);
		gather(&m, &items[i], items[i].len);
		if (m.count == MANY)
			seal_gathered(&m);
	}
	if (m.count)
		seal_gathered(&m);
}

void envelope_open_many(struct envelope_item *items, size_t count)
{
	struct many m;

	m.count = 0;
	for (size_t i = 0; i < count; i++) {
		struct envelope_item *item = &items[i];

		item->right = is_ok(
		        check_sec(item->key, item->direction, bytes_of(item->body, item->len)));
		if (!item->right)
			continue;
		item->message = bytes_of(item->body + ENVELOPE_SEC, item->len - ENVELOPE_EXTRA);
		if (!is_side_by_side(item->key)) {
			open_alone(item);
			continue;
		}
		gather(&m, item, item->message.len);
		if (m.count == MANY)
			open_gathered(&m);
	}
	if (m.count)
		open_gathered(&m);
}

void envelope_seal(struct envelope_key *k, enum envelope_direction direction, uint64_t counter,
                   const uint8_t hdr[ENVELOPE_HDR], uint8_t *body, size_t len)
{
	struct envelope_item one = { .key = k,
		                     .direction = direction,
		                     .counter = counter,
		                     .hdr = hdr,
		                     .body = body,
		                     .len = len };

	envelope_seal_many(&one, 1);
}

result envelope_open(struct envelope_key *k, enum envelope_direction direction,
                     const uint8_t hdr[ENVELOPE_HDR], uint8_t *body, size_t body_len,
                     struct bytes *message)
{
	struct envelope_item one = {
		.key = k, .direction = direction, .hdr = hdr, .body = body, .len = body_len
	};

	TRY(check_sec(k, direction, bytes_of(body, body_len)));
	envelope_open_many(&one, 1);
	if (!one.right)
		return FAIL(ENVELOPE_BROKEN, "tag of an envelope");
	*message = one.message;
	return OK;
}
