/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_link.h — a line from the platform to the key manager of the same machine, and what the
 * platform asks on it, one question at a time. keyring.h asks many at once.
 */
#pragma once

#include "base/secret.h"
#include "codec/kms_terminal.h"

enum { KMS_LINK_US = 5000000, KMS_LINK_TOKEN = 16 };

/* Zero-initialise with fd -1. One thread. */
struct kms_link {
	int fd;
	uint32_t next_id;
	size_t in_len;
	uint8_t in[KMS_FRAME_MAX], out[KMS_FRAME_MAX];
};

/* Connect and say that this is the platform. KMS_AWAY when nobody is there. */
result kms_link_open(struct kms_link *l, const char *path, int64_t wait_us);
void kms_link_close(struct kms_link *l); /* wipes; for SCOPED; open or not */

/* A question's body, to be written by kms_put and the like. */
struct writer kms_link_body(struct kms_link *l);
/*
 * Ask and wait. The answer's fields are borrowed until the next question. KMS_AWAY (no answer in
 * time, or the line broke: close it), and what the answer's status stands for: kms_link_result.
 */
result kms_link_ask(struct kms_link *l, uint16_t op, const struct writer *body, int64_t wait_us,
                    struct kms_fields *answer);

/* In pieces, for who waits for many: send one, whole; take what has come. */
result kms_link_send(struct kms_link *l, uint16_t op, uint32_t id, const struct writer *body,
                     int64_t wait_us);
/* Read what is there without waiting. KMS_AWAY: the line broke. */
result kms_link_receive(struct kms_link *l);
/* The next whole answer; false when there is none yet. Its body is borrowed until kms_link_done. */
bool kms_link_next(struct kms_link *l, struct kms_message *out);
void kms_link_done(struct kms_link *l, const struct kms_message *m);

/* What a status means to the platform: OK, KMS_AWAY (busy, device or master key away), KMS_WRONG,
 * KMS_DENIED. */
result kms_link_result(uint16_t status);

/* --- questions --- */

/* The token under which a PIN is kept (payments.h), from its digits. */
result kms_link_pin_token(struct kms_link *l, struct str digits, uint8_t token[KMS_LINK_TOKEN]);
/* The key of a small terminal's TLS. */
result kms_link_psk(struct kms_link *l, const struct kms_terminal *t, int64_t wait_us,
                    struct secret *out);
/* The initial key of a SAM, as a key block under the transport key of test sites; KMS_DENIED on
 * others. text: at least 256 bytes, NUL-ended. */
result kms_link_sam_key(struct kms_link *l, const struct kms_terminal *t, char *text, size_t size);
/* The label of the terminal root of a version. out: 24 bytes. Returns out. */
const char *kms_link_root(unsigned version, char out[24]);
