/* SPDX-License-Identifier: Apache-2.0 */
/* person.h — the people of a park: who they are, which class they trade as, whether they still
 * belong. */
#pragma once

#include "db/db.h"

enum {
	PERSON_NO_MAX = 24,   /* characters of a person number */
	PERSON_NAME_MAX = 64, /* bytes of UTF-8 */
	PERSON_DEPARTMENT_MAX = 64,
	PERSON_PAGE_MAX = 200, /* rows of one page */
	PERSON_CLASS_MAX = 255,
	PERSON_PARK_MAX = 65535,
};

enum person_state { PERSON_ACTIVE, PERSON_LEFT };
enum person_sex { PERSON_SEX_UNKNOWN, PERSON_MALE, PERSON_FEMALE };

/* Text as stored: "ACTIVE", "LEFT". NULL-ended. */
extern const char *const person_state_names[];

struct person {
	int64_t id;                                 /* 0 before it is stored */
	char no[PERSON_NO_MAX + 1];                 /* 学工号, unique */
	char name[PERSON_NAME_MAX + 1];             /* may be empty */
	char department[PERSON_DEPARTMENT_MAX + 1]; /* major, unit */
	enum person_sex sex;
	enum person_state state;
	uint8_t class;   /* identity class, 1…PERSON_CLASS_MAX: prices and limits go by it */
	uint16_t park;   /* 1…PERSON_PARK_MAX */
	uint16_t grade;  /* year of entry, 0 when unknown */
	int64_t version; /* counts changes; person_save asks for the one that was loaded */
};

/* Store a new person; gives it its id. INVALID PERSON_INVALID (which field, in the detail); DECLINE
 * PERSON_EXISTS. */
result person_add(struct db_tx *tx, struct instant now, struct person *p);
/* Write all fields back. PERSON_INVALID, PERSON_NOT_FOUND, PERSON_CHANGED when someone was quicker.
 */
result person_save(struct db_tx *tx, struct instant now, struct person *p);

result person_load(struct db_tx *tx, int64_t id, struct person *out); /* PERSON_NOT_FOUND */
result person_load_by_no(struct db_tx *tx, struct str no,
                         struct person *out); /* PERSON_NOT_FOUND */
/* As load_by_no, but "none" is no failure. */
result person_find_by_no(struct db_tx *tx, struct str no, struct person *out, bool *found);

struct person_page {
	struct person *rows; /* arena */
	size_t count;
	int64_t next; /* ask again with it as `after`; 0 at the end */
};

/*
 * People in order of id whose number or name begins with, or whose card number equals, `text`
 * (empty: all). after: 0 first, then .next of the page before. limit 1…PERSON_PAGE_MAX.
 */
result person_search(struct db_tx *tx, struct str text, int64_t after, size_t limit,
                     struct arena *a, struct person_page *out);
result person_count(struct db_tx *tx, int64_t *out);
/* The id that the next person will get: ids are 1, 2, 3 … */
result person_next_id(struct db_tx *tx, int64_t *out);
