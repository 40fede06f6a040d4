/* SPDX-License-Identifier: Apache-2.0 */
/* selftest.h — known answers that must come out right before any key is touched (开机自检, keys
 * 20.1). */
#pragma once

#include "base/result.h"

/* Check values, CMAC, SM4, SM3, SM2, key blocks of versions B and D, RSA there and back. FAULT
 * CRYPTO_SELFTEST naming the first that differs. Half a second. */
result crypto_selftest(void);
