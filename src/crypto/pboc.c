/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pboc.h"

#include "base/secret.h"
#include "crypto/pboc_cipher.h"


result pboc_algorithm_find(uint8_t id, enum pboc_algorithm *out)
{
	if (id != 0x00 && id != 0x01 && id != PBOC_SM4)
		return FAIL(SUITE_UNSUPPORTED, "algorithm id %02X", id);
	*out = id == PBOC_SM4 ? PBOC_SM4 : PBOC_3DES;
	return OK;
}

result pboc_key_init(struct pboc_key *k, enum pboc_algorithm algorithm, struct bytes key)
{
	if (key.len != PBOC_KEY_SIZE && (algorithm == PBOC_SM4 || key.len != PBOC_DES_SIZE))
		return FAIL(INVALID_KEY, "purse key of %zu bytes", key.len);
	*k = (struct pboc_key){ .algorithm = algorithm, .len = (uint8_t)key.len };
	memcpy(k->at, key.at, key.len);
	return OK;
}

void pboc_key_wipe(struct pboc_key *k)
{
	secret_wipe_bytes(k, sizeof *k);
}

void pboc_set_parity(uint8_t *key, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t odd = (uint8_t)(key[i] >> 1);

		odd ^= (uint8_t)(odd >> 4);
		odd ^= (uint8_t)(odd >> 2);
		odd ^= (uint8_t)(odd >> 1);
		key[i] = (uint8_t)((key[i] & 0xFE) | (~odd & 1));
	}
}

static void put_complement(uint8_t pair[2 * PBOC_FACTOR_SIZE],
                           const uint8_t factor[PBOC_FACTOR_SIZE])
{
	memcpy(pair, factor, PBOC_FACTOR_SIZE);
	for (size_t i = 0; i < PBOC_FACTOR_SIZE; i++)
		pair[PBOC_FACTOR_SIZE + i] = (uint8_t)~factor[i];
}

void pboc_factor_of(struct bytes bcd, uint8_t out[PBOC_FACTOR_SIZE])
{
	size_t take = bcd.len < PBOC_FACTOR_SIZE ? bcd.len : PBOC_FACTOR_SIZE;

	memset(out, 0, PBOC_FACTOR_SIZE);
	if (take)
		memcpy(out + PBOC_FACTOR_SIZE - take, bcd.at + bcd.len - take, take);
}

/* F ‖ NOT F is two blocks of 3DES or one of SM4, so both algorithms are written the same. */
result pboc_diversify(const struct pboc_key *root, const struct pboc_factors *factors,
                      struct pboc_key *child)
{
	SCOPED(pboc_key_wipe) struct pboc_key key = *root;
	uint8_t pair[2 * PBOC_FACTOR_SIZE];

	if (root->len != PBOC_KEY_SIZE || factors->count > PBOC_LEVELS_MAX)
		return FAIL(INVALID_KEY, "%u levels below a key of %u bytes", factors->count,
		            root->len);
	for (size_t i = 0; i < factors->count; i++) {
		put_complement(pair, factors->at[i]);
		TRY(pboc_cipher_encrypt(&key, pair, sizeof pair, pair));
		memcpy(key.at, pair, sizeof pair);
		secret_wipe_bytes(pair, sizeof pair);
	}
	*child = key;
	return OK;
}

/* --- session keys: card 3.4, 3.7 --- */

result pboc_session_of(const struct pboc_key *card, enum pboc_ses_pad pad,
                       const uint8_t x[PBOC_SESSION_DATA], struct pboc_key *session)
{
	bool is_sm4 = card->algorithm == PBOC_SM4;
	uint8_t block[2 * PBOC_SESSION_DATA];

	if (card->len != PBOC_KEY_SIZE)
		return FAIL(INVALID_KEY, "no session key from one of %u bytes", card->len);
	put_complement(block, x);
	if (pad == PBOC_SES_PAD_80) {
		memset(block + PBOC_SESSION_DATA, 0, PBOC_SESSION_DATA);
		block[PBOC_SESSION_DATA] = 0x80;
	}
	*session = (struct pboc_key){ .algorithm = card->algorithm,
		                      .len = is_sm4 ? PBOC_KEY_SIZE : PBOC_DES_SIZE };
	return pboc_cipher_encrypt(card, block, session->len, session->at);
}

static void put_x(uint8_t x[PBOC_SESSION_DATA], const uint8_t random[PBOC_RANDOM_SIZE], uint16_t sequence,
                  uint16_t last)
{
	memcpy(x, random, PBOC_RANDOM_SIZE);
	store_be16(x + 4, sequence);
	store_be16(x + 6, last);
}

result pboc_purchase_session(const struct pboc_key *dpk, enum pboc_ses_pad pad,
                             const struct pboc_purchase *p, struct pboc_key *session)
{
	uint8_t x[PBOC_SESSION_DATA];

	put_x(x, p->random, p->sequence, (uint16_t)p->terminal_serial);
	return pboc_session_of(dpk, pad, x, session);
}

result pboc_load_session(const struct pboc_key *dlk, enum pboc_ses_pad pad,
                         const struct pboc_load *l, struct pboc_key *session)
{
	uint8_t x[PBOC_SESSION_DATA];

	put_x(x, l->random, l->sequence, 0x8000);
	return pboc_session_of(dlk, pad, x, session);
}

/* --- MACs and TACs: card 3.5 --- */

result pboc_mac(const struct pboc_key *key, struct bytes data, uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t blocks[PBOC_COMMAND_MAX + 16];
	result r;

	if (data.len > PBOC_COMMAND_MAX)
		return FAIL(INVALID_BYTES, "MAC over %zu bytes", data.len);
	if (data.len)
		memcpy(blocks, data.at, data.len);
	r = pboc_cipher_mac(key, NULL, blocks,
	                    pboc_cipher_pad(pboc_cipher_block(key), blocks, data.len), mac);
	secret_wipe_bytes(blocks, data.len); /* it may have been a PIN */
	return r;
}

static void put_time(struct writer *w, uint32_t date, uint32_t time)
{
	writer_u32(w, date);
	writer_u8(w, (uint8_t)(time >> 16));
	writer_u16(w, (uint16_t)time);
}

static void put_trade(struct writer *w, uint32_t amount_fen, uint8_t type,
                      const uint8_t terminal[PBOC_TERMINAL_SIZE])
{
	writer_u32(w, amount_fen);
	writer_u8(w, type);
	writer_put(w, bytes_of(terminal, PBOC_TERMINAL_SIZE));
}

result pboc_purchase_mac1(const struct pboc_key *session, const struct pboc_purchase *p,
                          uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t data[18];
	struct writer w = writer_of(data, sizeof data);

	put_trade(&w, p->amount_fen, p->type, p->terminal);
	put_time(&w, p->date, p->time);
	return pboc_mac(session, writer_bytes(&w), mac);
}

result pboc_purchase_mac2(const struct pboc_key *session, const struct pboc_purchase *p,
                          uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t data[4];

	store_be32(data, p->amount_fen);
	return pboc_mac(session, bytes_of(data, sizeof data), mac);
}

size_t pboc_purchase_tac_data(const struct pboc_purchase *p, uint8_t out[PBOC_TAC_DATA_MAX])
{
	struct writer w = writer_of(out, PBOC_TAC_DATA_MAX);

	put_trade(&w, p->amount_fen, p->type, p->terminal);
	writer_u32(&w, p->terminal_serial);
	put_time(&w, p->date, p->time);
	return w.len;
}

result pboc_load_mac1(const struct pboc_key *session, const struct pboc_load *l,
                      uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t data[15];
	struct writer w = writer_of(data, sizeof data);

	writer_u32(&w, l->old_balance_fen);
	put_trade(&w, l->amount_fen, l->type, l->terminal);
	return pboc_mac(session, writer_bytes(&w), mac);
}

result pboc_load_mac2(const struct pboc_key *session, const struct pboc_load *l,
                      uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t data[18];
	struct writer w = writer_of(data, sizeof data);

	put_trade(&w, l->amount_fen, l->type, l->terminal);
	put_time(&w, l->date, l->time);
	return pboc_mac(session, writer_bytes(&w), mac);
}

size_t pboc_load_tac_data(const struct pboc_load *l, uint8_t out[PBOC_TAC_DATA_MAX])
{
	struct writer w = writer_of(out, PBOC_TAC_DATA_MAX);

	writer_u32(&w, l->new_balance_fen);
	writer_u16(&w, l->sequence);
	put_trade(&w, l->amount_fen, l->type, l->terminal);
	put_time(&w, l->date, l->time);
	return w.len;
}

result pboc_unload_mac3(const struct pboc_key *session, const struct pboc_load *l,
                        uint8_t mac[PBOC_MAC_SIZE])
{
	uint8_t data[PBOC_TAC_DATA_MAX];

	return pboc_mac(session, bytes_of(data, pboc_load_tac_data(l, data)), mac);
}

void pboc_tac_key(const struct pboc_key *dtk, struct pboc_key *out)
{
	*out = *dtk;
	if (dtk->algorithm == PBOC_SM4 || dtk->len == PBOC_DES_SIZE)
		return;
	for (size_t i = 0; i < PBOC_DES_SIZE; i++)
		out->at[i] ^= out->at[PBOC_DES_SIZE + i];
	secret_wipe_bytes(out->at + PBOC_DES_SIZE, PBOC_DES_SIZE);
	out->len = PBOC_DES_SIZE;
}

static result folded_mac(const struct pboc_key *key, struct bytes data, uint8_t mac[PBOC_MAC_SIZE])
{
	SCOPED(pboc_key_wipe) struct pboc_key folded = { 0 };

	pboc_tac_key(key, &folded);
	return pboc_mac(&folded, data, mac);
}

result pboc_purchase_tac(const struct pboc_key *dtk, const struct pboc_purchase *p,
                         uint8_t tac[PBOC_MAC_SIZE])
{
	uint8_t data[PBOC_TAC_DATA_MAX];

	return folded_mac(dtk, bytes_of(data, pboc_purchase_tac_data(p, data)), tac);
}

result pboc_load_tac(const struct pboc_key *dtk, const struct pboc_load *l,
                     uint8_t tac[PBOC_MAC_SIZE])
{
	uint8_t data[PBOC_TAC_DATA_MAX];

	return folded_mac(dtk, bytes_of(data, pboc_load_tac_data(l, data)), tac);
}

result pboc_reload_pin_mac(const struct pboc_key *drpk, struct bytes pin,
                           uint8_t mac[PBOC_MAC_SIZE])
{
	return folded_mac(drpk, pin, mac);
}
