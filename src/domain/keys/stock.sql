-- SPDX-License-Identifier: Apache-2.0
-- name: stock_card_by_chip
SELECT chip, kind, state, place, number, day, changed_us FROM kms_stock_card WHERE chip = $1

-- name: stock_card_list
SELECT chip, kind, state, place, number, day, changed_us FROM kms_stock_card
WHERE kind = $1 AND state = $2 AND chip > $3
ORDER BY chip LIMIT $4

-- name: stock_card_add
INSERT INTO kms_stock_card (chip, kind, state, place, number, day, changed_us) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: stock_card_set
UPDATE kms_stock_card SET state = $2, place = $3, number = $4, day = $5, changed_us = $6 WHERE chip = $1

-- name: stock_number_taken
SELECT count(*) FROM kms_stock_card WHERE number = $1 AND kind = $2 AND chip <> $3

-- name: stock_voucher_taken
SELECT count(*) FROM kms_stock_voucher WHERE number = $1

-- name: stock_voucher_add
INSERT INTO kms_stock_voucher (number, kind, to_state, count, giver, taker, place, reason, signed_first, signed_second, day, actor,
	at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
RETURNING id

-- name: stock_voucher_list
SELECT id, number, kind, to_state, count, giver, taker, place, reason, signed_first, signed_second, day, actor, at_us
FROM kms_stock_voucher
WHERE day >= $1 AND day <= $2 AND id < $3
ORDER BY id DESC LIMIT $4

-- name: stock_voucher_chips
SELECT chip FROM kms_stock_move WHERE voucher = $1 ORDER BY id

-- name: stock_move_add
INSERT INTO kms_stock_move (voucher, chip, kind, from_state, to_state, number, day) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: stock_history
SELECT v.id, v.number, v.kind, m.to_state, v.count, v.giver, v.taker, v.place, v.reason, v.signed_first, v.signed_second, v.day,
	v.actor, v.at_us, m.from_state, m.number
FROM kms_stock_move m JOIN kms_stock_voucher v ON v.id = m.voucher
WHERE m.chip = $1
ORDER BY m.id LIMIT $2

-- name: stock_washings
SELECT count(*) FROM kms_stock_move WHERE chip = $1 AND from_state = 'WASTE' AND to_state = 'IN_STORE'

-- name: stock_where
SELECT kind, state, place, count(*) FROM kms_stock_card GROUP BY kind, state, place ORDER BY kind, state, place LIMIT $1

-- name: stock_standing
SELECT state, count(*) FROM kms_stock_card WHERE kind = $1 GROUP BY state

-- name: stock_flow
SELECT from_state, to_state, count(*) FROM kms_stock_move WHERE kind = $1 AND day >= $2 AND day <= $3 GROUP BY from_state, to_state

-- name: stock_flow_written
SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM kms_stock_voucher WHERE kind = $1 AND day = $2

-- name: stock_day_last
SELECT coalesce(max(day), 0) FROM kms_stock_day

-- name: stock_day_open
SELECT count(*) FROM kms_stock_move WHERE day > $1 AND day < $2

-- name: stock_day_of
SELECT day, kind, counts, counted, closed_us, closed_by FROM kms_stock_day WHERE day = $1 AND kind = $2

-- name: stock_day_list
SELECT day, kind, counts, counted, closed_us, closed_by FROM kms_stock_day WHERE kind = $1 ORDER BY day DESC LIMIT $2

-- name: stock_day_add
INSERT INTO kms_stock_day (day, kind, counts, counted, closed_us, closed_by) VALUES ($1, $2, $3, $4, $5, $6)
