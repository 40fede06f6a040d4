/* SPDX-License-Identifier: Apache-2.0 */
/* der.h — the few shapes of DER (ISO 8825-1) that keys and SM2 texts are made of; private to this
 * folder. */
#pragma once

#include "base/bytes.h"

enum {
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_LEN_MAX = 0xFFFF, /* of one element's content */
};

/*
 * Content of the next element, which must have this tag; a length not in its shortest form makes
 * the cursor bad. Borrowed.
 */
struct bytes der_read(struct reader *r, uint8_t tag);
/* A whole number that is not negative, without leading zeros: zero gives no bytes. */
struct bytes der_read_number(struct reader *r);
bool der_next_is(const struct reader *r, uint8_t tag);

/* Bytes that an element takes, and a number of any leading zeros. */
size_t der_size(size_t len);
size_t der_number_size(struct bytes number);

/* Tag and length only; the caller then writes exactly len bytes. */
void der_put_head(struct writer *w, uint8_t tag, size_t len);
void der_put(struct writer *w, uint8_t tag, struct bytes content);
void der_put_number(struct writer *w, struct bytes number);
