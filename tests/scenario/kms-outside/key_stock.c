/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_stock.c — fills the store of a key manager that does not run, for whoever looks at it from
 * outside: `key_stock DIR`, orders on the standard input, a line out for each.
 *
 *   key LABEL USAGE ALGORITHM BITS MODE EXPORTABILITY LEVELS device|host VALUE
 *                                   value in hex, "-" for a new one: "LABEL KCV BLOCK"
 *   client NAME FINGERPRINT RATE USAGES LABELS OPS...
 *                                   USAGES and LABELS one word, OPS the rest: "client NAME"
 *
 * The first refusal ends it, with nothing stored. Values are those of tests: everybody may know
 * them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "domain/keys/key_client.h"
#include "domain/keys/key_version.h"
#include "programs/command.h"
#include "programs/kms/kms_home.h"

enum { LINE_MAX_SIZE = 8192, VALUE_MAX = 2048 };

static struct str next_word(struct str *rest)
{
	struct str word;

	str_cut(*rest, ' ', &word, rest);
	return word;
}

static unsigned number(struct str word)
{
	uint64_t v = 0;

	return is_ok(str_u64(word, &v)) ? (unsigned)v : 0;
}

/* --- keys --- */

static result need_issuer(struct key_act *act, const char *code, int64_t *id)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct issuer *rows, new = { .name = "测试 outside" };
	size_t count;

	TRY(issuer_list(act->tx, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].code, code) == 0) {
			*id = rows[i].id;
			return OK;
		}
	str_copy(str_of(code), new.code, sizeof new.code);
	TRY(issuer_add(act, &new));
	*id = new.id;
	return OK;
}

static result need_product(struct key_act *act, const struct key_label *l, enum product_place place,
                           int64_t *id)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct product *rows, new = { .name = "测试 outside", .place = place };
	size_t count;

	TRY(need_issuer(act, l->issuer, &new.issuer));
	TRY(product_list(act->tx, new.issuer, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].code, l->product) == 0) {
			*id = rows[i].id;
			return rows[i].place == place ? OK
			                              : FAIL(USAGE, "%s is elsewhere", l->product);
		}
	str_copy(str_of(l->product), new.code, sizeof new.code);
	TRY(product_add(act, &new));
	*id = new.id;
	return OK;
}

static result read_definition(struct str *rest, struct key_definition *d)
{
	struct str algorithm, mode, exportability, place;

	str_copy(next_word(rest), d->usage, sizeof d->usage);
	algorithm = next_word(rest);
	d->bits = number(next_word(rest));
	mode = next_word(rest);
	exportability = next_word(rest);
	d->levels = number(next_word(rest));
	place = next_word(rest);
	if (algorithm.len != 1 || mode.len != 1 || exportability.len != 1)
		return FAIL(USAGE, "algorithm, mode, exportability: one letter each");
	d->algorithm = algorithm.at[0];
	d->mode = mode.at[0];
	d->exportability = exportability.at[0];
	if (!str_equal(place, STR("device")) && !str_equal(place, STR("host")))
		return FAIL(USAGE, "device or host");
	d->place = str_equal(place, STR("device")) ? PRODUCT_IN_DEVICE : PRODUCT_IN_HOST;
	return OK;
}

static result store(struct key_act *act, const struct key_definition *d, struct str value,
                    struct key_version *out)
{
	struct key_order order = { .at_once = true, .card_ki = 1, .card_kv = 1 };
	uint8_t at[VALUE_MAX];
	size_t len = value.len / 2;

	if (str_equal(value, STR("-")))
		return key_version_generate(act, d, &order, out);
	if (len > sizeof at)
		return FAIL(USAGE, "a value of %zu bytes", len);
	TRY(hex_decode(value, at, len));
	return key_version_store(act, d, &order, bytes_of(at, len), NULL, out);
}

static result add_key(struct key_act *act, struct str rest)
{
	struct key_definition d = { .name = "测试 outside" };
	char text[KEY_LABEL_SIZE];
	struct key_version v;
	struct key_label l;

	TRY(key_label_parse(next_word(&rest), &l));
	str_copy(str_of(l.key), d.code, sizeof d.code);
	TRY(read_definition(&rest, &d));
	TRY(need_product(act, &l, d.place, &d.product));
	TRY(key_definition_add(act, &d));
	TRY(key_definition_find(act->tx, &l, &d));
	TRY(store(act, &d, rest, &v));
	key_version_label(&d, v.version, &l);
	printf("%s %s %s\n", key_label_text(&l, text), v.kcv, v.block);
	return OK;
}

/* --- clients --- */

static result add_client(struct key_act *act, struct str rest)
{
	struct key_client c = { 0 };

	str_copy(next_word(&rest), c.name, sizeof c.name);
	TRY(hex_decode(next_word(&rest), c.certificate, sizeof c.certificate));
	c.rate = c.burst = number(next_word(&rest));
	str_copy(next_word(&rest), c.usages, sizeof c.usages);
	str_copy(next_word(&rest), c.labels, sizeof c.labels);
	str_copy(rest, c.ops, sizeof c.ops);
	TRY(key_client_prepare(&c));
	TRY(key_client_add(act, &c));
	printf("client %s\n", c.name);
	return OK;
}

/* --- the whole --- */

static result obey(struct key_act *act, struct str line)
{
	struct str order = next_word(&line);

	if (str_equal(order, STR("key")))
		return add_key(act, line);
	if (str_equal(order, STR("client")))
		return add_client(act, line);
	return FAIL(USAGE, "neither key nor client");
}

static result fill(struct db *db, struct master_ring *ring)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	struct hsm_random random = hsm_random_source(ring->sessions[0]);
	struct key_act act = { .ring = ring,
		               .random = &random.source,
		               .now = clock_now(clock_system()),
		               .actor = "stock" };
	static char line[LINE_MAX_SIZE];

	TRY(db_begin(db, &tx));
	act.tx = tx;
	TRY(key_act_turn(tx));
	TRY(master_ring_load(ring, tx));
	while (fgets(line, sizeof line, stdin))
		TRY(obey(&act, str_trim(str_of(line))));
	return db_commit(tx);
}

static void device_close(struct hsm_device **d)
{
	hsm_device_close(*d);
}

static result run(const char *dir)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(device_close) struct hsm_device *device = NULL;
	SCOPED(hsm_session_close_scoped) struct hsm_session *session = NULL;
	static struct kms_home home;
	struct hsm_address devices[KMS_DEVICES_MAX];
	struct master_ring ring = { 0 };
	char dsn[KMS_HOME_PATH];
	size_t count;

	TRY(kms_home_open(dir, &home));
	kms_home_devices(&home, devices, &count);
	TRY(db_open(str_of(kms_home_dsn(&home, dsn)), DB_KMS, &db));
	TRY(hsm_device_open(&devices[0], NULL, &device));
	TRY(hsm_session_open(device, &session));
	ring.sessions[0] = session;
	return fill(db, &ring);
}

int main(int argc, char **argv)
{
	result r = argc == 2 ? run(argv[1]) : FAIL(USAGE, "key_stock DIR");

	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
