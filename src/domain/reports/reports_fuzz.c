/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a name or a search holds, masking stays inside its array and keeps UTF-8 whole. */
#include "domain/reports/reports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct str name, letters;
	char masked[REPORTS_MASKED_SIZE];

	str_cut(text, '\n', &name, &letters);
	if (name.len > PERSON_NAME_MAX)
		name.len = PERSON_NAME_MAX;
	reports_mask(name, masked);
	ASSERT(strlen(masked) < sizeof masked);
	if (str_is_utf8(name))
		ASSERT(str_is_utf8(str_of(masked)));
	reports_has_initials(name, letters);
	return 0;
}
