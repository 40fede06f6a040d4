/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/payments/payment_compat.h"

enum { DATE_SHIFT = 41, SALE_SHIFT = 40, BATCH_SHIFT = 20, DAYS_MAX = 0xFFFF };

_Static_assert(PAYMENTS_SERIAL_MAX < 1 << BATCH_SHIFT, "batch and STAN fit their 20 bits");

uint64_t payment_compat_number(const struct payment_compat_key *k)
{
	int64_t days = bizdate_days(k->date);

	ASSERT(days >= 0 && days <= DAYS_MAX && k->batch <= PAYMENTS_SERIAL_MAX &&
	       k->stan <= PAYMENTS_SERIAL_MAX);
	return PAYMENTS_COMPAT_FIRST | (uint64_t)days << DATE_SHIFT |
	       (uint64_t)!k->reversal << SALE_SHIFT | (uint64_t)k->batch << BATCH_SHIFT | k->stan;
}

bool payment_is_compat_number(uint64_t number)
{
	return number >= PAYMENTS_COMPAT_FIRST && number <= PAYMENTS_COMPAT_LAST;
}
