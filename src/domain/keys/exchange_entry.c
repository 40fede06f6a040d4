/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_entry.h"

#include <inttypes.h>

#include "crypto/component.h"
#include "crypto/locked.h"
#include "domain/keys/exchange_part.h"
#include "domain/keys/key_audit.h"

struct held {
	struct exchange_entry shown; /* id 0: free */
	struct exchange_entry_order order;
	char kcv[KCV_TEXT_SIZE]; /* what order.kcv says */
	struct secret parts[EXCHANGE_PARTS_MAX];
};

struct exchange_room {
	int64_t last_id;
	struct held entries[EXCHANGE_ENTRIES_MAX];
};

result exchange_room_open(struct exchange_room **out)
{
	*out = locked_alloc(sizeof **out);
	return *out ? OK : FAIL(LOCKED_FULL, "no locked memory for components");
}

void exchange_room_close(struct exchange_room *room)
{
	locked_free(room, sizeof *room);
}

static void let_go(struct held *h)
{
	secret_wipe_bytes(h, sizeof *h);
}

void exchange_room_expire(struct exchange_room *room, struct instant now)
{
	for (size_t i = 0; i < EXCHANGE_ENTRIES_MAX; i++) {
		struct held *h = &room->entries[i];

		if (h->shown.id &&
		    now.us - h->shown.since.us > EXCHANGE_ENTRY_S * (int64_t)SECOND_US)
			let_go(h);
	}
}

static struct held *find(struct exchange_room *room, int64_t id)
{
	for (size_t i = 0; i < EXCHANGE_ENTRIES_MAX; i++)
		if (room->entries[i].shown.id == id)
			return &room->entries[i];
	return NULL;
}

static result require_entry(struct key_act *act, struct exchange_room *room, int64_t id,
                            struct held **out)
{
	exchange_room_expire(room, act->now);
	*out = id > 0 ? find(room, id) : NULL;
	return *out ? OK : FAIL(EXCHANGE_ENTRY, "entry %" PRId64, id);
}

static result require_key_officer(const struct officer *by)
{
	return officer_has(by, OFFICER_KEY)
	               ? OK
	               : FAIL(OFFICER_ROLE_OTHER, "%s has no role key", by->name);
}

/* --- beginning --- */

static result check_order(struct key_act *act, const struct exchange_entry_order *o)
{
	struct key_definition k;
	struct key_version there;
	struct key_label label;
	struct kcv kcv;
	size_t size;

	if (o->parts < EXCHANGE_PARTS_MIN || o->parts > EXCHANGE_PARTS_MAX)
		return FAIL(KEY_LENGTH, "%u components", o->parts);
	if (o->kcv.len)
		TRY(kcv_parse(o->kcv, KCV_ECB, &kcv));
	TRY(key_definition_load(act->tx, o->key, &k));
	TRY(exchange_part_size(&k, &size));
	if (o->order.version == 0)
		return OK;
	key_version_label(&k, o->order.version, &label);
	result found = key_version_find(act->tx, &label, act->now, &k, &there);
	if (is_ok(found))
		return FAIL(KEY_EXISTS, "%s version %02u", k.code, o->order.version);
	return found.code == KEY_NOT_FOUND ? OK : found;
}

result exchange_entry_begin(struct key_act *act, struct exchange_room *room,
                            const struct officer *by, const struct exchange_entry_order *o,
                            struct exchange_entry *out)
{
	struct held *h;

	TRY(require_key_officer(by));
	TRY(check_order(act, o));
	exchange_room_expire(room, act->now);
	h = find(room, 0);
	if (!h)
		return FAIL(EXCHANGE_ENTRIES, "%d are open", EXCHANGE_ENTRIES_MAX);
	h->order = *o;
	str_copy(o->kcv, h->kcv, sizeof h->kcv);
	h->order.kcv = (struct str){ 0 }; /* the caller's */
	h->order.order.origin = KEY_FROM_IMPORT;
	h->shown = (struct exchange_entry){
		.id = ++room->last_id, .key = o->key, .parts = o->parts, .since = act->now
	};
	*out = h->shown;
	return OK;
}

/* --- components --- */

/* The custodian's own place, or the next free one. */
static result place_of(const struct held *h, const struct officer *by, unsigned *place)
{
	for (*place = 0; *place < h->shown.given; ++*place)
		if (h->shown.custodians[*place] == by->id)
			return OK;
	if (h->shown.given == h->shown.parts)
		return FAIL(EXCHANGE_CUSTODIAN, "all components are of others");
	return OK;
}

static result check_part(const struct held *h, unsigned place, const struct secret *part,
                         size_t size)
{
	if (part->len != size)
		return FAIL(KEY_LENGTH, "a component of %zu bytes, not %zu", part->len, size);
	if (exchange_part_is_one_byte(part))
		return FAIL(KEY_WEAK, "a component of one value");
	for (unsigned i = 0; i < h->shown.given; i++)
		if (i != place &&
		    bytes_equal_secret(bytes_of(h->parts[i].at, size), bytes_of(part->at, size)))
			return FAIL(EXCHANGE_EQUAL, "components %u and %u", i + 1, place + 1);
	return OK;
}

result exchange_entry_give(struct key_act *act, struct exchange_room *room,
                           const struct officer *by, int64_t id, const struct secret *part,
                           struct exchange_entry *out)
{
	char kcv[KCV_TEXT_SIZE];
	struct key_definition k;
	struct held *h = NULL;
	unsigned place = 0;
	size_t size;

	TRY(require_key_officer(by));
	TRY(require_entry(act, room, id, &h));
	TRY(key_definition_load(act->tx, h->order.key, &k));
	TRY(exchange_part_size(&k, &size));
	TRY(place_of(h, by, &place));
	TRY(check_part(h, place, part, size));
	TRY(exchange_part_kcv(&k, part, kcv));
	TRY(key_audit_write(act, "KEY.COMPONENT", OK, "key=%s.%s.%s component=%u/%u kcv=%s",
	                    k.issuer_code, k.product_code, k.code, place + 1, h->shown.parts, kcv));
	h->parts[place] = *part;
	h->shown.custodians[place] = by->id;
	str_copy(str_of(kcv), h->shown.kcvs[place], sizeof h->shown.kcvs[place]);
	if (place == h->shown.given)
		h->shown.given++;
	*out = h->shown;
	return OK;
}

/* Chance of the device, such as no custodian would be refused with. */
static void make_part(struct random_source *random, size_t size, struct secret *part)
{
	part->len = size;
	do
		random_fill(random, part->at, size);
	while (exchange_part_is_one_byte(part));
}

result exchange_entry_make(struct key_act *act, struct exchange_room *room,
                           const struct officer *by, int64_t id, char paper[EXCHANGE_PAPER_SIZE],
                           struct exchange_entry *out)
{
	SCOPED(secret_wipe) struct secret part = { 0 };
	struct key_definition k;
	struct held *h = NULL;
	size_t size;

	TRY(require_entry(act, room, id, &h));
	TRY(key_definition_load(act->tx, h->order.key, &k));
	TRY(exchange_part_size(&k, &size));
	make_part(act->random, size, &part);
	TRY(exchange_part_print(&part, paper));
	return exchange_entry_give(act, room, by, id, &part, out);
}

/* --- joining --- */

static result require_complete(const struct held *h, const struct officer *by)
{
	unsigned place = 0;

	if (h->shown.given < h->shown.parts)
		return FAIL(EXCHANGE_ENTRY, "%u of %u components are there", h->shown.given,
		            h->shown.parts);
	return place_of(h, by, &place);
}

static result join(struct key_act *act, const struct held *h, const struct key_definition *k,
                   struct key_version *out)
{
	SCOPED(secret_wipe) struct secret value = { .len = h->parts[0].len };

	for (unsigned i = 0; i < h->shown.parts; i++)
		for (size_t at = 0; at < value.len; at++)
			value.at[at] ^= h->parts[i].at[at];
	return exchange_part_store(act, k, &h->order.order, &value, str_of(h->kcv), out);
}

result exchange_entry_finish(struct key_act *act, struct exchange_room *room,
                             const struct officer *by, int64_t id, struct key_version *out)
{
	char text[KEY_LABEL_SIZE];
	struct key_definition k;
	struct key_label label;
	struct held *h = NULL;

	TRY(require_key_officer(by));
	TRY(require_entry(act, room, id, &h));
	TRY(require_complete(h, by));
	TRY(key_definition_load(act->tx, h->order.key, &k));
	TRY(join(act, h, &k, out));
	key_version_label(&k, out->version, &label);
	TRY(key_audit_write(act, "KEY.IMPORT", OK, "label=%s kcv=%s form=components count=%u",
	                    key_label_text(&label, text), out->kcv, h->shown.parts));
	let_go(h);
	return OK;
}

result exchange_entry_cancel(struct key_act *act, struct exchange_room *room, int64_t id)
{
	struct held *h = NULL;

	TRY(require_entry(act, room, id, &h));
	let_go(h);
	return OK;
}

result exchange_entry_load(struct exchange_room *room, struct instant now, int64_t id,
                           struct exchange_entry *out)
{
	struct held *h;

	exchange_room_expire(room, now);
	h = id > 0 ? find(room, id) : NULL;
	if (!h)
		return FAIL(EXCHANGE_ENTRY, "entry %" PRId64, id);
	*out = h->shown;
	return OK;
}

size_t exchange_entry_list(struct exchange_room *room, struct instant now,
                           struct exchange_entry out[EXCHANGE_ENTRIES_MAX])
{
	size_t count = 0;

	exchange_room_expire(room, now);
	for (size_t i = 0; i < EXCHANGE_ENTRIES_MAX; i++)
		if (room->entries[i].shown.id)
			out[count++] = room->entries[i].shown;
	return count;
}
