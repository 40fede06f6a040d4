/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever stands in a SAM file, it opens or it does not. A file with a high cost is skipped: it
 * only takes time. */
#include "device/pos/sam.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sam *s;

	if (size >= 16 && (load_be32(data + 8) > 1 || load_be32(data + 12) > 64))
		return 0;
	if (is_ok(sam_unseal(bytes_of(data, size), STR("correct horse"), &s))) {
		ASSERT(strlen(sam_identity(s)->node_id) == SAM_NODE_LEN);
		sam_close(s);
	}
	return 0;
}
