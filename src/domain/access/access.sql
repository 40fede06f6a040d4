-- SPDX-License-Identifier: Apache-2.0
-- name: access_role_permissions
SELECT permissions FROM access_role WHERE name = $1

-- name: access_operator_add
INSERT INTO access_operator (name, display, role, state, password_hash, must_change, errors, locked_until_us,
	last_login_us, created_at_us, password_changed_us)
VALUES ($1, $2, $3, 'ACTIVE', $4, 1, 0, 0, 0, $5, $5)
RETURNING id

-- name: access_operator_by_id
SELECT id, name, display, role, state, must_change, errors, locked_until_us, last_login_us, password_hash, created_at_us
FROM access_operator WHERE id = $1

-- name: access_operator_by_name
SELECT id, name, display, role, state, must_change, errors, locked_until_us, last_login_us, password_hash, created_at_us
FROM access_operator WHERE name = $1

-- name: access_operator_list
SELECT id, name, display, role, state, must_change, errors, locked_until_us, last_login_us, password_hash, created_at_us
FROM access_operator ORDER BY name

-- name: access_operator_stop
UPDATE access_operator SET state = 'STOPPED' WHERE id = $1

-- name: access_operator_password
UPDATE access_operator
SET password_hash = $2, must_change = $3, errors = 0, locked_until_us = 0, password_changed_us = $4
WHERE id = $1

-- name: access_operator_failed
UPDATE access_operator SET errors = $2, locked_until_us = $3 WHERE id = $1

-- name: access_operator_logged_in
UPDATE access_operator SET errors = 0, locked_until_us = 0, last_login_us = $2 WHERE id = $1

-- name: access_session_add
INSERT INTO access_session (operator_id, token_hash, csrf, workstation, opened_us, seen_us, ends_us, last_login_us, revoked)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, 0)
RETURNING id

-- name: access_session_by_token
SELECT s.id, s.operator_id, s.csrf, s.workstation, s.opened_us, s.seen_us, s.ends_us, s.last_login_us, s.revoked,
       o.name, o.state, o.must_change, r.permissions
FROM access_session s
JOIN access_operator o ON o.id = s.operator_id
JOIN access_role r ON r.name = o.role
WHERE s.token_hash = $1

-- name: access_session_touch
UPDATE access_session SET seen_us = $2 WHERE id = $1 AND seen_us < $2

-- name: access_session_revoke
UPDATE access_session SET revoked = 1 WHERE id = $1

-- name: access_session_revoke_all
UPDATE access_session SET revoked = 1 WHERE operator_id = $1 AND id <> $2 AND revoked = 0
