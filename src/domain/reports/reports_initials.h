/* SPDX-License-Identifier: Apache-2.0 */
/* reports_initials.h — the table behind the search by pinyin initials. */
#pragma once

enum { REPORTS_INITIAL_ROWS = 72, REPORTS_INITIAL_CELLS = 94 };

/* First letter of the character at row 16 + row, cell 1 + cell of GB 2312; '-' when there is none.
 */
char reports_initial_at(unsigned row, unsigned cell);
