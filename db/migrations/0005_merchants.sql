-- SPDX-License-Identifier: Apache-2.0
-- Who sells.
CREATE TABLE merchant (
	id            BIGINT PRIMARY KEY,
	no            TEXT NOT NULL UNIQUE,
	name          TEXT NOT NULL,
	state         TEXT NOT NULL,
	park          BIGINT NOT NULL,
	version       BIGINT NOT NULL,
	created_at_us BIGINT NOT NULL,
	changed_at_us BIGINT NOT NULL
);
