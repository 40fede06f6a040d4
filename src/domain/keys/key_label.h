/* SPDX-License-Identifier: Apache-2.0 */
/* key_label.h — names of keys (密钥标签): ISSUER.PRODUCT.KEY.VER, and patterns over them (keys 10).
 */
#pragma once

#include "base/bytes.h"

enum {
	KEY_CODE_MAX = 8, /* [A-Z0-9]{1,8} */
	KEY_LABEL_SIZE = 3 * (KEY_CODE_MAX + 1) + 3,
	KEY_PATTERN_MAX = 64,
	KEY_VERSION_MAX = 99,
};

struct key_label {
	char issuer[KEY_CODE_MAX + 1], product[KEY_CODE_MAX + 1], key[KEY_CODE_MAX + 1];
	unsigned version; /* 1…99; 0: the current one */
};

bool key_code_is_valid(struct str code);
/* "CAMPUS01.EP.DPK.01"; ".00" is the current version. INVALID KEY_LABEL. */
result key_label_parse(struct str text, struct key_label *out);
const char *key_label_text(const struct key_label *l, char out[KEY_LABEL_SIZE]); /* returns out */

/* Patterns: '*' stands for any run of characters, blanks part alternatives: "SITE.TERM.*
 * SITE.PIN.*". */
bool key_pattern_is_valid(struct str pattern);
bool key_pattern_matches(struct str pattern, struct str label);
