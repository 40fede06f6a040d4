/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/sam.h"

#include <stdio.h>
#include <sys/stat.h>

#include "crypto/keywrap.h"
#include "harness/test.h"

static const struct passphrase_cost cheap = { 1, 8 };

/* The node of terminal-protocol 19. */
static struct sam_identity golden(void)
{
	return (struct sam_identity){
		.sam_no = { 0x10, 0x00, 0x20, 0x00, 0x01, 0x23 },
		.node_id = "40010007",
		.merchant = "YKT300100000042",
		.key_version = 1,
		.suites = { 1, 2 },
		.suite_count = 2,
	};
}

static struct secret golden_tik(void)
{
	struct secret tik = { .len = SAM_KEY_LEN };

	CHECK_OK(hex_decode(STR("00112233445566778899AABBCCDDEEFF"), tik.at, SAM_KEY_LEN));
	return tik;
}

static result make(uint8_t file[SAM_FILE_MAX], size_t *len)
{
	struct sam_identity id = golden();
	struct secret tik = golden_tik();
	struct writer w = writer_of(file, SAM_FILE_MAX);

	TRY(sam_seal(&id, &tik, STR("correct horse"), cheap, random_system(), &w));
	*len = w.len;
	return OK;
}

static void count_up(uint8_t *at, size_t len, uint8_t from)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(from + i);
}

TEST(sam_computes_the_golden_proofs)
{
	static const struct {
		uint8_t suite;
		const char *ch, *ct;
	} rows[] = {
		{ 1, "DAF332A7FC40F557FBF7EA62DFDAB41E", "3A42FECD88D31A99A27DAE7CDF29E9B7" },
		{ 2, "F745A1E5625BC26881C22D0208BACA6E", NULL },
	}, *row;
	uint8_t file[SAM_FILE_MAX], rt[16], rh[16], ch[16], ct[16];
	struct sam *s;
	size_t len;

	REQUIRE_OK(make(file, &len));
	REQUIRE_OK(sam_unseal(bytes_of(file, len), STR("correct horse"), &s));
	count_up(rt, 16, 0xA0);
	count_up(rh, 16, 0xB0);
	EACH (row, rows) {
		CHECK_OK(hex_decode(str_of(row->ch), ch, 16));
		CHECK_OK(sam_check_host(s, row->suite, rt, rh, bytes_of(ch, 16)));
		ch[15] ^= 1;
		CHECK_RESULT("wrong proof", sam_check_host(s, row->suite, rt, rh, bytes_of(ch, 16)),
		             SAM_HOST_UNKNOWN);
		CHECK_RESULT("short proof", sam_check_host(s, row->suite, rt, rh, bytes_of(ch, 15)),
		             SAM_HOST_UNKNOWN);
		CHECK_OK(sam_prove(s, row->suite, rt, rh, ct));
		if (row->ct)
			CHECK_HEX("CT", bytes_of(ct, 16), row->ct);
	}
	sam_close(s);
}

TEST(sam_unwraps_session_keys_and_checks_them)
{
	uint8_t file[SAM_FILE_MAX], field[SAM_WRAPPED_LEN];
	struct secret key = { .len = 0 };
	struct sam *s;
	size_t len;

	REQUIRE_OK(make(file, &len));
	REQUIRE_OK(sam_unseal(bytes_of(file, len), STR("correct horse"), &s));
	CHECK_OK(hex_decode(STR("F3EB3777074CA5A29223147744E33A9F656D37D0FB4A87193E451E"), field,
	                    sizeof field));
	CHECK_OK(sam_unwrap(s, 1, bytes_of(field, sizeof field), &key));
	CHECK_HEX("TAK", bytes_of(key.at, key.len), "101112131415161718191A1B1C1D1E1F");
	field[26] ^= 1;
	CHECK_RESULT("check value", sam_unwrap(s, 1, bytes_of(field, sizeof field), &key), SAM_KEY);
	field[26] ^= 1;
	field[3] ^= 1;
	CHECK_RESULT("wrapping", sam_unwrap(s, 1, bytes_of(field, sizeof field), &key), SAM_KEY);
	CHECK_RESULT("length", sam_unwrap(s, 1, bytes_of(field, 5), &key), SAM_KEY);
	sam_close(s);
}

TEST(sam_macs_the_golden_record)
{
	uint8_t file[SAM_FILE_MAX], record[84], mac[SAM_MAC_LEN];
	struct sam *s;
	size_t len;

	REQUIRE_OK(make(file, &len));
	REQUIRE_OK(sam_unseal(bytes_of(file, len), STR("correct horse"), &s));
	CHECK_OK(hex_decode(STR("010600000000009896833430303130303037100020000123000003096230001000"
	                        "012345678F0102002900"
	                        "002710000004E20000222E202609011205010000107900020000002A0000000711"
	                        "22AABB0100000000"),
	                    record, sizeof record));
	CHECK_OK(sam_record_mac(s, 1, bytes_of(record, sizeof record), mac));
	CHECK_HEX("", bytes_of(mac, sizeof mac), "1AF57C13C2EB99E5");
	sam_close(s);
}

TEST(sam_file_holds_the_identity_and_opens_only_with_its_passphrase)
{
	char path[256], words[256];
	struct sam_identity id = golden();
	struct secret tik = golden_tik();
	struct stat st;
	struct sam *s;
	FILE *f;

	snprintf(path, sizeof path, "%s/till.sam", test_dir());
	snprintf(words, sizeof words, "%s/till.pass", test_dir());
	REQUIRE_OK(sam_create(path, &id, &tik, STR("correct horse"), cheap));
	CHECK_RESULT("never over another", sam_create(path, &id, &tik, STR("correct horse"), cheap),
	             FILE_WRITE);
	CHECK_I64("mode", stat(path, &st) == 0 ? st.st_mode & 0777 : 0, 0600);
	CHECK_RESULT("no passphrase file", sam_open(path, words, &s), FILE_READ);
	f = fopen(words, "w");
	fputs("correct horse\n", f);
	fclose(f);
	REQUIRE_OK(sam_open(path, words, &s));
	CHECK_STR("node", sam_identity(s)->node_id, "40010007");
	CHECK_STR("merchant", sam_identity(s)->merchant, "YKT300100000042");
	CHECK_I64("version", sam_identity(s)->key_version, 1);
	CHECK_I64("suites", sam_identity(s)->suite_count, 2);
	sam_close(s);
	sam_close(NULL);
	f = fopen(words, "w");
	fputs("correct mule\n", f);
	fclose(f);
	CHECK_RESULT("wrong passphrase", sam_open(path, words, &s), PASSPHRASE_WRONG);
}

TEST(sam_refuses_an_identity_out_of_range)
{
	static const struct {
		const char *name, *node, *merchant;
		size_t suites;
		uint8_t suite, digit;
	} rows[] = {
		{ "short node", "4001000", "M", 1, 1, 0 },      { "blank in the node", "4001 007", "M", 1, 1, 0 },
		{ "control in the merchant", "40010007", "\x01", 1, 1, 0 }, { "no suite", "40010007", "M", 0, 1, 0 },
		{ "unknown suite", "40010007", "M", 1, 9, 0 },  { "SAM number", "40010007", "M", 1, 1, 0xA0 },
	}, *row;

	EACH (row, rows) {
		struct sam_identity id = { .key_version = 1, .suite_count = row->suites };
		struct secret tik = golden_tik();
		uint8_t file[SAM_FILE_MAX];
		struct writer w = writer_of(file, sizeof file);

		snprintf(id.node_id, sizeof id.node_id, "%s", row->node);
		snprintf(id.merchant, sizeof id.merchant, "%s", row->merchant);
		id.suites[0] = row->suite;
		id.sam_no[0] = row->digit;
		CHECK_RESULT(row->name,
		             sam_seal(&id, &tik, STR("correct horse"), cheap, random_system(), &w),
		             SAM_FORMAT);
		CHECK_I64(row->name, w.len, 0);
	}
}
