/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator may say to a running daemon. Every change goes through the writer, as everything
 * does. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"
#include "programs/yikad.h"
#include "service/kms_link/kms_link.h"

/* One change on its way through the writer. */
struct order {
	struct daemon *daemon;
	struct str card, text;
	struct card out;
	uint32_t terminal;
	uint8_t token[PAYMENTS_PIN_TOKEN], salt[16];
	enum terminal_state state;
	enum card_action action;
	uint8_t class;
	struct payment_limits limits;
};

static void put_address(struct jwrite *j, const char *name, const struct terminal_front *f,
                        enum terminal_port port, const char *listen)
{
	char text[CONF_TEXT_MAX + 8];
	const char *colon = strrchr(listen, ':');

	if (!terminal_front_port(f, port) || !colon)
		return;
	snprintf(text, sizeof text, "%.*s:%u", (int)(colon - listen), listen,
	         terminal_front_port(f, port));
	jwrite_text(j, name, text);
}

static result status(void *owner, const struct control_request *request, struct jwrite *j)
{
	struct daemon *d = owner;
	const struct site_conf *c = &d->site.conf;
	struct terminal_front_figures front;
	struct ledger_figures ledger;

	(void)request;
	terminal_front_figures(d->front, &front);
	ledger_writer_figures(d->platform.writer, &ledger);
	jwrite_i64(j, "pid", getpid());
	put_address(j, "terminal", d->front, TERMINAL_PORT_B, c->terminal_listen);
	put_address(j, "terminal_tls", d->front, TERMINAL_PORT_TLS, c->terminal_tls_listen);
	put_address(j, "terminal_ascii", d->front, TERMINAL_PORT_A, c->terminal_ascii_listen);
	put_address(j, "terminal_bare", d->front, TERMINAL_PORT_BARE, c->terminal_bare_listen);
	jwrite_i64(j, "frames", (int64_t)front.frames);
	jwrite_i64(j, "replies", (int64_t)front.replies);
	jwrite_i64(j, "sign_ins", (int64_t)front.sign_ins);
	jwrite_i64(j, "refused_mac", (int64_t)front.refused_mac);
	jwrite_i64(j, "refused_session", (int64_t)front.refused_session);
	jwrite_i64(j, "refused_form", (int64_t)front.refused_form);
	jwrite_i64(j, "refused_replay", (int64_t)front.refused_replay);
	jwrite_i64(j, "conflicts", (int64_t)front.conflicts);
	jwrite_i64(j, "busy", (int64_t)front.busy);
	jwrite_i64(j, "alarms", (int64_t)front.alarms);
	jwrite_i64(j, "requests", (int64_t)ledger.requests);
	jwrite_i64(j, "batches", (int64_t)ledger.batches);
	jwrite_i64(j, "rows", (int64_t)ledger.rows);
	jwrite_i64(j, "queue", (int64_t)ledger.queue);
	return OK;
}

/* --- cards --- */

/* Whoever speaks here passed the socket's peer check: the daemon's own user, or root. */
static result work_card(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	struct card_cache *cards = o->daemon->platform.cards;
	struct actor by = actor_system("control");
	struct card_act act = { .by = &by, .action = o->action, .no = o->card };
	result r = card_act(tx, cards, &act, &o->out);

	if (is_ok(r))
		card_cache_keep(cards);
	else
		card_cache_undo(cards);
	return r;
}

static result change_card(void *owner, const struct control_request *request,
                          enum card_action action)
{
	struct daemon *d = owner;
	struct order o = { .daemon = d, .card = request->card, .action = action };

	return ledger_call(d->platform.writer, true, work_card, &o);
}

static result card_lost(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_card(owner, request, CARD_DO_REPORT_LOST);
}

static result card_is_found(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_card(owner, request, CARD_DO_FOUND);
}

static result card_is_frozen(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_card(owner, request, CARD_DO_FREEZE);
}

static result card_is_unfrozen(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_card(owner, request, CARD_DO_UNFREEZE);
}

static result card_is_replaced(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_card(owner, request, CARD_DO_REPLACE);
}

/* --- terminals: at once on live lines --- */

static result work_terminal(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	struct terminal_cache *terminals = &o->daemon->platform.terminals;
	const struct terminal *t = terminal_cache_find_node(terminals, o->text);
	struct actor by = actor_system("control");
	struct terminal changed;

	if (!t)
		return FAIL(TERMINAL_NOT_FOUND, "node " STR_FMT, STR_ARG(o->text));
	o->terminal = t->id;
	struct terminal_act act = { .by = &by, .id = t->id, .to = o->state };
	TRY(terminal_act(tx->db, tx->now, &act, &changed));
	return terminal_cache_refresh(terminals, tx->db, changed.id);
}

static result change_terminal(struct daemon *d, struct str node, enum terminal_state state)
{
	struct order o = { .daemon = d, .text = node, .state = state };

	TRY(ledger_call(d->platform.writer, true, work_terminal, &o));
	terminal_front_changed(d->front, o.terminal);
	return OK;
}

static result terminal_suspend(void *owner, const struct control_request *request, struct jwrite *j)
{
	(void)j;
	return change_terminal(owner, request->node, TERMINAL_SUSPENDED);
}

static result terminal_activate(void *owner, const struct control_request *request,
                                struct jwrite *j)
{
	(void)j;
	return change_terminal(owner, request->node, TERMINAL_ACTIVE);
}

/* --- PINs and limits --- */

static result note(struct ledger_tx *tx, const char *action, const char *object, int64_t id,
                   struct str after)
{
	struct actor by = actor_system("control");
	struct audit_act act = {
		.action = action, .object_type = object, .object_id = id, .after = after
	};

	return audit_record(tx->db, tx->now, &by, &act);
}

static result work_pin(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;
	const struct card_entry *card = card_cache_find(o->daemon->platform.cards, o->card);

	if (!card)
		return FAIL(CARD_NOT_FOUND, "no card of that number");
	TRY(payment_pin_set(tx, card->person_id, o->token, o->salt));
	return note(tx, "pin.set", "person", card->person_id, STR(""));
}

/* The key manager sees the digits; the book gets their token. */
static result pin_token(const struct daemon *d, struct str digits,
                        uint8_t token[PAYMENTS_PIN_TOKEN])
{
	struct kms_link *link = calloc(1, sizeof *link);
	result r;

	ASSERT(link);
	r = kms_beside_link(&d->site, link);
	if (is_ok(r))
		r = kms_link_pin_token(link, digits, token);
	kms_link_close(link);
	free(link);
	return r;
}

static result pin_set(void *owner, const struct control_request *request, struct jwrite *j)
{
	struct daemon *d = owner;
	struct order o = { .daemon = d, .card = request->card };

	(void)j;
	if (request->text.len < 4 || request->text.len > 12 || !str_is_digits(request->text))
		return FAIL(PIN_BLOCK_BAD, "a PIN has 4 to 12 digits");
	TRY(pin_token(d, request->text, o.token));
	random_fill(random_system(), o.salt, sizeof o.salt);
	result r = ledger_call(d->platform.writer, true, work_pin, &o);
	secret_wipe_bytes(&o, sizeof o);
	return r;
}

static result work_limits(struct ledger_tx *tx, void *arg)
{
	struct order *o = arg;

	TRY(note(tx, "limits.set", "class", o->class, o->text));
	return payments_set_limits(tx, &o->daemon->platform.payments, o->class, &o->limits);
}

static result limits_set(void *owner, const struct control_request *request, struct jwrite *j)
{
	struct daemon *d = owner;
	struct order o = { .daemon = d, .text = request->text };

	(void)j;
	if (request->number < 1 || request->number > PERSON_CLASS_MAX)
		return FAIL(PAYMENT_CLASS_INVALID, "classes are 1 to %d", PERSON_CLASS_MAX);
	o.class = (uint8_t)request->number;
	TRY(payment_limits_parse(request->text, &o.limits));
	return ledger_call(d->platform.writer, true, work_limits, &o);
}

result yikad_control_start(struct daemon *d)
{
	static const struct control_command commands[] = {
		{ "status", status },
		{ "card-lost", card_lost },
		{ "card-found", card_is_found },
		{ "card-freeze", card_is_frozen },
		{ "card-unfreeze", card_is_unfrozen },
		{ "card-replace", card_is_replaced },
		{ "terminal-suspend", terminal_suspend },
		{ "terminal-activate", terminal_activate },
		{ "pin-set", pin_set },
		{ "limits-set", limits_set },
	};
	char path[SITE_PATH_MAX];
	struct control_config config = {
		.path = site_path(&d->site, "yikad.sock", path),
		.commands = commands,
		.count = ARRAY_LEN(commands),
		.owner = d,
	};

	return control_start(&config, &d->control);
}
