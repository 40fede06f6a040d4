/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/sam_load.h"

enum {
	ADD = 0x01,     /* P1 of a card's WRITE KEY: a new key */
	LEVEL = 1 << 5, /* usage byte of a SAM: high three bits (card 4.2) */
	NO_STATE = 0xFF,
};

const struct sam_load_style sam_load_sam = { .form = SAM_LOAD_SAM };
const struct sam_load_style sam_load_fmcos = { .form = SAM_LOAD_CARD,
	                                       .tdes_id = 0x01,
	                                       .use = 0xF0,
	                                       .change = 0xF0,
	                                       .state = 0xAA,
	                                       .tries = 0x33 };

/* --- which key goes where --- */

/* What stands in the last two bytes of a card's header (card 2.21). */
enum tail { VERSION_ALGORITHM, STATE_TRIES, FF_TRIES };

static const struct place {
	const char *usage;
	int sam_type;  /* keys 17, card 4.2; -1: not in SAMs */
	int card_type; /* card 1.7; -1: not on user cards */
	enum tail tail;
} places[] = {
	{ "20", 0x02, 0x3E, VERSION_ALGORITHM }, /* purchase */
	{ "21", 0x09, 0x3F, VERSION_ALGORITHM }, /* load */
	{ "22", -1, 0x3D, VERSION_ALGORITHM },   /* unload */
	{ "23", 0x0C, 0x34, VERSION_ALGORITHM }, /* TAC */
	{ "24", -1, 0x3C, VERSION_ALGORITHM },   /* overdraft limit */
	{ "25", 0x03, 0x37, FF_TRIES },          /* PIN unblock */
	{ "26", 0x04, 0x38, FF_TRIES },          /* PIN reload */
	{ "27", 0x05, 0x36, FF_TRIES },          /* application maintenance */
	{ "28", 0x0F, -1, VERSION_ALGORITHM },   /* internal authentication */
	{ "29", 0x0E, 0x39, STATE_TRIES },       /* external authentication */
	{ "30", -1, 0x39, STATE_TRIES },         /* card control */
	{ "31", -1, 0x39, STATE_TRIES },         /* application control */
	{ "40", 0x00, -1, VERSION_ALGORITHM },   /* SAM control */
	{ "41", 0x01, -1, VERSION_ALGORITHM },   /* SAM maintenance */
	{ "50", 0x08, -1, VERSION_ALGORITHM },   /* terminal's static key: MAC and encryption */
	{ "M3", 0x06, -1, VERSION_ALGORITHM },   /* MAC only */
	{ "M6", 0x06, -1, VERSION_ALGORITHM },
	{ "D0", 0x07, -1, VERSION_ALGORITHM }, /* encryption only */
};

static result find_place(const struct sam_load *l, const struct place **out)
{
	bool is_card = l->style->form == SAM_LOAD_CARD;
	const struct place *p = NULL;

	EACH (p, places)
		if (strcmp(p->usage, l->header->usage) == 0 &&
		    (is_card ? p->card_type : p->sam_type) >= 0) {
			*out = p;
			return OK;
		}
	return FAIL(KEY_USE, "a key of usage %s has no place on a %s", l->header->usage,
	            is_card ? "card" : "SAM");
}

/* --- option 90 --- */

/* "KI=" and two hexadecimal digits. */
static result read_field(struct str field, const char *name, uint8_t *out)
{
	size_t len = strlen(name);

	if (field.len != len + 2 || memcmp(field.at, name, len) != 0 ||
	    !is_ok(hex_decode((struct str){ field.at + len, 2 }, out, 1)))
		return FAIL(KEYBLOCK_FORM, "option 90: %s", name);
	return OK;
}

result sam_load_option_parse(struct str text, struct sam_load_option *out)
{
	struct sam_load_option o;
	struct str ki, kv, lv, rest;

	if (!str_cut(text, ';', &ki, &rest) || !str_cut(rest, ';', &kv, &rest))
		return FAIL(KEYBLOCK_FORM, "option 90 has KI, KV and LV");
	str_cut(rest, ';', &lv, &rest); /* the unique number behind it is not for cards */
	TRY(read_field(ki, "KI=", &o.index));
	TRY(read_field(kv, "KV=", &o.version));
	if (lv.len != 4 || memcmp(lv.at, "LV=", 3) != 0 || lv.at[3] < '0' ||
	    lv.at[3] > '0' + PBOC_LEVELS_MAX)
		return FAIL(KEYBLOCK_FORM, "option 90: LV");
	o.levels = (uint8_t)(lv.at[3] - '0');
	*out = o;
	return OK;
}

static result read_option(const struct keyblock_header *h, struct sam_load_option *out)
{
	struct str text;

	if (!keyblock_option_find(h, "90", &text))
		return FAIL(KEYBLOCK_FORM, "the block has no option 90");
	return sam_load_option_parse(text, out);
}

/* --- the header --- */

static uint8_t algorithm_id(const struct sam_load *l)
{
	return l->key->algorithm == PBOC_SM4 ? PBOC_SM4 : l->style->tdes_id;
}

static void put_tail(const struct sam_load *l, const struct place *p,
                     const struct sam_load_option *o, struct writer *w)
{
	if (p->tail == VERSION_ALGORITHM) {
		writer_u8(w, o->version);
		writer_u8(w, algorithm_id(l));
		return;
	}
	writer_u8(w, p->tail == STATE_TRIES ? l->style->state : NO_STATE);
	writer_u8(w, l->style->tries);
}

static result make_header(const struct sam_load *l, const struct place *p,
                          const struct sam_load_option *o, struct writer *w)
{
	if (l->style->form == SAM_LOAD_SAM) {
		writer_u8(w, (uint8_t)(p->sam_type | o->levels * LEVEL));
		writer_u8(w, o->version);
		writer_u8(w, algorithm_id(l));
		return writer_done(w);
	}
	writer_u8(w, (uint8_t)p->card_type);
	writer_u8(w, l->style->use);
	writer_u8(w, l->style->change);
	put_tail(l, p, o, w);
	return writer_done(w);
}

result sam_load_header(const struct sam_load *l, uint8_t out[PBOC_KEY_HEADER_MAX], uint8_t *len)
{
	struct writer w = writer_of(out, PBOC_KEY_HEADER_MAX);
	struct sam_load_option o;
	const struct place *p = NULL;

	TRY(find_place(l, &p));
	TRY(read_option(l->header, &o));
	TRY(make_header(l, p, &o, &w));
	*len = (uint8_t)w.len;
	return OK;
}

/* --- the command --- */

static result check_key(const struct sam_load *l)
{
	char want = l->key->algorithm == PBOC_SM4 ? '4' : 'T';

	if (l->header->exportability == 'N')
		return FAIL(KEY_USE, "this key never leaves");
	if (l->header->algorithm != want)
		return FAIL(KEY_USE, "a block of algorithm %c", l->header->algorithm);
	if (l->key->len != PBOC_KEY_SIZE || l->control->len != PBOC_KEY_SIZE)
		return FAIL(INVALID_KEY, "keys of cards have %d bytes", PBOC_KEY_SIZE);
	return OK;
}

/* card 2.21, 4.7 */
static result set_place(const struct sam_load *l, struct pboc_key_load *load)
{
	struct sam_load_option o;

	TRY(sam_load_header(l, load->header, &load->header_len));
	TRY(read_option(l->header, &o));
	if (l->style->form == SAM_LOAD_SAM)
		return OK;
	load->p1 = l->replaces ? load->header[0] : ADD;
	load->p2 = o.index;
	return OK;
}

result sam_load_command(const struct sam_load *l, struct writer *out)
{
	struct pboc_key_load load = { .key = l->key };

	TRY(check_key(l));
	TRY(set_place(l, &load));
	return pboc_write_key(l->control, l->challenge, &load, out);
}
