/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the platform asks about its terminals (codec/kms_terminal.h): sign-in, session keys, PINs,
 * keys of SAMs. For the platform of this machine alone, whatever a certificate's rights say: its
 * answers hold keys of the line.
 */
#include "service/kms/compute_terminal.h"

#include "base/secret.h"
#include "codec/kms_terminal.h"
#include "crypto/pin.h"
#include "crypto/ytap_compat.h"
#include "service/kms/compute_target.h"

enum { TOKEN_SIZE = 16 };

/* Of TLS, whatever the suite of the messages. */
#define PSK_SUITE SUITE_AES

/* --- what all of them do first --- */

static struct terminal_keys *keys_of(const struct compute_call *c)
{
	return c->owner;
}

static result require_platform(struct compute_call *c)
{
	if (c->client == compute_platform())
		return OK;
	c->status = KMS_NOT_PERMITTED;
	return FAIL(KMS_DENIED, "of the platform alone");
}

static result read_terminal(struct bytes in, size_t size, struct kms_terminal *t)
{
	if (in.len != size)
		return FAIL(KMS_FIELD_WRONG, "%zu bytes of a terminal", in.len);
	kms_terminal_read(in, t);
	return suite_is_known(t->suite) ? OK : FAIL(KMS_FIELD_WRONG, "suite %u", t->suite);
}

static struct ytap_ids ids_of(const struct kms_terminal *t)
{
	struct ytap_ids ids = { .key_version = t->key_version };

	memcpy(ids.node, t->node, sizeof ids.node);
	memcpy(ids.sam, t->sam, sizeof ids.sam);
	return ids;
}

/* The root of that version among the labels of the message. */
static result root_of(struct compute_call *c, unsigned version, struct working_key **out)
{
	for (size_t i = 0; i < c->key_count; i++)
		if (c->keys[i]->version.version == version)
			return compute_key(c, i, out);
	return FAIL(KEYS_VERSION, "version %u is not among the labels", version);
}

static result tik_of(struct compute_call *c, const struct kms_terminal *t,
                     uint8_t tik[SUITE_KEY_SIZE])
{
	struct ytap_ids ids = ids_of(t);
	struct working_prf prf;
	struct working_key *root;

	TRY(root_of(c, t->key_version, &root));
	TRY(working_key_prf(root, &prf));
	return ytap_derive_tik_prf(&prf.prf, &ids, tik);
}

static result node_keys(struct compute_call *c, const struct kms_terminal *t, enum suite suite,
                        struct ytap_node_keys *out)
{
	uint8_t tik[SUITE_KEY_SIZE];
	struct ytap_ids ids = ids_of(t);
	result r = tik_of(c, t, tik);

	if (is_ok(r))
		r = ytap_derive_node_keys(suite, tik, &ids, out);
	secret_wipe_bytes(tik, sizeof tik);
	return r;
}

/* --- hello and proof (terminal-protocol 7.1) --- */

static result handshake_of(const struct compute_call *c, struct kms_terminal *t,
                           struct ytap_handshake *h)
{
	struct kms_values randoms = kms_values_of(&c->in, KMS_TAG_RANDOM);
	struct bytes rt, rh;

	TRY(read_terminal(kms_bytes(&c->in, KMS_TAG_DATA), KMS_TERMINAL_NODE, t));
	*h = (struct ytap_handshake){ .suite = (enum suite)t->suite, .ids = ids_of(t) };
	if (!kms_values_next(&randoms, &rt) || !kms_values_next(&randoms, &rh))
		return FAIL(KMS_FIELD_WRONG, "challenges");
	memcpy(h->rt, rt.at, sizeof h->rt);
	memcpy(h->rh, rh.at, sizeof h->rh);
	return OK;
}

static result challenge(struct compute_call *c)
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	uint8_t ch[YTAP_CHALLENGE_SIZE];
	struct kms_terminal t;
	struct ytap_handshake h;

	TRY(require_platform(c));
	TRY(handshake_of(c, &t, &h));
	TRY(node_keys(c, &t, h.suite, &keys));
	TRY(ytap_proof_host(&h, keys.kauth, ch));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(ch, sizeof ch));
	return OK;
}

/* Both are computed, whichever is wrong. */
static result check_proof(const struct compute_call *c, const struct ytap_handshake *h,
                          const struct ytap_node_keys *keys, uint8_t *bits)
{
	struct kms_values proofs = kms_values_of(&c->in, KMS_TAG_PROOF);
	uint8_t want[YTAP_CHALLENGE_SIZE];
	struct mac_key kauth = { 0 };
	struct bytes f64, ct;

	*bits = 0;
	if (!kms_values_next(&proofs, &f64) || !kms_values_next(&proofs, &ct) ||
	    f64.len != F64_SIZE || ct.len != YTAP_CHALLENGE_SIZE)
		return FAIL(KMS_FIELD_WRONG, "proofs");
	TRY(mac_key_init_suite(&kauth, h->suite, keys->kauth));
	if (mac_f64_is(&kauth, kms_bytes(&c->in, KMS_TAG_IV), f64))
		*bits |= KMS_PROOF_MACED;
	mac_key_deinit(&kauth);
	TRY(ytap_proof_node(h, keys->kauth, want));
	if (bytes_equal_secret(ct, bytes_of(want, sizeof want)))
		*bits |= KMS_PROOF_CHALLENGE;
	return OK;
}

static void put_day(struct writer *out, uint8_t bits, const struct day_root *day)
{
	uint8_t bytes[6];
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_u8(&w, bits);
	writer_u32(&w, day->day.yyyymmdd);
	writer_u8(&w, day->seq);
	kms_put(out, KMS_TAG_RESULT, writer_bytes(&w));
}

static result proof(struct compute_call *c)
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	struct bizdate today = { kms_number(&c->in, KMS_TAG_TIME) };
	struct kms_terminal t;
	struct ytap_handshake h;
	struct day_root day;
	uint8_t bits;

	TRY(require_platform(c));
	if (!bizdate_is_valid(today))
		return FAIL(KMS_FIELD_WRONG, "business date");
	TRY(handshake_of(c, &t, &h));
	TRY(node_keys(c, &t, h.suite, &keys));
	TRY(check_proof(c, &h, &keys, &bits));
	TRY(terminal_keys_day(keys_of(c), today, &day));
	put_day(c->out, bits, &day);
	return bits == (KMS_PROOF_MACED | KMS_PROOF_CHALLENGE)
	               ? OK
	               : compute_note_wrong(c, bytes_of(t.node, sizeof t.node), 1);
}

static result reply(struct compute_call *c)
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	SCOPED(mac_key_deinit) struct mac_key kauth = { 0 };
	uint8_t f64[F64_SIZE];
	struct kms_terminal t;

	TRY(require_platform(c));
	TRY(read_terminal(kms_bytes(&c->in, KMS_TAG_DATA), KMS_TERMINAL_NODE, &t));
	TRY(node_keys(c, &t, (enum suite)t.suite, &keys));
	TRY(mac_key_init_suite(&kauth, (enum suite)t.suite, keys.kauth));
	mac_f64(&kauth, kms_bytes(&c->in, KMS_TAG_IV), f64);
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(f64, sizeof f64));
	return OK;
}

/* --- session keys --- */

static result session_keys(struct compute_call *c, const struct kms_terminal *t,
                           struct ytap_session_keys *out)
{
	struct ytap_session_spec spec = { .day = t->day,
		                          .sequence = t->sequence,
		                          .session = t->session };
	struct day_root_key of = { { t->day }, t->sequence };
	struct working_key *root;
	struct working_prf prf;

	memcpy(spec.node, t->node, sizeof spec.node);
	TRY(terminal_keys_root(keys_of(c), &of, &root));
	TRY(working_key_prf(root, &prf));
	return ytap_derive_session_keys_prf(&prf.prf, &spec, out);
}

/* What one terminal gets. */
struct issue {
	struct ytap_session_keys session;
	struct ytap_node_keys node, psk;
};

static void issue_wipe(struct issue *i)
{
	secret_wipe_bytes(i, sizeof *i);
}

static result issue_of(struct compute_call *c, const struct kms_terminal *t, struct issue *i)
{
	enum suite suite = (enum suite)t->suite;

	TRY(session_keys(c, t, &i->session));
	TRY(node_keys(c, t, suite, &i->node));
	if (suite == PSK_SUITE)
		i->psk = i->node;
	else
		TRY(node_keys(c, t, PSK_SUITE, &i->psk));
	return OK;
}

/* TAK, TDK, KREC, PSK in the clear: the line's own. */
static uint8_t *put_line_keys(struct compute_call *c, const struct issue *i, size_t extra)
{
	uint8_t *at = kms_put_room(c->out, KMS_TAG_RESULT, KMS_TERMINAL_KEYS + extra);
	struct writer w = writer_of(at, KMS_TERMINAL_KEYS);

	if (!at)
		return NULL;
	writer_put(&w, bytes_of(i->session.tak, SUITE_KEY_SIZE));
	writer_put(&w, bytes_of(i->session.tdk, SUITE_KEY_SIZE));
	writer_put(&w, bytes_of(i->node.krec, SUITE_KEY_SIZE));
	writer_put(&w, bytes_of(i->psk.psk, YTAP_PSK_SIZE));
	return at + KMS_TERMINAL_KEYS;
}

static result put_wrapped(struct compute_call *c, const struct kms_terminal *t,
                          const struct issue *i)
{
	enum suite suite = (enum suite)t->suite;
	size_t size = keywrap_field_size(suite);
	const uint8_t *const keys[] = { i->session.tak, i->session.tdk, i->session.tpk };
	uint8_t field[KEYWRAP_FIELD], *at = put_line_keys(c, i, 3 * size);

	for (size_t n = 0; at && n < ARRAY_LEN(keys); n++) {
		TRY(keywrap_field_make(suite, i->node.kwrap, keys[n], field));
		memcpy(at + n * size, field, size);
	}
	return OK;
}

static result keys(struct compute_call *c)
{
	struct kms_values items = kms_values_of(&c->in, KMS_TAG_DATA);
	struct bytes item;

	TRY(require_platform(c));
	while (kms_values_next(&items, &item)) {
		SCOPED(issue_wipe) struct issue i = { 0 };
		struct kms_terminal t;

		TRY(read_terminal(item, KMS_TERMINAL_ITEM, &t));
		if (t.suite == SUITE_UNIONPAY) {
			/* An old terminal's session after a restart: it has its keys already. */
			TRY(issue_of(c, &t, &i));
			put_line_keys(c, &i, 0);
			continue;
		}
		TRY(issue_of(c, &t, &i));
		TRY(put_wrapped(c, &t, &i));
	}
	return OK;
}

static result compat(struct compute_call *c)
{
	SCOPED(issue_wipe) struct issue i = { 0 };
	struct kms_terminal t;
	uint8_t f62[YTAP_COMPAT_KEYS], *at;

	TRY(require_platform(c));
	TRY(read_terminal(kms_bytes(&c->in, KMS_TAG_DATA), KMS_TERMINAL_ITEM, &t));
	TRY(issue_of(c, &t, &i));
	TRY(ytap_compat_wrap(i.node.kwrap, &i.session, f62));
	at = put_line_keys(c, &i, sizeof f62);
	if (at)
		memcpy(at, f62, sizeof f62);
	return OK;
}

static result psk(struct compute_call *c)
{
	SCOPED(ytap_node_keys_wipe) struct ytap_node_keys keys = { 0 };
	struct kms_terminal t;

	TRY(require_platform(c));
	TRY(read_terminal(kms_bytes(&c->in, KMS_TAG_DATA), KMS_TERMINAL_NODE, &t));
	TRY(node_keys(c, &t, PSK_SUITE, &keys));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(keys.psk, sizeof keys.psk));
	return OK;
}

/* --- days --- */

/* 0081: 000C business date 4 → 0005 bits 0 ‖ key day 4 ‖ sequence 1 */
static result day_status(struct compute_call *c)
{
	struct bizdate today = { kms_number(&c->in, KMS_TAG_TIME) };
	struct day_root day;

	TRY(require_platform(c));
	if (!bizdate_is_valid(today))
		return FAIL(KMS_FIELD_WRONG, "business date");
	TRY(terminal_keys_day(keys_of(c), today, &day));
	put_day(c->out, 0, &day);
	return OK;
}

/* --- PINs: out of their block and into a token, in here --- */

static result put_token(struct compute_call *c, size_t key, struct bytes digits)
{
	struct kdf_spec spec = { "YIKA-PIN", digits };
	uint8_t token[TOKEN_SIZE];
	struct working_key *k;

	TRY(compute_key(c, key, &k));
	TRY(working_key_kdf(k, &spec, token, sizeof token));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(token, sizeof token));
	secret_wipe_bytes(token, sizeof token);
	return OK;
}

static result pin_of_block(struct compute_call *c)
{
	SCOPED(ytap_session_keys_wipe) struct ytap_session_keys session = { 0 };
	SCOPED(pin_wipe) struct pin pin = { 0 };
	uint8_t digits[PIN_DIGITS_MAX];
	struct kms_terminal t;
	result r;

	TRY(require_platform(c));
	TRY(read_terminal(kms_bytes(&c->in, KMS_TAG_DATA), KMS_TERMINAL_ITEM, &t));
	TRY(session_keys(c, &t, &session));
	r = pin_open((enum suite)t.suite, session.tpk, kms_bytes(&c->in, KMS_TAG_IV),
	             kms_str(&c->in, KMS_TAG_PAN), &pin);
	if (!is_ok(r))
		return compute_note_wrong(c, bytes_of(t.node, sizeof t.node), 1);
	for (size_t i = 0; i < pin.len; i++)
		digits[i] = (uint8_t)('0' + pin.digits[i]);
	r = put_token(c, 0, bytes_of(digits, pin.len));
	secret_wipe_bytes(digits, sizeof digits);
	return r;
}

static result pin_of_digits(struct compute_call *c)
{
	struct bytes digits = kms_bytes(&c->in, KMS_TAG_IV);

	TRY(require_platform(c));
	if (!str_is_digits((struct str){ (const char *)digits.at, digits.len }))
		return FAIL(KMS_FIELD_WRONG, "digits");
	return put_token(c, 0, digits);
}

/* --- SAMs --- */

/* 0084: labels of roots | 000F transport key | 0010 'D' | 0004 node, repeated → 0005 block, 0006
 * check value, for each. The transport key must be one of TERM's own making: SITE.SAM.… */
static result sam_keys(struct compute_call *c)
{
	SCOPED(compute_target_close) struct compute_target target = { 0 };
	struct kms_values items = kms_values_of(&c->in, KMS_TAG_DATA);
	struct bytes item;

	TRY(require_platform(c));
	TRY(compute_target_open(c, &target));
	while (kms_values_next(&items, &item)) {
		SCOPED(compute_child_wipe)
		struct compute_child child = { .header = { .usage = "50",
			                                   .algorithm = 'A',
			                                   .mode = 'X',
			                                   .key_version = "01",
			                                   .exportability = 'E' },
			                       .len = SUITE_KEY_SIZE };
		struct kms_terminal t;

		TRY(read_terminal(item, KMS_TERMINAL_NODE, &t));
		TRY(tik_of(c, &t, child.value));
		TRY(compute_target_put(c, &target, &child, NULL, NULL));
	}
	return OK;
}

/* --- the table --- */

enum { LABEL = COMPUTE_LABEL_MAX };

static const struct kms_rule challenge_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_NODE, KMS_TERMINAL_NODE, 1, 1 },
	{ KMS_TAG_RANDOM, YTAP_CHALLENGE_SIZE, YTAP_CHALLENGE_SIZE, 2, 2 },
};
static const struct kms_rule proof_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_NODE, KMS_TERMINAL_NODE, 1, 1 },
	{ KMS_TAG_RANDOM, YTAP_CHALLENGE_SIZE, YTAP_CHALLENGE_SIZE, 2, 2 },
	{ KMS_TAG_IV, 0, KMS_TERMINAL_MACED_MAX, 1, 1 },
	{ KMS_TAG_PROOF, F64_SIZE, YTAP_CHALLENGE_SIZE, 2, 2 },
	{ KMS_TAG_TIME, 4, 4, 1, 1 },
};
static const struct kms_rule keys_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, COMPUTE_KEYS_MAX },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_ITEM, KMS_TERMINAL_ITEM, 1, KMS_TERMINAL_BATCH },
};
static const struct kms_rule compat_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_ITEM, KMS_TERMINAL_ITEM, 1, 1 },
};
static const struct kms_rule reply_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_NODE, KMS_TERMINAL_NODE, 1, 1 },
	{ KMS_TAG_IV, 1, KMS_TERMINAL_MACED_MAX, 1, 1 },
};
static const struct kms_rule day_rules[] = { { KMS_TAG_TIME, 4, 4, 1, 1 } };
static const struct kms_rule block_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_ITEM, KMS_TERMINAL_ITEM, 1, 1 },
	{ KMS_TAG_IV, PIN_BLOCK_FORMAT0, PIN_BLOCK_MAX, 1, 1 },
	{ KMS_TAG_PAN, 1, PIN_CARD_MAX, 1, 1 },
};
static const struct kms_rule digits_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_IV, PIN_DIGITS_MIN, PIN_DIGITS_MAX, 1, 1 },
};
static const struct kms_rule sam_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, COMPUTE_KEYS_MAX },
	{ KMS_TAG_KEK, 1, LABEL, 1, 1 },
	{ KMS_TAG_FORMAT, 1, 2, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_NODE, KMS_TERMINAL_NODE, 1, KMS_TERMINAL_BATCH },
};
static const struct kms_rule psk_rules[] = {
	{ KMS_TAG_LABEL, 1, LABEL, 1, 1 },
	{ KMS_TAG_DATA, KMS_TERMINAL_NODE, KMS_TERMINAL_NODE, 1, 1 },
};

#define TERMINAL_OP(code_, mode_, name_, rules_, work_)                                            \
	{                                                                                          \
		.code = (code_), .mode = (mode_), .name = (name_), .usages = "B3",                 \
		.deed = KEY_TO_PROCESS, COMPUTE_RULES(rules_), .work = (work_)                     \
	}

static const struct compute_op ops[] = {
	TERMINAL_OP(KMS_SIGN_IN, KMS_SIGN_IN_CHALLENGE, "sign-in", challenge_rules, challenge),
	{ .code = KMS_SIGN_IN,
	  .mode = KMS_SIGN_IN_PROOF,
	  .flags = COMPUTE_KEEP_WRONG,
	  .name = "sign-in",
	  .usages = "B3",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(proof_rules),
	  .work = proof },
	{ .code = KMS_SIGN_IN,
	  .mode = KMS_SIGN_IN_KEYS,
	  .item = KMS_TAG_DATA,
	  .name = "sign-in",
	  .usages = "B3",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(keys_rules),
	  .work = keys },
	TERMINAL_OP(KMS_SIGN_IN, KMS_SIGN_IN_COMPAT, "sign-in", compat_rules, compat),
	TERMINAL_OP(KMS_SIGN_IN, KMS_SIGN_IN_REPLY, "sign-in", reply_rules, reply),
	{ .code = KMS_DAY_STATUS,
	  .name = "day-status",
	  COMPUTE_RULES(day_rules),
	  .work = day_status },
	TERMINAL_OP(KMS_PIN_TOKEN, KMS_PIN_OF_BLOCK, "pin-token", block_rules, pin_of_block),
	TERMINAL_OP(KMS_PIN_TOKEN, KMS_PIN_OF_DIGITS, "pin-token", digits_rules, pin_of_digits),
	{ .code = KMS_SAM_KEYS,
	  .item = KMS_TAG_DATA,
	  .name = "sam-keys",
	  .usages = "B3",
	  .kek_usages = "K0",
	  .deed = KEY_TO_PROCESS,
	  .kek_deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(sam_rules),
	  .work = sam_keys },
	TERMINAL_OP(KMS_TERMINAL_PSK, 0, "terminal-psk", psk_rules, psk),
};

const struct compute_table compute_terminal_table = { ops, ARRAY_LEN(ops) };

/* --- the platform as a client --- */

static struct key_client platform = {
	.name = "platform",
	.ops = "hello ping random sign-in day-status pin-token sam-keys terminal-psk",
	.usages = "all",
	.labels = KMS_PLATFORM_LABELS,
	.rate = KEY_CLIENT_RATE_MAX,
	.burst = KEY_CLIENT_RATE_MAX,
	.state = KEY_CLIENT_ACTIVE,
};

result compute_platform_prepare(void)
{
	return key_client_prepare(&platform);
}

const struct key_client *compute_platform(void)
{
	return &platform;
}
