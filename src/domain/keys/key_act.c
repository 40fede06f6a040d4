/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_act.h"

#include "domain/keys/kms_sql.h"

result key_act_turn(struct db_tx *tx)
{
	return db_execute(tx, &sql_key_turn, DB_NO_ARGS, NULL);
}

result key_act_changed(struct db_tx *tx)
{
	return db_execute(tx, &sql_key_changed, DB_NO_ARGS, NULL);
}

result key_act_changes(struct db_tx *tx, int64_t *count)
{
	return db_select_i64(tx, &sql_key_changes, DB_NO_ARGS, count);
}

result key_setting_get(struct db_tx *tx, const char *name, const char *fallback,
                       char out[KEY_SETTING_MAX + 1])
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	str_copy(str_of(fallback), out, KEY_SETTING_MAX + 1);
	TRY(db_select(tx, &sql_key_setting_get, DB_ARGS(db_arg_text(name)), &rows));
	if (db_next(&rows))
		db_text(&rows, 0, out, KEY_SETTING_MAX + 1);
	return db_done(&rows);
}

result key_setting_set(struct db_tx *tx, const char *name, const char *value)
{
	return db_execute(tx, &sql_key_setting_set, DB_ARGS(db_arg_text(name), db_arg_text(value)),
	                  NULL);
}
