/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms_link/kms_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"

/* --- bytes --- */

static result away(const char *what)
{
	return FAIL(KMS_AWAY, "%s: %m", what);
}

/* Wait for the line, up to a point in time. */
static result wait_for(const struct kms_link *l, short events, int64_t until_us)
{
	struct pollfd p = { l->fd, events, 0 };
	int64_t left = until_us - monotonic_us();

	if (left > 0 && poll(&p, 1, (int)((left + 999) / 1000)) > 0)
		return OK;
	return FAIL(KMS_AWAY, "no answer in time");
}

static result send_all(struct kms_link *l, struct bytes in, int64_t until_us)
{
	for (size_t sent = 0; sent < in.len;) {
		ssize_t n = send(l->fd, in.at + sent, in.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			TRY(wait_for(l, POLLOUT, until_us));
		else if (n == 0 || errno != EINTR)
			return away("send");
	}
	return OK;
}

result kms_link_receive(struct kms_link *l)
{
	ssize_t n = recv(l->fd, l->in + l->in_len, sizeof l->in - l->in_len, MSG_DONTWAIT);

	if (n > 0) {
		l->in_len += (size_t)n;
		return OK;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	errno = n == 0 ? ECONNRESET : errno;
	return away("receive");
}

bool kms_link_next(struct kms_link *l, struct kms_message *out)
{
	struct bytes here = bytes_of(l->in, l->in_len);
	size_t whole = 0;

	/* What is no frame stays, and the line ends when nothing more fits. */
	return is_ok(kms_frame_scan(here, &whole)) && whole && whole <= here.len &&
	       is_ok(kms_frame_parse(bytes_of(l->in, whole), out));
}

void kms_link_done(struct kms_link *l, const struct kms_message *m)
{
	size_t whole = KMS_HEAD + m->body.len;

	memmove(l->in, l->in + whole, l->in_len - whole);
	l->in_len -= whole;
	secret_wipe_bytes(l->in + l->in_len, whole);
}

/* --- questions and answers --- */

struct writer kms_link_body(struct kms_link *l)
{
	return writer_of(l->out + KMS_HEAD, KMS_BODY_MAX);
}

result kms_link_send(struct kms_link *l, uint16_t op, uint32_t id, const struct writer *body,
                     int64_t wait_us)
{
	struct kms_message m = { .type = KMS_REQUEST, .op = op, .id = id };
	size_t size;

	TRY(writer_done(body));
	ASSERT(body->at == l->out + KMS_HEAD);
	size = kms_frame_head(&m, body->len, l->out);
	result r = send_all(l, bytes_of(l->out, size), monotonic_us() + wait_us);
	secret_wipe_bytes(l->out, size);
	return r;
}

result kms_link_result(uint16_t status)
{
	switch (status) {
	case KMS_OK:
		return OK;
	case KMS_INTEGRITY:
		return FAIL(KMS_WRONG, "%s", kms_status_name(status));
	case KMS_BUSY:
	case KMS_RATE:
	case KMS_DEVICE_FAILED:
	case KMS_LMK_MISSING:
	case KMS_INTERNAL:
		return FAIL(KMS_AWAY, "%s", kms_status_name(status));
	default:
		return FAIL(KMS_DENIED, "%s", kms_status_name(status));
	}
}

result kms_link_ask(struct kms_link *l, uint16_t op, const struct writer *body, int64_t wait_us,
                    struct kms_fields *answer)
{
	int64_t until = monotonic_us() + wait_us;
	uint32_t id = ++l->next_id;
	struct kms_message m;

	l->in_len = 0; /* one question at a time: what is there belongs to none */
	TRY(kms_link_send(l, op, id, body, wait_us));
	while (!kms_link_next(l, &m)) {
		TRY(wait_for(l, POLLIN, until));
		TRY(kms_link_receive(l));
	}
	if (m.id != id || m.type != KMS_RESPONSE)
		return FAIL(KMS_AWAY, "an answer to another question");
	/* The body stays where it is: the caller reads it there. */
	TRY(kms_fields_read(m.body, answer));
	return kms_link_result(m.status);
}

/* --- the line --- */

static result identify(struct kms_link *l, int64_t wait_us)
{
	struct writer body = kms_link_body(l);
	struct kms_fields answer;

	kms_put(&body, KMS_TAG_DATA, bytes_of("", 0));
	return kms_link_ask(l, KMS_IDENTIFY, &body, wait_us, &answer);
}

static result connect_to(struct kms_link *l, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof at.sun_path)
		return FAIL(KMS_AWAY, "%s is too long for a socket's path", path);
	str_copy(str_of(path), at.sun_path, sizeof at.sun_path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 && connect(l->fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return OK;
	return FAIL(KMS_AWAY, "nobody listens at %s (%m): is yika-kms running?", path);
}

result kms_link_open(struct kms_link *l, const char *path, int64_t wait_us)
{
	result r;

	l->in_len = 0;
	r = connect_to(l, path);
	if (is_ok(r))
		r = identify(l, wait_us);
	if (!is_ok(r))
		kms_link_close(l);
	l->in_len = 0; /* what was answered to that is no answer to anything else */
	return r;
}

void kms_link_close(struct kms_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	secret_wipe_bytes(l->in, l->in_len);
	l->in_len = 0;
}

/* --- what is asked --- */

const char *kms_link_root(unsigned version, char out[24])
{
	snprintf(out, 24, KMS_LABEL_TERMINAL_ROOT ".%02u", version % 100);
	return out;
}

/* The result of an answer, of exactly `len` bytes. */
static result take(const struct kms_fields *answer, void *out, size_t len)
{
	struct bytes found = kms_bytes(answer, KMS_TAG_RESULT);

	if (found.len != len)
		return FAIL(KMS_AWAY, "an answer of %zu bytes", found.len);
	memcpy(out, found.at, len);
	return OK;
}

result kms_link_pin_token(struct kms_link *l, struct str digits, uint8_t token[KMS_LINK_TOKEN])
{
	struct writer body = kms_link_body(l);
	struct kms_fields answer;

	kms_put_str(&body, KMS_TAG_LABEL, STR(KMS_LABEL_PIN_TOKEN));
	kms_put_number(&body, KMS_TAG_MODE, KMS_PIN_OF_DIGITS, 1);
	kms_put(&body, KMS_TAG_IV, str_bytes(digits));
	TRY(kms_link_ask(l, KMS_PIN_TOKEN, &body, KMS_LINK_US, &answer));
	return take(&answer, token, KMS_LINK_TOKEN);
}

static void put_node(struct writer *body, const struct kms_terminal *t)
{
	uint8_t node[KMS_TERMINAL_NODE];
	char label[24];

	kms_put_str(body, KMS_TAG_LABEL, str_of(kms_link_root(t->key_version, label)));
	kms_terminal_write(t, sizeof node, node);
	kms_put(body, KMS_TAG_DATA, bytes_of(node, sizeof node));
}

result kms_link_psk(struct kms_link *l, const struct kms_terminal *t, int64_t wait_us,
                    struct secret *out)
{
	struct writer body = kms_link_body(l);
	struct kms_fields answer;

	put_node(&body, t);
	TRY(kms_link_ask(l, KMS_TERMINAL_PSK, &body, wait_us, &answer));
	out->len = 32;
	return take(&answer, out->at, out->len);
}

result kms_link_sam_key(struct kms_link *l, const struct kms_terminal *t, char *text, size_t size)
{
	struct writer body = kms_link_body(l);
	struct kms_fields answer;

	put_node(&body, t);
	kms_put_str(&body, KMS_TAG_KEK, STR(KMS_LABEL_SAM_TEST));
	kms_put_str(&body, KMS_TAG_FORMAT, STR("D"));
	TRY(kms_link_ask(l, KMS_SAM_KEYS, &body, KMS_LINK_US, &answer));
	str_copy(kms_str(&answer, KMS_TAG_RESULT), text, size);
	return OK;
}

enum { CARD_WRITTEN = 1 }; /* enum authcard_state */

result kms_link_card(struct kms_link *l, const struct kms_terminal *t, struct kms_card *out)
{
	uint8_t node[KMS_TERMINAL_NODE], bytes[KMS_TERMINAL_CARD_SIZE];
	struct writer body = kms_link_body(l);
	struct reader r = reader_of(bytes_of(bytes, sizeof bytes));
	struct kms_fields answer;

	kms_terminal_write(t, sizeof node, node);
	kms_put(&body, KMS_TAG_DATA, bytes_of(node, sizeof node));
	TRY(kms_link_ask(l, KMS_AUTHCARD, &body, KMS_LINK_US, &answer));
	TRY(take(&answer, bytes, sizeof bytes));
	reader_copy(&r, out->serial, sizeof out->serial);
	reader_copy(&r, out->sam, sizeof out->sam);
	out->key_version = reader_u8(&r);
	out->is_written = reader_u8(&r) == CARD_WRITTEN;
	out->not_before_us = (int64_t)reader_u64(&r);
	out->not_after_us = (int64_t)reader_u64(&r);
	return reader_done(&r);
}
