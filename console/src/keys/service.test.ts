// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { zh } from '../i18n/zh-CN';
import { caKeyName, monthOf, nextOfBook, nextTracking, profilesOf, ridOf, schemes, type CertificateBook, type CertificateState, type Request } from './certificates';
import { grantable, groups, operations, operationsOf, paceOf, wordsFor } from './clients';
import { cardsIn, countsText, kinds, nextSteps, states, ways } from './stock';

const source = (path: string) => readFileSync(`../src/${path}`, 'utf8');

describe('tables that the key manager has too', () => {
	it('operations are those of kms_message.c', () => {
		const codes = Object.fromEntries([...source('codec/kms_message.h').matchAll(/KMS_([A-Z0-9_]+) = 0x([0-9A-F]{2}),(?= \/|\n)/g)].map(([, name, code]) => [name, code]));
		const known = [...source('codec/kms_message.c').matchAll(/\{ KMS_([A-Z0-9_]+), "([a-z0-9-]+)" \}/g)].map(([, name, word]) => `${codes[name ?? '']} ${word}`);

		expect(known.length).toBeGreaterThan(30);
		expect(operations.map((one) => `${one.code} ${one.word}`)).toEqual(known);
	});

	it('groups, and what has to be named, are those of key_client_may.c', () => {
		const text = source('domain/keys/key_client_may.c');
		const wordOf = (name: string) => name.replace(/^KMS_/, '').toLowerCase().replaceAll('_', '-');
		const named = [...(/named_only\[\] = \{([^}]+)\}/.exec(text)?.[1] ?? '').matchAll(/KMS_\w+/g)].map(([name]) => wordOf(name));
		const known = [...text.matchAll(/\{ "(\w+)", \{ (KMS[^}]+) \} \}/g)].map(([, group, list]) => [group, list?.split(', ').map(wordOf)]);

		expect(named.length).toBeGreaterThan(5);
		expect(operations.filter((one) => one.named).map((one) => one.word).sort()).toEqual(named.sort());
		expect(Object.entries(groups)).toEqual(known);
	});

	it('schemes, their providers and layouts are those of ca.c and api/ipk', () => {
		const text = source('domain/keys/ca.c');
		const hex = (name: string) => [...(new RegExp(`\\[${name}\\] = \\{([^}]+)\\}`).exec(text)?.[1] ?? '').matchAll(/0x(\w\w)/g)].map(([, byte]) => byte).join('');
		const layouts = readdirSync('../api/ipk').map((name) => name.replace(/\..*$/, ''));

		expect(schemes.map((one) => `"${one}"`).join(', ')).toBe(/ca_scheme_names\[\] = \{ (.+), NULL \}/.exec(text)?.[1]);
		for (const scheme of schemes) expect(ridOf[scheme]).toBe(scheme === 'other' ? '' : hex(`CA_${scheme.toUpperCase()}`));
		expect([...profilesOf('other')].sort()).toEqual(layouts.sort());
		expect(profilesOf('unionpay')).toEqual(['unionpay', 'unionpay-b']);
		expect(profilesOf('mastercard')).toEqual(['mastercard']);
	});
});

describe('the audit', () => {
	it('has a name for whatever the key manager writes', () => {
		const folders = ['domain/keys', 'service/kms'];
		const text = folders.flatMap((folder) => readdirSync(`../src/${folder}`).filter((name) => /\.c$/.test(name) && !/test/.test(name)).map((name) => source(`${folder}/${name}`))).join('\n');
		const written = [...text.matchAll(/(?:key_audit_write\(\w+, |\.audit = |note\(act, )"([A-Z.]+)"/g)].map(([, op]) => op ?? '');

		expect(new Set(written).size).toBeGreaterThan(40);
		expect([...new Set(written)].filter((op) => !(`keys.audit.op.${op}` in zh))).toEqual([]);
	});
});

describe('the book of card stock', () => {
	const names = (array: string, text: string) => [...(new RegExp(`${array}([^;]+);`).exec(text)?.[1] ?? '').matchAll(/"([A-Z_]+)"/g)].map(([, name]) => name);

	it('kinds, states and moves are those of stock.c', () => {
		const text = source('domain/keys/stock.c');
		const known = [...text.matchAll(/\{ STOCK_IS_([A-Z_]+), STOCK_IS_([A-Z_]+), (true|false) \}/g)].map(([, from, to, reason]) => `${from} ${to} ${reason}`);

		expect(kinds).toEqual(names('stock_kind_names\\[\\] = ', text));
		expect(states).toEqual([...(/#define STATES([^#]+?)\n\n/.exec(text)?.[1] ?? '').matchAll(/"([A-Z_]+)"/g)].map(([, name]) => name));
		expect(known.length).toBeGreaterThan(20);
		expect(states.flatMap((from) => nextSteps(from).map((step) => `${from} ${step.to} ${step.needsReason}`)).sort()).toEqual(known.sort());
		expect(ways.flat().sort()).toEqual([...states].sort());
	});

	it('lists and counts are written as the key manager reads them', () => {
		expect(cardsIn('')).toBe(0);
		expect(cardsIn('chip,number\nC001,5000000001\n\n C002 \n')).toBe(2);
		expect(cardsIn('芯片号\nC001')).toBe(1);
		expect(countsText({ 'PSAM:IN_STORE': 12, 'PSAM:WASTE': 0, 'PSAM:FINISHED': null })).toBe('PSAM:IN_STORE=12 PSAM:WASTE=0');
	});
});

describe('rights of a client', () => {
	it('words become operations, and operations the shortest words', () => {
		expect([...operationsOf('mac')]).toEqual(['mac-make', 'mac-verify', 'diversify-mac']);
		expect([...operationsOf('0034 decrypt')]).toEqual(['tac-verify', 'decrypt']);
		expect(operationsOf('all').has('decrypt')).toBe(false);
		expect(operationsOf('all').has('encrypt')).toBe(true);
		expect(operationsOf('').size).toBe(0);
		expect(wordsFor(new Set(['mac-make', 'mac-verify', 'diversify-mac', 'decrypt', 'purchase']))).toBe('mac decrypt purchase');
		expect(wordsFor(new Set())).toBe('');
	});

	it('all of them fit into what the key manager takes', () => {
		expect(wordsFor(new Set(grantable.map((one) => one.word))).length).toBeLessThanOrEqual(320);
	});

	it('the pace is what was asked for between two looks', () => {
		expect(paceOf({ used: 100, atMs: 1000 }, 150, 6000)).toBe(10);
		expect(paceOf(undefined, 150, 6000)).toBeNull();
		expect(paceOf({ used: 100, atMs: 1000 }, 3, 6000)).toBeNull();
		expect(paceOf({ used: 100, atMs: 1000 }, 150, 1000)).toBeNull();
	});
});

describe('the way to a certificate', () => {
	const request = (state: CertificateState, tracking = '000123') => ({ id: 1, state, tracking, label: 'A.B.C.01' }) as Request;
	const empty: CertificateBook = { authorities: [], keys: [], pairs: 0, requests: [], certificates: [] };
	const ready: CertificateBook = { ...empty, authorities: [{} as CertificateBook['authorities'][0]], keys: [{ state: 'ACTIVE' } as CertificateBook['keys'][0]], pairs: 1 };

	it('says what comes next', () => {
		expect(nextOfBook(empty).next).toBe('authority');
		expect(nextOfBook({ ...ready, keys: [{ state: 'EXPIRED' } as CertificateBook['keys'][0]] }).next).toBe('caKey');
		expect(nextOfBook({ ...ready, pairs: 0 }).next).toBe('pair');
		expect(nextOfBook(ready).next).toBe('request');
		expect(nextOfBook({ ...ready, requests: [request('DRAFT')] })).toEqual({ next: 'send', subject: 'A.B.C.01' });
		expect(nextOfBook({ ...ready, requests: [request('DRAFT'), request('SENT')] }).next).toBe('import');
		expect(nextOfBook({ ...ready, requests: [request('ISSUED'), request('SENT')] }).next).toBe('use');
		expect(nextOfBook({ ...ready, requests: [request('REVOKED')] }).next).toBe('request');
	});

	it('names things as people do', () => {
		expect(monthOf('1230')).toBe('2030-12');
		expect(nextTracking([])).toBe('000001');
		expect(nextTracking([request('SENT', '000122'), request('SENT', '000009')])).toBe('000123');
		expect(caKeyName({ rid: 'A000000333', index: '09', bits: 1408 })).toBe('A000000333 09 · 1408');
	});
});
