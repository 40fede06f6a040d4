// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { crc8, isSamePaper, linesOf, lineState } from './paper';
import { nextStates } from './states';
import type { KeyState } from './answers';
import { keyUses } from './uses';

const source = (path: string) => readFileSync(`../src/${path}`, 'utf8');

describe('a component on paper', () => {
	// CRC-8 of "123456789" is F4 (polynomial 07, initial 00).
	it('has the check that the key manager prints', () => {
		expect(crc8(new TextEncoder().encode('123456789'))).toBe(0xf4);
	});

	it.each([
		['', 'empty'], ['   ', 'empty'], ['3132', 'short'], ['3132 3334 3536 3738', 'short'],
		['3132 3334 3536 3738 ', 'short'], ['0000 0000 0000 0000 00', 'right'], ['0000 0000 0000 0000 01', 'wrong'],
		['3132 3334 3536 373G', 'wrong'], ['0000 0000 0000 0000 0000', 'wrong'],
	] as const)('%s is %s', (text, state) => {
		expect(lineState(text)).toBe(state);
	});

	it('shows a digit that is wrong, and two that changed places', () => {
		const crc = crc8([0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78]).toString(16).padStart(2, '0');

		expect(lineState(`0f1e 2d3c 4b5a 6978 ${crc}`)).toBe('right');
		expect(lineState(`0F1E 2D3C 4B5A 6979 ${crc}`)).toBe('wrong');
		expect(lineState(`1e0f 2d3c 4b5a 6978 ${crc}`)).toBe('wrong');
	});

	it('is the same when blanks and letters differ only in looks', () => {
		expect(isSamePaper(['0f1e 2d3c', 'AB'], ['0F1E2D3C', 'a b'])).toBe(true);
		expect(isSamePaper(['0f1e'], ['0f1f'])).toBe(false);
		expect(isSamePaper(['0f', '1e'], ['0f1e', ''])).toBe(false);
		expect([linesOf('AES'), linesOf('SM4')]).toEqual([4, 2]);
	});
});

describe('tables that the key manager has too', () => {
	it('steps between states are those of key_version.c', () => {
		const known = [...source('domain/keys/key_version.c').matchAll(/\{ KEY_([A-Z]+), KEY_([A-Z]+) \}/g)].map(([, from, to]) => `${from} ${to}`);
		const states: KeyState[] = ['PRE', 'ACTIVE', 'SUSPENDED', 'DEACTIVATED', 'COMPROMISED', 'DESTROYED'];

		expect(known.length).toBeGreaterThan(10);
		expect(states.flatMap((from) => nextStates(from).map((to) => `${from} ${to}`)).sort()).toEqual(known.sort());
	});

	it('uses of keys are those of keyblock_use.c', () => {
		const known = [...source('crypto/keyblock_use.c').matchAll(/\{ "(\w\w)", "(\w+)", "(\w+)", (ANY|"\w+"),/g)]
			.map(([, usage, algorithms, modes, exportability]) => `${usage} ${algorithms} ${modes} ${exportability === 'ANY' ? 'ESN' : exportability?.replaceAll('"', '')}`);

		expect(known.length).toBeGreaterThan(40);
		expect(keyUses.map((use) => `${use.usage} ${use.algorithms} ${use.modes} ${use.exportability}`)).toEqual(known);
	});
});
