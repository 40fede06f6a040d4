/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LMK slots of an SDF device (keys 3.4, choice 1): the working keys of an SM4 LMK in a file, which
 * only this device opens. KBEK and KBAK work by handles, in whichever session needs them. KWK has
 * no function of the standard to work with (RFC 5649) and lies in the file only. A file that does
 * not open here is another device's: its slot is empty, and the file stays as it is.
 */
#include "base/log.h"
#include "crypto/hmac.h"
#include "crypto/kcv.h"
#include "hsm/sdf_device.h"

/* --- a slot's keys in one session --- */

static void drop_keys(const struct sdf_session *s, struct sdf_keys *k)
{
	sdf_key_destroy(s, &k->kbek);
	sdf_key_destroy(s, &k->kbak);
	secret_wipe_bytes(k, sizeof *k);
}

static result bring_in(const struct sdf_session *s, const struct sdf_blob *b, struct sdf_keys *out)
{
	*out = (struct sdf_keys){ 0 };
	result r = sdf_key_import(s, b->envelopes[HSM_PART_KBEK], &out->kbek);
	if (is_ok(r))
		r = sdf_key_import(s, b->envelopes[HSM_PART_KBAK], &out->kbak);
	if (is_ok(r))
		r = sdf_key_subkeys(s, out->kbak, &out->subkeys);
	if (!is_ok(r))
		drop_keys(s, out);
	return r;
}

void sdf_lmk_forget(struct sdf_session *s, unsigned slot)
{
	drop_keys(s, &s->keys[slot]);
}

/* Those of a slot, brought in when the session has none yet. HSM_LMK_MISSING. */
static result keys_of(struct sdf_session *s, unsigned slot, const struct sdf_keys **out)
{
	const struct sdf_slot *there = &s->device->slots[slot];

	if (!there->whole)
		return FAIL(HSM_LMK_MISSING, "slot %02u", slot);
	if (!s->keys[slot].kbak)
		TRY(bring_in(s, &there->blob, &s->keys[slot]));
	*out = &s->keys[slot];
	return OK;
}

/* --- files --- */

/* KBAK makes MACs of blocks too; they begin with the digit of a version, never as this text does.
 */
static result mac_of(const struct sdf_session *s, const struct sdf_keys *k,
                     const struct sdf_blob *b, uint8_t out[16])
{
	char text[SDF_BLOB_TEXT + 1];

	sdf_blob_write(b, text);
	return sdf_key_cmac(s, k->kbak, &k->subkeys, bytes_of(text, SDF_BLOB_SIGNED), out);
}

/* AUK in the file: CBC of one block under KBEK; the file's MAC covers it. */
static result cipher_audit(const struct sdf_session *s, const struct sdf_keys *k, bool encrypt,
                           const uint8_t iv[16], const uint8_t in[SDF_KEY], uint8_t out[SDF_KEY])
{
	struct hsm_cipher_call call = { .mode = HSM_CBC,
		                        .encrypt = encrypt,
		                        .iv = iv,
		                        .in = bytes_of(in, SDF_KEY),
		                        .out = out };

	return sdf_key_cipher(s, k->kbek, &call);
}

static result check_keys(const struct sdf_session *s, const struct sdf_keys *k,
                         struct sdf_slot *slot)
{
	const struct sdf_blob *b = &slot->blob;
	uint8_t mac[16];

	TRY(mac_of(s, k, b, mac));
	if (!bytes_equal_secret(bytes_of(mac, sizeof mac), bytes_of(b->mac, sizeof b->mac)))
		return FAIL(KEYBLOCK_MAC, "the file was changed");
	return cipher_audit(s, k, false, b->audit, b->audit + SDF_KEY, slot->audit);
}

/* What a file says, as a slot that works; *slot is not whole when it does not. */
static result open_slot(const struct sdf_session *s, const struct sdf_blob *b,
                        struct sdf_slot *slot)
{
	struct sdf_keys keys = { 0 };

	*slot = (struct sdf_slot){ .blob = *b };
	if (memcmp(b->device, s->device->key_check, sizeof b->device) != 0)
		return FAIL(HSM_TOKEN, "for another device");
	result r = bring_in(s, b, &keys);
	if (is_ok(r))
		r = check_keys(s, &keys, slot);
	slot->whole = is_ok(r);
	drop_keys(s, &keys);
	return r;
}

static result load_slot(struct sdf_device *d, unsigned slot)
{
	struct sdf_slot *there = &d->slots[slot];
	struct sdf_blob blob;
	char why[LOG_VALUE_SIZE];

	secret_wipe_bytes(there, sizeof *there);
	if (!sdf_store_has(d->place, slot))
		return OK;
	result r = sdf_store_read(d->place, slot, &blob);
	if (is_ok(r))
		r = open_slot(&d->keeper, &blob, there);
	if (is_ok(r) || r.code == HSM_LOST)
		return r;
	secret_wipe_bytes(there, sizeof *there);
	LOG_WARNING("hsm.slot_absent", "slot=%02u code=%s text=%s", slot, result_name(r),
	            log_value(str_of(result_last()->text), why));
	return OK;
}

result sdf_lmk_load(struct sdf_device *d)
{
	for (unsigned slot = 0; slot < SDF_SLOTS; slot++)
		TRY(load_slot(d, slot));
	return OK;
}

/* --- installing and erasing, with `changing` held --- */

/* The parts that need the first two to be in the device already. */
static result fill_blob(const struct sdf_session *s, const struct sdf_keys *k,
                        const struct secret *audit, struct sdf_blob *b)
{
	TRY(sdf_random(s, b->audit, SDF_KEY));
	TRY(cipher_audit(s, k, true, b->audit, audit->at, b->audit + SDF_KEY));
	return mac_of(s, k, b, b->mac);
}

static result make_blob(const struct sdf_session *s, const struct secret parts[HSM_PARTS],
                        struct sdf_blob *b)
{
	struct sdf_keys keys = { 0 };

	memcpy(b->device, s->device->key_check, sizeof b->device);
	for (size_t i = 0; i < SDF_ENVELOPES; i++) {
		ASSERT(parts[i].len == SDF_KEY);
		TRY(sdf_key_seal(s, parts[i].at, b->envelopes[i]));
	}
	result r = bring_in(s, b, &keys);
	if (is_ok(r))
		r = fill_blob(s, &keys, &parts[HSM_PART_AUK], b);
	drop_keys(s, &keys);
	return r;
}

/* In all sessions. */
static void forget_slot(struct sdf_device *d, unsigned slot)
{
	for (struct sdf_session *s = d->sessions; s; s = s->next)
		sdf_lmk_forget(s, slot);
	secret_wipe_bytes(&d->slots[slot], sizeof d->slots[slot]);
}

/* The frame begins another generation when an LMK changes, or was to change: nobody asks for the
 * objects of this one again. */
static void end_objects(struct sdf_device *d)
{
	for (struct sdf_session *s = d->sessions; s; s = s->next)
		sdf_object_drop_all(s);
}

static result install(struct sdf_session *s, unsigned slot, const struct secret parts[HSM_PARTS],
                      const uint8_t check[HSM_PROOF])
{
	struct sdf_device *d = s->device;
	struct sdf_blob blob = { .slot = slot };
	struct sdf_slot made = { 0 };

	if (sdf_store_has(d->place, slot))
		return FAIL(HSM_EXISTS, "slot %02u has a file that does not open in this device",
		            slot);
	memcpy(blob.check, check, HSM_PROOF);
	TRY(make_blob(s, parts, &blob));
	result r = open_slot(s, &blob, &made); /* before anybody relies on it */
	if (is_ok(r))
		r = sdf_store_write(d->place, &blob);
	if (is_ok(r)) {
		forget_slot(d, slot);
		d->slots[slot] = made;
	}
	secret_wipe_bytes(&made, sizeof made);
	return r;
}

result sdf_lmk_install(void *session, unsigned slot, enum lmk_algorithm a,
                       const struct secret parts[HSM_PARTS], const uint8_t check[HSM_PROOF])
{
	struct sdf_session *s = session;

	ASSERT(a == LMK_SM4); /* no device of this kind says that it can hold another */
	SDF_CHANGING(s->device);
	end_objects(s->device);
	return install(s, slot, parts, check);
}

result sdf_lmk_erase(void *session, unsigned slot)
{
	struct sdf_session *s = session;

	SDF_CHANGING(s->device);
	end_objects(s->device);
	TRY(sdf_store_remove(s->device->place, slot));
	forget_slot(s->device, slot);
	return OK;
}

result sdf_lmk_find(void *session, unsigned slot, enum lmk_algorithm *a, uint8_t check[HSM_PROOF])
{
	struct sdf_device *d = ((struct sdf_session *)session)->device;

	SDF_WORKING(d);
	if (!d->slots[slot].whole)
		return FAIL(HSM_LMK_MISSING, "slot %02u", slot);
	*a = LMK_SM4;
	memcpy(check, d->slots[slot].blob.check, HSM_PROOF);
	return OK;
}

/* --- working --- */

static result require_slot(unsigned slot)
{
	return slot < HSM_SLOTS ? OK : FAIL(HSM_LMK_MISSING, "slot %02u", slot);
}

result sdf_lmk_mac(void *session, unsigned slot, struct bytes in, uint8_t out[16])
{
	struct sdf_session *s = session;
	const struct sdf_keys *k = NULL;

	TRY(require_slot(slot));
	SDF_WORKING(s->device);
	TRY(keys_of(s, slot, &k));
	return sdf_key_cmac(s, k->kbak, &k->subkeys, in, out);
}

result sdf_lmk_cbc(void *session, unsigned slot, bool encrypt, const uint8_t iv[16],
                   struct bytes in, uint8_t *out)
{
	struct hsm_cipher_call call = {
		.mode = HSM_CBC, .encrypt = encrypt, .iv = iv, .in = in, .out = out
	};
	struct sdf_session *s = session;
	const struct sdf_keys *k = NULL;

	TRY(require_slot(slot));
	SDF_WORKING(s->device);
	TRY(keys_of(s, slot, &k));
	return sdf_key_cipher(s, k->kbek, &call);
}

static result link_under(struct sdf_device *d, unsigned slot, struct bytes in, uint8_t out[32])
{
	SDF_WORKING(d);
	if (!d->slots[slot].whole)
		return FAIL(HSM_LMK_MISSING, "slot %02u", slot);
	return hmac_once(HMAC_SM3, bytes_of(d->slots[slot].audit, SDF_KEY), in, out);
}

result sdf_lmk_hmac(void *session, unsigned slot, struct bytes in, uint8_t out[32])
{
	TRY(require_slot(slot));
	return link_under(((struct sdf_session *)session)->device, slot, in, out);
}

/* --- the device's own key: a slot whose keys are of no LMK --- */

static result random_parts(const struct sdf_session *s, struct secret parts[HSM_PARTS],
                           uint8_t check[HSM_PROOF])
{
	struct kcv kcv;

	for (size_t i = 0; i < HSM_PARTS; i++) {
		parts[i].len = SDF_KEY;
		TRY(sdf_random(s, parts[i].at, SDF_KEY));
	}
	TRY(kcv_of_secret('4', KCV_CMAC, bytes_of(parts[HSM_PART_KBAK].at, SDF_KEY), &kcv));
	memcpy(check, kcv.at, HSM_PROOF);
	return OK;
}

static result make_local(struct sdf_session *s)
{
	struct secret parts[HSM_PARTS] = { 0 };
	uint8_t check[HSM_PROOF];

	SDF_CHANGING(s->device);
	if (s->device->slots[SDF_LOCAL].whole)
		return OK; /* another session was quicker */
	result r = random_parts(s, parts, check);
	if (is_ok(r))
		r = install(s, SDF_LOCAL, parts, check);
	secret_wipe_bytes(parts, sizeof parts);
	return r.code == HSM_EXISTS ? FAIL(HSM_CALL, "the local key is another device's") : r;
}

result sdf_local_hmac(void *session, struct bytes in, uint8_t out[32])
{
	struct sdf_session *s = session;
	result r = link_under(s->device, SDF_LOCAL, in, out);

	if (r.code != HSM_LMK_MISSING)
		return r;
	if (!(s->device->capabilities & HSM_CAN_LMK_SM4))
		return FAIL(HSM_UNSUPPORTED, "a key of the device alone");
	TRY(make_local(s));
	return link_under(s->device, SDF_LOCAL, in, out);
}
