/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h — a list of fields and the bytes it stands for: laid out from named values, and read
 * back. */
#pragma once

#include "codec/ipk/values.h"

enum {
	IPK_FIELDS_MAX = 24,
	IPK_LITERAL_MAX = 8,
};

/* constant + ni × NI + el × EL */
struct ipk_sum {
	int constant, ni, el;
};

enum ipk_kind {
	IPK_LITERAL, /* bytes as written */
	IPK_WHOLE,   /* a value */
	IPK_SLICE,   /* bytes from…to of a value */
	IPK_PLAIN,   /* in a hash: the request's open part */
	IPK_BLOCK,   /* in a hash: the signed block up to HASH */
};

struct ipk_field {
	enum ipk_kind kind;
	enum ipk_name name;                    /* WHOLE, SLICE */
	struct ipk_sum from, to;               /* SLICE: byte numbers, `to` not included */
	uint8_t literal[IPK_LITERAL_MAX], len; /* LITERAL */
};

struct ipk_fields {
	struct ipk_field at[IPK_FIELDS_MAX];
	size_t count;
};

/* Number of the first field that is this value whole; f->count when there is none. */
size_t ipk_fields_find(const struct ipk_fields *f, enum ipk_name name);

/* Append fields from number `from` up to `to`, that one not included. IPK_VALUE: a value is not
 * set, or a slice is outside it. BUFFER_FULL. No PLAIN, no BLOCK. */
result ipk_fields_lay(const struct ipk_fields *f, size_t from, size_t to,
                      const struct ipk_values *v, struct writer *out);
/* The same for a hash, with the parts that it may name. */
struct ipk_parts {
	struct bytes plain, block;
};
result ipk_fields_lay_hash(const struct ipk_fields *f, const struct ipk_values *v,
                           const struct ipk_parts *parts, struct writer *out);

/*
 * Read them back: values come into `v`, or agree with what is there. IPK_FILE; the detail names
 * field and place. After it `v` holds what was read before.
 */
result ipk_fields_read(const struct ipk_fields *f, size_t from, size_t to, struct ipk_values *v,
                       struct reader *in);
