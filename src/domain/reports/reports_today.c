/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reports/reports.h"

#include "domain/reports/reports_sql.h"

/* Into which figure a sum goes, and with which sign; `undone` is the kind a reversal took back. */
static struct reports_figure *figure_of(struct reports_today *today, enum event_kind kind,
                                        int *sign)
{
	*sign = 1;
	switch (kind) {
	case KIND_PURCHASE:
		return &today->sales;
	case KIND_TOPUP:
	case KIND_LOAD:
		return &today->loads;
	case KIND_REFUND:
		return &today->refunds;
	case KIND_PURCHASE_VOID:
		*sign = -1;
		return &today->sales;
	case KIND_TOPUP_VOID:
		*sign = -1;
		return &today->loads;
	default:
		return NULL;
	}
}

static void add_total(struct reports_today *today, const struct day_total *row)
{
	bool reversal = row->kind == KIND_REVERSAL;
	int sign;
	struct reports_figure *figure = figure_of(today, reversal ? row->undone : row->kind, &sign);

	if (!figure)
		return;
	sign = reversal ? -sign : sign;
	figure->count += sign * (int64_t)row->count;
	figure->sum.fen += sign * row->sum.fen;
}

result reports_today(struct db_tx *tx, struct bizdate day, struct instant now, struct arena *a,
                     struct reports_today *out)
{
	struct day_totals totals;

	*out = (struct reports_today){ 0 };
	TRY(views_day_totals(tx, day, day, a, &totals));
	for (size_t i = 0; i < totals.count; i++)
		add_total(out, &totals.at[i]);
	TRY(db_select_i64(tx, &sql_reports_terminals_in_use, DB_NO_ARGS, &out->terminals));
	return db_select_i64(tx, &sql_reports_terminals_signed_in, DB_ARGS(db_arg_i64(now.us)),
	                     &out->signed_in);
}
