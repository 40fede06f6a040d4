// SPDX-License-Identifier: Apache-2.0
// stock.ts — the book of card stock (卡片台账) as src/service/kms/acts_stock*.c tell it, and the moves that
// src/domain/keys/stock.c knows (keys 17).

export const kinds = [
	'USER_CARD', 'PSAM', 'ISAM', 'VENDOR_AUTH', 'ISSUE_MOTHER', 'ISSUE_AUTH', 'WASH_MOTHER', 'WASH_AUTH', 'CONTROL_MOTHER', 'TRANSPORT', 'ADMIN', 'OPERATOR', 'AUTHORISATION',
] as const;
export type Kind = (typeof kinds)[number];

export const states = [
	'RECEIVED', 'IN_STORE', 'ISSUED_TO_OP', 'FINISHED', 'DELIVERED', 'INSTALLED', 'RETURNED', 'LOST', 'WASTE', 'WASTE_STORE', 'SHREDDED',
] as const;
export type State = (typeof states)[number];

/** Where the boxes of the picture stand: the way of a good card, and what becomes of the others. */
export const ways: State[][] = [
	['RECEIVED', 'IN_STORE', 'ISSUED_TO_OP', 'FINISHED', 'DELIVERED', 'INSTALLED'],
	['WASTE', 'WASTE_STORE', 'SHREDDED', 'LOST', 'RETURNED'],
];

/** "!": somebody must say why. */
const steps: Record<State, string[]> = {
	RECEIVED: ['IN_STORE', 'WASTE!', 'LOST!'],
	IN_STORE: ['ISSUED_TO_OP', 'WASTE!', 'LOST!'],
	ISSUED_TO_OP: ['FINISHED', 'IN_STORE', 'WASTE!', 'LOST!'],
	FINISHED: ['DELIVERED', 'WASTE!', 'LOST!'],
	DELIVERED: ['INSTALLED', 'RETURNED', 'LOST!'],
	INSTALLED: ['RETURNED', 'LOST!'],
	RETURNED: ['FINISHED', 'WASTE!', 'LOST!'],
	LOST: ['RETURNED!'],
	WASTE: ['WASTE_STORE', 'IN_STORE!', 'LOST!'],
	WASTE_STORE: ['SHREDDED', 'LOST!'],
	SHREDDED: [],
};

export interface Step {
	to: State;
	needsReason: boolean;
}

export function nextSteps(from: State): Step[] {
	return steps[from].map((one) => ({ to: one.replace('!', '') as State, needsReason: one.endsWith('!') }));
}

export interface Heap {
	kind: Kind;
	state: State;
	place: string;
	count: number;
}

export interface StockCard {
	chip: string;
	kind: Kind;
	state: State;
	place: string;
	/** What it bears once it is finished. */
	number: string;
	day: string;
}

export interface CardStep {
	/** Empty when it came into the book. */
	from: State | '';
	to: State;
	voucher: number;
	voucher_number: string;
	giver: string;
	taker: string;
	reason: string;
	card_number: string;
	day: string;
	actor: string;
	at_us: number;
}

export interface Voucher {
	id: number;
	number: string;
	kind: Kind;
	to: State;
	count: number;
	giver: string;
	taker: string;
	place: string;
	reason: string;
	signed_first: string;
	signed_second: string;
	day: string;
	actor: string;
	at_us: number;
}

export interface Balance {
	kind: Kind;
	opening: number;
	received: number;
	returned: number;
	delivered: number;
	shredded: number;
	lost: number;
	closing: number;
	balanced: boolean;
	differs?: string;
	states: Partial<Record<State, number>>;
}

export interface StockDay {
	closed: boolean;
	last_closed: string;
	balances: Balance[];
}

export function countIn(heaps: Heap[], kind: Kind, state: State): number {
	return heaps.filter((one) => one.kind === kind && one.state === state).reduce((sum, one) => sum + one.count, 0);
}

/** One card a line, "chip" or "chip,number"; how many there are. */
export function cardsIn(list: string): number {
	return list.split('\n').map((line) => line.trim()).filter((line) => line && !/^(chip|芯片号)/i.test(line)).length;
}

/** What is worth a line in the day's table. */
export function isMoved(balance: Balance): boolean {
	return !balance.balanced || [balance.opening, balance.received, balance.returned, balance.delivered, balance.shredded, balance.lost, balance.closing].some((one) => one !== 0);
}

/** "PSAM:IN_STORE=12": what was counted by hand, empty fields left out. */
export function countsText(counted: Record<string, number | null>): string {
	return Object.entries(counted).filter(([, count]) => count !== null).map(([heap, count]) => `${heap}=${count}`).join(' ');
}
