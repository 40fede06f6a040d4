-- SPDX-License-Identifier: Apache-2.0
-- The key manager's own store (keys 10). Keys stand here only as key blocks under a local master key.

-- 1: every change begins by counting this up, so that two processes on one store take turns.
-- 2: counted up by changes after which others must read keys, clients and master keys anew.
CREATE TABLE kms_turn (
	id BIGINT PRIMARY KEY,
	n  BIGINT NOT NULL
);
INSERT INTO kms_turn (id, n) VALUES (1, 0), (2, 1);

CREATE TABLE kms_setting (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

-- Processes that serve this store, and which master keys their devices hold: "slot:proof slot:proof".
CREATE TABLE kms_node (
	name    TEXT PRIMARY KEY,
	slots   TEXT NOT NULL,
	seen_us BIGINT NOT NULL
);

-- Local master keys (keys 6). A retired one keeps its check values; its slot may be used again.
CREATE TABLE kms_lmk (
	id           IDENTITY PRIMARY KEY,
	slot         BIGINT NOT NULL,
	alg          TEXT NOT NULL,
	gen          BIGINT NOT NULL,
	kcv          TEXT NOT NULL,
	proof        BLOB NOT NULL,
	status       TEXT NOT NULL,
	state        TEXT NOT NULL,
	created_us   BIGINT NOT NULL,
	activated_us BIGINT NOT NULL,
	retired_us   BIGINT NOT NULL
);

CREATE TABLE kms_officer (
	id              IDENTITY PRIMARY KEY,
	name            TEXT NOT NULL UNIQUE,
	display         TEXT NOT NULL,
	person          TEXT NOT NULL,
	roles           TEXT NOT NULL,
	state           TEXT NOT NULL,
	box             BLOB NOT NULL,
	code_step       BIGINT NOT NULL,
	errors          BIGINT NOT NULL,
	locked_until_us BIGINT NOT NULL,
	created_us      BIGINT NOT NULL,
	last_login_us   BIGINT NOT NULL
);

-- Media of components (管理员卡): cards or PIN files, bound to an officer.
CREATE TABLE kms_medium (
	id          IDENTITY PRIMARY KEY,
	kind        TEXT NOT NULL,
	role        TEXT NOT NULL,
	officer     BIGINT NOT NULL REFERENCES kms_officer (id),
	copy        TEXT NOT NULL,
	fingerprint BLOB NOT NULL,
	kcv         TEXT NOT NULL,
	gen         BIGINT NOT NULL,
	errors      BIGINT NOT NULL,
	created_us  BIGINT NOT NULL
);

CREATE TABLE kms_ceremony (
	id            IDENTITY PRIMARY KEY,
	purpose       TEXT NOT NULL,
	alg           TEXT NOT NULL,
	gen           BIGINT NOT NULL,
	status        TEXT NOT NULL,
	slot          BIGINT NOT NULL,
	state         TEXT NOT NULL,
	steps         TEXT NOT NULL,
	shares_needed BIGINT NOT NULL,
	shares_count  BIGINT NOT NULL,
	lmk           BIGINT NOT NULL,
	created_us    BIGINT NOT NULL
);

CREATE TABLE kms_issuer (
	id         IDENTITY PRIMARY KEY,
	code       TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	note       TEXT NOT NULL,
	created_us BIGINT NOT NULL
);

CREATE TABLE kms_product (
	id         IDENTITY PRIMARY KEY,
	issuer     BIGINT NOT NULL REFERENCES kms_issuer (id),
	code       TEXT NOT NULL,
	name       TEXT NOT NULL,
	kind       TEXT NOT NULL,
	place      TEXT NOT NULL,
	note       TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	UNIQUE (issuer, code)
);

CREATE TABLE kms_key (
	id          IDENTITY PRIMARY KEY,
	product     BIGINT NOT NULL REFERENCES kms_product (id),
	code        TEXT NOT NULL,
	name        TEXT NOT NULL,
	usage       TEXT NOT NULL,
	alg         TEXT NOT NULL,
	bits        BIGINT NOT NULL,
	mode        TEXT NOT NULL,
	exp         TEXT NOT NULL,
	div_levels  BIGINT NOT NULL,
	period_days BIGINT NOT NULL,
	created_us  BIGINT NOT NULL,
	UNIQUE (product, code)
);

CREATE TABLE kms_keyver (
	id               IDENTITY PRIMARY KEY,
	key              BIGINT NOT NULL REFERENCES kms_key (id),
	ver              BIGINT NOT NULL,
	lmk              BIGINT NOT NULL,
	block            TEXT NOT NULL,
	kcv              TEXT NOT NULL,
	public           BLOB NOT NULL,
	state            TEXT NOT NULL,
	was_compromised  BIGINT NOT NULL,
	card_ki          BIGINT NOT NULL,
	card_kv          BIGINT NOT NULL,
	origin           TEXT NOT NULL,
	created_us       BIGINT NOT NULL,
	activate_at_us   BIGINT NOT NULL,
	protect_until_us BIGINT NOT NULL,
	process_until_us BIGINT NOT NULL,
	rowver           BIGINT NOT NULL,
	UNIQUE (key, ver)
);
CREATE INDEX kms_keyver_lmk ON kms_keyver (lmk, id);
CREATE INDEX kms_keyver_due ON kms_keyver (state, activate_at_us);

CREATE TABLE kms_dayroot (
	id            IDENTITY PRIMARY KEY,
	domain        TEXT NOT NULL,
	day           BIGINT NOT NULL,
	seq           BIGINT NOT NULL,
	lmk           BIGINT NOT NULL,
	block         TEXT NOT NULL,
	kcv           TEXT NOT NULL,
	state         TEXT NOT NULL,
	not_before_us BIGINT NOT NULL,
	not_after_us  BIGINT NOT NULL,
	rowver        BIGINT NOT NULL,
	UNIQUE (domain, day, seq)
);
CREATE INDEX kms_dayroot_lmk ON kms_dayroot (lmk, id);

-- Re-keying (更新本地主控密钥): one job at a time goes on by itself after a break.
CREATE TABLE kms_job (
	id          IDENTITY PRIMARY KEY,
	from_lmk    BIGINT NOT NULL,
	to_lmk      BIGINT NOT NULL,
	state       TEXT NOT NULL,
	total       BIGINT NOT NULL,
	done        BIGINT NOT NULL,
	detail      TEXT NOT NULL,
	started_us  BIGINT NOT NULL,
	finished_us BIGINT NOT NULL
);

CREATE TABLE kms_approval (
	id         IDENTITY PRIMARY KEY,
	op         TEXT NOT NULL,
	payload    TEXT NOT NULL,
	digest     BLOB NOT NULL,
	initiator  BIGINT NOT NULL REFERENCES kms_officer (id),
	approvers  TEXT NOT NULL,
	needed     TEXT NOT NULL,
	state      TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	expires_us BIGINT NOT NULL
);

CREATE TABLE kms_audit (
	seq    BIGINT PRIMARY KEY,
	ts     TEXT NOT NULL,
	actor  TEXT NOT NULL,
	op     TEXT NOT NULL,
	detail TEXT NOT NULL,
	result TEXT NOT NULL,
	lmk    BIGINT NOT NULL,
	link   BLOB NOT NULL
);

-- Machine clients of the computing service: operations × usages × label patterns × rate (keys 16.1).
CREATE TABLE kms_client (
	id          IDENTITY PRIMARY KEY,
	name        TEXT NOT NULL UNIQUE,
	cert_sha256 BLOB NOT NULL UNIQUE,
	ops         TEXT NOT NULL,
	usages      TEXT NOT NULL,
	labels      TEXT NOT NULL,
	rate        BIGINT NOT NULL,
	burst       BIGINT NOT NULL,
	quota_day   BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_us  BIGINT NOT NULL
);

CREATE TABLE kms_batch (
	id          IDENTITY PRIMARY KEY,
	dir         TEXT NOT NULL,
	code        TEXT NOT NULL,
	zmk         TEXT NOT NULL,
	file_sha256 BLOB NOT NULL,
	count       BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_us  BIGINT NOT NULL,
	UNIQUE (dir, code)
);

-- Certification authorities (认证机构), their public keys, and what issuers ask of them and get (keys 16).
CREATE TABLE kms_ca (
	id         IDENTITY PRIMARY KEY,
	code       TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	scheme     TEXT NOT NULL,
	rid        BLOB NOT NULL,
	note       TEXT NOT NULL,
	created_us BIGINT NOT NULL
);

CREATE TABLE kms_cakey (
	id          IDENTITY PRIMARY KEY,
	ca          BIGINT NOT NULL REFERENCES kms_ca (id),
	pk_index    BIGINT NOT NULL,
	modulus     BLOB NOT NULL,
	exponent    BIGINT NOT NULL,
	expiry      BIGINT NOT NULL,
	checksum    BLOB NOT NULL,
	file_sha256 BLOB NOT NULL,
	state       TEXT NOT NULL,
	created_us  BIGINT NOT NULL,
	UNIQUE (ca, pk_index)
);

-- cakey: the authority's key that will sign, where that is known.
CREATE TABLE kms_ipkreq (
	id         IDENTITY PRIMARY KEY,
	ca         BIGINT NOT NULL REFERENCES kms_ca (id),
	cakey      BIGINT REFERENCES kms_cakey (id),
	keyver     BIGINT NOT NULL REFERENCES kms_keyver (id),
	profile    TEXT NOT NULL,
	iin        TEXT NOT NULL,
	expiry     TEXT NOT NULL,
	tracking   TEXT NOT NULL,
	file_name  TEXT NOT NULL,
	file       BLOB NOT NULL,
	hash_name  TEXT NOT NULL,
	hash_file  BLOB NOT NULL,
	hash       BLOB NOT NULL,
	state      TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	UNIQUE (profile, iin, tracking)
);
CREATE INDEX kms_ipkreq_keyver ON kms_ipkreq (keyver);

-- expiry: yyyymm, valid to the month's end.
CREATE TABLE kms_ipkcert (
	id          IDENTITY PRIMARY KEY,
	req         BIGINT NOT NULL UNIQUE REFERENCES kms_ipkreq (id),
	cakey       BIGINT NOT NULL REFERENCES kms_cakey (id),
	serial      TEXT NOT NULL,
	expiry      BIGINT NOT NULL,
	cert90      BLOB NOT NULL,
	rem92       BLOB NOT NULL,
	exp9f32     BLOB NOT NULL,
	xml         TEXT NOT NULL,
	file_sha256 BLOB NOT NULL,
	verified_us BIGINT NOT NULL,
	state       TEXT NOT NULL,
	UNIQUE (cakey, serial)
);

-- Authorisation cards (授权卡): one card, one registration. transport: the point its key is sealed for.
CREATE TABLE kms_authcard (
	id            IDENTITY PRIMARY KEY,
	serial        TEXT NOT NULL UNIQUE,
	node          TEXT NOT NULL,
	sam_no        TEXT NOT NULL,
	key_version   BIGINT NOT NULL,
	merchant      TEXT NOT NULL,
	suites        TEXT NOT NULL,
	hosts         TEXT NOT NULL,
	host_sha256   BLOB NOT NULL,
	transport     BLOB NOT NULL,
	record_sha256 BLOB NOT NULL,
	state         TEXT NOT NULL,
	not_before_us BIGINT NOT NULL,
	not_after_us  BIGINT NOT NULL,
	issued_by     TEXT NOT NULL,
	issued_us     BIGINT NOT NULL,
	used_us       BIGINT NOT NULL
);
CREATE INDEX kms_authcard_node ON kms_authcard (node, id);

-- The stock book of cards (卡片台账): each card by its chip, each move by a voucher (凭证) with a giver and a taker.
-- day: of the card's last move.
CREATE TABLE kms_stock_card (
	chip       TEXT PRIMARY KEY,
	kind       TEXT NOT NULL,
	state      TEXT NOT NULL,
	place      TEXT NOT NULL,
	number     TEXT NOT NULL,
	day        BIGINT NOT NULL,
	changed_us BIGINT NOT NULL
);
CREATE INDEX kms_stock_card_number ON kms_stock_card (number);

-- signed_first, signed_second: who signed that cards were destroyed; empty for all other vouchers.
CREATE TABLE kms_stock_voucher (
	id            IDENTITY PRIMARY KEY,
	number        TEXT NOT NULL UNIQUE,
	kind          TEXT NOT NULL,
	to_state      TEXT NOT NULL,
	count         BIGINT NOT NULL,
	giver         TEXT NOT NULL,
	taker         TEXT NOT NULL,
	place         TEXT NOT NULL,
	reason        TEXT NOT NULL,
	signed_first  TEXT NOT NULL,
	signed_second TEXT NOT NULL,
	day           BIGINT NOT NULL,
	actor         TEXT NOT NULL,
	at_us         BIGINT NOT NULL
);
CREATE INDEX kms_stock_voucher_day ON kms_stock_voucher (day, id);

-- from_state is empty where a card came into the book.
CREATE TABLE kms_stock_move (
	id         IDENTITY PRIMARY KEY,
	voucher    BIGINT NOT NULL REFERENCES kms_stock_voucher (id),
	chip       TEXT NOT NULL REFERENCES kms_stock_card (chip),
	kind       TEXT NOT NULL,
	from_state TEXT NOT NULL,
	to_state   TEXT NOT NULL,
	number     TEXT NOT NULL,
	day        BIGINT NOT NULL
);
CREATE INDEX kms_stock_move_day ON kms_stock_move (kind, day);
CREATE INDEX kms_stock_move_chip ON kms_stock_move (chip, id);

-- A closed day: cards of a kind in each state at its end, and what was counted by hand, both "STATE=n STATE=n".
CREATE TABLE kms_stock_day (
	day       BIGINT NOT NULL,
	kind      TEXT NOT NULL,
	counts    TEXT NOT NULL,
	counted   TEXT NOT NULL,
	closed_us BIGINT NOT NULL,
	closed_by TEXT NOT NULL,
	PRIMARY KEY (day, kind)
);

-- Backups of this store that were recorded (数据库备份), so that a renewal knows which of them still
-- need the old master key.
CREATE TABLE kms_backup (
	id     IDENTITY PRIMARY KEY,
	name   TEXT NOT NULL,
	made_by TEXT NOT NULL,
	at_us  BIGINT NOT NULL
);
