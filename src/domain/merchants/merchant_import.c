/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/merchants/merchant_import.h"

enum { COL_NO, COL_NAME, COL_PARK, COL_COUNT };

/* The line as a merchant; false when a finding was made. */
static bool read_line(const struct import_row *row, const struct import_column *cols,
                      struct import_report *report, struct merchant *m)
{
	int64_t park = 1;
	struct str no = import_cell(row, &cols[COL_NO]), name = import_cell(row, &cols[COL_NAME]);

	if (no.len == 0 || no.len > MERCHANT_NO_MAX) {
		import_find(
		        report,
		        (struct import_at){ row, cols[COL_NO].at + 1, IMPORT_ERROR,
		                            MERCHANT_INVALID },
		        "the merchant number is empty or longer than %d|give 1 to %d characters",
		        MERCHANT_NO_MAX, MERCHANT_NO_MAX);
		return false;
	}
	if (name.len == 0 || name.len > MERCHANT_NAME_MAX) {
		import_find(report,
		            (struct import_at){ row, cols[COL_NAME].at + 1, IMPORT_ERROR,
		                                MERCHANT_INVALID },
		            "the name is empty or longer than %d bytes|shorten it",
		            MERCHANT_NAME_MAX);
		return false;
	}
	struct str text = import_cell(row, &cols[COL_PARK]);
	if (text.len && (!is_ok(str_i64(text, &park)) || park < 1 || park > UINT16_MAX)) {
		import_find(report,
		            (struct import_at){ row, cols[COL_PARK].at + 1, IMPORT_ERROR,
		                                MERCHANT_INVALID },
		            "the park is not a number|give 1 to 65535, or leave it empty");
		return false;
	}
	*m = (struct merchant){ .park = (uint16_t)park };
	str_copy(no, m->no, sizeof m->no);
	str_copy(name, m->name, sizeof m->name);
	return true;
}

static result store(struct db_tx *tx, struct instant now, struct merchant *m,
                    struct import_report *report)
{
	struct merchant stored;
	bool found;

	TRY(merchant_find_by_no(tx, str_of(m->no), &stored, &found));
	if (!found) {
		report->added++;
		return merchant_add(tx, now, m);
	}
	if (strcmp(stored.name, m->name) == 0 && stored.park == m->park) {
		report->same++;
		return OK;
	}
	str_copy(str_of(m->name), stored.name, sizeof stored.name);
	stored.park = m->park;
	report->changed++;
	return merchant_save(tx, now, &stored);
}

result merchant_import(struct db_tx *tx, struct instant now, struct import_rows *rows,
                       struct import_report *report)
{
	struct import_column cols[COL_COUNT] = {
		[COL_NO] = { "merchant_no|no|number|商户号|商户编号", true, -1 },
		[COL_NAME] = { "name|dept|商户名|商户名称|名称", true, -1 },
		[COL_PARK] = { "park|园区", false, -1 },
	};
	struct import_row row = { 0 };
	struct merchant m;

	if (!rows->next(rows, &row)) {
		TRY(rows->done(rows));
		return FAIL(IMPORT_HEADER, "the file is empty");
	}
	TRY(import_header(&row, cols, COL_COUNT, report));
	while (rows->next(rows, &row)) {
		if (++report->lines > IMPORT_LINES_MAX)
			return FAIL(IMPORT_TOO_LONG, "more than %d lines", IMPORT_LINES_MAX);
		if (!read_line(&row, cols, report, &m))
			continue;
		result r = store(tx, now, &m, report);
		if (result_kind(r) == RESULT_FAULT)
			return r;
		if (!is_ok(r))
			import_find(report,
			            (struct import_at){ &row, cols[COL_NO].at + 1, IMPORT_ERROR,
			                                r.code },
			            "%s|correct the line", result_last()->text);
	}
	TRY(rows->done(rows));
	return import_verdict(report);
}
