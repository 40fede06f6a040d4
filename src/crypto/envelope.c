/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/envelope.h"

#include "base/secret.h"
#include "crypto/kdf.h"

enum {
	SEC_VERSION = 1,
	AAD_SIZE = ENVELOPE_HDR + ENVELOPE_SEC,
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

static void apply_ctr(struct envelope_key *k, const uint8_t nonce[CIPHER_NONCE], uint8_t *message,
                      size_t len)
{
	uint8_t first[16] = { [15] = 1 };

	memcpy(first, nonce, CIPHER_NONCE);
	cipher_ctr_apply(&k->ctr, first, message, len);
}

/* tag = CMAC(Km, u64(len AAD) || AAD || ciphertext) */
static void make_tag(struct envelope_key *k, const uint8_t aad[AAD_SIZE], struct bytes cipher,
                     uint8_t tag[ENVELOPE_TAG])
{
	uint8_t head[8 + AAD_SIZE];

	store_be64(head, AAD_SIZE);
	memcpy(head + 8, aad, AAD_SIZE);
	mac_begin(&k->mac);
	mac_add(&k->mac, bytes_of(head, sizeof head));
	mac_add(&k->mac, cipher);
	mac_end(&k->mac, tag);
}

void envelope_seal(struct envelope_key *k, enum envelope_direction direction, uint64_t counter,
                   const uint8_t hdr[ENVELOPE_HDR], uint8_t *body, size_t len)
{
	uint8_t *message = body + ENVELOPE_SEC;
	uint8_t nonce[CIPHER_NONCE], aad[AAD_SIZE];

	body[0] = SEC_VERSION;
	body[1] = (uint8_t)k->suite;
	body[2] = (uint8_t)direction;
	body[3] = 0;
	store_be32(body + 4, k->session);
	store_be64(body + 8, counter);
	prepare(hdr, body, nonce, aad);
	if (k->suite == SUITE_AES) {
		cipher_gcm_seal(&k->gcm, nonce, bytes_of(aad, AAD_SIZE), message, len,
		                message + len);
		return;
	}
	apply_ctr(k, nonce, message, len);
	make_tag(k, aad, bytes_of(message, len), message + len);
}

result envelope_open(struct envelope_key *k, enum envelope_direction direction,
                     const uint8_t hdr[ENVELOPE_HDR], uint8_t *body, size_t body_len,
                     struct bytes *message)
{
	struct envelope_sec sec;
	uint8_t *at = body + ENVELOPE_SEC;
	uint8_t nonce[CIPHER_NONCE], aad[AAD_SIZE], tag[ENVELOPE_TAG];
	size_t len;
	bool right;

	TRY(envelope_peek(bytes_of(body, body_len), &sec));
	len = body_len - ENVELOPE_EXTRA;
	if (sec.suite != k->suite || sec.session != k->session || sec.direction != direction)
		return FAIL(ENVELOPE_BROKEN, "suite %d, direction %d of another session",
		            (int)sec.suite, (int)sec.direction);
	prepare(hdr, body, nonce, aad);
	if (k->suite == SUITE_AES) {
		right = cipher_gcm_open(&k->gcm, nonce, bytes_of(aad, AAD_SIZE), at, len, at + len);
	} else {
		make_tag(k, aad, bytes_of(at, len), tag);
		right = bytes_equal_secret(bytes_of(tag, sizeof tag),
		                           bytes_of(at + len, ENVELOPE_TAG));
		if (right)
			apply_ctr(k, nonce, at, len);
	}
	if (!right)
		return FAIL(ENVELOPE_BROKEN, "tag of an envelope");
	*message = bytes_of(at, len);
	return OK;
}
