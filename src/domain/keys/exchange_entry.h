/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_entry.h — a value by components (分量录入, keys 12, 13): two or three custodians
 * (保管人) each enter one and see its check value; their XOR becomes the value. Components are in
 * locked memory of one process only, for a quarter of an hour; the store sees nothing but the block
 * in the end, and the check values in the audit.
 */
#pragma once

#include "crypto/component.h"
#include "domain/keys/key_version.h"
#include "domain/keys/officer.h"

enum {
	EXCHANGE_PARTS_MIN = 2,
	EXCHANGE_PARTS_MAX = 3,
	EXCHANGE_ENTRIES_MAX = 4,   /* open at one time */
	EXCHANGE_ENTRY_S = 15 * 60, /* from its beginning */
	EXCHANGE_PAPER_SIZE = COMPONENT_PAPER_MAX
};

/* One for each process, for one thread at a time. */
struct exchange_room;
result exchange_room_open(struct exchange_room **out); /* LOCKED_FULL */
void exchange_room_close(struct exchange_room *room);  /* wipes; NULL is fine */
/* Wipe entries whose time is over. Every call below does it first. */
void exchange_room_expire(struct exchange_room *room, struct instant now);

struct exchange_entry_order {
	int64_t key;            /* definition, of a secret key */
	unsigned parts;         /* custodians: 2 or 3 */
	struct key_order order; /* origin is set here */
	struct str kcv;         /* of the whole, 6 to 16 hex digits; empty: not known */
};

/* What may be seen of an entry. */
struct exchange_entry {
	int64_t id, key;
	unsigned parts, given;
	struct instant since;
	int64_t custodians[EXCHANGE_PARTS_MAX]; /* in the order they came; 0: not yet */
	char kcvs[EXCHANGE_PARTS_MAX][KCV_TEXT_SIZE];
};

/* DECLINE EXCHANGE_ENTRIES, OFFICER_ROLE_OTHER (every officer here has role key), KEY_EXISTS (the
 * version asked for); INVALID KEY_LENGTH (a pair, no such number of parts), INVALID_HEX (kcv);
 * CATALOG_NOT_FOUND. */
result exchange_entry_begin(struct key_act *act, struct exchange_room *room,
                            const struct officer *by, const struct exchange_entry_order *o,
                            struct exchange_entry *out);
/*
 * A custodian's component; again: instead of the one before. *out shows its check value, to be
 * compared with the paper. KEY_LENGTH, KEY_WEAK (all bytes equal), EXCHANGE_EQUAL (another
 * custodian's), EXCHANGE_CUSTODIAN (all parts are others'), EXCHANGE_ENTRY. Refused, nothing
 * changes. The caller wipes `part`.
 */
result exchange_entry_give(struct key_act *act, struct exchange_room *room,
                           const struct officer *by, int64_t id, const struct secret *part,
                           struct exchange_entry *out);
/* The same with a component of the device's chance: `paper` (EXCHANGE_PAPER_SIZE) gets its lines,
 * NUL-ended, for the custodian's eyes alone. The caller wipes them. */
result exchange_entry_make(struct key_act *act, struct exchange_room *room,
                           const struct officer *by, int64_t id, char paper[EXCHANGE_PAPER_SIZE],
                           struct exchange_entry *out);
/*
 * Join and store, by one of the custodians when all have given. EXCHANGE_ENTRY (some are missing),
 * EXCHANGE_CUSTODIAN, KEY_WEAK, KEY_CHECK_VALUE: the entry then stays until its time is over, and
 * components can be given again. On OK it is wiped.
 */
result exchange_entry_finish(struct key_act *act, struct exchange_room *room,
                             const struct officer *by, int64_t id, struct key_version *out);
/* Wipe an entry. EXCHANGE_ENTRY. */
result exchange_entry_cancel(struct key_act *act, struct exchange_room *room, int64_t id);
/* What may be seen of one. EXCHANGE_ENTRY. */
result exchange_entry_load(struct exchange_room *room, struct instant now, int64_t id,
                           struct exchange_entry *out);
/* The open ones. Returns how many. */
size_t exchange_entry_list(struct exchange_room *room, struct instant now,
                           struct exchange_entry out[EXCHANGE_ENTRIES_MAX]);

/*
 * A component typed from paper (component.h; of 24 bytes three lines) for a key of that definition.
 * COMPONENT_FORM, *line where it went wrong; KEY_LENGTH. The caller wipes *part.
 */
result exchange_part_read(const struct key_definition *k, struct str text, struct secret *part,
                          unsigned *line);
