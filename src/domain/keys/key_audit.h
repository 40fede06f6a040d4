/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_audit.h — the key manager's audit: lines chained by an HMAC under a key of the device (keys
 * 12). A line is seq|ts|actor|op|detail|result; link n = HMAC(AUK, link n-1 ‖ line n), link 0 = 32
 * zero bytes.
 *
 * The AUK belongs to the active master key; before there is one, and while the device does not have
 * it, to the device alone. Where another key takes over, a line CHAIN.SWITCH stands under the new
 * one, with a seal under the old one where that is still here, and the SHA-256 chain of all lines
 * before it: that is what lines are checked against whose key is gone.
 */
#pragma once

#include "domain/keys/key_act.h"

enum {
	KEY_AUDIT_OP_MAX = 32,
	KEY_AUDIT_DETAIL_MAX = 400,
	KEY_AUDIT_TEXT_MAX = 640,
	KEY_AUDIT_LINK = 32,
	KEY_AUDIT_PAGE_MAX = 500,
};

/*
 * Append a line in the transaction of the act: "KEY.GENERATE", then printf-style detail "label=…
 * kcv=…", never a value.
 * '|' and control characters in it become '/'. An act whose line cannot be written must not happen:
 * pass its failure on.
 */
result key_audit_write(struct key_act *act, const char *op, result of, const char *format, ...)
        ATTR_PRINTF(4, 5);
struct key_audit_line {
	int64_t seq, lmk;
	char ts[32], actor[KEY_ACTOR_MAX + 1], op[KEY_AUDIT_OP_MAX + 1],
	        detail[KEY_AUDIT_DETAIL_MAX + 1];
	char result[40];
	uint8_t link[KEY_AUDIT_LINK];
};
/* "1|2026-11-22T02:15:00.000Z|SO1|…": what is chained. */
result key_audit_text(const struct key_audit_line *l, char out[KEY_AUDIT_TEXT_MAX], size_t *len);
/* One link by any HMAC, for tests of the form (TV-34). */
result key_audit_link(result (*hmac)(void *owner, const uint8_t previous[32], struct bytes text,
                                     uint8_t out[32]),
                      void *owner, const uint8_t previous[32], const struct key_audit_line *l,
                      uint8_t out[KEY_AUDIT_LINK]);

/* Lines after `after`, oldest first; or before `before` (0: the end), newest first. At most limit.
 */
struct key_audit_filter {
	int64_t after, before;
	bool newest_first;
	struct str op, actor; /* prefix of op, whole actor; empty: all */
	size_t limit;
};
result key_audit_list(struct db_tx *tx, const struct key_audit_filter *f, struct arena *a,
                      struct key_audit_line **rows, size_t *count);

struct key_audit_verdict {
	int64_t lines, first_bad; /* 0: sound */
	int64_t unkeyed; /* lines of retired keys, held by the SHA-256 of the next switch */
	char what[160];  /* what is wrong with the first bad one */
	uint8_t last[KEY_AUDIT_LINK];
};
/* From the first line. AUDIT_BROKEN and the verdict, or OK. A last line below `expect_seq` or with
 * another link there (a checkpoint; 0: none) is a truncation. */
struct key_audit_point {
	int64_t seq;
	uint8_t link[KEY_AUDIT_LINK];
};
result key_audit_verify(struct db_tx *tx, const struct master_ring *ring,
                        const struct key_audit_point *point, struct key_audit_verdict *out);
/* The newest line. seq 0 when there is none. */
result key_audit_last(struct db_tx *tx, struct key_audit_point *out);
