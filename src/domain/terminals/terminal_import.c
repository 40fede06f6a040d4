/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/terminals/terminal_import.h"

enum {
	COL_NODE,
	COL_SAM,
	COL_MERCHANT,
	COL_TYPE,
	COL_LOCATION,
	COL_SUITES,
	COL_DIALECT,
	COL_SEALED,
	COL_STATE,
	COL_RANGE,
	COL_COUNT
};

struct context {
	struct db_tx *tx;
	struct instant now;
	uint8_t key_version;
	struct import_report *report;
	const struct import_row *row;
	const struct import_column *cols;
};

static bool refuse(const struct context *c, int column, const char *what, const char *advice)
{
	import_find(c->report,
	            (struct import_at){ c->row, c->cols[column].at + 1, IMPORT_ERROR,
	                                TERMINAL_INVALID },
	            "%s|%s", what, advice);
	return false;
}

static bool is_word(struct str s, const char *word)
{
	if (s.len != strlen(word))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((s.at[i] | 0x20) != (word[i] | 0x20))
			return false;
	return true;
}

/* The index of a word in a list of names, any case; `fallback` for an empty cell, -1 when unknown.
 */
static int word_of(struct str cell, const char *const *names, int fallback)
{
	if (cell.len == 0)
		return fallback;
	for (int i = 0; names[i]; i++)
		if (is_word(cell, names[i]))
			return i;
	return -1;
}

/* "aes sm4" */
static bool read_suites(struct str cell, uint32_t *suites)
{
	static const char *const names[] = { "aes", "sm4", "3des", "des", NULL };
	struct str word, rest = cell;
	bool more = rest.len > 0;

	*suites = cell.len ? 0 : TERMINAL_SUITE_AES;
	while (more) {
		more = str_cut(rest, ' ', &word, &rest);
		int i = word_of(word, names, -2);
		if (i == -1)
			return false;
		if (i >= 0)
			*suites |= 1u << (i + 1);
	}
	return *suites != 0;
}

/* What a node of that kind does unless somebody says otherwise. */
static uint32_t allow_of(enum terminal_type type)
{
	static const uint32_t of[] = {
		[TERMINAL_TILL] = TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_VOID |
		                  TERMINAL_ALLOW_REFUND | TERMINAL_ALLOW_BALANCE |
		                  TERMINAL_ALLOW_UPLOAD,
		[TERMINAL_DESK] = TERMINAL_ALLOW_BALANCE | TERMINAL_ALLOW_CASH |
		                  TERMINAL_ALLOW_SUBSIDY | TERMINAL_ALLOW_UPLOAD,
		[TERMINAL_KIOSK] = TERMINAL_ALLOW_BALANCE | TERMINAL_ALLOW_SUBSIDY,
		[TERMINAL_GATEWAY] = TERMINAL_ALLOW_UPLOAD,
		[TERMINAL_SUBSYSTEM] = TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_VOID |
		                       TERMINAL_ALLOW_REFUND | TERMINAL_ALLOW_BALANCE |
		                       TERMINAL_ALLOW_UPLOAD,
		[TERMINAL_REGISTER] =
		        TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_VOID | TERMINAL_ALLOW_UPLOAD,
	};

	return of[type];
}

static bool read_names(const struct context *c, struct terminal *t)
{
	struct str node = import_cell(c->row, &c->cols[COL_NODE]),
	           sam = import_cell(c->row, &c->cols[COL_SAM]);
	struct str place = import_cell(c->row, &c->cols[COL_LOCATION]),
	           range = import_cell(c->row, &c->cols[COL_RANGE]);

	if (node.len != TERMINAL_NODE_ID_LEN)
		return refuse(c, COL_NODE, "the node id does not have 8 characters",
		              "write it with leading zeros");
	if (sam.len != 2 * TERMINAL_SAM_NO_LEN || !str_is_digits(sam) ||
	    !is_ok(hex_decode(sam, t->sam_no, sizeof t->sam_no)))
		return refuse(c, COL_SAM, "the SAM number does not have 12 digits",
		              "write it with leading zeros");
	if (place.len > TERMINAL_LOCATION_MAX)
		return refuse(c, COL_LOCATION, "the location is too long", "at most 64 bytes");
	if (range.len > TERMINAL_RANGE_MAX || !terminal_range_is_valid(range))
		return refuse(c, COL_RANGE, "not a range of addresses",
		              "10.1.2.0/24 from its first address, or one address");
	str_copy(node, t->node_id, sizeof t->node_id);
	str_copy(range, t->address_range, sizeof t->address_range);
	str_copy(place, t->location, sizeof t->location);
	return true;
}

static bool read_words(const struct context *c, struct terminal *t)
{
	static const char *const yes_no[] = { "no", "yes", NULL };
	int type = word_of(import_cell(c->row, &c->cols[COL_TYPE]), terminal_type_names, -1);
	int dialect = word_of(import_cell(c->row, &c->cols[COL_DIALECT]), terminal_dialect_names,
	                      TERMINAL_DIALECT_B);
	int sealed = word_of(import_cell(c->row, &c->cols[COL_SEALED]), yes_no, 1);
	int state = word_of(import_cell(c->row, &c->cols[COL_STATE]), terminal_state_names,
	                    TERMINAL_DEFINED);

	if (type < 0)
		return refuse(c, COL_TYPE, "unknown type",
		              "till, desk, kiosk, gateway, subsystem or register");
	if (dialect < 0)
		return refuse(c, COL_DIALECT, "unknown dialect", "B, A or bare");
	if (sealed < 0)
		return refuse(c, COL_SEALED, "neither yes nor no", "yes or no");
	if (state < 0)
		return refuse(c, COL_STATE, "unknown state",
		              "defined, authorised, active, suspended or retired");
	if (!read_suites(import_cell(c->row, &c->cols[COL_SUITES]), &t->suites))
		return refuse(c, COL_SUITES, "unknown suite",
		              "aes, sm4, 3des or des, separated by a blank");
	t->type = (enum terminal_type)type;
	t->dialect = (enum terminal_dialect)dialect;
	t->sealed = sealed == 1;
	t->state = (enum terminal_state)state;
	t->allow = allow_of(t->type);
	return true;
}

static bool is_same(const struct terminal *a, const struct terminal *b)
{
	return memcmp(a->sam_no, b->sam_no, sizeof a->sam_no) == 0 && a->type == b->type &&
	       a->dialect == b->dialect && a->sealed == b->sealed && a->suites == b->suites &&
	       a->merchant_id == b->merchant_id && strcmp(a->location, b->location) == 0 &&
	       strcmp(a->address_range, b->address_range) == 0;
}

static result store(const struct context *c, struct terminal *t)
{
	struct terminal stored;
	struct merchant m;
	bool found;

	TRY(merchant_load_by_no(c->tx, import_cell(c->row, &c->cols[COL_MERCHANT]), &m));
	t->merchant_id = m.id;
	t->key_version = c->key_version;
	TRY(terminal_find_by_node(c->tx, str_of(t->node_id), &stored, &found));
	if (!found) {
		c->report->added++;
		return terminal_add(c->tx, c->now, t);
	}
	if (is_same(&stored, t)) {
		c->report->same++;
		return OK;
	}
	t->id = stored.id;
	t->version = stored.version;
	t->key_version = stored.key_version;
	t->allow = stored.allow;
	c->report->changed++;
	return terminal_save(c->tx, c->now, t);
}

/* One node, kept apart by a savepoint: a SAM that another node has must not end the whole reading.
 */
static result import_line(const struct context *c)
{
	struct terminal t = { 0 };

	if (!read_names(c, &t) || !read_words(c, &t))
		return OK;
	TRY(db_savepoint(c->tx, 8));
	result r = store(c, &t);
	if (is_ok(r))
		return db_release(c->tx, 8);
	if (result_kind(r) == RESULT_FAULT)
		return r;
	import_find(c->report,
	            (struct import_at){
	                    c->row, r.code == MERCHANT_NOT_FOUND ? c->cols[COL_MERCHANT].at + 1 : 0,
	                    IMPORT_ERROR, r.code },
	            "%s|%s", result_last()->text, result_text_en(r));
	return db_rollback_to(c->tx, 8);
}

result terminal_import(struct db_tx *tx, struct instant now, uint8_t key_version,
                       struct import_rows *rows, struct import_report *report)
{
	struct import_column cols[COL_COUNT] = {
		[COL_NODE] = { "node_id|node|终端号", true, -1 },
		[COL_SAM] = { "sam_no|sam|SAM卡号", true, -1 },
		[COL_MERCHANT] = { "merchant_no|merchant|商户号", true, -1 },
		[COL_TYPE] = { "type|类型", true, -1 },
		[COL_LOCATION] = { "location|dept|位置|地点", false, -1 },
		[COL_SUITES] = { "suites|算法", false, -1 },
		[COL_DIALECT] = { "dialect|报文", false, -1 },
		[COL_SEALED] = { "sealed|密封", false, -1 },
		[COL_STATE] = { "state|状态", false, -1 },
		[COL_RANGE] = { "address_range|地址范围", false, -1 },
	};
	struct import_row row = { 0 };
	struct context c = { tx, now, key_version, report, &row, cols };

	if (!rows->next(rows, &row)) {
		TRY(rows->done(rows));
		return FAIL(IMPORT_HEADER, "the file is empty");
	}
	TRY(import_header(&row, cols, COL_COUNT, report));
	while (rows->next(rows, &row)) {
		if (++report->lines > IMPORT_LINES_MAX)
			return FAIL(IMPORT_TOO_LONG, "more than %d lines", IMPORT_LINES_MAX);
		TRY(import_line(&c));
	}
	TRY(rows->done(rows));
	return import_verdict(report);
}
