/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pboc_test.h"

struct command_row {
	const char *name, *key, *challenge, *head /* CLA INS P1 P2 */, *data;
	enum pboc_algorithm algorithm;
	bool enciphered;
	const char *want;
};

#define V09_DATA "43414D505553000102010000202411010000001220241101202812310000"
#define DACK     "AA62EDDD30979CF432171D05340EE614"
#define DAMK     "40F7BD1B07E6382DEA017D639F8866FF"
#define SM4_DAMK "94FC9371476ED7D87562B34C413E45C2"
#define FF16     "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define P10_DATA "000122000001FFFF01010000220000000000000620160101205012310000"

static const struct command_row commands[] = {
	{ "V09, V17", DAMK, "AABBCCDD", "04D69500", V09_DATA, PBOC_3DES, false,
	  "04D6950022" V09_DATA "B4FD9E9F" },
	{ "V10", DAMK, "AABBCCDD", "04D69700", "0102030405060708", PBOC_3DES, true,
	  "04D69700145FD063C4F36BA1D784BD01858C92F20FEB3A5025" },
	{ "V11 block", DAMK, "AABBCCDD", "841E0000", "", PBOC_3DES, false, "841E0000043884E0B2" },
	{ "V11 unblock", DAMK, "AABBCCDD", "84180000", "", PBOC_3DES, false, "841800000449CF65F0" },
	{ "V13", "224E2C837598E4AD1D8750B50386889F", "AABBCCDD", "84240000", "123456", PBOC_3DES,
	  true, "842400000C0C3A7572762804FC8F50DCD5" },
	{ "V23", SM4_DAMK, "AABBCCDD", "04D69500", V09_DATA, PBOC_SM4, false,
	  "04D6950022" V09_DATA "CA8D264E" },
	{ "P10 update", FF16, "44A47DEB", "04D60000", "11223344556677889900AABBCCDDEEFF", PBOC_3DES,
	  false, "04D600001411223344556677889900AABBCCDDEEFFF2F62231" },
	{ "P10 read", FF16, "D0FE4FB9", "04B00000", "", PBOC_3DES, false, "04B0000004F09C8A19" },
	{ "P10 binary", "36363636363636363636363636363636", "A3BBCFC8", "04D69500", P10_DATA,
	  PBOC_3DES, false, "04D6950022" P10_DATA "96E32EF1" },
};

TEST(commands_are_protected_as_published)
{
	const struct command_row *row;

	EACH (row, commands) {
		struct pboc_key key = key_of(row->algorithm, row->key);
		uint8_t challenge[HEX_MAX], head[HEX_MAX], data[HEX_MAX], out[PBOC_COMMAND_MAX];
		struct writer w = writer_of(out, sizeof out);
		struct pboc_command c = { .data = hex(row->data, data),
			                  .enciphered = row->enciphered };

		hex(row->head, head);
		c.cla = head[0];
		c.ins = head[1];
		c.p1 = head[2];
		c.p2 = head[3];
		CHECK_OK(pboc_protect(&key, hex(row->challenge, challenge), &c, &w));
		CHECK_HEX(row->name, writer_bytes(&w), row->want);
	}
}

TEST(keys_are_written_to_cards_as_published)
{
	static const struct {
		const char *name, *control, *challenge;
		enum pboc_algorithm algorithm;
		uint8_t p1, p2;
		const char *header, *key, *want;
	} rows[] = {
		{ "TV-30", "57415443484441544174696D65434F53", "01020304", PBOC_3DES, 1, 1,
		  "34F0F00101", "F46F2CC6D31FC37B578DAD8C81C00577",
		  "84D401011C5825ABB6A60F4CD63B4F54A8E10F7737399161C1F67BBE550017A9D6" },
		{ "V14", DACK, "AABBCCDD", PBOC_3DES, 1, 1, "3EF0020100",
		  "31A9B47CAE62CFB388DA74F5D2951BC4",
		  "84D401011C9DDF9B558F15C8098614F9E46338481A95644FBAF7BA344293F04405" },
		{ "V15", FF16, "AABBCCDD", PBOC_3DES, 0x39, 0, "39F0F0AA33",
		  "3641F6482E5D98D99004FD719D952F40",
		  "84D439001C0C675814C67D3FEE173E672EF48AEA0FF8C48F28EC6CF6765B83BDF1" },
		{ "V16", "B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF", "AABBCCDD", PBOC_3DES, 0, 0, "420100",
		  "101112131415161718191A1B1C1D1E1F",
		  "84D400001CCABCFB8F0D9944B5A3735B83EA2EC3ED37534FDDC7B1A462D03BBA0A" },
		{ "V24", "C4DFF1FE6BD30305E060BAAD8D30B6A5", "AABBCCDD", PBOC_SM4, 1, 0x41,
		  "3EF0024104", "AC754E85D409A94596F0250459FAC316",
		  "84D4014124D6B7DC13BD877DA336F0E7AF5E72241812910DE40739D1D7B65D6E869656F57B"
		  "929D3081" },
		{ "P8", P3_KEY, "5D72B3FD", PBOC_3DES, 0, 0, "220000", P3_KEY,
		  "84D400001CDCC0BB5793ABFCA2CA8C1624822F6E01A86A0B5CBED191DD8A9D4ADB" },
		{ "P9", "FFFFFFFFFFFFFFFF", "4C45BAB9", PBOC_3DES, 1, 2, "F9F0F0AAFF",
		  "1122334455667788", "84D40102147C87BC23140021B3AFEA67E6359DDCFED7C943F6" },
		{ "P9 update", "FFFFFFFFFFFFFFFF", "EF364818", PBOC_3DES, 0x39, 1, "F9F0F0AAFF",
		  "1122334455667788", "84D43901147C87BC23140021B3AFEA67E6359DDCFE9095E4E1" },
		{ "P9 type 39", "FFFFFFFFFFFFFFFF", "C0B3549C", PBOC_3DES, 0xF9, 2, "39F0F0AAFF",
		  "1122334455667788", "84D4F902147E65DE142F66CA41AFEA67E6359DDCFE012EF5F5" },
	}, *row;

	EACH (row, rows) {
		struct pboc_key control = key_of(row->algorithm, row->control);
		struct pboc_key key = key_of(row->algorithm, row->key);
		uint8_t challenge[HEX_MAX], header[HEX_MAX], out[PBOC_COMMAND_MAX];
		struct writer w = writer_of(out, sizeof out);
		struct bytes head = hex(row->header, header);
		struct pboc_key_load load = {
			.p1 = row->p1, .p2 = row->p2, .header_len = (uint8_t)head.len, .key = &key
		};

		memcpy(load.header, head.at, head.len);
		CHECK_OK(pboc_write_key(&control, hex(row->challenge, challenge), &load, &w));
		CHECK_HEX(row->name, writer_bytes(&w), row->want);
	}
}

TEST(a_command_that_cannot_be_protected_leaves_nothing_behind)
{
	static const uint8_t zeros[PBOC_COMMAND_DATA_MAX + 1];
	struct pboc_key key = key_of(PBOC_SM4, SM4_DAMK);
	struct pboc_command c = { .cla = 0x84, .enciphered = true };
	uint8_t out[PBOC_COMMAND_MAX] = { 0xEE }, mac[PBOC_MAC_SIZE] = { 0 };
	struct writer w = writer_of(out, sizeof out), small = writer_of(out, 8);

	CHECK_RESULT("challenge", pboc_protect(&key, bytes_of(zeros, 5), &c, &w), INVALID_BYTES);
	CHECK_RESULT("none", pboc_protect(&key, bytes_of(zeros, 0), &c, &w), INVALID_BYTES);
	c.data = bytes_of(zeros, sizeof zeros);
	CHECK_RESULT("long", pboc_protect(&key, bytes_of(zeros, 4), &c, &w), INVALID_BYTES);
	CHECK_RESULT("response",
	             pboc_response_mac(&key, bytes_of(zeros, 3), bytes_of(zeros, 8), mac),
	             INVALID_BYTES);
	CHECK_RESULT("auth", pboc_external_auth(&key, bytes_of(zeros, 16), out), INVALID_BYTES);
	CHECK_I64("", w.len, 0);
	CHECK_I64("", out[0], 0xEE);
	c.data.len--;
	CHECK_RESULT("no room", pboc_protect(&key, bytes_of(zeros, 4), &c, &small), BUFFER_FULL);
	CHECK_I64("", small.len, 0);
	CHECK_I64("", out[0], 0xEE);
	CHECK_OK(pboc_protect(&key, bytes_of(zeros, 4), &c, &w));
	CHECK_I64("", w.len, 5 + 240 + 4);
}

TEST(a_card_is_convinced_as_published)
{
	static const struct {
		const char *name, *key, *challenge, *want;
		enum pboc_algorithm algorithm;
	} rows[] = {
		{ "P1", "0102030405060708", "BB83BFF3", "74B0047DD681D96C", PBOC_3DES },
		{ "P2", "1122334455667788", "0102030405060708", "178F59F8578E0D3F", PBOC_3DES },
		{ "P2b", "FFFFFFFFFFFFFFFF", "53FD1F262EC4E6E2", "A0DBBFC1192FF24A", PBOC_3DES },
		{ "V08 R4", DACK, "AABBCCDD", "5A950326D9634ABF", PBOC_3DES },
		{ "V08 R8", DACK, "1122334455667788", "04C7C40E6F0858D1", PBOC_3DES },
		{ "V17b", "6972DB169450E7F39104FD3FC0941363", "AABBCCDD00000000",
		  "68925214692D5E0F", PBOC_3DES },
		{ "V22", "C4DFF1FE6BD30305E060BAAD8D30B6A5", "1122334455667788",
		  "388DF4C49E72AEB8", PBOC_SM4 },
	}, *row;

	EACH (row, rows) {
		struct pboc_key key = key_of(row->algorithm, row->key);
		uint8_t challenge[HEX_MAX], out[PBOC_AUTH_SIZE];

		CHECK_OK(pboc_external_auth(&key, hex(row->challenge, challenge), out));
		CHECK_HEX(row->name, bytes_of(out, sizeof out), row->want);
	}
}

TEST(single_macs_are_as_published)
{
	struct pboc_key single = key_of(PBOC_3DES, "1122334455667788");
	struct pboc_key ff = key_of(PBOC_3DES, FF16);
	struct pboc_key drpk = key_of(PBOC_3DES, "55C084F17986548A9E50674C2D1E6B07");
	struct pboc_key lab = key_of(PBOC_3DES, "0DCAE673EF6DFC0F");
	uint8_t data[HEX_MAX], iv[HEX_MAX], mac[PBOC_MAC_SIZE];

	CHECK_OK(pboc_mac(&single, hex("0102030405060708", data), mac));
	CHECK_HEX("P2", bytes_of(mac, sizeof mac), "A82A8CEB");
	CHECK_OK(pboc_response_mac(&ff, hex("D0FE4FB9", iv),
	                           hex("11223344556677889900AABBCCDDEEFF", data), mac));
	CHECK_HEX("P10", bytes_of(mac, sizeof mac), "8D318577");
	CHECK_OK(pboc_response_mac(&lab, hex("1111111111111111", iv),
	                           hex("000010000000000010000200112233445520180620214822", data),
	                           mac));
	CHECK_HEX("P11", bytes_of(mac, sizeof mac), "96436186");
	CHECK_OK(pboc_reload_pin_mac(&drpk, hex("123456", data), mac));
	CHECK_HEX("V12", bytes_of(mac, sizeof mac), "C41F16F8");
}
