/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include "base/secret.h"

/* NIST SP 800-108r1 4.1; returns the length of the input of every step but for its counter. */
static size_t write_input(const struct kdf_spec *spec, size_t out_len, uint8_t input[KDF_INPUT_MAX])
{
	struct writer w = writer_of(input, KDF_INPUT_MAX);
	struct str label = str_of(spec->label);

	ASSERT(label.len <= KDF_LABEL_MAX && spec->context.len <= KDF_CONTEXT_MAX);
	ASSERT(out_len > 0 && out_len <= KDF_OUT_MAX);
	writer_u32(&w, 0);
	writer_str(&w, label);
	writer_u8(&w, 0);
	writer_put(&w, spec->context);
	writer_u32(&w, (uint32_t)(8 * out_len));
	ASSERT(!w.bad);
	return w.len;
}

result kdf_counter_prf(struct kdf_prf *prf, const struct kdf_spec *spec, uint8_t *out,
                       size_t out_len)
{
	uint8_t input[KDF_INPUT_MAX], block[MAC_FULL_SIZE];
	size_t len = write_input(spec, out_len, input);
	uint32_t step = 1;
	result r = OK;

	for (size_t at = 0; is_ok(r) && at < out_len; at += sizeof block, step++) {
		size_t now = out_len - at < sizeof block ? out_len - at : sizeof block;

		store_be32(input, step);
		r = prf->cmac(prf, bytes_of(input, len), block);
		if (is_ok(r))
			memcpy(out + at, block, now);
	}
	secret_wipe_bytes(block, sizeof block);
	if (!is_ok(r))
		secret_wipe_bytes(out, out_len);
	return r;
}

static result loaded_cmac(struct kdf_prf *self, struct bytes in, uint8_t out[MAC_FULL_SIZE])
{
	mac_once(((struct kdf_loaded *)self)->key, in, out);
	return OK;
}

struct kdf_loaded kdf_loaded(struct mac_key *k)
{
	ASSERT(k->kind == MAC_AES_CMAC || k->kind == MAC_SM4_CMAC);
	return (struct kdf_loaded){ { loaded_cmac }, k };
}

void kdf_counter_loaded(struct mac_key *k, const struct kdf_spec *spec, uint8_t *out,
                        size_t out_len)
{
	struct kdf_loaded loaded = kdf_loaded(k);

	ASSERT(is_ok(kdf_counter_prf(&loaded.prf, spec, out, out_len)));
}

result kdf_counter(enum mac_kind kind, struct bytes key, const struct kdf_spec *spec, uint8_t *out,
                   size_t out_len)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };

	TRY(mac_key_init(&k, kind, key));
	kdf_counter_loaded(&k, spec, out, out_len);
	return OK;
}
