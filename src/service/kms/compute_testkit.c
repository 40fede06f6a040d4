/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/compute_testkit.h"

#include <stdio.h>
#include <stdlib.h>

static void note(void *owner, const struct compute_event *e)
{
	struct compute_testkit *k = owner;
	struct compute_told *t = &k->told[k->told_count % COMPUTE_TESTKIT_EVENTS];

	*t = (struct compute_told){ .kind = e->kind,
		                    .op = e->op,
		                    .status = e->status,
		                    .count = e->count,
		                    .by_client = e->client != NULL };
	str_copy(str_of(e->name), t->name, sizeof t->name);
	str_copy(str_of(e->label), t->label, sizeof t->label);
	str_copy(str_of(e->detail), t->detail, sizeof t->detail);
	k->told_count++;
}

static bool open_service(struct compute_testkit *k, const struct compute_table *table, void *owner)
{
	CHECK_OK(compute_watch_open(&k->watch));
	struct compute_setup setup = { .dsn = k->f.dsn,
		                       .sessions = { k->f.rig.session },
		                       .generation = &k->generation,
		                       .sink = { note, k },
		                       .watch = k->watch,
		                       .tables = table,
		                       .table_count = table ? 1 : 0,
		                       .owner = owner };
	result r = compute_open(&setup, &k->compute);
	CHECK_OK(r);
	key_client_meter_init(&k->meter, k->f.now, 0);
	compute_testkit_client(k,
	                       "all decrypt translate diversify-wrap card-keys psam-load "
	                       "sm2-decrypt random-key pin-translate",
	                       "all", "*");
	k->asking = &k->client;
	return is_ok(r);
}

bool compute_testkit_open_with(struct compute_testkit *k, enum db_engine engine,
                               const struct compute_table *table, void *owner)
{
	memset(k, 0, sizeof *k);
	return key_fixture_open(&k->f, engine, true) && open_service(k, table, owner);
}

bool compute_testkit_open(struct compute_testkit *k, enum db_engine engine)
{
	return compute_testkit_open_with(k, engine, NULL, NULL);
}

bool compute_testkit_attach(struct compute_testkit *k, const struct key_fixture *f)
{
	memset(k, 0, sizeof *k);
	k->f = *f;
	k->attached = true;
	return open_service(k, NULL, NULL);
}

void compute_testkit_close(struct compute_testkit *k)
{
	compute_close(&k->compute);
	compute_watch_close(&k->watch);
	key_client_meter_deinit(&k->meter);
	if (!k->attached)
		key_fixture_close(&k->f);
}

void compute_testkit_client(struct compute_testkit *k, const char *ops, const char *usages,
                            const char *labels)
{
	k->client = (struct key_client){
		.id = 1, .name = "front", .rate = KEY_CLIENT_RATE_MAX, .burst = KEY_CLIENT_RATE_MAX
	};
	str_copy(str_of(ops), k->client.ops, sizeof k->client.ops);
	str_copy(str_of(usages), k->client.usages, sizeof k->client.usages);
	str_copy(str_of(labels), k->client.labels, sizeof k->client.labels);
	CHECK_OK(key_client_prepare(&k->client));
}

/* --- keys --- */

static struct str word(struct str *rest)
{
	struct str head;

	if (!str_cut(*rest, ' ', &head, rest))
		*rest = (struct str){ 0 };
	return head;
}

static unsigned number(struct str s)
{
	uint64_t n = 0;

	CHECK_OK(str_u64(s, &n));
	return (unsigned)n;
}

/* Issuer and product come from the fixture, which defines a key of its own beside. */
static struct key_definition define(struct compute_testkit *k, const char *what,
                                    enum product_place place)
{
	static int count;
	struct str rest = str_of(what), label = word(&rest), usage = word(&rest),
	           algorithm = word(&rest), bits = word(&rest), mode = word(&rest),
	           exportability = word(&rest), levels = word(&rest);
	char beside[2 * KEY_LABEL_SIZE], full[KEY_LABEL_SIZE];
	struct key_label l;

	snprintf(full, sizeof full, STR_FMT ".01", STR_ARG(label));
	CHECK_OK(key_label_parse(str_of(full), &l));
	snprintf(beside, sizeof beside, "%s.%s.Z%d", l.issuer, l.product, ++count);
	struct key_definition d = key_fixture_define(&k->f, beside, "D0", 'A', 128, place);
	str_copy(str_of(l.key), d.code, sizeof d.code);
	str_copy(usage, d.usage, sizeof d.usage);
	d.algorithm = algorithm.at[0];
	d.bits = number(bits);
	d.mode = mode.at[0];
	d.exportability = exportability.at[0];
	d.levels = number(levels);
	CHECK_OK(KEY_CHANGE(&k->f, key_definition_add(act, &d)));
	CHECK_OK(KEY_CHANGE(&k->f, key_definition_find(act->tx, &l, &d)));
	return d;
}

static void store(struct compute_testkit *k, const struct key_definition *d, struct bytes value)
{
	struct key_order o = { .at_once = true, .card_ki = 1, .card_kv = 1 };
	struct key_version v;

	if (value.len)
		CHECK_OK(KEY_CHANGE(&k->f, key_version_store(act, d, &o, value, NULL, &v)));
	else
		CHECK_OK(KEY_CHANGE(&k->f, key_version_generate(act, d, &o, &v)));
}

struct key_definition compute_testkit_key(struct compute_testkit *k, const char *what,
                                          const char *hex, enum product_place place)
{
	struct key_definition d = define(k, what, place);
	uint8_t value[SM2_KEY_DER];
	size_t len = strlen(hex) / 2;

	ASSERT(len <= sizeof value);
	CHECK_OK(hex_decode(str_of(hex), value, len));
	store(k, &d, bytes_of(value, len));
	return d;
}

void compute_testkit_rsa(struct compute_testkit *k, const char *what, struct bytes p,
                         struct bytes q, enum product_place place)
{
	SCOPED(rsa_key_deinit) struct rsa_key pair = { 0 };
	struct key_definition d = define(k, what, place);
	uint8_t der[RSA_KEY_DER_MAX];
	struct writer w = writer_of(der, sizeof der);

	CHECK_OK(rsa_key_from_primes(&pair, p, q, 3));
	CHECK_OK(rsa_key_save(&pair, &w));
	store(k, &d, writer_bytes(&w));
}

void compute_testkit_move(struct compute_testkit *k, const struct key_definition *d,
                          enum key_state to)
{
	struct key_definition found;
	struct key_version v;
	struct key_label l;

	key_version_label(d, 1, &l);
	CHECK_OK(KEY_CHANGE(&k->f, key_version_find(act->tx, &l, k->f.now, &found, &v)));
	CHECK_OK(KEY_CHANGE(&k->f, key_version_move(act, d, &v, to)));
	atomic_fetch_add(&k->generation, 1);
}

void compute_testkit_recover(struct compute_testkit *k, const struct key_definition *d,
                             int64_t seconds)
{
	struct key_definition found;
	struct key_version v;
	struct key_label l;

	key_version_label(d, 1, &l);
	CHECK_OK(KEY_CHANGE(&k->f, key_version_find(act->tx, &l, k->f.now, &found, &v)));
	CHECK_OK(KEY_CHANGE(&k->f, key_version_recover(act, &v, seconds)));
	atomic_fetch_add(&k->generation, 1);
}

const struct compute_testkit_sort compute_testkit_sorts[COMPUTE_TESTKIT_SORTS] = {
	{ "20", "20 T 112 X E 1" }, { "21", "21 T 112 X E 1" }, { "22", "22 T 112 X E 1" },
	{ "23", "23 T 112 X E 1" }, { "24", "24 T 112 X E 1" }, { "25", "25 T 112 X E 1" },
	{ "26", "26 T 112 X E 1" }, { "27", "27 4 128 X E 1" }, { "28", "28 T 112 X E 1" },
	{ "29", "29 4 128 X E 1" }, { "30", "30 T 112 X E 1" }, { "31", "31 T 112 X E 1" },
	{ "33", "33 A 128 X E 1" }, { "34", "34 T 112 X E 1" }, { "35", "35 A 128 X E 1" },
	{ "36", "36 A 128 X E 1" }, { "40", "40 T 112 X E 1" }, { "42", "42 T 112 X E 1" },
	{ "50", "50 T 112 X E 1" }, { "51", "51 A 256 X N 0" }, { "53", "53 A 128 C E 0" },
	{ "54", "54 A 128 B E 0" }, { "55", "55 A 128 B E 0" }, { "60", "60 A 256 B N 0" },
	{ "61", "61 4 128 C E 0" }, { "62", "62 A 256 B E 0" }, { "B3", "B3 T 112 X E 1" },
	{ "D0", "D0 A 128 B E 0" }, { "E0", "E0 T 112 X E 1" }, { "E1", "E1 T 112 X E 1" },
	{ "E2", "E2 T 112 X E 1" }, { "K0", "K0 A 256 B E 0" }, { "K1", "K1 A 256 B E 0" },
	{ "M1", "M1 A 128 C E 0" }, { "M3", "M3 T 112 C E 0" }, { "M6", "M6 A 128 C E 0" },
	{ "M7", "M7 H 256 C E 0" }, { "P0", "P0 A 128 B E 0" }, { "S0", "S0 2 256 S E 0" },
	{ "S2", "S2 2 256 B E 0" }, { "C0", "C0 T 112 C E 0" }, { "V0", "V0 A 128 C E 0" },
	{ "K2", "K2 2 256 B E 0" },
};

void compute_testkit_all(struct compute_testkit *k, enum product_place place)
{
	char what[64];

	for (size_t i = 0; i < COMPUTE_TESTKIT_SORTS; i++) {
		snprintf(what, sizeof what, "C.%c.U%s %s", place == PRODUCT_IN_DEVICE ? 'D' : 'H',
		         compute_testkit_sorts[i].usage, compute_testkit_sorts[i].what);
		compute_testkit_key(k, what, "", place);
	}
}

/* --- requests --- */

static void put_one(struct writer *w, struct str one)
{
	uint8_t tag, value[16384];
	struct str content = { one.at + 3, one.len - 3 };

	CHECK(one.len >= 3 && content.len <= sizeof value);
	CHECK_OK(hex_decode((struct str){ one.at, 2 }, &tag, 1));
	if (one.at[2] == '=') {
		kms_put_str(w, tag, content);
		return;
	}
	CHECK_OK(hex_decode(content, value, content.len / 2));
	kms_put(w, tag, bytes_of(value, content.len / 2));
}

void compute_testkit_put(struct writer *w, const char *body)
{
	struct str rest = str_of(body);

	while (rest.len)
		put_one(w, word(&rest));
}

enum kms_status compute_testkit_send(struct compute_testkit *k, uint16_t op, struct bytes body)
{
	struct kms_message m = { .type = KMS_REQUEST, .op = op, .id = 7 }, request = { 0 },
	                   answer = { 0 };
	struct kms_answer a = kms_answer_of(k->answer);

	if (body.at != k->request + KMS_HEAD && body.len)
		memcpy(k->request + KMS_HEAD, body.at, body.len);
	k->request_len = kms_frame_head(&m, body.len, k->request);
	CHECK_OK(kms_frame_parse(bytes_of(k->request, k->request_len), &request));
	compute_answer(k->compute, k->asking, k->asking ? &k->meter : NULL, k->f.now, &request, &a);
	k->answer_len = kms_answer_frame(&a, &request, k->answer);
	CHECK_OK(kms_frame_parse(bytes_of(k->answer, k->answer_len), &answer));
	CHECK(answer.type == KMS_RESPONSE && answer.op == op && answer.id == 7);
	CHECK_OK(kms_fields_read(answer.body, &k->got));
	if (answer.status != KMS_OK && answer.status != KMS_INTEGRITY)
		CHECK_I64("no body with a refusal", answer.body.len, 0);
	return (enum kms_status)answer.status;
}

enum kms_status compute_testkit_ask(struct compute_testkit *k, uint16_t op, const char *body)
{
	struct writer w = writer_of(k->request + KMS_HEAD, KMS_BODY_MAX);

	compute_testkit_put(&w, body);
	CHECK(!w.bad);
	return compute_testkit_send(k, op, writer_bytes(&w));
}

struct bytes compute_testkit_value(const struct compute_testkit *k, enum kms_tag tag)
{
	return kms_bytes(&k->got, tag);
}

void compute_testkit_forget(struct compute_testkit *k)
{
	k->told_count = 0;
}

const struct compute_told *compute_testkit_last(const struct compute_testkit *k)
{
	static const struct compute_told nothing = { .label = "nothing was told" };

	return k->told_count ? &k->told[(k->told_count - 1) % COMPUTE_TESTKIT_EVENTS] : &nothing;
}
