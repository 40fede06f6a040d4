/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_bench.h — the key manager's service beside what it stands on: the same operation asked of a
 * running yika-kms over its socket, of the device by bare PKCS#11 calls, and of OpenSSL.
 */
#pragma once

#include "base/time.h"
#include "codec/kms_message.h"

enum { KMS_BENCH_BODY_MAX = KMS_BODY_MAX, KMS_BENCH_ROUNDS_MAX = 9 };

/* One unit of work, again and again. */
struct kms_bench_loop {
	result (*once)(void *arg);
	void *arg;
};
/* How often a second; and how much processor time each takes, which other work on the machine
 * changes little. */
struct kms_bench_speed {
	double rate, cpu_us;
};
result kms_bench_rate(const struct kms_bench_loop *l, double seconds, struct kms_bench_speed *out);

/* --- the device by itself: a token of its own, one thread --- */

/* What an operation needs of the device: calls of PKCS#11 as few as it can be done with. */
enum kms_bench_device {
	DEVICE_NOTHING,
	DEVICE_AES_CBC,
	DEVICE_TDES_CBC,
	DEVICE_AES_CMAC,
	DEVICE_TDES_CMAC,
	DEVICE_TDES_ECB,    /* a card's key from its root: 16 bytes */
	DEVICE_SESSION_MAC, /* two derivations, a MAC of 24 bytes, and the two keys go again */
	DEVICE_OPEN_BLOCK,  /* a key block under the master key: CMAC over head and key, CBC of the
	                       key */
	DEVICE_RSA,         /* 2048 bits, PKCS#1 */
};
/* size: bytes of data, or of a key in its block. Only one at a time. */
result kms_bench_device_open(const char *module, const char *dir);
result kms_bench_device_loop(enum kms_bench_device what, size_t size, struct kms_bench_loop *out);
void kms_bench_device_close(void);

/* --- OpenSSL by itself, one thread --- */

enum kms_bench_openssl {
	OPENSSL_NOTHING,
	OPENSSL_AES_CBC,
	OPENSSL_TDES_CBC,
	OPENSSL_SM4_CBC,
	OPENSSL_AES_CMAC,
	OPENSSL_TDES_CMAC,
	OPENSSL_SM4_CMAC,
	OPENSSL_TDES_SESSION_MAC, /* card's key, session key, MAC of 24 bytes: three keys */
	OPENSSL_SM4_SESSION_MAC,
	OPENSSL_ARQC, /* card's key, session key, retail MAC of 40 bytes */
	OPENSSL_TAC,  /* card's key, folded, MAC of 24 bytes */
	OPENSSL_RSA,
	OPENSSL_SM2,
};
result kms_bench_openssl_loop(enum kms_bench_openssl what, size_t size, struct kms_bench_loop *out);
void kms_bench_openssl_free(struct kms_bench_loop *l);

/* --- the service --- */

struct kms_bench_question {
	uint16_t op;
	const uint8_t *body;
	size_t len;
	size_t vary_at; /* 8 bytes of the body that are different in each; 0: none */
};

/* Lines to it, as the TLS front would open them for a client with this fingerprint. */
struct kms_bench_lines;
result kms_bench_lines_open(const char *socket, const uint8_t fingerprint[32], unsigned count,
                            struct kms_bench_lines **out);
void kms_bench_lines_close(struct kms_bench_lines **l); /* for SCOPED */
/* Ask on all of them, `depth` at once on each, for `seconds`. Answers, and the processor time of
 * yika-kms for each; an answer that is not KMS_OK ends it. */
result kms_bench_lines_rate(struct kms_bench_lines *l, const struct kms_bench_question *q,
                            unsigned depth, double seconds, struct kms_bench_speed *out);

struct histogram;
/* One question on each line; asked again when it is answered (rate 0), or so many a second in all,
 * from the moment they should have been asked. */
result kms_bench_lines_latency(struct kms_bench_lines *l, const struct kms_bench_question *q,
                               unsigned rate, double seconds, struct histogram *h);
