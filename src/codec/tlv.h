/* SPDX-License-Identifier: Apache-2.0 */
/* tlv.h — BER-TLV of F57, F58 and F62: private primitive tags, read in order or by tag, and
 * written. */
#pragma once

#include "base/bytes.h"

enum {
	TLV_MAP_MAX = 40, /* tags a map keeps; C1…C4 are not kept, walk them with tlv_next */
	TLV_VALUE_MAX = 9999,
};

struct tlv {
	uint16_t tag; /* C1, DF01, …; tags of one or two bytes */
	struct bytes value;
};

/* --- in order --- */

/* The next element: false at the end, and when malformed (then r->bad). Any tag of one or two bytes
 * is accepted. */
bool tlv_next(struct reader *r, struct tlv *out);

/* --- by tag --- */

/*
 * All elements of a field by tag, with a sticky error: read everything wanted, ask tlv_map_done
 * once. Values are borrowed. Unknown tags are kept and harm nothing; DF tags that stand twice are
 * refused.
 */
struct tlv_map {
	uint8_t count;
	uint16_t bad_tag;     /* of the first reading that failed */
	enum result_code bad; /* SUCCESS, or the error to come */
	uint16_t tags[TLV_MAP_MAX];
	struct bytes values[TLV_MAP_MAX];
};

/* An empty field gives an empty map. A malformed field gives an empty map whose done fails. */
void tlv_map_init(struct tlv_map *m, struct bytes field);
bool tlv_has(const struct tlv_map *m, uint16_t tag);

/* Readings of a tag that must be there; zero or empty and sticky otherwise. Integers: exactly that
 * size. */
uint8_t tlv_u8(struct tlv_map *m, uint16_t tag);
uint16_t tlv_u16(struct tlv_map *m, uint16_t tag);
uint32_t tlv_u32(struct tlv_map *m, uint16_t tag);
uint64_t tlv_u64(struct tlv_map *m, uint16_t tag);
uint32_t tlv_bcd8(struct tlv_map *m, uint16_t tag); /* 4 bytes BCD as a number: yyyymmdd */
struct bytes tlv_bytes(struct tlv_map *m, uint16_t tag, size_t len); /* exactly len */
struct bytes tlv_range(struct tlv_map *m, uint16_t tag, size_t min, size_t max);
/* OK, TLV_BROKEN, TLV_MISSING or TLV_LENGTH; the detail names the tag. */
result tlv_map_done(const struct tlv_map *m);

/* --- writing, into a writer; sticky there --- */

void tlv_put(struct writer *w, uint16_t tag, struct bytes value);
void tlv_put_u8(struct writer *w, uint16_t tag, uint8_t v);
void tlv_put_u16(struct writer *w, uint16_t tag, uint16_t v);
void tlv_put_u32(struct writer *w, uint16_t tag, uint32_t v);
void tlv_put_u64(struct writer *w, uint16_t tag, uint64_t v);
void tlv_put_bcd8(struct writer *w, uint16_t tag, uint32_t v); /* eight digits in 4 bytes */
/* Tag and length only; the caller then writes exactly len bytes. */
void tlv_put_head(struct writer *w, uint16_t tag, size_t len);
/* Bytes an element takes. */
size_t tlv_size(uint16_t tag, size_t len);
