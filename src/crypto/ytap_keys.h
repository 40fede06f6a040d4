/* SPDX-License-Identifier: Apache-2.0 */
/* ytap_keys.h — the derivations of terminal-protocol 5.1 and 7.1 and of the daily keys (reconciled
 * 1). */
#pragma once

#include "crypto/kdf.h"
#include "crypto/keywrap.h"
#include "crypto/suite.h"

enum {
	YTAP_NODE_SIZE = 8,
	YTAP_SAM_SIZE = 6,
	YTAP_IDS_SIZE = YTAP_NODE_SIZE + YTAP_SAM_SIZE + 1,
	YTAP_CHALLENGE_SIZE = 16,
	YTAP_PSK_SIZE = 32,
	YTAP_DAY_ROOT_SIZE = 32,
};

/* ids = F41 || SAM number || key version. */
struct ytap_ids {
	uint8_t node[YTAP_NODE_SIZE]; /* ASCII */
	uint8_t sam[YTAP_SAM_SIZE];   /* 12 digits BCD */
	uint8_t key_version;
};

/* What a node's TIK gives. Wipe with ytap_node_keys_wipe. */
struct ytap_node_keys {
	uint8_t kauth[SUITE_KEY_SIZE]; /* mutual authentication */
	uint8_t kwrap[SUITE_KEY_SIZE]; /* wraps session keys */
	uint8_t krec[SUITE_KEY_SIZE];  /* MAC of stored records */
	uint8_t psk[YTAP_PSK_SIZE];    /* TLS */
};

/* Keys of one business day between a gateway and a child. */
struct ytap_gateway_keys {
	uint8_t gtak[SUITE_KEY_SIZE], gtdk[SUITE_KEY_SIZE], gauth[SUITE_KEY_SIZE];
};

/* Keys of one session. Wipe with ytap_session_keys_wipe. */
struct ytap_session_keys {
	uint8_t tak[SUITE_KEY_SIZE], tdk[SUITE_KEY_SIZE], tpk[SUITE_KEY_SIZE];
};

/* The CMAC that belongs to a suite's derivations: suite 2 SM4, all others AES. */
enum mac_kind ytap_kdf_kind(enum suite suite);

/* TIK(sam, version) = KDF(RK, "YTAP-TIK", SAM number || version). RK is 16 or 32 bytes. */
result ytap_derive_tik(enum suite suite, struct bytes rk, const struct ytap_ids *ids,
                       uint8_t tik[SUITE_KEY_SIZE]);
/* The same where RK lives in a token. */
result ytap_derive_tik_prf(struct kdf_prf *rk, const struct ytap_ids *ids,
                           uint8_t tik[SUITE_KEY_SIZE]);

result ytap_derive_node_keys(enum suite suite, const uint8_t tik[SUITE_KEY_SIZE],
                             const struct ytap_ids *ids, struct ytap_node_keys *out);
void ytap_node_keys_wipe(struct ytap_node_keys *k);

/* GK(gateway, day): gateway is 8 ASCII characters, day is yyyymmdd. */
result ytap_derive_gateway_keys(enum suite suite, const uint8_t tik[SUITE_KEY_SIZE],
                                const struct ytap_ids *ids, const uint8_t gateway[YTAP_NODE_SIZE],
                                uint32_t day, struct ytap_gateway_keys *out);

/* The context of the daily keys: date4 || seq1 || node id 8 || session 4. */
struct ytap_session_spec {
	uint32_t day; /* yyyymmdd */
	uint8_t sequence;
	uint8_t node[YTAP_NODE_SIZE];
	uint32_t session;
};

/* TAK, TDK, TPK of a session from the day root (AES-256 CMAC), labels "YTAP:MAC", "YTAP:ENC",
 * "YTAP:PIN". */
result ytap_derive_session_keys(const uint8_t day_root[YTAP_DAY_ROOT_SIZE],
                                const struct ytap_session_spec *spec,
                                struct ytap_session_keys *out);
/* The same where the day root lives in a token. */
result ytap_derive_session_keys_prf(struct kdf_prf *day_root, const struct ytap_session_spec *spec,
                                    struct ytap_session_keys *out);
void ytap_session_keys_wipe(struct ytap_session_keys *k);

/* DR(next) = KDF(DR, "OC1:RATCHET", next day4 || seq1, 256) (keys 15.1). */
result ytap_ratchet_day_root(const uint8_t day_root[YTAP_DAY_ROOT_SIZE], uint32_t next_day,
                             uint8_t sequence, uint8_t out[YTAP_DAY_ROOT_SIZE]);

/* Both sides' challenges. */
struct ytap_handshake {
	enum suite suite; /* the chosen one for CH and CT */
	struct ytap_ids ids;
	uint8_t rt[YTAP_CHALLENGE_SIZE], rh[YTAP_CHALLENGE_SIZE];
};

/* CH = MAC(KAUTH, "YKT1-H" || suite || ids || RT || RH): the host knows KAUTH. */
result ytap_proof_host(const struct ytap_handshake *h, const uint8_t kauth[SUITE_KEY_SIZE],
                       uint8_t ch[YTAP_CHALLENGE_SIZE]);
/* CT = MAC(KAUTH, "YKT1-T" || suite || ids || RH || RT): the node knows KAUTH. */
result ytap_proof_node(const struct ytap_handshake *h, const uint8_t kauth[SUITE_KEY_SIZE],
                       uint8_t ct[YTAP_CHALLENGE_SIZE]);

/* TAC of an offline purse purchase: DES-CBC MAC, padding 80 00…, under left XOR right of the card's
 * TAC key; 4 bytes. */
result ytap_purchase_tac(const uint8_t tac_key[16], struct bytes data, uint8_t out[4]);
