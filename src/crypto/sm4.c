/* SPDX-License-Identifier: Apache-2.0 */
/* Which message is worked on in which lane. */
#include "crypto/sm4.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/secret.h"
#include "crypto/sm4_kernel.h"

enum { GROUPS = SM4_LANES / SM4_GROUP };

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static bool is_there, forced;

static void ask_processor(void)
{
	is_there = sm4_kernel_is_there();
}

bool sm4_is_fast(void)
{
	pthread_once(&asked, ask_processor);
	return is_there && !forced;
}

void sm4_force_portable(bool on)
{
	forced = on;
}

struct sm4_key *sm4_key_open(const uint8_t key[16])
{
	struct sm4_key *k = aligned_alloc(64, sizeof *k);

	if (k)
		sm4_kernel_expand(key, k->round);
	return k;
}

void sm4_key_close(struct sm4_key **k)
{
	if (*k)
		secret_wipe_bytes(*k, sizeof **k);
	free(*k);
	*k = NULL;
}

/* --- lanes --- */

/* A chain, or a part of a stream. */
struct lane {
	struct sm4_job *job; /* NULL: idle */
	const uint8_t *from; /* chain: the next block */
	size_t blocks;       /* chain: left of this run; stream: of this part */
	size_t run;
	uint64_t high, low; /* stream: the next counter */
	uint8_t *to;
	size_t left; /* stream: bytes of this part */
};

struct lanes {
	struct sm4_group groups[GROUPS];
	struct lane lane[SM4_LANES];
	struct sm4_job *jobs; /* not begun */
	size_t count;
	size_t begun; /* blocks of the first one's stream that are given out */
	size_t part;  /* blocks of a stream for one lane */
	size_t top;   /* lanes in use are below */
};

static size_t chain_blocks(const struct sm4_job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < SM4_RUNS; i++)
		n += j->runs[i].len / SM4_BLOCK;
	return n;
}

static size_t stream_blocks(const struct sm4_job *j)
{
	return (j->len + SM4_BLOCK - 1) / SM4_BLOCK;
}

/* Streams are cut so that all lanes end together: a chain cannot be. */
static size_t part_size(const struct sm4_job *jobs, size_t count)
{
	size_t all = 0, longest = 0, even;

	for (size_t i = 0; i < count; i++) {
		size_t n = jobs[i].stream ? stream_blocks(&jobs[i]) : chain_blocks(&jobs[i]);

		all += n;
		if (!jobs[i].stream && n > longest)
			longest = n;
	}
	even = (all + SM4_LANES - 1) / SM4_LANES;
	return even > longest ? even : longest;
}

static uint8_t *block_of(struct lanes *l, size_t at)
{
	return l->groups[at / SM4_GROUP].block[at % SM4_GROUP];
}

/* The next run of a chain that has any; false when it is done. */
static bool next_run(struct lane *lane)
{
	for (; lane->run < SM4_RUNS; lane->run++) {
		struct bytes run = lane->job->runs[lane->run];

		if (run.len == 0)
			continue;
		lane->from = run.at;
		lane->blocks = run.len / SM4_BLOCK;
		lane->run++;
		return true;
	}
	return false;
}

static bool begin_chain(struct lanes *l, size_t at, struct sm4_job *job)
{
	struct lane *lane = &l->lane[at];

	*lane = (struct lane){ .job = job };
	if (!next_run(lane)) {
		lane->job = NULL;
		return false;
	}
	memcpy(block_of(l, at), job->block, SM4_BLOCK);
	return true;
}

/* `from`: the first block of the part. */
static void begin_stream(struct lanes *l, size_t at, struct sm4_job *job, size_t from)
{
	size_t left = job->len - from * SM4_BLOCK, most = l->part * SM4_BLOCK;
	uint64_t low = load_be64(job->block + 8);

	l->lane[at] = (struct lane){
		.job = job,
		.low = low + from,
		.high = load_be64(job->block) + (low + from < low),
		.to = job->stream + from * SM4_BLOCK,
		.left = left < most ? left : most,
	};
}

/* Give an idle lane something to do, but for the key; false when nothing is left. */
static bool fill(struct lanes *l, size_t at)
{
	l->lane[at].job = NULL;
	while (l->count) {
		struct sm4_job *job = l->jobs;
		size_t from = l->begun;

		l->begun += l->part;
		if (!job->stream || l->begun >= stream_blocks(job)) {
			l->jobs++;
			l->count--;
			l->begun = 0;
		}
		if (job->stream && job->len > 0)
			begin_stream(l, at, job, from);
		else if (job->stream || !begin_chain(l, at, job))
			continue;
		return true;
	}
	return false;
}

/* One lane goes on with another key. */
static void refill(struct lanes *l, size_t at)
{
	struct sm4_group *g = &l->groups[at / SM4_GROUP];

	if (!fill(l, at))
		return;
	for (size_t i = 0; i < SM4_ROUNDS; i++)
		g->round[i][at % SM4_GROUP] = l->lane[at].job->key->round[i];
}

/* All lanes begin; idle ones reckon with somebody's key, for nothing. */
static void fill_all(struct lanes *l)
{
	for (l->top = 0; l->top < SM4_LANES; l->top++)
		if (!fill(l, l->top))
			break;
	for (size_t first = 0; first < l->top; first += SM4_GROUP) {
		const uint32_t *keys[SM4_GROUP];

		for (size_t i = 0; i < SM4_GROUP; i++) {
			size_t at = first + i < l->top ? first + i : first;

			keys[i] = l->lane[at].job->key->round;
		}
		sm4_kernel_load_keys(&l->groups[first / SM4_GROUP], keys);
	}
}

static void xor_block(uint8_t *to, const uint8_t *with)
{
	uint64_t a[2], b[2];

	memcpy(a, to, sizeof a);
	memcpy(b, with, sizeof b);
	a[0] ^= b[0];
	a[1] ^= b[1];
	memcpy(to, a, sizeof a);
}

/* What is to be encrypted next. */
static void feed(struct lanes *l, size_t at)
{
	struct lane *lane = &l->lane[at];
	uint8_t *block = block_of(l, at);

	if (!lane->to) {
		xor_block(block, lane->from);
		lane->from += SM4_BLOCK;
		return;
	}
	store_be64(block, lane->high);
	store_be64(block + 8, lane->low);
	lane->low++;
	lane->high += lane->low == 0;
}

/* Take the encrypted block; false when the lane is done. */
static bool drain(struct lanes *l, size_t at)
{
	struct lane *lane = &l->lane[at];
	const uint8_t *block = block_of(l, at);

	if (!lane->to) {
		if (--lane->blocks > 0 || next_run(lane))
			return true;
		memcpy(lane->job->block, block, SM4_BLOCK);
		return false;
	}
	if (lane->left >= SM4_BLOCK) {
		xor_block(lane->to, block);
		lane->to += SM4_BLOCK;
		lane->left -= SM4_BLOCK;
		return lane->left > 0;
	}
	for (size_t i = 0; i < lane->left; i++)
		lane->to[i] ^= block[i];
	return false;
}

static void lower_top(struct lanes *l)
{
	while (l->top && !l->lane[l->top - 1].job)
		l->top--;
}

static void step(struct lanes *l)
{
	for (size_t i = 0; i < l->top; i++)
		if (l->lane[i].job)
			feed(l, i);
	sm4_kernel_encrypt(l->groups, (l->top + SM4_GROUP - 1) / SM4_GROUP);
	for (size_t i = 0; i < l->top; i++)
		if (l->lane[i].job && !drain(l, i))
			refill(l, i);
	lower_top(l);
}

void sm4_run(struct sm4_job *jobs, size_t count)
{
	struct lanes l;
	size_t used;

	l.jobs = jobs;
	l.count = count;
	l.begun = 0;
	l.part = part_size(jobs, count);
	fill_all(&l);
	used = (l.top + SM4_GROUP - 1) / SM4_GROUP;
	while (l.top)
		step(&l);
	secret_wipe_bytes(l.groups, used * sizeof l.groups[0]);
}
