/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_beside.h — a key manager run beside a program of a site: on a laptop, and wherever it has no
 * user and no service unit of its own (yika.conf, kms.run). Started when nobody listens at its
 * socket, and again when it ends; it ends with this program.
 */
#pragma once

#include <pthread.h>

#include "programs/site.h"

struct kms_beside {
	char program[SITE_PATH_MAX], dir[SITE_PATH_MAX], socket[SITE_PATH_MAX],
	        clock[SITE_PATH_MAX + 16];
	pthread_t thread;
	int stop[2];
	pid_t child; /* 0: none; the thread's own */
	bool runs;
};

/* Zero-initialise. Starts the thread, and waits until the key manager answers, KMS_BESIDE_MS at
 * most: without one the program goes on. Nothing at all when kms.run is "no". SYSTEM_CALL. */
enum { KMS_BESIDE_MS = 15000 };
result kms_beside_start(const struct site *site, struct kms_beside *b);
void kms_beside_stop(struct kms_beside *b); /* for SCOPED; started or not */
/* A line to the site's key manager, beside this program or not. KMS_AWAY. kms_link_close it. */
struct kms_link;
result kms_beside_link(const struct site *site, struct kms_link *link);
