/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate.h — certificates of issuers' keys (发卡行公钥证书, keys 16.3, 16.4, B6.09): what was
 * asked of an authority, and what it answered. A request and its certificate move together: DRAFT,
 * SENT, ISSUED, IN_USE, and EXPIRED or REVOKED in the end.
 */
#pragma once

#include "domain/keys/ca_key.h"
#include "domain/keys/ipk_request.h"
#include "domain/keys/ipk_response.h"
#include "domain/keys/key_version.h"

enum {
	CERTIFICATE_IIN_MAX = 8,
	CERTIFICATE_EXPIRY_TEXT = 4,
	CERTIFICATE_TRACKING_TEXT = 6,
	CERTIFICATE_SERIAL_TEXT = 6,
	CERTIFICATE_XML_MAX = 4096,
	CERTIFICATE_ROWS_MAX = 1000,
};

enum certificate_state {
	CERTIFICATE_IS_DRAFT,
	CERTIFICATE_IS_SENT,
	CERTIFICATE_IS_ISSUED,
	CERTIFICATE_IS_IN_USE,
	CERTIFICATE_IS_EXPIRED,
	CERTIFICATE_IS_REVOKED
};
extern const char *const certificate_state_names[];
/* May a request, and with it its certificate, go from one to the other? */
bool certificate_may_move(enum certificate_state from, enum certificate_state to);

/* --- requests (发卡行公钥证书申请) --- */

struct certificate_request {
	int64_t id, ca, ca_key, key_version; /* ca_key 0: not known which will sign */
	char label[KEY_LABEL_SIZE];          /* of the key version */
	char profile[IPK_PROFILE_NAME_MAX];
	char iin[CERTIFICATE_IIN_MAX + 1], expiry[CERTIFICATE_EXPIRY_TEXT + 1];
	char tracking[CERTIFICATE_TRACKING_TEXT + 1];
	uint8_t hash[EMV_HASH];          /* shown to people, for the other channel */
	struct ipk_file file, hash_file; /* of a list: names only */
	enum certificate_state state;
	struct instant created;
};

/* What is wished for. Texts as they are typed, borrowed. */
struct certificate_wish {
	int64_t ca, ca_key; /* ca_key 0: not known; else the issuer's key must not be longer */
	int64_t key_version;
	struct str profile;
	struct str iin, expiry, tracking; /* 3…8 digits, MMYY, 6 digits */
	struct str index, service;        /* IDX, SVC where the profile has them; may be empty */
};

/*
 * Make a request's files under the issuer's key, and keep them as a DRAFT. CA_NOT_FOUND,
 * CA_KEY_STATE, CA_FIELD (the CA key is another authority's, or the authority does not take this
 * profile); KEY_NOT_FOUND, KEY_STATE (only PRE and ACTIVE keys are certified); CERTIFICATE_KEY (no
 * RSA key for signatures, too long for EMV or for the CA key); IPK_PROFILE, IPK_VALUE (a text, an
 * expiry that is past); CERTIFICATE_TRACKING; and what the key fails with.
 */
result certificate_request_make(struct key_act *act, const struct certificate_wish *w,
                                struct certificate_request *out);
/* It went to the authority. CERTIFICATE_STATE. */
result certificate_request_sent(struct key_act *act, int64_t id);
/* CERTIFICATE_IN_USE while a certificate belongs to it. */
result certificate_request_remove(struct key_act *act, int64_t id);
result certificate_request_load(struct db_tx *tx, int64_t id,
                                struct certificate_request *out); /* CERTIFICATE_NOT_FOUND */
/* Newest first; of one authority, or of all (0). */
result certificate_request_list(struct db_tx *tx, int64_t ca, struct arena *a,
                                struct certificate_request **rows, size_t *count);

/* --- certificates --- */

struct certificate {
	int64_t id, request, ca_key, key_version;
	char label[KEY_LABEL_SIZE]; /* of the key version */
	char iin[CERTIFICATE_IIN_MAX + 1];
	char serial[CERTIFICATE_SERIAL_TEXT + 1], expiry[CERTIFICATE_EXPIRY_TEXT + 1];
	uint8_t rid[EMV_RID], index;  /* of the CA key: tag 8F */
	struct emv_certificate tags;  /* 90, 92, 9F32 */
	uint8_t source[DIGEST_SIZE];  /* SHA-256 of the answer's file */
	enum certificate_state state; /* from ISSUED on */
	struct instant verified;
};

/*
 * Import the answer to a request that was SENT: every check of keys 16.4 against the authority's
 * keys, then the certificate and its XML are kept, both ISSUED. The same file again changes nothing
 * and says so in *again. IPK_FILE, EMV_CERTIFICATE (the detail names the check); DECLINE
 * CERTIFICATE_NOT_FOUND, CERTIFICATE_EXISTS, CERTIFICATE_STATE, CERTIFICATE_SERIAL, KEY_STATE (the
 * key is compromised or destroyed).
 */
result certificate_import(struct key_act *act, int64_t request, struct bytes file,
                          struct certificate *out, bool *again);

result certificate_load(struct db_tx *tx, int64_t id, struct certificate *out);
/* Of one key version, or of all (0); newest first. */
result certificate_list(struct db_tx *tx, int64_t key_version, struct arena *a,
                        struct certificate **rows, size_t *count);
/* The XML text of keys 16.4 as it was made at the import, in the arena. */
result certificate_xml(struct db_tx *tx, int64_t id, struct arena *a, struct str *out);

/* The state by the clock: a month that is over ends it. */
enum certificate_state certificate_state_at(const struct certificate *c, struct instant now);
/* ISSUED, so that card data are made with it. CERTIFICATE_STATE. */
result certificate_use(struct key_act *act, int64_t id);
/* Not used any more, for good. CERTIFICATE_STATE. */
result certificate_revoke(struct key_act *act, int64_t id);
/* Of one that is not in use; an ISSUED one's request is SENT again. CERTIFICATE_STATE. */
result certificate_remove(struct key_act *act, int64_t id);
/* Write down which have expired since. */
result certificate_follow_clock(struct key_act *act, size_t *moved);
