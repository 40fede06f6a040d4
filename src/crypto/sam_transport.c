/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sam_transport.h"

#include "crypto/keyblock.h"
#include "crypto/suite.h"

const uint8_t sam_transport_test[SAM_TRANSPORT_SIZE] = "YIKA-TEST-SAM-TRANSPORT-KEY-0001";

result sam_transport_open(struct str block, struct secret *tik)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = NULL;
	uint8_t key[KEYBLOCK_KEY_MAX];
	struct keyblock b;
	size_t len = 0;

	TRY(keyblock_parse(block, &b));
	TRY(keyblock_protector_open('D', bytes_of(sam_transport_test, SAM_TRANSPORT_SIZE), &l));
	result r = keyblock_open(keyblock_protector_of(l), block, &b, key, &len);
	if (is_ok(r) && len != SUITE_KEY_SIZE)
		r = FAIL(INVALID_KEY, "%zu bytes of an initial key", len);
	if (is_ok(r)) {
		memcpy(tik->at, key, len);
		tik->len = len;
	}
	secret_wipe_bytes(key, sizeof key);
	return r;
}
