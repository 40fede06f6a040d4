/* SPDX-License-Identifier: Apache-2.0 */
/* The SDF library of the tests themselves: it must be right, and strict, for the others to say
 * anything. */
#include <dlfcn.h>
#include <stdlib.h>

#include "crypto/mac.h"
#include "crypto/sm2.h"
#include "harness/test.h"
#include "hsm/sdf_testkit.h"

enum { PAD = ECCref_MAX_LEN - SM2_FIELD };

/* The library's functions, as a program of a vendor would look them up. */
struct library {
	void *handle, *device, *session;
	struct sdf_rig rig;
};

static void *look_up(const struct library *l, const char *name)
{
	void *symbol = dlsym(l->handle, name);

	CHECK(symbol);
	return symbol;
}

#define CALL(l_, function_) ((__typeof__(&(function_)))look_up((l_), #function_))

static bool library_open(struct library *l)
{
	*l = (struct library){ 0 };
	sdf_rig_init(&l->rig);
	unsetenv("YIKA_SDF_PIN");
	l->handle = dlopen(SDF_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	CHECK(l->handle);
	if (!l->handle)
		return false;
	CHECK_I64("", CALL(l, SDF_OpenDevice)(&l->device), SDR_OK);
	CHECK_I64("", CALL(l, SDF_OpenSession)(l->device, &l->session), SDR_OK);
	return l->session != NULL;
}

static void library_close(struct library *l)
{
	if (l->device)
		CHECK_I64("", CALL(l, SDF_CloseDevice)(l->device), SDR_OK);
	l->rig.before.left += sdf_rig_count(&l->rig).left;
	sdf_rig_close(&l->rig);
}

/* A key into the library, from its public half. */
static void *bring_in(const struct library *l, const uint8_t key[16])
{
	SCOPED(sm2_key_deinit) struct sm2_key public = { 0 };
	struct ECCrefPublicKey k = { 0 };
	struct ECCCipher c = { .L = 16 };
	struct sm2_sealed sealed;
	void *handle = NULL;

	CHECK_I64("", CALL(l, SDF_ExportEncPublicKey_ECC)(l->session, 1, &k), SDR_OK);
	CHECK_OK(sm2_key_from_public(&public, k.x + PAD, k.y + PAD));
	CHECK_OK(sm2_seal(&public, bytes_of(key, 16), &sealed));
	memcpy(c.x + PAD, sealed.x, SM2_FIELD);
	memcpy(c.y + PAD, sealed.y, SM2_FIELD);
	memcpy(c.M, sealed.hash, SM2_FIELD);
	memcpy(c.C, sealed.text, 16);
	CHECK_I64("", CALL(l, SDF_ImportKeyWithISK_ECC)(l->session, 1, &c, &handle), SDR_OK);
	return handle;
}

TEST(the_test_library_hashes_and_verifies_as_the_standards_say)
{
	/* keys TV-12, TV-13 */
	SCOPED(library_close) struct library l;
	unsigned char abc[] = "abc", text[] = "message digest", id[] = "1234567812345678", hash[32];
	struct ECCrefPublicKey by = { .bits = 256 };
	struct ECCSignature signature = { 0 };
	unsigned len = sizeof hash;

	REQUIRE(library_open(&l));
	CHECK_I64("", CALL(&l, SDF_HashInit)(l.session, SGD_SM3, NULL, NULL, 0), SDR_OK);
	CHECK_I64("", CALL(&l, SDF_HashUpdate)(l.session, abc, 1), SDR_OK);
	CHECK_I64("", CALL(&l, SDF_HashUpdate)(l.session, abc + 1, 2), SDR_OK);
	CHECK_I64("", CALL(&l, SDF_HashFinal)(l.session, hash, &len), SDR_OK);
	CHECK_HEX("TV-12", bytes_of(hash, len),
	          "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0");
	CHECK_I64("", CALL(&l, SDF_HashUpdate)(l.session, abc, 1), SDR_STEPERR);
	CHECK_OK(hex_decode(STR("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"),
	                    by.x + PAD, 32));
	CHECK_OK(hex_decode(STR("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"),
	                    by.y + PAD, 32));
	CHECK_OK(hex_decode(STR("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"),
	                    signature.r + PAD, 32));
	CHECK_OK(hex_decode(STR("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"),
	                    signature.s + PAD, 32));
	CHECK_I64("", CALL(&l, SDF_HashInit)(l.session, SGD_SM3, &by, id, 16), SDR_OK);
	CHECK_I64("", CALL(&l, SDF_HashUpdate)(l.session, text, 14), SDR_OK);
	CHECK_I64("", CALL(&l, SDF_HashFinal)(l.session, hash, &len), SDR_OK);
	CHECK_I64("TV-13",
	          CALL(&l, SDF_ExternalVerify_ECC)(l.session, SGD_SM2_1, &by, hash, 32, &signature),
	          SDR_OK);
	signature.s[ECCref_MAX_LEN - 1] ^= 1;
	CHECK_I64("changed",
	          CALL(&l, SDF_ExternalVerify_ECC)(l.session, SGD_SM2_1, &by, hash, 32, &signature),
	          SDR_VERIFYERR);
}

TEST(the_test_library_signs_with_its_own_pair)
{
	SCOPED(library_close) struct library l;
	unsigned char hash[32] = { 7 };
	struct ECCrefPublicKey by = { 0 };
	struct ECCSignature signature = { 0 };

	REQUIRE(library_open(&l));
	CHECK_I64("", CALL(&l, SDF_ExportSignPublicKey_ECC)(l.session, 1, &by), SDR_OK);
	CHECK_I64("", CALL(&l, SDF_InternalSign_ECC)(l.session, 1, hash, 32, &signature), SDR_OK);
	CHECK_I64("",
	          CALL(&l, SDF_ExternalVerify_ECC)(l.session, SGD_SM2_1, &by, hash, 32, &signature),
	          SDR_OK);
	hash[31] ^= 1;
	CHECK_I64("another text",
	          CALL(&l, SDF_ExternalVerify_ECC)(l.session, SGD_SM2_1, &by, hash, 32, &signature),
	          SDR_VERIFYERR);
	CHECK_I64("another pair",
	          CALL(&l, SDF_InternalSign_ECC)(l.session, 2, hash, 32, &signature),
	          SDR_KEYNOTEXIST);
}

TEST(the_mac_of_the_standard_is_a_cbc_mac)
{
	SCOPED(library_close) struct library l;
	SCOPED(mac_key_deinit) struct mac_key cmac = { 0 };
	uint8_t key[16] = { 1, 2, 3 }, iv[16] = { 0 }, in[32] = { 9 }, out[16], blocks[32],
	        want[16];
	unsigned len = sizeof out, both = sizeof blocks;

	REQUIRE(library_open(&l));
	void *k = bring_in(&l, key);
	CHECK_I64("", CALL(&l, SDF_CalculateMAC)(l.session, k, SGD_SM4_MAC, iv, in, 32, out, &len),
	          SDR_OK);
	CHECK_BYTES("moved on", bytes_of(iv, 16), bytes_of(out, 16));
	memset(iv, 0, sizeof iv);
	CHECK_I64("", CALL(&l, SDF_Encrypt)(l.session, k, SGD_SM4_CBC, iv, in, 32, blocks, &both),
	          SDR_OK);
	CHECK_BYTES("last block", bytes_of(blocks + 16, 16), bytes_of(out, 16));
	REQUIRE_OK(mac_key_init(&cmac, MAC_SM4_CMAC, bytes_of(key, 16)));
	mac_once(&cmac, bytes_of(in, 32), want);
	CHECK(memcmp(want, out, 16) != 0);
	CHECK_I64("", CALL(&l, SDF_DestroyKey)(l.session, k), SDR_OK);
}

TEST(the_test_library_takes_nothing_on_trust)
{
	SCOPED(library_close) struct library l;
	uint8_t key[16] = { 1 }, iv[16] = { 0 }, in[16] = { 0 }, out[16];
	unsigned len = sizeof out, small = 15;
	struct ECCrefPublicKey public = { 0 };
	struct ECCCipher c = { .L = 16 };
	void *other = NULL, *none = NULL;

	REQUIRE(library_open(&l));
	void *k = bring_in(&l, key);
	CHECK_I64("", CALL(&l, SDF_OpenSession)(l.device, &other), SDR_OK);
	CHECK_I64("session as device", CALL(&l, SDF_OpenSession)(other, &none), SDR_INARGERR);
	CHECK_I64("no room for a handle", CALL(&l, SDF_OpenDevice)(NULL), SDR_OUTARGERR);
	CHECK_I64("device as session", CALL(&l, SDF_GenerateRandom)(l.device, 16, out),
	          SDR_INARGERR);
	CHECK_I64("nothing", CALL(&l, SDF_GenerateRandom)(l.session, 0, out), SDR_INARGERR);
	CHECK_I64("nowhere", CALL(&l, SDF_GenerateRandom)(l.session, 16, NULL), SDR_OUTARGERR);
	CHECK_I64("another session's key",
	          CALL(&l, SDF_Encrypt)(other, k, SGD_SM4_CBC, iv, in, 16, out, &len),
	          SDR_KEYNOTEXIST);
	CHECK_I64("not whole blocks",
	          CALL(&l, SDF_Encrypt)(l.session, k, SGD_SM4_CBC, iv, in, 15, out, &len),
	          SDR_INARGERR);
	CHECK_I64("no initial value",
	          CALL(&l, SDF_Encrypt)(l.session, k, SGD_SM4_CBC, NULL, in, 16, out, &len),
	          SDR_INARGERR);
	CHECK_I64("too little room",
	          CALL(&l, SDF_Decrypt)(l.session, k, SGD_SM4_ECB, NULL, in, 16, out, &small),
	          SDR_NOBUFFER);
	CHECK_I64("a mode it has not",
	          CALL(&l, SDF_Encrypt)(l.session, k, SGD_SM4_OFB, iv, in, 16, out, &len),
	          SDR_ALGMODNOTSUPPORT);
	CHECK_I64("another algorithm",
	          CALL(&l, SDF_Encrypt)(l.session, k, 0x101, iv, in, 16, out, &len),
	          SDR_ALGNOTSUPPORT);
	CHECK_I64("an envelope of nothing",
	          CALL(&l, SDF_ImportKeyWithISK_ECC)(l.session, 1, &c, &none), SDR_ENCDATAERR);
	CHECK_I64("a point of no curve",
	          CALL(&l, SDF_ExternalEncrypt_ECC)(l.session, SGD_SM2_3, &public, in, 16, &c),
	          SDR_INARGERR);
	CHECK_I64("a short PIN", CALL(&l, SDF_GetPrivateKeyAccessRight)(l.session, 1, key, 7),
	          SDR_INARGERR);
	CHECK_I64("no right to release", CALL(&l, SDF_ReleasePrivateKeyAccessRight)(l.session, 1),
	          SDR_INARGERR);
	CHECK_I64("", CALL(&l, SDF_DestroyKey)(l.session, k), SDR_OK);
	CHECK_I64("twice", CALL(&l, SDF_DestroyKey)(l.session, k), SDR_KEYNOTEXIST);
	CHECK_I64("", CALL(&l, SDF_CloseSession)(other), SDR_OK);
	CHECK_I64("twice", CALL(&l, SDF_CloseSession)(other), SDR_INARGERR);
	CHECK_I64("keys", sdf_rig_count(&l.rig).keys, 0);
	sdf_rig_take_away();
	CHECK_I64("absent", CALL(&l, SDF_GenerateRandom)(l.session, 16, out), SDR_COMMFAIL);
	CHECK_I64("absent", CALL(&l, SDF_CloseDevice)(l.device), SDR_COMMFAIL);
	sdf_rig_put_back();
}
