/* SPDX-License-Identifier: Apache-2.0 */
/* What works under an SDF device's LMK: key blocks, working keys, and keys inside for a while. */
#include <stdio.h>

#include "crypto/cipher.h"
#include "harness/test.h"
#include "hsm/hsm_testkit.h"
#include "hsm/sdf_device.h"
#include "hsm/sdf_testkit.h"
#include "hsm/working_key.h"

static const char tv04_key[] = "0123456789ABCDEFFEDCBA9876543210";

/* --- key blocks --- */

/* keys TV-B8: version 4 under TV-07 */
static const char tv_b8[] =
        "40112204X01E0010EB157954C5D93ACFD1C6BD44F65D276FF86B907FF05940CFEBF44F477E49356A12A063A3"
        "F2BD3309EBADFDD21C244596";

TEST(blocks_under_an_sdf_device_open_here_and_the_other_way_round)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	SCOPED(keyblock_protector_close) struct keyblock_loaded *here = NULL;
	SCOPED(secret_wipe) struct secret lmk = { 0 };
	char text[KEYBLOCK_TEXT_MAX + 1];
	uint8_t key[KEYBLOCK_KEY_MAX], again[KEYBLOCK_KEY_MAX];
	size_t len, text_len, again_len;
	struct hsm_protector device;
	struct keyblock parsed;
	struct hsm_lmk found;

	lmk_published(LMK_SM4, &lmk);
	REQUIRE_OK(keyblock_protector_open('4', bytes_of(lmk.at, lmk.len), &here));
	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	hsm_protector_init(&device, r.session, 0);
	REQUIRE_OK(keyblock_parse(str_of(tv_b8), &parsed));
	REQUIRE_OK(keyblock_open(&device.protector, str_of(tv_b8), &parsed, key, &len));
	CHECK_HEX("TV-B8", bytes_of(key, len), tv04_key);

	struct hsm_random random = hsm_random_source(r.session);
	struct keyblock_order order = { .header = &parsed.header,
		                        .key = bytes_of(key, len),
		                        .random = &random.source };
	REQUIRE_OK(keyblock_seal(&device.protector, &order, text, sizeof text, &text_len));
	struct str sealed = { text, text_len };
	REQUIRE_OK(keyblock_parse(sealed, &parsed));
	REQUIRE_OK(keyblock_open(keyblock_protector_of(here), sealed, &parsed, again, &again_len));
	CHECK_BYTES("sealed by the device", bytes_of(again, again_len), bytes_of(key, len));
	REQUIRE_OK(
	        keyblock_seal(keyblock_protector_of(here), &order, text, sizeof text, &text_len));
	REQUIRE_OK(keyblock_parse(sealed, &parsed));
	REQUIRE_OK(keyblock_open(&device.protector, sealed, &parsed, again, &again_len));
	CHECK_BYTES("sealed here", bytes_of(again, again_len), bytes_of(key, len));
}

TEST(a_block_with_any_character_changed_does_not_open_under_an_sdf_device)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	uint8_t key[KEYBLOCK_KEY_MAX];
	struct hsm_protector device;
	struct keyblock parsed;
	struct hsm_lmk found;
	size_t len;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	hsm_protector_init(&device, r.session, 0);
	for (size_t i = 0; i < sizeof tv_b8 - 1; i++) {
		char text[sizeof tv_b8];
		struct str changed = { text, sizeof tv_b8 - 1 };

		memcpy(text, tv_b8, sizeof tv_b8);
		text[i] = text[i] == '0' ? '1' : '0';
		result r1 = keyblock_parse(changed, &parsed);
		if (is_ok(r1))
			r1 = keyblock_open(&device.protector, changed, &parsed, key, &len);
		CHECK(r1.code == KEYBLOCK_FORM || r1.code == KEYBLOCK_MAC);
	}
}

/* --- working keys --- */

/* An SDF device with TV-07 in slot 0 and another LMK in slot 1, beside a token with TV-05. */
struct bench {
	struct sdf_rig sdf;
	struct hsm_rig token;
	struct working_place first, second, aes;
};

static bool bench_open(struct bench *b)
{
	SCOPED(secret_wipe) struct secret aes = { 0 }, other = { .len = 16 };
	struct hsm_lmk found;

	*b = (struct bench){ 0 };
	if (!sdf_rig_open(&b->sdf) || !hsm_rig_open(&b->token))
		return false;
	memset(other.at, 0x5A, 16);
	other.at[3] = 7;
	lmk_published(LMK_AES, &aes);
	CHECK_OK(sdf_rig_install(&b->sdf, 0, &found));
	CHECK_OK(hsm_lmk_install(b->sdf.session, 1, LMK_SM4, &other, &found));
	CHECK_OK(hsm_lmk_install(b->token.session, 0, LMK_AES, &aes, &found));
	b->first = (struct working_place){ b->sdf.session, 0 };
	b->second = (struct working_place){ b->sdf.session, 1 };
	b->aes = (struct working_place){ b->token.session, 0 };
	return true;
}

static void bench_close(struct bench *b)
{
	sdf_rig_close(&b->sdf);
	hsm_rig_close(&b->token);
}

static struct keyblock_header header_of(char version, const char *usage, char algorithm, char mode)
{
	struct keyblock_header h = { .version = version,
		                     .algorithm = algorithm,
		                     .mode = mode,
		                     .key_version = "01",
		                     .exportability = 'E',
		                     .context = '1' };

	memcpy(h.usage, usage, 3);
	return h;
}

/* Opens, and is the key with this check value. */
static void check_block(const struct working_place *at, struct str block, const struct kcv *want)
{
	SCOPED(working_key_close) struct working_key *k = NULL;
	struct kcv kcv;

	CHECK_OK(working_key_open(at, block, &k));
	if (!k)
		return;
	CHECK(!working_key_in_device(k));
	CHECK_OK(working_key_kcv(k, &kcv));
	CHECK(kcv_is(&kcv, want));
}

TEST(keys_are_made_and_moved_between_the_lmks_of_an_sdf_device_and_of_a_token)
{
	static const struct {
		const char *name, *usage;
		char algorithm, mode;
		unsigned bits;
	} rows[] = {
		{ "SM4 purchase root", "20", '4', 'X', 128 }, { "SM4 data", "D0", '4', 'B', 128 },
		{ "HMAC", "M7", 'H', 'C', 256 },              { "SM2", "S0", '2', 'S', 256 },
	}, *row;
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b));
	EACH (row, rows) {
		struct keyblock_header h = header_of('4', row->usage, row->algorithm, row->mode);
		struct working_order order = { .header = &h,
			                       .lmk_check = "0145445F9CEA",
			                       .bits = row->bits };
		struct working_target to_second = { b.second, "010123456789", '4' },
		                      to_aes = { b.aes, "01CC00BBC79C", 'D' },
		                      to_first = { b.first, "0145445F9CEA", '4' };
		char made[WORKING_BLOCK_MAX + 1], moved[WORKING_BLOCK_MAX + 1],
		        back[WORKING_BLOCK_MAX + 1];
		SCOPED(working_key_close) struct working_key *none = NULL;
		size_t made_len, moved_len, back_len;
		struct kcv kcv;

		REQUIRE_OK(working_key_generate(&b.first, &order, made, &made_len, &kcv));
		struct str block = { made, made_len };
		check_block(&b.first, block, &kcv);
		CHECK_RESULT(row->name, working_key_open(&b.second, block, &none), KEYBLOCK_MAC);
		REQUIRE_OK(working_key_reseal(&b.first, &to_second, block, moved, &moved_len));
		check_block(&b.second, (struct str){ moved, moved_len }, &kcv);
		REQUIRE_OK(working_key_reseal(&b.first, &to_aes, block, moved, &moved_len));
		CHECK_I64("version", moved[0], 'D');
		check_block(&b.aes, (struct str){ moved, moved_len }, &kcv);
		REQUIRE_OK(working_key_reseal(&b.aes, &to_first, (struct str){ moved, moved_len },
		                              back, &back_len));
		CHECK_I64("version", back[0], '4');
		check_block(&b.first, (struct str){ back, back_len }, &kcv);
	}
}

TEST(a_key_that_never_leaves_its_device_goes_to_no_sdf_device)
{
	SCOPED(bench_close) struct bench b;
	struct keyblock_header in_token = header_of('3', "B3", 'A', 'X'),
	                       in_sdf = header_of('3', "B3", '4', 'X');
	struct working_order order = { .header = &in_token,
		                       .lmk_check = "01CC00BBC79C",
		                       .bits = 128 };
	struct working_target to = { { 0 }, "0145445F9CEA", '4' };
	char text[WORKING_BLOCK_MAX + 1], again[WORKING_BLOCK_MAX + 1];
	struct kcv kcv;
	size_t len;

	REQUIRE(bench_open(&b));
	to.place = b.first;
	REQUIRE_OK(working_key_generate(&b.aes, &order, text, &len, &kcv));
	CHECK_RESULT("moved",
	             working_key_reseal(&b.aes, &to, (struct str){ text, len }, again, &len),
	             HSM_UNSUPPORTED);
	order.header = &in_sdf;
	CHECK_RESULT("made there", working_key_generate(&b.first, &order, text, &len, &kcv),
	             HSM_UNSUPPORTED);
}

TEST(a_sealed_sm4_key_works_from_its_block_under_an_sdf_device)
{
	/* keys TV-04 as what goes in, TV-21 as what comes of it */
	SCOPED(bench_close) struct bench b;
	struct keyblock_header h = header_of('4', "20", '4', 'X');
	struct working_order order = { .header = &h, .lmk_check = "0145445F9CEA", .bits = 128 };
	struct pboc_factors id = { { { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } }, 1 };
	SCOPED(working_key_close) struct working_key *k = NULL;
	char text[WORKING_BLOCK_MAX + 1];
	struct pboc_key child;
	uint8_t value[16];
	struct kcv kcv;
	size_t len;

	REQUIRE(bench_open(&b));
	CHECK_OK(hex_decode(str_of(tv04_key), value, 16));
	REQUIRE_OK(working_key_seal(&b.first, &order, bytes_of(value, 16), text, &len, &kcv));
	CHECK_HEX("TV-04", bytes_of(kcv.at, kcv.len), "2677F46B");
	REQUIRE_OK(working_key_open(&b.first, (struct str){ text, len }, &k));
	CHECK_OK(working_key_diversify(k, &id, &child));
	CHECK_HEX("TV-21", bytes_of(child.at, child.len), "4577E9A70967475E6B47CD99B83ABA1D");
	pboc_key_wipe(&child);
	sdf_rig_take_away();
	SCOPED(working_key_close) struct working_key *none = NULL;
	CHECK_RESULT("gone", working_key_open(&b.first, (struct str){ text, len }, &none),
	             HSM_LOST);
	CHECK_OK(working_key_diversify(k, &id, &child)); /* it works here */
	pboc_key_wipe(&child);
	sdf_rig_put_back();
	REQUIRE_OK(hsm_device_reconnect(b.sdf.device));
	CHECK_OK(working_key_open(&b.first, (struct str){ text, len }, &none));
	b.sdf.before.left += sdf_rig_count(&b.sdf).left;
}

/* --- keys inside --- */

enum { ALL = HSM_MAY_ENCRYPT | HSM_MAY_DECRYPT | HSM_MAY_MAC };

TEST(an_sm4_key_inside_is_the_key_that_went_in)
{
	/* keys TV-04, TV-11, TV-14 */
	SCOPED(sdf_rig_close) struct sdf_rig r;
	SCOPED(cipher_cbc_deinit) struct cipher_cbc here = { 0 };
	struct hsm_shape shape = { '4', 128, ALL };
	uint8_t key[16], zeros[16] = { 0 }, iv[16] = { 3, 4 }, in[48], out[48], want[48];
	struct hsm_cipher_call call = { HSM_ECB, true, NULL, bytes_of(zeros, 16), out };
	struct hsm_object o;

	REQUIRE(sdf_rig_open(&r));
	CHECK_OK(hex_decode(str_of(tv04_key), key, 16));
	REQUIRE_OK(cipher_cbc_init(&here, CIPHER_SM4, bytes_of(key, 16)));
	REQUIRE_OK(hsm_object_import(r.session, bytes_of(key, 16), &shape, &o));
	CHECK_OK(hsm_object_cipher(r.session, o, &shape, &call));
	CHECK_HEX("TV-04", bytes_of(out, 16), "2677F46B09C122CC975533105BD4A22A");
	CHECK_OK(hsm_object_cmac(r.session, o, &shape, bytes_of(zeros, 16), out));
	CHECK_HEX("TV-04", bytes_of(out, 16), "909F5E6ED15518C01252302383C63E8C");
	CHECK_OK(hsm_object_cmac(r.session, o, &shape, str_bytes(STR("abc")), out));
	CHECK_HEX("TV-14", bytes_of(out, 16), "8E75238AC2672A6AEE408C1E251854D8");
	call.in = bytes_of(key, 16);
	CHECK_OK(hsm_object_cipher(r.session, o, &shape, &call));
	CHECK_HEX("TV-11", bytes_of(out, 16), "681EDF34D206965E86B3E94F536E4246");
	call = (struct hsm_cipher_call){ HSM_ECB, false, NULL, bytes_of(out, 16), out };
	CHECK_OK(hsm_object_cipher(r.session, o, &shape, &call));
	CHECK_BYTES("and back", bytes_of(out, 16), bytes_of(key, 16));
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * 7);
	cipher_cbc_encrypt(&here, iv, bytes_of(in, 48), want);
	call = (struct hsm_cipher_call){ HSM_CBC, true, iv, bytes_of(in, 48), out };
	CHECK_OK(hsm_object_cipher(r.session, o, &shape, &call));
	CHECK_BYTES("CBC", bytes_of(out, 48), bytes_of(want, 48));
	CHECK_I64("the caller's initial value stays", iv[0], 3);
	call = (struct hsm_cipher_call){ HSM_CBC, false, iv, bytes_of(out, 48), out };
	CHECK_OK(hsm_object_cipher(r.session, o, &shape, &call));
	CHECK_BYTES("and back", bytes_of(out, 48), bytes_of(in, 48));
	hsm_object_free(r.session, &o);
	CHECK_I64("freed", sdf_rig_count(&r).keys, 0);
}

TEST(a_key_inside_does_only_what_it_may)
{
	static const struct {
		const char *name, *want_encrypt, *want_decrypt, *want_mac;
		unsigned rights;
	} rows[] = {
		{ "encrypt", "SUCCESS", "HSM_CALL", "HSM_CALL", HSM_MAY_ENCRYPT },
		{ "decrypt", "HSM_CALL", "SUCCESS", "HSM_CALL", HSM_MAY_DECRYPT },
		{ "MAC", "SUCCESS", "HSM_CALL", "SUCCESS", HSM_MAY_MAC },
		{ "derive", "HSM_CALL", "HSM_CALL", "HSM_CALL", HSM_MAY_DERIVE },
	}, *row;
	SCOPED(sdf_rig_close) struct sdf_rig r;
	uint8_t block[16] = { 1 }, iv[16] = { 0 };

	REQUIRE(sdf_rig_open(&r));
	EACH (row, rows) {
		struct hsm_shape shape = { '4', 128, row->rights };
		struct hsm_cipher_call call = { HSM_CBC, true, iv, bytes_of(block, 16), block };
		struct hsm_object o;

		REQUIRE_OK(hsm_object_import(r.session, bytes_of(block, 16), &shape, &o));
		CHECK_STR(row->name, result_name(hsm_object_cipher(r.session, o, &shape, &call)),
		          row->want_encrypt);
		call.encrypt = false;
		CHECK_STR(row->name, result_name(hsm_object_cipher(r.session, o, &shape, &call)),
		          row->want_decrypt);
		CHECK_STR(
		        row->name,
		        result_name(hsm_object_cmac(r.session, o, &shape, bytes_of(iv, 16), block)),
		        row->want_mac);
		call.mode = HSM_CTR;
		CHECK_RESULT("CTR", hsm_object_cipher(r.session, o, &shape, &call),
		             HSM_UNSUPPORTED);
		hsm_object_free(r.session, &o);
	}
	struct hsm_shape shape = { '4', 128, ALL };
	struct hsm_object o;
	CHECK_RESULT("15 bytes", hsm_object_import(r.session, bytes_of(block, 15), &shape, &o),
	             HSM_INPUT);
	REQUIRE_OK(hsm_object_import(r.session, bytes_of(block, 16), &shape, &o));
	struct hsm_cipher_call call = { HSM_CBC, true, iv, bytes_of(block, 15), block };
	CHECK_RESULT("15 bytes", hsm_object_cipher(r.session, o, &shape, &call), HSM_INPUT);
	CHECK_RESULT("nothing", hsm_object_cmac(r.session, o, &shape, bytes_of(iv, 0), block),
	             HSM_INPUT);
}

TEST(a_key_inside_belongs_to_its_session_and_ends_with_it)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	struct hsm_session *other = NULL;
	struct hsm_shape shape = { '4', 128, ALL };
	struct hsm_object objects[SDF_OBJECTS_MAX], one_more, of_other;
	uint8_t key[16] = { 1 }, mac[16];
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(hsm_session_open(r.device, &other));
	for (size_t i = 0; i < SDF_OBJECTS_MAX; i++)
		CHECK_OK(hsm_object_import(r.session, bytes_of(key, 16), &shape, &objects[i]));
	CHECK_RESULT("no more", hsm_object_import(r.session, bytes_of(key, 16), &shape, &one_more),
	             HSM_CALL);
	CHECK_OK(hsm_object_import(other, bytes_of(key, 16), &shape, &of_other));
	CHECK_RESULT("another session's",
	             hsm_object_cmac(other, objects[0], &shape, bytes_of(key, 16), mac),
	             HSM_OBJECT_GONE);
	hsm_object_free(r.session, &objects[3]);
	CHECK_OK(hsm_object_import(r.session, bytes_of(key, 16), &shape, &one_more));
	CHECK_I64("inside", sdf_rig_count(&r).keys, SDF_OBJECTS_MAX + 1);
	hsm_session_close(other);
	CHECK_I64("inside", sdf_rig_count(&r).keys, SDF_OBJECTS_MAX);
	CHECK_OK(sdf_rig_install(&r, 0, &found));
	CHECK_RESULT("another LMK, another generation",
	             hsm_object_cmac(r.session, one_more, &shape, bytes_of(key, 16), mac),
	             HSM_OBJECT_GONE);
	CHECK_I64("KBEK and KBAK", sdf_rig_count(&r).keys, 2);
	CHECK_OK(hsm_object_import(r.session, bytes_of(key, 16), &shape, &one_more));
}
