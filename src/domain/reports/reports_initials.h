/* SPDX-License-Identifier: Apache-2.0 */
/* reports_initials.h — the table behind the search by pinyin initials. */
#pragma once

#include <stdint.h>

enum { REPORTS_INITIALS_FIRST = 0x4E00 };

/* First letter of the usual reading of a character; '-' for what is none of the table. */
char reports_initial(uint32_t code_point);
