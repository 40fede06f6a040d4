/* SPDX-License-Identifier: Apache-2.0 */
/* values.h — the named values of a request for an issuer certificate (发卡行公钥证书申请) and of
 * its answer (keys 16.3). */
#pragma once

#include "base/bytes.h"

enum ipk_name {
	IPK_NI,   /* length of the issuer's modulus, 1 byte */
	IPK_N,    /* the modulus */
	IPK_EL,   /* length of its exponent, 1 byte */
	IPK_E,    /* the exponent */
	IPK_IIN,  /* issuer identifier: 3…8 digits, F behind, 4 bytes */
	IPK_EXP,  /* expiry MMYY, 2 bytes BCD */
	IPK_TRK,  /* tracking number, 3 bytes */
	IPK_SVC,  /* service identifier, 4 bytes */
	IPK_HASH, /* SHA-1, 20 bytes */
	IPK_NCA,  /* length of the CA's modulus, 1 byte */
	IPK_R,    /* what of the modulus the certificate has no room for */
	IPK_RL,   /* its length, 1 byte */
	IPK_SN,   /* certificate serial number, 3 bytes */
	IPK_CAI,  /* index of the CA's key, 1 byte */
	IPK_IDX,  /* index of the issuer's key at a scheme that counts them, 3 bytes */
	IPK_NAMES
};

enum { IPK_VALUE_MAX = 248 };

struct ipk_value {
	bool is_set;
	uint8_t len;
	uint8_t at[IPK_VALUE_MAX];
};

/* Zero-initialise. */
struct ipk_values {
	struct ipk_value of[IPK_NAMES];
};

/* "IIN". */
const char *ipk_name_text(enum ipk_name name);
/* The name that is written so, or IPK_NAMES. */
enum ipk_name ipk_name_of(struct str text);
/* NI, EL, RL, NCA: one byte that counts. */
bool ipk_name_is_number(enum ipk_name name);

/*
 * Set a value; N, E and R set NI, EL and RL with it. Setting it again changes nothing and must
 * agree. IPK_VALUE: wrong length or form, or another value than before.
 */
result ipk_set(struct ipk_values *v, enum ipk_name name, struct bytes value);
result ipk_set_number(struct ipk_values *v, enum ipk_name name, size_t number);
/*
 * Set what a person typed: digits of IIN (3…8, F is added), EXP, TRK and IDX; hexadecimal digits of
 * all others. IPK_VALUE.
 */
result ipk_set_text(struct ipk_values *v, enum ipk_name name, struct str text);
/* Set all that are set in `from` and not yet in `v`. IPK_VALUE. */
result ipk_set_missing(struct ipk_values *v, const struct ipk_values *from);

/* Borrowed; no bytes when not set. */
struct bytes ipk_get(const struct ipk_values *v, enum ipk_name name);
/* The number of a name that counts; 0 when not set. */
size_t ipk_number(const struct ipk_values *v, enum ipk_name name);
bool ipk_is_same(const struct ipk_values *a, const struct ipk_values *b, enum ipk_name name);

static inline bool ipk_is_set(const struct ipk_values *v, enum ipk_name name)
{
	return v->of[name].is_set;
}

/* Bytes of a value: fixed, or as the lengths set before say. IPK_VALUE when they are not. */
result ipk_size(const struct ipk_values *v, enum ipk_name name, size_t *size);
