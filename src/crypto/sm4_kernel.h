/* SPDX-License-Identifier: Apache-2.0 */
/* sm4_kernel.h — what differs between processors, below sm4.c. */
#pragma once

#include "crypto/sm4.h"

enum { SM4_GROUP = 8 }; /* lanes of one vector register */

/* Eight blocks, each with its own round keys: lane l has column l. */
struct sm4_group {
	uint32_t round[SM4_ROUNDS][SM4_GROUP];
	uint8_t block[SM4_GROUP][SM4_BLOCK];
} __attribute__((aligned(64)));

bool sm4_kernel_is_there(void);
void sm4_kernel_expand(const uint8_t key[16], uint32_t round[SM4_ROUNDS]);
/* Each lane's round keys. */
void sm4_kernel_load_keys(struct sm4_group *g, const uint32_t *const keys[SM4_GROUP]);
/* Encrypt the blocks of one or two groups in place. */
void sm4_kernel_encrypt(struct sm4_group *groups, size_t count);
