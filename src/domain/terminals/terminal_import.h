/* SPDX-License-Identifier: Apache-2.0 */
/* terminal_import.h — nodes from a table file. */
#pragma once

#include "domain/people/import.h"
#include "domain/terminals/terminal.h"

/*
 * Columns: node id, SAM number (12 digits), merchant number, type (till, desk …), location;
 * optional: suites ("aes sm4"), dialect, sealed (yes/no), state ("active" for sites that were set
 * up elsewhere). The same file again changes nothing.
 */
result terminal_import(struct db_tx *tx, struct instant now, uint8_t key_version,
                       struct import_rows *rows, struct import_report *report);
