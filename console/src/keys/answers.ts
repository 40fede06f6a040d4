// SPDX-License-Identifier: Apache-2.0
// answers.ts — what the key manager answers to its officers' orders, as src/service/kms/acts_*.c write it.
import type { MasterKey, Renewal } from '../api/schema';

export const roles = ['mk', 'SO1', 'SO2', 'SO3', 'conf', 'key', 'cert', 'oper', 'store', 'audit'] as const;
export type Role = (typeof roles)[number];
export const securityOfficers = ['SO1', 'SO2', 'SO3'] as const satisfies Role[];

export type OfficerState = 'INVITED' | 'ACTIVE' | 'STOPPED';

export interface Officer {
	id: number;
	name: string;
	display: string;
	person: string;
	/** Names of roles, parted by blanks. */
	roles: string;
	state: OfficerState;
	locked_until_us: number;
	last_login_us: number;
}

export interface Login {
	session: string;
	id: number;
	name: string;
	display: string;
	roles: string;
}

export interface Component {
	role: (typeof securityOfficers)[number];
	step: 'NOTHING' | 'WRITTEN' | 'VERIFIED';
	kcv: string;
	presented: boolean;
}

export interface Ceremony {
	id: number;
	/** The master key it formed or is to load; 0 while there is none. */
	lmk: number;
	purpose: 'form' | 'load';
	algorithm: 'AES' | 'SM4';
	gen: number;
	status: 'live' | 'test';
	state: 'OPEN' | 'FORMED' | 'CANCELLED';
	shares_needed: number;
	shares_count: number;
	components: Component[];
	created_us: number;
}

export interface Backup {
	name: string;
	made_by: string;
	at_us: number;
}

export interface Issuer {
	id: number;
	code: string;
	name: string;
	note: string;
}

export const productKinds = ['DKEY', 'KEK', 'RSA', 'SM2', 'PSAM'] as const;
export type ProductKind = (typeof productKinds)[number];

export interface Product {
	id: number;
	code: string;
	name: string;
	kind: ProductKind;
	place: 'device' | 'host';
	note: string;
}

export interface KeyDefinition {
	id: number;
	label: string;
	code: string;
	name: string;
	usage: string;
	algorithm: string;
	bits: number;
	mode: string;
	exportability: string;
	levels: number;
	period_days: number;
	place: 'device' | 'host';
}

export type KeyState = 'PRE' | 'ACTIVE' | 'SUSPENDED' | 'DEACTIVATED' | 'COMPROMISED' | 'DESTROYED';

export interface KeyVersion {
	id: number;
	version: number;
	state: KeyState;
	was_compromised: boolean;
	kcv: string;
	lmk: number;
	origin: 'gen' | 'import' | 'batch' | 'derive';
	card_ki: number;
	card_kv: number;
	created_us: number;
	activate_at_us: number;
	protect_until_us: number;
	process_until_us: number;
	recover_until_us: number;
}

export type ApprovalState = 'PENDING' | 'APPROVED' | 'USED' | 'REFUSED' | 'EXPIRED';

export interface Approval {
	id: number;
	op: string;
	/** A JSON object: the fields of what will be carried out. */
	payload: string;
	initiator: string;
	needed: string;
	/** Roles of who has to agree next; empty: nobody any more. */
	next: string;
	approvers: string[];
	state: ApprovalState;
	created_us: number;
	expires_us: number;
}

export interface Device {
	number: number;
	vendor: string;
	model: string;
	serial: string;
	firmware: string;
	software: boolean;
	lost: boolean;
	capabilities: string[];
}

export interface AuditLine {
	seq: number;
	ts: string;
	actor: string;
	op: string;
	detail: string;
	result: string;
	lmk: number;
	link: string;
}

export interface AuditVerdict {
	lines: number;
	unkeyed: number;
	checkpoint: number;
	first_bad?: number;
	what?: string;
}

export type { MasterKey, Renewal };
