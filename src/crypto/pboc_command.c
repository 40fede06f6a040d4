/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to a card: card 3.6 and, for SM4, 3.7. */
#include "base/secret.h"
#include "crypto/pboc_cipher.h"

enum {
	HEAD = 5, /* CLA INS P1 P2 Lc */
	BLOCK_MAX = 16,
};
_Static_assert(1 + PBOC_COMMAND_DATA_MAX + BLOCK_MAX + PBOC_MAC_SIZE <= 255, "Lc is one byte");

/* The challenge, zeros behind it, is the first chaining value. */
static result make_iv(struct bytes challenge, uint8_t iv[BLOCK_MAX])
{
	if (challenge.len != 4 && challenge.len != 8)
		return FAIL(INVALID_BYTES, "challenge of %zu bytes", challenge.len);
	memset(iv, 0, BLOCK_MAX);
	memcpy(iv, challenge.at, challenge.len);
	return OK;
}

/* MAC over `len` bytes of a buffer that has room for the padding and is spent afterwards. */
static result mac_of(const struct pboc_key *key, const uint8_t iv[BLOCK_MAX], uint8_t *at,
                     size_t len, uint8_t mac[PBOC_MAC_SIZE])
{
	return pboc_cipher_mac(key, iv, at, pboc_cipher_pad(pboc_cipher_block(key), at, len), mac);
}

/* E(LD ‖ data), padded with 80 00… only when it has to be (card 3.2). */
static result encipher(const struct pboc_key *key, struct bytes data, uint8_t *out, size_t *len)
{
	size_t block = pboc_cipher_block(key);

	out[0] = (uint8_t)data.len;
	if (data.len)
		memcpy(out + 1, data.at, data.len);
	*len = 1 + data.len;
	if (*len % block)
		*len = pboc_cipher_pad(block, out, *len);
	return pboc_cipher_encrypt(key, out, *len, out);
}

/* The command in front of its MAC. */
static result make_command(const struct pboc_key *key, const struct pboc_command *c, uint8_t *out,
                           size_t *len)
{
	size_t data_len = c->data.len;

	ASSERT((c->cla & 0x0F) == 4);
	if (c->data.len > PBOC_COMMAND_DATA_MAX)
		return FAIL(INVALID_BYTES, "command with %zu bytes", c->data.len);
	if (c->enciphered)
		TRY(encipher(key, c->data, out + HEAD, &data_len));
	else if (data_len)
		memcpy(out + HEAD, c->data.at, data_len);
	out[0] = c->cla;
	out[1] = c->ins;
	out[2] = c->p1;
	out[3] = c->p2;
	out[4] = (uint8_t)(data_len + PBOC_MAC_SIZE);
	*len = HEAD + data_len;
	return OK;
}

result pboc_protect(const struct pboc_key *key, struct bytes challenge,
                    const struct pboc_command *command, struct writer *out)
{
	uint8_t at[PBOC_COMMAND_MAX + BLOCK_MAX] = { 0 }, spent[sizeof at];
	uint8_t iv[BLOCK_MAX], mac[PBOC_MAC_SIZE];
	size_t len = 0;
	result r;

	TRY(make_iv(challenge, iv));
	r = make_command(key, command, at, &len);
	if (is_ok(r)) {
		memcpy(spent, at, len);
		r = mac_of(key, iv, spent, len, mac);
		secret_wipe_bytes(spent, sizeof spent);
	}
	if (is_ok(r)) {
		memcpy(at + len, mac, sizeof mac);
		writer_put(out, bytes_of(at, len + sizeof mac));
		r = writer_done(out);
	}
	secret_wipe_bytes(at, sizeof at); /* a failed cipher leaves clear data in it */
	return r;
}

result pboc_response_mac(const struct pboc_key *key, struct bytes challenge, struct bytes data,
                         uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t spent[PBOC_COMMAND_MAX + BLOCK_MAX], iv[BLOCK_MAX];

	TRY(make_iv(challenge, iv));
	if (data.len > PBOC_COMMAND_MAX)
		return FAIL(INVALID_BYTES, "response of %zu bytes", data.len);
	if (data.len)
		memcpy(spent, data.at, data.len);
	return mac_of(key, iv, spent, data.len, mac);
}

/* card 2.21, keys 17 */
result pboc_write_key(const struct pboc_key *control, struct bytes challenge,
                      const struct pboc_key_load *load, struct writer *out)
{
	uint8_t block[PBOC_KEY_HEADER_MAX + PBOC_KEY_SIZE];
	size_t len = (size_t)load->header_len + load->key->len;
	struct pboc_command command = { .cla = 0x84,
		                        .ins = 0xD4,
		                        .p1 = load->p1,
		                        .p2 = load->p2,
		                        .data = bytes_of(block, len),
		                        .enciphered = true };
	result r;

	ASSERT(load->header_len <= PBOC_KEY_HEADER_MAX && load->key->len <= PBOC_KEY_SIZE);
	memcpy(block, load->header, load->header_len);
	memcpy(block + load->header_len, load->key->at, load->key->len);
	r = pboc_protect(control, challenge, &command, out);
	secret_wipe_bytes(block, sizeof block);
	return r;
}

result pboc_external_auth(const struct pboc_key *key, struct bytes challenge,
                          uint8_t out[PBOC_AUTH_SIZE])
{
	uint8_t block[BLOCK_MAX];

	TRY(make_iv(challenge, block));
	TRY(pboc_cipher_encrypt(key, block, pboc_cipher_block(key), block));
	if (key->algorithm == PBOC_SM4)
		for (size_t i = 0; i < PBOC_AUTH_SIZE; i++)
			block[i] ^= block[PBOC_AUTH_SIZE + i];
	memcpy(out, block, PBOC_AUTH_SIZE);
	return OK;
}
