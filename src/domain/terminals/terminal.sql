-- SPDX-License-Identifier: Apache-2.0
-- name: terminal_add
INSERT INTO terminal (id, node_id, sam_no, key_version, type, state, dialect, sealed, suites, allow, merchant_id, location,
	address_range, batch, version, created_at_us, changed_at_us)
VALUES ((SELECT coalesce(max(id), 999) + 1 FROM terminal), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $14)
RETURNING id

-- name: terminal_save
UPDATE terminal
SET sam_no = $3, key_version = $4, type = $5, dialect = $6, sealed = $7, suites = $8, allow = $9, merchant_id = $10,
    location = $11, address_range = $12, version = version + 1, changed_at_us = $13
WHERE id = $1 AND version = $2

-- name: terminal_set_state
UPDATE terminal SET state = $2, version = version + 1, changed_at_us = $3 WHERE id = $1

-- name: terminal_authorise
UPDATE terminal SET state = 'AUTHORISED', key_version = $2, card_serial = $3, card_until_us = $4, version = version + 1,
	changed_at_us = $5
WHERE id = $1

-- name: terminal_registered
UPDATE terminal SET state = 'ACTIVE', card_until_us = 0, hardware = $2, software_hash = $3, version = version + 1, changed_at_us = $4
WHERE id = $1

-- name: terminal_next_batch
UPDATE terminal SET batch = CASE WHEN batch >= 999999 THEN 1 ELSE batch + 1 END, changed_at_us = $2
WHERE id = $1
RETURNING batch

-- name: terminal_by_id
SELECT t.id, t.node_id, t.sam_no, t.key_version, t.type, t.state, t.dialect, t.sealed, t.suites, t.allow, t.merchant_id,
	t.location, t.batch, t.version, t.address_range, t.card_serial, t.card_until_us, t.hardware,
	coalesce(s.state, ''), coalesce(s.address_range, ''), coalesce(s.allow, 255)
FROM terminal t LEFT JOIN subsystem s ON s.code = substr(t.node_id, 1, 2) AND s.processor = substr(t.node_id, 3, 2)
WHERE t.id = $1

-- name: terminal_by_node
SELECT t.id, t.node_id, t.sam_no, t.key_version, t.type, t.state, t.dialect, t.sealed, t.suites, t.allow, t.merchant_id,
	t.location, t.batch, t.version, t.address_range, t.card_serial, t.card_until_us, t.hardware,
	coalesce(s.state, ''), coalesce(s.address_range, ''), coalesce(s.allow, 255)
FROM terminal t LEFT JOIN subsystem s ON s.code = substr(t.node_id, 1, 2) AND s.processor = substr(t.node_id, 3, 2)
WHERE t.node_id = $1

-- name: terminal_list
SELECT t.id, t.node_id, t.sam_no, t.key_version, t.type, t.state, t.dialect, t.sealed, t.suites, t.allow, t.merchant_id,
	t.location, t.batch, t.version, t.address_range, t.card_serial, t.card_until_us, t.hardware,
	coalesce(s.state, ''), coalesce(s.address_range, ''), coalesce(s.allow, 255)
FROM terminal t LEFT JOIN subsystem s ON s.code = substr(t.node_id, 1, 2) AND s.processor = substr(t.node_id, 3, 2)
WHERE t.id > $1 AND (CAST($2 AS BIGINT) = 0 OR t.merchant_id = $2)
	AND ((t.node_id >= $3 AND t.node_id < $4) OR (t.location >= $3 AND t.location < $4))
ORDER BY t.id LIMIT $5

-- name: terminal_all
SELECT t.id, t.node_id, t.sam_no, t.key_version, t.type, t.state, t.dialect, t.sealed, t.suites, t.allow, t.merchant_id,
	t.location, t.batch, t.version, t.address_range, t.card_serial, t.card_until_us, t.hardware,
	coalesce(s.state, ''), coalesce(s.address_range, ''), coalesce(s.allow, 255)
FROM terminal t LEFT JOIN subsystem s ON s.code = substr(t.node_id, 1, 2) AND s.processor = substr(t.node_id, 3, 2)
WHERE t.id > $1 ORDER BY t.id LIMIT $2

-- name: terminal_merchant_exists
SELECT count(*) FROM merchant WHERE id = $1

-- name: terminal_session_open
INSERT INTO terminal_session (id, terminal_id, state, suite, key_version, key_date, key_seq, send_reserved, receive_high,
	opened_us, valid_until_us)
VALUES ((SELECT coalesce(max(id), 0) + 1 FROM terminal_session), $1, 'PENDING', $2, $3, $4, $5, $6, 0, $7, $8)
RETURNING id

-- name: terminal_session_activate
UPDATE terminal_session SET state = 'ACTIVE' WHERE id = $1 AND state <> 'CLOSED'

-- name: terminal_session_close_others
UPDATE terminal_session SET state = 'CLOSED'
WHERE state <> 'CLOSED' AND id < $1 AND terminal_id = (SELECT terminal_id FROM terminal_session WHERE id = $1)

-- name: terminal_session_close_of
UPDATE terminal_session SET state = 'CLOSED' WHERE terminal_id = $1 AND state <> 'CLOSED'

-- name: terminal_session_reserve
UPDATE terminal_session SET send_reserved = send_reserved + $2 WHERE id = $1 AND state <> 'CLOSED'
RETURNING send_reserved

-- name: terminal_session_received
UPDATE terminal_session SET receive_high = $2 WHERE id = $1 AND receive_high < $2

-- name: terminal_session_close
UPDATE terminal_session SET state = 'CLOSED' WHERE id = $1

-- name: terminal_session_list
SELECT id, terminal_id, state, suite, key_version, key_date, key_seq, send_reserved, receive_high, opened_us, valid_until_us
FROM terminal_session WHERE state <> 'CLOSED' AND valid_until_us > $1 ORDER BY id

-- name: terminal_alarm_add
INSERT INTO terminal_alarm (terminal_id, stan, code, severity, content, event_us, received_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (terminal_id, event_us, stan) DO NOTHING

-- name: terminal_alarm_count
SELECT count(*) FROM terminal_alarm WHERE terminal_id = $1
