/* SPDX-License-Identifier: Apache-2.0 */
/* Key blocks against published ones, byte for byte in both directions; changed ones; all lengths.
 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "crypto/keyblock.h"
#include "crypto/keywrap.h"
#include "crypto/lmk.h"

#define STANDARD "standard/standard.txt"
#define KEYS     "standard/keys.txt"

#define K20         "11111111111111112222222222222222"
#define OPENEMV_KEY "3F419E1CB7079442AA37474C2EFBF8B8"
#define SM4_KEY     "0123456789ABCDEFFEDCBA9876543210"
#define TV_B9                                                                                      \
	"3009620TX01E0010160E16B69C560974522B78D8561CB1002312790CB1848E7BD2D0437BBC05567E864B9B09" \
	"AC2C3BAF"

/* Randomness that is known beforehand. */
struct pads {
	struct random_source source;
	uint8_t at[64];
	size_t len, used;
};

static void take_pad(struct random_source *r, void *out, size_t len)
{
	struct pads *p = (struct pads *)r;

	ASSERT(len <= p->len - p->used);
	memcpy(out, p->at + p->used, len);
	p->used += len;
}

static struct pads pads_of(const char *hex)
{
	struct pads p = { .source = { take_pad }, .len = strlen(hex) / 2 };

	CHECK_OK(hex_decode(str_of(hex), p.at, p.len));
	return p;
}

static const struct published {
	const char *name, *protection, *block, *key;
	const char *pad; /* NULL: read only */
	size_t hidden_as;
} published[] = {
	{ "TV-B1, TR-31:2018 A.7.2.2", "kbpk-tdes",
	  "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E",
	  OPENEMV_KEY, "1C2965473CE2", 1 },
	{ "TV-B2, TR-31:2018 A.7.4", "kbpk-aes",
	  "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A2"
	  "7E8E31DA05F7425509593D03A457DC34",
	  OPENEMV_KEY, "1C2965473CE206BB855B01533782", 1 },
	{ "TV-B3, X9.143 8.1", "kbpk-aes",
	  "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3"
	  "829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557",
	  OPENEMV_KEY, "1A87BBFA2CFE78D383E5F4C6AA83473C1C2965473CE206BB855B01533782", 0 },
	{ "TV-B4", "lmk",
	  "D011220TX01E0000E021B7069CC349D60F75C8BBC4D3B2FBE0CCCF60FDAB2C4314B89F52310826E5"
	  "1D974670375E94776D97C1846FEF906D",
	  K20, "303132333435363738393A3B3C3D", 0 },
	{ "TV-B5", "lmk",
	  "D016020TX01E0410KP1001CC00BBC79CKC0C00D2B91CLB10DPK-CAMPUS01PB048E439C114C74EE82"
	  "9BF39569B4433F326F375AE80DE3D3C5063B8FCDA1EF90FC5ABE0BDF800B2154F0BB229007225E1D",
	  K20, "303132333435363738393A3B3C3D", 0 },
	{ "TV-B6", "lmk",
	  "D0144204X01E0010AB5DE494BFB33FEBCFB4139241299A06EFBEA7A6E2E3901DA2DB336091E359A7"
	  "88390B8880D2553C88C1856CA1E467B5FB63320E4BEC22B673706CEFCE57F570",
	  SM4_KEY, "606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D", 0 },
	{ "TV-B7", "zmk-tdes",
	  "B009620TX01E0000268260277F763EDD55AF0D8B2BFA02D1065813C0DEAD96B2435410BACCB7141D"
	  "B74FE6094134410B",
	  K20, "A5A5A5A5A5A55A5A5A5A5A5A5A5A", 0 },
	/* Made with its length showing, though of SM4. */
	{ "TV-B8", "lmk-sm4",
	  "40112204X01E0010EB157954C5D93ACFD1C6BD44F65D276FF86B907FF05940CFEBF44F477E49356A"
	  "12A063A3F2BD3309EBADFDD21C244596",
	  SM4_KEY, "303132333435363738393A3B3C3D", 1 },
	{ "the block of TV-22", "kbpk-aes",
	  "D011220TX01E002011054A028853CDC10672DAD5BF9F06151E3C12ACDEF79D6F301D0E54AE07499F"
	  "777B663F91D716AA352BF76C5E0372F4",
	  K20, "303132333435363738393A3B3C3D", 0 },
	{ "TR-31:2018 A.7.3.2", "kbpk-a732",
	  "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C473"
	  "8A52190E248719E24B433627",
	  "E8BC63E5479455E26577F715D587FE68", "30111D18CC4C", 1 },
	{ "TR-31:2018 A.7.2.1", "zmk-tdes",
	  "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701",
	  "F039121BEC83D26B169BDCD5B22AAF8F", NULL, 0 },
	{ "TR-31:2018 A.7.3.1", "kbpk-a731",
	  "C0096B0TX12S0100KS1800604B120F9292800000BFB9B689CB567E66FC3FEE5AD5F52161FC6545B9"
	  "D60989015D02155C",
	  "EDB380DD340BC2620247D445F5B8D678", NULL, 0 },
	{ "a Thales device, version A", "kbpk-thales",
	  "A0072K0TN00N0000F40D5672C6D0EC86F860BA88D44D00F0CA9A8CE8CD2F640287A9A9EB",
	  "5DB50B454F8389ADCE573BE50861F2BF", NULL, 0 },
	{ "a Thales device, version B", "kbpk-thales",
	  "B0080K0TN00N00001C414014375212C24995E405B5EE052CB92B67F455EA2680F6751088F9F1C228",
	  "5DB50B454F8389ADCE573BE50861F2BF", NULL, 0 },
	{ "a Thales device, version C", "kbpk-thales",
	  "C0072K0TN00N0000C9B875FF7A5316BF221C09ED52080DE0B45632A4EA9CE87699CB565E",
	  "5DB50B454F8389ADCE573BE50861F2BF", NULL, 0 },
};

static struct keyblock_loaded *load(char version, struct bytes key)
{
	struct keyblock_loaded *l = NULL;

	ASSERT(is_ok(keyblock_protector_open(version, key, &l)));
	return l;
}

static struct keyblock_loaded *load_for(const struct published *row)
{
	return load(row->block[0], vector(KEYS, row->protection));
}

/* Parse and open a text as one step. */
static result open_text(struct keyblock_loaded *l, struct str text, uint8_t *key, size_t *len)
{
	static struct keyblock b;

	TRY(keyblock_parse(text, &b));
	return keyblock_open(keyblock_protector_of(l), text, &b, key, len);
}

TEST(published_blocks_open_to_their_keys)
{
	const struct published *row;
	static uint8_t key[KEYBLOCK_KEY_MAX];

	EACH (row, published) {
		SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load_for(row);
		size_t len = 0;

		CHECK_OK(open_text(l, str_of(row->block), key, &len));
		CHECK_HEX(row->name, bytes_of(key, len), row->key);
	}
}

TEST(published_blocks_are_made_byte_for_byte)
{
	const struct published *row;

	EACH (row, published) {
		SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load_for(row);
		static struct keyblock b;
		struct pads pads = pads_of(row->pad ? row->pad : "");
		uint8_t key[16];
		struct keyblock_order o = { &b.header, bytes_of(key, sizeof key), &pads.source,
			                    row->hidden_as };
		char text[KEYBLOCK_TEXT_MAX + 1] = "";
		size_t len = 0;

		if (!row->pad)
			continue;
		REQUIRE_OK(hex_decode(str_of(row->key), key, sizeof key));
		REQUIRE_OK(keyblock_parse(str_of(row->block), &b));
		CHECK_OK(keyblock_seal(keyblock_protector_of(l), &o, text, sizeof text, &len));
		CHECK_STR(row->name, text, row->block);
		CHECK_I64(row->name, len, strlen(row->block));
		CHECK_I64(row->name, pads.used, pads.len);
	}
}

/* TV-B5 with a header put together here, so that nothing comes from the parser. */
TEST(a_header_is_written_as_the_layout_says)
{
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *l = load('D', vector(KEYS, "lmk"));
	struct keyblock_header h = { .version = 'D',
		                     .usage = "20",
		                     .algorithm = 'T',
		                     .mode = 'X',
		                     .key_version = "01",
		                     .exportability = 'E',
		                     .context = '1' };
	struct pads pads = pads_of("303132333435363738393A3B3C3D");
	uint8_t key[16];
	struct keyblock_order o = { &h, bytes_of(key, sizeof key), &pads.source, 0 };
	char text[KEYBLOCK_TEXT_MAX + 1];
	size_t len;
	struct str found;

	REQUIRE_OK(hex_decode(STR(K20), key, sizeof key));
	CHECK_OK(keyblock_option_add(&h, "KP", STR("01CC00BBC79C")));
	CHECK_OK(keyblock_option_add(&h, "KC", STR("00D2B91C")));
	CHECK_OK(keyblock_option_add(&h, "LB", STR("DPK-CAMPUS01")));
	CHECK_OK(keyblock_seal(keyblock_protector_of(l), &o, text, sizeof text, &len));
	CHECK_STR("", text, published[4].block);
	CHECK(keyblock_option_find(&h, "KC", &found) && str_equal(found, STR("00D2B91C")));
	CHECK(!keyblock_option_find(&h, "TC", &found));
}

TEST(a_text_is_taken_apart_as_the_layout_says)
{
	static struct keyblock b;
	struct str found;

	REQUIRE_OK(keyblock_parse(str_of(published[4].block), &b));
	CHECK_I64("", b.header.version, 'D');
	CHECK_STR("", b.header.usage, "20");
	CHECK_I64("", b.header.algorithm, 'T');
	CHECK_I64("", b.header.mode, 'X');
	CHECK_STR("", b.header.key_version, "01");
	CHECK_I64("", b.header.exportability, 'E');
	CHECK_I64("", b.header.context, '1');
	CHECK_STR("", b.header.options, "KP1001CC00BBC79CKC0C00D2B91CLB10DPK-CAMPUS01");
	CHECK(keyblock_option_find(&b.header, "LB", &found) &&
	      str_equal(found, STR("DPK-CAMPUS01")));
	CHECK(!keyblock_option_find(&b.header, "PB", &found));
	CHECK_I64("", b.head_len, 64);
	CHECK_HEX("", bytes_of(b.body, b.body_len),
	          "8E439C114C74EE829BF39569B4433F326F375AE80DE3D3C5063B8FCDA1EF90FC");
	CHECK_HEX("", bytes_of(b.mac, b.mac_len), "5ABE0BDF800B2154F0BB229007225E1D");
}

/* TV-B9: what a device would do is done here, with the key that it would hold. */
TEST(version_3_is_made_and_read_byte_for_byte)
{
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *l = load('3', vector(KEYS, "lmk"));
	struct keyblock_protector *p = keyblock_protector_of(l);
	struct keyblock_header h = { '3', "20", 'T', 'X', "01", 'E', '1', "" };
	SCOPED(secret_wipe) struct secret kwk = { 0 };
	static struct keyblock b;
	struct pads none = pads_of("");
	uint8_t key[16], wrapped[24], back[KEYBLOCK_KEY_MAX];
	struct keyblock_order o = { &h, bytes_of(wrapped, sizeof wrapped), &none.source, 0 };
	char text[128] = "";
	size_t len;

	REQUIRE_OK(lmk_derive(LMK_AES, vector(KEYS, "lmk"), LMK_KWK, &kwk));
	REQUIRE_OK(hex_decode(STR(K20), key, sizeof key));
	REQUIRE_OK(keywrap_pad_wrap(bytes_of(kwk.at, kwk.len), bytes_of(key, 16), wrapped, &len));
	CHECK_OK(keyblock_seal_wrapped(p, &o, text, sizeof text, &len));
	CHECK_STR("", text, TV_B9);
	REQUIRE_OK(keyblock_parse(STR(TV_B9), &b));
	CHECK_OK(keyblock_check(p, STR(TV_B9), &b));
	CHECK_OK(keywrap_pad_unwrap(bytes_of(kwk.at, kwk.len), bytes_of(b.body, b.body_len), back,
	                            &len));
	CHECK_HEX("", bytes_of(back, len), K20);
	CHECK_RESULT("not here", keyblock_open(p, STR(TV_B9), &b, back, &len), KEYBLOCK_FORM);
	CHECK_I64("", len, 0);
	CHECK_I64("wiped", back[0], 0);
}

/* Is this block, with a bit changed, another spelling of the same bytes? */
static bool is_other_case(struct str block, size_t head, size_t at, char now)
{
	char c = block.at[at];

	return at >= head && c >= 'A' && c <= 'F' && now == (char)(c | 0x20);
}

static int count_opened(struct keyblock_loaded *l, struct str block)
{
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];
	char text[256];
	size_t len, head;
	int opened = 0;

	ASSERT(block.len < sizeof text && is_ok(keyblock_parse(block, &b)));
	head = b.head_len;
	for (size_t bit = 0; bit < 8 * block.len; bit++) {
		struct str changed = { text, block.len };

		memcpy(text, block.at, block.len);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		if (is_other_case(block, head, bit / 8, text[bit / 8]))
			continue;
		if (b.header.version == '3')
			opened += is_ok(keyblock_parse(changed, &b)) &&
			          is_ok(keyblock_check(keyblock_protector_of(l), changed, &b));
		else
			opened += is_ok(open_text(l, changed, key, &len));
	}
	return opened;
}

/* Keys 20.3 no. 4 */
TEST(a_block_with_any_bit_changed_stays_closed)
{
	const struct published *row;
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *aes = load('D', vector(KEYS, "lmk"));

	EACH (row, published) {
		SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load_for(row);

		CHECK_I64(row->name, count_opened(l, str_of(row->block)), 0);
	}
	CHECK_I64("TV-B9", count_opened(aes, STR(TV_B9)), 0);
}

TEST(a_wrong_mac_says_so_and_leaves_no_key)
{
	static uint8_t key[KEYBLOCK_KEY_MAX], zeros[KEYBLOCK_KEY_MAX];
	const struct published *row;

	EACH (row, published) {
		SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load_for(row);
		size_t len = 42, end = strlen(row->block);
		char text[256];

		memcpy(text, row->block, end);
		text[end - 1] = text[end - 1] == '0' ? '1' : '0';
		memset(key, 0xEE, sizeof key);
		CHECK_RESULT(row->name, open_text(l, (struct str){ text, end }, key, &len),
		             KEYBLOCK_MAC);
		CHECK_I64(row->name, len, 0);
		CHECK_BYTES(row->name, bytes_of(key, sizeof key), bytes_of(zeros, sizeof zeros));
	}
}

TEST(a_block_opens_under_its_own_key_and_version_only)
{
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *other = load('D', vector(KEYS, "kbpk-aes"));
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *sm4 = load('4', vector(KEYS, "lmk-sm4"));
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *tdes = load('B', vector(KEYS, "zmk-tdes"));
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *variant = load('A', vector(KEYS, "zmk-tdes"));
	static uint8_t key[KEYBLOCK_KEY_MAX];
	struct str b4 = str_of(published[3].block), b7 = str_of(published[6].block);
	size_t len;

	CHECK_RESULT("other key", open_text(other, b4, key, &len), KEYBLOCK_MAC);
	CHECK_RESULT("SM4", open_text(sm4, b4, key, &len), KEYBLOCK_MAC);
	CHECK_RESULT("TDES", open_text(tdes, b4, key, &len), KEYBLOCK_FORM);
	CHECK_RESULT("AES", open_text(other, b7, key, &len), KEYBLOCK_FORM);
	CHECK_RESULT("variant", open_text(variant, b7, key, &len), KEYBLOCK_MAC);
}

TEST(lower_case_hex_is_read)
{
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *l = load('D', vector(KEYS, "lmk"));
	static uint8_t key[KEYBLOCK_KEY_MAX];
	char text[256];
	struct str block = str_of(published[4].block);
	size_t len;

	memcpy(text, block.at, block.len);
	for (size_t i = 64; i < block.len; i++)
		if (text[i] >= 'A')
			text[i] = (char)(text[i] | 0x20);
	CHECK_OK(open_text(l, (struct str){ text, block.len }, key, &len));
	CHECK_HEX("", bytes_of(key, len), K20);
}

/* Versions with keys for them, and the key lengths of each algorithm. */
static const struct {
	char version;
	size_t key_len;
} protections[] = { { 'B', 16 }, { 'B', 24 }, { 'D', 16 }, { 'D', 24 }, { 'D', 32 }, { '4', 16 } };

static const struct {
	char algorithm;
	const char *usage;
	char mode;
	size_t least, most, step;
} algorithms[] = {
	{ 'T', "20", 'X', 16, 24, 8 },
	{ 'A', "K1", 'B', 16, 32, 8 },
	{ 'D', "D0", 'B', 8, 8, 8 },
	{ '4', "51", 'X', 16, 16, 16 },
	{ 'H', "M7", 'C', 1, 200, 1 },
	{ 'R', "S0", 'S', 1, KEYBLOCK_KEY_MAX, 67 },
	{ 'E', "S0", 'V', 1, 200, 13 },
	{ '2', "S1", 'S', 120, 130, 1 },
	{ 'R', "S2", 'T', KEYBLOCK_KEY_MAX - 20, KEYBLOCK_KEY_MAX, 1 },
};

static void add_some_options(struct random_seeded *r, struct keyblock_header *h)
{
	char id[3] = "A0", data[KEYBLOCK_OPTION_MAX];

	for (uint64_t n = random_below(r, 6); n; n--) {
		size_t len = random_below(r, 150);

		id[1] = (char)('0' + n);
		for (size_t i = 0; i < len; i++)
			data[i] = (char)(' ' + random_below(r, 95));
		CHECK_OK(keyblock_option_add(h, id, (struct str){ data, len }));
	}
}

static bool comes_back(struct keyblock_loaded *l, const struct keyblock_order *o)
{
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];
	static char text[KEYBLOCK_TEXT_MAX + 1];
	size_t len, key_len;

	return is_ok(keyblock_seal(keyblock_protector_of(l), o, text, sizeof text, &len)) &&
	       strlen(text) == len && is_ok(keyblock_parse(str_of(text), &b)) &&
	       memcmp(&b.header, o->header, sizeof b.header) == 0 &&
	       is_ok(keyblock_open(keyblock_protector_of(l), str_of(text), &b, key, &key_len)) &&
	       bytes_equal(bytes_of(key, key_len), o->key);
}

TEST(what_is_sealed_comes_back_for_all_algorithms_and_lengths)
{
	static uint8_t key[KEYBLOCK_KEY_MAX];
	struct random_seeded r;
	int count = 0, lost = 0;

	random_seeded_init(&r, 21);
	for (size_t p = 0; p < ARRAY_LEN(protections); p++) {
		random_fill(&r.source, key, sizeof key);
		SCOPED(keyblock_protector_close)
		struct keyblock_loaded *l =
		        load(protections[p].version, bytes_of(key, protections[p].key_len));

		for (size_t a = 0; a < ARRAY_LEN(algorithms); a++)
			for (size_t len = algorithms[a].least; len <= algorithms[a].most;
			     len += algorithms[a].step, count++) {
				struct keyblock_header h = { 0 };

				h.version = protections[p].version;
				str_copy(str_of(algorithms[a].usage), h.usage, sizeof h.usage);
				h.algorithm = algorithms[a].algorithm;
				h.mode = algorithms[a].mode;
				str_copy(STR("c1"), h.key_version, sizeof h.key_version);
				h.exportability = 'N';
				h.context = (char)('0' + random_below(&r, 3));
				add_some_options(&r, &h);
				lost += !comes_back(l, &(struct keyblock_order){
				                               &h, bytes_of(key, len), &r.source,
				                               random_below(&r, 3) });
			}
	}
	CHECK_I64("", lost, 0);
	test_note("%d blocks", count);
}

TEST(wrapped_keys_of_all_lengths_come_back_in_version_3)
{
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *l = load('D', vector(KEYS, "lmk"));
	struct keyblock_protector *p = keyblock_protector_of(l);
	struct bytes kwk = vector(KEYS, "lmk-kwk");
	static uint8_t key[KEYBLOCK_KEY_MAX], wrapped[KEYWRAP_PAD_MAX], back[KEYBLOCK_KEY_MAX];
	static char text[KEYBLOCK_TEXT_MAX + 1];
	static struct keyblock b;
	struct random_seeded r;
	int lost = 0;

	random_seeded_init(&r, 22);
	random_fill(&r.source, key, sizeof key);
	for (size_t len = 1; len <= KEYBLOCK_KEY_MAX; len += len < 40 ? 1 : 35) {
		struct keyblock_header h = { '3', "S0", 'R', 'S', "01", 'N', '1', "" };
		struct keyblock_order o = { &h, { wrapped, 0 }, &r.source, 0 };
		size_t text_len, back_len;

		add_some_options(&r, &h);
		REQUIRE_OK(keywrap_pad_wrap(kwk, bytes_of(key, len), wrapped, &o.key.len));
		REQUIRE_OK(keyblock_seal_wrapped(p, &o, text, sizeof text, &text_len));
		REQUIRE_OK(keyblock_parse(str_of(text), &b));
		CHECK_OK(keyblock_check(p, str_of(text), &b));
		CHECK_OK(keywrap_pad_unwrap(kwk, bytes_of(b.body, b.body_len), back, &back_len));
		lost += back_len != len || memcmp(back, key, len) != 0;
	}
	CHECK_I64("", lost, 0);
}

TEST(a_hidden_length_does_not_show)
{
	SCOPED(keyblock_protector_close)
	struct keyblock_loaded *l = load('D', vector(KEYS, "lmk"));
	static const struct {
		char algorithm;
		size_t key_len, hidden_as, want; /* characters */
	} rows[] = {
		{ 'T', 16, 0, 112 }, { 'T', 24, 0, 112 }, { 'A', 16, 0, 144 }, { 'A', 24, 0, 144 },
		{ 'A', 32, 0, 144 }, { 'A', 16, 1, 112 }, { 'T', 16, 32, 144 }, { '4', 16, 0, 144 },
	}, *row;
	static const uint8_t key[32] = { 1 };
	struct random_seeded r;

	random_seeded_init(&r, 23);
	EACH (row, rows) {
		struct keyblock_header h = { 'D', "33", row->algorithm, 'X', "01", 'S', '0', "" };
		struct keyblock_order o = { &h, bytes_of(key, row->key_len), &r.source,
			                    row->hidden_as };
		char text[256];
		size_t len = 0;

		CHECK_OK(keyblock_seal(keyblock_protector_of(l), &o, text, sizeof text, &len));
		CHECK_I64("", len, row->want);
	}
}
