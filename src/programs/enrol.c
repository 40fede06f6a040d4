/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/enrol.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "device/line/line.h"
#include "device/pos/sam.h"
#include "net/frame_client.h"

enum {
	WAIT_US = 10000000,
	FRAMES_MAX = 8, /* of an answer, until it is none */
	MACHINE = 32,
	FILE_ROOM = 1024,
	CARD_TRIES = 3,
	CHUNK = 65536,
	ADDRESS = AUTH_CARD_HOSTS + 1,
};

/* --- files --- */

static result read_file(const char *path, uint8_t room[FILE_ROOM], struct bytes *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return FAIL(FILE_READ, "%s: %m", path);
	n = read(fd, room, FILE_ROOM);
	close(fd);
	if (n < 0)
		return FAIL(FILE_READ, "%s: %m", path);
	*out = bytes_of(room, (size_t)n);
	return OK;
}

static result read_words(const char *path, uint8_t room[FILE_ROOM], struct str *out)
{
	struct bytes all = { 0 };
	struct str rest;

	TRY(read_file(path, room, &all));
	str_cut((struct str){ (const char *)all.at, all.len }, '\n', out, &rest);
	return OK;
}

static result write_file(const char *path, int flags, struct bytes content)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	bool ok;

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	ok = write(fd, content.at, content.len) == (ssize_t)content.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

/* --- before there is a card --- */

result enrol_begin(const char *transport, const char *passphrase, uint8_t point[SEAL_POINT])
{
	uint8_t room[FILE_ROOM], file[AUTH_TRANSPORT_FILE];
	struct writer w = writer_of(file, sizeof file);
	struct str words = { 0 };
	result r = read_words(passphrase, room, &words);

	if (is_ok(r))
		r = auth_transport_make(words, passphrase_cost_default, random_system(), point, &w);
	secret_wipe_bytes(room, sizeof room);
	TRY(r);
	return write_file(transport, O_CREAT | O_EXCL, writer_bytes(&w));
}

/* --- what machine this is --- */

/* Not /etc/machine-id itself, which programs on the machine use as a secret of theirs. */
static result machine_of(const char *given, char out[MACHINE + 1])
{
	uint8_t room[FILE_ROOM], digest[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];
	struct bytes id = { 0 };

	if (given && (!given[0] || strlen(given) > MACHINE))
		return FAIL(USAGE, "--machine has 1 to %d characters", MACHINE);
	if (!given) {
		TRY(read_file("/etc/machine-id", room, &id));
		digest_sha256(id, digest);
		hex_encode(bytes_of(digest, sizeof digest), hex);
		given = hex;
	}
	str_copy((struct str){ given, strlen(given) > MACHINE ? MACHINE : strlen(given) }, out,
	         MACHINE + 1);
	return OK;
}

/* The program that is running. */
static result hash_software(uint8_t out[LINE_HASH])
{
	SCOPED(digest_deinit) struct digest d = { 0 };
	static uint8_t chunk[CHUNK];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return FAIL(FILE_READ, "/proc/self/exe: %m");
	result r = digest_init(&d, DIGEST_SHA256);
	if (is_ok(r)) {
		digest_begin(&d);
		while ((n = read(fd, chunk, sizeof chunk)) > 0)
			digest_add(&d, bytes_of(chunk, (size_t)n));
		digest_end(&d, out);
	}
	close(fd);
	TRY(r);
	return n == 0 ? OK : FAIL(FILE_READ, "/proc/self/exe: %m");
}

/* --- the host --- */

struct talk {
	struct line line;
	struct frame_client *client;
	struct iso8583 in;
	uint8_t out[LINE_FRAME_ROOM], frame[LINE_FRAME_MAX];
};

static void talk_end(struct talk **t)
{
	if (*t) {
		frame_client_close((*t)->client);
		line_deinit(&(*t)->line);
	}
	free(*t);
}

static struct line_greeting greeting(void)
{
	return (struct line_greeting){ .now = clock_now(clock_system()),
		                       .software = STR("yika authorise") };
}

static result take_frame(struct talk *t, struct line_input *in)
{
	struct line_greeting g = greeting();
	struct writer out = writer_of(t->out, sizeof t->out);
	struct bytes frame;

	TRY(frame_client_receive(t->client, WAIT_US, &frame));
	if (frame.len > sizeof t->frame)
		return FAIL(FRAME_LENGTH, "%zu bytes", frame.len);
	memcpy(t->frame, frame.at, frame.len);
	*in = line_receive(&t->line, &g, t->frame, frame.len, &t->in, &out);
	return in->event == LINE_SEND ? frame_client_send(t->client, writer_bytes(&out), WAIT_US)
	                              : OK;
}

static result converse(struct talk *t)
{
	struct line_greeting g = greeting();
	struct line_input in = { 0 };
	size_t len;

	TRY(line_hello(&t->line, &g, t->out, sizeof t->out, &len));
	TRY(frame_client_send(t->client, bytes_of(t->out, len), WAIT_US));
	for (int i = 0; i < FRAMES_MAX; i++) {
		TRY(take_frame(t, &in));
		if (in.event == LINE_REGISTERED)
			return OK;
		if (in.event == LINE_RETRY_LATER)
			return FAIL(ENROL_REFUSED, "the host is busy: try again later");
		if (in.event == LINE_REFUSED)
			return FAIL(ENROL_REFUSED, "code %s%s", in.code,
			            strcmp(in.code, "00") == 0 ? ": the host did not prove itself"
			                                       : "");
	}
	return FAIL(ENROL_REFUSED, "the host gives no answer to it");
}

static result register_at(const char *address, const struct sam *sam,
                          const struct line_enrolment *enrolment)
{
	SCOPED(talk_end) struct talk *t = calloc(1, sizeof *t);

	if (!t)
		return FAIL(OUT_OF_MEMORY, "a line");
	line_init(&t->line, sam, (enum suite)sam_identity(sam)->suites[0], random_system());
	t->line.enrolment = enrolment;
	TRY(frame_client_open(address, NULL, WAIT_US, &t->client));
	return converse(t);
}

/* The first of them that answers decides. */
static result register_anywhere(struct str hosts, const struct sam *sam,
                                const struct line_enrolment *enrolment)
{
	char address[ADDRESS];
	struct str one, rest = hosts;
	result r = FAIL(USAGE, "the card names no host: --host ADDRESS");
	bool more = hosts.len > 0;

	while (more) {
		more = str_cut(rest, ' ', &one, &rest);
		str_copy(one, address, sizeof address);
		r = register_at(address, sam, enrolment);
		if (is_ok(r) || r.code == ENROL_REFUSED)
			return r;
	}
	return r;
}

/* --- the card --- */

/* Each wrong PIN leaves a byte behind the card, the third one nothing of the card (requirements
 * A1.3). Only this file counts: a copy of it does not. */
static result count_wrong(const char *path, size_t before)
{
	static const char locked[] = AUTH_CARD_LOCKED;

	if (before + 1 >= CARD_TRIES) {
		TRY(write_file(path, O_TRUNC, bytes_of(locked, sizeof locked - 1)));
		return FAIL(AUTHCARD_LOCKED, "%s: %d wrong PINs; withdraw it and order another",
		            path, CARD_TRIES);
	}
	TRY(write_file(path, O_APPEND, bytes_of("!", 1)));
	return FAIL(PASSPHRASE_WRONG, "PIN of %s; %zu left", path, CARD_TRIES - 1 - before);
}

static result open_card(const struct enrol_order *o, struct auth_card *card)
{
	uint8_t room[FILE_ROOM];
	struct bytes file = { 0 };
	size_t wrong = 0;

	TRY(read_file(o->card, room, &file));
	if (file.len > AUTH_CARD_FILE && file.len < AUTH_CARD_FILE + CARD_TRIES) {
		wrong = file.len - AUTH_CARD_FILE;
		file.len = AUTH_CARD_FILE;
	}
	result r = auth_card_open(file, str_of(o->pin), card);
	if (r.code == PASSPHRASE_WRONG)
		return count_wrong(o->card, wrong);
	TRY(r);
	return auth_card_require_now(card, clock_now(clock_system()));
}

static result open_key(const struct enrol_order *o, struct str words, const struct auth_card *card,
                       struct secret *tik)
{
	SCOPED(seal_key_close) struct seal_key transport = { 0 };
	uint8_t room[FILE_ROOM];
	struct bytes file = { 0 };

	TRY(read_file(o->transport, room, &file));
	TRY(auth_transport_open(file, words, &transport));
	return auth_card_unwrap(card, &transport, tik);
}

static struct sam_identity identity_of(const struct auth_card *card)
{
	struct sam_identity id = { .key_version = card->key_version,
		                   .suite_count = card->suite_count };

	memcpy(id.sam_no, card->sam, sizeof id.sam_no);
	str_copy(str_of(card->node), id.node_id, sizeof id.node_id);
	str_copy(str_of(card->merchant), id.merchant, sizeof id.merchant);
	memcpy(id.suites, card->suites, sizeof id.suites);
	return id;
}

/* The SAM as it will be, in memory alone. */
static result open_sam(const struct sam_identity *id, const struct secret *tik, struct str words,
                       struct sam **out)
{
	static const struct passphrase_cost cheap = { 1, 8 };
	uint8_t image[SAM_FILE_MAX];
	struct writer w = writer_of(image, sizeof image);

	TRY(sam_seal(id, tik, words, cheap, random_system(), &w));
	return sam_unseal(writer_bytes(&w), words, out);
}

static void sam_end(struct sam **s)
{
	sam_close(*s);
}

static result tell_host(const struct enrol_order *o, const struct auth_card *card,
                        const struct sam *sam)
{
	struct line_enrolment enrolment = { .machine = { 0 } };
	char machine[MACHINE + 1];

	memcpy(enrolment.card, card->serial, sizeof enrolment.card);
	TRY(machine_of(o->machine, machine));
	enrolment.machine = str_of(machine);
	TRY(hash_software(enrolment.software));
	return register_anywhere(str_of(o->host ? o->host : card->hosts), sam, &enrolment);
}

/* From here on nobody gets a second SAM out of these files. */
static result use_up(const struct enrol_order *o, const struct auth_card *card)
{
	char mark[AUTH_CARD_MARK];
	size_t len = auth_card_mark(card, mark);

	TRY(write_file(o->card, O_TRUNC, bytes_of(mark, len)));
	return unlink(o->transport) == 0 ? OK : FAIL(FILE_WRITE, "%s: %m", o->transport);
}

static result finish_with(const struct enrol_order *o, struct str words, struct auth_card *card)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };
	SCOPED(sam_end) struct sam *sam = NULL;
	struct sam_identity id;

	TRY(open_card(o, card));
	TRY(open_key(o, words, card, &tik));
	if (access(o->sam, F_OK) == 0)
		return FAIL(FILE_WRITE, "%s is there already", o->sam);
	id = identity_of(card);
	TRY(open_sam(&id, &tik, words, &sam));
	TRY(tell_host(o, card, sam));
	TRY(sam_create(o->sam, &id, &tik, words, passphrase_cost_default));
	return use_up(o, card);
}

result enrol_finish(const struct enrol_order *o, struct auth_card *card)
{
	uint8_t room[FILE_ROOM];
	struct str words = { 0 };
	result r = read_words(o->passphrase, room, &words);

	if (is_ok(r))
		r = finish_with(o, words, card);
	secret_wipe_bytes(room, sizeof room);
	return r;
}
