-- SPDX-License-Identifier: Apache-2.0
-- name: bench_sync_level
-- engine: sqlite
SELECT synchronous FROM pragma_synchronous
-- engine: postgres
SELECT CASE WHEN current_setting('fsync') = 'on' AND current_setting('synchronous_commit') = 'on' THEN 2 ELSE 0 END
