/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/renewal_traffic.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/time.h"
#include "crypto/mac.h"
#include "crypto/pboc.h"
#include "programs/kms/renewal_store.h"
#include "service/kms/service_line.h"

enum { ANSWER_US = 10000000, RETRY_MS = 3, DATA = 24, MAC_LEN = 8, CARD_MAC = 2 };

/* --- the line --- */

/* Ask and wait, with the status as it came. false: the line was cut. */
static bool ask(struct renewal_traffic *t, uint16_t op, const struct writer *body, uint16_t *status,
                struct kms_fields *answer)
{
	struct pollfd p = { t->link.fd, POLLIN, 0 };
	struct kms_message m;

	t->link.in_len = 0;
	if (!is_ok(kms_link_send(&t->link, op, (uint32_t)++t->number, body, ANSWER_US)))
		return false;
	while (!kms_link_next(&t->link, &m)) {
		if (poll(&p, 1, ANSWER_US / 1000) <= 0 || !is_ok(kms_link_receive(&t->link)))
			return false;
	}
	*status = m.status;
	return is_ok(kms_fields_read(m.body, answer));
}

static bool meet(struct renewal_traffic *t)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct writer body = kms_link_body(&t->link);
	struct kms_fields answer;
	uint16_t status;

	t->link.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	str_copy(str_of(t->socket), at.sun_path, sizeof at.sun_path);
	if (connect(t->link.fd, (const struct sockaddr *)&at, sizeof at) != 0)
		return false;
	kms_put(&body, KMS_TAG_DATA, bytes_of(t->certificate, sizeof t->certificate));
	return ask(t, KMS_IDENTIFY, &body, &status, &answer) && status == KMS_OK;
}

/* --- what is asked, and what must come of it --- */

static void right_mac(struct bytes data, uint8_t out[MAC_FULL_SIZE])
{
	struct mac_key k = { 0 };

	ASSERT(is_ok(mac_key_init(&k, MAC_AES_CMAC, bytes_of(renewal_mac_key, 32))));
	mac_once(&k, data, out);
	mac_key_deinit(&k);
}

static void right_card(enum pboc_algorithm algorithm, const uint8_t root[16],
                       const uint8_t factor[PBOC_FACTOR_SIZE], struct bytes data, uint8_t *out)
{
	struct pboc_factors factors = { .count = 1 };
	struct pboc_key key;

	memcpy(factors.at[0], factor, PBOC_FACTOR_SIZE);
	ASSERT(is_ok(pboc_key_init(&key, algorithm, bytes_of(root, 16))));
	ASSERT(is_ok(pboc_diversify(&key, &factors, &key)));
	ASSERT(is_ok(pboc_mac(&key, data, out)));
}

struct question {
	uint16_t op;
	uint8_t data[DATA], right[MAC_FULL_SIZE];
	size_t right_len;
};

/* One of three kinds, over data that was never asked before. */
static void make(struct renewal_traffic *t, struct question *q, struct writer *body)
{
	static const char *const labels[] = { RENEWAL_MAC_LABEL, RENEWAL_CARD_LABEL,
		                              RENEWAL_SM4_LABEL };
	unsigned kind = (unsigned)(t->number % ARRAY_LEN(labels));

	*q = (struct question){ .op = kind ? KMS_DIVERSIFY_MAC : KMS_MAC_MAKE };
	store_be64(q->data, t->number * 0x9E3779B97F4A7C15u);
	store_be64(q->data + 8, t->number);
	struct bytes data = bytes_of(q->data, DATA);
	kms_put_str(body, KMS_TAG_LABEL, str_of(labels[kind]));
	kms_put(body, KMS_TAG_DATA, data);
	if (!kind) {
		right_mac(data, q->right);
		q->right_len = MAC_FULL_SIZE;
		return;
	}
	kms_put_number(body, KMS_TAG_MODE, CARD_MAC, 1);
	kms_put(body, KMS_TAG_FACTOR, bytes_of(q->data, PBOC_FACTOR_SIZE));
	right_card(kind == 1 ? PBOC_3DES : PBOC_SM4, kind == 1 ? renewal_card_key : renewal_sm4_key,
	           q->data, data, q->right);
	q->right_len = PBOC_MAC_SIZE;
}

static bool work(struct renewal_traffic *t)
{
	struct writer body = kms_link_body(&t->link);
	struct kms_fields answer;
	struct question q;
	uint16_t status;

	make(t, &q, &body);
	if (!ask(t, q.op, &body, &status, &answer))
		return false;
	if (status != KMS_OK) {
		atomic_store(&t->status, status);
		atomic_fetch_add(&t->refused, 1);
	} else if (bytes_equal(kms_bytes(&answer, KMS_TAG_RESULT),
	                       bytes_of(q.right, q.right_len))) {
		atomic_fetch_add(&t->right, 1);
	} else {
		atomic_fetch_add(&t->wrong, 1);
	}
	return true;
}

static void *traffic_main(void *arg)
{
	struct renewal_traffic *t = arg;

	while (!atomic_load(&t->stop)) {
		bool there = meet(t);

		while (there && !atomic_load(&t->stop) && work(t))
			poll(NULL, 0, 1); /* it shares the machine with the renewal */
		atomic_fetch_add(&t->cuts, there);
		kms_link_close(&t->link);
		poll(NULL, 0, RETRY_MS);
	}
	return NULL;
}

void renewal_traffic_start(struct renewal_traffic *t, const char *socket,
                           const uint8_t certificate[32])
{
	t->socket = socket;
	t->link.fd = -1;
	memcpy(t->certificate, certificate, sizeof t->certificate);
	ASSERT(pthread_create(&t->thread, NULL, traffic_main, t) == 0);
}

void renewal_traffic_stop(struct renewal_traffic *t)
{
	atomic_store(&t->stop, true);
	pthread_join(t->thread, NULL);
}
