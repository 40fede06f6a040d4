-- SPDX-License-Identifier: Apache-2.0
-- name: officer_add
INSERT INTO kms_officer (name, display, person, roles, state, box, code_step, errors, locked_until_us, created_us, last_login_us)
VALUES ($1, $2, $3, $4, 'INVITED', $5, 0, 0, 0, $6, 0)
RETURNING id

-- name: officer_by_id
SELECT id, name, display, person, roles, state, box, code_step, errors, locked_until_us, created_us, last_login_us
FROM kms_officer WHERE id = $1

-- name: officer_by_name
SELECT id, name, display, person, roles, state, box, code_step, errors, locked_until_us, created_us, last_login_us
FROM kms_officer WHERE name = $1

-- name: officer_list
SELECT id, name, display, person, roles, state, box, code_step, errors, locked_until_us, created_us, last_login_us
FROM kms_officer ORDER BY id LIMIT $1

-- name: officer_of_person
SELECT count(*) FROM kms_officer WHERE person = $1 AND state <> 'STOPPED'

-- name: officer_stop
UPDATE kms_officer SET state = 'STOPPED' WHERE id = $1 AND state <> 'STOPPED'

-- name: officer_box
UPDATE kms_officer SET state = $2, box = $3, code_step = $4, errors = 0, locked_until_us = 0 WHERE id = $1

-- name: officer_failed
UPDATE kms_officer SET errors = $2, locked_until_us = $3 WHERE id = $1

-- name: officer_logged_in
UPDATE kms_officer SET errors = 0, locked_until_us = 0, last_login_us = $2, code_step = $3 WHERE id = $1
