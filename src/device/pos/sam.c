/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/sam.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "crypto/ytap_keys.h"

/*
 * File: magic 8, passes u32, memory KiB u32, salt 16, nonce 24, then XChaCha20-Poly1305 over the plain part with
 * everything before it as associated data. Plain: SAM number 6, node 8, merchant 15, key version 1, suites 1 + 4,
 * initial key 16.
 */
enum {
	MAGIC_LEN  = 8,
	SALT_LEN   = crypto_pwhash_SALTBYTES,
	NONCE_LEN  = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	HEAD_LEN   = MAGIC_LEN + 8 + SALT_LEN + NONCE_LEN,
	MERCHANT   = 15,
	PLAIN_LEN  = SAM_NO_LEN + SAM_NODE_LEN + MERCHANT + 2 + SAM_SUITES_MAX + SAM_KEY_LEN,
	SEALED_LEN = PLAIN_LEN + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	FILE_KEY   = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	PASSES_MAX = 16,
	MEMORY_MIN_KIB = 8,
	MEMORY_MAX_KIB = 262144,
};
static const char magic[MAGIC_LEN + 1] = "YIKASAM1";

const struct sam_cost sam_cost_default = { 3, 65536 };

struct sam {
	struct sam_identity id;
	uint8_t             tik[SAM_KEY_LEN];
};

static result require_sodium(void)
{
	return sodium_init() < 0 ? FAIL(SYSTEM_CALL, "libsodium does not start") : OK;
}

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

static bool is_cost(struct sam_cost c)
{
	return c.passes >= 1 && c.passes <= PASSES_MAX && c.memory_kib >= MEMORY_MIN_KIB &&
	       c.memory_kib <= MEMORY_MAX_KIB;
}

/* The key of the file; slow on purpose. */
static result file_key(struct str passphrase, struct sam_cost cost, const uint8_t salt[SALT_LEN], struct secret *key)
{
	key->len = FILE_KEY;
	if (crypto_pwhash(key->at, FILE_KEY, passphrase.at, passphrase.len, salt, cost.passes,
	                  (size_t)cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return FAIL(OUT_OF_MEMORY, "argon2id with %u KiB", cost.memory_kib);
	return OK;
}

static void put_plain(struct writer *w, const struct sam_identity *id, const uint8_t tik[SAM_KEY_LEN])
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
	str_copy(str_trim((struct str){ merchant, MERCHANT }), s->id.merchant, sizeof s->id.merchant);
	s->id.key_version = reader_u8(r);
	s->id.suite_count = reader_u8(r);
	reader_copy(r, s->id.suites, SAM_SUITES_MAX);
	reader_copy(r, s->tik, SAM_KEY_LEN);
}

static result require_sealable(const struct sam_identity *id, const struct secret *tik, struct str passphrase,
                               struct sam_cost cost)
{
	if (!is_identity(id))
		return FAIL(SAM_FORMAT, "identity of node \"%.8s\" is out of range", id->node_id);
	if (tik->len != SAM_KEY_LEN)
		return FAIL(SAM_FORMAT, "an initial key has %d bytes", SAM_KEY_LEN);
	if (!is_cost(cost))
		return FAIL(SAM_FORMAT, "cost is out of range");
	if (passphrase.len < SAM_PASSPHRASE_MIN || passphrase.len > SAM_PASSPHRASE_MAX)
		return FAIL(SAM_FORMAT, "a passphrase has %d to %d bytes", SAM_PASSPHRASE_MIN,
		            SAM_PASSPHRASE_MAX);
	return require_sodium();
}

result sam_seal(const struct sam_identity *id, const struct secret *tik, struct str passphrase,
                struct sam_cost cost, struct random_source *random, struct writer *file)
{
	SCOPED(secret_wipe) struct secret key = { .len = 0 }, plain = { .len = PLAIN_LEN };
	uint8_t                           fresh[SALT_LEN + NONCE_LEN], sealed[SEALED_LEN];
	size_t                            start = file->len;
	struct writer                     w = writer_of(plain.at, PLAIN_LEN);

	TRY(require_sealable(id, tik, passphrase, cost));
	random_fill(random, fresh, sizeof fresh);
	TRY(file_key(passphrase, cost, fresh, &key));
	put_plain(&w, id, tik->at);
	TRY(writer_done(&w));
	writer_put(file, bytes_of(magic, MAGIC_LEN));
	writer_u32(file, cost.passes);
	writer_u32(file, cost.memory_kib);
	writer_put(file, bytes_of(fresh, sizeof fresh));
	TRY(writer_done(file));
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, plain.at, PLAIN_LEN, file->at + start, HEAD_LEN,
	                                           NULL, fresh + SALT_LEN, key.at);
	writer_put(file, bytes_of(sealed, sizeof sealed));
	return writer_done(file);
}

result sam_unseal(struct bytes file, struct str passphrase, struct sam **out)
{
	SCOPED(secret_wipe) struct secret key = { .len = 0 }, plain = { .len = PLAIN_LEN };
	struct reader                     r = reader_of(file), body;
	struct bytes                      mark = reader_bytes(&r, MAGIC_LEN), salt, nonce, sealed;
	struct sam_cost                   cost = { reader_u32(&r), 0 };
	struct sam                       *s;

	cost.memory_kib = reader_u32(&r);
	salt = reader_bytes(&r, SALT_LEN);
	nonce = reader_bytes(&r, NONCE_LEN);
	sealed = reader_bytes(&r, SEALED_LEN);
	if (!is_ok(reader_done(&r)) || memcmp(mark.at, magic, MAGIC_LEN) != 0 || !is_cost(cost))
		return FAIL(SAM_FORMAT, "not a SAM file");
	if (passphrase.len > SAM_PASSPHRASE_MAX)
		return FAIL(SAM_PASSPHRASE, "longer than %d bytes", SAM_PASSPHRASE_MAX);
	TRY(require_sodium());
	TRY(file_key(passphrase, cost, salt.at, &key));
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.at, NULL, NULL, sealed.at, sealed.len, file.at,
	                                               HEAD_LEN, nonce.at, key.at) != 0)
		return FAIL(SAM_PASSPHRASE, "the file does not open");
	s = sodium_malloc(sizeof *s);
	if (!s)
		return FAIL(OUT_OF_MEMORY, "locked memory");
	memset(s, 0, sizeof *s);
	body = reader_of(bytes_of(plain.at, PLAIN_LEN));
	get_plain(&body, s);
	if (!is_ok(reader_done(&body)) || !is_identity(&s->id)) {
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
                  struct str passphrase, struct sam_cost cost)
{
	uint8_t       room[SAM_FILE_MAX];
	struct writer w = writer_of(room, sizeof room);
	int           fd;
	result        r;

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
	int     fd = open(path, O_RDONLY | O_CLOEXEC);
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
	uint8_t    file[SAM_FILE_MAX];
	char       phrase[SAM_PASSPHRASE_MAX + 2];
	size_t     file_len, phrase_len;
	struct str first, rest;
	result     r;

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
	/* sodium_free wipes what it frees; NULL is fine. */
	sodium_free(s);
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

static struct ytap_handshake handshake(const struct sam *s, uint8_t suite, const uint8_t *rt, const uint8_t *rh)
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
	uint8_t               want[SAM_CHALLENGE_LEN];

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

static result mac_under(uint8_t suite, const uint8_t key[SUITE_KEY_SIZE], struct bytes data, uint8_t mac[SAM_MAC_LEN])
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

result sam_record_mac(const struct sam *s, uint8_t suite, struct bytes record, uint8_t mac[SAM_MAC_LEN])
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };

	TRY(node_keys(s, suite, &keys));
	return mac_under(suite, keys.krec, record, mac);
}
