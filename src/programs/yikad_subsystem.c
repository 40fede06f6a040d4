/* SPDX-License-Identifier: Apache-2.0 */
/* Orders about subsystems and authorisation cards (requirements A1.2, A1.3). */
#include <stdlib.h>

#include "base/secret.h"
#include "crypto/suite.h"
#include "domain/terminals/subsystem.h"
#include "programs/yikad.h"
#include "service/kms_link/kms_link.h"

/* One change on its way through the writer. */
struct order {
	struct daemon *daemon;
	const struct control_request *request;
	struct subsystem subsystem;
	enum subsystem_state state;
	bool agrees;
	struct login login;
	result login_result;
	struct terminal_card card;
	uint32_t terminal;
};

/* What a subsystem may holds for its nodes at once, on their lines too. */
static result refresh_nodes(struct ledger_tx *tx, struct daemon *d, struct str code)
{
	struct terminal_cache *terminals = &d->platform.terminals;

	for (size_t i = 0; i < terminals->size; i++) {
		const struct terminal *t = &terminals->rows[i];

		if (t->id && memcmp(t->node_id, code.at, TERMINAL_CODE_LEN) == 0)
			TRY(terminal_cache_refresh(terminals, tx->db, t->id));
	}
	return OK;
}

/* --- who they are --- */

/* Requirement A1.2: addresses outside what the site allows are refused. */
static result require_allowed(const struct daemon *d, struct str range)
{
	const char *allowed = d->site.conf.subsystem_ranges;

	return terminal_range_within(range, str_of(allowed))
	               ? OK
	               : FAIL(SUBSYSTEM_INVALID,
	                      "address_range: \"" STR_FMT "\" lies outside %s "
	                      "(terminal.subsystem_ranges)",
	                      STR_ARG(range), allowed);
}

static result work_add(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	struct actor by = actor_system("control");

	TRY(subsystem_add(tx->db, tx->now, &by, &o->subsystem));
	return refresh_nodes(tx, o->daemon, str_of(o->subsystem.code));
}

result yikad_subsystem_add(void *owner, const struct control_request *request, struct jwrite *j)
{
	struct daemon *d = owner;
	struct order o = { .daemon = d };
	struct subsystem *s = &o.subsystem;

	(void)j;
	if (request->code.len > TERMINAL_CODE_LEN || request->processor.len > TERMINAL_CODE_LEN)
		return FAIL(SUBSYSTEM_INVALID, "code and processor: 2 digits or capital letters");
	str_copy(request->code, s->code, sizeof s->code);
	str_copy(request->processor, s->processor, sizeof s->processor);
	str_copy(request->name, s->name, sizeof s->name);
	str_copy(request->owner, s->owner, sizeof s->owner);
	str_copy(request->range, s->address_range, sizeof s->address_range);
	TRY(subsystem_allow_read(request->allow, &s->allow));
	TRY(require_allowed(d, request->range));
	TRY(ledger_call(d->platform.writer, true, work_add, &o));
	terminal_front_changed_all(d->front);
	return OK;
}

static result work_state(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	struct actor by = actor_system("control");

	TRY(subsystem_set_state(tx->db, tx->now, &by, o->request->code, o->state));
	return refresh_nodes(tx, o->daemon, o->request->code);
}

static result set_state(struct daemon *d, const struct control_request *request,
                        enum subsystem_state to)
{
	struct order o = { .daemon = d, .request = request, .state = to };

	TRY(ledger_call(d->platform.writer, true, work_state, &o));
	terminal_front_changed_all(d->front);
	return OK;
}

result yikad_subsystem_block(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return set_state(owner, request, SUBSYSTEM_BLOCKED);
}

result yikad_subsystem_unblock(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return set_state(owner, request, SUBSYSTEM_ACTIVE);
}

/* --- reading, beside the writer --- */

static result begin_reading(struct daemon *d, struct db **db, struct db_tx **tx)
{
	char dsn[SITE_PATH_MAX];

	TRY(db_open(str_of(site_dsn(&d->site, dsn)), DB_READ_ONLY, db));
	return db_begin(*db, tx);
}

static void write_subsystem(struct jwrite *j, const struct subsystem *s)
{
	char allow[SUBSYSTEM_ALLOW_TEXT];

	jwrite_object(j, NULL);
	jwrite_text(j, "code", s->code);
	jwrite_text(j, "processor", s->processor);
	jwrite_text(j, "name", s->name);
	jwrite_text(j, "owner", s->owner);
	jwrite_text(j, "state", subsystem_state_names[s->state]);
	jwrite_text(j, "range", s->address_range);
	jwrite_text(j, "allow", subsystem_allow_text(s->allow, allow));
	jwrite_text(j, "proposed", s->proposed_by ? s->proposed_range : NULL);
	jwrite_end(j);
}

result yikad_subsystem_list(void *owner, const struct control_request *request, struct jwrite *j)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	SCOPED(arena_free) struct arena a = { 0 };
	struct subsystem *rows;
	size_t count;

	(void)request;
	TRY(begin_reading(owner, &db, &tx));
	TRY(subsystem_list(tx, &a, &rows, &count));
	jwrite_array(j, "subsystems");
	for (size_t i = 0; i < count; i++)
		write_subsystem(j, &rows[i]);
	jwrite_end_array(j);
	return OK;
}

/* --- another address, by two people, each with his own password --- */

static result work_address(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	struct subsystem_address a = { o->request->code, o->request->range };
	struct session session;

	o->login_result =
	        access_login_finish(tx->db, tx->now, random_system(), &o->login, &session);
	if (!is_ok(o->login_result)) /* committed: errors are counted */
		return result_kind(o->login_result) == RESULT_FAULT ? o->login_result : OK;
	TRY(access_logout(tx->db, session.id));
	TRY((o->agrees ? subsystem_agree_address : subsystem_propose_address)(tx->db, tx->now,
	                                                                      &session.actor, &a));
	return refresh_nodes(tx, o->daemon, a.code);
}

static result compare_password(struct daemon *d, const struct control_request *request,
                               struct login *out)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(begin_reading(d, &db, &tx));
	return access_login_prepare(tx, request->by, request->secret, STR("control"), out);
}

static result change_address(struct daemon *d, const struct control_request *request, bool agrees)
{
	struct order o = { .daemon = d, .request = request, .agrees = agrees };

	TRY(require_allowed(d, request->range));
	TRY(compare_password(d, request, &o.login));
	result r = ledger_call(d->platform.writer, true, work_address, &o);
	secret_wipe_bytes(&o.login, sizeof o.login);
	TRY(r);
	TRY(o.login_result);
	terminal_front_changed_all(d->front);
	return OK;
}

result yikad_subsystem_address(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_address(owner, request, false);
}

result yikad_subsystem_agree(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_address(owner, request, true);
}

/* --- cards --- */

static result newest_card(const struct daemon *d, struct str node, struct kms_card *out)
{
	struct kms_terminal t = { .suite = SUITE_AES };
	struct kms_link *link = calloc(1, sizeof *link);
	result r;

	ASSERT(link);
	link->fd = -1;
	memcpy(t.node, node.at, sizeof t.node);
	r = kms_beside_link(&d->site, link);
	if (is_ok(r))
		r = kms_link_card(link, &t, out);
	kms_link_close(link);
	free(link);
	return r.code == KMS_DENIED ? FAIL(AUTHCARD_NOT_FOUND, "node " STR_FMT, STR_ARG(node)) : r;
}

static result work_authorise(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	struct actor by = actor_system("control");
	struct terminal t;

	TRY(terminal_authorise(tx->db, tx->now, &by, &o->card, &t));
	o->terminal = t.id;
	return terminal_cache_refresh(&o->daemon->platform.terminals, tx->db, t.id);
}

result yikad_terminal_authorise(void *owner, const struct control_request *request,
                                struct jwrite *j)
{
	struct daemon *d = owner;
	struct order o = { .daemon = d, .card = { .node_id = request->node } };
	struct kms_card card = { 0 };

	if (request->node.len != TERMINAL_NODE_ID_LEN)
		return FAIL(TERMINAL_NOT_FOUND, "node " STR_FMT, STR_ARG(request->node));
	TRY(newest_card(d, request->node, &card));
	if (!card.is_written)
		return FAIL(AUTHCARD_STATE, "its newest card is not written, used or withdrawn");
	memcpy(o.card.sam_no, card.sam, sizeof o.card.sam_no);
	o.card.key_version = card.key_version;
	o.card.until.us = card.not_after_us;
	hex_encode(bytes_of(card.serial, sizeof card.serial), o.card.serial);
	TRY(ledger_call(d->platform.writer, true, work_authorise, &o));
	terminal_front_changed(d->front, o.terminal);
	jwrite_text(j, "serial", o.card.serial);
	return OK;
}
