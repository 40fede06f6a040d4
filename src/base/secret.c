/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>

void secret_wipe(struct secret *s)
{
	secret_wipe_bytes(s, sizeof *s);
}

void secret_wipe_bytes(void *at, size_t len)
{
	if (len) /* at may be NULL then */
		explicit_bzero(at, len);
}
