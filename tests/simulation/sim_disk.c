/* SPDX-License-Identifier: Apache-2.0 */
/* A till's medium: appends are lost at a power cut unless synced; the power may go at every step.
 */
#include <stdlib.h>

#include "simulation/sim.h"

static struct sim_disk *disk_of(struct pos_disk *d)
{
	return (struct sim_disk *)(void *)d;
}

/* The power goes here: the caller sees a fault and never goes on. */
static result maybe_crash(struct sim_disk *d)
{
	if (sim_chance(d->sim, d->sim->rates.crash_x100))
		return FAIL(FILE_WRITE, "power cut");
	return OK;
}

static void require_room(struct sim_disk *d, size_t len)
{
	if (d->len + len <= d->size)
		return;
	d->size = 2 * d->size + len + 4096;
	d->at = realloc(d->at, d->size);
	ASSERT(d->at);
}

static result disk_append(struct pos_disk *disk, struct bytes b)
{
	struct sim_disk *d = disk_of(disk);

	TRY(maybe_crash(d));
	require_room(d, b.len);
	memcpy(d->at + d->len, b.at, b.len);
	d->len += b.len;
	return maybe_crash(d);
}

static result disk_sync(struct pos_disk *disk)
{
	struct sim_disk *d = disk_of(disk);

	d->synced = d->len;
	return maybe_crash(d);
}

static result disk_read(struct pos_disk *disk, uint64_t offset, void *out, size_t size, size_t *got)
{
	struct sim_disk *d = disk_of(disk);
	size_t left = offset < d->len ? d->len - (size_t)offset : 0;

	*got = size < left ? size : left;
	if (*got > 0)
		memcpy(out, d->at + offset, *got);
	return OK;
}

static result disk_truncate(struct pos_disk *disk, uint64_t size)
{
	struct sim_disk *d = disk_of(disk);

	d->len = d->synced = (size_t)size;
	return OK;
}

static result disk_replace(struct pos_disk *disk, struct bytes b)
{
	struct sim_disk *d = disk_of(disk);

	TRY(maybe_crash(d));
	d->len = 0;
	require_room(d, b.len);
	memcpy(d->at, b.at, b.len);
	d->len = d->synced = b.len;
	return maybe_crash(d);
}

void sim_disk_init(struct sim_disk *d, struct sim *s, unsigned till)
{
	*d = (struct sim_disk){
		.disk = { disk_append, disk_sync, disk_read, disk_truncate, disk_replace },
		.sim = s,
		.till = till,
	};
}

void sim_disk_power_off(struct sim_disk *d)
{
	size_t loose = d->len - d->synced;

	d->len = d->synced + (size_t)random_below(&d->sim->random, loose + 1);
	d->synced = d->len;
}
