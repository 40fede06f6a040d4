-- SPDX-License-Identifier: Apache-2.0
-- Which roots are in force. The keys themselves are in the key device, under these labels.
CREATE TABLE key_root (
	version       BIGINT PRIMARY KEY,
	label         TEXT NOT NULL UNIQUE,
	check_value   BLOB NOT NULL,
	created_at_us BIGINT NOT NULL
);

CREATE TABLE key_day (
	date          BIGINT NOT NULL,
	seq           BIGINT NOT NULL,
	label         TEXT NOT NULL UNIQUE,
	check_value   BLOB NOT NULL,
	state         TEXT NOT NULL,
	created_at_us BIGINT NOT NULL,
	PRIMARY KEY (date, seq)
);
