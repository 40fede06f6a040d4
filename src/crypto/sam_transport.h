/* SPDX-License-Identifier: Apache-2.0 */
/* sam_transport.h — the published transport key of SAMs on test sites (测试传输密钥): under it the
 * key manager of such a site gives initial keys to whoever plays a terminal. A live site does not
 * have it. */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

enum { SAM_TRANSPORT_SIZE = 32 };

extern const uint8_t sam_transport_test[SAM_TRANSPORT_SIZE]; /* AES-256 */

/* An initial key out of its key block under the published key. KEYBLOCK_*, INVALID_KEY. */
result sam_transport_open(struct str block, struct secret *tik);
