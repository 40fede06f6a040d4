/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/mac.h"

#include "base/secret.h"
#include "crypto/sm4_cmac.h"

enum { MAC_MANY = 32 }; /* messages side by side */

/* SM4-CMACs, side by side. */
struct many {
	size_t count;
	struct mac_item *item[MAC_MANY];
	struct sm4_cmac cmac[MAC_MANY];
	struct sm4_job jobs[MAC_MANY];
};

static void finish_many(struct many *m)
{
	if (m->count == 0)
		return;
	sm4_run(m->jobs, m->count);
	for (size_t i = 0; i < m->count; i++)
		memcpy(m->item[i]->full, m->jobs[i].block, sizeof m->item[i]->full);
	secret_wipe_bytes(m->cmac, m->count * sizeof m->cmac[0]); /* subkeys can be seen in it */
	m->count = 0;
}

void mac_many(struct mac_item *items, size_t count)
{
	struct many m;

	m.count = 0;
	for (size_t i = 0; i < count; i++) {
		struct mac_item *item = &items[i];

		if (!item->key->sm4) {
			mac_once(item->key, item->data, item->full);
			continue;
		}
		m.item[m.count] = item;
		sm4_cmac_job(&m.cmac[m.count], item->key, bytes_of(NULL, 0), item->data,
		             &m.jobs[m.count]);
		if (++m.count == MAC_MANY)
			finish_many(&m);
	}
	finish_many(&m);
}
