/* SPDX-License-Identifier: Apache-2.0 */
/* emv_keys.h — symmetric keys and cryptograms of EMV bank cards: the card's master key, its session
 * keys, ARQC and ARPC (EMV 4.3 book 2, 8.1, 8.2, A1.3, A1.4). 3DES. */
#pragma once

#include "base/bytes.h"

enum emv_option {
	EMV_OPTION_A, /* rightmost 16 digits of card number and sequence number */
	EMV_OPTION_B, /* for card numbers of more than 16 digits their SHA-1; else as A */
};

enum {
	EMV_KEY_SIZE = 16,
	EMV_CRYPTOGRAM_SIZE = 8,
	EMV_ARC_SIZE = 2,
	EMV_CSU_SIZE = 4,
	EMV_ARPC2_SIZE = 4,
	EMV_PROPRIETARY_MAX = 8,
	EMV_CARD_DIGITS_MIN = 8,
	EMV_CARD_DIGITS_MAX = 19,
	EMV_SEQUENCE_MAX = 99,
};

/* A card: its number (PAN) in digits, its sequence number (PSN, 卡序列号) 0…99, 0 when it has none.
 */
struct emv_card {
	struct str number;
	uint8_t sequence;
};

/* The card's master key from the issuer's, with odd parity (A1.4). INVALID_NUMBER for a card number
 * of other than 8 to 19 digits or a sequence number over 99; CRYPTO_FAULT. */
result emv_master_key(enum emv_option option, const uint8_t issuer[EMV_KEY_SIZE],
                      const struct emv_card *card, uint8_t out[EMV_KEY_SIZE]);
/* Common session key of one transaction counter, with odd parity (A1.3.1). */
result emv_session_key(const uint8_t master[EMV_KEY_SIZE], uint16_t counter,
                       uint8_t out[EMV_KEY_SIZE]);

/* ISO 9797-1 algorithm 3 with padding 80 00… over the data that the card's scheme lists (8.1). */
result emv_arqc(const uint8_t session[EMV_KEY_SIZE], struct bytes data,
                uint8_t out[EMV_CRYPTOGRAM_SIZE]);
/* The issuer's answer, method 1: response code ARC (8.2.1). */
result emv_arpc1(const uint8_t session[EMV_KEY_SIZE], const uint8_t arqc[EMV_CRYPTOGRAM_SIZE],
                 const uint8_t arc[EMV_ARC_SIZE], uint8_t out[EMV_CRYPTOGRAM_SIZE]);
/* Method 2: card status update CSU and 0 to 8 bytes of the issuer's own (8.2.2). INVALID_BYTES. */
result emv_arpc2(const uint8_t session[EMV_KEY_SIZE], const uint8_t arqc[EMV_CRYPTOGRAM_SIZE],
                 const uint8_t csu[EMV_CSU_SIZE], struct bytes proprietary,
                 uint8_t out[EMV_ARPC2_SIZE]);
