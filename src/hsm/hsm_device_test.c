/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "crypto/cipher.h"
#include "crypto/hmac.h"
#include "crypto/mac.h"
#include "crypto/rsa.h"
#include "harness/test.h"
#include "hsm/hsm_testkit.h"

static struct secret published(void)
{
	struct secret lmk;

	lmk_published(LMK_AES, &lmk);
	return lmk;
}

TEST(a_token_says_what_it_is_and_can)
{
	SCOPED(hsm_rig_close) struct hsm_rig r;
	struct hsm_info info;

	REQUIRE(hsm_rig_open(&r));
	hsm_device_info(r.device, &info);
	CHECK(info.software);
	CHECK_I64("capabilities", info.capabilities,
	          HSM_CAN_LMK_AES | HSM_CAN_UNWRAP | HSM_CAN_AES | HSM_CAN_TDES | HSM_CAN_RSA |
	                  HSM_CAN_DERIVE);
	CHECK(hsm_session_can(r.session, HSM_CAN_AES | HSM_CAN_RSA));
	CHECK(!hsm_session_can(r.session, HSM_CAN_SM4));
	CHECK_OK(hsm_selftest(r.session));
}

TEST(an_lmk_is_installed_as_the_keys_that_follow_from_it_and_found_again)
{
	/* keys TV-05, TV-06 */
	SCOPED(hsm_rig_close) struct hsm_rig r;
	SCOPED(secret_wipe) struct secret lmk = published();
	struct hsm_lmk found;
	uint8_t mac[16], want[16];
	SCOPED(secret_wipe) struct secret kbak = { 0 };
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };

	REQUIRE(hsm_rig_open(&r));
	CHECK_RESULT("empty", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
	REQUIRE_OK(hsm_lmk_install(r.session, 3, LMK_AES, &lmk, &found));
	CHECK_HEX("check value", bytes_of(found.check, HSM_PROOF), "CC00BBC79C");
	REQUIRE_OK(lmk_derive(LMK_AES, bytes_of(lmk.at, lmk.len), LMK_KBAK, &kbak));
	REQUIRE_OK(mac_key_init(&key, MAC_AES_CMAC, bytes_of(kbak.at, kbak.len)));
	mac_once(&key, str_bytes(STR("some bytes, and more")), want);
	CHECK_OK(hsm_lmk_mac(r.session, 3, str_bytes(STR("some bytes")),
	                     str_bytes(STR(", and more")), mac));
	CHECK_BYTES("KBAK", bytes_of(mac, 16), bytes_of(want, 16));
	CHECK_RESULT("taken", hsm_lmk_install(r.session, 3, LMK_AES, &lmk, &found), HSM_EXISTS);
	CHECK_RESULT("SM4 has no mechanism", hsm_lmk_install(r.session, 4, LMK_SM4, &lmk, &found),
	             HSM_UNSUPPORTED);
	CHECK_RESULT("slot 10", hsm_lmk_install(r.session, 10, LMK_AES, &lmk, &found), HSM_INPUT);
	hsm_session_close(r.session);
	hsm_device_close(r.device);
	r.session = NULL;
	r.device = NULL;
	REQUIRE_OK(hsm_device_open(&r.place, NULL, &r.device));
	REQUIRE_OK(hsm_session_open(r.device, &r.session));
	CHECK_OK(hsm_lmk_status(r.session, 3, &found));
	CHECK_HEX("after reopening", bytes_of(found.check, HSM_PROOF), "CC00BBC79C");
	CHECK_OK(hsm_lmk_erase(r.session, 3));
	CHECK_RESULT("erased", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
	CHECK_RESULT("erased",
	             hsm_lmk_mac(r.session, 3, str_bytes(STR("x")), bytes_of(NULL, 0), mac),
	             HSM_LMK_MISSING);
	CHECK_OK(hsm_lmk_erase(r.session, 3));
}

TEST(blocks_that_the_device_protects_are_the_standards_own)
{
	/* X9.143 8.1 (TV-B3) opens in the device; what it seals opens here, and the other way round
	 */
	static const char tv_b3[] = "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71"
	                            "C158A476FAC12C13C3829"
	                            "DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557";
	SCOPED(hsm_rig_close) struct hsm_rig r;
	struct secret lmk = { .len = 32 };
	struct hsm_protector protector;
	struct keyblock parsed;
	struct hsm_lmk found;
	uint8_t key[KEYBLOCK_KEY_MAX];
	size_t len;

	REQUIRE(hsm_rig_open(&r));
	CHECK_OK(hex_decode(STR("88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6"),
	                    lmk.at, 32));
	REQUIRE_OK(hsm_lmk_install(r.session, 0, LMK_AES, &lmk, &found));
	hsm_protector_init(&protector, r.session, 0);
	REQUIRE_OK(keyblock_parse(str_of(tv_b3), &parsed));
	REQUIRE_OK(keyblock_open(&protector.protector, str_of(tv_b3), &parsed, key, &len));
	CHECK_HEX("TV-B3", bytes_of(key, len), "3F419E1CB7079442AA37474C2EFBF8B8");

	struct hsm_random random = hsm_random_source(r.session);
	struct keyblock_order order = { .header = &parsed.header,
		                        .key = bytes_of(key, len),
		                        .random = &random.source };
	char text[KEYBLOCK_TEXT_MAX + 1];
	SCOPED(keyblock_protector_close) struct keyblock_loaded *here = NULL;
	size_t text_len, again_len;
	uint8_t again[KEYBLOCK_KEY_MAX];
	REQUIRE_OK(keyblock_seal(&protector.protector, &order, text, sizeof text, &text_len));
	REQUIRE_OK(keyblock_protector_open('D', bytes_of(lmk.at, lmk.len), &here));
	struct str sealed = { text, text_len };
	REQUIRE_OK(keyblock_parse(sealed, &parsed));
	CHECK_OK(keyblock_open(keyblock_protector_of(here), sealed, &parsed, again, &again_len));
	CHECK_BYTES("sealed by the device", bytes_of(again, again_len), bytes_of(key, len));
	text[40] = text[40] == '0' ? '1' : '0';
	REQUIRE_OK(keyblock_parse(sealed, &parsed));
	CHECK_RESULT("changed",
	             keyblock_open(&protector.protector, sealed, &parsed, again, &again_len),
	             KEYBLOCK_MAC);
}

TEST(the_audit_key_links_under_the_device)
{
	/* keys TV-34 */
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "1|2026-11-22T02:15:00.000Z|SO1|LMK.LOAD|slot=01 comp=1 kcv=B88AF8DD20|OK",
		  "A3B6796310BFEE171351DADD520AD09405CD45CB204038627AAD821233805ACC" },
		{ "2|2026-11-22T02:16:00.000Z|SO2|LMK.LOAD|slot=01 comp=2 kcv=14525B077A|OK",
		  "60FAEB28497ED25BF80A2DCCE7A3CD04A149C87F92BC9DA7A9CD5BC108C92F11" },
	}, *row;
	SCOPED(hsm_rig_close) struct hsm_rig r;
	SCOPED(secret_wipe) struct secret lmk = published();
	uint8_t link[32] = { 0 }, first[32], second[32];
	struct hsm_lmk found;

	REQUIRE(hsm_rig_open(&r));
	REQUIRE_OK(hsm_lmk_install(r.session, 1, LMK_AES, &lmk, &found));
	EACH (row, rows) {
		CHECK_OK(hsm_lmk_link(r.session, 1, link, str_bytes(str_of(row->text)), link));
		CHECK_HEX(row->text, bytes_of(link, 32), row->want);
	}
	CHECK_OK(hsm_local_link(r.session, link, str_bytes(STR("a line")), first));
	CHECK_OK(hsm_local_link(r.session, link, str_bytes(STR("a line")), second));
	CHECK_BYTES("one key", bytes_of(first, 32), bytes_of(second, 32));
	CHECK(memcmp(first, link, 32) != 0);
}

/* --- keys inside --- */

static struct hsm_shape shape_of(char algorithm, unsigned bits, unsigned rights)
{
	return (struct hsm_shape){ algorithm, bits, rights };
}

enum { ALL = HSM_MAY_ENCRYPT | HSM_MAY_DECRYPT | HSM_MAY_MAC | HSM_MAY_DERIVE | HSM_MAY_LEAVE };

TEST(a_key_goes_in_and_out_of_the_device_only_wrapped_and_stays_the_same)
{
	static const struct {
		const char *name, *key;
		char algorithm;
	} rows[] = {
		{ "AES-128", "2B7E151628AED2A6ABF7158809CF4F3C", 'A' },
		{ "AES-256", "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", 'A' },
		{ "TDES 2", "11111111111111112222222222222222", 'T' },
		{ "TDES 3", "8AA83BF8CBDA10620BC1BF19FBB6CD58BC313D4A371CA8B5", 'T' },
	}, *row;
	SCOPED(hsm_rig_close) struct hsm_rig r;
	SCOPED(secret_wipe) struct secret lmk = published();
	struct hsm_lmk found;

	REQUIRE(hsm_rig_open(&r));
	REQUIRE_OK(hsm_lmk_install(r.session, 0, LMK_AES, &lmk, &found));
	EACH (row, rows) {
		uint8_t key[32], wrapped[HSM_WRAPPED_MAX], block[16] = { 0 }, want[16] = { 0 },
		                                           zeros[16] = { 0 };
		size_t key_len = strlen(row->key) / 2, len, size = row->algorithm == 'T' ? 8 : 16;
		struct hsm_shape shape = shape_of(row->algorithm, (unsigned)key_len * 8, ALL);
		SCOPED(cipher_key_deinit) struct cipher_key here = { 0 };
		struct hsm_object object, again;
		enum cipher_kind kind;

		CHECK_OK(hex_decode(str_of(row->key), key, key_len));
		REQUIRE_OK(hsm_object_import(r.session, bytes_of(key, key_len), &shape, &object));
		REQUIRE_OK(hsm_object_wrap(r.session, 0, object, wrapped, &len));
		hsm_object_free(r.session, &object);
		REQUIRE_OK(hsm_object_unwrap(r.session, 0, bytes_of(wrapped, len), &shape, &again));
		struct hsm_cipher_call call = {
			.mode = HSM_ECB, .encrypt = true, .in = bytes_of(zeros, size), .out = block
		};
		CHECK_OK(hsm_object_cipher(r.session, again, &shape, &call));
		CHECK_OK(cipher_kind_of(row->algorithm, key_len, &kind));
		CHECK_OK(cipher_key_init(&here, kind, bytes_of(key, key_len)));
		cipher_encrypt(&here, zeros, size, want);
		CHECK_BYTES(row->name, bytes_of(block, size), bytes_of(want, size));
		wrapped[3] ^= 1;
		hsm_object_free(r.session, &again);
		CHECK_RESULT(
		        "changed",
		        hsm_object_unwrap(r.session, 0, bytes_of(wrapped, len), &shape, &again),
		        KEYBLOCK_MAC);
		CHECK_RESULT(
		        "other slot",
		        hsm_object_unwrap(r.session, 1, bytes_of(wrapped, len), &shape, &again),
		        HSM_LMK_MISSING);
	}
}

TEST(a_purse_root_diversifies_inside_the_device)
{
	/* keys TV-18, TV-19: the child as the device has it has odd parity; its check value is that
	 * of the plain one */
	static const uint8_t id[16] = { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56,
		                        0xED, 0xCB, 0xA9, 0x87, 0x6F, 0xED, 0xCB, 0xA9 };
	SCOPED(hsm_rig_close) struct hsm_rig r;
	struct hsm_shape root_shape = shape_of('T', 128, HSM_MAY_DERIVE);
	struct hsm_shape child_shape = shape_of('T', 128, HSM_MAY_ENCRYPT);
	struct hsm_object root, child;
	uint8_t key[16], zeros[8] = { 0 }, block[8];

	REQUIRE(hsm_rig_open(&r));
	memset(key, 0x11, 8);
	memset(key + 8, 0x22, 8);
	REQUIRE_OK(hsm_object_import(r.session, bytes_of(key, 16), &root_shape, &root));
	REQUIRE_OK(hsm_object_derive(r.session, root, id, HSM_MAY_ENCRYPT, &child));
	struct hsm_cipher_call call = {
		.mode = HSM_ECB, .encrypt = true, .in = bytes_of(zeros, 8), .out = block
	};
	CHECK_OK(hsm_object_cipher(r.session, child, &child_shape, &call));
	CHECK_HEX("TV-18 check value", bytes_of(block, 3), "ECB162");
	CHECK_RESULT("a root does not encrypt",
	             hsm_object_cipher(r.session, root, &root_shape, &call), HSM_CALL);
}

TEST(an_rsa_key_is_made_in_the_device_and_signs_there)
{
	SCOPED(hsm_rig_close) struct hsm_rig r;
	SCOPED(secret_wipe) struct secret lmk = published();
	SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
	struct hsm_shape shape = shape_of('R', 1024, HSM_MAY_SIGN | HSM_MAY_LEAVE);
	uint8_t modulus[HSM_RSA_MAX], wrapped[HSM_WRAPPED_MAX], block[128], signature[128],
	        opened[128];
	size_t modulus_len, len;
	struct hsm_object made, object;
	struct hsm_lmk found;

	REQUIRE(hsm_rig_open(&r));
	REQUIRE_OK(hsm_lmk_install(r.session, 0, LMK_AES, &lmk, &found));
	REQUIRE_OK(hsm_object_generate_rsa(r.session, &shape, 65537, &made, modulus, &modulus_len));
	CHECK_I64("modulus", modulus_len, 128);
	REQUIRE_OK(hsm_object_wrap(r.session, 0, made, wrapped, &len));
	REQUIRE_OK(hsm_object_unwrap(r.session, 0, bytes_of(wrapped, len), &shape, &object));
	memset(block, 0xBB, sizeof block);
	block[0] = 0x6A;
	REQUIRE_OK(hsm_object_rsa(r.session, object, bytes_of(block, sizeof block), signature));
	REQUIRE_OK(rsa_key_from_public(&public, bytes_of(modulus, modulus_len), 65537));
	CHECK_OK(rsa_raw_public(&public, bytes_of(signature, sizeof signature), opened));
	CHECK_BYTES("raw", bytes_of(opened, sizeof opened), bytes_of(block, sizeof block));
}

/* --- losing it --- */

TEST(a_device_that_vanishes_is_noticed_and_taken_up_again)
{
	SCOPED(hsm_rig_close) struct hsm_rig r;
	SCOPED(secret_wipe) struct secret lmk = published();
	struct hsm_shape shape = shape_of('A', 128, HSM_MAY_MAC);
	struct hsm_object object;
	struct hsm_lmk found;
	uint8_t mac[16];

	REQUIRE(hsm_rig_open(&r));
	REQUIRE_OK(hsm_lmk_install(r.session, 0, LMK_AES, &lmk, &found));
	REQUIRE_OK(hsm_object_generate(r.session, &shape, &object));
	CHECK_OK(hsm_device_check(r.device));
	hsm_rig_take_away(&r);
	CHECK_RESULT("gone", hsm_device_check(r.device), HSM_LOST);
	CHECK(hsm_device_is_lost(r.device));
	CHECK_RESULT("gone", hsm_lmk_mac(r.session, 0, str_bytes(STR("x")), bytes_of(NULL, 0), mac),
	             HSM_LOST);
	CHECK_RESULT("still gone", hsm_device_reconnect(r.device), HSM_LOST);
	hsm_rig_put_back(&r);
	REQUIRE_OK(hsm_device_reconnect(r.device));
	CHECK_OK(hsm_lmk_status(r.session, 0, &found));
	CHECK_HEX("the same key", bytes_of(found.check, HSM_PROOF), "CC00BBC79C");
	CHECK_RESULT("objects are gone",
	             hsm_object_cmac(r.session, object, &shape, str_bytes(STR("x")), mac),
	             HSM_OBJECT_GONE);
}

TEST(the_pin_changes_only_with_the_old_one)
{
	SCOPED(hsm_rig_close) struct hsm_rig r;
	struct secret old_pin = { .len = 32 }, wrong = { "wrong PIN", 9 },
	              new_pin = { "another long PIN", 16 };
	struct hsm_device *again = NULL;
	FILE *file;

	REQUIRE(hsm_rig_open(&r));
	file = fopen(r.place.pin_file, "r");
	REQUIRE(file);
	CHECK_I64("PIN", fread(old_pin.at, 1, 32, file), 32);
	fclose(file);
	CHECK_RESULT("wrong", hsm_device_set_pin(r.device, &wrong, &new_pin), HSM_PIN);
	CHECK_OK(hsm_device_set_pin(r.device, &old_pin, &new_pin));
	hsm_rig_close(&r);
	CHECK_RESULT("the file holds the old one", hsm_device_open(&r.place, NULL, &again),
	             HSM_PIN);
	REQUIRE_OK(hsm_device_open(&r.place, &new_pin, &r.device));
}
