-- SPDX-License-Identifier: Apache-2.0
-- name: payment_limit_list
SELECT class, cap_fen, purchase_fen, window_fen, day_fen, window_count, day_count, refuse_above FROM payment_limit

-- name: payment_limit_set
INSERT INTO payment_limit (class, cap_fen, purchase_fen, window_fen, day_fen, window_count, day_count, refuse_above,
	changed_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (class) DO UPDATE SET cap_fen = excluded.cap_fen, purchase_fen = excluded.purchase_fen,
	window_fen = excluded.window_fen, day_fen = excluded.day_fen, window_count = excluded.window_count,
	day_count = excluded.day_count, refuse_above = excluded.refuse_above, changed_at_us = excluded.changed_at_us

-- name: payment_pin_find
SELECT salt, reference, tries FROM payment_pin WHERE person_id = $1

-- name: payment_pin_set
INSERT INTO payment_pin (person_id, salt, reference, tries, changed_at_us) VALUES ($1, $2, $3, 0, $4)
ON CONFLICT (person_id) DO UPDATE SET salt = excluded.salt, reference = excluded.reference, tries = 0,
	changed_at_us = excluded.changed_at_us

-- name: payment_pin_tries
UPDATE payment_pin SET tries = $2 WHERE person_id = $1

-- name: payment_batch_find
SELECT result, business_date, host_totals FROM payment_batch WHERE terminal_id = $1 AND batch = $2

-- name: payment_batch_close
INSERT INTO payment_batch (terminal_id, batch, result, business_date, host_totals, told_totals, closed_at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: payment_case_add
INSERT INTO payment_case (terminal_id, number, lsn, reason, card_no, amount_fen, event_us, filed_us, record_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: payment_case_seen
SELECT count(*) FROM payment_case WHERE terminal_id = $1 AND record_hash = $2

-- name: payment_case_list
SELECT id, terminal_id, number, lsn, reason, card_no, amount_fen, event_us, filed_us FROM payment_case
WHERE $1 = 0 OR id < $1 ORDER BY id DESC LIMIT $2

-- name: payment_card_lost_since
SELECT changed_at_us FROM card WHERE id = $1 AND state = 'LOST'
