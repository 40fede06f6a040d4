/* SPDX-License-Identifier: Apache-2.0 */
/* stock_testkit.h — for tests: vouchers in a line, and what the stock book holds. */
#pragma once

#include "domain/keys/key_snapshot_test.h"
#include "domain/keys/stock_day.h"

/* Cards, vouchers, moves, closed days, and how many lines the audit has. */
extern const struct db_statement stock_tables[];

/* A voucher of that number from 张三 to 李四, with a reason. */
struct stock_voucher stock_voucher_of(const char *number, enum stock_kind kind,
                                      enum stock_state to);
/* The chips CHIP0001…, numbered 5000000001… where cards of that kind need one. Static. */
const struct stock_item *stock_items(size_t first, size_t count, bool with_numbers);
/* Receive, or move, chips first…first+count-1 in a change of its own, numbered as it must be. */
result stock_test_post(struct key_fixture *f, struct stock_voucher *v, size_t first, size_t count);

#define STOCK_REFUSED(label_, f_, call_, code_) KEY_REFUSED(label_, f_, stock_tables, call_, code_)
