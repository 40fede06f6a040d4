/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any body for any operation, over a real store and token: the service lives on, its answer is a
 * frame, and what verifies never says yes. The first byte picks the operation; when the second is
 * odd, labels of keys that fit stand in front of the rest, so that mutations reach what is behind
 * them.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "domain/keys/ceremony.h"
#include "hsm/token.h"
#include "service/kms/compute_op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct compute_table *const tables[] = {
	&compute_basic_table,  &compute_cipher_table, &compute_mac_table,  &compute_wrap_table,
	&compute_purse_table,  &compute_tac_table,    &compute_card_table, &compute_sign_table,
	&compute_issuer_table, &compute_emv_table,    &compute_sm2_table,  &compute_sam_table,
};

static const struct {
	const char *usage;
	char algorithm;
	unsigned bits;
	char mode;
	unsigned levels;
} keys[] = {
	{ "20", 'T', 112, 'X', 1 },  { "21", '4', 128, 'X', 2 }, { "22", 'T', 112, 'X', 1 },
	{ "23", 'T', 112, 'X', 1 },  { "25", 'T', 112, 'X', 1 }, { "26", 'T', 112, 'X', 1 },
	{ "28", '4', 128, 'X', 1 },  { "29", 'T', 112, 'X', 1 }, { "30", 'T', 112, 'X', 1 },
	{ "33", 'A', 128, 'X', 1 },  { "E0", 'T', 112, 'X', 1 }, { "D0", 'A', 128, 'B', 0 },
	{ "M6", 'A', 128, 'C', 0 },  { "K0", 'A', 256, 'B', 0 }, { "S0", '2', 256, 'S', 0 },
	{ "S1", 'R', 1024, 'S', 0 }, { "S2", '2', 256, 'B', 0 },
};

static char dir[] = "/tmp/yika-compute-fuzz-XXXXXX", dsn[64];
static struct hsm_address place = { .kind = HSM_PKCS11,
	                            .library = "/usr/lib/softhsm/libsofthsm2.so",
	                            .token = "yika-kms" };
static struct hsm_device *device;
static struct hsm_session *session;
static struct compute_watch *watch;
static struct compute *compute;
static struct key_client client = { .id = 1,
	                            .name = "fuzz",
	                            .ops = "all decrypt translate diversify-wrap card-keys "
	                                   "sm2-decrypt random-key",
	                            .usages = "all",
	                            .labels = "*",
	                            .rate = KEY_CLIENT_RATE_MAX,
	                            .burst = KEY_CLIENT_RATE_MAX };
static struct key_client_meter meter;
static struct instant now = { 1772683200000000 };
static _Atomic uint64_t generation;

/* --- the site --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	compute_close(&compute);
	compute_watch_close(&watch);
	hsm_session_close(session);
	hsm_device_close(device);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_device(void)
{
	struct hsm_paths paths;
	char token[HSM_PATH_MAX];

	snprintf(token, sizeof token, "%s/token", dir);
	ASSERT(is_ok(hsm_token_init(place.library, token, place.token, random_system(), &paths)));
	str_copy(str_of(paths.pin_file), place.pin_file, sizeof place.pin_file);
	str_copy(str_of(paths.conf), place.conf, sizeof place.conf);
	ASSERT(is_ok(hsm_device_open(&place, NULL, &device)));
	ASSERT(is_ok(hsm_session_open(device, &session)));
}

static void make_key(struct key_act *act, int64_t product, size_t i)
{
	struct key_order order = { .at_once = true };
	struct key_definition k = { .product = product,
		                    .name = "k",
		                    .algorithm = keys[i].algorithm,
		                    .bits = keys[i].bits,
		                    .mode = keys[i].mode,
		                    .exportability = 'S',
		                    .levels = keys[i].levels };
	struct key_label l = { "C", "H", "", 1 };
	struct key_version v;

	memcpy(k.usage, keys[i].usage, sizeof k.usage);
	snprintf(k.code, sizeof k.code, "U%s", keys[i].usage);
	str_copy(str_of(k.code), l.key, sizeof l.key);
	ASSERT(is_ok(key_definition_add(act, &k)));
	ASSERT(is_ok(key_definition_find(act->tx, &l, &k)));
	ASSERT(is_ok(key_version_generate(act, &k, &order, &v)));
}

static void make_keys(struct db *db)
{
	struct master_ring ring = { .sessions = { session } };
	struct hsm_random random = hsm_random_source(session);
	struct key_act act = {
		.ring = &ring, .random = &random.source, .now = now, .actor = "fuzz"
	};
	struct issuer issuer = { .code = "C", .name = "c" };
	struct product product = { .code = "H", .name = "h", .place = PRODUCT_IN_HOST };
	struct master m;

	ASSERT(is_ok(db_begin(db, &act.tx)));
	ASSERT(is_ok(ceremony_test_key(&act, LMK_AES, &m)));
	ASSERT(is_ok(master_ring_load(&ring, act.tx)));
	ASSERT(is_ok(issuer_add(&act, &issuer)));
	product.issuer = issuer.id;
	ASSERT(is_ok(product_add(&act, &product)));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		make_key(&act, product.id, i);
	ASSERT(is_ok(db_commit(act.tx)));
}

static void nobody_listens(void *owner, const struct compute_event *e)
{
	(void)owner;
	ASSERT(e->name && e->label && e->detail);
}

static void set_up(void)
{
	struct db *db;

	log_set_level(LOG_LEVEL_ERROR);
	ASSERT(mkdtemp(dir));
	open_device();
	snprintf(dsn, sizeof dsn, "sqlite:%s/kms.db", dir);
	ASSERT(is_ok(db_open(str_of(dsn), DB_CREATE | DB_RELAXED | DB_KMS, &db)));
	ASSERT(is_ok(db_migrate(db, now, NULL)));
	make_keys(db);
	db_close(db);
	struct compute_setup setup = { .dsn = dsn,
		                       .sessions = { session },
		                       .generation = &generation,
		                       .sink = { nobody_listens, NULL } };
	ASSERT(is_ok(compute_watch_open(&watch)));
	setup.watch = watch;
	ASSERT(is_ok(compute_open(&setup, &compute)));
	ASSERT(is_ok(key_client_prepare(&client)));
	key_client_meter_init(&meter, now, 0);
	atexit(clean_up);
}

/* --- requests --- */

static const struct compute_op *pick(uint8_t byte)
{
	size_t count = 0, at;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		count += tables[i]->count;
	at = byte % count;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (at < tables[i]->count)
			return &tables[i]->at[at];
		at -= tables[i]->count;
	}
	return NULL;
}

/* A key whose usage is among these; which one, the input says. */
static void put_label(struct writer *w, unsigned tag, const char *usages, uint8_t which)
{
	char label[24];

	for (size_t i = 0; usages && i < ARRAY_LEN(keys); i++) {
		size_t at = (i + which) % ARRAY_LEN(keys);

		if (!compute_is_among(usages, keys[at].usage))
			continue;
		snprintf(label, sizeof label, "C.H.U%s.00", keys[at].usage);
		kms_put_str(w, tag, str_of(label));
		return;
	}
}

static void put_labels(struct writer *w, const struct compute_op *op, uint8_t which)
{
	for (size_t i = 0; i < op->rule_count; i++) {
		if (op->rules[i].tag == KMS_TAG_LABEL)
			put_label(w, KMS_TAG_LABEL, op->usages, which);
		if (op->rules[i].tag == KMS_TAG_KEK)
			put_label(w, KMS_TAG_KEK, op->kek_usages, which);
		if (op->rules[i].tag == KMS_TAG_MODE && op->mode)
			kms_put_number(w, KMS_TAG_MODE, op->mode, 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t body[KMS_BODY_MAX], frame[KMS_FRAME_MAX];
	struct writer w = writer_of(body, sizeof body);
	struct kms_message answer;

	if (!compute)
		set_up();
	if (size < 2 || size > sizeof body / 2)
		return 0;
	const struct compute_op *op = pick(data[0]);
	if (data[1] & 1)
		put_labels(&w, op, data[1] >> 1);
	writer_put(&w, bytes_of(data + 2, size - 2));
	struct kms_message m = {
		.type = KMS_REQUEST, .op = op->code, .id = 9, .body = writer_bytes(&w)
	};
	struct kms_answer a = kms_answer_of(frame);
	now.us += 1000;
	compute_answer(compute, &client, &meter, now, &m, &a);
	size_t len = kms_answer_frame(&a, &m, frame);
	ASSERT(is_ok(kms_frame_parse(bytes_of(frame, len), &answer)) && answer.id == 9);
	ASSERT(a.status != KMS_INTERNAL && a.status != KMS_DEVICE_FAILED && a.status != KMS_BUSY);
	return 0;
}
