/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "hsm/hsm.h"

static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";

/* A new token of its own for the test. */
static struct hsm *open_new(struct hsm_paths *paths)
{
	static int count;
	char dir[HSM_PATH_MAX];
	struct hsm *h = NULL;

	snprintf(dir, sizeof dir, "%s/token%d", test_dir(), ++count);
	CHECK_OK(hsm_token_init(module, dir, "yika-test", random_system(), paths));
	struct hsm_place place = hsm_place_of(paths);
	CHECK_OK(hsm_open(&place, &h));
	return h;
}

static struct secret secret_of(const char *hex)
{
	struct secret s = { .len = strlen(hex) / 2 };

	CHECK_OK(hex_decode(str_of(hex), s.at, s.len));
	return s;
}

TEST(derivations_in_the_token_match_the_published_vectors)
{
	/* keys TV-16, TV-26, TV-27 */
	static const struct {
		const char *name, *key, *label, *context, *want;
	} rows[] = {
		{ "TV-16", "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "label", "637478",
		  "BEC8239282EF72871D376C9B0E49E0422E16E46972091525295C91FA70EFF281" },
		{ "TV-26 day root", "C0FFEE00112233445566778899AABBCCDDEEFF0102030405060708090A0B0C0D", "OC1:RATCHET",
		  "2026112201", "388954DF306B27AB9D2534E5AB117A7D1B68ADFFCFD890736AD07031B2AE8478" },
		{ "TV-27 MAC", "388954DF306B27AB9D2534E5AB117A7D1B68ADFFCFD890736AD07031B2AE8478", "OC1:MAC",
		  "20261122015430303030303031", "4760031A1A692C2277BD6CC6A95675A3" },
		{ "TV-27 ENC", "388954DF306B27AB9D2534E5AB117A7D1B68ADFFCFD890736AD07031B2AE8478", "OC1:ENC",
		  "20261122015430303030303031", "36804E8C07D64B65EEEB2F55AF046ADE" },
		{ "TV-27 KEK", "388954DF306B27AB9D2534E5AB117A7D1B68ADFFCFD890736AD07031B2AE8478", "OC1:KEK",
		  "20261122015430303030303031", "B46AE53A26FC6BD67C477112BFB91C27" },
	}, *row;
	struct hsm_paths paths;
	SCOPED(hsm_close_scoped) struct hsm *h = open_new(&paths);

	REQUIRE(h);
	EACH (row, rows) {
		struct secret key = secret_of(row->key), out = { 0 };
		struct hsm_key handle;
		uint8_t context[32];
		size_t context_len = strlen(row->context) / 2;
		CHECK_OK(hex_decode(str_of(row->context), context, context_len));
		REQUIRE_OK(hsm_key_store(h, row->name, &key, &handle));
		CHECK_OK(hsm_derive(h, handle, row->label, bytes_of(context, context_len),
		                    (unsigned)strlen(row->want) * 4, &out));
		CHECK_HEX(row->name, bytes_of(out.at, out.len), row->want);
	}
}

TEST(check_values_and_cmac_match_the_published_vectors)
{
	/* NIST SP 800-38B D.1 example 2; the check value of TV-26's result */
	struct hsm_paths paths;
	SCOPED(hsm_close_scoped) struct hsm *h = open_new(&paths);
	struct secret nist = secret_of("2B7E151628AED2A6ABF7158809CF4F3C");
	struct secret day =
	        secret_of("388954DF306B27AB9D2534E5AB117A7D1B68ADFFCFD890736AD07031B2AE8478");
	struct hsm_key key;
	uint8_t in[16], mac[16], kcv[5];

	REQUIRE(h);
	CHECK_OK(hex_decode(STR("6BC1BEE22E409F96E93D7E117393172A"), in, 16));
	REQUIRE_OK(hsm_key_store(h, "nist", &nist, &key));
	CHECK_OK(hsm_cmac(h, key, bytes_of(in, 16), mac));
	CHECK_HEX("CMAC", bytes_of(mac, 16), "070A16B46B4D4144F79BDD9DD04A287C");
	REQUIRE_OK(hsm_key_store(h, "day", &day, &key));
	CHECK_OK(hsm_check_value(h, key, kcv));
	CHECK_HEX("KCV", bytes_of(kcv, 5), "83F7E55C29");
}

TEST(a_generated_key_is_found_again_after_reopening_and_gives_the_same_answers)
{
	struct hsm_paths paths;
	struct hsm *h = open_new(&paths);
	struct hsm_key key;
	uint8_t before[5], after[5];

	REQUIRE(h);
	CHECK_RESULT("not there", hsm_key_find(h, "root", &key), HSM_KEY_NOT_FOUND);
	CHECK_OK(hsm_key_generate(h, "root", 128, &key));
	CHECK_RESULT("taken", hsm_key_generate(h, "root", 128, &key), HSM_EXISTS);
	CHECK_RESULT("odd size", hsm_key_generate(h, "other", 100, &key), HSM_INPUT);
	CHECK_OK(hsm_key_find(h, "root", &key));
	CHECK_OK(hsm_check_value(h, key, before));
	hsm_close(h);
	struct hsm_place place = hsm_place_of(&paths);
	REQUIRE_OK(hsm_open(&place, &h));
	CHECK_OK(hsm_key_find(h, "root", &key));
	CHECK_OK(hsm_check_value(h, key, after));
	CHECK_BYTES("same key", bytes_of(after, 5), bytes_of(before, 5));
	CHECK_OK(hsm_key_destroy(h, key));
	CHECK_RESULT("gone", hsm_key_find(h, "root", &key), HSM_KEY_NOT_FOUND);
	hsm_close(h);
}

TEST(a_token_does_not_open_without_its_pin_file)
{
	struct hsm_paths paths;
	struct hsm *h = open_new(&paths), *none = NULL;

	REQUIRE(h);
	hsm_close(h);
	struct hsm_place place = hsm_place_of(&paths);
	CHECK(chmod(paths.pin_file, 0644) == 0);
	CHECK_RESULT("readable by others", hsm_open(&place, &none), HSM_PIN);
	CHECK(chmod(paths.pin_file, 0600) == 0);
	place.pin_file = "/nowhere";
	CHECK_RESULT("no file", hsm_open(&place, &none), HSM_PIN);
	place.pin_file = paths.conf;
	CHECK_RESULT("wrong PIN", hsm_open(&place, &none), HSM_PIN);
	place = hsm_place_of(&paths);
	place.label = "another";
	CHECK_RESULT("other label", hsm_open(&place, &none), HSM_TOKEN);
	place = hsm_place_of(&paths);
	place.module = "/nowhere.so";
	CHECK_RESULT("no module", hsm_open(&place, &none), HSM_MODULE);
}

TEST(a_token_is_never_made_over_another)
{
	struct hsm_paths paths, again;
	struct hsm *h = open_new(&paths);
	char dir[HSM_PATH_MAX];

	REQUIRE(h);
	hsm_close(h);
	snprintf(dir, sizeof dir, "%.*s", (int)(strlen(paths.conf) - strlen("/softhsm2.conf")),
	         paths.conf);
	CHECK_RESULT("again", hsm_token_init(module, dir, "yika-test", random_system(), &again),
	             HSM_EXISTS);
}

TEST(wrong_lengths_are_refused_before_the_token_sees_them)
{
	struct hsm_paths paths;
	SCOPED(hsm_close_scoped) struct hsm *h = open_new(&paths);
	static const uint8_t big[HSM_INPUT_MAX + 1];
	struct secret odd = { .len = 17 }, out = { 0 };
	struct hsm_key key;
	uint8_t mac[16];

	REQUIRE(h);
	CHECK_RESULT("17 bytes", hsm_key_store(h, "odd", &odd, &key), HSM_INPUT);
	REQUIRE_OK(hsm_key_generate(h, "k", 128, &key));
	CHECK_RESULT("input", hsm_cmac(h, key, bytes_of(big, sizeof big), mac), HSM_INPUT);
	CHECK_RESULT("bits", hsm_derive(h, key, "l", bytes_of(big, 4), 12, &out), HSM_INPUT);
	CHECK_RESULT("too many", hsm_derive(h, key, "l", bytes_of(big, 4), 392, &out), HSM_INPUT);
	CHECK_RESULT("context", hsm_derive(h, key, "l", bytes_of(big, 65), 128, &out), HSM_INPUT);
	CHECK_RESULT("no such key", hsm_cmac(h, (struct hsm_key){ 0 }, bytes_of(big, 4), mac),
	             HSM_CALL);
}
