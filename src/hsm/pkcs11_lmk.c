/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LMK slots in a token (keys 3.3): objects OC-LMKnn-E, -M, -W, -A, never readable, never to leave.
 * Work is done with copies that live as long as the login: SoftHSM looks at an object's file at
 * each use, which halves its speed.
 */
#include <stdio.h>

#include "hsm/pkcs11_device.h"

enum { FOUND_MAX = 2, HMAC_SIZE = 32 };

static const char local_label[] = "OC-LOCAL-A";

/* What one part is for. */
static const struct {
	char letter;
	CK_KEY_TYPE type; /* HMAC wants a generic secret */
	CK_ATTRIBUTE_TYPE uses[2];
} parts_table[HSM_PARTS] = {
	[HSM_PART_KBEK] = { 'E', CKK_AES, { CKA_ENCRYPT, CKA_DECRYPT } },
	[HSM_PART_KBAK] = { 'M', CKK_AES, { CKA_SIGN, CKA_VERIFY } },
	[HSM_PART_KWK] = { 'W', CKK_AES, { CKA_WRAP, CKA_UNWRAP } },
	[HSM_PART_AUK] = { 'A', CKK_GENERIC_SECRET, { CKA_SIGN, CKA_SIGN } },
};

static const CK_ATTRIBUTE_TYPE all_uses[] = { CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN,  CKA_VERIFY,
	                                      CKA_WRAP,    CKA_UNWRAP,  CKA_DERIVE };

static void label_of(unsigned slot, enum hsm_part part, char out[PKCS11_LABEL_MAX])
{
	snprintf(out, PKCS11_LABEL_MAX, "OC-LMK%02u-%c", slot % 100, parts_table[part].letter);
}

static void put_uses(struct pkcs11_template *t, enum hsm_part part)
{
	for (size_t i = 0; i < ARRAY_LEN(all_uses); i++)
		pkcs11_template_bool(t, all_uses[i],
		                     all_uses[i] == parts_table[part].uses[0] ||
		                             all_uses[i] == parts_table[part].uses[1]);
}

/* --- looking up --- */

/* Objects of that label: at most FOUND_MAX of them. on_token: not the copies. */
static result search(const struct pkcs11_device *d, CK_SESSION_HANDLE session, char *label,
                     CK_OBJECT_HANDLE found[FOUND_MAX], CK_ULONG *count)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE like[] = { { CKA_LABEL, label, strlen(label) },
		                { CKA_TOKEN, &yes, sizeof yes } };

	TRY(pkcs11_result(d->call->C_FindObjectsInit(session, like, ARRAY_LEN(like)),
	                  "C_FindObjectsInit"));
	CK_RV rv = d->call->C_FindObjects(session, found, FOUND_MAX, count);
	CK_RV end = d->call->C_FindObjectsFinal(session);
	TRY(pkcs11_result(rv, "C_FindObjects"));
	return pkcs11_result(end, "C_FindObjectsFinal");
}

static result copy(const struct pkcs11_device *d, CK_OBJECT_HANDLE from, CK_OBJECT_HANDLE *out)
{
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE change[] = { { CKA_TOKEN, &no, sizeof no } };
	CK_RV rv = d->call->C_CopyObject(d->keeper, from, change, ARRAY_LEN(change), out);

	if (rv != CKR_OK)
		*out = from; /* SoftHSM copies nothing that is not modifiable */
	return OK;
}

static result load_slot(struct pkcs11_device *d, unsigned slot)
{
	struct pkcs11_slot s = { .whole = true };
	CK_OBJECT_HANDLE found[FOUND_MAX];
	char label[PKCS11_LABEL_MAX];
	CK_ULONG count;

	for (enum hsm_part part = 0; part < HSM_PARTS; part++) {
		label_of(slot, part, label);
		TRY(search(d, d->keeper, label, found, &count));
		if (count > 1)
			return FAIL(HSM_KEY_AMBIGUOUS, "%s", label);
		if (count == 0) {
			s.whole = false;
			continue;
		}
		CK_ATTRIBUTE id = { CKA_ID, s.check, sizeof s.check };
		TRY(pkcs11_result(d->call->C_GetAttributeValue(d->keeper, found[0], &id, 1),
		                  "C_GetAttributeValue"));
		TRY(copy(d, found[0], &s.parts[part]));
	}
	d->slots[slot] = s.whole ? s : (struct pkcs11_slot){ 0 };
	return OK;
}

result pkcs11_lmk_load(struct pkcs11_device *d)
{
	for (unsigned slot = 0; slot < HSM_SLOTS; slot++)
		TRY(load_slot(d, slot));
	return OK;
}

result pkcs11_lmk_check(struct pkcs11_device *d)
{
	CK_OBJECT_HANDLE found[FOUND_MAX];
	char label[PKCS11_LABEL_MAX];
	CK_ULONG count;

	result r = OK;

	pthread_mutex_lock(&d->making);
	for (unsigned slot = 0; is_ok(r) && slot < HSM_SLOTS; slot++) {
		if (!d->slots[slot].whole)
			continue;
		label_of(slot, HSM_PART_KBEK, label);
		if (!is_ok(search(d, d->keeper, label, found, &count)) || count != 1)
			r = FAIL(HSM_LOST, "%s is not in the token any more", label);
	}
	pthread_mutex_unlock(&d->making);
	return r;
}

result pkcs11_lmk_part(const struct pkcs11_device *d, unsigned slot, enum hsm_part part,
                       CK_OBJECT_HANDLE *out)
{
	if (slot >= HSM_SLOTS || !d->slots[slot].whole)
		return FAIL(HSM_LMK_MISSING, "slot %02u", slot);
	*out = d->slots[slot].parts[part];
	return OK;
}

result pkcs11_lmk_find(void *session, unsigned slot, enum lmk_algorithm *a,
                       uint8_t check[HSM_PROOF])
{
	const struct pkcs11_device *d = ((struct pkcs11_session *)session)->device;

	if (!d->slots[slot].whole)
		return FAIL(HSM_LMK_MISSING, "slot %02u", slot);
	*a = LMK_AES;
	memcpy(check, d->slots[slot].check, HSM_PROOF);
	return OK;
}

/* --- bringing in --- */

static result install_part(struct pkcs11_device *d, unsigned slot, enum hsm_part part,
                           const struct secret *key, const uint8_t check[HSM_PROOF])
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE keep[] = { { CKA_TOKEN, &yes, sizeof yes },
		                { CKA_MODIFIABLE, &no, sizeof no } };
	char label[PKCS11_LABEL_MAX];
	uint8_t id[HSM_PROOF];
	CK_OBJECT_HANDLE passing, kept;
	struct pkcs11_template template;

	memcpy(id, check, sizeof id);
	label_of(slot, part, label);
	pkcs11_template_begin(&template, CKO_SECRET_KEY, parts_table[part].type, false);
	pkcs11_template_bool(&template, CKA_EXTRACTABLE, false);
	put_uses(&template, part);
	pkcs11_template_put(&template, CKA_LABEL, label, strlen(label));
	pkcs11_template_put(&template, CKA_ID, id, sizeof id);
	/* Not modifiable, which SoftHSM takes when it copies, not when it unwraps. */
	TRY(pkcs11_bring_in(d, key, &template, &passing));
	CK_RV rv = d->call->C_CopyObject(d->keeper, passing, keep, ARRAY_LEN(keep), &kept);
	d->call->C_DestroyObject(d->keeper, passing);
	return pkcs11_result(rv, "C_CopyObject");
}

result pkcs11_lmk_install(void *session, unsigned slot, enum lmk_algorithm a,
                          const struct secret parts[HSM_PARTS], const uint8_t check[HSM_PROOF])
{
	struct pkcs11_session *s = session;
	result r = OK;

	ASSERT(a == LMK_AES);                 /* no token says that it can hold another */
	TRY(pkcs11_lmk_erase(session, slot)); /* parts of an installation that was cut short */
	pthread_mutex_lock(&s->device->making);
	for (enum hsm_part part = 0; is_ok(r) && part < HSM_PARTS; part++)
		r = install_part(s->device, slot, part, &parts[part], check);
	if (is_ok(r))
		r = load_slot(s->device, slot);
	pthread_mutex_unlock(&s->device->making);
	return r;
}

result pkcs11_lmk_erase(void *session, unsigned slot)
{
	struct pkcs11_session *s = session;
	struct pkcs11_device *d = s->device;
	CK_OBJECT_HANDLE found[FOUND_MAX];
	char label[PKCS11_LABEL_MAX];
	CK_ULONG count;

	for (enum hsm_part part = 0; part < HSM_PARTS; part++) {
		label_of(slot, part, label);
		TRY(search(d, s->at, label, found, &count));
		for (CK_ULONG i = 0; i < count; i++)
			TRY(pkcs11_result(d->call->C_DestroyObject(s->at, found[i]),
			                  "C_DestroyObject"));
		if (d->slots[slot].parts[part])
			d->call->C_DestroyObject(s->at, d->slots[slot].parts[part]); /* the copy */
	}
	d->slots[slot] = (struct pkcs11_slot){ 0 };
	return OK;
}

/* --- working --- */

result pkcs11_lmk_mac(void *session, unsigned slot, struct bytes in, uint8_t out[16])
{
	CK_MECHANISM how = { CKM_AES_CMAC, NULL, 0 };
	struct pkcs11_session *s = session;
	CK_OBJECT_HANDLE key;

	TRY(pkcs11_lmk_part(s->device, slot, HSM_PART_KBAK, &key));
	return pkcs11_run_sign(s, &how, key, in, out, 16);
}

result pkcs11_lmk_cbc(void *session, unsigned slot, bool encrypt, const uint8_t iv[16],
                      struct bytes in, uint8_t *out)
{
	uint8_t first[16];
	CK_MECHANISM how = { CKM_AES_CBC, first, sizeof first };
	struct pkcs11_session *s = session;
	CK_OBJECT_HANDLE key;

	memcpy(first, iv, sizeof first);
	TRY(pkcs11_lmk_part(s->device, slot, HSM_PART_KBEK, &key));
	return pkcs11_run_cipher(s, &how, key, encrypt, in, out);
}

result pkcs11_lmk_hmac(void *session, unsigned slot, struct bytes in, uint8_t out[32])
{
	CK_MECHANISM how = { CKM_SHA256_HMAC, NULL, 0 };
	struct pkcs11_session *s = session;
	CK_OBJECT_HANDLE key;

	TRY(pkcs11_lmk_part(s->device, slot, HSM_PART_AUK, &key));
	return pkcs11_run_sign(s, &how, key, in, out, HMAC_SIZE);
}

static result make_local(struct pkcs11_session *s, CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM how = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	char label[sizeof local_label];
	CK_ULONG len = HSM_LOCAL_MAX;
	struct pkcs11_template t;

	memcpy(label, local_label, sizeof label);
	pkcs11_template_begin(&t, CKO_SECRET_KEY, CKK_GENERIC_SECRET, true);
	pkcs11_template_bool(&t, CKA_EXTRACTABLE, false);
	put_uses(&t, HSM_PART_AUK);
	pkcs11_template_put(&t, CKA_LABEL, label, strlen(label));
	pkcs11_template_put(&t, CKA_VALUE_LEN, &len, sizeof len);
	return pkcs11_result(s->device->call->C_GenerateKey(s->at, &how, t.at, t.count, out),
	                     "C_GenerateKey");
}

result pkcs11_local_hmac(void *session, struct bytes in, uint8_t out[32])
{
	CK_MECHANISM how = { CKM_SHA256_HMAC, NULL, 0 };
	struct pkcs11_session *s = session;
	CK_OBJECT_HANDLE found[FOUND_MAX];
	char label[sizeof local_label];
	CK_ULONG count;

	memcpy(label, local_label, sizeof label);
	pthread_mutex_lock(&s->device->making);
	result r = search(s->device, s->at, label, found, &count);
	if (is_ok(r) && count == 0)
		r = make_local(s, &found[0]);
	pthread_mutex_unlock(&s->device->making);
	TRY(r);
	return count > 1 ? FAIL(HSM_KEY_AMBIGUOUS, "%s", label)
	                 : pkcs11_run_sign(s, &how, found[0], in, out, HMAC_SIZE);
}
