/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_bench — a running yika-kms beside its token and OpenSSL.
 *
 *   kms_bench --socket PATH --token-dir DIR [--module PATH] [--seconds S] [--rounds N] [--only
 * WORD] kms_bench --renew DIR [--rows N]
 *
 * Keys and the client are those of bench/kms_keys.txt. Prints lines "name value unit"; rates are
 * medians of the rounds, in which token, OpenSSL and service take turns, so that what else runs on
 * the machine disturbs all three.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/histogram.h"
#include "bench/kms_bench.h"
#include "bench/kms_renewal.h"
#include "crypto/emv_keys.h"
#include "crypto/pboc.h"
#include "programs/command.h"

enum {
	LINES = 4,
	LATENCY_LINES = 1000,
	LATENCY_RATE = 5000, /* keys 16.1: what a node is planned for */
	LABEL_MAX = 32,
	SMALL = 64,
	LARGE = 8192,
	DEPTH_LARGE = 4,
	TAC_ITEM = 8 + 22 + 4,
};

struct options {
	const char *socket, *token_dir, *module, *seconds, *rounds, *only, *renew, *rows;
	double s;
	unsigned n;
};

/* --- questions --- */

struct work {
	const char *name, *key; /* key: of the label */
	result (*fill)(const struct work *w, const char *label, struct writer *body,
	               struct kms_bench_question *q);
	size_t size;
	enum kms_bench_device device;
	enum kms_bench_openssl openssl;
	/* A key that is opened for each message when it is not in the device: bytes in its block;
	 * 0: it stays open. */
	size_t block;
	unsigned items;    /* in one message */
	bool in_host_only; /* the device has no such algorithm */
};

static void put_label(struct writer *body, const char *label)
{
	kms_put_str(body, KMS_TAG_LABEL, str_of(label));
}

static void put_data(struct writer *body, size_t len)
{
	uint8_t *at = kms_put_room(body, KMS_TAG_DATA, len);

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(i * 7);
}

static result fill_ping(const struct work *w, const char *label, struct writer *body,
                        struct kms_bench_question *q)
{
	(void)w, (void)label, (void)body;
	q->op = KMS_PING;
	return OK;
}

static result fill_encrypt(const struct work *w, const char *label, struct writer *body,
                           struct kms_bench_question *q)
{
	static const uint8_t iv[16] = { 1, 2, 3 };

	q->op = KMS_ENCRYPT;
	put_label(body, label);
	kms_put_number(body, KMS_TAG_MODE, 2, 1);
	kms_put(body, KMS_TAG_IV, bytes_of(iv, strstr(w->key, "TDES") ? 8 : 16));
	put_data(body, w->size);
	return OK;
}

static result fill_mac(const struct work *w, const char *label, struct writer *body,
                       struct kms_bench_question *q)
{
	q->op = KMS_MAC_MAKE;
	put_label(body, label);
	put_data(body, w->size);
	return OK;
}

/* A new card in each message. */
static result fill_session_mac(const struct work *w, const char *label, struct writer *body,
                               struct kms_bench_question *q)
{
	static const uint8_t factor[8] = { 0 },
	                     session[8] = { 0xA1, 0xB2, 0xC3, 0xD4, 0, 5, 1, 0x23 };

	q->op = KMS_DIVERSIFY_MAC;
	put_label(body, label);
	kms_put_number(body, KMS_TAG_MODE, 1, 1);
	q->vary_at = body->len + KMS_VALUE_HEAD;
	kms_put(body, KMS_TAG_FACTOR, bytes_of(factor, sizeof factor));
	kms_put(body, KMS_TAG_RANDOM, bytes_of(session, sizeof session));
	put_data(body, w->size);
	return OK;
}

static result fill_rsa(const struct work *w, const char *label, struct writer *body,
                       struct kms_bench_question *q)
{
	q->op = KMS_RSA_SIGN;
	put_label(body, label);
	kms_put_number(body, KMS_TAG_MODE, 2, 1);
	put_data(body, w->size);
	return OK;
}

static result fill_sm2(const struct work *w, const char *label, struct writer *body,
                       struct kms_bench_question *q)
{
	q->op = KMS_SM2_SIGN;
	put_label(body, label);
	put_data(body, w->size);
	return OK;
}

static result fill_arqc(const struct work *w, const char *label, struct writer *body,
                        struct kms_bench_question *q)
{
	static const uint8_t pan[11] = { 0x62, 0x25, 0x88, 0, 0, 0, 0, 1, 0xFF, 0xFF, 1 };
	static const uint8_t imk[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
		                         0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10 };
	struct emv_card card = { STR("6225880000000001"), 1 };
	uint8_t master[EMV_KEY_SIZE], session[EMV_KEY_SIZE], arqc[EMV_CRYPTOGRAM_SIZE];
	const uint8_t *data;

	q->op = KMS_ARQC_VERIFY;
	put_label(body, label);
	kms_put_number(body, KMS_TAG_MODE, 1, 1);
	kms_put(body, KMS_TAG_PAN, bytes_of(pan, sizeof pan));
	kms_put_number(body, KMS_TAG_SERIAL, 28, 2);
	put_data(body, w->size);
	data = body->at + body->len - w->size;
	TRY(emv_master_key(EMV_OPTION_A, imk, &card, master));
	TRY(emv_session_key(master, 28, session));
	TRY(emv_arqc(session, bytes_of(data, w->size), arqc));
	kms_put(body, KMS_TAG_PROOF, bytes_of(arqc, sizeof arqc));
	return OK;
}

static result put_tac(const struct pboc_key *root, unsigned n, uint8_t item[TAC_ITEM])
{
	struct pboc_factors factor = { .count = 1 };
	struct pboc_key card, folded;

	memset(item, 0x20, TAC_ITEM);
	store_be64(item, n);
	memcpy(factor.at[0], item, 8);
	TRY(pboc_diversify(root, &factor, &card));
	pboc_tac_key(&card, &folded);
	return pboc_mac(&folded, bytes_of(item + 8, 22), item + 8 + 22);
}

static result fill_tac(const struct work *w, const char *label, struct writer *body,
                       struct kms_bench_question *q)
{
	static const uint8_t root[16] = { 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33,
		                          0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44 };
	struct pboc_key key;

	q->op = KMS_TAC_VERIFY;
	put_label(body, label);
	kms_put_number(body, KMS_TAG_MODE, 1, 1);
	TRY(pboc_key_init(&key, PBOC_3DES, bytes_of(root, sizeof root)));
	for (unsigned i = 0; i < w->items; i++)
		TRY(put_tac(&key, i, kms_put_room(body, KMS_TAG_DATA, TAC_ITEM)));
	return OK;
}

static const struct work works[] = {
	{ .name = "ping", .fill = fill_ping, .in_host_only = true },
	{ "encrypt.aes.64", "AES", fill_encrypt, SMALL, DEVICE_AES_CBC, OPENSSL_AES_CBC, 0, 1,
	  false },
	{ "encrypt.aes.8192", "AES", fill_encrypt, LARGE, DEVICE_AES_CBC, OPENSSL_AES_CBC, 0, 1,
	  false },
	{ "encrypt.tdes.64", "TDES", fill_encrypt, SMALL, DEVICE_TDES_CBC, OPENSSL_TDES_CBC, 0, 1,
	  false },
	{ "encrypt.tdes.8192", "TDES", fill_encrypt, LARGE, DEVICE_TDES_CBC, OPENSSL_TDES_CBC, 0, 1,
	  false },
	{ "encrypt.sm4.64", "SM4", fill_encrypt, SMALL, DEVICE_NOTHING, OPENSSL_SM4_CBC, 0, 1,
	  true },
	{ "encrypt.sm4.8192", "SM4", fill_encrypt, LARGE, DEVICE_NOTHING, OPENSSL_SM4_CBC, 0, 1,
	  true },
	{ "mac.aes.64", "MAES", fill_mac, SMALL, DEVICE_AES_CMAC, OPENSSL_AES_CMAC, 0, 1, false },
	{ "mac.aes.8192", "MAES", fill_mac, LARGE, DEVICE_AES_CMAC, OPENSSL_AES_CMAC, 0, 1, false },
	{ "mac.tdes.64", "MTDES", fill_mac, SMALL, DEVICE_TDES_CMAC, OPENSSL_TDES_CMAC, 0, 1,
	  false },
	{ "mac.sm4.64", "MSM4", fill_mac, SMALL, DEVICE_NOTHING, OPENSSL_SM4_CMAC, 0, 1, true },
	{ "mac.sm4.8192", "MSM4", fill_mac, LARGE, DEVICE_NOTHING, OPENSSL_SM4_CMAC, 0, 1, true },
	{ "diversify-mac.tdes", "ROOT", fill_session_mac, 18, DEVICE_SESSION_MAC,
	  OPENSSL_TDES_SESSION_MAC, 32, 1, false },
	{ "diversify-mac.sm4", "ROOT4", fill_session_mac, 18, DEVICE_NOTHING,
	  OPENSSL_SM4_SESSION_MAC, 48, 1, true },
	{ "sign.rsa-2048", "RSA", fill_rsa, 32, DEVICE_RSA, OPENSSL_RSA, 1200, 1, false },
	{ "sign.sm2", "SM2", fill_sm2, 32, DEVICE_NOTHING, OPENSSL_SM2, 128, 1, true },
	{ "arqc", "IMK", fill_arqc, 37, DEVICE_TDES_ECB, OPENSSL_ARQC, 32, 1, false },
	{ "tac", "TAC", fill_tac, 22, DEVICE_TDES_ECB, OPENSSL_TAC, 0, KMS_BATCH_MAX, false },
};

/* --- rates --- */

static double cpu_now(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

result kms_bench_rate(const struct kms_bench_loop *l, double seconds, struct kms_bench_speed *out)
{
	int64_t begun = monotonic_us(), now = begun;
	double cpu = cpu_now();
	uint64_t done = 0;

	for (; (double)(now - begun) < seconds * 1e6; now = monotonic_us())
		for (int i = 0; i < 16; i++, done++)
			TRY(l->once(l->arg));
	*out = (struct kms_bench_speed){ (double)done * 1e6 / (double)(now - begun),
		                         (cpu_now() - cpu) / (double)done };
	return OK;
}

/* One operation: what it stands on (nothing where that is not asked), and the service with the key
 * in the device and in its process. */
enum { TOKEN, OPENS, OPENSSL, DEVICE, HOST, SORTS };

struct figures {
	struct kms_bench_speed at[SORTS][KMS_BENCH_ROUNDS_MAX];
};

static result rate_of_device(enum kms_bench_device what, size_t size, double seconds,
                             struct kms_bench_speed *out)
{
	struct kms_bench_loop l;

	if (what == DEVICE_NOTHING)
		return OK;
	TRY(kms_bench_device_loop(what, size, &l));
	return kms_bench_rate(&l, seconds, out);
}

static result rate_of_openssl(const struct work *w, double seconds, struct kms_bench_speed *out)
{
	struct kms_bench_loop l;

	if (w->openssl == OPENSSL_NOTHING)
		return OK;
	TRY(kms_bench_openssl_loop(w->openssl, w->size, &l));
	result r = kms_bench_rate(&l, seconds, out);
	kms_bench_openssl_free(&l);
	return r;
}

static result ask(struct kms_bench_lines *l, const struct work *w, const char *place,
                  double seconds, struct kms_bench_speed *out)
{
	static uint8_t at[KMS_BENCH_BODY_MAX];
	struct writer body = writer_of(at, sizeof at);
	struct kms_bench_question q = { 0 };
	char label[LABEL_MAX];
	bool large = w->size >= LARGE || w->items > 1;

	snprintf(label, sizeof label, "BENCH.%s.%s.01", place, w->key ? w->key : "");
	TRY(w->fill(w, label, &body, &q));
	TRY(writer_done(&body));
	q.body = at;
	q.len = body.len;
	TRY(kms_bench_lines_rate(l, &q, large ? DEPTH_LARGE : KMS_IN_FLIGHT_MAX, seconds, out));
	out->rate *= w->items ? w->items : 1;
	out->cpu_us /= w->items ? w->items : 1;
	return OK;
}

static result one_round(struct kms_bench_lines *l, const struct work *w, double seconds,
                        struct figures *f, unsigned round)
{
	TRY(rate_of_device(w->device, w->size, seconds, &f->at[TOKEN][round]));
	if (w->block)
		TRY(rate_of_device(DEVICE_OPEN_BLOCK, w->block, seconds, &f->at[OPENS][round]));
	TRY(rate_of_openssl(w, seconds, &f->at[OPENSSL][round]));
	if (!w->in_host_only)
		TRY(ask(l, w, "DEV", seconds, &f->at[DEVICE][round]));
	return ask(l, w, "HOST", seconds, &f->at[HOST][round]);
}

static int by_rate(const void *a, const void *b)
{
	const struct kms_bench_speed *x = a, *y = b;

	return (x->rate > y->rate) - (x->rate < y->rate);
}

static struct kms_bench_speed median(struct kms_bench_speed *at, unsigned n)
{
	qsort(at, n, sizeof *at, by_rate);
	return at[n / 2];
}

/* Of the rates that are known, and of the times. */
static struct kms_bench_speed slower(struct kms_bench_speed a, struct kms_bench_speed b)
{
	if (a.rate == 0 || b.rate == 0)
		return a.rate == 0 ? b : a;
	return (struct kms_bench_speed){ a.rate < b.rate ? a.rate : b.rate,
		                         a.cpu_us > b.cpu_us ? a.cpu_us : b.cpu_us };
}

static void print_speed(const struct work *w, const char *what, struct kms_bench_speed s)
{
	if (s.rate == 0)
		return;
	printf("kms.%s.%s.rate %.0f 1/s\n", w->name, what, s.rate);
	printf("kms.%s.%s.cpu %.2f us\n", w->name, what, s.cpu_us);
}

static void print_service(const struct work *w, const char *what, struct kms_bench_speed s,
                          struct kms_bench_speed limit)
{
	print_speed(w, what, s);
	if (s.rate == 0 || limit.rate == 0)
		return;
	printf("kms.%s.%s.of_slower %.0f %%\n", w->name, what, s.rate * 100 / limit.rate);
	printf("kms.%s.%s.of_slower_cpu %.0f %%\n", w->name, what, limit.cpu_us * 100 / s.cpu_us);
}

static void print(const struct work *w, struct figures *f, unsigned n)
{
	struct kms_bench_speed m[SORTS], limit;

	for (size_t i = 0; i < SORTS; i++)
		m[i] = median(f->at[i], n);
	print_speed(w, "token-alone", m[TOKEN]);
	print_speed(w, "token-opens", m[OPENS]);
	print_speed(w, "openssl-alone", m[OPENSSL]);
	limit = slower(m[TOKEN], m[OPENSSL]);
	print_service(w, "device", m[DEVICE], limit);
	print_service(w, "host", m[HOST], limit);
	fflush(stdout);
}

/* --- the whole --- */

static const uint8_t *fingerprint(void)
{
	static uint8_t at[32];

	memset(at, 0x5A, sizeof at); /* bench/kms_keys.txt */
	return at;
}

static result rates(const struct options *o)
{
	SCOPED(kms_bench_lines_close) struct kms_bench_lines *lines = NULL;
	static struct figures f;
	const struct work *w;

	TRY(kms_bench_device_open(o->module, o->token_dir));
	TRY(kms_bench_lines_open(o->socket, fingerprint(), LINES, &lines));
	EACH (w, works) {
		if (o->only && !strstr(w->name, o->only))
			continue;
		f = (struct figures){ 0 };
		for (unsigned i = 0; i < o->n; i++)
			TRY(one_round(lines, w, o->s, &f, i));
		print(w, &f, o->n);
	}
	kms_bench_device_close();
	return OK;
}

static result latency(const struct options *o, const char *name, unsigned rate)
{
	SCOPED(kms_bench_lines_close) struct kms_bench_lines *lines = NULL;
	static uint8_t at[SMALL + 64];
	struct writer body = writer_of(at, sizeof at);
	struct work w = { .key = "MAES", .size = SMALL };
	struct kms_bench_question q = { 0 };
	struct histogram *h = calloc(1, sizeof *h);
	double seconds = 4 * o->s;

	ASSERT(h);
	TRY(kms_bench_lines_open(o->socket, fingerprint(), LATENCY_LINES, &lines));
	TRY(fill_mac(&w, "BENCH.DEV.MAES.01", &body, &q));
	q.body = at;
	q.len = body.len;
	result r = kms_bench_lines_latency(lines, &q, rate, seconds, h);
	if (is_ok(r)) {
		printf("kms.%s.rate %.0f 1/s\n", name, (double)h->count / seconds);
		printf("kms.%s.p50 %.2f ms\n", name, (double)histogram_quantile(h, 0.50) / 1e3);
		printf("kms.%s.p99 %.2f ms\n", name, (double)histogram_quantile(h, 0.99) / 1e3);
		printf("kms.%s.max %.2f ms\n", name, (double)h->max_us / 1e3);
	}
	free(h);
	return r;
}

static result number(const char *text, uint64_t max, uint64_t *out)
{
	if (!is_ok(str_u64(str_of(text), out)) || *out == 0 || *out > max)
		return FAIL(USAGE, "%s is not a number from 1 to %u", text, (unsigned)max);
	return OK;
}

static result run(struct options *o)
{
	uint64_t n, rows;

	TRY(number(o->rounds, KMS_BENCH_ROUNDS_MAX, &n));
	TRY(number(o->rows, 1000000, &rows));
	o->n = (unsigned)n;
	o->s = strtod(o->seconds, NULL);
	if (o->renew)
		return kms_renewal_prepare(o->renew, rows);
	if (!o->socket || !o->token_dir || o->s <= 0)
		return FAIL(USAGE, "--socket and --token-dir, or --renew");
	TRY(rates(o));
	if (o->only)
		return OK;
	TRY(latency(o, "lines-1000", 0));
	return latency(o, "lines-1000.open-5000-per-s", LATENCY_RATE);
}

int main(int argc, char **argv)
{
	struct options o = { .module = "/usr/lib/softhsm/libsofthsm2.so",
		             .seconds = "0.5",
		             .rounds = "3",
		             .rows = "20000" };
	struct command_option options[] = {
		{ "socket", &o.socket, NULL, false }, { "token-dir", &o.token_dir, NULL, false },
		{ "module", &o.module, NULL, false }, { "seconds", &o.seconds, NULL, false },
		{ "rounds", &o.rounds, NULL, false }, { "only", &o.only, NULL, false },
		{ "renew", &o.renew, NULL, false },   { "rows", &o.rows, NULL, false },
	};
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = run(&o);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
