/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_replay.c — a fuzz target's main where no fuzzer drives it: runs every file of a corpus directory, then
 * seeded mutations of them.
 *
 *   NAME_fuzz CORPUS_DIR [MUTATIONS [SEED]]
 *
 * An input that crashes the target is written to crash-NAME in the working directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"

enum {
	INPUT_MAX         = 64 << 10,
	FILES_MAX         = 4096,
	MUTATIONS_DEFAULT = 20000,
	EDITS_MAX         = 8, /* of one mutation */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes corpus[FILES_MAX];
static size_t       corpus_count;
static uint8_t     *current; /* exactly as long as the input, so that a sanitizer sees any overrun */
static size_t       current_len;
static char         crash_file[256];

static void keep_input(int signo)
{
	int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0 && write(fd, current, current_len) == (ssize_t)current_len)
		close(fd);
	signal(signo, SIG_DFL);
	raise(signo);
}

static void run_one(const uint8_t *at, size_t len)
{
	current = malloc(len ? len : 1);
	ASSERT(current);
	if (len)
		memcpy(current, at, len);
	current_len = len;
	LLVMFuzzerTestOneInput(current, len);
	free(current);
	current = NULL;
	current_len = 0;
}

static bool load_file(const char *path)
{
	struct stat st;
	FILE       *f = fopen(path, "rb");
	uint8_t    *at;
	size_t      len = 0;

	if (!f)
		return false;
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= INPUT_MAX) {
		at = malloc((size_t)st.st_size + 1);
		ASSERT(at);
		len = fread(at, 1, (size_t)st.st_size, f);
		corpus[corpus_count++] = bytes_of(at, len);
	}
	fclose(f);
	return true;
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* In alphabetical order, so that a seed means the same everywhere. */
static bool load_corpus(const char *dir)
{
	struct dirent **names;
	int             count = scandir(dir, &names, is_visible, alphasort);
	char            path[4096];

	if (count < 0)
		return false;
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		if (corpus_count < FILES_MAX && !load_file(path))
			printf("# %s cannot be read\n", path);
		free(names[i]);
	}
	free(names);
	return corpus_count > 0;
}

static uint8_t odd_byte(struct random_seeded *r)
{
	static const uint8_t odd[] = { 0, 1, 0x7F, 0x80, 0xFF, '0', '9', ' ', '"', '\n', '{', '=', 0xC3 };

	return random_chance(r, 5000) ? odd[random_below(r, sizeof odd)] : (uint8_t)random_next(r);
}

static size_t insert(uint8_t *at, size_t len, size_t where, struct bytes piece)
{
	size_t more = piece.len < INPUT_MAX - len ? piece.len : INPUT_MAX - len;

	memmove(at + where + more, at + where, len - where);
	memcpy(at + where, piece.at, more);
	return len + more;
}

static size_t edit(struct random_seeded *r, uint8_t *at, size_t len)
{
	size_t       where = (size_t)random_below(r, len + 1), n;
	uint8_t      piece[64];
	struct bytes other;

	switch (random_below(r, len ? 6 : 1)) {
	case 0: /* new bytes */
		n = (size_t)random_below(r, 8) + 1;
		for (size_t i = 0; i < n; i++)
			piece[i] = odd_byte(r);
		return insert(at, len, where, bytes_of(piece, n));
	case 1: /* a piece of another file */
		other = corpus[random_below(r, corpus_count)];
		if (other.len == 0)
			return len;
		n = (size_t)random_below(r, other.len);
		return insert(at, len, where, bytes_of(other.at + n, (size_t)random_below(r, other.len - n) + 1));
	case 2: /* cut out */
		n = (size_t)random_below(r, len - where + 1);
		memmove(at + where, at + where + n, len - where - n);
		return len - n;
	case 3: /* cut off */
		return where;
	case 4: /* one bit */
		at[where % len] ^= (uint8_t)(1 << random_below(r, 8));
		return len;
	default: /* one byte */
		at[where % len] = odd_byte(r);
		return len;
	}
}

static void run_mutations(uint64_t count, uint64_t seed)
{
	static uint8_t       input[INPUT_MAX];
	struct random_seeded r;

	random_seeded_init(&r, seed);
	for (uint64_t i = 0; i < count; i++) {
		struct bytes from = corpus[random_below(&r, corpus_count)];
		uint64_t     edits = random_below(&r, EDITS_MAX) + 1;
		size_t       len = from.len;

		if (len)
			memcpy(input, from.at, len);
		for (uint64_t e = 0; e < edits; e++)
			len = edit(&r, input, len);
		run_one(input, len);
	}
}

int main(int argc, char **argv)
{
	uint64_t    mutations = argc > 2 ? strtoull(argv[2], NULL, 10) : MUTATIONS_DEFAULT;
	uint64_t    seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || !load_corpus(argv[1])) {
		printf("Bail out! no corpus in %s\n", argc < 2 ? "no directory" : argv[1]);
		return 99;
	}
	snprintf(crash_file, sizeof crash_file, "crash-%s", name);
	signal(SIGABRT, keep_input);
	signal(SIGSEGV, keep_input);
	for (size_t i = 0; i < corpus_count; i++)
		run_one(corpus[i].at, corpus[i].len);
	printf("ok 1 - %s stands %zu files of its corpus\n", name, corpus_count);
	run_mutations(mutations, seed);
	printf("ok 2 - %s stands %" PRIu64 " mutations of seed %" PRIu64 "\n1..2\n", name, mutations, seed);
	for (size_t i = 0; i < corpus_count; i++)
		free((void *)(uintptr_t)corpus[i].at);
	return 0;
}
