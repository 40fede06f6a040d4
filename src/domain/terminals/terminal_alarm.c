/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/domain_sql.h"
#include "domain/terminals/terminal.h"

result terminal_alarm_add(struct db_tx *tx, struct instant now, const struct terminal_alarm *a,
                          bool *is_new)
{
	int64_t rows;

	TRY(db_execute(tx, &sql_terminal_alarm_add,
	               DB_ARGS(db_arg_i64(a->terminal_id), db_arg_i64(a->stan), db_arg_i64(a->code),
	                       db_arg_i64(a->severity), db_arg_text(a->text),
	                       db_arg_i64(a->event.us), db_arg_i64(now.us)),
	               &rows));
	*is_new = rows > 0;
	return OK;
}

result terminal_alarm_count(struct db_tx *tx, uint32_t terminal_id, int64_t *count)
{
	return db_select_i64(tx, &sql_terminal_alarm_count, DB_ARGS(db_arg_i64(terminal_id)),
	                     count);
}
