-- SPDX-License-Identifier: Apache-2.0
-- Cards: one row per instance; the newest instance of a printed number is the current one.
CREATE TABLE card (
	id              IDENTITY PRIMARY KEY,
	no              TEXT NOT NULL,
	current         BIGINT NOT NULL,
	card_index      BIGINT NOT NULL UNIQUE,
	person_id       BIGINT NOT NULL REFERENCES person (id),
	state           TEXT NOT NULL,
	class           BIGINT NOT NULL,
	sequence        BIGINT NOT NULL,
	expires         BIGINT NOT NULL,
	access_no       TEXT NOT NULL,
	main_account    BIGINT NOT NULL,
	subsidy_account BIGINT NOT NULL,
	park            BIGINT NOT NULL,
	version         BIGINT NOT NULL,
	created_at_us   BIGINT NOT NULL,
	changed_at_us   BIGINT NOT NULL
);
CREATE UNIQUE INDEX card_no_current ON card (no) WHERE current = 1;
CREATE UNIQUE INDEX card_no_sequence ON card (no, sequence);
CREATE INDEX card_person ON card (person_id, id);
CREATE INDEX card_access ON card (access_no) WHERE access_no <> '';

-- Opening balances that were posted, so that the same file posts nothing twice.
CREATE TABLE card_opening (
	card_id       BIGINT PRIMARY KEY REFERENCES card (id),
	amount_fen    BIGINT NOT NULL,
	counter       BIGINT NOT NULL,
	lsn           BIGINT NOT NULL,
	posted_at_us  BIGINT NOT NULL
);
