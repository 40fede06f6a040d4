/* SPDX-License-Identifier: Apache-2.0 */
/* suite.h — the algorithm suites of YTAP and what each of them stands for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* terminal-protocol 5.2; the numbers are those on the wire (DF10, SEC). */
enum suite {
	SUITE_AES = 1,      /* AES-128: CMAC, GCM, key wrap RFC 3394 */
	SUITE_SM4 = 2,      /* SM4: CMAC, CTR + CMAC, the RFC 3394 construction */
	SUITE_3DES = 3,     /* X9.19, no envelope, 3DES-ECB wrap */
	SUITE_UNIONPAY = 4, /* UnionPay ECB MAC; compatibility terminals */
};

enum {
	SUITE_KEY_SIZE = 16, /* every key of every suite */
	F64_SIZE = 8,        /* raw bytes of a message MAC */
};

static inline bool suite_is_known(unsigned id)
{
	return id >= SUITE_AES && id <= SUITE_UNIONPAY;
}

/* Suites whose messages may travel in a sealed envelope. */
static inline bool suite_has_envelope(enum suite suite)
{
	return suite == SUITE_AES || suite == SUITE_SM4;
}
