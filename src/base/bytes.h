/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h — borrowed runs of bytes and of text, and cursors over bytes with a sticky error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/result.h"

/* Borrowed bytes. Nobody frees through it. */
struct bytes {
	const uint8_t *at;
	size_t         len;
};

/* Borrowed text, UTF-8 unless said otherwise; no NUL promise. Print with STR_FMT and STR_ARG. */
struct str {
	const char *at;
	size_t      len;
};

#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).len, (s).at

/* A literal as str: STR("x"). */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

static inline struct str str_of(const char *text)
{
	return (struct str){ text, strlen(text) };
}

static inline struct bytes bytes_of(const void *at, size_t len)
{
	return (struct bytes){ at, len };
}

static inline struct bytes str_bytes(struct str s)
{
	return (struct bytes){ (const uint8_t *)s.at, s.len };
}

bool       str_equal(struct str a, struct str b);
bool       bytes_equal(struct bytes a, struct bytes b);
/* Equal without telling by time where they differ; for MACs and secrets. Lengths may leak. */
bool       bytes_equal_secret(struct bytes a, struct bytes b);
struct str str_trim(struct str s); /* without ASCII blanks, tabs, CR and LF at both ends */
/* Copy into a NUL-ended array, cut at a UTF-8 boundary when too long. `size` > 0. */
void       str_copy(struct str s, char *out, size_t size);
/* Decimal digits only, 1..19 of them, no sign. INVALID_NUMBER. */
result     str_u64(struct str s, uint64_t *out);
result     str_i64(struct str s, int64_t *out); /* an optional '-' first */
/* Levenshtein's distance between two short names; STR_DISTANCE_MAX when one is longer than that. */
enum { STR_DISTANCE_MAX = 64 };
size_t     str_distance(struct str a, struct str b);
bool       str_is_digits(struct str s);         /* at least one, all '0'…'9' */
bool       str_is_utf8(struct str s);           /* well formed, no NUL */
/* Split at the first `by`: *head before it, *rest after it; false (and all in *head) when it is not there. */
bool       str_cut(struct str s, char by, struct str *head, struct str *rest);

/* Upper-case hex, NUL-ended; `out` holds 2 × len + 1. */
void   hex_encode(struct bytes in, char *out);
/* Exactly `len` bytes from 2 × len hex digits of either case. INVALID_HEX. */
result hex_decode(struct str in, uint8_t *out, size_t len);

/*
 * Cursor that reads. After the first failed read every further read gives zero and is_ok is false;
 * ask once at the end. All integers are big-endian unless the name says le.
 */
struct reader {
	const uint8_t *at;
	size_t         left;
	bool           bad;
};

static inline struct reader reader_of(struct bytes b)
{
	return (struct reader){ b.at, b.len, false };
}

uint8_t      reader_u8(struct reader *r);
uint16_t     reader_u16(struct reader *r);
uint32_t     reader_u32(struct reader *r);
uint64_t     reader_u64(struct reader *r);
struct bytes reader_bytes(struct reader *r, size_t len); /* borrowed from what is read */
void         reader_copy(struct reader *r, void *out, size_t len); /* zeroes when short */
result       reader_done(const struct reader *r); /* INVALID_BYTES when short, or when bytes are left */

/*
 * Cursor that writes into the caller's array, sticky when it is full.
 */
struct writer {
	uint8_t *at;
	size_t   len;  /* written so far */
	size_t   size; /* of the array */
	bool     bad;
};

static inline struct writer writer_of(void *at, size_t size)
{
	return (struct writer){ at, 0, size, false };
}

static inline struct bytes writer_bytes(const struct writer *w)
{
	return (struct bytes){ w->at, w->len };
}

void   writer_u8(struct writer *w, uint8_t v);
void   writer_u16(struct writer *w, uint16_t v);
void   writer_u32(struct writer *w, uint32_t v);
void   writer_u64(struct writer *w, uint64_t v);
void   writer_put(struct writer *w, struct bytes b);
void   writer_str(struct writer *w, struct str s);
void   writer_fill(struct writer *w, uint8_t with, size_t len);
result writer_done(const struct writer *w); /* BUFFER_FULL when something did not fit */

/* Big-endian loads and stores at any alignment. */
static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline void store_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void store_be32(uint8_t *p, uint32_t v)
{
	store_be16(p, (uint16_t)(v >> 16));
	store_be16(p + 2, (uint16_t)v);
}

static inline void store_be64(uint8_t *p, uint64_t v)
{
	store_be32(p, (uint32_t)(v >> 32));
	store_be32(p + 4, (uint32_t)v);
}

/* CRC-32C (Castagnoli, reflected, initial and final all ones), RFC 3720 appendix B.4. */
uint32_t crc32c(struct bytes b);
