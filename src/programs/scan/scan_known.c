/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/scan/scan_known.h"

#include <stdio.h>

#include "crypto/lmk.h"
#include "crypto/pboc.h"
#include "crypto/totp.h"
#include "domain/keys/key_version.h"
#include "harness/test.h"

/* TV-05: two of its components are typed, the third is another's. */
static const char *const published[] = {
	"0F1E2D3C4B5A69788796A5B4C3D2E1F000112233445566778899AABBCCDDEEFF",
	"A1B2C3D4E5F60718293A4B5C6D7E8F90FEDCBA98765432100123456789ABCDEF",
	"5C3A1E7F90B2D4C6E8FA0B1C2D3E4F5061728394A5B6C7D8E9FA0B1C2D3E4F60",
};

static void known_hex(struct scan_known *k, const char *name, const char *hex)
{
	uint8_t value[32];

	CHECK_OK(hex_decode(str_of(hex), value, sizeof value));
	secret_scan_key(&k->scan, name, bytes_of(value, sizeof value));
}

/* A master key, and the four that follow from it. */
static void known_lmk(struct scan_known *k, const char *whose, const struct secret *lmk)
{
	static const struct {
		enum lmk_use use;
		const char *name;
	} uses[] = {
		{ LMK_KBEK, "KBEK" }, { LMK_KBAK, "KBAK" }, { LMK_KWK, "KWK" }, { LMK_AUK, "AUK" }
	};
	char name[SECRET_SCAN_NAME];

	secret_scan_key(&k->scan, whose, bytes_of(lmk->at, lmk->len));
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		struct secret derived;

		CHECK_OK(lmk_derive(LMK_AES, bytes_of(lmk->at, lmk->len), uses[i].use, &derived));
		snprintf(name, sizeof name, "%s of %.20s", uses[i].name, whose);
		secret_scan_key(&k->scan, name, bytes_of(derived.at, derived.len));
	}
}

static void make_components(struct scan_known *k)
{
	struct secret parts[SCAN_COMPONENTS] = { { .len = 32 }, { .len = 32 }, { .len = 32 } }, lmk;
	char name[SECRET_SCAN_NAME];

	for (size_t i = 0; i < SCAN_COMPONENTS; i++) {
		snprintf(name, sizeof name, "published component %zu", i + 1);
		known_hex(k, name, published[i]);
		CHECK_OK(hex_decode(str_of(published[i]), parts[i].at, 32));
	}
	lmk_combine(parts, SCAN_COMPONENTS, &lmk);
	known_lmk(k, "published LMK", &lmk);
	random_fill(random_system(), parts[2].at, 32);
	secret_scan_key(&k->scan, "typed component 3", bytes_of(parts[2].at, 32));
	for (size_t i = 0; i < SCAN_COMPONENTS; i++)
		hex_encode(bytes_of(parts[i].at, 32), k->components[i]);
	lmk_combine(parts, SCAN_COMPONENTS, &lmk);
	known_lmk(k, "typed LMK", &lmk);
}

static void make_digits(char *out, size_t count)
{
	uint8_t random[64];

	random_fill(random_system(), random, count);
	for (size_t i = 0; i < count; i++)
		out[i] = (char)('0' + random[i] % 10);
	out[count] = '\0';
}

void scan_known_make(struct scan_known *k)
{
	uint8_t random[20];

	secret_scan_init(&k->scan);
	make_components(k);
	make_digits(k->pin, sizeof k->pin - 1);
	secret_scan_text(&k->scan, "PIN of a card", k->pin);
	random_fill(random_system(), random, sizeof random);
	hex_encode(bytes_of(random, sizeof random), k->passphrase);
	secret_scan_text(&k->scan, "passphrase of a SAM", k->passphrase);
	secret_scan_text(&k->scan, "officers' password", KMS_KIT_PASSWORD);
	for (size_t i = 0; i < SCAN_COMPONENTS; i++) {
		char pin[32];

		snprintf(pin, sizeof pin, "pin of so%zu", i + 1);
		secret_scan_text(&k->scan, "PIN of a component", pin);
	}
}

void scan_known_free(struct scan_known *k)
{
	secret_scan_free(&k->scan);
	secret_wipe_bytes(k->keys, sizeof k->keys);
}

/* --- keys --- */

static const struct sort {
	const char *usage;
	char algorithm;
	unsigned bits, bytes;
	char mode;
} sorts[] = {
	{ "20", 'T', 112, 16, 'X' }, { "M6", 'A', 256, 32, 'C' }, { "21", '4', 128, 16, 'X' },
	{ "D0", 'A', 192, 24, 'B' }, { "M7", 'H', 256, 32, 'C' },
};

static result store_one(struct scan_known *k, struct key_act *act, const int64_t products[2],
                        size_t i)
{
	static struct key_version v;
	const struct sort *sort = &sorts[i % ARRAY_LEN(sorts)];
	struct key_definition d = { .product = products[i % 2 || sort->algorithm == 'H'],
		                    .name = "密钥",
		                    .algorithm = sort->algorithm,
		                    .bits = sort->bits,
		                    .mode = sort->mode,
		                    .exportability = 'E' };
	struct key_order order = { .at_once = true };
	struct secret *value = &k->keys[i];
	char name[SECRET_SCAN_NAME];

	value->len = sort->bytes;
	random_fill(random_system(), value->at, value->len);
	if (sort->algorithm == 'T')
		pboc_set_parity(value->at, value->len);
	snprintf(name, sizeof name, "key %zu", i);
	secret_scan_key(&k->scan, name, bytes_of(value->at, value->len));
	snprintf(d.code, sizeof d.code, "K%zu", i);
	str_copy(str_of(sort->usage), d.usage, sizeof d.usage);
	TRY(key_definition_add(act, &d));
	TRY(key_definition_load(act->tx, d.id, &d));
	return key_version_store(act, &d, &order, bytes_of(value->at, value->len), NULL, &v);
}

static result store_all(struct scan_known *k, struct key_act *act)
{
	struct issuer issuer = { .code = "KNOWN", .name = "发卡行" };
	struct product products[2] = {
		{ .code = "DEVICE", .name = "产品", .place = PRODUCT_IN_DEVICE },
		{ .code = "HOST", .name = "产品", .place = PRODUCT_IN_HOST },
	};
	int64_t ids[2];

	TRY(issuer_add(act, &issuer));
	for (size_t i = 0; i < ARRAY_LEN(products); i++) {
		products[i].issuer = issuer.id;
		TRY(product_add(act, &products[i]));
		ids[i] = products[i].id;
	}
	for (size_t i = 0; i < SCAN_KEYS; i++)
		TRY(store_one(k, act, ids, i));
	return OK;
}

void scan_known_store(struct scan_known *k, struct process_kit *p)
{
	SCOPED(process_look_close) struct process_look l;

	if (!process_look_open(&l, p, true))
		return;
	CHECK_OK(store_all(k, &l.act));
	process_look_commit(&l);
}

/* --- people and device --- */

void scan_known_line(struct scan_known *k, const char *name, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];

	if (!CHECK(f != NULL))
		return;
	CHECK(fgets(line, sizeof line, f) != NULL);
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	secret_scan_text(&k->scan, name, line);
}

void scan_known_officers(struct scan_known *k, const struct process_kit *p)
{
	for (size_t i = 0; i < p->kit.officer_count; i++) {
		const struct kms_kit_officer *o = &p->kit.officers[i];
		struct secret secret;

		secret_scan_text(&k->scan, "officer's app secret", o->secret);
		CHECK_OK(totp_secret_parse(str_of(o->secret), &secret));
		secret_scan_key(&k->scan, "officer's app secret, decoded",
		                bytes_of(secret.at, secret.len));
		if (o->session[0])
			secret_scan_text(&k->scan, "officer's session", o->session);
	}
}
