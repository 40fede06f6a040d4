-- SPDX-License-Identifier: Apache-2.0
-- Limits of identity classes (身份限额); 0 is "none".
CREATE TABLE payment_limit (
	class         BIGINT PRIMARY KEY,
	cap_fen       BIGINT NOT NULL,
	purchase_fen  BIGINT NOT NULL,
	window_fen    BIGINT NOT NULL,
	day_fen       BIGINT NOT NULL,
	window_count  BIGINT NOT NULL,
	day_count     BIGINT NOT NULL,
	refuse_above  BIGINT NOT NULL,
	changed_at_us BIGINT NOT NULL
);

-- PINs: worthless without the key device (domain/payments/payments.h).
CREATE TABLE payment_pin (
	person_id     BIGINT PRIMARY KEY REFERENCES person (id),
	salt          BLOB NOT NULL,
	reference     BLOB NOT NULL,
	tries         BIGINT NOT NULL,
	changed_at_us BIGINT NOT NULL
);

-- Closed batches of terminals, with both sides' totals.
CREATE TABLE payment_batch (
	terminal_id   BIGINT NOT NULL REFERENCES terminal (id),
	batch         BIGINT NOT NULL,
	result        BIGINT NOT NULL,
	business_date BIGINT NOT NULL,
	host_totals   BLOB NOT NULL,
	told_totals   BLOB NOT NULL,
	closed_at_us  BIGINT NOT NULL,
	PRIMARY KEY (terminal_id, batch)
);

-- Stored records that could not simply be posted: people look after them.
CREATE TABLE payment_case (
	id          IDENTITY PRIMARY KEY,
	terminal_id BIGINT NOT NULL,
	number      BIGINT NOT NULL,
	lsn         BIGINT NOT NULL,
	reason      TEXT NOT NULL,
	card_no     TEXT NOT NULL,
	amount_fen  BIGINT NOT NULL,
	event_us    BIGINT NOT NULL,
	filed_us    BIGINT NOT NULL,
	record_hash BLOB NOT NULL
);
CREATE UNIQUE INDEX payment_case_record ON payment_case (terminal_id, record_hash);
