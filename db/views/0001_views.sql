-- SPDX-License-Identifier: Apache-2.0
-- Views: derived from the journal, for people and reports, in a database of their own beside the store. view_state, one
-- row once something is filled, says up to which row and the hash of the batch that ends there: views of another book are
-- told by it. event_date depends on cutover_s. What does not fit is emptied and filled again.
CREATE TABLE view_state (
	id        BIGINT PRIMARY KEY,
	lsn       BIGINT NOT NULL,
	cutover_s BIGINT NOT NULL,
	hash      BLOB NOT NULL
);

CREATE TABLE entry (
	lsn           BIGINT PRIMARY KEY,
	original_lsn  BIGINT NOT NULL,
	source        BIGINT NOT NULL,
	number        BIGINT NOT NULL,
	kind          BIGINT NOT NULL,
	code          TEXT NOT NULL,
	debit         BIGINT NOT NULL,
	credit        BIGINT NOT NULL,
	amount_fen    BIGINT NOT NULL,
	holder        BIGINT NOT NULL,
	balance_fen   BIGINT NOT NULL,
	card          BIGINT NOT NULL,
	merchant      BIGINT NOT NULL,
	terminal      BIGINT NOT NULL,
	operator_id   BIGINT NOT NULL,
	card_counter  BIGINT NOT NULL,
	event_time_us BIGINT NOT NULL,
	posted_at_us  BIGINT NOT NULL,
	event_date    BIGINT NOT NULL,
	business_date BIGINT NOT NULL,
	leg           BIGINT NOT NULL,
	legs          BIGINT NOT NULL,
	flags         BIGINT NOT NULL,
	meal          BIGINT NOT NULL,
	mode          BIGINT NOT NULL,
	park          BIGINT NOT NULL
);
CREATE INDEX entry_original ON entry (original_lsn) WHERE original_lsn > 0; -- few events undo another

-- The index of entries, in runs of rows in order: a new row changes only pages of the newest run, however many cards and
-- years there are. Searched run by run, newest first. first_lsn names a run; facet and value: src/ledger/views.h.
CREATE TABLE entry_run (
	first_lsn BIGINT PRIMARY KEY,
	last_lsn  BIGINT NOT NULL
);

CREATE TABLE entry_index (
	run   BIGINT NOT NULL,
	facet BIGINT NOT NULL,
	value BIGINT NOT NULL,
	lsn   BIGINT NOT NULL,
	PRIMARY KEY (run, facet, value, lsn)
) WITHOUT ROWID;

-- Between which rows the entries of a business day lie.
CREATE TABLE entry_day (
	business_date BIGINT PRIMARY KEY,
	first_lsn     BIGINT NOT NULL,
	last_lsn      BIGINT NOT NULL
);

-- The last entry of each terminal.
CREATE TABLE terminal_view (
	terminal     BIGINT PRIMARY KEY,
	last_lsn     BIGINT NOT NULL,
	posted_at_us BIGINT NOT NULL
);

-- Accounts, with the balance after the last row whose entry does not tell it: an entry tells that of its holder, and there
-- are too many purses to be touched here by each sale. The balance is that of whichever is newer.
CREATE TABLE account_view (
	no          BIGINT PRIMARY KEY,
	chart       BIGINT NOT NULL,
	park        BIGINT NOT NULL,
	key1        BIGINT NOT NULL,
	key2        BIGINT NOT NULL,
	balance_fen BIGINT NOT NULL,
	last_lsn    BIGINT NOT NULL
);
CREATE INDEX account_view_key ON account_view (chart, key1);

CREATE TABLE day_total (
	business_date BIGINT NOT NULL,
	event_date    BIGINT NOT NULL,
	kind          BIGINT NOT NULL,
	undone        BIGINT NOT NULL,
	merchant      BIGINT NOT NULL,
	events        BIGINT NOT NULL,
	sum_fen       BIGINT NOT NULL,
	PRIMARY KEY (business_date, event_date, kind, undone, merchant)
);
