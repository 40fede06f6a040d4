// SPDX-License-Identifier: Apache-2.0
// certificates.ts — authorities, their keys, requests and certificates as src/service/kms/acts_ca.c and acts_certificate.c
// tell them, and what comes next on the way from one to the other (keys 16.2 to 16.4).

export const schemes = ['unionpay', 'visa', 'mastercard', 'other'] as const;
export type Scheme = (typeof schemes)[number];

/** Registered application providers of the schemes; another authority has its own. */
export const ridOf: Record<Scheme, string> = { unionpay: 'A000000333', visa: 'A000000003', mastercard: 'A000000004', other: '' };

/** Layouts of requests that come with the platform (api/ipk); an authority of a scheme takes its own. */
const profiles = ['unionpay', 'unionpay-b', 'visa', 'visa-b', 'mastercard', 'generic'] as const;
export type Profile = (typeof profiles)[number];

export function profilesOf(scheme: Scheme): Profile[] {
	return profiles.filter((one) => scheme === 'other' || one === scheme || one === `${scheme}-b`);
}

/** The scheme counts an issuer's keys. */
export function hasIndex(profile: string): boolean {
	return profile === 'mastercard';
}

export interface Authority {
	id: number;
	code: string;
	name: string;
	scheme: Scheme;
	rid: string;
	note: string;
}

export interface CaKey {
	id: number;
	ca: number;
	rid: string;
	index: string;
	bits: number;
	modulus: string;
	exponent: string;
	expiry: string;
	checksum: string;
	state: 'ACTIVE' | 'EXPIRED' | 'REVOKED';
	source_sha256?: string;
	created_us: number;
}

export type CertificateState = 'DRAFT' | 'SENT' | 'ISSUED' | 'IN_USE' | 'EXPIRED' | 'REVOKED';
export const certificateWay = ['DRAFT', 'SENT', 'ISSUED', 'IN_USE'] as const satisfies CertificateState[];

export interface Request {
	id: number;
	ca: number;
	/** 0: not known which will sign. */
	ca_key: number;
	key_version: number;
	label: string;
	profile: Profile;
	iin: string;
	/** MMYY. */
	expiry: string;
	tracking: string;
	file_name: string;
	hash_shown: string;
	state: CertificateState;
	created_us: number;
}

export interface RequestFiles {
	id: number;
	label: string;
	state: CertificateState;
	file_name: string;
	file_hex: string;
	hash_name?: string;
	hash_hex?: string;
	hash_shown: string;
}

export interface Certificate {
	id: number;
	request: number;
	ca_key: number;
	key_version: number;
	label: string;
	iin: string;
	serial: string;
	expiry: string;
	rid: string;
	index: string;
	source_sha256: string;
	state: CertificateState;
	verified_us: number;
}

export interface Imported {
	id: number;
	label: string;
	serial: string;
	state: CertificateState;
	again: boolean;
}

export function caKeyName(key: Pick<CaKey, 'rid' | 'index' | 'bits'>): string {
	return `${key.rid} ${key.index} · ${key.bits}`;
}

/** "1230" as "2030-12". */
export function monthOf(expiry: string): string {
	return `20${expiry.slice(2)}-${expiry.slice(0, 2)}`;
}

/** The next free tracking number: six digits, one more than the highest. */
export function nextTracking(requests: Request[]): string {
	const highest = Math.max(0, ...requests.map((one) => Number(one.tracking)).filter((one) => !Number.isNaN(one)));

	return String((highest + 1) % 1_000_000).padStart(6, '0');
}

/* --- what comes next --- */

export interface CertificateBook {
	authorities: Authority[];
	keys: CaKey[];
	/** Versions of RSA keys that may be certified. */
	pairs: number;
	requests: Request[];
	certificates: Certificate[];
}

export const certificateSteps = ['authority', 'caKey', 'pair', 'request', 'certificate'] as const;
export type CertificateStep = (typeof certificateSteps)[number];
export type CertificateNext = 'authority' | 'caKey' | 'pair' | 'request' | 'send' | 'import' | 'use' | 'done';

export function countsOf(book: CertificateBook): Record<CertificateStep, number> {
	return {
		authority: book.authorities.length, caKey: book.keys.filter((one) => one.state === 'ACTIVE').length, pair: book.pairs,
		request: book.requests.filter((one) => one.state === 'DRAFT' || one.state === 'SENT').length,
		certificate: book.certificates.filter((one) => one.state === 'IN_USE').length,
	};
}

/** What waits is first in the line from its end: an answer before a new request. */
export function nextOfBook(book: CertificateBook): { next: CertificateNext; subject: string } {
	const requestIn = (state: CertificateState) => book.requests.find((one) => one.state === state);
	const waiting: [CertificateNext, string | undefined][] = [
		['use', requestIn('ISSUED')?.label], ['import', requestIn('SENT')?.label], ['send', requestIn('DRAFT')?.label],
		['done', book.certificates.find((one) => one.state === 'IN_USE')?.label],
	];
	const counts = countsOf(book);
	const found = waiting.find(([, subject]) => subject !== undefined);

	if (found) return { next: found[0], subject: found[1] ?? '' };
	const missing = (['authority', 'caKey', 'pair'] as const).find((one) => counts[one] === 0);
	return { next: missing ?? 'request', subject: '' };
}

/** Where a step stands: the last that has something, and so do all before it. */
export function stepOfNext(next: CertificateNext): CertificateStep {
	if (next === 'send') return 'request';
	return next === 'import' || next === 'use' || next === 'done' ? 'certificate' : next;
}
