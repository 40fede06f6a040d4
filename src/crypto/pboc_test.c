/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pboc_test.h"

#include "crypto/cipher.h"
#include "crypto/kdf.h"
#include "crypto/keywrap.h"

#define ISSUER "43414D5055530001"
#define ASN    "2024110100000012"

static struct pboc_factors factors_of(const char *first, const char *second)
{
	struct pboc_factors f = { .count = (uint8_t)((first != NULL) + (second != NULL)) };
	uint8_t at[HEX_MAX];

	if (first)
		memcpy(f.at[0], hex(first, at).at, PBOC_FACTOR_SIZE);
	if (second)
		memcpy(f.at[1], hex(second, at).at, PBOC_FACTOR_SIZE);
	return f;
}

/* The card's key of card 7.2 below a root of bytes first, first + 1, … */
static struct pboc_key campus_key(enum pboc_algorithm algorithm, uint8_t first)
{
	struct pboc_key root = { .algorithm = algorithm, .len = PBOC_KEY_SIZE };
	struct pboc_factors f = factors_of(ISSUER, ASN);

	for (uint8_t i = 0; i < PBOC_KEY_SIZE; i++)
		root.at[i] = (uint8_t)(first + i);
	CHECK_OK(pboc_diversify(&root, &f, &root));
	return root;
}

TEST(diversification_gives_the_published_and_computed_keys)
{
	static const struct {
		const char *name, *root, *first, *second, *want;
		enum pboc_algorithm algorithm;
	} rows[] = {
		{ "TV-18", "11111111111111112222222222222222", "1234567890123456", NULL,
		  "C48FE04F44E54AF57CA5A7ADF1552CE1", PBOC_3DES },
		{ "TV-20 first", "11111111111111112222222222222222", "4401000000000001", NULL,
		  "F204884AB862CE32AB48608054A7B666", PBOC_3DES },
		{ "TV-20", "11111111111111112222222222222222", "4401000000000001",
		  "1234567890123456", "ED2648B5E140C4C7560C53420D3BEA69", PBOC_3DES },
		{ "TV-21", "0123456789ABCDEFFEDCBA9876543210", "1234567890123456", NULL,
		  "4577E9A70967475E6B47CD99B83ABA1D", PBOC_SM4 },
		{ "DTK", "33333333333333334444444444444444", "1234567890123456", NULL,
		  "F46F2CC6D31FC37B578DAD8C81C00577", PBOC_3DES },
		{ "DLK", "55555555555555556666666666666666", "1234567890123456", NULL,
		  "A15CD38F4C83E23DEA3D4723924E8641", PBOC_3DES },
		{ "P3", "00112233445566778899AABBCCDDEEFF", "1122334455667788", NULL,
		  "496BD7A3513644533100B54E71196528", PBOC_3DES },
		{ "V01", "101112131415161718191A1B1C1D1E1F", ASN, NULL,
		  "B6FD5CCFD2CEE86F1A65EF30A31AC947", PBOC_3DES },
		{ "V02 issuer", "101112131415161718191A1B1C1D1E1F", ISSUER, NULL,
		  "F11F6FEFC6CC5BA86DB2D91AA4FFB2BB", PBOC_3DES },
		{ "V02 DPK", "101112131415161718191A1B1C1D1E1F", ISSUER, ASN,
		  "31A9B47CAE62CFB388DA74F5D2951BC4", PBOC_3DES },
		{ "V19 issuer", "101112131415161718191A1B1C1D1E1F", ISSUER, NULL,
		  "8F36429380481A0EDCBBA31020CF25AB", PBOC_SM4 },
		{ "no level", "101112131415161718191A1B1C1D1E1F", NULL, NULL,
		  "101112131415161718191A1B1C1D1E1F", PBOC_SM4 },
	}, *row;

	EACH (row, rows) {
		struct pboc_key root = key_of(row->algorithm, row->root), child = { 0 };
		struct pboc_factors f = factors_of(row->first, row->second);

		CHECK_OK(pboc_diversify(&root, &f, &child));
		CHECK_HEX(row->name, bytes_of_key(&child), row->want);
		CHECK_I64(row->name, child.algorithm, row->algorithm);
	}
}

/* V03, V15 (CCK) and V19 */
TEST(every_key_of_the_campus_card_comes_out_as_written)
{
	static const struct {
		const char *name, *want;
		enum pboc_algorithm algorithm;
		uint8_t first;
	} rows[] = {
		{ "DPK", "31A9B47CAE62CFB388DA74F5D2951BC4", PBOC_3DES, 0x10 },
		{ "DLK", "4C980DF892A163A4EC39571B7D0FB976", PBOC_3DES, 0x20 },
		{ "DTK", "8017B367398506E273E2DB685B2A468D", PBOC_3DES, 0x30 },
		{ "DULK", "AD8CD1CF88B47ED6EC3C93B78DF9C0F0", PBOC_3DES, 0x40 },
		{ "DAMK", "40F7BD1B07E6382DEA017D639F8866FF", PBOC_3DES, 0x50 },
		{ "DRPK", "55C084F17986548A9E50674C2D1E6B07", PBOC_3DES, 0x60 },
		{ "DPUK", "224E2C837598E4AD1D8750B50386889F", PBOC_3DES, 0x70 },
		{ "DACK", "AA62EDDD30979CF432171D05340EE614", PBOC_3DES, 0x80 },
		{ "CCK", "3641F6482E5D98D99004FD719D952F40", PBOC_3DES, 0x90 },
		{ "DIAK", "6972DB169450E7F39104FD3FC0941363", PBOC_3DES, 0xA0 },
		{ "SM4 DPK", "AC754E85D409A94596F0250459FAC316", PBOC_SM4, 0x10 },
		{ "SM4 DTK", "B8796F873C9B2D65F215137036930941", PBOC_SM4, 0x30 },
		{ "SM4 DLK", "B9173340C59F33F85C0602E1B8FE3E2D", PBOC_SM4, 0x20 },
		{ "SM4 DAMK", "94FC9371476ED7D87562B34C413E45C2", PBOC_SM4, 0x50 },
		{ "SM4 DACK", "C4DFF1FE6BD30305E060BAAD8D30B6A5", PBOC_SM4, 0x80 },
	}, *row;

	EACH (row, rows) {
		struct pboc_key k = campus_key(row->algorithm, row->first);

		CHECK_HEX(row->name, bytes_of_key(&k), row->want);
	}
}

/* TV-19, and the check values of TV-18 and V25. */
TEST(parity_changes_the_bytes_of_a_key_but_not_its_check_value)
{
	struct pboc_key k = key_of(PBOC_3DES, "C48FE04F44E54AF57CA5A7ADF1552CE1");
	struct pboc_key mpk = key_of(PBOC_3DES, "101112131415161718191A1B1C1D1E1F");
	uint8_t kcv[KEYWRAP_KCV], all[3] = { 0x00, 0xFF, 0x81 };

	CHECK_OK(keywrap_kcv(SUITE_3DES, k.at, kcv));
	CHECK_HEX("TV-18", bytes_of(kcv, sizeof kcv), "ECB162");
	pboc_set_parity(k.at, k.len);
	CHECK_HEX("TV-19", bytes_of_key(&k), "C48FE04F45E54AF47CA4A7ADF1542CE0");
	CHECK_OK(keywrap_kcv(SUITE_3DES, k.at, kcv));
	CHECK_HEX("TV-19", bytes_of(kcv, sizeof kcv), "ECB162");
	pboc_set_parity(all, sizeof all);
	CHECK_HEX("", bytes_of(all, sizeof all), "01FE80");
	CHECK_OK(keywrap_kcv(SUITE_3DES, mpk.at, kcv));
	CHECK_HEX("V25", bytes_of(kcv, sizeof kcv), "FE8A09");
}

TEST(the_sm4_root_has_the_check_value_of_the_list)
{
	SCOPED(cipher_key_deinit) struct cipher_key c = { 0 };
	struct pboc_key mpk = key_of(PBOC_SM4, "101112131415161718191A1B1C1D1E1F");
	uint8_t block[16] = { 0 };

	REQUIRE_OK(cipher_key_init(&c, CIPHER_SM4, bytes_of_key(&mpk)));
	cipher_encrypt(&c, block, 16, block);
	CHECK_HEX("V25", bytes_of(block, 3), "FED81E");
}

TEST(another_derivation_of_the_purchase_root_is_the_kdf)
{
	struct kdf_spec spec = { "KMS-DIV-PUR", { 0 } };
	uint8_t root[32], context[HEX_MAX], out[16];

	for (size_t i = 0; i < sizeof root; i++)
		root[i] = (uint8_t)i;
	spec.context = hex("1234567890123456", context);
	CHECK_OK(kdf_counter(MAC_AES_CMAC, bytes_of(root, sizeof root), &spec, out, sizeof out));
	CHECK_HEX("TV-21", bytes_of(out, sizeof out), "C29B2ED54F36598F81F6C27448FE67A4");
}

TEST(a_factor_is_the_right_end_of_the_number)
{
	static const struct {
		const char *number, *want;
	} rows[] = {
		{ "00002024110100000012", ASN },
		{ "110000000123", "0000110000000123" },
		{ ASN, ASN },
		{ "", "0000000000000000" },
	}, *row;

	EACH (row, rows) {
		uint8_t number[HEX_MAX], factor[PBOC_FACTOR_SIZE];

		pboc_factor_of(hex(row->number, number), factor);
		CHECK_HEX(row->number, bytes_of(factor, sizeof factor), row->want);
	}
}

TEST(keys_levels_and_algorithms_that_do_not_exist_are_refused)
{
	static const uint8_t bytes[24];
	struct pboc_key k = key_of(PBOC_3DES, "0102030405060708090A0B0C0D0E0F10"), was = k, single;
	struct pboc_factors f = { .count = PBOC_LEVELS_MAX + 1 };
	struct pboc_purchase p = { 0 };
	struct pboc_tac_root root = { 0 };
	enum pboc_algorithm a = PBOC_3DES;

	CHECK_RESULT("levels", pboc_diversify(&k, &f, &k), INVALID_KEY);
	CHECK_RESULT("24", pboc_key_init(&k, PBOC_3DES, bytes_of(bytes, 24)), INVALID_KEY);
	CHECK_RESULT("0", pboc_key_init(&k, PBOC_3DES, bytes_of(bytes, 0)), INVALID_KEY);
	CHECK_RESULT("SM4 8", pboc_key_init(&k, PBOC_SM4, bytes_of(bytes, 8)), INVALID_KEY);
	CHECK_BYTES("unchanged", bytes_of(&k, sizeof k), bytes_of(&was, sizeof was));

	f.count = 1;
	CHECK_OK(pboc_key_init(&single, PBOC_3DES, bytes_of(bytes, 8)));
	CHECK_RESULT("single DES root", pboc_diversify(&single, &f, &k), INVALID_KEY);
	CHECK_RESULT("single DES card key",
	             pboc_purchase_session(&single, PBOC_SES_PAD_NOT, &p, &k), INVALID_KEY);
	CHECK_RESULT("single DES TAC root", pboc_tac_root_init(&root, &single), INVALID_KEY);
	CHECK_BYTES("unchanged", bytes_of(&k, sizeof k), bytes_of(&was, sizeof was));

	CHECK_OK(pboc_algorithm_find(0x04, &a));
	CHECK_I64("", a, PBOC_SM4);
	CHECK_OK(pboc_algorithm_find(0x01, &a));
	CHECK_I64("", a, PBOC_3DES);
	CHECK_RESULT("id 03", pboc_algorithm_find(0x03, &a), SUITE_UNSUPPORTED);
	CHECK_I64("unchanged", a, PBOC_3DES);
}

/* --- purchase, load, unload --- */

struct purchase_row {
	const char *name, *dpk, *dtk;
	enum pboc_algorithm algorithm;
	struct pboc_purchase p;
	const char *session, *mac1, *mac2, *tac;
};

#define T_CAMPUS                                                                                   \
	{                                                                                          \
		0x11, 0x00, 0x00, 0x00, 0x01, 0x23                                                 \
	}
#define T_TEST                                                                                     \
	{                                                                                          \
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66                                                 \
	}

static const struct purchase_row purchases[] = {
	{ "TV-23, TV-24",
	  "C48FE04F44E54AF57CA5A7ADF1552CE1",
	  "F46F2CC6D31FC37B578DAD8C81C00577",
	  PBOC_3DES,
	  { { 0xA1, 0xB2, 0xC3, 0xD4 }, 5, 0x123, 0x3E8, 6, T_TEST, 0x20261122, 0x123456 },
	  "7EC227FE62C6608A",
	  "14A2F314",
	  "BFA423A8",
	  "12BC17E6" },
	{ "P5",
	  P3_KEY,
	  P3_KEY,
	  PBOC_3DES,
	  { { 0x58, 0x46, 0x33, 0xC9 },
	    0,
	    0,
	    1,
	    6,
	    { 0, 0x11, 0x22, 0x33, 0x44, 0x55 },
	    0x20161216,
	    0x134600 },
	  "C08346DF9F1D457A",
	  "D45737C5",
	  "66B54A6B",
	  "8AF270DC" },
	{ "V05",
	  "31A9B47CAE62CFB388DA74F5D2951BC4",
	  "8017B367398506E273E2DB685B2A468D",
	  PBOC_3DES,
	  { { 0x5A, 0x6B, 0x7C, 0x8D }, 0, 0x101, 0x352, 6, T_CAMPUS, 0x20241105, 0x123045 },
	  "DA35A111E913462E",
	  "87763D33",
	  "EB58278B",
	  "5E7752F8" },
	{ "V06",
	  "31A9B47CAE62CFB388DA74F5D2951BC4",
	  "8017B367398506E273E2DB685B2A468D",
	  PBOC_3DES,
	  { { 1, 2, 3, 4 }, 1, 0x102, 0, 9, T_CAMPUS, 0x20241105, 0x123045 },
	  "C59AC91B7C85DA85",
	  "BB8C2179",
	  "8637CBCC",
	  "861D7E94" },
	{ "V20",
	  "AC754E85D409A94596F0250459FAC316",
	  "B8796F873C9B2D65F215137036930941",
	  PBOC_SM4,
	  { { 0x5A, 0x6B, 0x7C, 0x8D }, 0, 0x101, 0x352, 6, T_CAMPUS, 0x20241105, 0x123045 },
	  "972650D234B7DA301BBAA390150C2A32",
	  "AEBEFAEF",
	  "09F7865E",
	  "34AC1CCD" },
};

TEST(a_purchase_has_the_session_key_macs_and_tac_of_the_list)
{
	const struct purchase_row *row;

	EACH (row, purchases) {
		struct pboc_key dpk = key_of(row->algorithm, row->dpk), session = { 0 };
		struct pboc_key dtk = key_of(row->algorithm, row->dtk);
		uint8_t mac[PBOC_MAC_SIZE];

		CHECK_OK(pboc_purchase_session(&dpk, PBOC_SES_PAD_NOT, &row->p, &session));
		CHECK_HEX(row->name, bytes_of_key(&session), row->session);
		CHECK_OK(pboc_purchase_mac1(&session, &row->p, mac));
		CHECK_HEX(row->name, bytes_of(mac, sizeof mac), row->mac1);
		CHECK_OK(pboc_purchase_mac2(&session, &row->p, mac));
		CHECK_HEX(row->name, bytes_of(mac, sizeof mac), row->mac2);
		CHECK_OK(pboc_purchase_tac(&dtk, &row->p, mac));
		CHECK_HEX(row->name, bytes_of(mac, sizeof mac), row->tac);
	}
}

struct load_row {
	const char *name, *dlk, *dtk;
	enum pboc_algorithm algorithm;
	struct pboc_load l;
	const char *session, *mac1, *mac2, *tac; /* NULL: the list has none */
};

static const struct load_row loads[] = {
	{ "TV-25",
	  "A15CD38F4C83E23DEA3D4723924E8641",
	  "F46F2CC6D31FC37B578DAD8C81C00577",
	  PBOC_3DES,
	  { { 0xA1, 0xB2, 0xC3, 0xD4 },
	    7,
	    0xBB8,
	    0xBB8 + 0x3E8,
	    0x3E8,
	    2,
	    T_TEST,
	    0x20261122,
	    0x123456 },
	  "EE6865881E09E48C",
	  "6802ED1A",
	  "85FC7CA2",
	  "97C2A105" },
	{ "P4",
	  P3_KEY,
	  P3_KEY,
	  PBOC_3DES,
	  { { 0xC9, 0x03, 0x81, 0x4D },
	    0,
	    0,
	    0x2000,
	    0x2000,
	    2,
	    { 0, 0x11, 0x22, 0x33, 0x44, 0x55 },
	    0x20161216,
	    0x105800 },
	  "11FDF264E8AEEFA3",
	  "03976C22",
	  "8AFA5718",
	  "FA00066D" },
	{ "P4 again",
	  P3_KEY,
	  P3_KEY,
	  PBOC_3DES,
	  { { 0xE0, 0xB8, 0x47, 0x48 },
	    0,
	    0,
	    0x2000,
	    0x2000,
	    2,
	    { 0, 0x11, 0x22, 0x33, 0x44, 0x55 },
	    0x20161216,
	    0x105800 },
	  "7C45FBFB5B3A68F5",
	  "EA411F90",
	  NULL,
	  NULL },
	{ "P6",
	  "3F013F013F013F013F013F013F013F01",
	  "34343434343434343434343434343434",
	  PBOC_3DES,
	  { { 0x06, 0xB8, 0x25, 0xD7 }, 0x17, 0x1A, 0x1B, 1, 2, T_TEST, 0x20170310, 0x110734 },
	  "6E76E8541E217D9A",
	  "684C81CE",
	  "9C8A0625",
	  "16EAD516" },
	{ "P7",
	  "3F3F3F3F3F3F3F3F1122334455667788",
	  NULL,
	  PBOC_3DES,
	  { { 0x4E, 0x06, 0x65, 0x48 },
	    0,
	    0,
	    0x10,
	    0x10,
	    2,
	    { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66 },
	    0x20240411,
	    0x212121 },
	  "3B75C79CFA8C2327",
	  "0D39ADBB",
	  "097E98FE",
	  "A802863E" },
	{ "V04",
	  "4C980DF892A163A4EC39571B7D0FB976",
	  "8017B367398506E273E2DB685B2A468D",
	  PBOC_3DES,
	  { { 0xA1, 0xB2, 0xC3, 0xD4 }, 0, 0, 0x2710, 0x2710, 2, T_CAMPUS, 0x20241105, 0x121530 },
	  "643089E0A0A87E8D",
	  "14E00071",
	  "127FA322",
	  "BED8791E" },
	{ "V07 (MAC3 below)",
	  "AD8CD1CF88B47ED6EC3C93B78DF9C0F0",
	  NULL,
	  PBOC_3DES,
	  { { 0x0B, 0xAD, 0xF0, 0x0D },
	    1,
	    0x23BE,
	    0x1FD6,
	    0x3E8,
	    3,
	    T_CAMPUS,
	    0x20241105,
	    0x130000 },
	  "C86B9E12BD135D76",
	  "4163F808",
	  "48D93A89",
	  NULL },
	{ "V21",
	  "B9173340C59F33F85C0602E1B8FE3E2D",
	  "B8796F873C9B2D65F215137036930941",
	  PBOC_SM4,
	  { { 0xA1, 0xB2, 0xC3, 0xD4 }, 0, 0, 0x2710, 0x2710, 2, T_CAMPUS, 0x20241105, 0x121530 },
	  "0BA4554844FCFA71E733F9DDD834EDCF",
	  "2AFB82C0",
	  "5E716096",
	  "4D1FE934" },
};

static void check_load(const struct load_row *row)
{
	struct pboc_key dlk = key_of(row->algorithm, row->dlk), session = { 0 };
	uint8_t mac[PBOC_MAC_SIZE];

	CHECK_OK(pboc_load_session(&dlk, PBOC_SES_PAD_NOT, &row->l, &session));
	CHECK_HEX(row->name, bytes_of_key(&session), row->session);
	CHECK_OK(pboc_load_mac1(&session, &row->l, mac));
	CHECK_HEX(row->name, bytes_of(mac, sizeof mac), row->mac1);
	CHECK_OK(pboc_load_mac2(&session, &row->l, mac));
	if (row->mac2)
		CHECK_HEX(row->name, bytes_of(mac, sizeof mac), row->mac2);
}

TEST(a_load_has_the_session_key_macs_and_tac_of_the_list)
{
	const struct load_row *row;
	uint8_t mac[PBOC_MAC_SIZE];

	EACH (row, loads) {
		check_load(row);
		if (!row->tac || !row->dtk)
			continue;
		struct pboc_key dtk = key_of(row->algorithm, row->dtk);

		CHECK_OK(pboc_load_tac(&dtk, &row->l, mac));
		CHECK_HEX(row->name, bytes_of(mac, sizeof mac), row->tac);
	}
}

/* P7 publishes the folded key only: a key of eight bytes is taken as folded. V07 has no TAC. */
TEST(unload_ends_with_mac3_and_a_folded_key_is_taken_as_it_is)
{
	struct pboc_key folded = key_of(PBOC_3DES, "25160770615243BC");
	struct pboc_key sesulk = key_of(PBOC_3DES, "C86B9E12BD135D76");
	uint8_t mac[PBOC_MAC_SIZE];

	CHECK_STR("", loads[4].name, "P7");
	CHECK_OK(pboc_load_tac(&folded, &loads[4].l, mac));
	CHECK_HEX("P7", bytes_of(mac, sizeof mac), loads[4].tac);
	CHECK_I64("V07", loads[6].l.type, PBOC_TYPE_UNLOAD);
	CHECK_OK(pboc_unload_mac3(&sesulk, &loads[6].l, mac));
	CHECK_HEX("V07", bytes_of(mac, sizeof mac), "F0A9C066");
}

TEST(the_tac_key_is_folded_with_3des_and_whole_with_sm4)
{
	static const struct {
		const char *name, *dtk, *want;
		enum pboc_algorithm algorithm;
	} rows[] = {
		{ "TV-24", "F46F2CC6D31FC37B578DAD8C81C00577", "A3E2814A52DFC60C", PBOC_3DES },
		{ "P4", P3_KEY, "8888888888888888", PBOC_3DES },
		{ "P6", "34343434343434343434343434343434", "0000000000000000", PBOC_3DES },
		{ "V04", "8017B367398506E273E2DB685B2A468D", "F3F5680F62AF406F", PBOC_3DES },
		{ "V12", "55C084F17986548A9E50674C2D1E6B07", "CB90E3BD54983F8D", PBOC_3DES },
		{ "SM4", "B8796F873C9B2D65F215137036930941", "B8796F873C9B2D65F215137036930941",
		  PBOC_SM4 },
	}, *row;

	EACH (row, rows) {
		struct pboc_key dtk = key_of(row->algorithm, row->dtk), out;

		pboc_tac_key(&dtk, &out);
		CHECK_HEX(row->name, bytes_of_key(&out), row->want);
	}
}

/* X of V05 is 5A6B7C8D00000101: with `openssl enc -sm4-ecb -nopad` under the DPK of V19, X ‖ 80 00…
 */
TEST(the_session_key_of_sm4_follows_the_switch)
{
	const struct purchase_row *v20 = &purchases[4];
	struct pboc_key dpk = key_of(PBOC_SM4, v20->dpk), session = { 0 };

	CHECK_OK(pboc_purchase_session(&dpk, PBOC_SES_PAD_80, &v20->p, &session));
	CHECK_HEX("80 00", bytes_of_key(&session), "9C41B182D82D4F0A7F374C60BE0F57AB");
}
