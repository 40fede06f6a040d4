-- SPDX-License-Identifier: Apache-2.0
-- name: view_state_load
SELECT lsn, cutover_s, hash FROM view_state WHERE id = 1

-- Whoever fills goes on from where it stopped itself: another filler's progress makes this change nothing.
-- name: view_state_save
INSERT INTO view_state (id, lsn, cutover_s, hash) VALUES (1, $1, $2, $3)
ON CONFLICT (id) DO UPDATE SET lsn = excluded.lsn, cutover_s = excluded.cutover_s, hash = excluded.hash
WHERE view_state.lsn = $4

-- name: view_state_count
SELECT count(*) FROM view_state

-- name: entry_clear
DELETE FROM entry

-- name: account_view_clear
DELETE FROM account_view

-- name: day_total_clear
DELETE FROM day_total

-- name: entry_run_clear
DELETE FROM entry_run

-- name: entry_index_clear
DELETE FROM entry_index

-- name: entry_day_clear
DELETE FROM entry_day

-- name: terminal_view_clear
DELETE FROM terminal_view

-- name: entry_add
INSERT INTO entry (lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card,
	merchant, terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs,
	flags, meal, mode, park)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
	$25, $26)

-- name: entry_run_put
INSERT INTO entry_run (first_lsn, last_lsn) VALUES ($1, $2)
ON CONFLICT (first_lsn) DO UPDATE SET last_lsn = excluded.last_lsn

-- name: entry_run_newest
SELECT first_lsn, last_lsn FROM entry_run ORDER BY first_lsn DESC LIMIT 1

-- name: entry_run_list
SELECT first_lsn, last_lsn FROM entry_run ORDER BY first_lsn

-- name: entry_index_add
INSERT INTO entry_index (run, facet, value, lsn) VALUES ($1, $2, $3, $4)

-- name: entry_index_of
SELECT facet, value, lsn FROM entry_index WHERE run = $1

-- name: entry_index_beyond
SELECT count(*) FROM entry_index WHERE run NOT IN (SELECT first_lsn FROM entry_run)

-- name: entry_day_put
INSERT INTO entry_day (business_date, first_lsn, last_lsn) VALUES ($1, $2, $3)
ON CONFLICT (business_date) DO UPDATE SET last_lsn = excluded.last_lsn

-- name: entry_day_list
SELECT business_date, first_lsn, last_lsn FROM entry_day ORDER BY business_date

-- name: terminal_view_put
INSERT INTO terminal_view (terminal, last_lsn, posted_at_us) VALUES ($1, $2, $3)
ON CONFLICT (terminal) DO UPDATE SET last_lsn = excluded.last_lsn, posted_at_us = excluded.posted_at_us

-- name: terminal_view_list
SELECT terminal, last_lsn, posted_at_us FROM terminal_view ORDER BY terminal

-- name: account_view_put
INSERT INTO account_view (no, chart, park, key1, key2, balance_fen, last_lsn) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (no) DO UPDATE SET balance_fen = excluded.balance_fen, last_lsn = excluded.last_lsn

-- name: account_view_move
UPDATE account_view SET balance_fen = $2, last_lsn = $3 WHERE no = $1

-- name: account_view_chart
SELECT chart FROM account_view WHERE no = $1

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

-- name: entry_latest
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry
WHERE lsn < $1 AND lsn >= $2 AND business_date >= $3 AND business_date <= $4 AND (kind = $5 OR $5 = 0)
	AND (code = 'SUCCESS' OR $6 = 1) AND (card = $7 OR $7 = 0) AND (merchant = $8 OR $8 = 0) AND (terminal = $9 OR $9 = 0)
ORDER BY lsn DESC LIMIT $10

-- In this order of tables SQLite reads run by run, newest first, and sorts nothing.
-- name: entry_by_facet
SELECT e.lsn, e.original_lsn, e.source, e.number, e.kind, e.code, e.debit, e.credit, e.amount_fen, e.holder, e.balance_fen, e.card, e.merchant,
	e.terminal, e.operator_id, e.card_counter, e.event_time_us, e.posted_at_us, e.event_date, e.business_date, e.leg, e.legs, e.flags, e.meal,
	e.mode, e.park
FROM entry_run r CROSS JOIN entry_index i CROSS JOIN entry e
WHERE r.first_lsn < $1 AND r.last_lsn >= $2 AND i.run = r.first_lsn AND i.facet = $11 AND i.value = $12 AND i.lsn < $1
	AND i.lsn >= $2 AND e.lsn = i.lsn AND e.business_date >= $3 AND e.business_date <= $4 AND (e.kind = $5 OR $5 = 0)
	AND (e.code = 'SUCCESS' OR $6 = 1) AND (e.card = $7 OR $7 = 0) AND (e.merchant = $8 OR $8 = 0)
	AND (e.terminal = $9 OR $9 = 0)
ORDER BY r.first_lsn DESC, i.lsn DESC LIMIT $10

-- name: entry_balance
SELECT e.balance_fen, e.lsn FROM entry_run r CROSS JOIN entry_index i CROSS JOIN entry e
WHERE r.last_lsn > $3 AND i.run = r.first_lsn AND i.facet = $1 AND i.value = $2 AND i.lsn > $3 AND e.lsn = i.lsn
ORDER BY r.first_lsn DESC, i.lsn DESC LIMIT 1

-- name: entry_key_find
SELECT e.lsn FROM entry_run r CROSS JOIN entry_index i CROSS JOIN entry e
WHERE i.run = r.first_lsn AND i.facet = $1 AND i.value = $2 AND e.lsn = i.lsn AND e.source = $3 AND e.number = $4
	AND e.leg = 0
ORDER BY r.first_lsn DESC, i.lsn LIMIT 1

-- name: entry_days
SELECT COALESCE(min(first_lsn), 0), COALESCE(max(last_lsn), 0) FROM entry_day
WHERE business_date >= $1 AND business_date <= $2

-- name: entry_undoing
SELECT lsn, original_lsn, source, number, kind, code, debit, credit, amount_fen, holder, balance_fen, card, merchant,
	terminal, operator_id, card_counter, event_time_us, posted_at_us, event_date, business_date, leg, legs, flags, meal,
	mode, park
FROM entry WHERE original_lsn = $1 AND original_lsn > 0 ORDER BY lsn LIMIT $2

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
