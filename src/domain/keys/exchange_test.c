/* SPDX-License-Identifier: Apache-2.0 */
/* Key blocks out and in: published ones, uses that others know, strength, headers. */
#include "domain/keys/exchange_testkit.h"

#define TWO_KEYS "0123456789ABCDEFFEDCBA9876543210"

/* --- rules by themselves --- */

TEST(strength_is_that_of_the_table)
{
	static const struct {
		char algorithm;
		unsigned bits, strength;
	} rows[] = {
		{ 'T', 128, 80 },   { 'T', 192, 112 },  { 'A', 128, 128 },  { 'A', 192, 192 },
		{ 'A', 256, 256 },  { '4', 128, 128 },  { 'H', 128, 128 },  { 'H', 256, 256 },
		{ '2', 256, 128 },  { 'R', 1024, 80 },  { 'R', 2040, 80 },  { 'R', 2048, 112 },
		{ 'R', 3064, 112 }, { 'R', 3072, 128 }, { 'R', 4096, 128 },
	}, *row;

	EACH (row, rows) {
		char name[2] = { row->algorithm };

		CHECK_I64(name, exchange_strength(row->algorithm, row->bits), row->strength);
	}
}

TEST(each_use_of_ours_has_one_that_others_know)
{
	static const struct {
		const char *own;
		char algorithm, mode;
		const char *want; /* NULL: none */
		char want_mode;
	} rows[] = {
		{ "20", 'T', 'X', "B3", 'X' }, { "21", 'T', 'X', "B3", 'X' },
		{ "22", '4', 'X', "B3", 'X' }, { "23", 'T', 'X', "B3", 'X' },
		{ "24", 'T', 'X', "B3", 'X' }, { "25", 'T', 'X', "B3", 'X' },
		{ "26", 'T', 'X', "B3", 'X' }, { "27", 'T', 'X', "E2", 'X' },
		{ "28", 'T', 'X', "B3", 'X' }, { "29", 'T', 'X', "B3", 'X' },
		{ "30", 'T', 'X', "E5", 'X' }, { "31", '4', 'X', "E5", 'X' },
		{ "33", 'A', 'X', "B3", 'X' }, { "34", 'A', 'X', "B3", 'X' },
		{ "35", 'A', 'X', "B3", 'X' }, { "36", 'A', 'X', "M6", 'C' },
		{ "36", '4', 'C', "M6", 'C' }, { "36", 'H', 'C', "M7", 'C' },
		{ "40", 'T', 'X', "K0", 'B' }, { "41", 'T', 'B', "K0", 'B' },
		{ "42", '4', 'X', "K0", 'B' }, { "50", 'A', 'X', "K0", 'B' },
		{ "53", 'T', 'C', "M6", 'C' }, { "54", 'T', 'B', "D0", 'B' },
		{ "55", 'A', 'B', "K0", 'B' }, { "61", 'A', 'C', "M6", 'C' },
		{ "61", 'H', 'C', "M7", 'C' }, { "62", 'A', 'B', "K0", 'B' },
		{ "51", 'A', 'X', NULL, 'X' }, { "60", 'A', 'B', NULL, 'B' },
		{ "K0", 'A', 'D', "K0", 'D' }, { "P0", 'T', 'E', "P0", 'E' },
	}, *row;

	EACH (row, rows) {
		struct keyblock_header h = { .algorithm = row->algorithm,
			                     .mode = row->mode,
			                     .exportability = row->want ? 'E' : 'N' };

		memcpy(h.usage, row->own, 2);
		CHECK_OK(keyblock_check_use(&h));
		CHECK_RESULT(row->own, exchange_foreign_use(&h),
		             row->want ? SUCCESS : EXCHANGE_FOREIGN);
		CHECK_STR(row->own, h.usage, row->want ? row->want : row->own);
		CHECK_I64(row->own, h.mode, row->want_mode);
		CHECK_OK(keyblock_check_use(&h));
	}
}

/* --- published blocks come in --- */

static const struct published {
	const char *name, *zmk, *zmk_what, *usage, *what, *block, *kcv;
	enum result_code code;
} published[] = {
	{ "TV-B1, length shows", "kbpk-tdes", "T112BE", "P0", "T112EE",
	  "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E",
	  "57C409", SUCCESS },
	{ "TV-B2, length shows", "kbpk-aes", "A256BE", "P0", "A128EE",
	  "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A2"
	  "7E8E31DA05F7425509593D03A457DC34",
	  "08793E25AB", SUCCESS },
	{ "TV-B3, length hidden", "kbpk-aes", "A256BE", "P0", "A128EE",
	  "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3"
	  "829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557",
	  "08793E25AB", SUCCESS },
	{ "TV-B4", "lmk", "A256BE", "20", "T112XE",
	  "D011220TX01E0000E021B7069CC349D60F75C8BBC4D3B2FBE0CCCF60FDAB2C4314B89F52310826E5"
	  "1D974670375E94776D97C1846FEF906D",
	  "D2B91C", SUCCESS },
	{ "TV-B5, for storage", "lmk", "A256BE", "20", "T112XE",
	  "D016020TX01E0410KP1001CC00BBC79CKC0C00D2B91CLB10DPK-CAMPUS01PB048E439C114C74EE82"
	  "9BF39569B4433F326F375AE80DE3D3C5063B8FCDA1EF90FC5ABE0BDF800B2154F0BB229007225E1D",
	  NULL, EXCHANGE_CONTEXT },
	{ "TV-B6, for storage", "lmk", "A256BE", "20", "4128XE",
	  "D0144204X01E0010AB5DE494BFB33FEBCFB4139241299A06EFBEA7A6E2E3901DA2DB336091E359A7"
	  "88390B8880D2553C88C1856CA1E467B5FB63320E4BEC22B673706CEFCE57F570",
	  NULL, EXCHANGE_CONTEXT },
	{ "TV-B7", "zmk-tdes", "T112BE", "20", "T112XE",
	  "B009620TX01E0000268260277F763EDD55AF0D8B2BFA02D1065813C0DEAD96B2435410BACCB7141D"
	  "B74FE6094134410B",
	  "D2B91C", SUCCESS },
	{ "the block of TV-22", "kbpk-aes", "A256BE", "20", "T112XE",
	  "D011220TX01E002011054A028853CDC10672DAD5BF9F06151E3C12ACDEF79D6F301D0E54AE07499F"
	  "777B663F91D716AA352BF76C5E0372F4",
	  "D2B91C", SUCCESS },
	{ "TV-B8, for storage", "lmk-sm4", "4128BE", "20", "4128XE",
	  "40112204X01E0010EB157954C5D93ACFD1C6BD44F65D276FF86B907FF05940CFEBF44F477E49356A"
	  "12A063A3F2BD3309EBADFDD21C244596",
	  NULL, EXCHANGE_CONTEXT },
	{ "TR-31:2018 A.7.2.1, version A", "zmk-tdes", "T112BE", "P0", "T112EE",
	  "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701", NULL,
	  SUCCESS },
	{ "TR-31:2018 A.7.3.1, version C", "kbpk-a731", "T112BE", "B0", "T112XS",
	  "C0096B0TX12S0100KS1800604B120F9292800000BFB9B689CB567E66FC3FEE5AD5F52161FC6545B9"
	  "D60989015D02155C",
	  NULL, SUCCESS },
	{ "TV-B9, of a device", "lmk", "A256BE", "20", "T112XE",
	  "3009620TX01E0000160E16B69C560974522B78D8561CB1002312790CB1848E7BD2D0437BBC05567E"
	  "864B9B09AC2C3BAF",
	  NULL, EXCHANGE_VERSION },
};

static result import_block(struct key_fixture *f, int64_t zmk, int64_t key, const char *block,
                           struct key_version *v)
{
	struct exchange_import o = { .carrier = zmk, .key = key };

	*v = (struct key_version){ 0 };
	return KEY_CHANGE(f, exchange_import_block(act, &o, str_of(block), v));
}

static void check_published(struct key_fixture *f, const struct published *row,
                            enum product_place place)
{
	bool needs_value = strchr("AC", row->block[0]) && place == PRODUCT_IN_DEVICE;
	char key[] = "C.EP.KEYA", label[] = "C.KEK.ZMKA";
	struct key_version v;

	key[8] = label[9] = (char)('A' + (row - published));
	struct key_definition k =
	        exchange_kit_define(f, key, row->usage, row->what, PRODUCT_IN_HOST);
	int64_t zmk = exchange_kit_zmk(f, label, row->zmk_what, vector(EXCHANGE_VECTORS, row->zmk),
	                               place);
	struct exchange_counts before = exchange_kit_counts(f);
	CHECK_RESULT(row->name, import_block(f, zmk, k.id, row->block, &v),
	             needs_value ? EXCHANGE_IN_DEVICE : row->code);
	if (needs_value || row->code != SUCCESS)
		exchange_kit_same(row->name, f, before);
	else if (row->kcv)
		CHECK_STR(row->name, v.kcv, row->kcv);
}

KEY_TEST_BOTH(published_blocks_are_imported_under_transport_keys_here_and_in_a_device)
{
	const struct published *row;

	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(key_fixture_close) struct key_fixture f;

		REQUIRE(key_fixture_open(&f, engine, true));
		EACH (row, published)
			check_published(&f, row, (enum product_place)place);
	}
}

/* --- what a header must be --- */

static const struct held {
	const char *what, *usage, *definition;
	struct {
		const char *usage;
		char algorithm, mode, exported;
		const char *version, *option_id, *option;
	} block;
	enum result_code code;
} headers[] = {
	{ "its own use", "20", "T112XE", { "20", 'T', 'X', 'E', "01" }, SUCCESS },
	{ "what stands for it", "20", "T112XE", { "B3", 'T', 'X', 'E', "00" }, SUCCESS },
	{ "what stands for it, other mode",
	  "50",
	  "T112XE",
	  { "K0", 'T', 'B', 'E', "00" },
	  SUCCESS },
	{ "what stands for it: MAC", "53", "T112CE", { "M6", 'T', 'C', 'E', "00" }, SUCCESS },
	{ "freer than here", "20", "T112XN", { "20", 'T', 'X', 'S', "01" }, SUCCESS },
	{ "a mode that does more",
	  "53",
	  "T112CE",
	  { "M6", 'T', 'G', 'E', "00" },
	  EXCHANGE_DEFINITION },
	{ "half of a mode", "50", "T112XE", { "K0", 'T', 'D', 'E', "00" }, EXCHANGE_DEFINITION },
	{ "another use", "20", "T112XE", { "21", 'T', 'X', 'E', "01" }, EXCHANGE_DEFINITION },
	{ "what stands for another",
	  "20",
	  "T112XE",
	  { "E2", 'T', 'X', 'E', "00" },
	  EXCHANGE_DEFINITION },
	{ "a standard use stands for itself only",
	  "B3",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "00" },
	  EXCHANGE_DEFINITION },
	{ "another algorithm", "20", "4128XE", { "20", 'T', 'X', 'E', "00" }, EXCHANGE_DEFINITION },
	{ "another length", "20", "T168XE", { "20", 'T', 'X', 'E', "00" }, KEY_LENGTH },
	{ "a component", "20", "T112XE", { "20", 'T', 'X', 'E', "c1" }, EXCHANGE_DEFINITION },
	{ "not to leave again",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'N', "01" },
	  EXCHANGE_EXPORTABILITY },
	{ "in blocks only", "20", "T112XS", { "20", 'T', 'X', 'E', "01" }, EXCHANGE_EXPORTABILITY },
	{ "check value in it",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "01", "KC", "0008D7B4" },
	  SUCCESS },
	{ "another check value in it",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "01", "KC", "0008D7B5" },
	  KEY_CHECK_VALUE },
	{ "no check value in it",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "01", "KC", "08D7B4" },
	  KEYBLOCK_FORM },
	{ "made under this key",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "01", "KP", "012331550BC9" },
	  SUCCESS },
	{ "made under another",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "01", "KP", "012331550BCA" },
	  EXCHANGE_ZMK_OTHER },
	{ "what nobody knows is passed over",
	  "20",
	  "T112XE",
	  { "20", 'T', 'X', 'E', "01", "ZZ", "|free text|" },
	  SUCCESS },
};

static void make_block(const struct held *row, struct random_source *random,
                       char text[KEYBLOCK_TEXT_MAX + 1])
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	struct keyblock_header h = { .version = 'D',
		                     .algorithm = row->block.algorithm,
		                     .mode = row->block.mode,
		                     .exportability = row->block.exported,
		                     .context = '0' };
	uint8_t value[16];
	struct keyblock_order o = { &h, bytes_of(value, sizeof value), random, 0 };
	size_t len;

	memcpy(h.usage, row->block.usage, 2);
	memcpy(h.key_version, row->block.version, 2);
	CHECK_OK(hex_decode(STR(TWO_KEYS), value, sizeof value));
	if (row->block.option)
		CHECK_OK(keyblock_option_add(&h, row->block.option_id, str_of(row->block.option)));
	REQUIRE_OK(keyblock_protector_open('D', vector(EXCHANGE_VECTORS, "kbpk-aes"), &l));
	CHECK_OK(keyblock_seal(keyblock_protector_of(l), &o, text, KEYBLOCK_TEXT_MAX + 1, &len));
}

KEY_TEST_BOTH(an_imported_block_is_held_to_its_definition)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	static char text[KEYBLOCK_TEXT_MAX + 1];
	const struct held *row;
	char label[] = "C.EP.KEYAA";

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", "A256BE",
	                               vector(EXCHANGE_VECTORS, "kbpk-aes"), PRODUCT_IN_DEVICE);
	EACH (row, headers) {
		struct key_version v;

		label[9] = (char)('A' + (row - headers));
		struct key_definition k = exchange_kit_define(&f, label, row->usage,
		                                              row->definition, PRODUCT_IN_HOST);
		make_block(row, &f.random.source, text);
		struct exchange_counts before = exchange_kit_counts(&f);
		CHECK_RESULT(row->what, import_block(&f, zmk, k.id, text, &v), row->code);
		if (row->code != SUCCESS) {
			exchange_kit_same(row->what, &f, before);
			continue;
		}
		SCOPED(working_key_close) struct working_key *w = NULL;
		CHECK_STR(row->what, v.kcv, "08D7B4");
		CHECK_OK(key_version_open(&f.ring, &v, &w));
		CHECK_STR("our own use is kept", working_key_header(w)->usage, row->usage);
		CHECK_I64("and its exportability", working_key_header(w)->exportability,
		          k.exportability);
	}
}

KEY_TEST_BOTH(a_changed_block_is_not_imported)
{
	static const char block[] =
	        "D011220TX01E0000E021B7069CC349D60F75C8BBC4D3B2FBE0CCCF60FDAB2C4314B89F52310826E5"
	        "1D974670375E94776D97C1846FEF906D"; /* TV-B4 */
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v;
	char text[sizeof block];

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        exchange_kit_define(&f, "C.EP.KEY", "20", "T112XE", PRODUCT_IN_HOST);
	int64_t zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", "A256BE", vector(EXCHANGE_VECTORS, "lmk"),
	                               PRODUCT_IN_HOST);
	struct exchange_counts before = exchange_kit_counts(&f);
	for (size_t at = 0; at + 1 < sizeof block; at++) {
		memcpy(text, block, sizeof text);
		text[at] ^= 1;
		CHECK(!is_ok(import_block(&f, zmk, k.id, text, &v)));
	}
	exchange_kit_same("", &f, before);
}

KEY_TEST_BOTH(the_senders_check_value_is_compared)
{
	static const struct {
		const char *told;
		enum result_code code;
	} rows[] = {
		{ "57C40A", KEY_CHECK_VALUE }, { "57C4", INVALID_HEX },  { "57C4G9", INVALID_HEX },
		{ "08793E25AB", KEY_CHECK_VALUE }, { "57C409", SUCCESS },
	}, *row;
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        exchange_kit_define(&f, "C.EP.KEY", "P0", "T112EE", PRODUCT_IN_DEVICE);
	int64_t zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", "T112BE",
	                               vector(EXCHANGE_VECTORS, "kbpk-tdes"), PRODUCT_IN_HOST);
	EACH (row, rows) {
		struct exchange_import o = { .carrier = zmk,
			                     .key = k.id,
			                     .order = { .at_once = true },
			                     .kcv = str_of(row->told) };

		CHECK_RESULT(row->told,
		             KEY_CHANGE(&f, exchange_import_block(act, &o,
		                                                  str_of(published[0].block), &v)),
		             row->code);
	}
	CHECK_I64("into the device", v.block[0], '3');
	CHECK_I64("the first", v.version, 1);
	CHECK_I64("origin", v.origin, KEY_FROM_IMPORT);
	struct exchange_import taken = { .carrier = zmk, .key = k.id, .order = { .version = 1 } };
	CHECK_RESULT(
	        "taken",
	        KEY_CHANGE(&f, exchange_import_block(act, &taken, str_of(published[0].block), &v)),
	        KEY_EXISTS);
}

/* --- blocks go out --- */

KEY_TEST_BOTH(an_exported_block_opens_with_the_transport_key_alone)
{
	static const struct {
		const char *zmk, *what, *kp;
		char version;
	} rows[] = {
		{ "zmk-tdes", "T112BE", NULL, 'B' },
		{ "kbpk-aes", "A256BE", "012331550BC9", 'D' },
		{ "lmk-sm4", "4128BE", "0145445F9CEA", '4' },
	}, *row;
	struct keyblock b;
	uint8_t key[KEYBLOCK_KEY_MAX];
	size_t len;

	EACH (row, rows)
		for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
			SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
			SCOPED(key_fixture_close) struct key_fixture f;
			struct bytes value = vector(EXCHANGE_VECTORS, row->zmk);
			struct exchange_block out;
			struct str option;

			REQUIRE(key_fixture_open(&f, engine, true));
			/* the key where the transport key is not */
			struct key_definition k = exchange_kit_define(
			        &f, "C.EP.DPK", "20", "T112XE",
			        place == PRODUCT_IN_HOST ? PRODUCT_IN_DEVICE : PRODUCT_IN_HOST);
			struct exchange_export o = {
				.zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", row->what, value,
				                        (enum product_place)place),
				.version = exchange_kit_store_hex(&f, &k, TWO_KEYS),
				.foreign = place == PRODUCT_IN_DEVICE
			};
			REQUIRE_OK(KEY_CHANGE(&f, exchange_export_block(act, &o, &out)));
			CHECK_STR("", out.kcv, "08D7B4");
			REQUIRE_OK(keyblock_protector_open(row->version, value, &l));
			REQUIRE_OK(keyblock_parse(str_of(out.text), &b));
			CHECK_I64("", b.header.version, row->version);
			CHECK_STR(row->what, b.header.usage, o.foreign ? "B3" : "20");
			CHECK_I64("", b.header.context, '2');
			CHECK(keyblock_option_find(&b.header, "KP", &option));
			if (row->kp)
				CHECK(str_equal(option, str_of(row->kp)));
			CHECK_OK(keyblock_open(keyblock_protector_of(l), str_of(out.text), &b, key,
			                       &len));
			CHECK_HEX(row->what, bytes_of(key, len), TWO_KEYS);
		}
}

KEY_TEST_BOTH(what_may_not_leave_does_not)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_block out = { .len = 0 };

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", "A128BE",
	                               bytes_of(vector(EXCHANGE_VECTORS, "kbpk-aes").at, 16),
	                               PRODUCT_IN_HOST);
	static const struct {
		const char *what, *usage, *definition, *value;
		enum product_place place;
		bool foreign;
		enum result_code code;
	} rows[] = {
		{ "never", "51", "A128XN", TWO_KEYS, PRODUCT_IN_HOST, false, EXCHANGE_EXPORTABILITY },
		{ "never, in a device", "60", "A128BN", TWO_KEYS, PRODUCT_IN_DEVICE, true,
		  EXCHANGE_EXPORTABILITY },
		{ "in a device", "20", "T112XS", TWO_KEYS, PRODUCT_IN_DEVICE, false, SUCCESS },
		{ "too strong, in a device", "D0", "A192BE", TWO_KEYS "8899AABBCCDDEEFF",
		  PRODUCT_IN_DEVICE, false, EXCHANGE_STRENGTH },
		{ "too strong", "D0", "A192BE", TWO_KEYS "8899AABBCCDDEEFF", PRODUCT_IN_HOST, false,
		  EXCHANGE_STRENGTH },
		{ "as strong", "D0", "A128BE", TWO_KEYS, PRODUCT_IN_HOST, false, SUCCESS },
	}, *row;
	struct exchange_export bare = { .zmk = 0, .version = zmk };
	char label[] = "C.EPA.KEY";

	CHECK_RESULT("under no key", KEY_CHANGE(&f, exchange_export_block(act, &bare, &out)),
	             KEY_NOT_FOUND);
	EACH (row, rows) {
		label[4] = (char)('A' + (row - rows));
		struct key_definition k =
		        exchange_kit_define(&f, label, row->usage, row->definition, row->place);
		struct exchange_export o = { .zmk = zmk,
			                     .version = exchange_kit_store_hex(&f, &k, row->value),
			                     .foreign = row->foreign };
		struct exchange_counts before = exchange_kit_counts(&f);

		CHECK_RESULT(row->what, KEY_CHANGE(&f, exchange_export_block(act, &o, &out)),
		             row->code);
		if (row->code != SUCCESS)
			exchange_kit_same(row->what, &f, before);
		else
			CHECK_I64("a line in the audit", exchange_kit_counts(&f).lines,
			          before.lines + 1);
	}
}
