/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec_pipe.c — the codec behind a pipe, for clients that are not ours.
 *
 *   codec_pipe KEY     the AES key of F64 in hex
 *
 * Standard input: framed messages of dialect A. Each is parsed, found, checked for presence and
 * F64, and written to standard output as the codec itself would write it, with the first bitmap
 * only. A message that is refused comes back as the text "!NAME detail", framed the same way.
 */
#include <stdio.h>
#include <unistd.h>

#include "codec/frame.h"
#include "codec/iso8583_message.h"
#include "codec/iso8583_table.h"
#include "crypto/mac.h"

static struct iso8583 in;
static struct iso8583_out out;

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
}

static result answer(struct mac_key *mac, struct bytes message, uint8_t *at, size_t *len)
{
	const struct iso8583_message *row;
	bool has_mac;
	uint8_t f64[F64_SIZE];

	TRY(iso8583_parse(ISO8583_A, message, &in));
	row = iso8583_message_find(&in);
	if (!row)
		return FAIL(ISO8583_VALUE, "no such transaction");
	TRY(iso8583_check(row, &in));
	has_mac = iso8583_has(&in, F_MAC);
	if (has_mac && !mac_f64_is(mac, iso8583_mac_range(&in), iso8583_bytes(&in, F_MAC)))
		return FAIL(FRONT_MAC_WRONG, "F64");
	copy_fields();
	TRY(iso8583_done(&in));
	TRY(iso8583_build(&out, has_mac, at, FRAME_LEN_MAX, len));
	if (!has_mac)
		return OK;
	mac_f64(mac, iso8583_built_range(&out, at, *len), f64);
	iso8583_put_mac(&out, at, *len, f64);
	return OK;
}

static size_t refusal(result r, char *at)
{
	int len = snprintf(at, 512, "!%s %s", result_name(r), result_last()->text);

	return (size_t)(len < 512 ? len : 511);
}

static bool write_all(const uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, at, len);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Answer what is whole in the buffer; how many bytes were used, or SIZE_MAX when the line is
 * broken. */
static size_t serve(struct mac_key *mac, struct bytes here)
{
	static uint8_t reply[FRAME_MAX];
	size_t used = 0, whole, len;
	struct frame f;

	for (;;) {
		if (!is_ok(frame_scan(FRAME_BARE, bytes_of(here.at + used, here.len - used),
		                      &whole)))
			return SIZE_MAX;
		if (!whole)
			return used;
		ASSERT(is_ok(frame_parse(FRAME_BARE, bytes_of(here.at + used, whole), &f)));
		result r = answer(mac, f.body, reply + FRAME_LEN_SIZE, &len);
		if (!is_ok(r))
			len = refusal(r, (char *)reply + FRAME_LEN_SIZE);
		if (!write_all(reply, frame_head(FRAME_BARE, &f, len, reply)))
			return SIZE_MAX;
		used += whole;
	}
}

int main(int argc, char **argv)
{
	static uint8_t held[4 * FRAME_MAX];
	struct mac_key mac = { 0 };
	uint8_t key[SUITE_KEY_SIZE];
	size_t len = 0, used = 0;
	ssize_t n;

	if (argc != 2 || !is_ok(hex_decode(str_of(argv[1]), key, sizeof key)) ||
	    !is_ok(mac_key_init_suite(&mac, SUITE_AES, key))) {
		fprintf(stderr, "usage: codec_pipe KEY\n");
		return 2;
	}
	while (used != SIZE_MAX && (n = read(STDIN_FILENO, held + len, sizeof held - len)) > 0) {
		len += (size_t)n;
		used = serve(&mac, bytes_of(held, len));
		if (used == SIZE_MAX)
			break;
		memmove(held, held + used, len - used);
		len -= used;
	}
	mac_key_deinit(&mac);
	return used == SIZE_MAX || len ? 1 : 0;
}
