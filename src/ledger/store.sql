-- SPDX-License-Identifier: Apache-2.0
-- name: ledger_batch_add
INSERT INTO ledger_batch (first_lsn, last_lsn, no, posted_at_us, epoch, previous, hash, row_data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: ledger_batch_last
SELECT first_lsn, last_lsn, no, posted_at_us, epoch, previous, hash
FROM ledger_batch ORDER BY first_lsn DESC LIMIT 1

-- name: ledger_batch_from
SELECT first_lsn, last_lsn, no, posted_at_us, epoch, previous, hash, row_data
FROM ledger_batch WHERE first_lsn >= $1 ORDER BY first_lsn LIMIT $2

-- name: ledger_batch_of
SELECT first_lsn, last_lsn, no, posted_at_us, epoch, previous, hash
FROM ledger_batch WHERE first_lsn <= $1 ORDER BY first_lsn DESC LIMIT 1

-- name: ledger_row
SELECT last_lsn, substr(row_data, CAST(($1 - first_lsn) * 192 + 1 AS INTEGER), 192)
FROM ledger_batch WHERE first_lsn <= $1 ORDER BY first_lsn DESC LIMIT 1

-- name: ledger_page_put
INSERT INTO ledger_page (id, lsn, crc, content) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET lsn = excluded.lsn, crc = excluded.crc, content = excluded.content

-- name: ledger_page_list
SELECT id, lsn, crc, content FROM ledger_page WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3

-- name: ledger_day_add
INSERT INTO ledger_day (business_date, last_batch, last_lsn, turnover_fen, sealed_at_us, hash)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: ledger_day_list
SELECT business_date, last_batch, last_lsn, turnover_fen, sealed_at_us, hash
FROM ledger_day ORDER BY business_date DESC LIMIT $1

-- name: ledger_day_all
SELECT business_date, last_batch, last_lsn, turnover_fen, sealed_at_us, hash
FROM ledger_day ORDER BY last_batch, business_date

-- name: ledger_lease_take
UPDATE ledger_lease SET epoch = epoch + 1, owner = $1, taken_at_us = $2 WHERE id = 1

-- name: ledger_lease_epoch
SELECT epoch FROM ledger_lease WHERE id = 1

-- name: ledger_lease_check
UPDATE ledger_lease SET epoch = epoch WHERE id = 1 AND epoch = $1
