/* SPDX-License-Identifier: Apache-2.0 */
/* engine_sqlite.h — what the files of the SQLite engine share; private to db/. */
#pragma once

#include <sqlite3.h>

#include "db/engine.h"

sqlite3 *db_sqlite_handle(struct db *db);
/* db_copy. */
result db_sqlite_copy(struct db *db, const char *path, const struct db_copying *watch);
