-- SPDX-License-Identifier: Apache-2.0
-- name: keys_root_add
INSERT INTO key_root (version, label, check_value, created_at_us) VALUES ($1, $2, $3, $4)

-- name: keys_root_list
SELECT version, label, check_value FROM key_root ORDER BY version

-- name: keys_day_add
INSERT INTO key_day (date, seq, label, check_value, state, created_at_us) VALUES ($1, $2, $3, $4, 'ACTIVE', $5)

-- name: keys_day_list
SELECT date, seq, label, check_value, state FROM key_day WHERE state <> 'DESTROYED' ORDER BY date DESC, seq DESC

-- name: keys_day_current
SELECT date * 256 + seq FROM key_day WHERE state = 'ACTIVE' ORDER BY date DESC, seq DESC LIMIT 1

-- name: keys_day_set_state
UPDATE key_day SET state = $3 WHERE date = $1 AND seq = $2
