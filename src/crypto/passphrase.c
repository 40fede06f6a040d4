/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/passphrase.h"

#include <sodium.h>

#include "base/secret.h"

enum {
	SALT_LEN = crypto_pwhash_SALTBYTES,
	NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	HEAD_LEN = PASSPHRASE_MAGIC + 8 + SALT_LEN + NONCE_LEN,
	TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY_LEN = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	PASSES_MAX = 16,
	MEMORY_MIN_KIB = 8,
	MEMORY_MAX_KIB = 262144,
};
_Static_assert(HEAD_LEN + TAG_LEN == PASSPHRASE_EXTRA, "the head and the tag");

static bool is_cost(struct passphrase_cost c)
{
	return c.passes >= 1 && c.passes <= PASSES_MAX && c.memory_kib >= MEMORY_MIN_KIB &&
	       c.memory_kib <= MEMORY_MAX_KIB;
}

/* Slow on purpose. */
static result file_key(struct str passphrase, struct passphrase_cost cost, const uint8_t *salt,
                       struct secret *key)
{
	if (sodium_init() < 0)
		return FAIL(CRYPTO_FAULT, "libsodium does not start");
	key->len = KEY_LEN;
	if (crypto_pwhash(key->at, KEY_LEN, passphrase.at, passphrase.len, salt, cost.passes,
	                  (size_t)cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return FAIL(OUT_OF_MEMORY, "argon2id with %u KiB", cost.memory_kib);
	return OK;
}

result passphrase_seal(const char magic[PASSPHRASE_MAGIC], struct str passphrase,
                       struct passphrase_cost cost, struct random_source *random, struct bytes body,
                       struct writer *out)
{
	SCOPED(secret_wipe) struct secret key = { .len = 0 };
	uint8_t fresh[SALT_LEN + NONCE_LEN], sealed[PASSPHRASE_BODY_MAX + TAG_LEN];
	size_t start = out->len;

	if (passphrase.len < PASSPHRASE_MIN || passphrase.len > PASSPHRASE_MAX)
		return FAIL(INVALID_KEY, "a passphrase has %d to %d bytes", PASSPHRASE_MIN,
		            PASSPHRASE_MAX);
	if (!is_cost(cost) || body.len > PASSPHRASE_BODY_MAX)
		return FAIL(INVALID_KEY, "cost or length out of range");
	random_fill(random, fresh, sizeof fresh);
	TRY(file_key(passphrase, cost, fresh, &key));
	writer_put(out, bytes_of(magic, PASSPHRASE_MAGIC));
	writer_u32(out, cost.passes);
	writer_u32(out, cost.memory_kib);
	writer_put(out, bytes_of(fresh, sizeof fresh));
	TRY(writer_done(out));
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, body.at, body.len, out->at + start,
	                                           HEAD_LEN, NULL, fresh + SALT_LEN, key.at);
	writer_put(out, bytes_of(sealed, body.len + TAG_LEN));
	return writer_done(out);
}

result passphrase_open(const char magic[PASSPHRASE_MAGIC], struct str passphrase, struct bytes file,
                       uint8_t *body, size_t size)
{
	SCOPED(secret_wipe) struct secret key = { .len = 0 };
	struct reader r = reader_of(file);
	struct bytes mark, salt, nonce, sealed;
	struct passphrase_cost cost;

	memset(body, 0, size);
	mark = reader_bytes(&r, PASSPHRASE_MAGIC);
	cost.passes = reader_u32(&r);
	cost.memory_kib = reader_u32(&r);
	salt = reader_bytes(&r, SALT_LEN);
	nonce = reader_bytes(&r, NONCE_LEN);
	sealed = reader_bytes(&r, size + TAG_LEN);
	if (!is_ok(reader_done(&r)) || memcmp(mark.at, magic, PASSPHRASE_MAGIC) != 0 ||
	    !is_cost(cost))
		return FAIL(PASSPHRASE_FORMAT, "not a file of the kind %.8s", magic);
	if (passphrase.len > PASSPHRASE_MAX)
		return FAIL(PASSPHRASE_WRONG, "longer than %d bytes", PASSPHRASE_MAX);
	TRY(file_key(passphrase, cost, salt.at, &key));
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(body, NULL, NULL, sealed.at, sealed.len,
	                                               file.at, HEAD_LEN, nonce.at, key.at) != 0) {
		memset(body, 0, size);
		return FAIL(PASSPHRASE_WRONG, "the file does not open");
	}
	return OK;
}
