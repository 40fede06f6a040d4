/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_client.h — machine clients of the computing service (密码服务客户端): who one is, by its
 * certificate, and what it may do: operations × usages of keys × labels × rate (keys 12, 16.1).
 */
#pragma once

#include "codec/kms_message.h"
#include "domain/keys/key_act.h"
#include "domain/keys/key_label.h"

enum {
	KEY_CLIENTS_MAX = 64, /* that are not stopped (keys 18) */
	KEY_CLIENT_ROWS_MAX = 1000,
	KEY_CLIENT_NAME_MAX = 32,
	KEY_CLIENT_CERTIFICATE = 32,
	KEY_CLIENT_TEXT_MAX = 320, /* of operations, of labels */
	KEY_CLIENT_USAGES_MAX = 160,
	KEY_CLIENT_RATE_MAX = 10000000,
	KEY_CLIENT_OP_WORDS = KMS_OPS / 64,
	KEY_CLIENT_USAGE_WORDS = (36 * 36 + 63) / 64,
};

enum key_client_state { KEY_CLIENT_ACTIVE, KEY_CLIENT_STOPPED };
extern const char *const key_client_state_names[];

struct key_client {
	int64_t id;
	char name[KEY_CLIENT_NAME_MAX + 1];          /* letters, digits, '-', '_', '.' */
	uint8_t certificate[KEY_CLIENT_CERTIFICATE]; /* SHA-256 of its DER */
	/*
	 * Words parted by blanks: names ("tac-verify") or codes ("0034") of operations, or groups:
	 * all, mac, purse, card, sign. No group holds what gives keys or clear data away:
	 * decrypt, translate, diversify-wrap, card-keys, psam-load, sm2-decrypt, random-key and
	 * pin-translate are off unless they are named. hello and ping are everybody's.
	 */
	char ops[KEY_CLIENT_TEXT_MAX + 1];
	char usages[KEY_CLIENT_USAGES_MAX + 1]; /* "20 21 23", or "all" */
	char labels[KEY_CLIENT_TEXT_MAX + 1];   /* patterns: "CAMPUS01.EP.*.* CAMPUS01.CARD.*" */
	uint32_t rate, burst;                   /* items per second, items at once */
	int64_t quota_day;                      /* items per day of +08:00; 0: no limit */
	enum key_client_state state;
	struct instant created;
	/* from `ops` and `usages`, by key_client_prepare */
	uint64_t op_bits[KEY_CLIENT_OP_WORDS];
	uint64_t usage_bits[KEY_CLIENT_USAGE_WORDS];
};

/* Check the texts and numbers, fill the bits. Rows come prepared. INVALID KEY_CLIENT_FIELD naming
 * the field. */
result key_client_prepare(struct key_client *c);
/* Would `to` be allowed anything that `from` is not? Another certificate, an operation, a usage, a
 * label pattern that no pattern of before covers, a higher rate, burst or quota, active again. */
bool key_client_widens(const struct key_client *from, const struct key_client *to);

/* Rows. All changes are audited. Making one and widening one needs a second person (keys 12), which
 * is the caller's to see to. */
/* KEY_CLIENT_FIELD; DECLINE KEY_CLIENT_EXISTS (name or certificate), KEY_CLIENTS (there are
 * KEY_CLIENTS_MAX). */
result key_client_add(struct key_act *act, struct key_client *c);
/* Everything but id and created. *widens, may be NULL: compared with the row as it was. The caller
 * rolls back when it does and nobody agreed. KEY_CLIENT_NOT_FOUND too. */
result key_client_save(struct key_act *act, const struct key_client *c, bool *widens);
result key_client_stop(struct key_act *act, int64_t id); /* KEY_CLIENT_NOT_FOUND */
result key_client_load(struct db_tx *tx, int64_t id, struct key_client *out);
/* By certificate, stopped ones too. */
result key_client_find(struct db_tx *tx, const uint8_t certificate[KEY_CLIENT_CERTIFICATE],
                       struct key_client *out, bool *found);
result key_client_list(struct db_tx *tx, struct arena *a, struct key_client **rows,
                       size_t *count); /* by name */

/* --- what it may do; pure --- */

/* Why not, in the order in which it is asked (keys 16.1). */
enum key_client_refusal {
	KEY_CLIENT_MAY,
	KEY_CLIENT_NO_CERTIFICATE, /* no client has it */
	KEY_CLIENT_NOT_ACTIVE,
	KEY_CLIENT_NO_OP,
	KEY_CLIENT_NO_USAGE,
	KEY_CLIENT_NO_LABEL,
	KEY_CLIENT_NO_RATE,
	KEY_CLIENT_NO_QUOTA,
};
/* "usage", for the audit. */
const char *key_client_refusal_name(enum key_client_refusal r);

/* Certificate, state, operation. c NULL: nobody's certificate. */
enum key_client_refusal key_client_may_call(const struct key_client *c, uint16_t op);
/* Usage of a key, then its label with the number of its version. */
enum key_client_refusal key_client_may_use(const struct key_client *c, const char *usage,
                                           struct str label);
/* Its patterns match; nothing else is asked. */
bool key_client_may_name(const struct key_client *c, struct str label);
