/* SPDX-License-Identifier: Apache-2.0 */
/* payment_compat.h — numbers of transactions that come without a TSN. */
#pragma once

#include "base/time.h"

/*
 * Numbers of transactions that come without a TSN (terminal-protocol 2, suite 04). They are made of
 * the key: date, sale or reversal, batch, STAN; no TSN may lie among them. Numbers of a day follow
 * those of the day before, so the numbers not seen in between are few intervals.
 */
enum { PAYMENTS_SERIAL_MAX = 999999 };
#define PAYMENTS_COMPAT_FIRST (UINT64_C(1) << 62)
#define PAYMENTS_COMPAT_LAST  (PAYMENTS_COMPAT_FIRST + (UINT64_C(1) << 57) - 1)
struct payment_compat_key {
	struct bizdate date;  /* F13, 1970…2149 */
	uint32_t batch, stan; /* six digits */
	bool reversal;        /* old terminals reverse under the STAN of the original */
};
uint64_t payment_compat_number(const struct payment_compat_key *k);
bool payment_is_compat_number(uint64_t number);
