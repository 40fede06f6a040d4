/* SPDX-License-Identifier: Apache-2.0 */
/* merchant_import.h — merchants from a table file. */
#pragma once

#include "domain/merchants/merchant.h"
#include "domain/people/import.h"

/* Columns: merchant number, name, park (optional). The same file again changes nothing. IMPORT_*,
 * DB_*. */
result merchant_import(struct db_tx *tx, struct instant now, struct import_rows *rows,
                       struct import_report *report);
