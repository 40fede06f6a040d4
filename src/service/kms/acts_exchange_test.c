/* SPDX-License-Identifier: Apache-2.0 */
/* Two sites exchange single keys (keys 12, 13; B6.08, B6.18): every kind of key under every
 * transport key that may carry it, there and back; and everything that is refused on the way. */
#include <stdio.h>

#include "crypto/keyblock.h"
#include "crypto/rsa.h"
#include "service/kms/acts_exchange_testkit.h"

enum { CASES = 12, BLOCK = 1024, REQUEST = 512 };

static struct acts_site here, there;

/* The keys that travel. */
static const struct kind {
	const char *code, *usage, *what;
	bool in_device;
} kinds[] = {
	{ "DPK", "20", "T112XE", false }, { "SMK", "33", "4128XE", false },
	{ "DAT", "D0", "A128BE", false }, { "BIG", "D0", "A256BE", false },
	{ "MAC", "M7", "H256CE", false }, { "DEV", "20", "T112XE", true },
};

static struct sent {
	char key[ACTS_KIT_ID], version[ACTS_KIT_ID], kcv[KMS_KIT_TEXT];
} own[ARRAY_LEN(kinds)];

/* What went out: which key under which transport key, in which form. */
static struct parcel {
	size_t kind;
	char carrier; /* 'D' 'B' '4' */
	bool foreign, bare;
	char block[BLOCK];
} parcels[CASES * 2];
static size_t parcel_count;

static const char *zmk_of(const struct acts_site *s, char carrier)
{
	return carrier == 'D' ? s->zmk_d : carrier == 'B' ? s->zmk_b : s->zmk_4;
}

static bool open_here(void)
{
	if (here.k.core)
		return true;
	if (!acts_site_open(&here))
		return false;
	acts_kit_zmks(&here);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		acts_kit_define(&here, kinds[i].in_device ? here.device : here.ep, kinds[i].code,
		                kinds[i].usage, kinds[i].what, own[i].key);
		acts_kit_generate(&here, own[i].key, own[i].version, own[i].kcv);
	}
	return true;
}

/* --- out --- */

static const char *ask_export(const char *who, const char *zmk, const char *version,
                              const char *more)
{
	return kms_ask_as(&here.k, who, "{'command':'key.export','zmk':%s,'version':%s%s}", zmk,
	                  version, more);
}

static const char *export_agreed(const char *zmk, const char *version, const char *more)
{
	char request[REQUEST];

	snprintf(request, sizeof request, "'command':'key.export','zmk':%s,'version':%s%s", zmk,
	         version, more);
	return acts_kit_agreed(&here, "key1", "key2", request, "");
}

static void export_one(size_t kind, char carrier, bool foreign, bool bare)
{
	struct parcel *p = &parcels[parcel_count++];
	char more[64], form[2] = { carrier, '\0' };

	*p = (struct parcel){ .kind = kind, .carrier = carrier, .foreign = foreign, .bare = bare };
	snprintf(more, sizeof more, "%s%s", foreign ? ",'foreign':true" : "",
	         bare ? ",'bare':true" : "");
	CHECK_STR(kinds[kind].code, export_agreed(zmk_of(&here, carrier), own[kind].version, more),
	          "SUCCESS");
	CHECK_STR("form", kms_told(&here.k, "form"), form);
	CHECK_STR("check value", kms_told(&here.k, "kcv"), own[kind].kcv);
	acts_kit_keep(&here, "file", p->block, sizeof p->block);
	CHECK_I64("its version", p->block[0], carrier);
	CHECK_I64("for exchange", p->block[14], '2');
}

/* A carrier at least as strong (strict_strength): TDES of two keys carries itself alone. */
TEST(each_key_goes_out_under_the_carriers_that_are_strong_enough)
{
	static const struct {
		size_t kind;
		char carrier;
		const char *code;
	} rows[] = {
		{ 0, 'D', NULL }, { 0, 'B', NULL }, { 0, '4', NULL },
		{ 1, 'D', NULL }, { 1, 'B', "EXCHANGE_STRENGTH" }, { 1, '4', NULL },
		{ 2, 'D', NULL }, { 2, 'B', "EXCHANGE_STRENGTH" }, { 2, '4', NULL },
		{ 3, 'D', NULL }, { 3, 'B', "EXCHANGE_STRENGTH" }, { 3, '4', "EXCHANGE_STRENGTH" },
		{ 4, 'D', NULL }, { 4, 'B', "EXCHANGE_STRENGTH" }, { 5, 'D', NULL }, { 5, 'B', NULL }, { 5, '4', NULL },
	}, *row;

	REQUIRE(open_here());
	EACH (row, rows) {
		if (!row->code)
			export_one(row->kind, row->carrier, false, row - rows == 1);
		else
			KMS_REFUSED(kinds[row->kind].code, &here.k,
			            ask_export("key1", zmk_of(&here, row->carrier),
			                       own[row->kind].version, ""),
			            row->code);
	}
	export_one(0, 'D', true, true);
	export_one(0, 'B', true, false);
	CHECK_I64("each has its line, with its way",
	          kms_kit_audited(&here.k, "KEY.EXPORT", "OK", "label=C.EP"),
	          (int64_t)parcel_count);
	CHECK_I64("and who agreed",
	          kms_kit_audited(&here.k, "APPROVAL.USE", "OK", "id=") -
	                  kms_kit_audited(&here.k, "APPROVAL.USE", "OK", "id=0"),
	          (int64_t)parcel_count);
}

static void check_agreement(void)
{
	char id[ACTS_KIT_ID];

	CHECK_STR("asked", ask_export("key1", here.zmk_d, own[0].version, ""), "APPROVAL_NEEDED");
	acts_kit_keep(&here, "approval", id, sizeof id);
	CHECK_STR("shown", kms_ask_as(&here.k, "key2", "{'command':'approval.show','id':%s}", id),
	          "SUCCESS");
	CHECK(strstr((const char *)here.k.answer.at, "C.EP.DPK.01") != NULL);
	CHECK(strstr((const char *)here.k.answer.at, own[0].kcv) != NULL);
	CHECK(strstr((const char *)here.k.answer.at, "C.KEK.ZMKD.01") != NULL);
	KMS_REFUSED("nobody agreed", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'key.export','approval':'%s'}", id),
	            "APPROVAL_STATE");
	KMS_REFUSED("the same person", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	KMS_REFUSED("another role", &here.k,
	            kms_ask_as(&here.k, "cert", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("mk may", kms_ask_as(&here.k, "mk", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	KMS_REFUSED("another key", &here.k,
	            kms_ask_as(&here.k, "key1",
	                       "{'command':'key.export','approval':'%s','zmk':%s,'version':%s}", id,
	                       here.zmk_d, own[1].version),
	            "APPROVAL_OTHER");
	KMS_REFUSED("another officer", &here.k,
	            kms_ask_as(&here.k, "key2", "{'command':'key.export','approval':'%s'}", id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("another order", &here.k,
	            kms_ask_as(&here.k, "key1",
	                       "{'command':'letter.make','approval':'%s','version':%s,'parts':2}",
	                       id, own[0].version),
	            "APPROVAL_OTHER");
	CHECK_STR("done",
	          kms_ask_as(&here.k, "key1", "{'command':'key.export','approval':'%s'}", id),
	          "SUCCESS");
	KMS_REFUSED("replayed", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'key.export','approval':'%s'}", id),
	            "APPROVAL_STATE");
}

static void check_what_stays(void)
{
	char key[ACTS_KIT_ID], never[ACTS_KIT_ID], pair[ACTS_KIT_ID], kcv[KMS_KIT_TEXT];

	acts_kit_define(&here, here.ep, "NEVER", "60", "A128BN", key);
	acts_kit_generate(&here, key, never, kcv);
	KMS_REFUSED("never", &here.k, ask_export("key1", here.zmk_d, never, ""),
	            "EXCHANGE_EXPORTABILITY");
	KMS_REFUSED("raw, of E", &here.k,
	            ask_export("key1", here.zmk_d, own[2].version, ",'form':'raw'"),
	            "EXCHANGE_EXPORTABILITY");
	KMS_REFUSED("no form", &here.k,
	            ask_export("key1", here.zmk_d, own[2].version, ",'form':'pem'"),
	            "CATALOG_FIELD");
	KMS_REFUSED("another label", &here.k,
	            ask_export("key1", here.zmk_d, own[2].version, ",'label':'C.EP.DPK.01'"),
	            "CATALOG_FIELD");
	KMS_REFUSED("without a transport key", &here.k,
	            ask_export("key1", own[2].version, own[0].version, ""), "EXCHANGE_ZMK");
	KMS_REFUSED("under itself", &here.k, ask_export("key1", here.zmk_d, here.zmk_d, ""),
	            "KEY_USE");
	KMS_REFUSED("no such key", &here.k, ask_export("key1", here.zmk_d, "999", ""),
	            "KEY_NOT_FOUND");
	KMS_REFUSED("no such carrier", &here.k, ask_export("key1", "999", own[0].version, ""),
	            "KEY_NOT_FOUND");
	KMS_REFUSED("a secret key by cert", &here.k,
	            ask_export("cert", here.zmk_d, own[0].version, ""), "OFFICER_ROLE_OTHER");
	acts_kit_define(&here, here.rsa, "PAIR", "S0", "R1024SE", key);
	CHECK_STR("pair",
	          kms_ask_as(&here.k, "cert",
	                     "{'command':'version.generate','key':%s,'at_once':true}", key),
	          "SUCCESS");
	acts_kit_keep(&here, "id", pair, sizeof pair);
	KMS_REFUSED("a pair by key", &here.k, ask_export("key1", here.zmk_d, pair, ""),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("a pair by cert", ask_export("cert", here.zmk_d, pair, ""), "APPROVAL_NEEDED");
	CHECK_STR("with another cert, or mk", kms_told(&here.k, "needs"), "cert|mk");
	CHECK_STR("a pair by cert", kms_agreed(&here.k, "cert", "key.export", "mk"), "SUCCESS");
}

static const char *move(const char *version, const char *to)
{
	return kms_ask_as(&here.k, "key1", "{'command':'version.move','id':%s,'to':'%s'}", version,
	                  to);
}

TEST(nothing_leaves_without_a_second_officer_or_against_its_header)
{
	REQUIRE(open_here());
	check_agreement();
	check_what_stays();
	CHECK_STR("suspended", move(own[2].version, "SUSPENDED"), "SUCCESS");
	KMS_REFUSED("suspended", &here.k, ask_export("key1", here.zmk_d, own[2].version, ""),
	            "KEY_STATE");
	CHECK_STR("again", move(own[2].version, "ACTIVE"), "SUCCESS");
}

/* Bare ciphertext: exportability S of both, the check value is all that holds it. */
static char raw_hex[128], raw_kcv[KMS_KIT_TEXT];

TEST(a_key_that_may_goes_out_as_bare_ciphertext)
{
	char key[ACTS_KIT_ID], version[ACTS_KIT_ID];

	REQUIRE(open_here());
	acts_kit_define(&here, here.ep, "RAW", "20", "T112XS", key);
	acts_kit_generate(&here, key, version, raw_kcv);
	CHECK_STR("raw", export_agreed(here.zmk_b, version, ",'form':'raw'"), "SUCCESS");
	CHECK_STR("", kms_told(&here.k, "form"), "raw");
	acts_kit_keep(&here, "file_hex", raw_hex, sizeof raw_hex);
	CHECK_I64("two blocks", strlen(raw_hex), 32);
}

/* --- in, at the other site --- */

static char in_key[ARRAY_LEN(kinds)][ACTS_KIT_ID], raw_key[ACTS_KIT_ID];

static bool open_there(void)
{
	if (there.k.core)
		return true;
	acts_site_stop(&here);
	if (!acts_site_open(&there))
		return false;
	acts_kit_zmks(&there);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		acts_kit_define(&there, i % 2 ? there.device : there.ep, kinds[i].code,
		                kinds[i].usage, kinds[i].what, in_key[i]);
	acts_kit_define(&there, there.ep, "RAW", "20", "T112XS", raw_key);
	return true;
}

struct wish {
	const char *who, *carrier, *key, *kcv, *more, *hex;
};

static const char *ask_import(struct acts_site *s, const struct wish *w)
{
	return kms_ask_as(&s->k, w->who,
	                  "{'command':'key.import','carrier':%s,'key':%s,'kcv':'%s'%s,"
	                  "'file':'%s'}",
	                  w->carrier, w->key, w->kcv, w->more, w->hex);
}

static const char *import_agreed(struct acts_site *s, const struct wish *w)
{
	char request[REQUEST], file[2 * BLOCK + 32];

	snprintf(request, sizeof request,
	         "'command':'key.import','carrier':%s,'key':%s,'kcv':'%s'%s", w->carrier, w->key,
	         w->kcv, w->more);
	snprintf(file, sizeof file, ",'file':'%s'", w->hex);
	return acts_kit_agreed(s, w->who, "key3", request, file);
}

static void import_parcel(const struct parcel *p)
{
	const struct sent *o = &own[p->kind];
	struct wish w = { "key1", zmk_of(&there, p->carrier), in_key[p->kind], o->kcv,
		          "",     acts_kit_hex(p->block) };

	CHECK_STR(kinds[p->kind].code, import_agreed(&there, &w), "SUCCESS");
	CHECK_STR("the same value", kms_told(&there.k, "kcv"), o->kcv);
}

TEST(the_other_site_takes_every_one_of_them)
{
	REQUIRE(open_there());
	for (size_t i = 0; i < parcel_count; i++)
		import_parcel(&parcels[i]);
	CHECK_I64("each has its line", kms_kit_audited(&there.k, "KEY.IMPORT", "OK", "label=C.EP"),
	          (int64_t)parcel_count);
	struct wish raw = { "key2", there.zmk_b, raw_key, raw_kcv, ",'form':'raw'", raw_hex };
	CHECK_STR("bare ciphertext", import_agreed(&there, &raw), "SUCCESS");
	CHECK_STR("the same value", kms_told(&there.k, "kcv"), raw_kcv);
}

/* --- refusals on the way in --- */

static struct wish good(void)
{
	return (struct wish){ "key1",     there.zmk_d, in_key[0],
		              own[0].kcv, "",          acts_kit_hex(parcels[0].block) };
}

static void refuse(const char *label, struct wish w, const char *code)
{
	KMS_REFUSED(label, &there.k, ask_import(&there, &w), code);
}

#define CHANGED(member_, value_)                                                                   \
	({                                                                                         \
		struct wish w_ = good();                                                           \
		w_.member_ = (value_);                                                             \
		w_;                                                                                \
	})

TEST(what_does_not_fit_is_refused_before_anybody_is_asked)
{
	static char long_hex[2 * 10002 + 3];

	REQUIRE(open_there());
	memset(long_hex, '4', sizeof long_hex - 1);
	refuse("another check value", CHANGED(kcv, "D2B91C"), "KEY_CHECK_VALUE");
	refuse("half a check value", CHANGED(kcv, "D2B9"), "INVALID_HEX");
	refuse("no check value", CHANGED(kcv, ""), "JSON_FIELDS");
	refuse("another carrier of its kind", CHANGED(carrier, there.zmk_b), "EXCHANGE_VERSION");
	refuse("no carrier", CHANGED(carrier, "999"), "KEY_NOT_FOUND");
	refuse("another key's definition", CHANGED(key, in_key[2]), "EXCHANGE_DEFINITION");
	refuse("no definition", CHANGED(key, "999"), "CATALOG_NOT_FOUND");
	refuse("a version that is there", CHANGED(more, ",'version':1"), "KEY_EXISTS");
	refuse("no form", CHANGED(more, ",'form':'pem'"), "CATALOG_FIELD");
	refuse("another label", CHANGED(more, ",'label':'C.EP.DPK.02'"), "CATALOG_FIELD");
	refuse("cert", CHANGED(who, "cert"), "OFFICER_ROLE_OTHER");
	refuse("conf", CHANGED(who, "conf"), "OFFICER_ROLE_OTHER");
	refuse("an empty file", CHANGED(hex, ""), "JSON_FIELDS");
	refuse("over-long", CHANGED(hex, long_hex), "JSON_FIELDS");
	refuse("as long as may be, and no block", CHANGED(hex, long_hex + 4), "KEYBLOCK_FORM");
	refuse("raw", CHANGED(more, ",'form':'raw'"), "EXCHANGE_EXPORTABILITY");
	refuse("no import pair", CHANGED(more, ",'form':'oaep-sha256'"), "EXCHANGE_ZMK");
}

/* A changed character of a block, wherever it is, is found: header, options, ciphertext, MAC. */
TEST(a_block_that_was_changed_anywhere_is_refused)
{
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	const struct parcel *p = &parcels[0];
	char block[BLOCK];

	REQUIRE(open_there());
	kms_kit_digest(&there.k, before);
	for (size_t at = 0; p->block[at]; at++) {
		struct wish w = good();

		str_copy(str_of(p->block), block, sizeof block);
		block[at] = block[at] == '1' ? '2' : '1';
		w.hex = acts_kit_hex(block);
		const char *code = ask_import(&there, &w);
		if (strcmp(code, "SUCCESS") == 0 || strcmp(code, "APPROVAL_NEEDED") == 0)
			CHECK_STR(block, code, "a refusal");
	}
	for (size_t len = 1; len < strlen(p->block); len += 7) {
		struct wish w = good();

		str_copy((struct str){ p->block, len }, block, sizeof block);
		w.hex = acts_kit_hex(block);
		CHECK(strcmp(ask_import(&there, &w), "APPROVAL_NEEDED") != 0);
	}
	kms_kit_digest(&there.k, after);
	CHECK_BYTES("nothing changed", bytes_of(after, DIGEST_SIZE), bytes_of(before, DIGEST_SIZE));
}

/* A block as somebody makes it who has the transport key of two keys. */
static void seal(const char *value_hex, struct keyblock_header h, char out[BLOCK])
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	uint8_t zmk[16], value[32];
	struct keyblock_order o = { &h, { value, strlen(value_hex) / 2 }, random_system(), 0 };
	size_t len = 0;

	CHECK_OK(hex_decode(STR(ACTS_KIT_ZMK_B), zmk, sizeof zmk));
	CHECK_OK(hex_decode(str_of(value_hex), value, o.key.len));
	CHECK_OK(keyblock_protector_open('B', bytes_of(zmk, sizeof zmk), &l));
	CHECK_OK(keyblock_seal(keyblock_protector_of(l), &o, out, BLOCK, &len));
}

static const struct keyblock_header purchase = { 'B', "20", 'T', 'X', "00", 'E', '2', "" };

TEST(weak_keys_are_refused_and_parity_is_put_right)
{
	static const struct {
		const char *label, *value, *kcv, *code;
	} rows[] = {
		{ "equal halves", "0123456789ABCDEF0123456789ABCDEF", "D5D44F", "KEY_WEAK" },
		{ "a weak half", "0101010101010101FEDCBA9876543210", "000000", "KEY_WEAK" },
		{ "a semi-weak half", "01FE01FE01FE01FEFEDCBA9876543210", "000000", "KEY_WEAK" },
		{ "weak but for parity", "0000000000000000FEDCBA9876543210", "000000", "KEY_WEAK" },
		{ "three keys", ACTS_KIT_ZMK_4 "89E88CF7931444F3", "000000", "KEY_LENGTH" },
	}, *row;
	char block[BLOCK];

	REQUIRE(open_there());
	EACH (row, rows) {
		struct wish w = good();

		seal(row->value, purchase, block);
		w.carrier = there.zmk_b;
		w.kcv = row->kcv;
		w.hex = acts_kit_hex(block);
		refuse(row->label, w, row->code);
	}
	/* TV-01 with every parity bit wrong is the same key */
	seal("0022446688AACCEEFFDDBB9977553311", purchase, block);
	struct wish w = good();
	w.carrier = there.zmk_b;
	w.kcv = "08D7B4";
	w.hex = acts_kit_hex(block);
	CHECK_STR("wrong parity", import_agreed(&there, &w), "SUCCESS");
	CHECK_STR("TV-01", kms_told(&there.k, "kcv"), "08D7B4");
}

TEST(a_header_that_says_something_else_is_refused)
{
	static const struct {
		const char *label, *usage;
		char algorithm, mode, exported, context;
		const char *code;
	} rows[] = {
		{ "for storage", "20", 'T', 'X', 'E', '1', "EXCHANGE_CONTEXT" },
		{ "another use", "21", 'T', 'X', 'E', '2', "EXCHANGE_DEFINITION" },
		{ "another use of X9.143", "E2", 'T', 'X', 'E', '2', "EXCHANGE_DEFINITION" },
		{ "must not leave again", "20", 'T', 'X', 'N', '2', "EXCHANGE_EXPORTABILITY" },
	}, *row;
	char block[BLOCK];

	REQUIRE(open_there());
	EACH (row, rows) {
		struct keyblock_header h = purchase;
		struct wish w = good();

		str_copy(str_of(row->usage), h.usage, sizeof h.usage);
		h.algorithm = row->algorithm;
		h.mode = row->mode;
		h.exportability = row->exported;
		h.context = row->context;
		seal(ACTS_KIT_ZMK_4, h, block);
		w.carrier = there.zmk_b;
		w.kcv = "08D7B4";
		w.hex = acts_kit_hex(block);
		refuse(row->label, w, row->code);
	}
	/* A version 3 block is of a device's own master key: it never travels. */
	str_copy(str_of(parcels[0].block), block, sizeof block);
	block[0] = '3';
	struct wish w = good();
	w.hex = acts_kit_hex(block);
	refuse("of a device", w, "EXCHANGE_VERSION");
}

TEST(nothing_comes_in_without_a_second_officer_or_another_than_was_agreed_to)
{
	struct wish w = good();
	char id[ACTS_KIT_ID], file[2 * BLOCK + 32];

	REQUIRE(open_there());
	snprintf(file, sizeof file, "'file':'%s'", w.hex);
	CHECK_STR("asked", ask_import(&there, &w), "APPROVAL_NEEDED");
	acts_kit_keep(&there, "approval", id, sizeof id);
	KMS_REFUSED("nobody agreed", &there.k,
	            kms_ask_as(&there.k, "key1", "{'command':'key.import','approval':'%s',%s}", id,
	                       file),
	            "APPROVAL_STATE");
	KMS_REFUSED("the same person", &there.k,
	            kms_ask_as(&there.k, "key1", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	CHECK_STR("agreed",
	          kms_ask_as(&there.k, "key2", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	KMS_REFUSED("another file", &there.k,
	            kms_ask_as(&there.k, "key1",
	                       "{'command':'key.import','approval':'%s','file':'%s'}", id,
	                       acts_kit_hex(parcels[1].block)),
	            "APPROVAL_OTHER");
	KMS_REFUSED("no file", &there.k,
	            kms_ask_as(&there.k, "key1", "{'command':'key.import','approval':'%s'}", id),
	            "JSON_FIELDS");
	CHECK_STR("done",
	          kms_ask_as(&there.k, "key1", "{'command':'key.import','approval':'%s',%s}", id,
	                     file),
	          "SUCCESS");
	KMS_REFUSED("replayed", &there.k,
	            kms_ask_as(&there.k, "key1", "{'command':'key.import','approval':'%s',%s}", id,
	                       file),
	            "APPROVAL_STATE");
}

/* --- a value sealed for an import pair --- */

static void seal_for(const char *spki_hex, char out[2 * RSA_KEY_SIZE_MAX + 1])
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	uint8_t der[RSA_KEY_INFO_MAX], value[16], sealed[RSA_KEY_SIZE_MAX];

	CHECK_OK(hex_decode(str_of(spki_hex), der, strlen(spki_hex) / 2));
	CHECK_OK(rsa_key_load_info(&k, bytes_of(der, strlen(spki_hex) / 2)));
	CHECK_OK(hex_decode(STR(ACTS_KIT_ZMK_4), value, sizeof value));
	CHECK_OK(rsa_seal(&k, RSA_OAEP_SHA256, bytes_of(value, sizeof value), sealed));
	hex_encode(bytes_of(sealed, k.size), out);
}

TEST(a_value_is_sealed_for_an_import_pair)
{
	char key[ACTS_KIT_ID], pair[ACTS_KIT_ID], sealed[2 * RSA_KEY_SIZE_MAX + 1];
	struct wish w = good();

	REQUIRE(open_there());
	acts_kit_define(&there, there.rsa, "IMP", "K2", "R2048DN", key);
	CHECK_STR("pair",
	          kms_ask_as(&there.k, "cert",
	                     "{'command':'version.generate','key':%s,'at_once':true}", key),
	          "SUCCESS");
	acts_kit_keep(&there, "id", pair, sizeof pair);
	CHECK_STR("its public half",
	          kms_ask_as(&there.k, "conf", "{'command':'key.public','version':%s}", pair),
	          "SUCCESS");
	seal_for(kms_told(&there.k, "file_hex"), sealed);
	KMS_REFUSED(
	        "a secret key has none", &there.k,
	        kms_ask_as(&there.k, "conf", "{'command':'key.public','version':%s}", there.zmk_b),
	        "KEY_USE");
	w.carrier = pair;
	w.hex = sealed;
	w.kcv = "08D7B4";
	w.more = ",'form':'oaep-sha1'";
	refuse("another padding", w, "CIPHERTEXT_BROKEN");
	w.more = ",'form':'sm2'";
	refuse("another kind", w, "EXCHANGE_ZMK");
	w.more = ",'form':'oaep-sha256'";
	w.kcv = "08D7B5";
	refuse("another check value", w, "KEY_CHECK_VALUE");
	w.kcv = "08D7B4";
	CHECK_STR("taken", import_agreed(&there, &w), "SUCCESS");
	CHECK_STR("TV-01", kms_told(&there.k, "kcv"), "08D7B4");
}

/* --- and back --- */

static char back[BLOCK], back_kcv[KMS_KIT_TEXT];

TEST(a_key_of_the_other_site_comes_back_with_it)
{
	char version[ACTS_KIT_ID], request[REQUEST];

	REQUIRE(open_there());
	acts_kit_generate(&there, in_key[0], version, back_kcv);
	snprintf(request, sizeof request, "'command':'key.export','zmk':%s,'version':%s",
	         there.zmk_b, version);
	CHECK_STR("out", acts_kit_agreed(&there, "key2", "key1", request, ""), "SUCCESS");
	acts_kit_keep(&there, "file", back, sizeof back);
	CHECK(kms_kit_officer(&there.k, "auditor", "audit"));
	CHECK_STR("the chain", kms_ask_as(&there.k, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
	acts_site_close(&there);
	REQUIRE(acts_site_start(&here));
	struct wish w = { "key1",   here.zmk_b,        own[0].key,
		          back_kcv, ",'at_once':true", acts_kit_hex(back) };
	CHECK_STR("in", import_agreed(&here, &w), "SUCCESS");
	CHECK_STR("the same value", kms_told(&here.k, "kcv"), back_kcv);
	CHECK_STR("the next version", kms_told(&here.k, "version"), "2");
	w.carrier = here.zmk_d;
	KMS_REFUSED("another carrier", &here.k, ask_import(&here, &w), "EXCHANGE_VERSION");
	acts_site_close(&here);
}
