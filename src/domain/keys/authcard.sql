-- SPDX-License-Identifier: Apache-2.0
-- name: authcard_add
INSERT INTO kms_authcard (serial, node, sam_no, key_version, merchant, suites, hosts, host_sha256, transport,
	record_sha256, state, not_before_us, not_after_us, issued_by, issued_us, used_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'ISSUED', 0, 0, $11, $12, 0)
RETURNING id

-- name: authcard_by_id
SELECT id, serial, node, sam_no, key_version, merchant, suites, hosts, host_sha256, transport, state, not_before_us, not_after_us,
	issued_by, issued_us, used_us
FROM kms_authcard WHERE id = $1

-- name: authcard_of_node
SELECT id, serial, node, sam_no, key_version, merchant, suites, hosts, host_sha256, transport, state, not_before_us, not_after_us,
	issued_by, issued_us, used_us
FROM kms_authcard WHERE node = $1 ORDER BY id DESC LIMIT 1

-- name: authcard_by_serial
SELECT id, serial, node, sam_no, key_version, merchant, suites, hosts, host_sha256, transport, state, not_before_us, not_after_us,
	issued_by, issued_us, used_us
FROM kms_authcard WHERE serial = $1

-- name: authcard_newest
SELECT id, serial, node, sam_no, key_version, merchant, suites, hosts, host_sha256, transport, state, not_before_us, not_after_us,
	issued_by, issued_us, used_us
FROM kms_authcard WHERE CAST($1 AS TEXT) = '' OR node = $1 ORDER BY id DESC LIMIT $2

-- name: authcard_replace
UPDATE kms_authcard SET state = 'WITHDRAWN' WHERE node = $1 AND state IN ('ISSUED', 'WRITTEN')

-- name: authcard_written
UPDATE kms_authcard SET state = 'WRITTEN', not_before_us = $2, not_after_us = $3, record_sha256 = $4 WHERE id = $1 AND state = 'ISSUED'

-- name: authcard_used
UPDATE kms_authcard SET state = 'USED', used_us = $2 WHERE id = $1 AND state = 'WRITTEN'

-- name: authcard_withdraw
UPDATE kms_authcard SET state = 'WITHDRAWN' WHERE id = $1 AND state IN ('ISSUED', 'WRITTEN')
