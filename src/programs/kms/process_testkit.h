/* SPDX-License-Identifier: Apache-2.0 */
/* process_testkit.h — for tests: a key manager as a process of its own, in a directory of its own,
 * started, killed and started again; officers reach it over its socket, the test drives its clock.
 */
#pragma once

#include <sys/types.h>

#include "domain/keys/key_act.h"
#include "programs/clock_file.h"
#include "programs/kms/kms_home.h"
#include "service/kms/kms_testkit.h"

enum { PROCESS_READY_MS = 20000 };

struct process_kit {
	char dir[KMS_PATH_MAX], log[KMS_PATH_MAX + 8];
	struct kms_home home;
	struct clock_file clock;
	_Atomic int64_t *time; /* what the process takes for the time */
	struct kms_kit kit;    /* officers */
	pid_t pid;             /* 0: it does not run */
	int64_t ready_us;      /* how long the last start took */
	const char *cwd;       /* where it runs, with core files allowed; NULL: here */
};

/* A new directory with the keys that everybody knows; nothing runs. */
bool process_kit_open(struct process_kit *p);
/* The same with a store elsewhere: a DSN. */
bool process_kit_open_with(struct process_kit *p, const char *store);
/* The same over a directory that is there; `now`: where its clock begins. */
bool process_kit_at(struct process_kit *p, const char *dir, struct instant now);
/* In a child, before the program: output to `log`; cwd not NULL: go there, allow core files, leave
 * signals to the kernel. */
void process_kit_child(const char *log, const char *cwd);
/* Whole path of a program of the build; static storage, until the next call. */
const char *process_kit_program(const char *name);
void process_kit_close(struct process_kit *p); /* for SCOPED; ends what runs */
/* The first officer enters, and brings the others in. */
void process_kit_officers(struct process_kit *p);

void process_kit_start(struct process_kit *p);
/* Wait until it answers; false: it ended, or took too long. */
bool process_kit_is_ready(struct process_kit *p);
/* Send it a signal and wait: exit status, or -signal. Officers' sessions are gone. */
int process_kit_end(struct process_kit *p, int signal_no);
/* Nothing in its log of all lives says that it broke a promise. */
bool process_kit_is_sound(const struct process_kit *p);

/* --- its store and token, while it does not run --- */

struct process_look {
	struct db *db;
	struct hsm_address addresses[KMS_DEVICES_MAX];
	struct hsm_device *device;
	struct hsm_session *session;
	struct master_ring ring;
	struct hsm_random random;
	struct key_act act; /* of a transaction that is open */
};

/* With a transaction; writing: it has its turn. */
bool process_look_open(struct process_look *l, const struct process_kit *p, bool writing);
void process_look_commit(struct process_look *l);
void process_look_close(struct process_look *l); /* for SCOPED; takes back what is open */
