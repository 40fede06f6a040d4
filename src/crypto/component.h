/* SPDX-License-Identifier: Apache-2.0 */
/* component.h — one component of a master key (主控密钥分量) on what its officer keeps: a file that
 * a PIN opens, or paper (keys 5.1); a recovery share (分片, keys 5.5) in the same form. */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "base/secret.h"

enum {
	COMPONENT_SET_SIZE = 3,  /* "01"…"99" with NUL */
	COMPONENT_KCV_SIZE = 11, /* ten upper-case hex digits with NUL */
	COMPONENT_GENERATION_MAX = 99,
	COMPONENT_COUNT_MIN = 2,
	COMPONENT_COUNT_MAX = 16,
	COMPONENT_VALUE_MAX = 33,
	COMPONENT_PIN_MIN = 8,  /* characters */
	COMPONENT_PIN_MAX = 64, /* bytes */
	COMPONENT_COST = 16,    /* scrypt with N = 2^16, r = 8, p = 1: 64 MiB, tenths of a second */
	COMPONENT_COST_MIN = 14,
	COMPONENT_COST_MAX = 18,
	COMPONENT_FILE_MAX = 320,  /* characters */
	COMPONENT_PAPER_MAX = 512, /* characters that are read */
	COMPONENT_PAPER_LINES = 4,
};

enum component_status { COMPONENT_LIVE, COMPONENT_TEST };

/* Wipe with component_wipe. */
struct component {
	char set[COMPONENT_SET_SIZE];
	uint8_t generation;   /* 1…99 */
	char algorithm;       /* 'A' AES-256, '4' SM4 */
	uint8_t count, index; /* components of the set; which one this is, 1…count */
	uint8_t needed;       /* 0: a component. A share: so many of them give the key, 2…count */
	char kcv[COMPONENT_KCV_SIZE]; /* of this component; of a share: of the whole key. Public */
	enum component_status status;
	struct secret
	        value; /* 32 bytes ('A') or 16 ('4'); a share has one more, as shamir.h makes it */
};

void component_wipe(struct component *c); /* for SCOPED(component_wipe) */
/* Bytes of a component's value: 32, 16; 0 for an algorithm that has no master key. */
size_t component_size(char algorithm);
/* Bytes of this one's: a share has one more. */
size_t component_value_size(const struct component *c);

/* What a component is locked with. */
struct component_lock {
	struct str pin; /* UTF-8, pin_min characters to COMPONENT_PIN_MAX bytes */
	struct random_source *random;
	uint8_t pin_min; /* 0: COMPONENT_PIN_MIN; less is for vectors and tests */
	uint8_t cost;    /* log2 N; 0: COMPONENT_COST */
};

/*
 * The PIN file: a header line, which anybody may read, and a line of AES-256-GCM over the value
 * with the header as associated data; LF behind each. Append it to `out`. COMPONENT_FORM when a
 * member of the component is out of range, INVALID_KEY for the PIN or cost, BUFFER_FULL,
 * OUT_OF_MEMORY, CRYPTO_FAULT. Slow on purpose.
 */
result component_seal(const struct component *c, const struct component_lock *lock,
                      struct writer *out);
/* The header of a file without its PIN: value.len is 0. COMPONENT_FORM; *out is then untouched. */
result component_peek(struct str text, struct component *out);
/* COMPONENT_FORM; COMPONENT_PIN when the PIN is wrong or a character was changed; *out is then
 * untouched. The caller counts wrong PINs, and compares the check value. */
result component_open(struct str text, struct str pin, struct component *out);

/* A kind of medium (介质). What it keeps is a text, on itself or beside it. Static, any thread. */
struct component_medium {
	const char *name;
	result (*seal)(const struct component_medium *m, const struct component *c,
	               const struct component_lock *lock, struct writer *out);
	result (*open)(const struct component_medium *m, struct str text, struct str pin,
	               struct component *out);
};

const struct component_medium *component_medium_pin_file(void);

/*
 * The value on paper: lines of four groups of four hex digits and the CRC-8 of the line's eight
 * bytes, so that a typing error shows at once. Append to `out`, which the caller wipes. 16 or 32
 * bytes, else COMPONENT_FORM; BUFFER_FULL.
 */
result component_print_paper(const struct secret *value, struct writer *out);
/*
 * What a person typed from paper; blanks, line breaks and the case of letters are forgiven.
 * COMPONENT_FORM; *line is then where it went wrong, counted from 1 as printed, and *value is
 * untouched. On OK *line is 0.
 */
result component_read_paper(char algorithm, struct str text, struct secret *value, unsigned *line);
