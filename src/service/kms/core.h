/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.h — the core of the key manager (密钥管理系统内核, keys 2) in one process: the only one that
 * touches crypto devices and keys in clear. Officers reach it over one Unix socket, programs over
 * another; it opens no IP socket. One thread, the keeper, writes its store; workers compute.
 */
#pragma once

#include <sys/types.h>

#include "base/secret.h"
#include "base/time.h"
#include "hsm/hsm_device.h"

enum {
	KMS_DEVICES_MAX = 2,
	KMS_WORKERS_MAX = 16,
	KMS_NODE_MAX = 32,
	KMS_PATH_MAX = 512,
};

struct kms_core;

/* Texts are copied. */
struct kms_core_config {
	const char *dsn;  /* the store; brought to the newest schema at the start */
	const char *node; /* this process among those on the same store, up to KMS_NODE_MAX */
	struct hsm_address devices[KMS_DEVICES_MAX]; /* one PKCS#11, one SDF, in this order */
	size_t device_count;
	const struct secret *pin;   /* of the first device; NULL: from its file */
	const char *officer_socket; /* NULL: nobody */
	const char *service_socket; /* NULL: nobody */
	bool for_group;     /* sockets are for the group too: the processes have users of their
	                       own */
	uid_t front_uid;    /* the TLS front's user: may name the certificates of its clients */
	uid_t platform_uid; /* the platform's user: local clients, and what browsers send */
	const char *checkpoint_dir; /* the audit's checkpoints; NULL: none are written */
	unsigned workers;           /* 1…KMS_WORKERS_MAX */
	const struct clock *clock;
};

/*
 * Start: self tests (keys 20.1), devices, store, threads. KMS_SELFTEST and HSM_SELFTEST;
 * REKEY_TABLE; what store, devices and sockets say. Goes on with a renewal that was under way.
 */
result kms_core_start(const struct kms_core_config *config, struct kms_core **out);
void kms_core_stop(struct kms_core *core); /* what was asked is answered; NULL is fine */
