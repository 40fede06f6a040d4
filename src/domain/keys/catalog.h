/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog.h — what keys there are: issuers (发卡行), their key products (密钥产品), and the
 * application keys of a product with use, algorithm and length (keys 10). Definitions only; values
 * are key_version.h.
 */
#pragma once

#include "domain/keys/key_act.h"
#include "domain/keys/key_label.h"

enum {
	CATALOG_NAME_MAX = 64,
	CATALOG_NOTE_MAX = 200,
	CATALOG_LEVELS_MAX = 3,
	CATALOG_ROWS_MAX = 2000
};

struct issuer {
	int64_t id;
	char code[KEY_CODE_MAX + 1];
	char name[CATALOG_NAME_MAX + 1], note[CATALOG_NOTE_MAX + 1];
};

/* What a product is for, and where its keys work. */
enum product_kind { PRODUCT_DKEY, PRODUCT_KEK, PRODUCT_RSA, PRODUCT_SM2, PRODUCT_PSAM };
extern const char *const product_kind_names[];
enum product_place { PRODUCT_IN_DEVICE, PRODUCT_IN_HOST };
extern const char *const product_place_names[];

struct product {
	int64_t id, issuer;
	char issuer_code[KEY_CODE_MAX + 1], code[KEY_CODE_MAX + 1];
	char name[CATALOG_NAME_MAX + 1], note[CATALOG_NOTE_MAX + 1];
	enum product_kind kind;
	enum product_place place;
};

struct key_definition {
	int64_t id, product;
	char issuer_code[KEY_CODE_MAX + 1], product_code[KEY_CODE_MAX + 1], code[KEY_CODE_MAX + 1];
	char name[CATALOG_NAME_MAX + 1];
	char usage[3];            /* keys 9.3 */
	char algorithm;           /* of a key block: 'A' 'T' '4' 'H' 'R' '2' */
	unsigned bits;            /* 112 and 168 for TDES */
	char mode;                /* of use */
	char exportability;       /* 'E' 'S' 'N' */
	unsigned levels;          /* of diversification */
	unsigned period_days;     /* how long a version protects; 0: no end */
	enum product_place place; /* of its product */
};

/* INVALID CATALOG_FIELD, KEY_LABEL (code); DECLINE CATALOG_EXISTS. */
result issuer_add(struct key_act *act, struct issuer *i);
result issuer_save(struct key_act *act,
                   const struct issuer *i);            /* name and note. CATALOG_NOT_FOUND */
result issuer_remove(struct key_act *act, int64_t id); /* CATALOG_IN_USE while it has products */
result issuer_list(struct db_tx *tx, struct arena *a, struct issuer **rows, size_t *count);

/* CATALOG_NOT_FOUND when the issuer is not there: issuers first. */
result product_add(struct key_act *act, struct product *p);
result product_save(struct key_act *act, const struct product *p); /* name and note */
result product_remove(struct key_act *act, int64_t id); /* CATALOG_IN_USE while it has keys */
result product_list(struct db_tx *tx, int64_t issuer, struct arena *a, struct product **rows,
                    size_t *count);

/* Also KEYBLOCK_USE for a use, algorithm, mode and exportability that do not belong together,
 * KEY_LENGTH. */
result key_definition_add(struct key_act *act, struct key_definition *k);
result key_definition_remove(struct key_act *act,
                             int64_t id); /* CATALOG_IN_USE while a value is not destroyed, or a
                                             certificate was asked for with one */
result key_definition_load(struct db_tx *tx, int64_t id, struct key_definition *out);
result key_definition_find(struct db_tx *tx, const struct key_label *label,
                           struct key_definition *out); /* the version does not matter */
result key_definition_list(struct db_tx *tx, int64_t product, struct arena *a,
                           struct key_definition **rows, size_t *count);
/* Bytes of a key of that algorithm and length: 112 → 16. 0 when there is none (RSA, SM2).
 * KEY_LENGTH. */
result key_definition_size(char algorithm, unsigned bits, size_t *bytes);
