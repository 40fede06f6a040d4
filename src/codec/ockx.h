/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ockx.h — batch key files (批量密钥文件, OCKX): lines of fields parted by '|', read strictly and
 * written (keys 13). The form alone: what the MAC is made with, and whose keys they are, is for the
 * key domain.
 *
 *   OCKX|1|<UTC>|<issuer>|<batch>|<ZMK>|<check value of the ZMK>|<B|D|4>|<count>
 *   K|<n>|<product>|<key>|<version>|<usage>|<algorithm>|<bits>|<check value>|<from>|<to>|<block>
 *   E|<count>|<MAC>
 *
 * There is one way to write a file: numbers without leading zeros, hex in upper case, LF between
 * lines and none behind the last; of the last LF alone a reader takes no notice.
 */
#pragma once

#include "base/buf.h"
#include "base/time.h"

enum {
	OCKX_FILE_MAX = 8 << 20, /* bytes */
	OCKX_ROWS_MAX = 20000,
	OCKX_LINE_MAX = 10240,
	OCKX_CODE_MAX = 8,  /* issuer, batch, product, key: [A-Z0-9]{1,8} */
	OCKX_ZMK_MAX = 32,  /* name of the transport key at its sender: [A-Z0-9.] */
	OCKX_CHECK_MIN = 6, /* hex digits of a check value */
	OCKX_CHECK_MAX = 16,
	OCKX_BLOCK_MIN = 16,
	OCKX_BLOCK_MAX = 9999, /* characters of a key block */
	OCKX_MAC_MAX = 16,
};

struct ockx_header {
	struct instant made; /* whole seconds */
	char issuer[OCKX_CODE_MAX + 1], batch[OCKX_CODE_MAX + 1];
	char zmk[OCKX_ZMK_MAX + 1], check[OCKX_CHECK_MAX + 1];
	char version;   /* of all blocks: 'B' 'D' '4' */
	unsigned count; /* of rows, 1…OCKX_ROWS_MAX */
};

struct ockx_row {
	size_t line; /* in the file, from 1; not written */
	char product[OCKX_CODE_MAX + 1], key[OCKX_CODE_MAX + 1];
	unsigned version; /* 1…99 */
	char usage[3], algorithm;
	unsigned bits;
	char check[OCKX_CHECK_MAX + 1];
	struct bizdate from, to; /* first and last day; 0: none named */
	struct str block;        /* borrowed; printable, never '|' */
};

/* Where a file is wrong, for whoever has to have it mended. All texts are static. */
struct ockx_fault {
	size_t line;      /* from 1; 0: the file as a whole */
	unsigned field;   /* from 1; 0: the line as a whole */
	const char *name; /* of the field; NULL: of none */
	const char *rule; /* what should stand there */
};

/* A file whose form is right. It borrows the text. */
struct ockx {
	struct ockx_header header;
	struct str covered; /* what the MAC is over: up to and with "E|<count>|" */
	struct str whole;   /* up to and with the MAC: what a batch is known by */
	uint8_t mac[OCKX_MAC_MAX];
	size_t mac_len; /* 8 (version B) or 16 */
	/* private */
	struct str rest;
	size_t line;
};

/*
 * Take a file apart and check the form of every line: fields, their limits, running numbers, both
 * counts. OCKX_FORM, OCKX_LIMIT (too long, too many rows), OCKX_COUNT; *fault (may be NULL) then
 * tells where, and *out is zeros. Nothing in it is believed until its MAC was checked.
 */
result ockx_open(struct str file, struct ockx *out, struct ockx_fault *fault);
/* The next row; false at the end. Cannot fail: the form is checked already. */
bool ockx_next(struct ockx *o, struct ockx_row *row);
void ockx_rewind(struct ockx *o);

/*
 * Write, in this order, into a buf whose limit is OCKX_FILE_MAX at most; what is then in it is what
 * the MAC is over, and ockx_put_mac ends the file. OCKX_FORM for a member that no reader would
 * take, OCKX_LIMIT when the file becomes too long.
 */
result ockx_put_header(struct buf *out, const struct ockx_header *h);
result ockx_put_row(struct buf *out, unsigned number, const struct ockx_row *r);
result ockx_put_end(struct buf *out, unsigned count);
result ockx_put_mac(struct buf *out, struct bytes mac);
