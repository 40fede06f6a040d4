/* SPDX-License-Identifier: Apache-2.0 */
/* ytap_compat.h — working keys of terminals from before YTAP (terminal-protocol 7.2, F62). */
#pragma once

#include "crypto/ytap_keys.h"

enum { YTAP_COMPAT_CHECK = 4, YTAP_COMPAT_KEYS = 3 * (SUITE_KEY_SIZE + YTAP_COMPAT_CHECK) };

/*
 * TPK, TAK, TDK, each as 3DES-ECB under the terminal's master key, then the left four bytes of what
 * it makes of eight zeros. The master key is the node's KWRAP. CRYPTO_FAULT.
 */
result ytap_compat_wrap(const uint8_t kwrap[SUITE_KEY_SIZE], const struct ytap_session_keys *keys,
                        uint8_t out[YTAP_COMPAT_KEYS]);
