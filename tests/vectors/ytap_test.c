/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance vectors of terminal-protocol section 19: keys, proofs, MACs, frames and
 * envelopes, byte for byte. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "codec/frame.h"
#include "codec/iso8583_message.h"
#include "codec/record.h"
#include "codec/tlv.h"
#include "codec/ytap_tags.h"
#include "crypto/digest.h"
#include "crypto/envelope.h"
#include "crypto/ytap_keys.h"

#define KEYS     "ytap/keys.txt"
#define MESSAGES "ytap/messages.txt"
#define FRAMES   "ytap/frames.txt"
#define STANDARD "standard/standard.txt"

static const uint8_t *key(const char *name)
{
	struct bytes k = vector(KEYS, name);

	ASSERT(k.len == SUITE_KEY_SIZE);
	return k.at;
}

static struct ytap_handshake handshake(enum suite suite)
{
	struct ytap_handshake h = { .suite = suite,
		                    .ids.key_version = vector(KEYS, "key-version").at[0] };

	memcpy(h.ids.node, vector(KEYS, "node").at, sizeof h.ids.node);
	memcpy(h.ids.sam, vector(KEYS, "sam").at, sizeof h.ids.sam);
	memcpy(h.rt, vector(KEYS, "rt").at, sizeof h.rt);
	memcpy(h.rh, vector(KEYS, "rh").at, sizeof h.rh);
	return h;
}

TEST(node_keys_and_proofs_are_those_of_section_19)
{
	struct ytap_handshake h = handshake(SUITE_AES);
	struct ytap_node_keys k;
	uint8_t proof[YTAP_CHALLENGE_SIZE];

	REQUIRE_OK(ytap_derive_node_keys(SUITE_AES, key("tik"), &h.ids, &k));
	CHECK_BYTES("", bytes_of(k.kauth, 16), vector(KEYS, "aes-kauth"));
	CHECK_BYTES("", bytes_of(k.kwrap, 16), vector(KEYS, "aes-kwrap"));
	CHECK_BYTES("", bytes_of(k.krec, 16), vector(KEYS, "aes-krec"));
	REQUIRE_OK(ytap_proof_host(&h, k.kauth, proof));
	CHECK_BYTES("CH", bytes_of(proof, 16), vector(KEYS, "aes-ch"));
	REQUIRE_OK(ytap_proof_node(&h, k.kauth, proof));
	CHECK_BYTES("CT", bytes_of(proof, 16), vector(KEYS, "aes-ct"));

	h = handshake(SUITE_SM4);
	REQUIRE_OK(ytap_derive_node_keys(SUITE_SM4, key("tik"), &h.ids, &k));
	CHECK_BYTES("", bytes_of(k.kauth, 16), vector(KEYS, "sm4-kauth"));
	CHECK_BYTES("", bytes_of(k.kwrap, 16), vector(KEYS, "sm4-kwrap"));
	REQUIRE_OK(ytap_proof_host(&h, k.kauth, proof));
	CHECK_BYTES("CH", bytes_of(proof, 16), vector(KEYS, "sm4-ch"));
	ytap_node_keys_wipe(&k);
	CHECK_I64("wiped", k.psk[0] | k.kauth[0], 0);
}

TEST(gateway_keys_are_those_of_section_19)
{
	struct ytap_handshake h = handshake(SUITE_AES);
	struct ytap_gateway_keys k;

	REQUIRE_OK(ytap_derive_gateway_keys(SUITE_AES, key("tik"), &h.ids,
	                                    vector(KEYS, "gateway").at, 20260901, &k));
	CHECK_BYTES("", bytes_of(k.gtak, 16), vector(KEYS, "gtak"));
	CHECK_BYTES("", bytes_of(k.gtdk, 16), vector(KEYS, "gtdk"));
	CHECK_BYTES("", bytes_of(k.gauth, 16), vector(KEYS, "gauth"));
}

TEST(wrapped_keys_are_those_of_section_19)
{
	uint8_t field[KEYWRAP_FIELD];

	REQUIRE_OK(keywrap_field_make(SUITE_AES, key("aes-kwrap"), key("tak"), field));
	CHECK_BYTES("", bytes_of(field, 24), vector(KEYS, "aes-wrapped-tak"));
	CHECK_BYTES("", bytes_of(field + 24, 3), vector(KEYS, "aes-kcv-tak"));
	REQUIRE_OK(keywrap_field_make(SUITE_SM4, key("sm4-kwrap"), key("tak"), field));
	CHECK_BYTES("", bytes_of(field, 24), vector(KEYS, "sm4-wrapped-tak"));
}

TEST(the_sign_in_reply_delivers_the_session_keys)
{
	static const struct {
		uint16_t tag;
		const char *want;
	} rows[] = { { YTAP_TAG_WRAPPED_TAK, "tak" },
		     { YTAP_TAG_WRAPPED_TDK, "tdk" },
		     { YTAP_TAG_WRAPPED_TPK, "tpk" } },
	  *row;
	static struct iso8583 in;
	struct tlv_map tags;

	REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "sign-in-reply"), &in));
	tlv_map_init(&tags, iso8583_bytes(&in, F_BULK));
	EACH (row, rows) {
		struct bytes field = tlv_bytes(&tags, row->tag, KEYWRAP_FIELD);
		uint8_t got[SUITE_KEY_SIZE];

		CHECK_OK(keywrap_field_open(SUITE_AES, key("aes-kwrap"), field, got));
		CHECK_BYTES(row->want, bytes_of(got, sizeof got), vector(KEYS, row->want));
	}
	CHECK_I64("", tlv_u32(&tags, YTAP_TAG_SESSION), load_be32(vector(KEYS, "session").at));
	CHECK_I64("", tlv_bcd8(&tags, YTAP_TAG_BUSINESS_DATE), 20260901);
	CHECK_OK(tlv_map_done(&tags));
}

/* Each message's F64, over the bytes as sent and with its own key (5.4). */
TEST(f64_of_every_message_is_right)
{
	static const struct {
		const char *message, *key;
	} rows[] = {
		{ "sign-in", "aes-kauth" }, { "sign-in-reply", "tak" }, { "purchase", "tak" },
		{ "purchase-reply", "tak" }, { "reversal", "tak" },      { "upload", "tak" },
		{ "upload-reply", "tak" },   { "push", "tak" },          { "push-reply", "tak" },
	}, *row;
	static struct iso8583 in;

	EACH (row, rows) {
		SCOPED(mac_key_deinit) struct mac_key m = { 0 };
		uint8_t f64[F64_SIZE];

		REQUIRE_OK(mac_key_init_suite(&m, SUITE_AES, key(row->key)));
		REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, row->message), &in));
		mac_f64(&m, iso8583_mac_range(&in), f64);
		CHECK_BYTES(row->message, bytes_of(f64, sizeof f64), iso8583_bytes(&in, F_MAC));
		CHECK(mac_f64_is(&m, iso8583_mac_range(&in), iso8583_bytes(&in, F_MAC)));
	}
}

TEST(f64_of_the_purchase_is_right_in_four_algorithms)
{
	static const struct {
		const char *want, *key;
		enum suite suite;
	} rows[] = {
		{ "purchase-mac-aes", "tak", SUITE_AES },
		{ "purchase-mac-sm4", "tak", SUITE_SM4 },
		{ "purchase-mac-x919", "des-key", SUITE_3DES },
		{ "purchase-mac-unionpay", "des-key", SUITE_UNIONPAY },
	}, *row;
	static struct iso8583 in;

	REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "purchase"), &in));
	EACH (row, rows) {
		SCOPED(mac_key_deinit) struct mac_key m = { 0 };
		uint8_t f64[F64_SIZE];

		REQUIRE_OK(mac_key_init_suite(&m, row->suite, key(row->key)));
		mac_f64(&m, iso8583_mac_range(&in), f64);
		CHECK_BYTES(row->want, bytes_of(f64, sizeof f64), vector(MESSAGES, row->want));
	}
}

/* The body of a sealed frame opens to the purchase; the purchase seals to the frame. */
static void check_sealed(enum suite suite, const char *name, const char *mac)
{
	SCOPED(envelope_key_deinit) struct envelope_key k = { 0 };
	struct bytes whole = vector(FRAMES, name), plain = vector(MESSAGES, "purchase"), message;
	uint8_t copy[FRAME_MAX], want[256];
	struct envelope_sec sec;
	struct frame f;

	memcpy(want, plain.at, plain.len);
	memcpy(want + plain.len - F64_SIZE, vector(MESSAGES, mac).at, F64_SIZE);
	memcpy(copy, whole.at, whole.len);
	REQUIRE_OK(envelope_key_init(&k, suite, key("tdk"), load_be32(vector(KEYS, "session").at)));
	REQUIRE_OK(frame_parse(FRAME_FULL, bytes_of(copy, whole.len), &f));
	CHECK_I64(name, f.class, FRAME_SEALED);
	REQUIRE_OK(envelope_peek(f.body, &sec));
	CHECK_I64(name, (int64_t)sec.counter, 3);
	CHECK_I64(name, sec.session, 0x5A000001);
	REQUIRE_OK(envelope_open(&k, ENVELOPE_TO_HOST, f.hdr, copy + FRAME_HEAD_SIZE, f.body.len,
	                         &message));
	CHECK_BYTES(name, message, bytes_of(want, plain.len));

	memset(copy, 0, sizeof copy);
	memcpy(copy + FRAME_HEAD_SIZE + ENVELOPE_SEC, want, plain.len);
	f = (struct frame){ .destination = 0x0003, .class = FRAME_SEALED, .software = 1 };
	frame_head(FRAME_FULL, &f, plain.len + ENVELOPE_EXTRA, copy);
	envelope_seal(&k, ENVELOPE_TO_HOST, 3, copy + FRAME_LEN_SIZE + FRAME_TPDU_SIZE,
	              copy + FRAME_HEAD_SIZE, plain.len);
	CHECK_BYTES(name, bytes_of(copy, whole.len), whole);
}

TEST(sealed_frames_are_those_of_section_19)
{
	check_sealed(SUITE_AES, "sealed-aes", "purchase-mac-aes");
	check_sealed(SUITE_SM4, "sealed-sm4", "purchase-mac-sm4");
}

TEST(the_stored_record_bears_the_mac_of_krec)
{
	SCOPED(mac_key_deinit) struct mac_key m = { 0 };
	struct bytes bytes = vector(MESSAGES, "record");
	struct record r;
	uint8_t mac[F64_SIZE];

	REQUIRE_OK(record_decode(bytes, &r));
	REQUIRE_OK(mac_key_init_suite(&m, SUITE_AES, key("aes-krec")));
	mac_f64(&m, record_mac_range(bytes.at), mac);
	CHECK_BYTES("", bytes_of(mac, sizeof mac), bytes_of(r.mac, sizeof r.mac));
}

TEST(the_tac_of_a_purchase_is_that_of_section_19)
{
	uint8_t tac[4];

	REQUIRE_OK(ytap_purchase_tac(key("tac-key"), vector(KEYS, "tac-data"), tac));
	CHECK_BYTES("", bytes_of(tac, sizeof tac), vector(KEYS, "tac"));
}

/* keys 15.1: the ratchet, and a derivation from the day root (there with the label OC1:, here
 * YTAP:). */
TEST(day_roots_and_session_keys_follow_their_derivation)
{
	struct ytap_session_spec spec = {
		.day = 20261122, .sequence = 1, .node = "T0000001", .session = 0x01020304
	};
	struct kdf_spec old = { "OC1:MAC", bytes_of("\x20\x26\x11\x22\x01T0000001", 13) };
	struct kdf_spec pin = { "YTAP:PIN",
		                bytes_of("\x20\x26\x11\x22\x01T0000001\x01\x02\x03\x04", 17) };
	struct ytap_session_keys keys, other;
	uint8_t root[YTAP_DAY_ROOT_SIZE], want[SUITE_KEY_SIZE];

	REQUIRE_OK(ytap_ratchet_day_root(vector(STANDARD, "day-root").at, 20261122, 1, root));
	CHECK_BYTES("", bytes_of(root, sizeof root), vector(STANDARD, "day-root-next"));
	REQUIRE_OK(kdf_counter(MAC_AES_CMAC, bytes_of(root, sizeof root), &old, want, sizeof want));
	CHECK_BYTES("", bytes_of(want, sizeof want), vector(STANDARD, "day-mac"));

	REQUIRE_OK(ytap_derive_session_keys(root, &spec, &keys));
	REQUIRE_OK(kdf_counter(MAC_AES_CMAC, bytes_of(root, sizeof root), &pin, want, sizeof want));
	CHECK_BYTES("", bytes_of(keys.tpk, sizeof keys.tpk), bytes_of(want, sizeof want));
	CHECK(memcmp(keys.tak, keys.tdk, SUITE_KEY_SIZE) != 0);
	spec.session++;
	REQUIRE_OK(ytap_derive_session_keys(root, &spec, &other));
	CHECK(memcmp(keys.tak, other.tak, SUITE_KEY_SIZE) != 0);
	ytap_session_keys_wipe(&keys);
	CHECK_I64("wiped", keys.tak[0] | keys.tpk[15], 0);
}

TEST(a_tik_belongs_to_its_sam_and_version)
{
	struct ytap_handshake h = handshake(SUITE_AES);
	struct kdf_spec spec = { "YTAP-TIK", bytes_of("\x10\x00\x20\x00\x01\x23\x01", 7) };
	struct bytes rk = vector(STANDARD, "kek-256");
	uint8_t tik[SUITE_KEY_SIZE], want[SUITE_KEY_SIZE];

	REQUIRE_OK(ytap_derive_tik(SUITE_AES, rk, &h.ids, tik));
	REQUIRE_OK(kdf_counter(MAC_AES_CMAC, rk, &spec, want, sizeof want));
	CHECK_BYTES("", bytes_of(tik, sizeof tik), bytes_of(want, sizeof want));
	h.ids.key_version = 2;
	REQUIRE_OK(ytap_derive_tik(SUITE_AES, rk, &h.ids, tik));
	CHECK(memcmp(tik, want, sizeof tik) != 0);
	CHECK_RESULT("SM4 knows no 32 bytes", ytap_derive_tik(SUITE_SM4, rk, &h.ids, tik),
	             INVALID_KEY);
}
