// SPDX-License-Identifier: Apache-2.0
// paper.ts — a component as it stands on paper (keys 5.1): lines of four groups of four hex digits and a CRC-8 of the
// line's eight bytes, so that a typing error shows while one types.

const lineBytes = 8;
const lineDigits = 2 * (lineBytes + 1);

export type LineState = 'empty' | 'short' | 'wrong' | 'right';

export function linesOf(algorithm: 'AES' | 'SM4'): number {
	return algorithm === 'AES' ? 4 : 2;
}

/** CRC-8, polynomial 07, initial 00. */
export function crc8(bytes: Iterable<number>): number {
	let crc = 0;

	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
	}
	return crc;
}

/** How one typed line stands; blanks and the case of letters are forgiven. */
export function lineState(text: string): LineState {
	const digits = text.replace(/\s/g, '');

	if (digits === '') return 'empty';
	if (/[^0-9a-f]/i.test(digits) || digits.length > lineDigits) return 'wrong';
	if (digits.length < lineDigits) return 'short';
	const bytes = Array.from({ length: lineBytes + 1 }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16));
	return crc8(bytes.slice(0, lineBytes)) === bytes[lineBytes] ? 'right' : 'wrong';
}

export function isSamePaper(one: string[], other: string[]): boolean {
	const plain = (lines: string[]) => lines.map((line) => line.replace(/\s/g, '').toUpperCase()).join('\n');

	return plain(one) === plain(other);
}
