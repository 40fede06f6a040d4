-- SPDX-License-Identifier: Apache-2.0
-- name: test_batch_no
UPDATE ledger_batch SET no = no + 1 WHERE first_lsn = 33

-- name: test_batch_no_back
UPDATE ledger_batch SET no = no - 1 WHERE first_lsn = 33

-- name: test_batch_last
UPDATE ledger_batch SET last_lsn = last_lsn + 1 WHERE first_lsn = 33

-- name: test_batch_last_back
UPDATE ledger_batch SET last_lsn = last_lsn - 1 WHERE first_lsn = 33

-- name: test_batch_posted
UPDATE ledger_batch SET posted_at_us = posted_at_us + 1 WHERE first_lsn = 33

-- name: test_batch_posted_back
UPDATE ledger_batch SET posted_at_us = posted_at_us - 1 WHERE first_lsn = 33

-- name: test_batch_epoch
UPDATE ledger_batch SET epoch = epoch + 1 WHERE first_lsn = 33

-- name: test_batch_epoch_back
UPDATE ledger_batch SET epoch = epoch - 1 WHERE first_lsn = 33

-- name: test_day_turnover
UPDATE ledger_day SET turnover_fen = turnover_fen + 1 WHERE business_date > 0

-- name: test_day_turnover_back
UPDATE ledger_day SET turnover_fen = turnover_fen - 1 WHERE business_date > 0

-- name: test_day_last
UPDATE ledger_day SET last_lsn = last_lsn + 1 WHERE business_date > 0

-- name: test_day_last_back
UPDATE ledger_day SET last_lsn = last_lsn - 1 WHERE business_date > 0

-- name: test_day_batch
UPDATE ledger_day SET last_batch = last_batch + 1 WHERE business_date > 0

-- name: test_day_batch_back
UPDATE ledger_day SET last_batch = last_batch - 1 WHERE business_date > 0

-- name: test_page_lsn
UPDATE ledger_page SET lsn = lsn + 1 WHERE id = 72057594037927936

-- name: test_page_lsn_back
UPDATE ledger_page SET lsn = lsn - 1 WHERE id = 72057594037927936

-- name: test_page_crc
UPDATE ledger_page SET crc = crc + 1 WHERE id = 72057594037927936

-- name: test_page_crc_back
UPDATE ledger_page SET crc = crc - 1 WHERE id = 72057594037927936

-- name: test_entry_amount
UPDATE entry SET amount_fen = amount_fen + 1 WHERE lsn = 33

-- name: test_entry_amount_back
UPDATE entry SET amount_fen = amount_fen - 1 WHERE lsn = 33

-- name: test_entry_card
UPDATE entry SET card = card + 1 WHERE lsn = 33

-- name: test_entry_card_back
UPDATE entry SET card = card - 1 WHERE lsn = 33

-- name: test_entry_date
UPDATE entry SET event_date = event_date + 1 WHERE lsn = 33

-- name: test_entry_date_back
UPDATE entry SET event_date = event_date - 1 WHERE lsn = 33

-- name: test_entry_balance
UPDATE entry SET balance_fen = balance_fen + 1 WHERE lsn = 33

-- name: test_entry_balance_back
UPDATE entry SET balance_fen = balance_fen - 1 WHERE lsn = 33

-- name: test_entry_code
UPDATE entry SET code = 'LEDGER_BUSY' WHERE lsn = 33

-- name: test_entry_code_back
UPDATE entry SET code = 'SUCCESS' WHERE lsn = 33

-- name: test_total_sum
UPDATE day_total SET sum_fen = sum_fen + 1 WHERE kind = 4 AND merchant = 2 AND business_date = 20260101

-- name: test_total_sum_back
UPDATE day_total SET sum_fen = sum_fen - 1 WHERE kind = 4 AND merchant = 2 AND business_date = 20260101

-- name: test_total_events
UPDATE day_total SET events = events + 1 WHERE kind = 4 AND merchant = 2 AND business_date = 20260101

-- name: test_total_events_back
UPDATE day_total SET events = events - 1 WHERE kind = 4 AND merchant = 2 AND business_date = 20260101

-- name: test_account_balance
UPDATE account_view SET balance_fen = balance_fen + 1 WHERE no = 1

-- name: test_account_balance_back
UPDATE account_view SET balance_fen = balance_fen - 1 WHERE no = 1

-- name: test_account_lsn
UPDATE account_view SET last_lsn = last_lsn + 1 WHERE no = 1

-- name: test_account_lsn_back
UPDATE account_view SET last_lsn = last_lsn - 1 WHERE no = 1

-- name: test_state_lsn
UPDATE view_state SET lsn = lsn + 1000 WHERE id = 1

-- name: test_state_lsn_back
UPDATE view_state SET lsn = lsn - 1000 WHERE id = 1

-- name: test_batch_rows
SELECT row_data FROM ledger_batch WHERE first_lsn = $1

-- name: test_batch_rows_set
UPDATE ledger_batch SET row_data = $2 WHERE first_lsn = $1

-- name: test_batch_hash
SELECT hash FROM ledger_batch WHERE first_lsn = $1

-- name: test_batch_hash_set
UPDATE ledger_batch SET hash = $2 WHERE first_lsn = $1

-- name: test_batch_previous
SELECT previous FROM ledger_batch WHERE first_lsn = $1

-- name: test_batch_previous_set
UPDATE ledger_batch SET previous = $2 WHERE first_lsn = $1

-- name: test_day_hash
SELECT hash FROM ledger_day WHERE business_date > $1

-- name: test_day_hash_set
UPDATE ledger_day SET hash = $2 WHERE business_date > $1

-- name: test_page
SELECT content FROM ledger_page WHERE id = $1

-- name: test_page_set
UPDATE ledger_page SET content = $2 WHERE id = $1

-- name: test_insert
INSERT INTO ledger_day (business_date, last_batch, last_lsn, turnover_fen, sealed_at_us, hash)
SELECT 20200000 + $1, 0, 0, 0, 0, previous FROM ledger_batch WHERE no = 1

-- name: test_count
SELECT count(*) FROM ledger_day

-- name: test_forget
DELETE FROM ledger_day WHERE last_batch = 0

-- name: test_entry_amount_any
UPDATE entry SET amount_fen = amount_fen + 1

-- name: test_state_other_hash
-- engine: sqlite
UPDATE view_state SET hash = zeroblob(32)
-- engine: postgres
UPDATE view_state SET hash = decode(repeat('00', 32), 'hex')

-- name: test_entry_index_value
UPDATE entry_index SET value = value + 7 WHERE lsn = 33 AND facet = 2

-- name: test_entry_index_value_back
UPDATE entry_index SET value = value - 7 WHERE lsn = 33 AND facet = 2

-- name: test_entry_index_key
UPDATE entry_index SET value = value + 1 WHERE lsn = 33 AND facet = 5

-- name: test_entry_index_key_back
UPDATE entry_index SET value = value - 1 WHERE lsn = 33 AND facet = 5

-- name: test_entry_index_run
UPDATE entry_index SET run = run + 1 WHERE lsn = 33 AND facet = 2

-- name: test_entry_index_run_back
UPDATE entry_index SET run = run - 1 WHERE lsn = 33 AND facet = 2

-- name: test_entry_run_last
UPDATE entry_run SET last_lsn = last_lsn + 1

-- name: test_entry_run_last_back
UPDATE entry_run SET last_lsn = last_lsn - 1

-- name: test_entry_day_first
UPDATE entry_day SET first_lsn = first_lsn + 1 WHERE business_date = 20260102

-- name: test_entry_day_first_back
UPDATE entry_day SET first_lsn = first_lsn - 1 WHERE business_date = 20260102

-- name: test_terminal_last
UPDATE terminal_view SET last_lsn = last_lsn - 1 WHERE terminal = 1000

-- name: test_terminal_last_back
UPDATE terminal_view SET last_lsn = last_lsn + 1 WHERE terminal = 1000
