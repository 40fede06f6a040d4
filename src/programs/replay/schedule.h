/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.h — in which order a replay may do its rows: those of one card one after the other,
 * those of one terminal one after the other, all else side by side. Pure.
 */
#pragma once

#include "programs/replay/data.h"

enum { SCHEDULE_NONE = UINT32_MAX };

enum replay_mode { REPLAY_ONLINE, REPLAY_UPLOAD };

/* One row in its place. */
struct schedule_op {
	const struct replay_row *row;
	uint64_t tsn; /* 0 for card events */
	uint32_t next_of_card, next_of_terminal;
	uint16_t terminal; /* index into replay_data.terminals */
	uint8_t waits;     /* how many of its predecessors are not done */
	bool claimed;      /* done together with the one before it */
	bool done;
};

struct schedule {
	struct schedule_op *ops;
	uint32_t count;
	uint32_t low;    /* everything before it is done */
	uint32_t done;   /* how many are */
	uint32_t *ready; /* heap of indexes that may start, lowest first */
	uint32_t ready_count;
};

/*
 * Lay out a replay. Upload: the uploads in file order. Online: uploads without their repeats,
 * refused attempts and card events merged by time, then terminal and serial (card events before the
 * rest of their second).
 *
 * The number of a sale is its serial; online each refused attempt takes the number after the sale
 * before it, and later numbers of that terminal move up by one for each attempt: schedule_serial()
 * turns them back. OUT_OF_MEMORY.
 */
result schedule_init(struct schedule *s, const struct replay_data *d, enum replay_mode mode);
void schedule_free(struct schedule *s);

/* The earliest row that may start, or SCHEDULE_NONE; it leaves the ready ones. */
uint32_t schedule_next(struct schedule *s);
/* Look at it without taking it. */
uint32_t schedule_peek(const struct schedule *s);
/* Put back what could not start now. */
void schedule_return(struct schedule *s, uint32_t op);
void schedule_done(struct schedule *s, uint32_t op);
/* The one that follows `op` at its terminal, when it waits for nothing else: to be done together
 * with it; or SCHEDULE_NONE. */
uint32_t schedule_claim_next(struct schedule *s, uint32_t op);

/* The serial behind a number of a terminal (by TermNo). */
uint64_t schedule_serial(const struct schedule *s, const struct replay_data *d, uint32_t terminal,
                         uint64_t tsn);
