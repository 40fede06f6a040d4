/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/sam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/ytap_keys.h"

/*
 * Inside the sealed file: SAM number 6, node 8, merchant 15, key version 1, suites 1 + 4, initial
 * key 16.
 */
enum {
	MERCHANT = 15,
	PLAIN_LEN = SAM_NO_LEN + SAM_NODE_LEN + MERCHANT + 2 + SAM_SUITES_MAX + SAM_KEY_LEN,
};
_Static_assert((int)PLAIN_LEN <= (int)SECRET_MAX, "the plain part is kept in a secret");
_Static_assert((int)PLAIN_LEN + (int)PASSPHRASE_EXTRA <= (int)SAM_FILE_MAX, "the file fits");
static const char magic[] = "YIKASAM1";

struct sam {
	struct sam_identity id;
	uint8_t tik[SAM_KEY_LEN];
};

static bool is_identity(const struct sam_identity *id)
{
	bool good = strlen(id->node_id) == SAM_NODE_LEN && strlen(id->merchant) <= MERCHANT &&
	            id->suite_count >= 1 && id->suite_count <= SAM_SUITES_MAX;

	for (size_t i = 0; good && i < SAM_NODE_LEN; i++)
		good = id->node_id[i] > ' ' && id->node_id[i] < 127;
	for (size_t i = 0; good && id->merchant[i]; i++)
		good = id->merchant[i] >= ' ' && id->merchant[i] < 127;
	for (size_t i = 0; good && i < SAM_NO_LEN; i++)
		good = (id->sam_no[i] & 15) <= 9 && id->sam_no[i] >> 4 <= 9;
	for (size_t i = 0; good && i < id->suite_count; i++)
		good = suite_is_known(id->suites[i]);
	return good;
}

static void put_plain(struct writer *w, const struct sam_identity *id,
                      const uint8_t tik[SAM_KEY_LEN])
{
	writer_put(w, bytes_of(id->sam_no, SAM_NO_LEN));
	writer_put(w, bytes_of(id->node_id, SAM_NODE_LEN));
	writer_str(w, str_of(id->merchant));
	writer_fill(w, ' ', MERCHANT - strlen(id->merchant));
	writer_u8(w, id->key_version);
	writer_u8(w, (uint8_t)id->suite_count);
	writer_put(w, bytes_of(id->suites, SAM_SUITES_MAX));
	writer_put(w, bytes_of(tik, SAM_KEY_LEN));
}

static void get_plain(struct reader *r, struct sam *s)
{
	char merchant[MERCHANT];

	reader_copy(r, s->id.sam_no, SAM_NO_LEN);
	reader_copy(r, s->id.node_id, SAM_NODE_LEN);
	reader_copy(r, merchant, MERCHANT);
	str_copy(str_trim((struct str){ merchant, MERCHANT }), s->id.merchant,
	         sizeof s->id.merchant);
	s->id.key_version = reader_u8(r);
	s->id.suite_count = reader_u8(r);
	reader_copy(r, s->id.suites, SAM_SUITES_MAX);
	reader_copy(r, s->tik, SAM_KEY_LEN);
}

result sam_seal(const struct sam_identity *id, const struct secret *tik, struct str passphrase,
                struct passphrase_cost cost, struct random_source *random, struct writer *file)
{
	SCOPED(secret_wipe) struct secret plain = { .len = PLAIN_LEN };
	struct writer w = writer_of(plain.at, PLAIN_LEN);

	if (!is_identity(id))
		return FAIL(SAM_FORMAT, "identity of node \"%.8s\" is out of range", id->node_id);
	if (tik->len != SAM_KEY_LEN)
		return FAIL(SAM_FORMAT, "an initial key has %d bytes", SAM_KEY_LEN);
	put_plain(&w, id, tik->at);
	TRY(writer_done(&w));
	return passphrase_seal(magic, passphrase, cost, random, bytes_of(plain.at, PLAIN_LEN),
	                       file);
}

/* Memory that is not written to the swap space, where the system grants it. */
static result sam_new(struct sam **out)
{
	struct sam *s = calloc(1, sizeof *s);

	if (!s)
		return FAIL(OUT_OF_MEMORY, "%zu bytes", sizeof *s);
	if (mlock(s, sizeof *s) < 0)
		LOG_WARNING("sam.not_locked", "reason=\"%s\"", strerror(errno));
	*out = s;
	return OK;
}

result sam_unseal(struct bytes file, struct str passphrase, struct sam **out)
{
	SCOPED(secret_wipe) struct secret plain = { .len = PLAIN_LEN };
	struct reader r = reader_of(bytes_of(plain.at, PLAIN_LEN));
	struct sam *s = NULL;

	TRY(passphrase_open(magic, passphrase, file, plain.at, PLAIN_LEN));
	TRY(sam_new(&s));
	get_plain(&r, s);
	if (!is_ok(reader_done(&r)) || !is_identity(&s->id)) {
		sam_close(s);
		return FAIL(SAM_FORMAT, "contents are out of range");
	}
	*out = s;
	return OK;
}

static result write_file(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t n = write(fd, b.at, b.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(FILE_WRITE, "write: %s", strerror(errno));
		b = bytes_of(b.at + n, b.len - (size_t)n);
	}
	return fsync(fd) < 0 ? FAIL(FILE_WRITE, "fsync: %s", strerror(errno)) : OK;
}

result sam_create(const char *path, const struct sam_identity *id, const struct secret *tik,
                  struct str passphrase, struct passphrase_cost cost)
{
	uint8_t room[SAM_FILE_MAX];
	struct writer w = writer_of(room, sizeof room);
	int fd;
	result r;

	TRY(sam_seal(id, tik, passphrase, cost, random_system(), &w));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
	r = write_file(fd, writer_bytes(&w));
	close(fd);
	if (!is_ok(r))
		unlink(path);
	return r;
}

/* A whole small file; FILE_READ when it is longer than `size`. */
static result read_file(const char *path, uint8_t *at, size_t size, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	uint8_t more;

	*len = 0;
	if (fd < 0)
		return FAIL(FILE_READ, "%s: %s", path, strerror(errno));
	while (*len < size && (n = read(fd, at + *len, size - *len)) > 0)
		*len += (size_t)n;
	if (*len == size && n >= 0 && read(fd, &more, 1) == 1)
		n = -1;
	close(fd);
	return n < 0 ? FAIL(FILE_READ, "%s cannot be read, or is too long", path) : OK;
}

result sam_open(const char *path, const char *passphrase_path, struct sam **out)
{
	uint8_t file[SAM_FILE_MAX];
	char phrase[PASSPHRASE_MAX + 2];
	size_t file_len, phrase_len;
	struct str first, rest;
	result r;

	TRY(read_file(path, file, sizeof file, &file_len));
	r = read_file(passphrase_path, (uint8_t *)phrase, sizeof phrase, &phrase_len);
	if (is_ok(r)) {
		str_cut((struct str){ phrase, phrase_len }, '\n', &first, &rest);
		r = sam_unseal(bytes_of(file, file_len), first, out);
	}
	secret_wipe_bytes(phrase, sizeof phrase);
	return r;
}

void sam_close(struct sam *s)
{
	if (!s)
		return;
	secret_wipe_bytes(s, sizeof *s);
	munlock(s, sizeof *s);
	free(s);
}

const struct sam_identity *sam_identity(const struct sam *s)
{
	return &s->id;
}

static struct ytap_ids ids_of(const struct sam *s)
{
	struct ytap_ids ids = { .key_version = s->id.key_version };

	memcpy(ids.node, s->id.node_id, sizeof ids.node);
	memcpy(ids.sam, s->id.sam_no, sizeof ids.sam);
	return ids;
}

static result node_keys(const struct sam *s, uint8_t suite, struct ytap_node_keys *out)
{
	struct ytap_ids ids = ids_of(s);

	return ytap_derive_node_keys((enum suite)suite, s->tik, &ids, out);
}

static struct ytap_handshake handshake(const struct sam *s, uint8_t suite, const uint8_t *rt,
                                       const uint8_t *rh)
{
	struct ytap_handshake h = { .suite = (enum suite)suite, .ids = ids_of(s) };

	memcpy(h.rt, rt, sizeof h.rt);
	memcpy(h.rh, rh, sizeof h.rh);
	return h;
}

result sam_check_host(const struct sam *s, uint8_t suite, const uint8_t rt[SAM_CHALLENGE_LEN],
                      const uint8_t rh[SAM_CHALLENGE_LEN], struct bytes ch)
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	struct ytap_handshake h = handshake(s, suite, rt, rh);
	uint8_t want[SAM_CHALLENGE_LEN];

	TRY(node_keys(s, suite, &keys));
	TRY(ytap_proof_host(&h, keys.kauth, want));
	if (!bytes_equal_secret(ch, bytes_of(want, sizeof want)))
		return FAIL(SAM_HOST_UNKNOWN, "the host's proof is wrong");
	return OK;
}

result sam_prove(const struct sam *s, uint8_t suite, const uint8_t rt[SAM_CHALLENGE_LEN],
                 const uint8_t rh[SAM_CHALLENGE_LEN], uint8_t ct[SAM_CHALLENGE_LEN])
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	struct ytap_handshake h = handshake(s, suite, rt, rh);

	TRY(node_keys(s, suite, &keys));
	return ytap_proof_node(&h, keys.kauth, ct);
}

static result mac_under(uint8_t suite, const uint8_t key[SUITE_KEY_SIZE], struct bytes data,
                        uint8_t mac[SAM_MAC_LEN])
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };

	TRY(mac_key_init_suite(&k, (enum suite)suite, key));
	mac_f64(&k, data, mac);
	return OK;
}

result sam_sign(const struct sam *s, uint8_t suite, struct bytes message, uint8_t mac[SAM_MAC_LEN])
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };

	TRY(node_keys(s, suite, &keys));
	return mac_under(suite, keys.kauth, message, mac);
}

result sam_unwrap(const struct sam *s, uint8_t suite, struct bytes wrapped, struct secret *key)
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	result r;

	TRY(node_keys(s, suite, &keys));
	r = keywrap_field_open((enum suite)suite, keys.kwrap, wrapped, key->at);
	if (!is_ok(r))
		return FAIL(SAM_KEY, "%s", result_name(r));
	key->len = SUITE_KEY_SIZE;
	return OK;
}

result sam_record_mac(const struct sam *s, uint8_t suite, struct bytes record,
                      uint8_t mac[SAM_MAC_LEN])
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };

	TRY(node_keys(s, suite, &keys));
	return mac_under(suite, keys.krec, record, mac);
}
