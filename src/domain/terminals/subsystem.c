/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/terminals/subsystem.h"

#include <stdio.h>

#include "domain/domain_sql.h"

const char *const subsystem_state_names[] = { "ACTIVE", "BLOCKED", NULL };

/* --- rows --- */

static void read_row(struct db_rows *rows, struct subsystem *out)
{
	*out = (struct subsystem){
		.id = db_i64(rows, 0),
		.state = (enum subsystem_state)db_enum(rows, 5, subsystem_state_names),
		.allow = db_u32(rows, 7),
		.proposed_by = db_i64(rows, 9),
		.version = db_i64(rows, 10),
	};
	db_text(rows, 1, out->code, sizeof out->code);
	db_text(rows, 2, out->processor, sizeof out->processor);
	db_text(rows, 3, out->name, sizeof out->name);
	db_text(rows, 4, out->owner, sizeof out->owner);
	db_text(rows, 6, out->address_range, sizeof out->address_range);
	db_text(rows, 8, out->proposed_range, sizeof out->proposed_range);
}

result subsystem_load(struct db_tx *tx, struct str code, struct subsystem *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_subsystem_by_code, DB_ARGS(db_arg_str(code)), &rows));
	if (!db_next(&rows))
		return FAIL(SUBSYSTEM_NOT_FOUND, "subsystem " STR_FMT, STR_ARG(code));
	read_row(&rows, out);
	return db_done(&rows);
}

result subsystem_list(struct db_tx *tx, struct arena *a, struct subsystem **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, SUBSYSTEM_LIST_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_subsystem_all, DB_ARGS(db_arg_i64(SUBSYSTEM_LIST_MAX)), &rows));
	while (*count < SUBSYSTEM_LIST_MAX && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

/* --- changes --- */

static result note(struct db_tx *tx, struct instant now, const struct actor *by,
                   const struct audit_act *act)
{
	struct audit_act line = *act;

	line.object_type = "subsystem";
	return audit_record(tx, now, by, &line);
}

/* In the order of the bits. */
static const char *const allow_words[] = { "purchase", "void",    "refund", "balance",
	                                   "cash",     "subsidy", "upload", "merchant" };

result subsystem_allow_read(struct str words, uint32_t *out)
{
	struct str word, rest = str_trim(words);

	*out = rest.len ? 0 : TERMINAL_ALLOW_ALL;
	while (rest.len) {
		size_t i = 0;

		str_cut(rest, ' ', &word, &rest);
		while (i < ARRAY_LEN(allow_words) && !str_equal(word, str_of(allow_words[i])))
			i++;
		if (i == ARRAY_LEN(allow_words) && word.len)
			return FAIL(SUBSYSTEM_INVALID,
			            "allow: no transactions " STR_FMT "; there are purchase void "
			            "refund balance cash subsidy upload merchant",
			            STR_ARG(word));
		if (word.len)
			*out |= 1u << i;
	}
	return OK;
}

const char *subsystem_allow_text(uint32_t allow, char out[SUBSYSTEM_ALLOW_TEXT])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(allow_words); i++)
		if (allow & 1u << i)
			len += (size_t)snprintf(out + len, SUBSYSTEM_ALLOW_TEXT - len, "%s%s",
			                        len ? " " : "", allow_words[i]);
	return out;
}

static bool is_code(const char *code)
{
	for (size_t i = 0; i < TERMINAL_CODE_LEN; i++)
		if (!(code[i] >= '0' && code[i] <= '9') && !(code[i] >= 'A' && code[i] <= 'Z'))
			return false;
	return code[TERMINAL_CODE_LEN] == '\0';
}

static result check(const struct subsystem *s)
{
	if (!is_code(s->code))
		return FAIL(SUBSYSTEM_INVALID, "code: 2 digits or capital letters");
	if (!is_code(s->processor))
		return FAIL(SUBSYSTEM_INVALID, "processor: 2 digits or capital letters");
	if (!s->name[0] || !str_is_utf8(str_of(s->name)))
		return FAIL(SUBSYSTEM_INVALID, "name");
	if (!s->owner[0] || !str_is_utf8(str_of(s->owner)))
		return FAIL(SUBSYSTEM_INVALID, "owner");
	if (!terminal_range_is_valid(str_of(s->address_range)))
		return FAIL(SUBSYSTEM_INVALID,
		            "address_range: 10.1.2.0/24, an address, or nothing");
	if (s->allow & ~(uint32_t)TERMINAL_ALLOW_ALL)
		return FAIL(SUBSYSTEM_INVALID, "allow: unknown transactions");
	return OK;
}

result subsystem_add(struct db_tx *tx, struct instant now, const struct actor *by,
                     struct subsystem *s)
{
	char after[2 * SUBSYSTEM_TEXT_MAX + TERMINAL_RANGE_MAX + 64];

	TRY(access_require(by, PERMISSION_TERMINALS));
	if (!s->allow)
		s->allow = TERMINAL_ALLOW_ALL;
	TRY(check(s));
	result r = db_select_i64(tx, &sql_subsystem_add,
	                         DB_ARGS(db_arg_text(s->code), db_arg_text(s->processor),
	                                 db_arg_text(s->name), db_arg_text(s->owner),
	                                 db_arg_text(s->address_range), db_arg_i64(s->allow),
	                                 db_arg_i64(now.us)),
	                         &s->id);
	if (r.code == DB_DUPLICATE)
		return FAIL(SUBSYSTEM_EXISTS, "code %s or processor %s", s->code, s->processor);
	TRY(r);
	s->version = 1;
	snprintf(after, sizeof after, "code=%s processor=%s name=%s owner=%s range=%s allow=%u",
	         s->code, s->processor, s->name, s->owner, s->address_range, s->allow);
	return note(tx, now, by,
	            &(struct audit_act){ .action = "subsystem.add",
	                                 .object_id = s->id,
	                                 .after = str_of(after) });
}

result subsystem_set_state(struct db_tx *tx, struct instant now, const struct actor *by,
                           struct str code, enum subsystem_state to)
{
	struct subsystem s;

	TRY(access_require(by, PERMISSION_TERMINALS));
	TRY(subsystem_load(tx, code, &s));
	if (s.state == to)
		return OK;
	TRY(db_execute(tx, &sql_subsystem_set_state,
	               DB_ARGS(db_arg_i64(s.id), db_arg_text(subsystem_state_names[to]),
	                       db_arg_i64(now.us)),
	               NULL));
	return note(tx, now, by,
	            &(struct audit_act){ .action = "subsystem.set_state",
	                                 .object_id = s.id,
	                                 .before = str_of(subsystem_state_names[s.state]),
	                                 .after = str_of(subsystem_state_names[to]) });
}

/* --- another address, by two --- */

static result begin_address(struct db_tx *tx, const struct actor *by,
                            const struct subsystem_address *a, struct subsystem *s)
{
	TRY(access_require(by, PERMISSION_TERMINALS));
	if (by->operator_id == 0)
		return FAIL(SUBSYSTEM_PERSON, "%s is no person", by->name);
	if (a->range.len > TERMINAL_RANGE_MAX || !terminal_range_is_valid(a->range))
		return FAIL(SUBSYSTEM_INVALID,
		            "address_range: 10.1.2.0/24, an address, or nothing");
	return subsystem_load(tx, a->code, s);
}

result subsystem_propose_address(struct db_tx *tx, struct instant now, const struct actor *by,
                                 const struct subsystem_address *a)
{
	struct subsystem s;

	TRY(begin_address(tx, by, a, &s));
	TRY(db_execute(tx, &sql_subsystem_propose,
	               DB_ARGS(db_arg_i64(s.id), db_arg_str(a->range), db_arg_i64(by->operator_id),
	                       db_arg_i64(now.us)),
	               NULL));
	return note(tx, now, by,
	            &(struct audit_act){ .action = "subsystem.propose_address",
	                                 .object_id = s.id,
	                                 .before = str_of(s.address_range),
	                                 .after = a->range });
}

result subsystem_agree_address(struct db_tx *tx, struct instant now, const struct actor *by,
                               const struct subsystem_address *a)
{
	struct subsystem s;

	TRY(begin_address(tx, by, a, &s));
	if (!s.proposed_by || !str_equal(a->range, str_of(s.proposed_range)))
		return FAIL(SUBSYSTEM_PROPOSAL, "proposed: \"%s\"",
		            s.proposed_by ? s.proposed_range : "nothing");
	if (s.proposed_by == by->operator_id)
		return FAIL(SUBSYSTEM_PERSON, "%s has proposed it", by->name);
	TRY(db_execute(tx, &sql_subsystem_agree, DB_ARGS(db_arg_i64(s.id), db_arg_i64(now.us)),
	               NULL));
	return note(tx, now, by,
	            &(struct audit_act){ .action = "subsystem.set_address",
	                                 .object_id = s.id,
	                                 .before = str_of(s.address_range),
	                                 .after = a->range });
}
