/* SPDX-License-Identifier: Apache-2.0 */
/* LMK slots of an SDF device: their keys, their files, and what must never happen to those. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/cipher.h"
#include "crypto/hmac.h"
#include "crypto/mac.h"
#include "harness/test.h"
#include "hsm/sdf_blob.h"
#include "hsm/sdf_testkit.h"

enum { FILE_ROOM = 2048 };

static size_t read_file(const struct sdf_rig *r, const char *name, char out[FILE_ROOM])
{
	char path[HSM_TEXT_MAX + 16];
	ssize_t n = -1;

	sdf_rig_path(r, name, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, out, FILE_ROOM);
		close(fd);
	}
	return n < 0 ? 0 : (size_t)n;
}

static void write_file(const struct sdf_rig *r, const char *name, struct bytes b)
{
	char path[HSM_TEXT_MAX + 16];

	sdf_rig_path(r, name, path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, b.at, b.len) == (ssize_t)b.len);
	close(fd);
}

static bool is_there(const struct sdf_rig *r, const char *name)
{
	char path[HSM_TEXT_MAX + 16];

	sdf_rig_path(r, name, path);
	return access(path, F_OK) == 0;
}

/* --- the keys --- */

TEST(an_sm4_lmk_is_installed_as_the_keys_that_follow_from_it_and_found_again)
{
	/* keys TV-07 */
	static const size_t lengths[] = { 1, 15, 16, 17, 32, 100, HSM_DATA_MAX };
	static uint8_t in[HSM_DATA_MAX], out[HSM_DATA_MAX], want[HSM_DATA_MAX];
	SCOPED(sdf_rig_close) struct sdf_rig r;
	SCOPED(mac_key_deinit) struct mac_key kbak = { 0 };
	SCOPED(cipher_cbc_deinit) struct cipher_cbc kbek = { 0 };
	uint8_t key[16], iv[16] = { 5, 6, 7 };
	struct hsm_lmk found;
	const size_t *len;

	CHECK_OK(hex_decode(STR("879D72F305B9F625F1AB70535F26CB09"), key, 16));
	REQUIRE_OK(mac_key_init(&kbak, MAC_SM4_CMAC, bytes_of(key, 16)));
	CHECK_OK(hex_decode(STR("329A58EEF89F044930A903C44A4BD49B"), key, 16));
	REQUIRE_OK(cipher_cbc_init(&kbek, CIPHER_SM4, bytes_of(key, 16)));
	REQUIRE(sdf_rig_open(&r));
	CHECK_RESULT("empty", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
	REQUIRE_OK(sdf_rig_install(&r, 3, &found));
	CHECK_I64("algorithm", found.algorithm, LMK_SM4);
	CHECK_HEX("check value", bytes_of(found.check, HSM_PROOF), "45445F9CEA");
	CHECK_HEX("KBAK itself", bytes_of(found.proof, HSM_PROOF), "1387A0A9FC");
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * 31);
	EACH (len, lengths) {
		mac_once(&kbak, bytes_of(in, *len), want);
		CHECK_OK(hsm_lmk_mac(r.session, 3, bytes_of(in, *len), bytes_of(NULL, 0), out));
		CHECK_BYTES("KBAK", bytes_of(out, 16), bytes_of(want, 16));
		CHECK_OK(hsm_lmk_mac(r.session, 3, bytes_of(in, *len / 3),
		                     bytes_of(in + *len / 3, *len - *len / 3), out));
		CHECK_BYTES("in two pieces", bytes_of(out, 16), bytes_of(want, 16));
		if (*len % 16)
			continue;
		cipher_cbc_encrypt(&kbek, iv, bytes_of(in, *len), want);
		CHECK_OK(hsm_lmk_cbc(r.session, 3, true, iv, bytes_of(in, *len), out));
		CHECK_BYTES("KBEK", bytes_of(out, *len), bytes_of(want, *len));
		CHECK_OK(hsm_lmk_cbc(r.session, 3, false, iv, bytes_of(out, *len), out));
		CHECK_BYTES("and back", bytes_of(out, *len), bytes_of(in, *len));
	}
	CHECK_RESULT("15 bytes", hsm_lmk_cbc(r.session, 3, true, iv, bytes_of(in, 15), out),
	             HSM_INPUT);
	CHECK_RESULT("nothing", hsm_lmk_mac(r.session, 3, bytes_of(in, 0), bytes_of(in, 0), out),
	             HSM_INPUT);
}

TEST(an_sdf_slot_is_taken_once_and_lasts_until_it_is_erased)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	SCOPED(secret_wipe) struct secret aes = { 0 }, other = { .len = 16 };
	uint8_t out[16], iv[16] = { 0 };
	struct hsm_lmk found;

	lmk_published(LMK_AES, &aes);
	other.at[0] = 1;
	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 3, &found));
	CHECK_RESULT("taken", hsm_lmk_install(r.session, 3, LMK_SM4, &other, &found), HSM_EXISTS);
	CHECK_RESULT("AES", hsm_lmk_install(r.session, 4, LMK_AES, &aes, &found), HSM_UNSUPPORTED);
	CHECK_RESULT("slot 10", sdf_rig_install(&r, HSM_SLOTS, &found), HSM_INPUT);
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_OK(hsm_lmk_status(r.session, 3, &found));
	CHECK_HEX("after reopening", bytes_of(found.check, HSM_PROOF), "45445F9CEA");
	CHECK_HEX("after reopening", bytes_of(found.proof, HSM_PROOF), "1387A0A9FC");
	CHECK_OK(hsm_lmk_erase(r.session, 3));
	CHECK(!is_there(&r, "lmk-03"));
	CHECK_RESULT("erased", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
	CHECK_RESULT("erased", hsm_lmk_mac(r.session, 3, bytes_of(iv, 16), bytes_of(iv, 0), out),
	             HSM_LMK_MISSING);
	CHECK_RESULT("erased", hsm_lmk_cbc(r.session, 3, true, iv, bytes_of(iv, 16), out),
	             HSM_LMK_MISSING);
	CHECK_OK(hsm_lmk_erase(r.session, 3));
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_RESULT("for good", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
	CHECK_OK(hsm_lmk_install(r.session, 3, LMK_SM4, &other, &found));
}

TEST(an_erased_slot_leaves_no_key_in_any_session)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	SCOPED(hsm_session_close_scoped) struct hsm_session *other = NULL;
	uint8_t out[16], in[16] = { 0 };
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(hsm_session_open(r.device, &other));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	CHECK_OK(hsm_lmk_mac(other, 0, bytes_of(in, 16), bytes_of(in, 0), out));
	CHECK_I64("two keys in each of two sessions", sdf_rig_count(&r).keys, 4);
	CHECK_OK(hsm_lmk_erase(r.session, 0));
	CHECK_I64("none", sdf_rig_count(&r).keys, 0);
	CHECK_RESULT("nor anew", hsm_lmk_mac(other, 0, bytes_of(in, 16), bytes_of(in, 0), out),
	             HSM_LMK_MISSING);
	CHECK_I64("by DestroyKey", sdf_rig_count(&r).left, 0);
}

TEST(the_audit_key_of_an_sm4_lmk_links_with_sm3)
{
	/* the records of keys TV-34; the links by `openssl mac -digest SM3 … HMAC` */
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "1|2026-11-22T02:15:00.000Z|SO1|LMK.LOAD|slot=01 comp=1 kcv=B88AF8DD20|OK",
		  "09A5909C551D8965F328E29F224A57EBEC2B795D09445765D297CB3616AF45BF" },
		{ "2|2026-11-22T02:16:00.000Z|SO2|LMK.LOAD|slot=01 comp=2 kcv=14525B077A|OK",
		  "0EDF155CE2DB3712B1E602062FE9F3674B0A69F3614A520A3995C84A7FF076F8" },
	}, *row;
	SCOPED(sdf_rig_close) struct sdf_rig r;
	SCOPED(secret_wipe) struct secret lmk = { 0 }, auk = { 0 };
	uint8_t link[32] = { 0 }, line[32 + 128], want[32];
	struct hsm_lmk found;

	lmk_published(LMK_SM4, &lmk);
	REQUIRE_OK(lmk_derive(LMK_SM4, bytes_of(lmk.at, lmk.len), LMK_AUK, &auk));
	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 1, &found));
	REQUIRE(sdf_rig_reopen(&r));
	EACH (row, rows) {
		memcpy(line, link, 32);
		memcpy(line + 32, row->text, strlen(row->text));
		CHECK_OK(hmac_once(HMAC_SM3, bytes_of(auk.at, auk.len),
		                   bytes_of(line, 32 + strlen(row->text)), want));
		CHECK_OK(hsm_lmk_link(r.session, 1, link, str_bytes(str_of(row->text)), link));
		CHECK_BYTES("here", bytes_of(link, 32), bytes_of(want, 32));
		CHECK_HEX(row->text, bytes_of(link, 32), row->want);
	}
	CHECK_RESULT("another slot", hsm_lmk_link(r.session, 2, link, bytes_of(line, 9), link),
	             HSM_LMK_MISSING);
}

TEST(the_devices_own_key_is_made_once_and_is_of_no_slot)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	uint8_t zeros[32] = { 0 }, first[32], second[32], slot[32];
	struct bytes text = str_bytes(STR("a line"));
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	CHECK(!is_there(&r, "local"));
	CHECK_OK(hsm_local_link(r.session, zeros, text, first));
	CHECK(is_there(&r, "local"));
	CHECK_OK(hsm_local_link(r.session, zeros, text, second));
	CHECK_BYTES("one key", bytes_of(second, 32), bytes_of(first, 32));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	CHECK_OK(hsm_lmk_link(r.session, 0, zeros, text, slot));
	CHECK(memcmp(slot, first, 32) != 0);
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_OK(hsm_local_link(r.session, zeros, text, second));
	CHECK_BYTES("after reopening", bytes_of(second, 32), bytes_of(first, 32));
	CHECK_RESULT("not by a slot's number",
	             hsm_lmk_link(r.session, SDF_LOCAL, zeros, text, second), HSM_LMK_MISSING);
	CHECK_RESULT("nor its others",
	             hsm_lmk_mac(r.session, SDF_LOCAL, text, bytes_of(zeros, 0), second),
	             HSM_LMK_MISSING);
	CHECK_RESULT("nor its others",
	             hsm_lmk_cbc(r.session, SDF_LOCAL, true, zeros, bytes_of(zeros, 16), second),
	             HSM_LMK_MISSING);
	CHECK_RESULT("nor erased", hsm_lmk_erase(r.session, SDF_LOCAL), HSM_INPUT);
}

/* --- the files --- */

TEST(a_slots_file_is_the_owners_alone_and_shows_no_key)
{
	static const char head[] = "YIKA-SDF/1|slot=07|alg=4|check=45445F9CEA|key=";
	static const char *const secrets[] = {
		"00112233445566778899AABBCCDDEEFF", "329A58EEF89F044930A903C44A4BD49B",
		"879D72F305B9F625F1AB70535F26CB09", "1D6FDCFAF08F4A397D9FB3B4587F3FD4",
		"FF0B757EA75F6E86898AD43D62B5B388",
	};
	SCOPED(sdf_rig_close) struct sdf_rig r;
	char text[FILE_ROOM] = "", path[HSM_TEXT_MAX + 16];
	struct hsm_lmk found;
	struct stat st;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 7, &found));
	sdf_rig_path(&r, "lmk-07", path);
	REQUIRE(stat(path, &st) == 0);
	CHECK_I64("mode", st.st_mode & 07777, 0600);
	CHECK_I64("length", read_file(&r, "lmk-07", text), SDF_BLOB_TEXT);
	CHECK(strncmp(text, head, strlen(head)) == 0);
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
		CHECK(!strstr(text, secrets[i]));
	CHECK(!is_there(&r, "lmk-07.new"));
	REQUIRE(stat(r.place.store, &st) == 0);
	CHECK_I64("directory", st.st_mode & 07777, 0700);
}

TEST(files_of_another_device_are_left_alone)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	char kept[FILE_ROOM], now[FILE_ROOM], local[FILE_ROOM], first_device[HSM_TEXT_MAX];
	uint8_t link[32] = { 0 };
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 2, &found));
	CHECK_OK(hsm_local_link(r.session, link, str_bytes(STR("x")), link));
	CHECK_I64("length", read_file(&r, "lmk-02", kept), SDF_BLOB_TEXT);
	CHECK_I64("length", read_file(&r, "local", local), SDF_BLOB_TEXT);
	str_copy(str_of(r.keys), first_device, sizeof first_device);
	sdf_rig_exchange(&r);
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_RESULT("absent", hsm_lmk_status(r.session, 2, &found), HSM_LMK_MISSING);
	CHECK_RESULT("not written over", sdf_rig_install(&r, 2, &found), HSM_EXISTS);
	CHECK_RESULT("nor the local key",
	             hsm_local_link(r.session, link, str_bytes(STR("x")), link), HSM_CALL);
	CHECK_OK(sdf_rig_install(&r, 3, &found));
	CHECK_I64("length", read_file(&r, "lmk-02", now), SDF_BLOB_TEXT);
	CHECK_BYTES("as it was", bytes_of(now, SDF_BLOB_TEXT), bytes_of(kept, SDF_BLOB_TEXT));
	CHECK_I64("length", read_file(&r, "local", now), SDF_BLOB_TEXT);
	CHECK_BYTES("as it was", bytes_of(now, SDF_BLOB_TEXT), bytes_of(local, SDF_BLOB_TEXT));
	setenv("YIKA_SDF_DIR", first_device, 1);
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_OK(hsm_lmk_status(r.session, 2, &found));
	CHECK_HEX("the first device", bytes_of(found.proof, HSM_PROOF), "1387A0A9FC");
	CHECK_RESULT("and slot 3 is the other's", hsm_lmk_status(r.session, 3, &found),
	             HSM_LMK_MISSING);
	CHECK_OK(hsm_lmk_erase(r.session, 3));
	CHECK(!is_there(&r, "lmk-03"));
}

TEST(a_slots_file_that_was_changed_is_not_believed)
{
	enum { E = SDF_BLOB_HEAD + 2, M = E + 2 * SDF_ENVELOPE + 3, A = SDF_BLOB_SIGNED - 65 };
	static const struct {
		const char *name;
		size_t at, len; /* of the file then */
	} rows[] = {
		{ "word", 0, SDF_BLOB_TEXT },
		{ "slot", 17, SDF_BLOB_TEXT },
		{ "algorithm", 23, SDF_BLOB_TEXT },
		{ "check value", 31, SDF_BLOB_TEXT },
		{ "key pair", 46, SDF_BLOB_TEXT },
		{ "KBEK, point", E, SDF_BLOB_TEXT },
		{ "KBEK, hash", E + 130, SDF_BLOB_TEXT },
		{ "KBEK, text", E + 194, SDF_BLOB_TEXT },
		{ "KBAK, text", M + 194, SDF_BLOB_TEXT },
		{ "KWK, which nobody opens", M + 2 * SDF_ENVELOPE + 3, SDF_BLOB_TEXT },
		{ "AUK, initial value", A, SDF_BLOB_TEXT },
		{ "AUK", A + 40, SDF_BLOB_TEXT },
		{ "MAC", SDF_BLOB_SIGNED + 2, SDF_BLOB_TEXT },
		{ "end of line", SDF_BLOB_TEXT - 1, SDF_BLOB_TEXT },
		{ "shorter", SDF_BLOB_TEXT, SDF_BLOB_TEXT - 1 },
		{ "longer", SDF_BLOB_TEXT, SDF_BLOB_TEXT + 1 },
		{ "empty", SDF_BLOB_TEXT, 0 },
	}, *row;
	SCOPED(sdf_rig_close) struct sdf_rig r;
	char kept[FILE_ROOM] = "", now[FILE_ROOM], path[HSM_TEXT_MAX + 16];
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 3, &found));
	CHECK_I64("length", read_file(&r, "lmk-03", kept), SDF_BLOB_TEXT);
	EACH (row, rows) {
		char changed[FILE_ROOM];

		memcpy(changed, kept, sizeof kept);
		changed[row->at] = changed[row->at] == '1' ? '2' : '1';
		write_file(&r, "lmk-03", bytes_of(changed, row->len));
		REQUIRE(sdf_rig_reopen(&r));
		CHECK_RESULT(row->name, hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
		CHECK_RESULT(row->name, sdf_rig_install(&r, 3, &found), HSM_EXISTS);
		CHECK_I64(row->name, read_file(&r, "lmk-03", now), row->len);
		CHECK_BYTES(row->name, bytes_of(now, row->len), bytes_of(changed, row->len));
	}
	write_file(&r, "lmk-03", bytes_of(kept, SDF_BLOB_TEXT));
	write_file(&r, "lmk-04", bytes_of(kept, SDF_BLOB_TEXT));
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_OK(hsm_lmk_status(r.session, 3, &found));
	CHECK_RESULT("a copy", hsm_lmk_status(r.session, 4, &found), HSM_LMK_MISSING);
	sdf_rig_path(&r, "lmk-03", path);
	CHECK(chmod(path, 0640) == 0);
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_RESULT("open to others", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
}

TEST(what_an_installation_that_was_cut_short_left_is_no_slot)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	char kept[FILE_ROOM], path[HSM_TEXT_MAX + 16], beside[HSM_TEXT_MAX + 16];
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 3, &found));
	CHECK_I64("length", read_file(&r, "lmk-03", kept), SDF_BLOB_TEXT);
	/* killed before the renaming: everything is there but the name */
	sdf_rig_path(&r, "lmk-03", path);
	sdf_rig_path(&r, "lmk-03.new", beside);
	CHECK(rename(path, beside) == 0);
	write_file(&r, "lmk-05.new", str_bytes(STR("YIKA-SDF/1|slo")));
	REQUIRE(sdf_rig_reopen(&r));
	CHECK_RESULT("no slot", hsm_lmk_status(r.session, 3, &found), HSM_LMK_MISSING);
	CHECK(!is_there(&r, "lmk-03.new") && !is_there(&r, "lmk-05.new"));
	CHECK_OK(sdf_rig_install(&r, 3, &found));
	CHECK_HEX("again", bytes_of(found.proof, HSM_PROOF), "1387A0A9FC");
	/* one that appears while the device is open is in nobody's way */
	write_file(&r, "lmk-05.new", bytes_of(kept, SDF_BLOB_TEXT));
	CHECK_OK(sdf_rig_install(&r, 5, &found));
	CHECK(!is_there(&r, "lmk-05.new"));
	write_file(&r, "lmk-05.new", bytes_of(kept, SDF_BLOB_TEXT));
	CHECK_OK(hsm_lmk_erase(r.session, 5));
	CHECK(!is_there(&r, "lmk-05.new") && !is_there(&r, "lmk-05"));
}

TEST(an_installation_that_cannot_be_written_is_none)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	char beside[HSM_TEXT_MAX + 16];
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	sdf_rig_path(&r, "lmk-06.new", beside);
	CHECK(mkdir(beside, 0700) == 0);
	CHECK_RESULT("in the way", sdf_rig_install(&r, 6, &found), FILE_WRITE);
	CHECK_RESULT("none", hsm_lmk_status(r.session, 6, &found), HSM_LMK_MISSING);
	CHECK(!is_there(&r, "lmk-06"));
	CHECK_I64("nor a key", sdf_rig_count(&r).keys, 0);
	CHECK(rmdir(beside) == 0);
	CHECK_OK(sdf_rig_install(&r, 6, &found));
}
