/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/acts_exchange_testkit.h"

#include <stdio.h>
#include <stdlib.h>

const char acts_kit_first[] = "00112233445566778899AABBCCDDEEFF0F1E2D3C4B5A69788796A5B4C3D2E1F0";
const char acts_kit_second[] = "7C9A13E5B842D60F31A75EC4906B2D885C3A1E7F90B2D4C6E8FA0B1C2D3E4F60";

/* --- answers --- */

void acts_kit_keep(struct acts_site *s, const char *member, char *out, size_t size)
{
	str_copy(str_of(kms_told(&s->k, member)), out, size);
}

const char *acts_kit_escaped(const char *text)
{
	static char out[2 * ACTS_KIT_FILE];
	size_t len = 0;

	for (; *text && len < sizeof out - 2; text++)
		if (*text == '\n') {
			out[len++] = '\\';
			out[len++] = 'n';
		} else {
			out[len++] = *text;
		}
	out[len] = '\0';
	return out;
}

const char *acts_kit_hex(const char *text)
{
	static char out[2 * ACTS_KIT_FILE + 1];

	ASSERT(strlen(text) <= ACTS_KIT_FILE);
	hex_encode(str_bytes(str_of(text)), out);
	return out;
}

const char *acts_kit_agreed(struct acts_site *s, const char *first, const char *second,
                            const char *request, const char *files)
{
	char id[ACTS_KIT_ID], command[KMS_KIT_TEXT];
	struct str op, rest;

	CHECK_STR(request, kms_ask_as(&s->k, first, "{%s%s}", request, files), "APPROVAL_NEEDED");
	acts_kit_keep(s, "approval", id, sizeof id);
	CHECK_STR(request, kms_ask_as(&s->k, second, "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	/* 'command':'NAME',… */
	str_cut((struct str){ request + 11, strlen(request) - 11 }, '\'', &op, &rest);
	str_copy(op, command, sizeof command);
	return kms_ask_as(&s->k, first, "{'command':'%s','approval':'%s'%s}", command, id, files);
}

/* --- a site --- */

static void add_product(struct acts_site *s, const char *issuer, const char *code, const char *kind,
                        const char *place, char id[ACTS_KIT_ID])
{
	CHECK_STR(code,
	          kms_ask_as(&s->k, "conf",
	                     "{'command':'product.add','issuer':%s,'code':'%s','name':'%s',"
	                     "'kind':'%s','place':'%s'}",
	                     issuer, code, code, kind, place),
	          "SUCCESS");
	acts_kit_keep(s, "id", id, ACTS_KIT_ID);
}

static const char *const people[] = { "key1", "key2", "key3", "conf", "cert", "mk" };

static void log_in_all(struct acts_site *s)
{
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		kms_kit_session(&s->k, people[i]);
}

bool acts_site_open(struct acts_site *s)
{
	char issuer[ACTS_KIT_ID];

	*s = (struct acts_site){ .kek = "" };
	if (!kms_kit_open(&s->k, true))
		return false;
	for (int i = 0; i < 3; i++)
		CHECK(kms_kit_officer(&s->k, people[i], "key"));
	CHECK(kms_kit_officer(&s->k, "conf", "conf"));
	CHECK(kms_kit_officer(&s->k, "cert", "cert"));
	log_in_all(s);
	CHECK_STR("issuer",
	          kms_ask_as(&s->k, "conf", "{'command':'issuer.add','code':'C','name':'校园'}"),
	          "SUCCESS");
	acts_kit_keep(s, "id", issuer, sizeof issuer);
	add_product(s, issuer, "KEK", "KEK", "host", s->kek);
	add_product(s, issuer, "EP", "DKEY", "host", s->ep);
	add_product(s, issuer, "EPD", "DKEY", "device", s->device);
	add_product(s, issuer, "PK", "RSA", "host", s->rsa);
	return true;
}

void acts_site_close(struct acts_site *s)
{
	kms_kit_close(&s->k);
}

bool acts_site_start(struct acts_site *s)
{
	if (!kms_kit_start(&s->k))
		return false;
	log_in_all(s);
	return true;
}

void acts_site_stop(struct acts_site *s)
{
	kms_kit_stop(&s->k);
}

/* --- keys --- */

void acts_kit_define(struct acts_site *s, const char *product, const char *code, const char *usage,
                     const char *what, char id[ACTS_KIT_ID])
{
	char *end;
	unsigned long bits = strtoul(what + 1, &end, 10);

	CHECK_STR(code,
	          kms_ask_as(&s->k, "conf",
	                     "{'command':'key.define','product':%s,'code':'%s','name':'%s',"
	                     "'usage':'%s','algorithm':'%c','bits':%lu,'mode':'%c',"
	                     "'exportability':'%c'}",
	                     product, code, code, usage, what[0], bits, end[0], end[1]),
	          "SUCCESS");
	acts_kit_keep(s, "id", id, ACTS_KIT_ID);
}

void acts_kit_generate(struct acts_site *s, const char *key, char id[ACTS_KIT_ID],
                       char kcv[KMS_KIT_TEXT])
{
	CHECK_STR(key,
	          kms_ask_as(&s->k, "key1",
	                     "{'command':'version.generate','key':%s,'at_once':true}", key),
	          "SUCCESS");
	acts_kit_keep(s, "id", id, ACTS_KIT_ID);
	acts_kit_keep(s, "kcv", kcv, KMS_KIT_TEXT);
}

const char *acts_kit_last_part(const char *value, const char *first, const char *second)
{
	static char out[2 * SECRET_MAX + 1];
	struct secret sum = { .len = strlen(value) / 2 };
	uint8_t part[SECRET_MAX];
	const char *const parts[] = { value, first, second };

	for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
		CHECK_OK(hex_decode((struct str){ parts[p], 2 * sum.len }, part, sum.len));
		for (size_t i = 0; i < sum.len; i++)
			sum.at[i] ^= part[i];
	}
	hex_encode(bytes_of(sum.at, sum.len), out);
	return out;
}

static void give(struct acts_site *s, const char *who, const char *entry, const char *part,
                 size_t len)
{
	CHECK_STR(who,
	          kms_ask_as(&s->k, who, "{'command':'entry.give','id':%s,'part':'%.*s'}", entry,
	                     (int)len, part),
	          "SUCCESS");
}

void acts_kit_form(struct acts_site *s, const char *key, const char *value, const char *kcv,
                   char id[ACTS_KIT_ID])
{
	char entry[ACTS_KIT_ID];
	size_t len = strlen(value);

	CHECK_STR(key,
	          kms_ask_as(&s->k, "key1",
	                     "{'command':'entry.begin','key':%s,'parts':3,'kcv':'%s',"
	                     "'at_once':true}",
	                     key, kcv),
	          "SUCCESS");
	acts_kit_keep(s, "id", entry, sizeof entry);
	give(s, "key1", entry, acts_kit_first, len);
	give(s, "key2", entry, acts_kit_second, len);
	give(s, "key3", entry, acts_kit_last_part(value, acts_kit_first, acts_kit_second), len);
	CHECK_STR(key, kms_ask_as(&s->k, "key2", "{'command':'entry.finish','id':%s}", entry),
	          "SUCCESS");
	acts_kit_keep(s, "id", id, ACTS_KIT_ID);
}

void acts_kit_zmks(struct acts_site *s)
{
	char key[ACTS_KIT_ID];

	acts_kit_define(s, s->kek, "ZMKD", "K1", "A256BE", key);
	acts_kit_form(s, key, ACTS_KIT_ZMK_D, "2331550BC9", s->zmk_d);
	acts_kit_define(s, s->kek, "ZMKB", "K1", "T112BS", key);
	acts_kit_form(s, key, ACTS_KIT_ZMK_B, "D1D812", s->zmk_b);
	acts_kit_define(s, s->kek, "ZMK4", "K1", "4128BE", key);
	acts_kit_form(s, key, ACTS_KIT_ZMK_4, "2677F46B", s->zmk_4);
}
