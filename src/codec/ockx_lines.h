/* SPDX-License-Identifier: Apache-2.0 */
/* ockx_lines.h — the fields of each kind of line of a batch key file; private to codec/ockx. */
#pragma once

#include "codec/ockx.h"

enum ockx_kind { OCKX_HEADER, OCKX_ROW, OCKX_END };

/* Where what stands, counted from 0. */
enum ockx_header_field {
	OCKX_H_MADE = 2,
	OCKX_H_ISSUER,
	OCKX_H_BATCH,
	OCKX_H_ZMK,
	OCKX_H_CHECK,
	OCKX_H_VERSION,
	OCKX_H_COUNT
};
enum ockx_row_field {
	OCKX_R_NUMBER = 1,
	OCKX_R_PRODUCT,
	OCKX_R_KEY,
	OCKX_R_VERSION,
	OCKX_R_USAGE,
	OCKX_R_ALGORITHM,
	OCKX_R_BITS,
	OCKX_R_CHECK,
	OCKX_R_FROM,
	OCKX_R_TO,
	OCKX_R_BLOCK
};
enum ockx_end_field { OCKX_E_COUNT = 1, OCKX_E_MAC };

enum { OCKX_FIELDS_MAX = 12 };

/* A line in its fields. Borrowed. */
struct ockx_fields {
	struct str at[OCKX_FIELDS_MAX];
	size_t count;
};

/*
 * Split a line and hold each field to its rule. OCKX_FORM; *fault's field, name and rule then say
 * what is wrong.
 */
result ockx_split(enum ockx_kind kind, struct str line, struct ockx_fields *out,
                  struct ockx_fault *fault);
/* Note a field of a line as the wrong one, with a rule of its own. Returns OCKX_FORM. */
result ockx_blame(enum ockx_kind kind, unsigned field, const char *rule, struct ockx_fault *fault);
