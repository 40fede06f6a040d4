/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/authcard.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "crypto/ytap_keys.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/key_version.h"
#include "domain/keys/kms_sql.h"

const char *const authcard_state_names[] = { "ISSUED", "WRITTEN", "USED", "WITHDRAWN", NULL };

static const int64_t day_us = AUTH_CARD_HOURS * 3600 * (int64_t)SECOND_US;

enum { SAM_TEXT = 2 * AUTH_CARD_SAM + 1, SUITES_TEXT = 2 * AUTH_CARD_SUITES + 1 };

/* --- rows --- */

static void read_hex(struct db_rows *rows, int column, uint8_t *out, size_t size)
{
	char text[SUITES_TEXT + SAM_TEXT + AUTH_CARD_SERIAL_TEXT];

	db_text(rows, column, text, sizeof text);
	if (!is_ok(hex_decode(str_of(text), out, size)))
		memset(out, 0, size);
}

static void read_suites(struct db_rows *rows, int column, struct auth_card *c)
{
	char text[SUITES_TEXT];

	db_text(rows, column, text, sizeof text);
	c->suite_count = strlen(text) / 2;
	if (!is_ok(hex_decode(str_of(text), c->suites, c->suite_count)))
		c->suite_count = 0;
}

static void read_row(struct db_rows *rows, struct authcard *out)
{
	struct auth_card *c = &out->card;

	*out = (struct authcard){
		.id = db_i64(rows, 0),
		.state = (enum authcard_state)db_enum(rows, 10, authcard_state_names),
		.issued = { db_i64(rows, 14) },
		.used = { db_i64(rows, 15) },
		.card = { .key_version = (uint8_t)db_u32(rows, 4),
		          .not_before = { db_i64(rows, 11) },
		          .not_after = { db_i64(rows, 12) } },
	};
	read_hex(rows, 1, c->serial, sizeof c->serial);
	db_text(rows, 2, c->node, sizeof c->node);
	read_hex(rows, 3, c->sam, sizeof c->sam);
	db_text(rows, 5, c->merchant, sizeof c->merchant);
	read_suites(rows, 6, c);
	db_text(rows, 7, c->hosts, sizeof c->hosts);
	db_fixed(rows, 8, c->host_print, sizeof c->host_print);
	db_fixed(rows, 9, out->transport, sizeof out->transport);
	db_text(rows, 13, out->issued_by, sizeof out->issued_by);
}

static result load(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                   struct authcard *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, s, args, &rows));
	if (!db_next(&rows))
		return FAIL(AUTHCARD_NOT_FOUND, "no such card");
	read_row(&rows, out);
	return db_done(&rows);
}

result authcard_load(struct db_tx *tx, int64_t id, struct authcard *out)
{
	return load(tx, &sql_authcard_by_id, DB_ARGS(db_arg_i64(id)), out);
}

result authcard_of_node(struct db_tx *tx, const char *node, struct authcard *out)
{
	return load(tx, &sql_authcard_of_node, DB_ARGS(db_arg_text(node)), out);
}

result authcard_list(struct db_tx *tx, const char *node, struct arena *a, struct authcard **out,
                     size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, AUTHCARD_LISTED, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_authcard_newest,
	              DB_ARGS(db_arg_text(node), db_arg_i64(AUTHCARD_LISTED)), &rows));
	while (*count < AUTHCARD_LISTED && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

/* --- the terminal root --- */

static result find_root(struct db_tx *tx, unsigned version, struct instant now,
                        struct key_version *v)
{
	struct key_label label = { "SITE", "TERM", "ROOT", version };
	struct key_definition k;

	TRY(key_version_find(tx, &label, now, &k, v));
	if (!key_state_allows(key_version_state_at(v, now), KEY_TO_PROTECT, false))
		return FAIL(KEY_STATE, "version %u of the terminal root gives no new keys",
		            v->version);
	return OK;
}

static result derive_tik(struct key_act *act, const struct auth_card *c, struct secret *tik)
{
	SCOPED(working_key_close) struct working_key *root = NULL;
	struct ytap_ids ids = { .key_version = c->key_version };
	struct working_prf prf;
	struct key_version v;

	memcpy(ids.node, c->node, sizeof ids.node);
	memcpy(ids.sam, c->sam, sizeof ids.sam);
	TRY(find_root(act->tx, c->key_version, act->now, &v));
	TRY(key_version_open(act->ring, &v, &root));
	TRY(working_key_prf(root, &prf));
	tik->len = SUITE_KEY_SIZE;
	return ytap_derive_tik_prf(&prf.prf, &ids, tik->at);
}

/* --- issuing --- */

/* All that can be wrong shows when a card of it is sealed, with a key and for a time of no meaning.
 */
result authcard_try(struct key_act *act, struct authcard *c)
{
	struct secret nothing = { .len = SUITE_KEY_SIZE };
	struct key_version root;
	struct auth_card card;

	TRY(find_root(act->tx, c->card.key_version, act->now, &root));
	c->card.key_version = (uint8_t)root.version;
	card = c->card;
	card.not_before = (struct instant){ 1 };
	card.not_after = (struct instant){ 2 };
	result r = auth_card_wrap(&card, c->transport, &nothing, act->random);
	return r.code == SEAL_BROKEN ? FAIL(AUTHCARD_FIELD, "transport: a point of P-256, 04…") : r;
}

static result insert(struct key_act *act, struct authcard *c)
{
	const struct auth_card *card = &c->card;
	char serial[AUTH_CARD_SERIAL_TEXT], sam[SAM_TEXT], suites[SUITES_TEXT];

	hex_encode(bytes_of(card->sam, sizeof card->sam), sam);
	hex_encode(bytes_of(card->suites, card->suite_count), suites);
	return db_select_i64(
	        act->tx, &sql_authcard_add,
	        DB_ARGS(db_arg_text(auth_card_serial_text(card->serial, serial)),
	                db_arg_text(card->node), db_arg_text(sam), db_arg_i64(card->key_version),
	                db_arg_text(card->merchant), db_arg_text(suites), db_arg_text(card->hosts),
	                db_arg_bytes(bytes_of(card->host_print, sizeof card->host_print)),
	                db_arg_bytes(bytes_of(c->transport, sizeof c->transport)),
	                db_arg_bytes(bytes_of("", 0)), db_arg_text(act->actor),
	                db_arg_i64(act->now.us)),
	        &c->id);
}

result authcard_issue(struct key_act *act, struct authcard *c)
{
	char serial[AUTH_CARD_SERIAL_TEXT];

	TRY(authcard_try(act, c));
	random_fill(act->random, c->card.serial, sizeof c->card.serial);
	TRY(db_execute(act->tx, &sql_authcard_replace, DB_ARGS(db_arg_text(c->card.node)), NULL));
	c->state = AUTHCARD_IS_ISSUED;
	c->issued = act->now;
	TRY(insert(act, c));
	return key_audit_write(act, "AUTHCARD.ISSUE", OK, "serial=%s node=%s version=%u",
	                       auth_card_serial_text(c->card.serial, serial), c->card.node,
	                       c->card.key_version);
}

/* --- writing --- */

static result require_writable(const struct authcard *c, struct instant now)
{
	if (c->state != AUTHCARD_IS_ISSUED)
		return FAIL(AUTHCARD_STATE, "the card is %s", authcard_state_names[c->state]);
	if (now.us > c->issued.us + day_us)
		return FAIL(AUTHCARD_STATE, "it was ordered more than a day ago");
	return OK;
}

static result seal_card(struct key_act *act, struct authcard *c, const struct authcard_writing *w,
                        struct writer *file)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };

	TRY(derive_tik(act, &c->card, &tik));
	TRY(auth_card_wrap(&c->card, c->transport, &tik, act->random));
	return auth_card_seal(&c->card, w->pin, w->cost, act->random, file);
}

result authcard_write(struct key_act *act, const struct authcard_writing *w, struct writer *file,
                      struct authcard *out)
{
	char serial[AUTH_CARD_SERIAL_TEXT], print[2 * DIGEST_SIZE + 1];
	uint8_t digest[DIGEST_SIZE];
	size_t begin = file->len;
	struct authcard c;

	TRY(authcard_load(act->tx, w->id, &c));
	TRY(require_writable(&c, act->now));
	c.card.not_before = act->now;
	c.card.not_after.us = act->now.us + day_us;
	TRY(seal_card(act, &c, w, file));
	digest_sha256(bytes_of(file->at + begin, file->len - begin), digest);
	hex_encode(bytes_of(digest, sizeof digest), print);
	TRY(db_execute(act->tx, &sql_authcard_written,
	               DB_ARGS(db_arg_i64(c.id), db_arg_i64(c.card.not_before.us),
	                       db_arg_i64(c.card.not_after.us),
	                       db_arg_bytes(bytes_of(digest, sizeof digest))),
	               NULL));
	TRY(key_audit_write(act, "AUTHCARD.WRITE", OK, "serial=%s node=%s file=%.16s",
	                    auth_card_serial_text(c.card.serial, serial), c.card.node, print));
	c.state = AUTHCARD_IS_WRITTEN;
	*out = c;
	return OK;
}

result authcard_withdraw(struct key_act *act, int64_t id, struct authcard *out)
{
	char serial[AUTH_CARD_SERIAL_TEXT];
	int64_t changed = 0;

	TRY(authcard_load(act->tx, id, out));
	TRY(db_execute(act->tx, &sql_authcard_withdraw, DB_ARGS(db_arg_i64(id)), &changed));
	if (!changed)
		return FAIL(AUTHCARD_STATE, "the card is %s", authcard_state_names[out->state]);
	out->state = AUTHCARD_IS_WITHDRAWN;
	return key_audit_write(act, "AUTHCARD.WITHDRAW", OK, "serial=%s node=%s",
	                       auth_card_serial_text(out->card.serial, serial), out->card.node);
}

/* --- using --- */

static bool is_of(const struct auth_card *c, const struct authcard_user *u)
{
	return strcmp(c->node, u->node) == 0 && memcmp(c->sam, u->sam, sizeof c->sam) == 0 &&
	       c->key_version == u->key_version;
}

result authcard_check(struct db_tx *tx, const struct authcard_user *u, struct instant now,
                      struct authcard *out)
{
	char serial[AUTH_CARD_SERIAL_TEXT];

	auth_card_serial_text(u->serial, serial);
	TRY(load(tx, &sql_authcard_by_serial, DB_ARGS(db_arg_text(serial)), out));
	if (!is_of(&out->card, u))
		return FAIL(AUTHCARD_NOT_FOUND, "card %s is not of node %s", serial, u->node);
	if (out->state == AUTHCARD_IS_USED)
		return OK;
	if (out->state != AUTHCARD_IS_WRITTEN)
		return FAIL(AUTHCARD_STATE, "card %s is %s", serial,
		            authcard_state_names[out->state]);
	return auth_card_require_now(&out->card, now);
}

result authcard_burn(struct key_act *act, const struct authcard_user *u)
{
	char serial[AUTH_CARD_SERIAL_TEXT];
	struct authcard c;

	TRY(authcard_check(act->tx, u, act->now, &c));
	if (c.state == AUTHCARD_IS_USED)
		return OK;
	TRY(db_execute(act->tx, &sql_authcard_used,
	               DB_ARGS(db_arg_i64(c.id), db_arg_i64(act->now.us)), NULL));
	return key_audit_write(act, "AUTHCARD.USE", OK, "serial=%s node=%s",
	                       auth_card_serial_text(u->serial, serial), u->node);
}
