/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pboc.h — the key side of PBOC purse cards (电子钱包): diversification (密钥分散), session keys
 * (过程密钥), MAC1 to MAC3, TAC, and commands under secure messaging (线路保护). 3DES and SM4.
 */
#pragma once

#include "base/bytes.h"

/* As cards and key headers name them (card 3.4). */
enum pboc_algorithm { PBOC_3DES = 0x00, PBOC_SM4 = 0x04 };

/* What follows the eight bytes X in the input of an SM4 session key: parameter sm4_ses_pad. */
enum pboc_ses_pad {
	PBOC_SES_PAD_NOT, /* NOT X, the default (card 3.7) */
	PBOC_SES_PAD_80,  /* 80 00 00 00 00 00 00 00 (keys, U5) */
};

/* Transaction types (交易类型标识), card 1.6. */
enum {
	PBOC_TYPE_LOAD = 0x02,
	PBOC_TYPE_UNLOAD = 0x03,
	PBOC_TYPE_PURCHASE = 0x06,
	PBOC_TYPE_COMPOSITE = 0x09,
};

enum {
	PBOC_KEY_SIZE = 16,
	PBOC_DES_SIZE = 8,
	PBOC_FACTOR_SIZE = 8,
	PBOC_LEVELS_MAX = 3,
	PBOC_TERMINAL_SIZE = 6,
	PBOC_RANDOM_SIZE = 4,
	PBOC_SESSION_DATA = 8, /* what a session key is made of */
	PBOC_MAC_SIZE = 4,
	PBOC_TAC_DATA_MAX = 24,
	PBOC_AUTH_SIZE = 8,
	PBOC_COMMAND_DATA_MAX = 224, /* bytes under secure messaging, in clear */
	PBOC_COMMAND_MAX = 5 + 255,
	PBOC_KEY_HEADER_MAX = 5,
};

/*
 * A key of the purse. 3DES: 16 bytes; 8 bytes make it single DES, as session keys, folded keys and
 * the keys of old cards are. SM4: 16 bytes. Parity bits count for nothing.
 */
struct pboc_key {
	enum pboc_algorithm algorithm;
	uint8_t len;
	uint8_t at[PBOC_KEY_SIZE];
};

/* The algorithm that an id byte means: 00 and 01 by the length of the key, so 3DES; 04 SM4 (card
 * 3.4). SUITE_UNSUPPORTED. */
result pboc_algorithm_find(uint8_t id, enum pboc_algorithm *out);
result pboc_key_init(struct pboc_key *k, enum pboc_algorithm algorithm,
                     struct bytes key); /* INVALID_KEY for a length it does not have */
void pboc_key_wipe(struct pboc_key *k);
/* Give each byte odd parity: only for targets that store DES keys with it, never for SM4. */
void pboc_set_parity(uint8_t *key, size_t len);

/* --- diversification (card 3.3, keys 14) --- */

/* The levels, in the order they are applied: issuer first, card last. */
struct pboc_factors {
	uint8_t at[PBOC_LEVELS_MAX][PBOC_FACTOR_SIZE];
	uint8_t count; /* 0…PBOC_LEVELS_MAX; with 0 the child is the root itself */
};

/* Rightmost eight bytes of a number in BCD, such as the application serial number (应用序列号); a
 * shorter one gets zeros in front. */
void pboc_factor_of(struct bytes bcd, uint8_t out[PBOC_FACTOR_SIZE]);

/*
 * One level is E(K, F) ‖ E(K, NOT F) with 3DES and E(K, F ‖ NOT F) with SM4. child may be root.
 * INVALID_KEY (a root of 8 bytes, too many levels; child is then untouched), CRYPTO_FAULT.
 */
result pboc_diversify(const struct pboc_key *root, const struct pboc_factors *factors,
                      struct pboc_key *child);

/* --- purchase (消费), load (圈存), unload (圈提) --- */

/* Dates and times are BCD numbers that read as they are written: 0x20241105, 0x121530. */
struct pboc_purchase {
	uint8_t random[PBOC_RANDOM_SIZE]; /* of the card */
	uint16_t sequence;                /* offline, as the card answered: before the purchase */
	uint32_t terminal_serial;         /* 终端交易序号 */
	uint32_t amount_fen;
	uint8_t type; /* PBOC_TYPE_PURCHASE, PBOC_TYPE_COMPOSITE */
	uint8_t terminal[PBOC_TERMINAL_SIZE];
	uint32_t date, time;
};

struct pboc_load {
	uint8_t random[PBOC_RANDOM_SIZE];
	uint16_t sequence;        /* online, before the load */
	uint32_t old_balance_fen; /* MAC1 */
	uint32_t new_balance_fen; /* TAC, MAC3 */
	uint32_t amount_fen;
	uint8_t type; /* PBOC_TYPE_LOAD, PBOC_TYPE_UNLOAD */
	uint8_t terminal[PBOC_TERMINAL_SIZE];
	uint32_t date, time;
};

/*
 * Session keys (card 3.4, 3.7) from the card's own key: SESPK from DPK, SESLK from DLK, SESULK from
 * DULK. 8 bytes with 3DES, 16 with SM4, to which alone `pad` applies; pboc_session_of takes the eight
 * bytes X as they are. INVALID_KEY, CRYPTO_FAULT.
 */
result pboc_session_of(const struct pboc_key *card, enum pboc_ses_pad pad,
                       const uint8_t x[PBOC_SESSION_DATA], struct pboc_key *session);
result pboc_purchase_session(const struct pboc_key *dpk, enum pboc_ses_pad pad,
                             const struct pboc_purchase *p, struct pboc_key *session);
result pboc_load_session(const struct pboc_key *dlk, enum pboc_ses_pad pad,
                         const struct pboc_load *l, struct pboc_key *session);

/* The four-byte values of card 3.5; CRYPTO_FAULT. MAC1 and MAC2 of an unload are those of a load.
 */
result pboc_purchase_mac1(const struct pboc_key *session, const struct pboc_purchase *p,
                          uint8_t mac[PBOC_MAC_SIZE]);
result pboc_purchase_mac2(const struct pboc_key *session, const struct pboc_purchase *p,
                          uint8_t mac[PBOC_MAC_SIZE]);
result pboc_load_mac1(const struct pboc_key *session, const struct pboc_load *l,
                      uint8_t mac[PBOC_MAC_SIZE]);
result pboc_load_mac2(const struct pboc_key *session, const struct pboc_load *l,
                      uint8_t mac[PBOC_MAC_SIZE]);
result pboc_unload_mac3(const struct pboc_key *session, const struct pboc_load *l,
                        uint8_t mac[PBOC_MAC_SIZE]);

/* The card's TAC key (DTK) as it computes: left XOR right with 3DES, whole with SM4. */
void pboc_tac_key(const struct pboc_key *dtk, struct pboc_key *out);
result pboc_purchase_tac(const struct pboc_key *dtk, const struct pboc_purchase *p,
                         uint8_t tac[PBOC_MAC_SIZE]);
result pboc_load_tac(const struct pboc_key *dtk, const struct pboc_load *l,
                     uint8_t tac[PBOC_MAC_SIZE]);
/* What a TAC is computed over, without padding; returns its length: 22 and 24. */
size_t pboc_purchase_tac_data(const struct pboc_purchase *p, uint8_t out[PBOC_TAC_DATA_MAX]);
size_t pboc_load_tac_data(const struct pboc_load *l, uint8_t out[PBOC_TAC_DATA_MAX]);

/* CBC-MAC with zero IV and padding 80 00…, left four bytes (card 3.2, 3.5); a 3DES key of 16 bytes
 * makes it ISO 9797-1 algorithm 3. CRYPTO_FAULT. */
result pboc_mac(const struct pboc_key *key, struct bytes data, uint8_t mac[PBOC_MAC_SIZE]);

/* --- TACs of a day --- */

/* A TAC root with one level left, ready: the card's serial number. Zero-initialise; one thread at a
 * time. */
struct pboc_tac_root {
	enum pboc_algorithm algorithm;
	void *root, *child;  /* contexts: ECB under the root, CBC for one card after the other */
	struct sm4_key *sm4; /* SM4 by vector instructions: no contexts then */
};

struct pboc_tac_item {
	uint8_t factor[PBOC_FACTOR_SIZE];
	uint8_t data[PBOC_TAC_DATA_MAX];
	uint8_t data_len;
	uint8_t tac[PBOC_MAC_SIZE];
};

result pboc_tac_root_init(struct pboc_tac_root *r,
                          const struct pboc_key *root); /* INVALID_KEY, CRYPTO_FAULT */
void pboc_tac_root_deinit(struct pboc_tac_root *r);
/* right[i] becomes 1 when items[i] has the TAC of its card, else 0. Nothing is allocated. */
void pboc_tac_check_many(struct pboc_tac_root *r, const struct pboc_tac_item *items, size_t count,
                         uint8_t *right);

/* --- commands to a card (card 3.6, 3.7) --- */

/* A command whose MAC follows its data; `enciphered`: the data go as E(LD ‖ data ‖ padding). */
struct pboc_command {
	uint8_t cla, ins, p1, p2; /* low nibble of cla: 4 */
	struct bytes data;
	bool enciphered;
};

/*
 * Append CLA INS P1 P2 Lc, data and MAC to `out`. challenge: what the card answered, 4 or 8 bytes.
 * INVALID_BYTES (challenge, too much data), BUFFER_FULL, CRYPTO_FAULT.
 */
result pboc_protect(const struct pboc_key *key, struct bytes challenge,
                    const struct pboc_command *command, struct writer *out);
/* MAC of the data a card answered under the same challenge. */
result pboc_response_mac(const struct pboc_key *key, struct bytes challenge, struct bytes data,
                         uint8_t mac[PBOC_MAC_SIZE]);

/* WRITE KEY (增加或修改密钥, 84 D4): a key goes under the directory's control key. */
struct pboc_key_load {
	uint8_t p1, p2;
	uint8_t header[PBOC_KEY_HEADER_MAX]; /* user card: 5 bytes, PSAM: 3 */
	uint8_t header_len;
	const struct pboc_key *key;
};

result pboc_write_key(const struct pboc_key *control, struct bytes challenge,
                      const struct pboc_key_load *load, struct writer *out);

/* The proof for EXTERNAL AUTHENTICATE (外部认证); challenge of 4 or 8 bytes. INVALID_BYTES,
 * CRYPTO_FAULT. */
result pboc_external_auth(const struct pboc_key *key, struct bytes challenge,
                          uint8_t out[PBOC_AUTH_SIZE]);
/* MAC of RELOAD PIN (重装口令) over the new PIN's bytes: as a TAC, under DRPK. */
result pboc_reload_pin_mac(const struct pboc_key *drpk, struct bytes pin,
                           uint8_t mac[PBOC_MAC_SIZE]);
