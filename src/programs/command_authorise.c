/* SPDX-License-Identifier: Apache-2.0 */
/* `yika authorise`: at the machine that becomes a node. */
#include <stdio.h>

#include "base/secret.h"
#include "programs/command.h"
#include "programs/enrol.h"
#include "programs/kms/prompt.h"

enum { PIN_MAX = 128 };

struct order {
	struct enrol_order enrol;
	bool begin;
};

static result begin(const struct order *o)
{
	char hex[2 * SEAL_POINT + 1];
	uint8_t point[SEAL_POINT];

	TRY(enrol_begin(o->enrol.transport, o->enrol.passphrase, point));
	hex_encode(bytes_of(point, sizeof point), hex);
	printf("%s\n", hex);
	return OK;
}

static result finish(struct order *o)
{
	char pin[PIN_MAX], serial[AUTH_CARD_SERIAL_TEXT];
	struct auth_card card;

	if (!o->enrol.card || !o->enrol.sam)
		return FAIL(USAGE, "--card FILE and --out FILE, or --new");
	TRY(prompt_text("PIN 授权卡口令: ", false, pin, sizeof pin));
	o->enrol.pin = pin;
	result r = enrol_finish(&o->enrol, &card);
	secret_wipe_bytes(pin, sizeof pin);
	TRY(r);
	printf("node %s is registered; its SAM is in %s, card %s is used\n", card.node,
	       o->enrol.sam, auth_card_serial_text(card.serial, serial));
	return OK;
}

int command_authorise(int argc, char **argv)
{
	struct order o = { 0 };
	struct command_option options[] = {
		{ "new", NULL, &o.begin, false },
		{ "transport", &o.enrol.transport, NULL, true },
		{ "passphrase", &o.enrol.passphrase, NULL, true },
		{ "card", &o.enrol.card, NULL, false },
		{ "out", &o.enrol.sam, NULL, false },
		{ "host", &o.enrol.host, NULL, false },
		{ "machine", &o.enrol.machine, NULL, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = o.begin ? begin(&o) : finish(&o);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
