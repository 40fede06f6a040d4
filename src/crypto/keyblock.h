/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyblock.h — key blocks (密钥块): a key under another key, with what it may be used for bound to
 * it. X9.143 (TR-31) versions B (TDES) and D (AES) byte for byte, and versions of our own: 4 (as D,
 * with SM4) and 3 (body of RFC 5649, for keys that never leave a device). Layout: keys 9.1,
 * X9.143-2022 clause 6.
 */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "base/secret.h"

enum {
	KEYBLOCK_TEXT_MAX = 9999,    /* characters of a block */
	KEYBLOCK_HEADER = 16,        /* characters before the optional blocks */
	KEYBLOCK_OPTIONS_MAX = 1024, /* characters of all optional blocks together, PB left out */
	KEYBLOCK_OPTION_MAX = 255, /* characters of one, with id and length (no extended lengths) */
	KEYBLOCK_OPTIONS_COUNT = 16, /* PB left out */
	KEYBLOCK_KEY_MAX = 2560,     /* bytes of a key: PKCS#8 of RSA 4096 */
	KEYBLOCK_BODY_MAX = 2592,    /* bytes under the cipher */
	KEYBLOCK_MAC_MAX = 16,
};

/* What stands in the header. Characters as in X9.143; texts are NUL-ended. */
struct keyblock_header {
	char version;        /* 'B' 'D' '3' '4'; 'A' and 'C' are read, never written */
	char usage[3];       /* "K0", "20" */
	char algorithm;      /* 'A' 'T' 'D' 'R' 'E' 'H' '4' '2' */
	char mode;           /* of use: 'B' 'C' 'D' 'E' 'G' 'N' 'S' 'V' 'X' 'Y' 'T' */
	char key_version[3]; /* "01"; "00" none; "c1" component */
	char exportability;  /* 'E' 'S' 'N' */
	char context;        /* '0' none, '1' storage, '2' exchange */
	/* Optional blocks as they stand in the text, PB left out. */
	char options[KEYBLOCK_OPTIONS_MAX + 1];
};

/*
 * Whoever holds the keys that protect a block (KBEK and KBAK): this process or a device. `mac` is
 * CMAC over the bytes of both parts, 16 bytes (8 for TDES; versions A and C: CBC-MAC of TDES over
 * whole blocks). `encrypt` and `decrypt` are CBC without padding, `in` and `out` apart. Version 3
 * needs only `mac`.
 */
struct keyblock_protector {
	size_t block; /* bytes of the cipher's block: 8 (versions A, B, C), 16 (D, 3, 4) */
	result (*mac)(struct keyblock_protector *p, struct bytes head, struct bytes tail,
	              uint8_t out[KEYBLOCK_MAC_MAX]);
	result (*encrypt)(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
	                  uint8_t *out);
	result (*decrypt)(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
	                  uint8_t *out);
};

/*
 * A protector from a key in this process: derives KBEK and KBAK (X9.143 clause 7; lmk.h). version
 * 'B': TDES key of 16 or 24 bytes; 'D': AES of 16, 24 or 32, which does for version 3 as well; '4':
 * SM4 of 16; 'A' and 'C': TDES, the keys are variants. One thread at a time. INVALID_KEY,
 * OUT_OF_MEMORY, CRYPTO_FAULT.
 */
struct keyblock_loaded;
result keyblock_protector_open(char version, struct bytes key, struct keyblock_loaded **out);
struct keyblock_protector *keyblock_protector_of(struct keyblock_loaded *l);
/* Wipes; *l becomes NULL. For SCOPED. */
void keyblock_protector_close(struct keyblock_loaded **l);

/*
 * Append an optional block to h->options. `id`: two letters or digits, not "PB"; `data`: printable
 * ASCII. KEYBLOCK_FORM when it does not fit or the id is there already; h is then as it was.
 */
result keyblock_option_add(struct keyblock_header *h, const char *id, struct str data);
/* Append those of `from` that are not in h yet. KEYBLOCK_FORM when they do not fit. */
result keyblock_option_copy(struct keyblock_header *h, const struct keyblock_header *from);
/* The data of an optional block, borrowed from h; false when it is not there. */
bool keyblock_option_find(const struct keyblock_header *h, const char *id, struct str *data);

/* A block in its parts. */
struct keyblock {
	struct keyblock_header header;
	uint8_t body[KEYBLOCK_BODY_MAX]; /* as it is enciphered */
	size_t body_len;
	uint8_t mac[KEYBLOCK_MAC_MAX];
	size_t mac_len;  /* 8 (B), 16; 4 (A, C) */
	size_t head_len; /* characters under the MAC: header and all optional blocks */
};

/*
 * Take a text apart: length exact, known version, letters and digits in the header, well-formed
 * optional blocks (no duplicates, lengths that add up to whole cipher blocks, PB last), even hex of
 * either case, body of whole cipher blocks. KEYBLOCK_FORM; *out is then zeros. Nothing is believed
 * of it until its MAC was checked.
 */
result keyblock_parse(struct str text, struct keyblock *out);

/* Is the usage, algorithm, mode, exportability combination one that keys 9.3 or X9.143 know?
 * KEYBLOCK_USE. */
result keyblock_check_use(const struct keyblock_header *h);
/* The code of X9.143 that stands for one of ours where ours are not known (keys 9.3, last column);
 * NULL: there is none. The mode of use may have to change with it. */
const char *keyblock_fallback_usage(const char *usage);

/* What is wrapped. */
struct keyblock_order {
	const struct keyblock_header *header;
	struct bytes key;             /* of a length that the algorithm has */
	struct random_source *random; /* fills PB, then the pad */
	/* The body is padded as if the key had so many bytes at least. 0: as X9.143 asks, 24 for
	 * TDES and DES, 32 for AES and SM4, no more than it has for others; 1: its length shows, as
	 * with older TR-31. */
	size_t hidden_as;
};

/*
 * Wrap a clear key into `text` (versions B, D, 4). The header's options are written with PB behind
 * them when padding is needed. The bit length counts parity bits as TR-31 does (128, 192).
 * KEYBLOCK_FORM, KEYBLOCK_USE, BUFFER_FULL, what the protector says; text and *len are then as they
 * were. *len: characters; `text` is NUL-ended, size > len.
 */
result keyblock_seal(struct keyblock_protector *p, const struct keyblock_order *o, char *text,
                     size_t size, size_t *len);

/* The same with a body that a device made (version 3): o->key is RFC 5649 of the key, and nothing
 * is hidden. */
result keyblock_seal_wrapped(struct keyblock_protector *p, const struct keyblock_order *o,
                             char *text, size_t size, size_t *len);

/*
 * Open a parsed block (B, D, 4; A and C with protectors of theirs): decrypt, check the MAC in
 * constant time, then the length. The clear key goes to `key` (KEYBLOCK_KEY_MAX bytes, wiped on
 * failure), its length to *key_len. `text` is the one it was parsed from. KEYBLOCK_MAC when the MAC
 * is wrong, KEYBLOCK_FORM when what is inside is nonsense.
 */
result keyblock_open(struct keyblock_protector *p, struct str text, const struct keyblock *b,
                     uint8_t *key, size_t *key_len);
/* Check the MAC of a version 3 block; its body is then for the device. KEYBLOCK_MAC, KEYBLOCK_FORM.
 */
result keyblock_check(struct keyblock_protector *p, struct str text, const struct keyblock *b);
