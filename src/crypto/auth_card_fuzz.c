/* SPDX-License-Identifier: Apache-2.0 */
/* A card's body from outside is refused or in range, and then means the same written again. */
#include "crypto/auth_card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct passphrase_cost cheap = { 1, 8 };
	uint8_t body[AUTH_CARD_BODY] = { 0 }, file[AUTH_CARD_FILE];
	struct writer w = writer_of(file, sizeof file);
	struct auth_card card, again;

	(void)is_ok(auth_card_open(bytes_of(data, size < 64 ? size : 64), STR("12345678"), &card));
	memcpy(body, data, size < sizeof body ? size : sizeof body);
	if (!is_ok(auth_card_parse(bytes_of(body, sizeof body), &card)))
		return 0;
	ASSERT(is_ok(auth_card_seal(&card, STR("12345678"), cheap, random_system(), &w)));
	ASSERT(is_ok(auth_card_open(writer_bytes(&w), STR("12345678"), &again)));
	ASSERT(strcmp(card.node, again.node) == 0 && strcmp(card.hosts, again.hosts) == 0 &&
	       card.not_after.us == again.not_after.us &&
	       memcmp(card.wrapped, again.wrapped, sizeof card.wrapped) == 0);
	return 0;
}
