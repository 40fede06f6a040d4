/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TACs (交易认证码) of many records at once (card 3.5, 5.8): what the tills bring in the evening.
 * The root is opened once for the message; nothing is allocated for an item.
 */
#include "base/secret.h"
#include "service/kms/compute_op.h"

enum { PURCHASE = 1, LOAD, OVERDRAFT, CHUNK = 64, BITMAP_MAX = (KMS_BATCH_MAX + 7) / 8 };

/* A batch under way. */
struct batch {
	struct compute_call *call;
	struct working_key *root;
	struct pboc_factors upper; /* levels above the card's, the same for all */
	struct pboc_key parent;    /* the key of the last of them, or the root itself here */
	struct pboc_tac_root
	        contexts; /* of it; not for a root in the device without upper levels */
	struct kms_values values;
	struct pboc_tac_item items[CHUNK];
	uint8_t right[CHUNK];
	size_t done, wrong;
	uint8_t bitmap[BITMAP_MAX];
};

static void close_batch(struct batch *b)
{
	pboc_tac_root_deinit(&b->contexts);
	pboc_key_wipe(&b->parent);
}

/* All levels but the card's own. */
static result read_upper(struct batch *b)
{
	struct compute_call *c = b->call;
	unsigned levels = c->keys[0]->definition.levels;

	if (kms_has(&c->in, KMS_TAG_FACTOR)) {
		struct kms_values values = kms_values_of(&c->in, KMS_TAG_FACTOR);
		struct bytes value;

		while (b->upper.count < PBOC_LEVELS_MAX - 1 && kms_values_next(&values, &value))
			memcpy(b->upper.at[b->upper.count++], value.at, PBOC_FACTOR_SIZE);
	}
	if (levels && b->upper.count + 1u != levels)
		return FAIL(KMS_FIELD_WRONG, "%u factors above the card's, the key has %u levels",
		            b->upper.count, levels);
	return OK;
}

static bool is_root_in_device(const struct batch *b)
{
	return working_key_in_device(b->root) && b->upper.count == 0;
}

static result open_batch(struct batch *b)
{
	b->values = kms_values_of(&b->call->in, KMS_TAG_DATA);
	TRY(read_upper(b));
	TRY(compute_key(b->call, 0, &b->root));
	if (is_root_in_device(b))
		return OK;
	TRY(working_key_diversify(b->root, &b->upper, &b->parent));
	return pboc_tac_root_init(&b->contexts, &b->parent);
}

/* factor 8 ‖ what the TAC is over ‖ TAC 4 */
static size_t read_items(struct batch *b)
{
	struct bytes value;
	size_t count = 0;

	while (count < CHUNK && kms_values_next(&b->values, &value)) {
		struct pboc_tac_item *item = &b->items[count++];

		item->data_len = (uint8_t)(value.len - PBOC_FACTOR_SIZE - PBOC_MAC_SIZE);
		memcpy(item->factor, value.at, PBOC_FACTOR_SIZE);
		memcpy(item->data, value.at + PBOC_FACTOR_SIZE, item->data_len);
		memcpy(item->tac, value.at + value.len - PBOC_MAC_SIZE, PBOC_MAC_SIZE);
	}
	return count;
}

/* The card's key by the device, the rest here: the device cannot fold it. */
static result check_by_device(struct batch *b, const struct pboc_tac_item *item, uint8_t *right)
{
	SCOPED(pboc_key_wipe) struct pboc_key card = { 0 }, folded = { 0 };
	struct pboc_factors factor = { .count = 1 };
	uint8_t tac[PBOC_MAC_SIZE];

	memcpy(factor.at[0], item->factor, PBOC_FACTOR_SIZE);
	TRY(working_key_diversify(b->root, &factor, &card));
	pboc_tac_key(&card, &folded);
	TRY(pboc_mac(&folded, bytes_of(item->data, item->data_len), tac));
	*right = bytes_equal_secret(bytes_of(tac, sizeof tac),
	                            bytes_of(item->tac, sizeof item->tac));
	return OK;
}

static result check_items(struct batch *b, size_t count)
{
	if (!is_root_in_device(b)) {
		pboc_tac_check_many(&b->contexts, b->items, count, b->right);
		return OK;
	}
	for (size_t i = 0; i < count; i++)
		TRY(check_by_device(b, &b->items[i], &b->right[i]));
	return OK;
}

static void note_one_wrong(struct batch *b, const struct pboc_tac_item *item)
{
	struct pboc_factors card = b->upper;

	memcpy(card.at[card.count++], item->factor, PBOC_FACTOR_SIZE);
	b->wrong++;
	(void)!is_ok(
	        compute_note_wrong(b->call, bytes_of(card.at, card.count * PBOC_FACTOR_SIZE), 1));
}

static void note(struct batch *b, size_t count)
{
	for (size_t i = 0; i < count; i++, b->done++) {
		if (b->right[i])
			b->bitmap[b->done / 8] |= (uint8_t)(0x80 >> b->done % 8);
		else
			note_one_wrong(b, &b->items[i]);
	}
}

/*
 * 0034: 0001 label | 0002 what of: 01 purchase, 02 load, 03 overdraft limit | 0007 factor 8 above
 * the card's, 0…2 times | 0004 card's factor 8 ‖ data 22, 24 or 23 ‖ TAC 4, 1…1000 times → 0005 a
 * bit for each, the first one 80 of the first byte: right. Status 0008 when one of them is not,
 * with the bits.
 */
static result verify(struct compute_call *c)
{
	SCOPED(close_batch) struct batch b = { .call = c };
	size_t count;

	TRY(open_batch(&b));
	while ((count = read_items(&b)) > 0) {
		TRY(check_items(&b, count));
		note(&b, count);
	}
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(b.bitmap, (b.done + 7) / 8));
	return b.wrong == 0 ? OK : FAIL(KMS_WRONG, "%zu of %zu TACs", b.wrong, b.done);
}

/* --- the table --- */

#define TAC_RULES(data_len_)                                                                       \
	{                                                                                          \
		{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 }, { KMS_TAG_MODE, 1, 1, 1, 1 },       \
		        { KMS_TAG_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 0,                   \
			  PBOC_LEVELS_MAX - 1 },                                                   \
		{                                                                                  \
			KMS_TAG_DATA, PBOC_FACTOR_SIZE + (data_len_) + PBOC_MAC_SIZE,              \
			        PBOC_FACTOR_SIZE + (data_len_) + PBOC_MAC_SIZE, 1, KMS_BATCH_MAX   \
		}                                                                                  \
	}

static const struct kms_rule purchase_rules[] = TAC_RULES(22);
static const struct kms_rule load_rules[] = TAC_RULES(24);
static const struct kms_rule overdraft_rules[] = TAC_RULES(23);

#define TAC_OP(mode_, rules_)                                                                      \
	{                                                                                          \
		.code = KMS_TAC_VERIFY, .name = "tac-verify", .mode = (mode_),                     \
		.flags = COMPUTE_KEEP_WRONG, .item = KMS_TAG_DATA, .usages = "23",                 \
		.deed = KEY_TO_VERIFY, COMPUTE_RULES(rules_), .work = verify                       \
	}

static const struct compute_op ops[] = {
	TAC_OP(PURCHASE, purchase_rules),
	TAC_OP(LOAD, load_rules),
	TAC_OP(OVERDRAFT, overdraft_rules),
};

const struct compute_table compute_tac_table = { ops, ARRAY_LEN(ops) };
