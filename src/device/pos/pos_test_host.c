/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_test_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/frame.h"
#include "codec/iso8583_message.h"
#include "codec/tlv.h"
#include "codec/ytap_tags.h"
#include "crypto/keywrap.h"

static struct iso8583 in;
static struct iso8583_out out;
static uint8_t frame_out[FRAME_MAX];

static struct ytap_ids ids_of(const struct test_host *h)
{
	struct ytap_ids ids = { .key_version = h->id.key_version };

	memcpy(ids.node, h->id.node_id, sizeof ids.node);
	memcpy(ids.sam, h->id.sam_no, sizeof ids.sam);
	return ids;
}

static struct ytap_node_keys node_keys(const struct test_host *h, enum suite suite)
{
	struct ytap_ids ids = ids_of(h);
	struct ytap_node_keys keys;

	ASSERT(is_ok(ytap_derive_node_keys(suite, h->tik, &ids, &keys)));
	if (h->faults.wrong_proof)
		keys.kauth[0] ^= 1;
	return keys;
}

static bool chance(struct test_host *h, uint32_t x100)
{
	return random_chance(&h->random, x100);
}

/* --- the book --- */

static struct test_host_key *find(struct test_host *h, uint64_t tsn)
{
	for (size_t i = h->key_count; i-- > 0;)
		if (h->keys[i].tsn == tsn)
			return &h->keys[i];
	return NULL;
}

static struct test_host_key *add(struct test_host *h, struct test_host_key k)
{
	ASSERT(h->key_count < TEST_HOST_KEYS_MAX);
	h->keys[h->key_count] = k;
	return &h->keys[h->key_count++];
}

static int64_t effect(const struct test_host_key *k)
{
	return k->class == 0x22 ? -k->amount_fen : k->class == 0x01 ? 0 : k->amount_fen;
}

static struct test_host_key *request(struct test_host *h, struct test_host_key k)
{
	struct test_host_key *had = find(h, k.tsn), *o;

	if (had)
		return had;
	memcpy(k.code, "00", 3);
	if (k.class == 0x22 && k.amount_fen > h->balance_fen)
		memcpy(k.code, "51", 3);
	o = k.original_tsn ? find(h, k.original_tsn) : NULL;
	if (k.original_tsn && (!o || o->state != TEST_HOST_POSTED))
		memcpy(k.code, "25", 3);
	k.state = strcmp(k.code, "00") == 0 ? TEST_HOST_POSTED : TEST_HOST_DECLINED;
	if (k.state == TEST_HOST_POSTED)
		h->balance_fen += effect(&k);
	k.balance_fen = h->balance_fen;
	return add(h, k);
}

static void reversal(struct test_host *h, uint64_t tsn, uint64_t original)
{
	struct test_host_key *o = find(h, original);

	if (find(h, tsn))
		return;
	if (!o) {
		add(h, (struct test_host_key){
		               .tsn = original, .state = TEST_HOST_TOMBSTONE, .code = "22" });
	} else if (o->state == TEST_HOST_POSTED) {
		h->balance_fen -= effect(o);
		o->state = TEST_HOST_REVERSED;
	}
	add(h, (struct test_host_key){ .tsn = tsn, .state = TEST_HOST_NOTED, .code = "00" });
}

static uint8_t stored(struct test_host *h, struct bytes raw)
{
	struct ytap_node_keys keys = node_keys(h, SUITE_AES);
	struct mac_key krec = { 0 };
	struct record r;
	bool good;

	ASSERT(is_ok(mac_key_init_suite(&krec, SUITE_AES, keys.krec)));
	good = is_ok(record_decode(raw, &r)) &&
	       mac_f64_is(&krec, record_mac_range(raw.at), bytes_of(r.mac, sizeof r.mac));
	mac_key_deinit(&krec);
	if (!good) {
		h->bad_records++;
		return 2;
	}
	if (find(h, r.tsn))
		return 1;
	h->balance_fen -= r.amount_fen;
	add(h, (struct test_host_key){ .tsn = r.tsn,
	                               .state = TEST_HOST_POSTED,
	                               .class = 0x22,
	                               .stored = true,
	                               .amount_fen = r.amount_fen,
	                               .code = "00" });
	return 0;
}

/* --- replies --- */

static void send_bytes(struct test_host_link *link, const uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t n = send(link->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

static void send_plain(struct test_host *h, struct test_host_link *link, const struct frame *f,
                       struct mac_key *mac)
{
	struct frame head = frame_reply(f, (enum frame_directive)h->faults.directive);
	uint8_t f64[F64_SIZE];
	size_t len;

	head.class = FRAME_PLAIN;
	ASSERT(is_ok(iso8583_build(&out, mac != NULL, frame_out + FRAME_HEAD_SIZE, 4096, &len)));
	if (mac) {
		mac_f64(mac, iso8583_built_range(&out, frame_out + FRAME_HEAD_SIZE, len), f64);
		iso8583_put_mac(&out, frame_out + FRAME_HEAD_SIZE, len, f64);
	}
	send_bytes(link, frame_out, frame_head(FRAME_FULL, &head, len, frame_out));
}

static void send_sealed(struct test_host *h, struct test_host_link *link, const struct frame *f,
                        struct test_host_session *s)
{
	struct frame head = frame_reply(f, (enum frame_directive)h->faults.directive);
	uint8_t *body = frame_out + FRAME_HEAD_SIZE, f64[F64_SIZE];
	size_t len, whole;

	ASSERT(is_ok(iso8583_build(&out, true, body + ENVELOPE_SEC, 8192, &len)));
	mac_f64(&s->tak, iso8583_built_range(&out, body + ENVELOPE_SEC, len), f64);
	iso8583_put_mac(&out, body + ENVELOPE_SEC, len, f64);
	head.class = FRAME_SEALED;
	whole = frame_head(FRAME_FULL, &head, len + ENVELOPE_EXTRA, frame_out);
	envelope_seal(&s->envelope, ENVELOPE_TO_NODE, ++s->sent, body - FRAME_HDR_SIZE, body, len);
	send_bytes(link, frame_out, whole);
}

static void begin_reply(const struct iso8583_message *row, const char *code)
{
	iso8583_reply(&out, &in, row);
	iso8583_set_local_time(&out, clock_now(clock_system()));
	iso8583_set_str(&out, F_RESPONSE, str_of(code));
}

/* --- sign-in --- */

static void hello(struct test_host *h, struct test_host_link *link, const struct frame *f)
{
	struct ytap_node_keys keys = node_keys(h, SUITE_AES);
	struct ytap_handshake hs = { .suite = SUITE_AES, .ids = ids_of(h) };
	struct tlv_map map;
	uint8_t room[128], ch[16];
	struct writer w = writer_of(room, sizeof room);

	tlv_map_init(&map, iso8583_bytes(&in, F_BULK));
	memcpy(link->rt, tlv_bytes(&map, YTAP_TAG_RT, 16).at, 16);
	random_fill(&h->random.source, link->rh, 16);
	memcpy(hs.rt, link->rt, 16);
	memcpy(hs.rh, link->rh, 16);
	ASSERT(is_ok(ytap_proof_host(&hs, keys.kauth, ch)));
	tlv_put_u8(&w, YTAP_TAG_SUITES, SUITE_AES);
	tlv_put(&w, YTAP_TAG_RH, bytes_of(link->rh, 16));
	tlv_put(&w, YTAP_TAG_CH, bytes_of(ch, 16));
	begin_reply(iso8583_message_of(YTAP_HELLO), "00");
	iso8583_set_bytes(&out, F_BULK, writer_bytes(&w));
	send_plain(h, link, f, NULL);
}

static void put_key(struct test_host *h, struct writer *w, uint16_t tag, uint8_t key[16])
{
	struct ytap_node_keys keys = node_keys(h, SUITE_AES);
	uint8_t field[KEYWRAP_FIELD];

	random_fill(&h->random.source, key, 16);
	ASSERT(is_ok(keywrap_field_make(SUITE_AES, keys.kwrap, key, field)));
	tlv_put(w, tag, bytes_of(field, sizeof field));
}

static bool proof_is_right(struct test_host *h, const struct test_host_link *link)
{
	struct ytap_node_keys keys = node_keys(h, SUITE_AES);
	struct ytap_handshake hs = { .suite = SUITE_AES, .ids = ids_of(h) };
	struct mac_key kauth = { 0 };
	struct tlv_map map;
	uint8_t want[16];
	bool right;

	memcpy(hs.rt, link->rt, 16);
	memcpy(hs.rh, link->rh, 16);
	ASSERT(is_ok(ytap_proof_node(&hs, keys.kauth, want)));
	ASSERT(is_ok(mac_key_init_suite(&kauth, SUITE_AES, keys.kauth)));
	tlv_map_init(&map, iso8583_bytes(&in, F_BULK));
	right = bytes_equal(tlv_bytes(&map, YTAP_TAG_CT, 16), bytes_of(want, 16)) &&
	        mac_f64_is(&kauth, iso8583_mac_range(&in), iso8583_bytes(&in, F_MAC));
	mac_key_deinit(&kauth);
	return right;
}

static bool clock_is_off(void)
{
	struct instant now = clock_now(clock_system());

	return llabs(iso8583_local_time(&in, now).us - now.us) > 600 * (int64_t)SECOND_US;
}

/* Unsigned, as all that comes before there is a session. */
static void refuse_clock(struct test_host *h, struct test_host_link *link, const struct frame *f)
{
	h->clocks_refused++;
	begin_reply(iso8583_message_of(YTAP_SIGN_IN), "05");
	send_plain(h, link, f, NULL);
}

static void sign_in(struct test_host *h, struct test_host_link *link, const struct frame *f)
{
	static const uint8_t until[7] = { 0x29, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59 };
	struct test_host_session *s = &h->sessions[h->session_count];
	uint8_t room[256], tak[16], tdk[16], tpk[16];
	struct writer w = writer_of(room, sizeof room);

	ASSERT(proof_is_right(h, link) && h->session_count < TEST_HOST_SESSIONS_MAX);
	if (h->faults.clock && clock_is_off()) {
		refuse_clock(h, link, f);
		return;
	}
	*s = (struct test_host_session){ .id = (uint32_t)++h->session_count, .suite = SUITE_AES };
	tlv_put_u32(&w, YTAP_TAG_SESSION, s->id);
	put_key(h, &w, YTAP_TAG_WRAPPED_TAK, tak);
	put_key(h, &w, YTAP_TAG_WRAPPED_TDK, tdk);
	put_key(h, &w, YTAP_TAG_WRAPPED_TPK, tpk);
	tlv_put_bcd8(&w, YTAP_TAG_BUSINESS_DATE, 20260901);
	tlv_put(&w, YTAP_TAG_VALID_UNTIL, bytes_of(until, 7));
	tlv_put_u64(&w, YTAP_TAG_TSN_FLOOR, 1);
	ASSERT(is_ok(mac_key_init_suite(&s->tak, SUITE_AES, tak)));
	ASSERT(is_ok(envelope_key_init(&s->envelope, SUITE_AES, tdk, s->id)));
	begin_reply(iso8583_message_of(YTAP_SIGN_IN), "00");
	iso8583_set_business_date(&out, (struct bizdate){ 20260901 });
	iso8583_set_control(&out, (struct iso8583_control){ 0, h->batch, 0x802 });
	iso8583_set_bytes(&out, F_BULK, writer_bytes(&w));
	h->sign_ins++;
	send_plain(h, link, f, &s->tak);
}

/* --- transactions --- */

static void answer_transaction(struct test_host *h, const struct iso8583_message *row)
{
	struct iso8583_balance balance = { .account_type = 1, .amount_type = 2 };
	struct tlv_map map;
	struct test_host_key k = { .class = iso8583_control(&in).class };
	const struct test_host_key *done = &k;
	uint8_t room[16];
	struct writer w = writer_of(room, sizeof room);

	tlv_map_init(&map, iso8583_bytes(&in, F_DATA));
	k.tsn = tlv_u64(&map, YTAP_TAG_TSN);
	k.original_tsn =
	        tlv_has(&map, YTAP_TAG_ORIGINAL_TSN) ? tlv_u64(&map, YTAP_TAG_ORIGINAL_TSN) : 0;
	k.amount_fen = iso8583_has(&in, F_AMOUNT) ? iso8583_money(&in, F_AMOUNT).fen : 0;
	memcpy(k.code, "00", 3);
	if (row->word == YTAP_REVERSAL)
		reversal(h, k.tsn, k.original_tsn);
	else
		done = request(h, k);
	begin_reply(row, done->code);
	iso8583_set_business_date(&out, (struct bizdate){ 20260901 });
	balance.amount.fen = done->balance_fen;
	if (row->word != YTAP_REVERSAL)
		iso8583_set_balances(&out, &balance, 1);
	iso8583_set_i64(&out, F_REFERENCE, (int64_t)(k.tsn % 1000000000000));
	tlv_put_u64(&w, YTAP_TAG_TSN, k.tsn);
	iso8583_set_bytes(&out, F_DATA, writer_bytes(&w));
}

static void answer_upload(struct test_host *h, const struct iso8583_message *row)
{
	struct reader r = reader_of(iso8583_bytes(&in, F_BULK));
	uint8_t room[1024], rows[RECORD_UPLOAD_MAX * 9];
	struct writer w = writer_of(room, sizeof room), results = writer_of(rows, sizeof rows);
	struct tlv t;
	uint64_t sequence = 0;

	h->uploads++;
	while (tlv_next(&r, &t)) {
		if (t.tag == YTAP_TAG_UPLOAD_SEQUENCE)
			sequence = load_be64(t.value.at);
		if (t.tag != YTAP_TAG_RECORD)
			continue;
		writer_u64(&results, load_be64(t.value.at + 2));
		writer_u8(&results, stored(h, t.value));
	}
	begin_reply(row, "00");
	tlv_put_u64(&w, YTAP_TAG_UPLOAD_ACKNOWLEDGED, sequence);
	tlv_put(&w, YTAP_TAG_RECORD_RESULTS, writer_bytes(&results));
	iso8583_set_bytes(&out, F_BULK, writer_bytes(&w));
}

/* 0500 and 0320/207: equal when the counts of purchases agree. */
static void answer_totals(struct test_host *h, const struct iso8583_message *row)
{
	struct tlv_map map;
	struct reader r;
	uint32_t told = 0, have = 0;
	uint8_t room[32];
	struct writer w = writer_of(room, sizeof room);

	tlv_map_init(&map, iso8583_bytes(&in, F_BULK));
	for (r = reader_of(tlv_range(&map, YTAP_TAG_TOTALS, 0, 3315)); r.left >= 13;) {
		uint8_t class = reader_u8(&r);
		uint32_t count = reader_u32(&r);

		if (class == 0x22)
			told = count;
		(void)reader_u64(&r);
	}
	for (size_t i = 0; i < h->key_count; i++)
		have += h->keys[i].class == 0x22 && h->keys[i].state == TEST_HOST_POSTED;
	if (row->word == YTAP_UPLOAD_END || told == have)
		h->batch++;
	begin_reply(row, "00");
	iso8583_set_business_date(&out, (struct bizdate){ 20260901 });
	tlv_put_u8(&w, YTAP_TAG_REASON, told == have ? 1 : 2);
	iso8583_set_bytes(&out, F_BULK, writer_bytes(&w));
}

static void serve(struct test_host *h, struct test_host_link *link, const struct frame *f,
                  struct test_host_session *s)
{
	const struct iso8583_message *row = iso8583_message_find(&in);

	ASSERT(row && is_ok(iso8583_check(row, &in)));
	if (h->faults.forge) {
		begin_reply(row, "51");
		send_plain(h, link, f, NULL);
		return;
	}
	switch (row->mti) {
	case 0x0320:
		if (row->word == YTAP_UPLOAD)
			answer_upload(h, row);
		else
			answer_totals(h, row);
		break;
	case 0x0500:
		answer_totals(h, row);
		break;
	case 0x0820:
		begin_reply(row, "00");
		break;
	default:
		answer_transaction(h, row);
	}
	if (!chance(h, h->faults.lose_reply))
		send_sealed(h, link, f, s);
}

static struct test_host_session *find_session(struct test_host *h, uint32_t id)
{
	return id >= 1 && id <= h->session_count ? &h->sessions[id - 1] : NULL;
}

static void take_sealed(struct test_host *h, struct test_host_link *link, const struct frame *f,
                        uint8_t *body)
{
	struct envelope_sec sec;
	struct test_host_session *s;
	struct bytes message;

	ASSERT(is_ok(envelope_peek(f->body, &sec)));
	s = find_session(h, sec.session);
	ASSERT(s && is_ok(envelope_open(&s->envelope, ENVELOPE_TO_HOST, f->hdr, body, f->body.len,
	                                &message)));
	ASSERT(sec.counter > s->received);
	s->received = sec.counter;
	ASSERT(is_ok(iso8583_parse(ISO8583_B, message, &in)));
	ASSERT(mac_f64_is(&s->tak, iso8583_mac_range(&in), iso8583_bytes(&in, F_MAC)));
	if (!chance(h, h->faults.lose_request))
		serve(h, link, f, s);
}

static void take_frame(struct test_host *h, struct test_host_link *link, size_t whole)
{
	struct frame f;

	ASSERT(is_ok(frame_parse(FRAME_FULL, bytes_of(link->in, whole), &f)));
	if (f.class == FRAME_SEALED) {
		take_sealed(h, link, &f, link->in + FRAME_HEAD_SIZE);
		return;
	}
	ASSERT(is_ok(iso8583_parse(ISO8583_B, f.body, &in)));
	if (iso8583_control(&in).code == 0x801)
		hello(h, link, &f);
	else
		sign_in(h, link, &f);
}

/* --- links --- */

static void close_link(struct test_host_link *link)
{
	close(link->fd);
	link->fd = -1;
	link->len = 0;
}

static void read_link(struct test_host *h, struct test_host_link *link)
{
	ssize_t n = recv(link->fd, link->in + link->len, sizeof link->in - link->len, 0);
	size_t whole = 0;

	if (n <= 0 || chance(h, h->faults.cut)) {
		close_link(link);
		return;
	}
	link->len += (size_t)n;
	while (link->fd >= 0 &&
	       is_ok(frame_scan(FRAME_FULL, bytes_of(link->in, link->len), &whole)) && whole > 0) {
		take_frame(h, link, whole);
		link->len -= whole;
		memmove(link->in, link->in + whole, link->len);
	}
}

static void accept_link(struct test_host *h)
{
	int fd = accept(h->listen_fd, NULL, NULL);

	for (size_t i = 0; fd >= 0 && i < TEST_HOST_LINKS_MAX; i++) {
		if (h->links[i].fd >= 0)
			continue;
		h->links[i].fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

static void *host_main(void *arg)
{
	struct test_host *h = arg;
	struct pollfd fds[2 + TEST_HOST_LINKS_MAX];

	for (;;) {
		fds[0] = (struct pollfd){ .fd = h->stop_fds[0], .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = h->listen_fd, .events = POLLIN };
		for (size_t i = 0; i < TEST_HOST_LINKS_MAX; i++)
			fds[2 + i] = (struct pollfd){ .fd = h->links[i].fd, .events = POLLIN };
		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		if (fds[0].revents)
			return NULL;
		pthread_mutex_lock(&h->lock);
		for (size_t i = 0; i < TEST_HOST_LINKS_MAX; i++)
			if (fds[2 + i].revents)
				read_link(h, &h->links[i]);
		if (fds[1].revents)
			accept_link(h);
		pthread_mutex_unlock(&h->lock);
	}
}

void test_host_start(struct test_host *h, const struct sam_identity *id, const struct secret *tik)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	memset(h, 0, sizeof *h);
	h->id = *id;
	memcpy(h->tik, tik->at, sizeof h->tik);
	h->balance_fen = TEST_HOST_OPENING_FEN;
	h->batch = 7;
	random_seeded_init(&h->random, 11);
	for (size_t i = 0; i < TEST_HOST_LINKS_MAX; i++)
		h->links[i].fd = -1;
	h->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(h->listen_fd >= 0 && bind(h->listen_fd, (struct sockaddr *)&at, sizeof at) == 0);
	ASSERT(listen(h->listen_fd, 16) == 0 &&
	       getsockname(h->listen_fd, (struct sockaddr *)&at, &len) == 0);
	ASSERT(pipe(h->stop_fds) == 0);
	snprintf(h->address, sizeof h->address, "127.0.0.1:%u", ntohs(at.sin_port));
	ASSERT(pthread_mutex_init(&h->lock, NULL) == 0 &&
	       pthread_create(&h->thread, NULL, host_main, h) == 0);
}

void test_host_stop(struct test_host *h)
{
	ASSERT(write(h->stop_fds[1], "x", 1) == 1);
	pthread_join(h->thread, NULL);
	for (size_t i = 0; i < TEST_HOST_LINKS_MAX; i++)
		if (h->links[i].fd >= 0)
			close_link(&h->links[i]);
	for (size_t i = 0; i < h->session_count; i++) {
		mac_key_deinit(&h->sessions[i].tak);
		envelope_key_deinit(&h->sessions[i].envelope);
	}
	close(h->listen_fd);
	close(h->stop_fds[0]);
	close(h->stop_fds[1]);
	pthread_mutex_destroy(&h->lock);
}

bool test_host_find(struct test_host *h, uint64_t tsn, struct test_host_key *k)
{
	struct test_host_key *found;

	pthread_mutex_lock(&h->lock);
	found = find(h, tsn);
	if (found)
		*k = *found;
	pthread_mutex_unlock(&h->lock);
	return found != NULL;
}

int64_t test_host_balance(struct test_host *h)
{
	int64_t fen;

	pthread_mutex_lock(&h->lock);
	fen = h->balance_fen;
	pthread_mutex_unlock(&h->lock);
	return fen;
}

void test_host_spend(struct test_host *h, int64_t fen)
{
	pthread_mutex_lock(&h->lock);
	h->balance_fen -= fen;
	pthread_mutex_unlock(&h->lock);
}

void test_host_faults(struct test_host *h, struct test_host_faults faults)
{
	pthread_mutex_lock(&h->lock);
	h->faults = faults;
	pthread_mutex_unlock(&h->lock);
}
