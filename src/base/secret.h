/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h — key bytes that are wiped when their scope ends and have no formatter. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SECRET_MAX = 64 };

struct secret {
	uint8_t at[SECRET_MAX];
	size_t  len;
};

void secret_wipe(struct secret *s); /* for SCOPED(secret_wipe) */
void secret_wipe_bytes(void *at, size_t len);
