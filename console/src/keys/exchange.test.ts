// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { Refusal } from '../api/client';
import { carries, exportedIn, faultIn, formsUnder, hexOfText, importForms, isOfRow, isSameCheck, mayCarry, readBatch, standingOf, type BatchRow, type Held } from './exchange';

const source = (path: string) => readFileSync(`../src/${path}`, 'utf8');

const file = [
	'OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1',
	'K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20311121|D0112', 'E|1|9B5D157AA832043C3020B4435E51BEB3',
].join('\n');

describe('a batch key file', () => {
	it('is taken apart to be shown', () => {
		const batch = readBatch(file);

		expect(batch).toMatchObject({ issuer: 'CAMPUS01', batch: 'TEST0001', carrier: 'ZMK.01', check: '2331550BC9', count: 1 });
		expect(batch?.rows).toEqual([{ line: 2, product: 'EP', key: 'DPK', version: 1, usage: '20', algorithm: 'T', bits: 112, kcv: 'D2B91C', from: '20261122', to: '20311121' }]);
	});

	it.each(['', 'a letter', 'OCKX', 'K|1|EP'])('%j is none', (text) => {
		expect(readBatch(text)).toBeNull();
	});

	const row = readBatch(file)?.rows[0] as BatchRow;
	const held = (...versions: [number, string][]): Held => new Map([['EP.DPK', new Map(versions)]]);

	it.each([
		['new', held(), false, null], ['new', held([2, 'D2B91C']), false, null], ['there', held([1, 'D2B91C']), false, null], ['there', held([1, 'D2B91C8E14']), false, null],
		['conflict', held([1, 'D2B91D']), false, null], ['conflict', held([1, 'D2B91D']), false, { line: 2 }], ['refused', held(), false, { line: 2 }], ['new', held(), false, { line: 3 }],
		['undefined', new Map() as Held, false, null], ['defined', new Map() as Held, true, null], ['undefined', new Map() as Held, true, { line: 2 }],
	] as const)('its line is %s', (standing, has, defineMissing, fault) => {
		expect(standingOf(row, has, defineMissing, fault)).toBe(standing);
	});

	it('has lines to be shown when one of them is refused, not when its form is', () => {
		const refusal = (code: string, line?: number) => new Refusal(code, 409, undefined, { code, ...(line && { line }) });

		expect(faultIn(refusal('EXCHANGE_OTHER_VALUE', 2))).toMatchObject({ line: 2 });
		expect(isOfRow(refusal('EXCHANGE_OTHER_VALUE', 2))).toBe(true);
		expect(isOfRow(refusal('OCKX_FORM', 2))).toBe(false);
		expect(isOfRow(refusal('EXCHANGE_MAC'))).toBe(false);
		expect(isOfRow(new Error())).toBe(false);
	});

	it('has check values of which one may be longer', () => {
		expect(isSameCheck('D2B91C', 'd2b91c8e14')).toBe(true);
		expect(isSameCheck('D2B91C', 'D2B91D8E14')).toBe(false);
		expect(isSameCheck('', 'D2B91C')).toBe(false);
	});
});

describe('what carries', () => {
	it('goes both ways by its mode, an import pair inwards only', () => {
		expect(carries({ usage: 'K1', mode: 'B' }, 'out') && carries({ usage: 'K0', mode: 'E' }, 'out') && carries({ usage: 'K0', mode: 'D' }, 'in')).toBe(true);
		expect(carries({ usage: 'K1', mode: 'D' }, 'out') || carries({ usage: 'K1', mode: 'E' }, 'in') || carries({ usage: 'K2', mode: 'B' }, 'out') || carries({ usage: '20', mode: 'X' }, 'in')).toBe(false);
		expect(mayCarry('DEACTIVATED', 'in')).toBe(true);
		expect(mayCarry('DEACTIVATED', 'out')).toBe(false);
	});

	it('says in which form a value comes, of those that acts_exchange.c knows', () => {
		const known = /form_of[^{]*\{[^{]*\{([^}]+), NULL/.exec(source('service/kms/acts_exchange.c'))?.[1];

		expect([...known?.matchAll(/"([a-z0-9-]+)"/g) ?? []].map(([, name]) => name).sort()).toEqual([...importForms].sort());
		expect(formsUnder({ usage: 'K1', algorithm: 'A', exportability: 'E' })).toEqual(['block']);
		expect(formsUnder({ usage: 'K1', algorithm: 'A', exportability: 'S' })).toEqual(['block', 'raw']);
		expect(formsUnder({ usage: 'K2', algorithm: '2', exportability: 'N' })).toEqual(['sm2']);
	});

	it('is told with what came out, and with nothing else', () => {
		expect(exportedIn({ label: 'A.B.C.01', carrier: 'A.Z.M.01', file: 'D0112' })).not.toBeNull();
		expect(exportedIn({ label: 'A.B.C.01', file_hex: '3059' })).toBeNull();
		expect(exportedIn({ carrier: 'A.Z.M.01' })).toBeNull();
	});

	it('goes as the bytes of its text', () => {
		expect(hexOfText(' D01\n')).toBe('443031');
	});
});
