/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/component.h"

#include <sodium.h>
#include <stdio.h>

#include "crypto/cipher.h"

static const char magic_component[] = "OC-LMK-COMPONENT/1", magic_share[] = "OC-LMK-SHARE/1";

enum {
	SALT = 16,
	BLOCK_R = 8,
	PARALLEL_P = 1,
	KEY = 32,
	HEADER_MAX = COMPONENT_FILE_MAX,
	SEALED_MAX = COMPONENT_VALUE_MAX + CIPHER_TAG,
};

/* What the header line says. */
struct header {
	struct component about; /* without value */
	unsigned cost;
	uint8_t salt[SALT], nonce[CIPHER_NONCE];
};

static const char *const statuses[] = { [COMPONENT_LIVE] = "live", [COMPONENT_TEST] = "test" };

void component_wipe(struct component *c)
{
	secret_wipe_bytes(c, sizeof *c);
}

size_t component_size(char algorithm)
{
	return algorithm == 'A' ? 32 : algorithm == '4' ? 16 : 0;
}

size_t component_value_size(const struct component *c)
{
	size_t size = component_size(c->algorithm);

	return size && c->needed ? size + 1 : size;
}

/* --- the header line: keys 5.1; a share also says how many are needed --- */

/* A NUL-ended text that fills its array with these characters. */
static bool is_full_of(const char *text, size_t size, const char *characters)
{
	return strnlen(text, size) == size - 1 && strspn(text, characters) == size - 1;
}

static result check_about(const struct component *c)
{
	bool good = is_full_of(c->set, sizeof c->set, "0123456789") && strcmp(c->set, "00") != 0 &&
	            c->generation >= 1 && c->generation <= COMPONENT_GENERATION_MAX &&
	            component_size(c->algorithm) > 0 && c->count >= COMPONENT_COUNT_MIN &&
	            c->count <= COMPONENT_COUNT_MAX && c->index >= 1 && c->index <= c->count &&
	            c->needed != 1 && c->needed <= c->count &&
	            is_full_of(c->kcv, sizeof c->kcv, "0123456789ABCDEF") &&
	            (c->status == COMPONENT_LIVE || c->status == COMPONENT_TEST);

	return good ? OK : FAIL(COMPONENT_FORM, "a member is out of range");
}

static result check_cost(unsigned cost)
{
	if (cost < COMPONENT_COST_MIN || cost > COMPONENT_COST_MAX)
		return FAIL(INVALID_KEY, "cost 2^%u", cost);
	return OK;
}

static struct str print_header(const struct header *h, char out[HEADER_MAX])
{
	const struct component *c = &h->about;
	char salt[2 * SALT + 1], nonce[2 * CIPHER_NONCE + 1], needed[8] = "";
	int len;

	if (c->needed)
		snprintf(needed, sizeof needed, "|k=%u", c->needed);

	hex_encode(bytes_of(h->salt, SALT), salt);
	hex_encode(bytes_of(h->nonce, CIPHER_NONCE), nonce);
	len = snprintf(out, HEADER_MAX,
	               "%s|set=%s|gen=%u|alg=%c%s|n=%u|i=%u|kcv=%s|status=%s|kdf=scrypt:%u:%d:%d:%"
	               "s|nonce=%s",
	               c->needed ? magic_share : magic_component, c->set, c->generation,
	               c->algorithm, needed, c->count, c->index, c->kcv, statuses[c->status],
	               h->cost, BLOCK_R, PARALLEL_P, salt, nonce);
	ASSERT(len > 0 && len < HEADER_MAX);
	return (struct str){ out, (size_t)len };
}

/* The value of the next field, which must have this name. */
static struct str take(struct str *rest, const char *name, char end, bool *bad)
{
	struct str field, key, value;

	str_cut(*rest, end, &field, rest);
	if (!str_cut(field, '=', &key, &value) || !str_equal(key, str_of(name)))
		*bad = true;
	return value;
}

static uint8_t take_number(struct str *rest, const char *name, bool *bad)
{
	uint64_t number = 0;

	if (!is_ok(str_u64(take(rest, name, '|', bad), &number)) || number > UINT8_MAX)
		*bad = true;
	return (uint8_t)number;
}

static void take_text(struct str *rest, const char *name, char *out, size_t size, bool *bad)
{
	struct str text = take(rest, name, '|', bad);

	if (text.len != size - 1)
		*bad = true;
	str_copy(text, out, size);
}

static enum component_status take_status(struct str *rest, bool *bad)
{
	struct str text = take(rest, "status", '|', bad);

	if (str_equal(text, str_of(statuses[COMPONENT_TEST])))
		return COMPONENT_TEST;
	if (!str_equal(text, str_of(statuses[COMPONENT_LIVE])))
		*bad = true;
	return COMPONENT_LIVE;
}

/* scrypt:16:8:1:<salt>; r and p are looked at when the line is printed again. */
static void take_kdf(struct str *rest, struct header *h, bool *bad)
{
	struct str kdf = take(rest, "kdf", '|', bad), part;
	uint64_t cost = 0;

	str_cut(kdf, ':', &part, &kdf);
	str_cut(kdf, ':', &part, &kdf);
	if (!is_ok(str_u64(part, &cost)) || cost > COMPONENT_COST_MAX)
		*bad = true;
	h->cost = (unsigned)cost;
	str_cut(kdf, ':', &part, &kdf);
	str_cut(kdf, ':', &part, &kdf);
	if (!is_ok(hex_decode(kdf, h->salt, SALT)))
		*bad = true;
}

static void take_fields(struct str rest, struct header *h, bool *bad)
{
	struct component *c = &h->about;
	char algorithm[2];
	struct str magic;

	str_cut(rest, '|', &magic, &rest);
	take_text(&rest, "set", c->set, sizeof c->set, bad);
	c->generation = take_number(&rest, "gen", bad);
	take_text(&rest, "alg", algorithm, sizeof algorithm, bad);
	c->algorithm = algorithm[0];
	if (str_equal(magic, str_of(magic_share)))
		c->needed = take_number(&rest, "k", bad);
	c->count = take_number(&rest, "n", bad);
	c->index = take_number(&rest, "i", bad);
	take_text(&rest, "kcv", c->kcv, sizeof c->kcv, bad);
	c->status = take_status(&rest, bad);
	take_kdf(&rest, h, bad);
	if (!is_ok(hex_decode(take(&rest, "nonce", '|', bad), h->nonce, CIPHER_NONCE)))
		*bad = true;
}

/* What was read is right when it prints as the same line: one spelling, nothing before, between or
 * behind. */
static result parse_header(struct str line, struct header *h)
{
	char again[HEADER_MAX];
	bool bad = false;

	*h = (struct header){ 0 };
	take_fields(line, h, &bad);
	if (bad || !is_ok(check_about(&h->about)) || !is_ok(check_cost(h->cost)) ||
	    !str_equal(print_header(h, again), line))
		return FAIL(COMPONENT_FORM, "the header line");
	return OK;
}

/* --- the file --- */

/* Both lines; sealed holds component_value_size + CIPHER_TAG bytes. */
static result parse_file(struct str text, struct header *h, struct str *line,
                         uint8_t sealed[SEALED_MAX])
{
	char again[2 * SEALED_MAX + 1];
	struct str second, rest;
	size_t len;

	if (text.len > COMPONENT_FILE_MAX || !str_cut(text, '\n', line, &rest) ||
	    !str_cut(rest, '\n', &second, &rest) || rest.len)
		return FAIL(COMPONENT_FORM, "not two lines");
	TRY(parse_header(*line, h));
	len = component_value_size(&h->about) + CIPHER_TAG;
	if (!is_ok(hex_decode(second, sealed, len)))
		return FAIL(COMPONENT_FORM, "second line of %zu characters", second.len);
	hex_encode(bytes_of(sealed, len), again);
	return str_equal(second, str_of(again)) ? OK : FAIL(COMPONENT_FORM, "small letters");
}

/* RFC 7914; slow on purpose. libsodium needs three fifths of OpenSSL's time for the same work. */
static result file_key(const struct header *h, struct str pin, struct secret *key)
{
	if (sodium_init() < 0)
		return FAIL(CRYPTO_FAULT, "libsodium does not start");
	key->len = KEY;
	if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)pin.at, pin.len, h->salt, SALT,
	                                          UINT64_C(1) << h->cost, BLOCK_R, PARALLEL_P,
	                                          key->at, KEY) != 0)
		return FAIL(OUT_OF_MEMORY, "scrypt with N = 2^%u", h->cost);
	return OK;
}

static result gcm_of(const struct header *h, struct str pin, struct cipher_gcm *g)
{
	SCOPED(secret_wipe) struct secret key = { .len = 0 };

	TRY(file_key(h, pin, &key));
	return cipher_gcm_init(g, bytes_of(key.at, key.len));
}

/* Of UTF-8: all bytes but those that go on with one. */
static size_t count_characters(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((uint8_t)s.at[i] & 0xC0) != 0x80;
	return count;
}

static result check_lock(const struct component_lock *lock, unsigned cost)
{
	size_t least = lock->pin_min ? lock->pin_min : COMPONENT_PIN_MIN;

	if (count_characters(lock->pin) < least || lock->pin.len > COMPONENT_PIN_MAX)
		return FAIL(INVALID_KEY, "a PIN has %zu characters to %d bytes", least,
		            COMPONENT_PIN_MAX);
	return check_cost(cost);
}

static void write_line(struct writer *out, struct str line)
{
	writer_str(out, line);
	writer_u8(out, '\n');
}

result component_seal(const struct component *c, const struct component_lock *lock,
                      struct writer *out)
{
	SCOPED(cipher_gcm_deinit) struct cipher_gcm g = { 0 };
	struct header h = { .cost = lock->cost ? lock->cost : COMPONENT_COST };
	uint8_t sealed[SEALED_MAX];
	char line[HEADER_MAX], hex[2 * SEALED_MAX + 1];
	struct str header;
	size_t len = component_value_size(c);

	TRY(check_about(c));
	TRY(check_lock(lock, h.cost));
	if (c->value.len != len)
		return FAIL(COMPONENT_FORM, "a value of %zu bytes", c->value.len);
	h.about = *c;
	secret_wipe(&h.about.value);
	random_fill(lock->random, h.salt, SALT);
	random_fill(lock->random, h.nonce, CIPHER_NONCE);
	header = print_header(&h, line);
	TRY(gcm_of(&h, lock->pin, &g));
	memcpy(sealed, c->value.at, len);
	cipher_gcm_seal(&g, h.nonce, str_bytes(header), sealed, len, sealed + len);
	hex_encode(bytes_of(sealed, len + CIPHER_TAG), hex);
	write_line(out, header);
	write_line(out, str_of(hex));
	return writer_done(out);
}

result component_peek(struct str text, struct component *out)
{
	uint8_t sealed[SEALED_MAX];
	struct header h;
	struct str line;

	TRY(parse_file(text, &h, &line, sealed));
	*out = h.about;
	return OK;
}

result component_open(struct str text, struct str pin, struct component *out)
{
	SCOPED(cipher_gcm_deinit) struct cipher_gcm g = { 0 };
	uint8_t sealed[SEALED_MAX];
	struct header h;
	struct str line;
	size_t len;
	bool right;

	TRY(parse_file(text, &h, &line, sealed));
	len = component_value_size(&h.about);
	if (pin.len > COMPONENT_PIN_MAX)
		return FAIL(COMPONENT_PIN, "longer than %d bytes", COMPONENT_PIN_MAX);
	TRY(gcm_of(&h, pin, &g));
	right = cipher_gcm_open(&g, h.nonce, str_bytes(line), sealed, len, sealed + len);
	if (right) {
		*out = h.about;
		out->value.len = len;
		memcpy(out->value.at, sealed, len);
	}
	secret_wipe_bytes(sealed, sizeof sealed);
	return right ? OK : FAIL(COMPONENT_PIN, "the file does not open");
}

/* --- media --- */

static result seal_pin_file(const struct component_medium *m, const struct component *c,
                            const struct component_lock *lock, struct writer *out)
{
	(void)m;
	return component_seal(c, lock, out);
}

static result open_pin_file(const struct component_medium *m, struct str text, struct str pin,
                            struct component *out)
{
	(void)m;
	return component_open(text, pin, out);
}

const struct component_medium *component_medium_pin_file(void)
{
	static const struct component_medium medium = { "pin-file", seal_pin_file, open_pin_file };

	return &medium;
}
