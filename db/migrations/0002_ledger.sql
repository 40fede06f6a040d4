-- SPDX-License-Identifier: Apache-2.0
-- The journal. One row a commit: its rows (192 bytes each, src/ledger/journal.h) lie in row_data, chained by hash.
-- Rows of this table are only ever added.
CREATE TABLE ledger_batch (
	first_lsn    BIGINT PRIMARY KEY,
	last_lsn     BIGINT NOT NULL,
	no           BIGINT NOT NULL,
	posted_at_us BIGINT NOT NULL,
	epoch        BIGINT NOT NULL,
	previous     BLOB NOT NULL,
	hash         BLOB NOT NULL,
	row_data     BLOB NOT NULL
);

-- State written back piece by piece (src/ledger/book_page.h): id = kind * 2^56 + number, true up to row lsn.
CREATE TABLE ledger_page (
	id      BIGINT PRIMARY KEY,
	lsn     BIGINT NOT NULL,
	crc     BIGINT NOT NULL,
	content BLOB NOT NULL
);

-- Heads of closed business days.
CREATE TABLE ledger_day (
	business_date BIGINT PRIMARY KEY,
	last_batch    BIGINT NOT NULL,
	last_lsn      BIGINT NOT NULL,
	turnover_fen  BIGINT NOT NULL,
	sealed_at_us  BIGINT NOT NULL,
	hash          BLOB NOT NULL
);

-- Who may write. Each owner raises the epoch; every batch checks it on PostgreSQL.
CREATE TABLE ledger_lease (
	id          BIGINT PRIMARY KEY,
	epoch       BIGINT NOT NULL,
	owner       TEXT NOT NULL,
	taken_at_us BIGINT NOT NULL
);
INSERT INTO ledger_lease (id, epoch, owner, taken_at_us) VALUES (1, 0, '', 0);

-- Views: derived from the journal, for people and reports. view_state says up to which row.
-- event_date depends on cutover_s: another cut-over hour empties the views and fills them again.
CREATE TABLE view_state (
	id        BIGINT PRIMARY KEY,
	lsn       BIGINT NOT NULL,
	cutover_s BIGINT NOT NULL
);
INSERT INTO view_state (id, lsn, cutover_s) VALUES (1, 0, 0);

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
CREATE INDEX entry_holder ON entry (holder, lsn);
CREATE INDEX entry_card ON entry (card, lsn);
CREATE INDEX entry_merchant ON entry (merchant, business_date, lsn);
CREATE INDEX entry_terminal ON entry (terminal, lsn);
CREATE INDEX entry_key ON entry (source, number);
CREATE INDEX entry_day ON entry (business_date, lsn);
CREATE INDEX entry_original ON entry (original_lsn);

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

-- engine: postgres
ALTER TABLE ledger_batch ALTER COLUMN row_data SET STORAGE EXTERNAL;
ALTER TABLE ledger_page ALTER COLUMN content SET STORAGE EXTERNAL;
