/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_fixture.h"

#include <stdio.h>

#include "base/log.h"
#include "domain/keys/kms_sql.h"
#include "harness/postgres.h"

const struct instant key_fixture_now = { 1772683200000000 };

static const char *new_dsn(enum db_engine engine, char out[KEY_FIXTURE_DSN])
{
	static int count;

	if (engine == DB_POSTGRES)
		return postgres_database(false, out);
	snprintf(out, KEY_FIXTURE_DSN, "sqlite:%s/kms%d.db", test_dir(), ++count);
	return out;
}

static bool open_store(struct key_fixture *f, enum db_engine engine)
{
	CHECK_OK(db_open(str_of(new_dsn(engine, f->dsn)), DB_CREATE | DB_RELAXED | DB_KMS, &f->db));
	if (!f->db)
		return false;
	result r = db_migrate(f->db, key_fixture_now, NULL);
	CHECK_OK(r);
	return is_ok(r);
}

bool key_fixture_open(struct key_fixture *f, enum db_engine engine, bool with_lmk)
{
	struct master m;

	*f = (struct key_fixture){ .now = key_fixture_now };
	log_set_level(LOG_LEVEL_ERROR);
	if (!open_store(f, engine) || !hsm_rig_open(&f->rig))
		return false;
	CHECK_OK(ceremony_room_open(&f->room));
	f->ring.sessions[0] = f->rig.session;
	f->random = hsm_random_source(f->rig.session);
	if (with_lmk)
		CHECK_OK(KEY_CHANGE(f, ceremony_test_key(act, LMK_AES, &m)));
	return true;
}

void key_fixture_close(struct key_fixture *f)
{
	ceremony_room_close(f->room);
	hsm_rig_close(&f->rig);
	db_close(f->db);
	f->db = NULL;
	f->room = NULL;
}

bool key_fixture_new_device(struct key_fixture *f)
{
	hsm_rig_close(&f->rig);
	if (!hsm_rig_open(&f->rig))
		return false;
	f->ring.sessions[0] = f->rig.session;
	f->random = hsm_random_source(f->rig.session);
	return true;
}

struct key_act *key_fixture_begin(struct key_fixture *f)
{
	f->act = (struct key_act){
		.ring = &f->ring, .random = &f->random.source, .now = f->now, .actor = "test"
	};
	ASSERT(is_ok(db_begin(f->db, &f->act.tx)));
	ASSERT(is_ok(key_act_turn(f->act.tx)));
	ASSERT(is_ok(master_ring_load(&f->ring, f->act.tx)));
	return &f->act;
}

void key_fixture_commit(struct key_fixture *f)
{
	CHECK_OK(db_commit(f->act.tx));
	f->act.tx = NULL;
}

void key_fixture_rollback(struct key_fixture *f)
{
	db_rollback(f->act.tx);
	f->act.tx = NULL;
}

static result need_issuer(struct key_act *act, const struct key_label *l, int64_t *id)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct issuer *rows, new = { .name = "发卡行" };
	size_t count;

	TRY(issuer_list(act->tx, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].code, l->issuer) == 0) {
			*id = rows[i].id;
			return OK;
		}
	str_copy(str_of(l->issuer), new.code, sizeof new.code);
	TRY(issuer_add(act, &new));
	*id = new.id;
	return OK;
}

static result need_product(struct key_act *act, int64_t issuer, const struct key_label *l,
                           enum product_place place, int64_t *id)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct product *rows, new = { .issuer = issuer, .name = "产品", .place = place };
	size_t count;

	TRY(product_list(act->tx, issuer, &a, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].code, l->product) == 0) {
			*id = rows[i].id;
			return OK;
		}
	str_copy(str_of(l->product), new.code, sizeof new.code);
	TRY(product_add(act, &new));
	*id = new.id;
	return OK;
}

static result define(struct key_act *act, const struct key_label *l, enum product_place place,
                     struct key_definition *k)
{
	int64_t issuer;

	TRY(need_issuer(act, l, &issuer));
	TRY(need_product(act, issuer, l, place, &k->product));
	TRY(key_definition_add(act, k));
	return key_definition_find(act->tx, l, k);
}

struct key_definition key_fixture_define(struct key_fixture *f, const char *label,
                                         const char *usage, char algorithm, unsigned bits,
                                         enum product_place place)
{
	static const struct {
		char algorithm;
		const char *usage;
		char mode;
	} modes[] = { { 0, "D0", 'B' }, { 0, "K1", 'B' },   { 0, "M6", 'C' },
		      { 0, "M7", 'C' }, { 'R', "S0", 'S' }, { '2', "S0", 'S' } };
	struct key_definition k = { .name = "密钥",
		                    .algorithm = algorithm,
		                    .bits = bits,
		                    .mode = 'X',
		                    .exportability = 'E',
		                    .levels = 1 };
	struct key_label l;
	char full[KEY_LABEL_SIZE];

	snprintf(full, sizeof full, "%s.01", label);
	CHECK_OK(key_label_parse(str_of(full), &l));
	str_copy(str_of(l.key), k.code, sizeof k.code);
	str_copy(str_of(usage), k.usage, sizeof k.usage);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i].usage, usage) == 0)
			k.mode = modes[i].mode;
	CHECK_OK(KEY_CHANGE(f, define(act, &l, place, &k)));
	return k;
}

struct officer key_fixture_officer(struct key_fixture *f, const char *name, unsigned roles)
{
	struct officer o = { .roles = roles };

	str_copy(str_of(name), o.name, sizeof o.name);
	str_copy(str_of(name), o.person, sizeof o.person);
	CHECK_OK(KEY_CHANGE(f, officer_add(act, &o, STR("an invitation for one"))));
	CHECK_OK(KEY_CHANGE(
	        f, db_execute(act->tx, &sql_officer_box,
	                      DB_ARGS(db_arg_i64(o.id), db_arg_text("ACTIVE"),
	                              db_arg_bytes(bytes_of(o.box, o.box_len)), db_arg_i64(0)),
	                      NULL)));
	o.state = OFFICER_ACTIVE;
	return o;
}
