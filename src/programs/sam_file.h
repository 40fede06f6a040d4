/* SPDX-License-Identifier: Apache-2.0 */
/* sam_file.h — personalise a software SAM for a registered terminal. */
#pragma once

#include "device/pos/sam.h"
#include "programs/platform.h"
#include "service/kms_link/kms_link.h"

/* A new random passphrase into a file of mode 0600. FILE_WRITE when it exists. */
result sam_file_passphrase(const char *path);
/*
 * The SAM of the node into a new file, opened by the passphrase in the first line of the other. Its
 * initial key comes from the key manager under the published transport key, which only test sites
 * have: on a live site a SAM comes by an authorisation card (`yika authorise`). TERMINAL_NOT_FOUND, SAM_*,
 * SAM_OFFICERS, KMS_AWAY.
 */
struct sam_source {
	const struct platform *platform;
	struct kms_link *kms;
};
result sam_file_write(const struct sam_source *s, const char *node_id, const char *path,
                      const char *passphrase_path);
/* The same for a tool that plays the terminal itself: it never leaves this process. sam_close it.
 */
result sam_in_memory(const struct sam_source *s, const char *node_id, struct sam **out);
