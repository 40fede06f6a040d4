/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorisation cards (授权卡, terminal-protocol 5.3, A1.3). Two officers order one for a node and
 * the machine that will hold its SAM; who has the card in hand writes it, once, under a PIN of his
 * own choice. No officer sees an initial key.
 */
#include <inttypes.h>

#include "domain/keys/authcard.h"
#include "service/kms/officer_desk.h"

enum {
	KEY = 1 << OFFICER_KEY,
	OPER = 1 << OFFICER_OPER,
	SUITES_TEXT_MAX = 32,
	VERSIONS = 99,
};

/* --- list --- */

static void write_card(struct officer_call *c, const struct authcard *a)
{
	char serial[AUTH_CARD_SERIAL_TEXT];
	const struct auth_card *card = &a->card;

	jwrite_i64(c->answer, "id", a->id);
	jwrite_text(c->answer, "serial", auth_card_serial_text(card->serial, serial));
	jwrite_text(c->answer, "node", card->node);
	officer_tell_hex(c, "sam", bytes_of(card->sam, sizeof card->sam));
	jwrite_i64(c->answer, "version", card->key_version);
	jwrite_text(c->answer, "merchant", card->merchant);
	jwrite_text(c->answer, "hosts", card->hosts);
	jwrite_text(c->answer, "state", authcard_state_names[a->state]);
	jwrite_text(c->answer, "issued_by", a->issued_by);
	jwrite_i64(c->answer, "issued_us", a->issued.us);
	jwrite_i64(c->answer, "not_before_us", card->not_before.us);
	jwrite_i64(c->answer, "not_after_us", card->not_after.us);
	jwrite_i64(c->answer, "used_us", a->used.us);
}

struct list_args {
	struct str node;
};

static const struct officer_field list_fields[] = {
	OFFICER_TEXT(list_args, node, false, AUTH_CARD_NODE),
};

static result run_list(struct officer_call *c, const void *args)
{
	const struct list_args *in = args;
	char node[AUTH_CARD_NODE + 1];
	struct authcard *rows;
	size_t count;

	str_copy(in->node, node, sizeof node);
	TRY(authcard_list(c->act->tx, node, c->arena, &rows, &count));
	jwrite_array(c->answer, "cards");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(c->answer, NULL);
		write_card(c, &rows[i]);
		jwrite_end(c->answer);
	}
	jwrite_end_array(c->answer);
	return OK;
}

/* --- ordering one --- */

struct issue_args {
	struct str node, sam, merchant, transport, suites, hosts, fingerprint;
	int64_t version;
};

static const struct officer_field issue_fields[] = {
	OFFICER_TEXT(issue_args, node, true, AUTH_CARD_NODE),
	OFFICER_TEXT(issue_args, sam, true, 2 * AUTH_CARD_SAM),
	OFFICER_TEXT(issue_args, merchant, true, AUTH_CARD_MERCHANT),
	OFFICER_TEXT(issue_args, transport, true, 2 * SEAL_POINT),
	OFFICER_TEXT(issue_args, suites, false, SUITES_TEXT_MAX),
	OFFICER_TEXT(issue_args, hosts, false, AUTH_CARD_HOSTS),
	OFFICER_TEXT(issue_args, fingerprint, false, 2 * AUTH_CARD_PRINT),
	OFFICER_NUMBER(issue_args, version, false, 1, VERSIONS),
};

/* "aes sm4", best first */
static result read_suites(struct str text, struct auth_card *out)
{
	static const char *const names[] = { "", "aes", "sm4", "3des", NULL };
	struct str word, rest = text.len ? text : STR("aes sm4");
	bool more = true;
	int suite = 0;

	while (more) {
		more = str_cut(rest, ' ', &word, &rest);
		TRY(officer_choose(word, names, "suites: aes, sm4, 3des; not", &suite));
		if (suite == 0 || out->suite_count == AUTH_CARD_SUITES)
			return FAIL(AUTHCARD_FIELD, "suites: \"aes sm4\"");
		out->suites[out->suite_count++] = (uint8_t)suite;
	}
	return OK;
}

static result read_hex(const char *name, struct str text, uint8_t *out, size_t size)
{
	if (text.len != 2 * size || !is_ok(hex_decode(text, out, size)))
		return FAIL(AUTHCARD_FIELD, "%s: %zu hex digits", name, 2 * size);
	return OK;
}

static result card_of(const struct issue_args *in, struct authcard *out)
{
	struct auth_card *c = &out->card;

	*out = (struct authcard){ .card = { .key_version = (uint8_t)in->version } };
	str_copy(in->node, c->node, sizeof c->node);
	str_copy(in->merchant, c->merchant, sizeof c->merchant);
	str_copy(in->hosts, c->hosts, sizeof c->hosts);
	TRY(read_hex("sam", in->sam, c->sam, sizeof c->sam));
	TRY(read_hex("transport", in->transport, out->transport, sizeof out->transport));
	if (in->fingerprint.len)
		TRY(read_hex("fingerprint", in->fingerprint, c->host_print, sizeof c->host_print));
	return read_suites(in->suites, c);
}

/* Others are not bothered with what cannot become a card; and they see which root it is of. */
static result prepare_issue(struct officer_call *c, void *args)
{
	struct issue_args *in = args;
	struct authcard card;

	officer_note(c, "node=" STR_FMT " ", STR_ARG(in->node));
	TRY(card_of(in, &card));
	TRY(authcard_try(c->act, &card));
	in->version = card.card.key_version;
	return OK;
}

static result run_issue(struct officer_call *c, const void *args)
{
	struct authcard card;

	TRY(card_of(args, &card));
	TRY(authcard_issue(c->act, &card));
	write_card(c, &card);
	return OK;
}

/* --- writing it --- */

struct write_args {
	int64_t id;
	struct str pin;
};

static const struct officer_field write_fields[] = {
	OFFICER_NUMBER(write_args, id, true, 1, INT64_MAX),
	OFFICER_NEW_SECRET_TEXT(write_args, pin, true),
};

static result run_write(struct officer_call *c, const void *args)
{
	const struct write_args *in = args;
	struct authcard_writing w = { in->id, in->pin, passphrase_cost_default };
	uint8_t file[AUTH_CARD_FILE];
	struct writer to = writer_of(file, sizeof file);
	struct authcard card;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(authcard_write(c->act, &w, &to, &card));
	write_card(c, &card);
	officer_tell_hex(c, "file_hex", writer_bytes(&to));
	return OK;
}

/* --- taking it back --- */

struct id_args {
	int64_t id;
};

static const struct officer_field id_fields[] = {
	OFFICER_NUMBER(id_args, id, true, 1, INT64_MAX),
};

static result run_withdraw(struct officer_call *c, const void *args)
{
	const struct id_args *in = args;
	struct authcard card;

	officer_note(c, "id=%" PRId64, in->id);
	TRY(authcard_withdraw(c->act, in->id, &card));
	write_card(c, &card);
	return OK;
}

static const struct officer_command commands[] = {
	{ .name = "authcard.list",
	  .flags = OFFICER_READS,
	  OFFICER_FIELDS(list_fields, list_args),
	  .run = run_list },
	{ .name = "authcard.issue",
	  .roles = KEY,
	  OFFICER_FIELDS(issue_fields, issue_args),
	  .prepare = prepare_issue,
	  .needs = "key|mk",
	  .run = run_issue },
	{ .name = "authcard.write",
	  .roles = KEY | OPER,
	  OFFICER_FIELDS(write_fields, write_args),
	  .run = run_write },
	{ .name = "authcard.withdraw",
	  .roles = KEY,
	  OFFICER_FIELDS(id_fields, id_args),
	  .run = run_withdraw },
};

const struct officer_table officer_acts_authcard = { commands, ARRAY_LEN(commands) };
