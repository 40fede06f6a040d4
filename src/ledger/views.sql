-- SPDX-License-Identifier: Apache-2.0
-- name: view_state_load
SELECT lsn, cutover_s FROM view_state WHERE id = 1

-- name: view_state_save
UPDATE view_state SET lsn = $1, cutover_s = $2 WHERE id = 1

-- name: entry_clear
DELETE FROM entry

-- name: account_view_clear
DELETE FROM account_view

-- name: day_total_clear
DELETE FROM day_total

-- name: entry_add
INSERT INTO entry (lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card,
	merchant, terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs,
	flags, meal, mode, park)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
	$25, $26)

-- name: account_view_put
INSERT INTO account_view (no, chart, park, key1, key2, balance_fen, last_lsn) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (no) DO UPDATE SET balance_fen = excluded.balance_fen, last_lsn = excluded.last_lsn

-- name: day_total_add
INSERT INTO day_total (business_date, event_date, kind, undone, merchant, events, sum_fen)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (business_date, event_date, kind, undone, merchant) DO UPDATE
SET events = day_total.events + excluded.events, sum_fen = day_total.sum_fen + excluded.sum_fen

-- name: entry_range
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry WHERE lsn >= $1 AND lsn <= $2 ORDER BY lsn

-- The plus keeps the planner off the index of days, which would sort everything to find the newest few.
-- name: entry_latest
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE lsn < $1 AND +business_date >= $2 AND +business_date <= $3 AND (kind = $4 OR $4 = 0) AND (code = 'SUCCESS' OR $5 = 1)
	AND (card = $6 OR $6 = 0) AND (merchant = $7 OR $7 = 0) AND (terminal = $8 OR $8 = 0)
ORDER BY lsn DESC LIMIT $9

-- name: entry_by_day
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE business_date = $2 AND business_date <= $3 AND lsn < $1 AND (kind = $4 OR $4 = 0)
	AND (code = 'SUCCESS' OR $5 = 1) AND (card = $6 OR $6 = 0) AND (merchant = $7 OR $7 = 0)
	AND (terminal = $8 OR $8 = 0)
ORDER BY lsn DESC LIMIT $9

-- name: entry_by_holder
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE holder = $10 AND lsn < $1 AND +business_date >= $2 AND +business_date <= $3 AND (kind = $4 OR $4 = 0)
	AND (code = 'SUCCESS' OR $5 = 1) AND (card = $6 OR $6 = 0) AND (merchant = $7 OR $7 = 0)
	AND (terminal = $8 OR $8 = 0)
ORDER BY lsn DESC LIMIT $9

-- name: entry_by_card
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE card = $6 AND lsn < $1 AND +business_date >= $2 AND +business_date <= $3 AND (kind = $4 OR $4 = 0)
	AND (code = 'SUCCESS' OR $5 = 1) AND (merchant = $7 OR $7 = 0) AND (terminal = $8 OR $8 = 0)
ORDER BY lsn DESC LIMIT $9

-- name: entry_by_merchant
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE merchant = $7 AND lsn < $1 AND business_date >= $2 AND business_date <= $3 AND (kind = $4 OR $4 = 0)
	AND (code = 'SUCCESS' OR $5 = 1) AND (card = $6 OR $6 = 0) AND (terminal = $8 OR $8 = 0)
ORDER BY lsn DESC LIMIT $9

-- name: entry_by_terminal
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE terminal = $8 AND lsn < $1 AND +business_date >= $2 AND +business_date <= $3 AND (kind = $4 OR $4 = 0)
	AND (code = 'SUCCESS' OR $5 = 1) AND (card = $6 OR $6 = 0) AND (merchant = $7 OR $7 = 0)
ORDER BY lsn DESC LIMIT $9

-- name: entry_by_key
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry WHERE source = $1 AND number = $2 ORDER BY lsn LIMIT $3

-- name: entry_undoing
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry WHERE original_lsn = $1 ORDER BY lsn LIMIT $2

-- name: day_total_list
SELECT business_date, event_date, kind, undone, merchant, events, sum_fen FROM day_total
WHERE business_date >= $1 AND business_date <= $2 ORDER BY business_date, event_date, kind, undone, merchant

-- name: account_view_load
SELECT no, chart, park, key1, key2, balance_fen, last_lsn FROM account_view WHERE no = $1

-- name: account_view_list
SELECT no, chart, park, key1, key2, balance_fen, last_lsn FROM account_view WHERE no > $1 ORDER BY no LIMIT $2

-- name: views_batch_list
SELECT first_lsn, last_lsn, no, posted_at_us, epoch, previous, hash
FROM ledger_batch ORDER BY first_lsn DESC LIMIT $1

-- name: entry_beyond
SELECT count(*) FROM entry WHERE lsn > $1
