/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h — the only growing buffer; bounded, sticky error. */
#pragma once

#include "base/bytes.h"

/* Zero-initialise except `limit`; buf_free when done. */
struct buf {
	uint8_t *at;
	size_t   len, size;
	size_t   limit; /* never grows past it; 0 means 16 MiB */
	bool     bad;   /* something did not fit */
};

void         buf_put(struct buf *b, struct bytes in);
void         buf_str(struct buf *b, struct str s);
void         buf_printf(struct buf *b, const char *format, ...) ATTR_PRINTF(2, 3);
/* Room for `len` more bytes; NULL and bad when the limit forbids it. Add to b->len what was used. */
uint8_t     *buf_reserve(struct buf *b, size_t len);
void         buf_consume(struct buf *b, size_t len); /* drop from the front */
struct bytes buf_bytes(const struct buf *b);
struct str   buf_text(const struct buf *b);
result       buf_done(const struct buf *b); /* BUFFER_FULL */
void         buf_free(struct buf *b);
