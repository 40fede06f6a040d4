-- SPDX-License-Identifier: Apache-2.0
-- name: card_add
INSERT INTO card (no, current, card_index, person_id, state, class, sequence, expires, access_no, main_account,
	subsidy_account, park, version, created_at_us, changed_at_us)
VALUES ($1, 1, (SELECT coalesce(max(card_index), 0) + 1 FROM card), $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)
RETURNING id

-- name: card_save
UPDATE card
SET state = $3, class = $4, expires = $5, access_no = $6, version = version + 1, changed_at_us = $7
WHERE id = $1 AND version = $2

-- name: card_retire
UPDATE card SET current = 0, state = 'CLOSED', version = version + 1, changed_at_us = $2 WHERE id = $1

-- name: card_by_id
SELECT id, no, card_index, person_id, state, class, sequence, expires, access_no, main_account, subsidy_account, park, version
FROM card WHERE id = $1

-- name: card_by_no
SELECT id, no, card_index, person_id, state, class, sequence, expires, access_no, main_account, subsidy_account, park, version
FROM card WHERE no = $1 AND current = 1

-- name: card_newest
SELECT id, no, card_index, person_id, state, class, sequence, expires, access_no, main_account, subsidy_account, park, version
FROM card WHERE no = $1 ORDER BY sequence DESC LIMIT 1

-- name: card_by_access
SELECT id, no, card_index, person_id, state, class, sequence, expires, access_no, main_account, subsidy_account, park, version
FROM card WHERE access_no = $1 AND access_no <> '' AND current = 1 ORDER BY id LIMIT 2

-- name: card_of_person
SELECT id, no, card_index, person_id, state, class, sequence, expires, access_no, main_account, subsidy_account, park, version
FROM card WHERE person_id = $1 ORDER BY id DESC LIMIT 200

-- name: card_current
SELECT id, no, card_index, person_id, state, class, sequence, expires, access_no, main_account, subsidy_account, park, version
FROM card WHERE current = 1 AND id > $1 ORDER BY id LIMIT 20000

-- name: card_access_list
SELECT access_no, no FROM card WHERE current = 1 AND access_no <> ''

-- name: card_index_high
SELECT coalesce(max(card_index), 0) FROM card

-- name: card_opening_find
SELECT amount_fen FROM card_opening WHERE card_id = $1

-- name: card_opening_add
INSERT INTO card_opening (card_id, amount_fen, counter, lsn, posted_at_us) VALUES ($1, $2, $3, $4, $5)
