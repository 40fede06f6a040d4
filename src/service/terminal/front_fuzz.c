/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a signed-in node or a stranger sends, the front lives on and the book balances. The
 * first byte says how the rest travels: as a frame as it is, or as a message under the session's
 * own F64 and envelope, so that mutations reach what is behind the checks.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/payments/payments_fixture.h"
#include "net/frame_client.h"
#include "service/terminal/front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SESSION = 0x5A000001 };

static struct payments_fixture site;
static struct terminal_front *front;
static struct frame_client *client;
static struct live_session *session;
static struct mac_key tak;
static struct envelope_key envelope;
static uint64_t counter;

static void dial(void)
{
	char address[32];

	frame_client_close(client);
	client = NULL;
	snprintf(address, sizeof address, "127.0.0.1:%u",
	         terminal_front_port(front, TERMINAL_PORT_B));
	ASSERT(is_ok(frame_client_open(address, NULL, SECOND_US, &client)));
	for (int i = 0; i < 4; i++)
		ASSERT(is_ok(loop_once(front->loop, 0)));
}

/* A session as sign-in would leave it, under keys of our own. */
static void open_session(void)
{
	struct live_keys keys = { "tak tak tak tak", "tdk tdk tdk tdk", "krec krec krec", "psk" };
	struct live_node *node = live_node_find(&front->live, STR("01010001"));
	struct terminal_session stored = { .id = SESSION,
		                           .terminal_id = FIXTURE_TILL,
		                           .state = TERMINAL_SESSION_ACTIVE,
		                           .suite = SUITE_AES,
		                           .send_reserved = UINT64_MAX / 2,
		                           .valid_until = { INT64_MAX } };

	ASSERT(node);
	ASSERT(is_ok(mac_key_init_suite(&tak, SUITE_AES, keys.tak)));
	ASSERT(is_ok(envelope_key_init(&envelope, SUITE_AES, keys.tdk, SESSION)));
	session = live_open(&front->live, node, &stored);
	ASSERT(session && is_ok(live_load_keys(session, &keys)));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	frame_client_close(client);
	front_close(front);
	payments_fixture_close(&site);
	mac_key_deinit(&tak);
	envelope_key_deinit(&envelope);
	nftw(site.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void set_up(void)
{
	static char dir[] = "/tmp/yika-front-fuzz-XXXXXX";
	static struct random_seeded random;

	random_seeded_init(&random, 3);
	ASSERT(mkdtemp(dir) && is_ok(payments_fixture_make_in(&site, dir)));
	struct terminal_front_config config = {
		.writer = site.writer,
		.payments = &site.payments,
		.kms = "/nonexistent/kms.sock", /* sessions have their keys from here */
		.clock = &site.clock.clock,
		.random = &random.source,
		.listen = { "127.0.0.1:0" },
		.connections_max = 64,
		.jobs_max = 64,
		.nodes_max = 64,
	};
	ASSERT(is_ok(front_open(&config, &front)));
	open_session();
	atexit(clean_up);
}

/* A message under the session's keys, as far as it can carry F64 at all. */
static size_t wrap(const uint8_t *data, size_t size, bool sealed, uint8_t *out)
{
	struct frame head = { .class = sealed ? FRAME_SEALED : FRAME_PLAIN };
	uint8_t *body = out + FRAME_HEAD_SIZE + (sealed ? ENVELOPE_SEC : 0);

	if (size > 4000)
		size = 4000;
	memcpy(body, data, size);
	if (size >= 10)
		body[9] |= 1; /* bit 64 of the bitmap: F64 follows */
	mac_f64(&tak, bytes_of(body, size), body + size);
	size += F64_SIZE;
	size_t whole = frame_head(FRAME_FULL, &head, sealed ? size + ENVELOPE_EXTRA : size, out);
	if (sealed)
		envelope_seal(&envelope, ENVELOPE_TO_HOST, ++counter,
		              out + FRAME_HEAD_SIZE - FRAME_HDR_SIZE, out + FRAME_HEAD_SIZE, size);
	return whole;
}

static bool is_balanced(void)
{
	struct ledger_proof proof;

	ledger_writer_proof(site.writer, &proof);
	for (int i = 0; i < 4; i++)
		if (!proof.identity[i].holds)
			return false;
	return true;
}

/* Hand it over, and let the writer and the replies pass. */
static void feed(struct bytes payload)
{
	struct bytes reply;
	struct ledger_figures figures;

	if (!is_ok(frame_client_send(client, payload, SECOND_US))) {
		dial();
		return;
	}
	for (int i = 0; i < 200; i++) {
		ASSERT(is_ok(loop_once(front->loop, i ? 1000 : 0)));
		ledger_writer_figures(site.writer, &figures);
		if (i && atomic_load(&front->count.jobs) == 0 && figures.queue == 0)
			break;
	}
	result got = frame_client_receive(client, 0, &reply);
	if (got.code != SUCCESS && got.code != NET_TIMEOUT)
		dial();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[FRAME_MAX];
	static unsigned runs;
	size_t whole;

	if (!front)
		set_up();
	if (!client)
		dial();
	if (size < 2)
		return 0;
	switch (data[0] % 4) {
	case 0: /* as it is */
		whole = size - 1 < FRAME_LEN_MAX ? size - 1 : FRAME_LEN_MAX;
		feed(bytes_of(data + 1, whole));
		break;
	case 1: /* plain, with F64 */
		whole = wrap(data + 1, size - 1, false, frame);
		feed(bytes_of(frame + FRAME_LEN_SIZE, whole - FRAME_LEN_SIZE));
		break;
	default:
		whole = wrap(data + 1, size - 1, true, frame);
		feed(bytes_of(frame + FRAME_LEN_SIZE, whole - FRAME_LEN_SIZE));
		break;
	}
	if (++runs % 256 == 0)
		ASSERT(is_balanced());
	return 0;
}
