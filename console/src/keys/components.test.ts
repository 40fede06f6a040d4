// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { digitsOf, mayGive, paperLines, partCounts, partState, valueBytes, type Entry } from './components';

const source = (path: string) => readFileSync(`../src/${path}`, 'utf8');

describe('components', () => {
	const entry: Entry = { id: 1, key: 1, parts: 2, given: 1, until_us: 0, components: [{ custodian: 'key1', kcv: '2331550BC9' }] };

	it('are as long as the value', () => {
		expect([{ algorithm: 'T', bits: 112 }, { algorithm: 'T', bits: 168 }, { algorithm: 'A', bits: 256 }, { algorithm: '4', bits: 128 }].map(valueBytes)).toEqual([16, 24, 32, 16]);
		expect([paperLines({ algorithm: 'T', bits: 168 }), paperLines({ algorithm: 'A', bits: 256 })]).toEqual([3, 4]);
	});

	it.each([['', 'empty'], ['0F1E', 'short'], ['0f1e 2d3c', 'right'], ['0F1E 2D3C 4', 'wrong'], ['0F1G', 'wrong']] as const)('%s is %s', (text, state) => {
		expect(partState(text, 8)).toBe(state);
	});

	it('are given by so many custodians, and again by the same', () => {
		const [, least, most] = /EXCHANGE_PARTS_MIN = (\d),\s+EXCHANGE_PARTS_MAX = (\d)/.exec(source('domain/keys/exchange_entry.h')) ?? [];

		expect([partCounts[0], partCounts[1]].map(String)).toEqual([least, most]);
		expect(mayGive(entry, 'key2')).toBe(true);
		expect(mayGive({ ...entry, given: 2, parts: 2 }, 'key2')).toBe(false);
		expect(mayGive({ ...entry, given: 2 }, 'key1')).toBe(true);
		expect(digitsOf('0f 1e')).toBe('0F1E');
	});
});
