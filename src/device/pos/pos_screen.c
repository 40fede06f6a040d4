/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_screen.h"

#include "base/secret.h"

/* What a step may be about. */
enum event {
	EVENT_DIGIT, /* and the decimal point */
	EVENT_OPERATOR,
	EVENT_CLEAR_ONE,
	EVENT_CLEAR_ALL,
	EVENT_ENTER,
	EVENT_FIXED,
	EVENT_VOID,
	EVENT_CARD,
	EVENT_GONE,
	EVENT_RESULT,
	EVENT_TIME, /* the state's time is over */
	EVENT_OPEN,
	EVENT_CLOSE,
	EVENT_FAULT,
	EVENTS
};

struct step {
	struct pos_screen *s;
	const struct pos_input *in;
	int64_t now;
	enum pos_wish wish;
};

enum { PIN_MIN = 4 };

static void enter(struct step *c, enum pos_screen_state state, int64_t for_ms)
{
	c->s->state = state;
	c->s->until_ms = for_ms > 0 ? c->now + for_ms : INT64_MAX;
}

static void forget_pin(struct pos_screen *s)
{
	secret_wipe_bytes(s->pin, sizeof s->pin);
	s->pin_len = 0;
}

static void go_idle(struct step *c)
{
	struct pos_screen *s = c->s;

	s->key_count = 0;
	s->keys[0] = '\0';
	s->amount_fen = 0;
	s->fixed = false;
	forget_pin(s);
	enter(c, POS_SCREEN_IDLE, 0);
}

static void go_amount(struct step *c)
{
	forget_pin(c->s);
	if (c->s->key_count == 0)
		go_idle(c);
	else
		enter(c, POS_SCREEN_AMOUNT, 0);
}

static void pay(struct step *c)
{
	c->wish = POS_WISH_PAY;
	enter(c, POS_SCREEN_READING, 0);
}

/* The card on the reader pays: at once, or, when it has just paid, after a question. */
static void take_card(struct step *c)
{
	struct pos_screen *s = c->s;
	bool again = strcmp(s->card_no, s->last_card) == 0 && *s->card_no;

	if (again && c->now - s->last_charged_ms < POS_SAME_CARD_MS)
		enter(c, POS_SCREEN_AGAIN, POS_ARMED_MS);
	else
		pay(c);
}

/* Ready for a card; one that lies there already and has not paid since it was laid down is taken.
 */
static void go_armed(struct step *c)
{
	enter(c, POS_SCREEN_ARMED, POS_ARMED_MS);
	if (*c->s->card_no && !c->s->lay_charged)
		take_card(c);
}

static void on_digit(struct step *c)
{
	struct pos_screen *s = c->s;

	if (s->state != POS_SCREEN_AMOUNT)
		go_idle(c);
	if (s->key_count == POS_ENTRY_KEYS_MAX) {
		s->sound = POS_SOUND_REFUSED;
		return;
	}
	s->keys[s->key_count++] = c->in->key == POS_KEY_POINT ? '.' : (char)('0' + (int)c->in->key);
	s->keys[s->key_count] = '\0';
	enter(c, POS_SCREEN_AMOUNT, 0);
}

static void on_operator(struct step *c)
{
	struct pos_screen *s = c->s;

	if (s->key_count == POS_ENTRY_KEYS_MAX)
		return;
	s->keys[s->key_count++] = c->in->key == POS_KEY_PLUS ? '+' : '*';
	s->keys[s->key_count] = '\0';
}

static void on_backspace(struct step *c)
{
	struct pos_screen *s = c->s;

	s->keys[--s->key_count] = '\0';
	if (s->key_count == 0)
		go_idle(c);
}

static void on_amount_enter(struct step *c)
{
	if (is_ok(pos_calculate((struct str){ c->s->keys, c->s->key_count }, &c->s->amount_fen)))
		go_armed(c);
	else
		c->s->sound = POS_SOUND_REFUSED;
}

/* A fixed-price key arms at once, and again after each sale: then no press at all is needed. */
static void on_fixed(struct step *c)
{
	int64_t fen = c->s->facts.fixed_fen[c->in->key - POS_KEY_FIXED_1];

	if (fen <= 0) {
		c->s->sound = POS_SOUND_REFUSED;
		return;
	}
	go_idle(c);
	c->s->amount_fen = fen;
	c->s->fixed = true;
	go_armed(c);
}

static void on_void_key(struct step *c)
{
	enter(c, POS_SCREEN_VOID, POS_ARMED_MS);
}

static void on_void_enter(struct step *c)
{
	c->wish = POS_WISH_VOID;
	c->s->voiding = true;
	c->s->amount_fen = c->s->last_sale_fen;
	enter(c, POS_SCREEN_READING, 0);
}

/* What is needed after a sale: the same price again, or nothing. */
static void on_paid_over(struct step *c)
{
	if (!c->s->fixed) {
		go_idle(c);
		return;
	}
	forget_pin(c->s);
	go_armed(c);
}

static void on_paid_card(struct step *c)
{
	if (c->s->fixed)
		take_card(c);
}

static void on_cancel(struct step *c)
{
	c->wish = POS_WISH_CANCEL;
}

static void on_confirm_digit(struct step *c)
{
	struct pos_screen *s = c->s;

	if (c->in->key == POS_KEY_POINT || s->pin_len == POS_PIN_MAX)
		return;
	s->pin[s->pin_len++] = (char)('0' + (int)c->in->key);
	s->pin[s->pin_len] = '\0';
}

static void on_confirm_backspace(struct step *c)
{
	if (c->s->pin_len > 0)
		c->s->pin[--c->s->pin_len] = '\0';
}

static void on_confirm_enter(struct step *c)
{
	if (c->s->pin_len >= PIN_MIN)
		pay(c);
	else
		c->s->sound = POS_SOUND_REFUSED;
}

static void show_paid(struct step *c)
{
	struct pos_screen *s = c->s;

	s->sound = POS_SOUND_PAID;
	enter(c, POS_SCREEN_PAID, POS_PAID_MS);
	if (s->voiding) {
		s->last_sale_fen = 0;
		s->voiding = false;
		return;
	}
	s->last_sale_fen = s->amount_fen;
	memcpy(s->last_card, s->card_no, sizeof s->last_card);
	s->last_charged_ms = c->now;
	s->lay_charged = true;
}

static void on_result(struct step *c)
{
	struct pos_screen *s = c->s;

	s->shown = *c->in;
	forget_pin(s);
	if (c->in->outcome.approved) {
		show_paid(c);
		return;
	}
	if (c->in->reversed && !s->voiding) {
		/* The card may be laid down once more to pay what was not finished. */
		s->lay_charged = true;
		memcpy(s->shown.outcome.code, "96", sizeof s->shown.outcome.code);
		s->sound = POS_SOUND_REPEAT;
		enter(c, POS_SCREEN_INTERRUPTED, POS_INTERRUPTED_MS);
		return;
	}
	s->voiding = false;
	s->sound = pos_text_sound(c->in->outcome.code);
	if (c->in->pin_would_help && s->amount_fen > 0) {
		enter(c, POS_SCREEN_CONFIRM, POS_CONFIRM_MS);
		return;
	}
	s->lay_charged = true;
	enter(c, POS_SCREEN_REFUSED, s->amount_fen > 0 ? POS_ARMED_MS : POS_REFUSED_MS);
}

/* Only the card that was not finished; another one waits for a new amount. */
static void on_interrupted_card(struct step *c)
{
	if (strcmp(c->s->card_no, c->s->interrupted_card) == 0)
		pay(c);
	else
		c->s->sound = POS_SOUND_NOTICE;
}

static void on_closed(struct step *c)
{
	go_idle(c);
	str_copy(str_of(c->in->reason ? c->in->reason : ""), c->s->reason, sizeof c->s->reason);
	enter(c, c->in->kind == POS_INPUT_FAULT ? POS_SCREEN_FAULT : POS_SCREEN_CLOSED, 0);
}

typedef void handler(struct step *c);

/* States down, events across; what is not named is ignored. Close and fault are taken in every
 * state but Reading. */
static handler *const table[POS_SCREEN_STATES][EVENTS] = {
	[POS_SCREEN_CLOSED] = { [EVENT_OPEN] = go_idle, [EVENT_ENTER] = go_idle },
	[POS_SCREEN_IDLE] = { [EVENT_DIGIT] = on_digit,
	                      [EVENT_FIXED] = on_fixed,
	                      [EVENT_VOID] = on_void_key },
	[POS_SCREEN_AMOUNT] = { [EVENT_DIGIT] = on_digit,
	                        [EVENT_OPERATOR] = on_operator,
	                        [EVENT_CLEAR_ONE] = on_backspace,
	                        [EVENT_CLEAR_ALL] = go_idle,
	                        [EVENT_ENTER] = on_amount_enter,
	                        [EVENT_FIXED] = on_fixed },
	[POS_SCREEN_ARMED] = { [EVENT_CARD] = take_card,
	                       [EVENT_CLEAR_ONE] = go_amount,
	                       [EVENT_CLEAR_ALL] = go_idle,
	                       [EVENT_FIXED] = on_fixed,
	                       [EVENT_TIME] = go_amount },
	[POS_SCREEN_AGAIN] = { [EVENT_ENTER] = pay,
	                       [EVENT_CARD] = take_card,
	                       [EVENT_CLEAR_ONE] = go_amount,
	                       [EVENT_CLEAR_ALL] = go_idle,
	                       [EVENT_TIME] = go_amount },
	[POS_SCREEN_READING] = { [EVENT_RESULT] = on_result, [EVENT_CLEAR_ALL] = on_cancel },
	[POS_SCREEN_PAID] = { [EVENT_DIGIT] = on_digit,
	                      [EVENT_FIXED] = on_fixed,
	                      [EVENT_CARD] = on_paid_card,
	                      [EVENT_CLEAR_ALL] = go_idle,
	                      [EVENT_VOID] = on_void_key,
	                      [EVENT_TIME] = on_paid_over },
	[POS_SCREEN_REFUSED] = { [EVENT_CARD] = take_card,
	                         [EVENT_CLEAR_ONE] = go_amount,
	                         [EVENT_CLEAR_ALL] = go_idle,
	                         [EVENT_DIGIT] = on_digit,
	                         [EVENT_FIXED] = on_fixed,
	                         [EVENT_TIME] = go_amount },
	[POS_SCREEN_CONFIRM] = { [EVENT_DIGIT] = on_confirm_digit,
	                         [EVENT_CLEAR_ONE] = on_confirm_backspace,
	                         [EVENT_CLEAR_ALL] = go_idle,
	                         [EVENT_ENTER] = on_confirm_enter,
	                         [EVENT_TIME] = go_amount },
	[POS_SCREEN_INTERRUPTED] = { [EVENT_CARD] = on_interrupted_card,
	                             [EVENT_CLEAR_ALL] = go_idle,
	                             [EVENT_TIME] = go_idle },
	[POS_SCREEN_VOID] = { [EVENT_ENTER] = on_void_enter,
	                      [EVENT_CLEAR_ONE] = go_idle,
	                      [EVENT_CLEAR_ALL] = go_idle,
	                      [EVENT_TIME] = go_idle },
	[POS_SCREEN_FAULT] = { [EVENT_OPEN] = go_idle },
};

static enum event event_of_key(enum pos_key key)
{
	static const enum event events[POS_KEYS] = {
		[POS_KEY_PLUS] = EVENT_OPERATOR,       [POS_KEY_TIMES] = EVENT_OPERATOR,
		[POS_KEY_CLEAR_ONE] = EVENT_CLEAR_ONE, [POS_KEY_CLEAR_ALL] = EVENT_CLEAR_ALL,
		[POS_KEY_ENTER] = EVENT_ENTER,         [POS_KEY_FIXED_1] = EVENT_FIXED,
		[POS_KEY_FIXED_2] = EVENT_FIXED,       [POS_KEY_FIXED_3] = EVENT_FIXED,
		[POS_KEY_VOID] = EVENT_VOID, /* digits and point are EVENT_DIGIT, which is 0 */
	};

	return events[key];
}

static enum event event_of(const struct pos_input *in)
{
	static const enum event events[POS_INPUT_KINDS] = {
		[POS_INPUT_CARD] = EVENT_CARD,     [POS_INPUT_CARD_GONE] = EVENT_GONE,
		[POS_INPUT_RESULT] = EVENT_RESULT, [POS_INPUT_TICK] = EVENT_TIME,
		[POS_INPUT_OPEN] = EVENT_OPEN,     [POS_INPUT_CLOSE] = EVENT_CLOSE,
		[POS_INPUT_FAULT] = EVENT_FAULT,
	};

	return in->kind == POS_INPUT_KEY ? event_of_key(in->key) : events[in->kind];
}

/* What lies on the reader is known in every state. A reader that reports one card twice reports one
 * card. */
static bool note_card(struct pos_screen *s, const struct pos_input *in)
{
	if (in->kind == POS_INPUT_CARD_GONE) {
		s->card_no[0] = '\0';
		s->lay_charged = false;
		return true;
	}
	if (in->kind != POS_INPUT_CARD)
		return true;
	if (strcmp(s->card_no, in->card_no) == 0)
		return false;
	memcpy(s->card_no, in->card_no, sizeof s->card_no);
	s->lay_charged = false;
	return true;
}

void pos_screen_init(struct pos_screen *s, enum pos_language language,
                     const struct pos_screen_facts *facts)
{
	*s = (struct pos_screen){
		.state = POS_SCREEN_IDLE,
		.language = language,
		.facts = *facts,
		.last_charged_ms = INT64_MIN / 2,
		.until_ms = INT64_MAX,
	};
}

enum pos_wish pos_screen_step(struct pos_screen *s, const struct pos_input *in, int64_t now_ms)
{
	struct step c = { s, in, now_ms, POS_WISH_NONE };
	enum event event = event_of(in);
	handler *h;

	s->sound = POS_SOUND_NONE;
	if (!note_card(s, in) || (event == EVENT_TIME && now_ms < s->until_ms))
		return POS_WISH_NONE;
	if ((event == EVENT_CLOSE || event == EVENT_FAULT) && s->state != POS_SCREEN_READING) {
		on_closed(&c);
		return c.wish;
	}
	h = table[s->state][event];
	if (h)
		h(&c);
	if (c.wish == POS_WISH_PAY)
		memcpy(s->interrupted_card, s->card_no, sizeof s->interrupted_card);
	return c.wish;
}

const char *pos_screen_state_name(enum pos_screen_state state)
{
	static const char *const names[POS_SCREEN_STATES] = {
		"closed", "idle",    "amount",  "armed",       "again", "reading",
		"paid",   "refused", "confirm", "interrupted", "void",  "fault",
	};

	return names[state];
}
