/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pos_screen.h — the two faces of a till and its keyboard as a pure, table-driven state machine:
 * keys, cards and results go in, what both sides show and what is to be done come out. No terminal,
 * no clock.
 */
#pragma once

#include "base/money.h"
#include "base/time.h"
#include "device/pos/pos_entry.h"

enum pos_screen_state {
	POS_SCREEN_CLOSED,
	POS_SCREEN_IDLE,
	POS_SCREEN_AMOUNT,
	POS_SCREEN_ARMED,
	POS_SCREEN_AGAIN, /* the same card within 5 s: asks */
	POS_SCREEN_READING,
	POS_SCREEN_PAID,
	POS_SCREEN_REFUSED,
	POS_SCREEN_CONFIRM, /* PIN on the customer's pad */
	POS_SCREEN_INTERRUPTED,
	POS_SCREEN_VOID,
	POS_SCREEN_FAULT,
	POS_SCREEN_STATES
};

enum pos_key {
	POS_KEY_0,
	POS_KEY_1,
	POS_KEY_2,
	POS_KEY_3,
	POS_KEY_4,
	POS_KEY_5,
	POS_KEY_6,
	POS_KEY_7,
	POS_KEY_8,
	POS_KEY_9,
	POS_KEY_POINT,
	POS_KEY_PLUS,
	POS_KEY_TIMES,
	POS_KEY_CLEAR_ONE,
	POS_KEY_CLEAR_ALL,
	POS_KEY_ENTER,
	POS_KEY_FIXED_1,
	POS_KEY_FIXED_2,
	POS_KEY_FIXED_3,
	POS_KEY_VOID,
	POS_KEYS
};

enum pos_language { POS_CHINESE, POS_ENGLISH };

enum pos_sound {
	POS_SOUND_NONE,
	POS_SOUND_PAID,
	POS_SOUND_REFUSED,
	POS_SOUND_ALARM,
	POS_SOUND_NOTICE,
	POS_SOUND_REPEAT
};

enum {
	POS_LINE_SIZE = 96,
	POS_LINES_MAX = 6,
	POS_ENTRY_KEYS_MAX = 24, /* keys of one calculation */
	POS_PIN_MAX = 12,
	POS_FIXED_KEYS = 3,
	POS_ARMED_MS = 30000,
	POS_PAID_MS = 3000,
	POS_REFUSED_MS = 3000,
	POS_SAME_CARD_MS = 5000,
	POS_INTERRUPTED_MS = 10000,
	POS_CONFIRM_MS = 90000,
};

/* Standing facts, set by the owner before each step. */
struct pos_screen_facts {
	char school_zh[48], school_en[48];
	bool online;
	bool offline_allowed;
	int64_t offline_cap_fen; /* of one card; shown on the offline bar */
	size_t unsent;
	int64_t takings_fen;
	uint32_t sales;
	int64_t fixed_fen[POS_FIXED_KEYS];
};

enum pos_input_kind {
	POS_INPUT_KEY,
	POS_INPUT_CARD, /* laid on the reader */
	POS_INPUT_CARD_GONE,
	POS_INPUT_RESULT, /* what became of the action asked for */
	POS_INPUT_TICK,   /* time passed */
	POS_INPUT_OPEN,
	POS_INPUT_CLOSE, /* business begins, ends */
	POS_INPUT_FAULT,
	POS_INPUT_KINDS
};

struct pos_input {
	enum pos_input_kind kind;
	enum pos_key key;
	char card_no[POS_CARD_NO_SIZE];
	struct pos_outcome outcome; /* RESULT */
	bool reversed;              /* RESULT: given up, nothing charged */
	bool offline;               /* RESULT: stored here */
	bool pin_would_help;        /* RESULT 61 with DF09 */
	int pin_left;               /* RESULT 55: tries left; -1 when not told */
	int64_t short_fen;          /* RESULT 51 or 0 */
	const char *reason;         /* CLOSE, FAULT */
};

/* What the owner has to do after a step. */
enum pos_wish { POS_WISH_NONE, POS_WISH_PAY, POS_WISH_VOID, POS_WISH_CANCEL };

struct pos_view {
	char clerk[POS_LINES_MAX][POS_LINE_SIZE];
	char customer[POS_LINES_MAX][POS_LINE_SIZE];
	enum pos_sound sound;
	bool light;  /* the reader's */
	bool orange; /* the offline bar */
};

struct pos_screen {
	enum pos_screen_state state;
	enum pos_language language;
	struct pos_screen_facts facts;
	char keys[POS_ENTRY_KEYS_MAX + 1]; /* "12.5+3*2" */
	size_t key_count;
	int64_t amount_fen;
	bool voiding;
	bool fixed;                     /* armed by a fixed-price key: arms itself again */
	char card_no[POS_CARD_NO_SIZE]; /* on the reader now, or empty */
	bool lay_charged;               /* it has been taken since it was laid down */
	char last_card[POS_CARD_NO_SIZE];
	char interrupted_card[POS_CARD_NO_SIZE]; /* of the payment under way */
	int64_t last_charged_ms;
	int64_t until_ms; /* this state ends then; INT64_MAX for never */
	char pin[POS_PIN_MAX + 1];
	size_t pin_len;
	struct pos_input shown; /* the result being shown */
	int64_t last_sale_fen;
	char reason[POS_LINE_SIZE];
	enum pos_sound sound;
};

void pos_screen_init(struct pos_screen *s, enum pos_language language,
                     const struct pos_screen_facts *facts);
/* Take one input at now_ms (monotonic). For POS_WISH_PAY: amount_fen, card_no, pin (empty or
 * digits) say what. */
enum pos_wish pos_screen_step(struct pos_screen *s, const struct pos_input *in, int64_t now_ms);
void pos_screen_view(const struct pos_screen *s, struct pos_view *out);
const char *pos_screen_state_name(enum pos_screen_state state);

/* "12.5+3*2" by the usual precedence, money by money-or-count. POS_AMOUNT when it is none, zero or
 * too large. */
result pos_calculate(struct str keys, int64_t *fen);

/* The customer's words for a code (ux section 7), {b} {d} {n} {x} {t} filled from the input; the
 * clerk's hint. */
void pos_text_customer(enum pos_language language, const struct pos_input *in,
                       const struct pos_screen_facts *facts, char out[POS_LINE_SIZE]);
const char *pos_text_hint(enum pos_language language, const char *code);
enum pos_sound pos_text_sound(const char *code);
