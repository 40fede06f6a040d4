/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sm4_cmac.h"

/* RFC 4493 2.4: the last block, padded when it is short, under its subkey. */
static void make_last(struct sm4_cmac *c, const struct mac_key *key, struct bytes rest)
{
	const uint8_t *sub = rest.len == SM4_BLOCK ? key->k1 : key->k2;

	memset(c->last, 0, sizeof c->last);
	if (rest.len)
		memcpy(c->last, rest.at, rest.len);
	if (rest.len < SM4_BLOCK)
		c->last[rest.len] = 0x80;
	for (size_t i = 0; i < sizeof c->last; i++)
		c->last[i] ^= sub[i];
}

/* The bytes before the last block. */
static size_t before_last(size_t len)
{
	return len ? (len - 1) / SM4_BLOCK * SM4_BLOCK : 0;
}

void sm4_cmac_job(struct sm4_cmac *c, const struct mac_key *key, struct bytes lead,
                  struct bytes data, struct sm4_job *out)
{
	/* Filled up to whole blocks from the data, so that the rest is chained where it stands. */
	size_t room = (lead.len + SM4_BLOCK - 1) / SM4_BLOCK * SM4_BLOCK - lead.len;
	size_t taken = data.len < room ? data.len : room, whole;

	ASSERT(lead.len < SM4_CMAC_LEAD);
	if (lead.len)
		memcpy(c->lead, lead.at, lead.len);
	if (taken)
		memcpy(c->lead + lead.len, data.at, taken);
	lead = bytes_of(c->lead, lead.len + taken);
	data = bytes_of(data.at + taken, data.len - taken);
	*out = (struct sm4_job){ .key = key->sm4 };
	if (data.len == 0) {
		whole = before_last(lead.len);
		make_last(c, key, bytes_of(lead.at + whole, lead.len - whole));
		lead.len = whole;
	} else {
		whole = before_last(data.len);
		make_last(c, key, bytes_of(data.at + whole, data.len - whole));
		data.len = whole;
	}
	out->runs[0] = lead;
	out->runs[1] = data;
	out->runs[2] = bytes_of(c->last, sizeof c->last);
}
