/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include "base/secret.h"

static const enum digest_kind digests[] = {
	[HMAC_SHA256] = DIGEST_SHA256,
	[HMAC_SM3] = DIGEST_SM3,
	[HMAC_SHA1] = DIGEST_SHA1,
};

size_t hmac_size(enum hmac_kind kind)
{
	return digest_size(digests[kind]);
}

/* RFC 2104 2: a key longer than a block is hashed, a shorter one is filled up with zeros. */
static void key_block(struct digest *d, struct bytes key, uint8_t block[HMAC_BLOCK])
{
	memset(block, 0, HMAC_BLOCK);
	if (key.len > HMAC_BLOCK) {
		digest_begin(d);
		digest_add(d, key);
		digest_end(d, block);
	} else if (key.len) {
		memcpy(block, key.at, key.len);
	}
}

result hmac_key_init(struct hmac_key *k, enum hmac_kind kind, struct bytes key)
{
	uint8_t block[HMAC_BLOCK];

	*k = (struct hmac_key){ 0 };
	TRY(digest_init(&k->digest, digests[kind]));
	key_block(&k->digest, key, block);
	for (size_t i = 0; i < sizeof block; i++) {
		k->inner[i] = block[i] ^ 0x36;
		k->outer[i] = block[i] ^ 0x5C;
	}
	secret_wipe_bytes(block, sizeof block);
	return OK;
}

void hmac_key_deinit(struct hmac_key *k)
{
	digest_deinit(&k->digest);
	secret_wipe_bytes(k, sizeof *k);
}

/*
 * On the digest rather than on OpenSSL's HMAC, which copies contexts and so asks for memory with
 * every message.
 */
void hmac_pieces(struct hmac_key *k, const struct bytes *pieces, size_t count,
                 uint8_t out[HMAC_SIZE])
{
	size_t size = digest_size(k->digest.kind);

	memset(out, 0, HMAC_SIZE);
	digest_begin(&k->digest);
	digest_add(&k->digest, bytes_of(k->inner, HMAC_BLOCK));
	for (size_t i = 0; i < count; i++)
		digest_add(&k->digest, pieces[i]);
	digest_end(&k->digest, out);
	digest_begin(&k->digest);
	digest_add(&k->digest, bytes_of(k->outer, HMAC_BLOCK));
	digest_add(&k->digest, bytes_of(out, size));
	digest_end(&k->digest, out);
}

result hmac_once(enum hmac_kind kind, struct bytes key, struct bytes data, uint8_t out[HMAC_SIZE])
{
	SCOPED(hmac_key_deinit) struct hmac_key k = { 0 };

	TRY(hmac_key_init(&k, kind, key));
	hmac_pieces(&k, &data, 1, out);
	return OK;
}
