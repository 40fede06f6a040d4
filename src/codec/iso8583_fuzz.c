/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First byte: the dialect. What parses can be read field by field and built again to a message that
 * parses and reads the same; dialect B to the same bytes.
 */
#include "codec/iso8583_message.h"
#include "codec/iso8583_table.h"

static struct iso8583 in, again;
static struct iso8583_out out;
static uint8_t built[ISO8583_MESSAGE_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_fields(void)
{
	iso8583_begin(&out, in.dialect, in.mti);
	for (unsigned n = 2; n < F_MAC; n++) {
		if (!iso8583_has(&in, n))
			continue;
		if (iso8583_fields[n].type == ISO8583_TYPE_B)
			iso8583_set_bytes(&out, n, iso8583_bytes(&in, n));
		else
			iso8583_set_str(&out, n, iso8583_str(&in, n));
	}
	ASSERT(is_ok(iso8583_done(&in)));
}

static void read_values(void)
{
	struct iso8583_balance balances[ISO8583_GROUPS_MAX];
	const struct iso8583_message *row = iso8583_message_find(&in);

	if (row)
		ASSERT(iso8583_check(row, &in).code < RESULT_CODE_COUNT);
	iso8583_reply(&out, &in, row);
	if (iso8583_has(&in, F_TIME) && iso8583_has(&in, F_DATE))
		iso8583_local_time(&in, (struct instant){ 1788235501000000 });
	if (iso8583_has(&in, F_BALANCE))
		ASSERT(iso8583_balances(&in, balances) <= ISO8583_GROUPS_MAX);
	if (iso8583_has(&in, F_AMOUNT))
		ASSERT(iso8583_money(&in, F_AMOUNT).fen >= 0);
	in.bad = SUCCESS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes message = bytes_of(data + 1, size ? size - 1 : 0);
	enum iso8583_dialect dialect = size ? (enum iso8583_dialect)(data[0] % 3) : ISO8583_B;
	bool has_mac;
	size_t len;

	if (!size || !is_ok(iso8583_parse(dialect, message, &in)))
		return 0;
	read_values();
	copy_fields();
	has_mac = iso8583_has(&in, F_MAC);
	ASSERT(is_ok(iso8583_build(&out, has_mac, built, sizeof built, &len)));
	if (has_mac)
		iso8583_put_mac(&out, built, len, iso8583_bytes(&in, F_MAC).at);
	ASSERT(is_ok(iso8583_parse(dialect, bytes_of(built, len), &again)));
	ASSERT(again.bitmap == in.bitmap && again.mti == in.mti);
	/* A second bitmap that is empty is taken, but never written. */
	if (dialect == ISO8583_B && !(data[3] & 0x80))
		ASSERT(len == message.len && memcmp(built, message.at, len) == 0);
	return 0;
}
