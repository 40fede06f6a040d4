/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a day and sign-in as keys 15 writes them down (TV-26 to TV-29), worked out with the
 * platform's derivation, MAC, key blocks and check values. Its own terminals sign in by
 * terminal-protocol 7.1, which has other names and other messages around the same functions.
 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "crypto/kcv.h"
#include "crypto/kdf.h"
#include "crypto/keyblock.h"
#include "crypto/pboc.h"
#include "crypto/ytap_keys.h"

#define STANDARD "standard/standard.txt"

#define TERMINAL "T0000001"
#define DAY      "\x20\x26\x11\x22\x01" /* 20261122, sequence 01 */
#define MAC_KEY  "4760031A1A692C2277BD6CC6A95675A3"
#define RT       "00112233445566778899AABBCCDDEEFF"
#define RS       "FFEEDDCCBBAA99887766554433221100"
#define BLOCK                                                                                      \
	"D014453AC00N0020D738112164E740F847790A0966AF23DA761715A1F439D47925B54A5BFE1495496D63"     \
	"B6C51D54AB512EDC970FC2FE5E674FA83C75553BC83C41E42ACE3F138A48"

enum { MESSAGE_MAX = 512 };

static struct bytes hex_of(const char *text)
{
	static uint8_t at[4][MESSAGE_MAX];
	static size_t next;
	uint8_t *out = at[next++ % 4];
	size_t len = strlen(text) / 2;

	ASSERT(len <= MESSAGE_MAX && is_ok(hex_decode(str_of(text), out, len)));
	return bytes_of(out, len);
}

static void kcv_is_of(const char *name, char algorithm, struct bytes key, const char *want)
{
	struct kcv k;
	char text[KCV_TEXT_SIZE];

	CHECK_OK(kcv_of_secret(algorithm, kcv_default(algorithm), key, &k));
	CHECK_STR(name, kcv_text(&k, text), want);
}

static void root_of_the_day(uint8_t root[YTAP_DAY_ROOT_SIZE])
{
	REQUIRE_OK(ytap_ratchet_day_root(vector(STANDARD, "day-root").at, 20261122, 1, root));
}

TEST(the_root_of_the_next_day_is_that_of_tv_26)
{
	uint8_t root[YTAP_DAY_ROOT_SIZE];

	root_of_the_day(root);
	CHECK_HEX("TV-26", bytes_of(root, sizeof root),
	          "388954DF306B27AB9D2534E5AB117A7D1B68ADFFCFD890736AD07031B2AE8478");
	kcv_is_of("TV-26", 'A', bytes_of(root, sizeof root), "83F7E55C29");
}

TEST(keys_of_a_terminal_and_a_day_are_those_of_tv_27)
{
	static const struct {
		const char *label;
		char algorithm;
		const char *key, *kcv;
	} rows[] = {
		{ "OC1:MAC", 'A', MAC_KEY, "12B4BCB275" },
		{ "OC1:ENC", 'A', "36804E8C07D64B65EEEB2F55AF046ADE", "8D40BC50FE" },
		{ "OC1:KEK", 'A', "B46AE53A26FC6BD67C477112BFB91C27", "256CD93078" },
		{ "OC1:MAC:T", 'T', "E0CBE9945BF816BC438080E3CBC41931", "C8085B" },
	}, *row;
	uint8_t root[YTAP_DAY_ROOT_SIZE], key[16];

	root_of_the_day(root);
	EACH (row, rows) {
		struct kdf_spec spec = { row->label, bytes_of(DAY TERMINAL, 13) };

		REQUIRE_OK(kdf_counter(MAC_AES_CMAC, bytes_of(root, sizeof root), &spec, key,
		                       sizeof key));
		if (row->algorithm == 'T')
			pboc_set_parity(key, sizeof key);
		CHECK_HEX(row->label, bytes_of(key, sizeof key), row->key);
		kcv_is_of(row->label, row->algorithm, bytes_of(key, sizeof key), row->kcv);
	}
}

static void mac_is(const char *name, struct bytes key, struct bytes message, const char *want)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	uint8_t mac[F64_SIZE];

	REQUIRE_OK(mac_key_init(&k, MAC_AES_CMAC, key));
	mac_f64(&k, message, mac);
	CHECK_HEX(name, bytes_of(mac, sizeof mac), want);
}

TEST(a_message_on_a_link_has_the_mac_of_tv_28)
{
	static const char message[] = "\x01" TERMINAL DAY "\0\0\0\x01"
	                              "hello link";

	mac_is("TV-28", hex_of(MAC_KEY), bytes_of(message, sizeof message - 1), "0A997A0BE23F7127");
}

/* --- sign-in, TV-29 --- */

static struct bytes of_terminal(const char *label)
{
	static uint8_t key[2][16];
	static size_t next;
	uint8_t *out = key[next++ % 2];
	struct kdf_spec spec = { label, bytes_of(TERMINAL, 8) };

	CHECK_OK(kdf_counter(MAC_AES_CMAC, hex_of("2B7E151628AED2A6ABF7158809CF4F3C"), &spec, out,
	                     16));
	return bytes_of(out, 16);
}

TEST(keys_and_proofs_of_a_sign_in_are_those_of_tv_29)
{
	struct bytes auth = of_terminal("OC1:SIGNIN"), wrap = of_terminal("OC1:KBPK");
	uint8_t at[MESSAGE_MAX];
	struct writer w = writer_of(at, sizeof at);

	CHECK_HEX("K_auth", auth, "6DFED9B8BC2F625B078DC4D33CD70486");
	CHECK_HEX("K_wrap", wrap, "66F5A8FAC5457B8495002DD71D0384EE");

	writer_put(&w, bytes_of("\x01" TERMINAL "\x01", 10));
	writer_put(&w, hex_of(RT));
	mac_is("request", auth, writer_bytes(&w), "2FE5C135B1D8FF53");

	w = writer_of(at, sizeof at);
	writer_put(&w, bytes_of("\x02" TERMINAL, 9));
	writer_put(&w, hex_of(RT RS));
	writer_put(&w, bytes_of(DAY, 5));
	writer_put(&w, hex_of("2026112116050020261122180500"));
	writer_put(&w, bytes_of("\x01" BLOCK, 1 + strlen(BLOCK)));
	mac_is("answer", auth, writer_bytes(&w), "5D5621F373EDBCA2");

	w = writer_of(at, sizeof at);
	writer_put(&w, bytes_of("\x03", 1));
	writer_put(&w, hex_of(RS));
	mac_is("confirmation", hex_of(MAC_KEY), writer_bytes(&w), "84D5F6622401D8ED");
}

/* Padding 40, 41, … */
static void fill_up(struct random_source *r, void *out, size_t len)
{
	(void)r;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)(0x40 + i);
}

TEST(the_key_block_of_a_sign_in_is_that_of_tv_29)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	struct random_source pads = { fill_up };
	struct keyblock_header h = { .version = 'D',
		                     .usage = "53",
		                     .algorithm = 'A',
		                     .mode = 'C',
		                     .key_version = "00",
		                     .exportability = 'N',
		                     .context = '2' };
	struct keyblock_order o = { .header = &h, .key = hex_of(MAC_KEY), .random = &pads };
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];
	static char text[KEYBLOCK_TEXT_MAX + 1];
	size_t len = 0;

	REQUIRE_OK(keyblock_protector_open('D', of_terminal("OC1:KBPK"), &l));
	REQUIRE_OK(keyblock_parse(STR(BLOCK), &b));
	REQUIRE_OK(keyblock_open(keyblock_protector_of(l), STR(BLOCK), &b, key, &len));
	CHECK_HEX("opened", bytes_of(key, len), MAC_KEY);
	REQUIRE_OK(keyblock_seal(keyblock_protector_of(l), &o, text, sizeof text, &len));
	CHECK_STR("sealed", text, BLOCK);
}
