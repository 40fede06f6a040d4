/* SPDX-License-Identifier: Apache-2.0 */
/* ca.h — certification authorities (认证机构): whose keys certify the keys of issuers (keys 10,
 * 16.2, B6.07). */
#pragma once

#include "crypto/emv_cert.h"
#include "domain/keys/key_act.h"
#include "domain/keys/key_label.h"

enum { CA_NAME_MAX = 64, CA_NOTE_MAX = 200, CA_ROWS_MAX = 200 };

enum ca_scheme { CA_UNIONPAY, CA_VISA, CA_MASTERCARD, CA_OTHER };
extern const char *const ca_scheme_names[]; /* "unionpay", "visa", "mastercard", "other" */

struct ca {
	int64_t id;
	char code[KEY_CODE_MAX + 1];
	char name[CA_NAME_MAX + 1], note[CA_NOTE_MAX + 1];
	enum ca_scheme scheme;
	uint8_t rid[EMV_RID]; /* registered application provider identifier */
};

/* INVALID CA_FIELD (name, note; an RID that is not the scheme's), KEY_LABEL (code); DECLINE
 * CA_EXISTS. */
result ca_add(struct key_act *act, struct ca *c);
/* Everything but the code; scheme and RID only while nothing refers to it. CA_NOT_FOUND, CA_IN_USE.
 */
result ca_save(struct key_act *act, const struct ca *c);
/* CA_IN_USE while it has keys, or requests name it. */
result ca_remove(struct key_act *act, int64_t id);
result ca_load(struct db_tx *tx, int64_t id, struct ca *out); /* CA_NOT_FOUND */
result ca_list(struct db_tx *tx, struct arena *a, struct ca **rows, size_t *count);

/* Does it answer requests of that profile (ipk_profile.name)? A scheme takes its own, such as
 * "visa" and "visa-b"; another authority any. */
bool ca_takes_profile(const struct ca *c, struct str profile);
