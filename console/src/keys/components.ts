// SPDX-License-Identifier: Apache-2.0
// components.ts — values by components (分量录入) and key letters (密钥信封) as src/service/kms/acts_entry.c and acts_letter.c
// tell them.
import type { KeyDefinition } from './answers';

export interface Part {
	/** Login name; empty when nobody took it yet. */
	custodian: string;
	kcv: string;
}

export interface Entry {
	id: number;
	key: number;
	parts: number;
	given: number;
	until_us: number;
	components: Part[];
}

export interface Letters {
	id: number;
	label: string;
	kcv: string;
	parts: number;
	taken: number;
	until_us: number;
	letters: Part[];
}

export interface TakenLetter {
	label: string;
	letter: number;
	parts: number;
	kcv: string;
	key_kcv: string;
	paper: string;
}

export const partCounts = [2, 3] as const;

/** Bytes of a secret value: a definition counts DES keys without their parity. */
export function valueBytes(key: Pick<KeyDefinition, 'algorithm' | 'bits'>): number {
	return key.algorithm === 'T' || key.algorithm === 'D' ? key.bits / 7 : key.bits / 8;
}

const lineBytes = 8;

/** Lines of a component on paper. */
export function paperLines(key: Pick<KeyDefinition, 'algorithm' | 'bits'>): number {
	return valueBytes(key) / lineBytes;
}

/** Hexadecimal digits as they are sent, however they were typed. */
export function digitsOf(text: string): string {
	return text.replace(/\s/g, '').toUpperCase();
}

export type PartState = 'empty' | 'short' | 'wrong' | 'right';

/** How a component that is typed in digits stands. */
export function partState(text: string, digits: number): PartState {
	const typed = digitsOf(text);

	if (typed === '') return 'empty';
	if (/[^0-9A-F]/.test(typed) || typed.length > digits) return 'wrong';
	return typed.length < digits ? 'short' : 'right';
}

/** Who may give next: those who have given may give again, in place of what was wrong. */
export function mayGive(entry: Entry, name: string): boolean {
	return entry.given < entry.parts || entry.components.some((one) => one.custodian === name);
}
