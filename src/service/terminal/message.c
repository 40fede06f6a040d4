/* SPDX-License-Identifier: Apache-2.0 */
#include "service/terminal/message.h"

enum {
	MONEY = MESSAGE_MAC | MESSAGE_FINANCIAL | MESSAGE_CLOCK,
	ADVICE = MESSAGE_MAC |
	         MESSAGE_FINANCIAL, /* repeated until it is acknowledged, however late */
	TELL = MESSAGE_MAC,
	UPLOAD = MESSAGE_MAC | MESSAGE_UPLOAD | MESSAGE_SQL,
	SETTLE = MESSAGE_MAC | MESSAGE_SQL,
};

/* Hello, sign-in and register are not here: they make the session these need (greeting.c). */
#define PAYMENT(word, flags, allow, does)                                                          \
	{                                                                                          \
		YTAP_##word, flags, TERMINAL_ALLOW_##allow, terminal_read_payment,                 \
		        terminal_work_##does, terminal_answer_payment                              \
	}

static const struct terminal_message messages[] = {
	{ YTAP_PURCHASE, MONEY, TERMINAL_ALLOW_PURCHASE, terminal_read_pin_payment,
	  terminal_work_purchase, terminal_answer_payment },
	PAYMENT(VOID, MONEY, VOID, void),
	PAYMENT(REFUND, ADVICE, REFUND, refund),
	PAYMENT(BALANCE, MONEY, BALANCE, balance),
	PAYMENT(TOP_UP, MONEY, CASH, top_up),
	PAYMENT(TOP_UP_VOID, MONEY, CASH, top_up_void),
	PAYMENT(TOP_UP_CONFIRM, ADVICE, CASH, confirm),
	PAYMENT(SUBSIDY_CLAIM, MONEY, SUBSIDY, subsidy),
	PAYMENT(SUBSIDY_CONFIRM, ADVICE, SUBSIDY, confirm),
	{ YTAP_REVERSAL, ADVICE, 0, terminal_read_payment, terminal_work_reversal,
	  terminal_answer_payment },

	{ YTAP_UPLOAD, UPLOAD, TERMINAL_ALLOW_UPLOAD, terminal_read_upload, terminal_work_upload,
	  terminal_answer_upload },
	{ YTAP_UPLOAD_END, SETTLE, TERMINAL_ALLOW_UPLOAD, terminal_read_settlement,
	  terminal_work_settlement, terminal_answer_settlement },
	{ YTAP_SETTLEMENT, SETTLE, 0, terminal_read_settlement, terminal_work_settlement,
	  terminal_answer_settlement },

	{ YTAP_ECHO, MESSAGE_OPEN, 0, terminal_read_nothing, NULL, NULL },
	{ YTAP_TIME, TELL, 0, terminal_read_nothing, NULL, terminal_answer_time },
	{ YTAP_STATUS, TELL, 0, terminal_read_status, NULL, NULL },
	{ YTAP_ALARM, SETTLE, 0, terminal_read_alarm, terminal_work_alarm, NULL },
	{ YTAP_DEREGISTER, SETTLE | MESSAGE_LEAVE, 0, terminal_read_deregister,
	  terminal_work_deregister, terminal_answer_deregister },
	{ YTAP_SIGN_OFF, TELL, 0, terminal_read_sign_off, NULL, terminal_answer_sign_off },
};

const struct terminal_message *terminal_message_of(enum ytap_message word)
{
	const struct terminal_message *m;

	EACH (m, messages)
		if (m->word == word)
			return m;
	return NULL;
}
