/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_letter.h — key letters (密钥信封): a value as two or three components on paper, one for
 * each envelope (keys 5.1, 13). */
#pragma once

#include "crypto/component.h"
#include "domain/keys/exchange_entry.h"

enum { EXCHANGE_LETTER_TEXT = COMPONENT_PAPER_MAX };

/* One envelope: the lines of component_print_paper, and the check value of the component. */
struct exchange_letter {
	char text[EXCHANGE_LETTER_TEXT];
	char kcv[KCV_TEXT_SIZE];
};

struct exchange_letters {
	char label[KEY_LABEL_SIZE], kcv[KCV_TEXT_SIZE]; /* of the key */
	char algorithm;
	unsigned bits, count;
	struct exchange_letter at[EXCHANGE_PARTS_MAX];
};

/*
 * Part a value, in locked memory, for printing: 2 or 3 components that differ, all of them needed.
 * Of exportability E and S; the caller has an approval, and frees as soon as the page is printed.
 * KEY_NOT_FOUND, KEY_STATE, EXCHANGE_EXPORTABILITY, EXCHANGE_IN_DEVICE, KEY_LENGTH (a pair, no such
 * number of parts), LOCKED_FULL.
 */
result exchange_letters_make(struct key_act *act, int64_t version, unsigned parts,
                             struct exchange_letters **out);
/* What would refuse them; none is made. */
result exchange_letters_check(struct key_act *act, int64_t version, unsigned parts);
void exchange_letters_free(struct exchange_letters **l); /* wipes; for SCOPED */
