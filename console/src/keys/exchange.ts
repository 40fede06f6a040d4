// SPDX-License-Identifier: Apache-2.0
// exchange.ts — keys out and in as src/service/kms/acts_exchange.c and acts_batch.c tell them, and a batch key file
// (src/codec/ockx.h) taken apart to be shown: whether it holds is the key manager's to say.
import { Refusal } from '../api/client';
import type { KeyDefinition, KeyState } from './answers';
import { download } from './download';
import { bytesOf, hexOf } from './seal';

/* --- transport keys --- */

/** Uses and modes of what may carry others: a transport key goes both ways, an import pair only inwards. */
export function carries(key: Pick<KeyDefinition, 'usage' | 'mode'>, way: 'out' | 'in'): boolean {
	if (key.usage === 'K2') return way === 'in' && 'BD'.includes(key.mode);
	return (key.usage === 'K0' || key.usage === 'K1') && (way === 'out' ? 'BE' : 'BD').includes(key.mode);
}

/** What protects must be ACTIVE; what was protected before may still be opened. */
export function mayCarry(state: KeyState, way: 'out' | 'in'): boolean {
	return state === 'ACTIVE' || (way === 'in' && state === 'DEACTIVATED');
}

export function mayLeave(state: KeyState): boolean {
	return state === 'PRE' || state === 'ACTIVE' || state === 'DEACTIVATED';
}

/* --- what came out --- */

export interface Exported {
	label?: string;
	batch?: string;
	count?: number;
	kcv?: string;
	carrier: string;
	/** A version of a key block, or "raw". */
	form?: string;
	sha256?: string;
	file?: string;
	file_hex?: string;
	file_name?: string;
}

/** A key or a batch of keys in an answer: whoever carries the order out gets it once. */
export function exportedIn(answer: unknown): Exported | null {
	const told = answer as Partial<Exported>;

	return told.carrier && (told.file || told.file_hex) ? told as Exported : null;
}

export function downloadExported({ label, file, file_hex, file_name }: Exported): void {
	if (file_hex) download(`${label}.bin`, bytesOf(file_hex), 'application/octet-stream');
	else download(file_name ?? `${label}.txt`, file ?? '');
}

/* --- batches --- */

export interface Batch {
	id: number;
	direction: 'out' | 'in';
	batch: string;
	carrier: string;
	count: number;
	sha256: string;
	created_us: number;
}

export interface Chosen {
	version: number;
	label: string;
	kcv: string;
}

export interface Choice {
	count: number;
	/** Versions that may not leave. */
	left_out: number;
	keys_sha256: string;
	keys: Chosen[];
}

export interface BatchVerdict {
	issuer: string;
	batch: string;
	count: number;
	done_before: boolean;
	imported: number;
	skipped: number;
	defined: number;
}

export interface BatchRow {
	/** In the file, from 1. */
	line: number;
	product: string;
	key: string;
	version: number;
	usage: string;
	algorithm: string;
	bits: number;
	kcv: string;
	from: string;
	to: string;
}

export interface BatchFile {
	issuer: string;
	batch: string;
	carrier: string;
	/** Check value of the transport key, as its sender has it. */
	check: string;
	count: number;
	rows: BatchRow[];
}

function rowOf(line: string, index: number): BatchRow {
	const [, , product = '', key = '', version, usage = '', algorithm = '', bits, kcv = '', from = '', to = ''] = line.split('|');

	return { line: index + 1, product, key, version: Number(version), usage, algorithm, bits: Number(bits), kcv, from, to };
}

/** Null when it is no batch file at all. */
export function readBatch(text: string): BatchFile | null {
	const lines = text.split('\n');
	const [kind, , , issuer = '', batch = '', carrier = '', check = '', , count] = (lines[0] ?? '').split('|');
	const rows = lines.map((line, index) => ({ line, index })).filter(({ line }) => line.startsWith('K|')).map(({ line, index }) => rowOf(line, index));

	return kind === 'OCKX' && check ? { issuer, batch, carrier, check, count: Number(count), rows } : null;
}

/** Check values of one key may be of different lengths. */
export function isSameCheck(one: string, other: string): boolean {
	const length = Math.min(one.length, other.length);

	return length > 0 && one.slice(0, length).toUpperCase() === other.slice(0, length).toUpperCase();
}

/** How a row stands to what is in the store. */
export const standings = ['conflict', 'refused', 'undefined', 'defined', 'new', 'there'] as const;
export type Standing = (typeof standings)[number];

/** What the store has of a key: check values by version. */
export type Held = Map<string, Map<number, string>>;

export function heldName(row: Pick<BatchRow, 'product' | 'key'>): string {
	return `${row.product}.${row.key}`;
}

export function standingOf(row: BatchRow, held: Held, defineMissing: boolean, fault: Fault | null): Standing {
	const versions = held.get(heldName(row));
	const has = versions?.get(row.version);

	if (has !== undefined && !isSameCheck(has, row.kcv)) return 'conflict';
	if (fault?.line === row.line) return versions ? 'refused' : 'undefined';
	if (!versions) return defineMissing ? 'defined' : 'undefined';
	return has === undefined ? 'new' : 'there';
}

/** Where a file is wrong. */
export interface Fault {
	line: number;
	name?: string;
	rule?: string;
}

/** The line that a refusal names; null when it is about the file as a whole. */
export function faultIn(error: unknown): Fault | null {
	const told = error instanceof Refusal ? error.answer as Partial<Fault> | undefined : undefined;

	return told?.line ? told as Fault : null;
}

/** A fault of a row, and not of the form of the file or of what holds it together: the rows may be shown then. */
export function isOfRow(error: unknown): boolean {
	return faultIn(error) !== null && error instanceof Refusal && !error.code.startsWith('OCKX_');
}

/* --- one key --- */

export const importForms = ['block', 'raw', 'oaep-sha256', 'oaep-sha1', 'sm2'] as const;
export type ImportForm = (typeof importForms)[number];

/** Forms in which a value comes under such a carrier. */
export function formsUnder(carrier: Pick<KeyDefinition, 'usage' | 'algorithm' | 'exportability'>): ImportForm[] {
	if (carrier.usage === 'K2') return carrier.algorithm === '2' ? ['sm2'] : ['oaep-sha256', 'oaep-sha1'];
	return carrier.exportability === 'S' ? ['block', 'raw'] : ['block'];
}

/** A text as the bytes of a file in hexadecimal. */
export function hexOfText(text: string): string {
	return hexOf(new TextEncoder().encode(text.trim()));
}
