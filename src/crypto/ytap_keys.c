/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ytap_keys.h"

#include "base/secret.h"

enum mac_kind ytap_kdf_kind(enum suite suite)
{
	return suite == SUITE_SM4 ? MAC_SM4_CMAC : MAC_AES_CMAC;
}

static void put_ids(struct writer *w, const struct ytap_ids *ids)
{
	writer_put(w, bytes_of(ids->node, YTAP_NODE_SIZE));
	writer_put(w, bytes_of(ids->sam, YTAP_SAM_SIZE));
	writer_u8(w, ids->key_version);
}

/* yyyymmdd as four BCD bytes */
static uint32_t day_bcd(uint32_t day)
{
	uint32_t bcd = 0;

	for (int shift = 0; shift < 32; shift += 4, day /= 10)
		bcd |= day % 10 << shift;
	return bcd;
}

result ytap_derive_tik_prf(struct kdf_prf *rk, const struct ytap_ids *ids,
                           uint8_t tik[SUITE_KEY_SIZE])
{
	uint8_t context[YTAP_SAM_SIZE + 1];
	struct kdf_spec spec = { "YTAP-TIK", { context, sizeof context } };

	memcpy(context, ids->sam, YTAP_SAM_SIZE);
	context[YTAP_SAM_SIZE] = ids->key_version;
	return kdf_counter_prf(rk, &spec, tik, SUITE_KEY_SIZE);
}

result ytap_derive_tik(enum suite suite, struct bytes rk, const struct ytap_ids *ids,
                       uint8_t tik[SUITE_KEY_SIZE])
{
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	struct kdf_loaded holder;

	TRY(mac_key_init(&key, ytap_kdf_kind(suite), rk));
	holder = kdf_loaded(&key);
	return ytap_derive_tik_prf(&holder.prf, ids, tik);
}

result ytap_derive_node_keys(enum suite suite, const uint8_t tik[SUITE_KEY_SIZE],
                             const struct ytap_ids *ids, struct ytap_node_keys *out)
{
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	uint8_t context[YTAP_IDS_SIZE];
	struct writer w = writer_of(context, sizeof context);

	put_ids(&w, ids);
	TRY(mac_key_init(&key, ytap_kdf_kind(suite), bytes_of(tik, SUITE_KEY_SIZE)));
	kdf_counter_loaded(&key, &(struct kdf_spec){ "YKT1-AUTH", writer_bytes(&w) }, out->kauth,
	                   SUITE_KEY_SIZE);
	kdf_counter_loaded(&key, &(struct kdf_spec){ "YKT1-WRAP", writer_bytes(&w) }, out->kwrap,
	                   SUITE_KEY_SIZE);
	kdf_counter_loaded(&key, &(struct kdf_spec){ "YKT1-REC", writer_bytes(&w) }, out->krec,
	                   SUITE_KEY_SIZE);
	kdf_counter_loaded(&key, &(struct kdf_spec){ "YTAP-TLS", writer_bytes(&w) }, out->psk,
	                   YTAP_PSK_SIZE);
	return OK;
}

void ytap_node_keys_wipe(struct ytap_node_keys *k)
{
	secret_wipe_bytes(k, sizeof *k);
}

result ytap_derive_gateway_keys(enum suite suite, const uint8_t tik[SUITE_KEY_SIZE],
                                const struct ytap_ids *ids, const uint8_t gateway[YTAP_NODE_SIZE],
                                uint32_t day, struct ytap_gateway_keys *out)
{
	SCOPED(secret_wipe) struct secret gk = { .len = 3 * SUITE_KEY_SIZE };
	uint8_t context[YTAP_IDS_SIZE + YTAP_NODE_SIZE + 4];
	struct writer w = writer_of(context, sizeof context);
	struct kdf_spec spec = { "YKT1-GWD", { context, sizeof context } };

	put_ids(&w, ids);
	writer_put(&w, bytes_of(gateway, YTAP_NODE_SIZE));
	writer_u32(&w, day_bcd(day));
	TRY(kdf_counter(ytap_kdf_kind(suite), bytes_of(tik, SUITE_KEY_SIZE), &spec, gk.at, gk.len));
	memcpy(out->gtak, gk.at, SUITE_KEY_SIZE);
	memcpy(out->gtdk, gk.at + SUITE_KEY_SIZE, SUITE_KEY_SIZE);
	memcpy(out->gauth, gk.at + 2 * SUITE_KEY_SIZE, SUITE_KEY_SIZE);
	return OK;
}

result ytap_derive_session_keys_prf(struct kdf_prf *day_root, const struct ytap_session_spec *s,
                                    struct ytap_session_keys *out)
{
	uint8_t context[4 + 1 + YTAP_NODE_SIZE + 4];
	struct writer w = writer_of(context, sizeof context);
	struct kdf_spec mac = { "YTAP:MAC", { context, sizeof context } };
	struct kdf_spec data = { "YTAP:ENC", { context, sizeof context } };
	struct kdf_spec pin = { "YTAP:PIN", { context, sizeof context } };

	writer_u32(&w, day_bcd(s->day));
	writer_u8(&w, s->sequence);
	writer_put(&w, bytes_of(s->node, YTAP_NODE_SIZE));
	writer_u32(&w, s->session);
	TRY(kdf_counter_prf(day_root, &mac, out->tak, SUITE_KEY_SIZE));
	TRY(kdf_counter_prf(day_root, &data, out->tdk, SUITE_KEY_SIZE));
	return kdf_counter_prf(day_root, &pin, out->tpk, SUITE_KEY_SIZE);
}

result ytap_derive_session_keys(const uint8_t day_root[YTAP_DAY_ROOT_SIZE],
                                const struct ytap_session_spec *spec, struct ytap_session_keys *out)
{
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	struct kdf_loaded holder;

	TRY(mac_key_init(&key, MAC_AES_CMAC, bytes_of(day_root, YTAP_DAY_ROOT_SIZE)));
	holder = kdf_loaded(&key);
	return ytap_derive_session_keys_prf(&holder.prf, spec, out);
}

void ytap_session_keys_wipe(struct ytap_session_keys *k)
{
	secret_wipe_bytes(k, sizeof *k);
}

result ytap_ratchet_day_root(const uint8_t day_root[YTAP_DAY_ROOT_SIZE], uint32_t next_day,
                             uint8_t sequence, uint8_t out[YTAP_DAY_ROOT_SIZE])
{
	uint8_t context[5];
	struct kdf_spec spec = { "OC1:RATCHET", { context, sizeof context } };

	store_be32(context, day_bcd(next_day));
	context[4] = sequence;
	return kdf_counter(MAC_AES_CMAC, bytes_of(day_root, YTAP_DAY_ROOT_SIZE), &spec, out,
	                   YTAP_DAY_ROOT_SIZE);
}

/* MAC(KAUTH, label || suite || ids || first || second) */
static result proof(const struct ytap_handshake *h, const uint8_t kauth[SUITE_KEY_SIZE],
                    const char *label, bool of_host, uint8_t out[YTAP_CHALLENGE_SIZE])
{
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	uint8_t input[6 + 1 + YTAP_IDS_SIZE + 2 * YTAP_CHALLENGE_SIZE];
	struct writer w = writer_of(input, sizeof input);

	writer_str(&w, str_of(label));
	writer_u8(&w, (uint8_t)h->suite);
	put_ids(&w, &h->ids);
	writer_put(&w, bytes_of(of_host ? h->rt : h->rh, YTAP_CHALLENGE_SIZE));
	writer_put(&w, bytes_of(of_host ? h->rh : h->rt, YTAP_CHALLENGE_SIZE));
	TRY(mac_key_init(&key, ytap_kdf_kind(h->suite), bytes_of(kauth, SUITE_KEY_SIZE)));
	mac_once(&key, writer_bytes(&w), out);
	return OK;
}

result ytap_proof_host(const struct ytap_handshake *h, const uint8_t kauth[SUITE_KEY_SIZE],
                       uint8_t ch[YTAP_CHALLENGE_SIZE])
{
	return proof(h, kauth, "YKT1-H", true, ch);
}

result ytap_proof_node(const struct ytap_handshake *h, const uint8_t kauth[SUITE_KEY_SIZE],
                       uint8_t ct[YTAP_CHALLENGE_SIZE])
{
	return proof(h, kauth, "YKT1-T", false, ct);
}

/* terminal-protocol 12.8; padding 80 00… as for all MACs of the purse */
result ytap_purchase_tac(const uint8_t tac_key[16], struct bytes data, uint8_t out[4])
{
	static const uint8_t pad = 0x80;
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	uint8_t folded[8], full[MAC_FULL_SIZE];

	for (size_t i = 0; i < sizeof folded; i++)
		folded[i] = tac_key[i] ^ tac_key[8 + i];
	TRY(mac_key_init(&key, MAC_X919, bytes_of(folded, sizeof folded)));
	mac_begin(&key);
	mac_add(&key, data);
	mac_add(&key, bytes_of(&pad, 1));
	mac_end(&key, full);
	memcpy(out, full, 4);
	secret_wipe_bytes(folded, sizeof folded);
	return OK;
}
