// SPDX-License-Identifier: Apache-2.0
// Made by tools/types.mjs from api/openapi.yaml; do not edit.

export type Id = string;

export type Day = string;

export type Instant = string;

export type Fen = number;

export type Count = number;

export type Hash = string;

export interface Violation {
	field: string;
	what: 'required' | 'type' | 'range' | 'unknown';
}

export interface Problem {
	type: string;
	status: number;
	title: string;
	code: string;
	title_zh: string;
	title_en: string;
	reference: string;
	violations: (Violation)[];
}

export interface Health {
	status: 'ok';
	version: string;
	started_at: Instant;
}

export interface Credentials {
	login: string;
	password: string;
}

export interface PasswordChange {
	current_password: string;
	new_password: string;
}

export interface Operator {
	id: Id;
	login: string;
	name: string;
	must_change_password: boolean;
	permissions: (string)[];
}

export interface Session {
	operator: Operator;
	csrf_token: string;
	idle_timeout_s: number;
	last_login_at: Instant | null;
}

export interface Event {
	sequence: Id;
	at: Instant;
	body: Today | Transaction | ProofState | null;
}

export interface Figure {
	count: Count;
	amount_fen: Fen;
}

export interface Today {
	business_date: Day;
	as_of: Instant;
	sales: Figure;
	loads: Figure;
	refunds: Figure;
	terminals: {
		active: Count;
		total: Count;
	};
	latest: (Transaction)[];
}

export interface Person {
	id: Id;
	number: string;
	name: string;
	department: string;
	class: number;
	state: PersonState;
	card_number: string | null;
}

export type PersonState = 'active' | 'left';

export type CardState = 'active' | 'lost' | 'frozen' | 'closed';

export type Purse = 'main' | 'subsidy';

export interface PersonPage {
	items: (Person)[];
	page: number;
	page_size: number;
	total: Count;
}

export interface Balance {
	purse: Purse;
	account: Id;
	balance_fen: Fen;
}

export interface Card {
	id: Id;
	number: string;
	state: CardState;
	expires: Day | null;
}

export interface PersonDetail {
	person: Person;
	balances: (Balance)[];
	cards: (Card)[];
}

export type TransactionKind = 'opening' | 'account_open' | 'account_change' | 'purchase' | 'purchase_void' | 'refund' | 'topup' | 'topup_void' | 'subsidy' | 'reversal' | 'tombstone' | 'hold' | 'capture' | 'release' | 'adjustment' | 'transfer' | 'fee' | 'load' | 'payout' | 'statement' | 'closing' | 'till_cash' | 'record';

export type TransactionState = 'done' | 'reversed' | 'refused';

export interface PersonRef {
	id: Id;
	number: string;
	name: string;
}

export interface CardRef {
	id: Id;
	number: string;
}

export interface PlaceRef {
	id: Id;
	number: string;
	name: string;
}

export interface Transaction {
	lsn: Id;
	kind: TransactionKind;
	state: TransactionState;
	code: string;
	amount_fen: Fen;
	balance_fen: Fen | null;
	business_date: Day;
	event_time: Instant;
	posted_at: Instant;
	number: Id;
	person: PersonRef | null;
	card: CardRef | null;
	merchant: PlaceRef | null;
	terminal: PlaceRef | null;
}

export interface TransactionPage {
	items: (Transaction)[];
	next: Id | null;
}

export interface Leg {
	lsn: Id;
	debit: AccountRef;
	credit: AccountRef;
	amount_fen: Fen;
}

export interface AccountRef {
	account: Id;
	chart: string;
	name_zh: string;
	name_en: string;
	owner: string | null;
}

export interface Batch {
	number: Id;
	posted_at: Instant;
	first_lsn: Id;
	last_lsn: Id;
	hash: Hash;
	previous_hash: Hash;
}

export interface BatchPlace {
	batch: Batch;
	previous: Batch | null;
	next: Batch | null;
}

export interface Record {
	source: Id;
	number: Id;
	card_counter: Count;
	operator: Id;
	meal_period: Count;
	mode: number;
	offline: boolean;
	forced: boolean;
}

export interface TransactionChain {
	transaction: Transaction;
	original: Transaction | null;
	later: (Transaction)[];
	legs: (Leg)[];
	record: Record;
	place: BatchPlace;
}

export interface Identity {
	id: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7';
	holds: boolean;
	left_fen: Fen;
	right_fen: Fen;
	lsn: Id;
}

export interface DayHead {
	business_date: Day;
	turnover_fen: Fen;
	sealed_at: Instant;
	last_lsn: Id;
	batch: Id;
	hash: Hash;
}

export interface ViewsLag {
	head: Id;
	watermark: Id;
	rows: Count;
	lag_ms: Count;
}

export interface ProofState {
	holds: boolean;
	head: Id;
	batch: Id;
}

export interface Proof {
	as_of: Instant;
	holds: boolean;
	accounts: Count;
	rows: Count;
	batches: Count;
	recounts: Count;
	identities: (Identity)[];
	batch: Batch | null;
	day_head: DayHead | null;
	views: ViewsLag;
	verify: Verify;
}

export interface Verify {
	state: 'never' | 'running' | 'clean' | 'broken' | 'failed';
	started_at: Instant | null;
	finished_at: Instant | null;
	rows_done: Count;
	rows_total: Count;
	code: string;
	difference: string | null;
}

export interface Merchant {
	id: Id;
	number: string;
	name: string;
	state: 'open' | 'frozen' | 'closed';
	today: Figure;
}

export interface MerchantPage {
	items: (Merchant)[];
	page: number;
	page_size: number;
	total: Count;
}

export interface Terminal {
	id: Id;
	number: string;
	name: string;
	type: 'till' | 'desk' | 'kiosk' | 'gateway' | 'subsystem' | 'register';
	merchant: PlaceRef | null;
	state: 'defined' | 'authorised' | 'active' | 'suspended' | 'retired';
	signed_in: boolean;
	last_seen_at: Instant | null;
}

export interface TerminalPage {
	items: (Terminal)[];
	page: number;
	page_size: number;
	total: Count;
}

export interface SearchHit {
	kind: 'person' | 'card' | 'transaction';
	id: Id;
	label: string;
	detail: string;
}

export interface SearchResult {
	hits: (SearchHit)[];
}

export interface KmsOrder {
	command: string;
	session?: string;
	reply_key?: string;
	approval?: string;
}

export interface KmsAnswer {
	code: string;
	zh?: string;
	en?: string;
	detail?: string;
	approval?: Count;
	needs?: string;
	fields?: { [name: string]: string };
}

export interface KmsStatus {
	test: boolean;
	software: boolean;
	lost: boolean;
	node: string;
	masters: (MasterKey)[];
	renewal?: Renewal;
	code: string;
	zh: string;
	en: string;
}

export interface MasterKey {
	id: Count;
	slot: number;
	algorithm: 'AES' | 'SM4';
	gen: number;
	kcv: string;
	status: 'live' | 'test';
	state: 'PENDING' | 'ACTIVE' | 'OLD' | 'RETIRED';
	present: boolean;
	created_us: Micros;
	activated_us: Micros;
	retired_us: Micros;
}

export interface Renewal {
	id: Count;
	from: Count;
	to: Count;
	state: 'RUNNING' | 'VERIFIED' | 'DONE' | 'ABORTED';
	total: Count;
	done: Count;
	stopped_by: string;
	started_us: Micros;
	finished_us: Micros;
}

export type Micros = number;
