// SPDX-License-Identifier: Apache-2.0
// authcards.ts — authorisation cards (授权卡) as src/service/kms/acts_authcard.c tells them.

export const cardStates = ['ISSUED', 'WRITTEN', 'USED', 'WITHDRAWN'] as const;
export type CardState = (typeof cardStates)[number];

/** What a card may offer its terminal. */
export const suites = ['aes', 'sm4', '3des'] as const;
export type Suite = (typeof suites)[number];
export const usualSuites: Suite[] = ['aes', 'sm4'];

/** Limits of what stands on it, in characters. */
export const nodeMax = 8;
export const samDigits = 12;
export const merchantMax = 15;
export const hostsMax = 128;
export const pointDigits = 130;
export const printDigits = 64;
export const versionMax = 99;

/** As many as the key manager tells at once, newest first. */
export const listedMax = 200;
/** How long a card waits to be written, and then to be used. */
export const goodHours = 24;
const goodUs = goodHours * 3600 * 1e6;

export interface AuthCard {
	id: number;
	serial: string;
	/** Subsystem code and processor number (处理机号) are its first two pairs. */
	node: string;
	sam: string;
	/** Of the terminal root. */
	version: number;
	merchant: string;
	hosts: string;
	state: CardState;
	issued_by: string;
	issued_us: number;
	not_before_us: number;
	not_after_us: number;
	used_us: number;
}

/** It may still be written or used, so it may be withdrawn. */
export function isOut(card: AuthCard): boolean {
	return card.state === 'ISSUED' || card.state === 'WRITTEN';
}

/** Until when it has to be written, and then used; 0 when neither is to come. */
export function untilOf(card: AuthCard): number {
	if (!isOut(card)) return 0;
	return card.state === 'ISSUED' ? card.issued_us + goodUs : card.not_after_us;
}

export function cardFileName(card: AuthCard): string {
	return `${card.node}-${card.serial}.card`;
}

/** Hexadecimal digits as people copy them: blanks, line ends and colons are none of them. */
export function digitsIn(text: string): string {
	return text.replace(/[\s:]/g, '').toUpperCase();
}
