// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { dictionaries, formatMicros, formatMoney, formatTime, parseMoney, translate } from './i18n';
import { en } from './en';
import { zh, type Message } from './zh-CN';

function forms(message: Message): string[] {
	return typeof message === 'string' ? [message] : [message.one, message.other];
}

function parameters(text: string): string[] {
	return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
}

describe('dictionaries', () => {
	it('have the same keys in every language', () => {
		expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
	});

	it('name the same parameters in every form and language', () => {
		for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
			const wanted = parameters(forms(zh[key])[0] ?? '');
			for (const text of [...forms(zh[key]), ...forms(en[key])]) expect(parameters(text), key).toEqual(wanted);
		}
	});

	it('leave no text empty, and none untranslated', () => {
		for (const [language, dictionary] of Object.entries(dictionaries)) {
			for (const [key, message] of Object.entries(dictionary)) {
				for (const text of forms(message)) expect(text.trim(), `${language} ${key}`).not.toBe('');
			}
		}
		for (const [key, message] of Object.entries(en)) {
			for (const text of forms(message)) expect(/[一-鿿]/.test(text), key).toBe(false);
		}
	});

	it('choose the plural form', () => {
		expect(translate('en', 'home.count', { count: 1 })).toBe('1 transaction');
		expect(translate('en', 'home.count', { count: 1234 })).toBe('1,234 transactions');
		expect(translate('zh-CN', 'home.count', { count: 1 })).toBe('1 笔');
	});
});

describe('money', () => {
	it.each([[0, '¥0.00'], [5, '¥0.05'], [123450, '¥1,234.50'], [-1200, '-¥12.00'], [100000000, '¥1,000,000.00'], [9007199254740991, '¥90,071,992,547,409.91']])('%i is %s', (fen, text) => {
		expect(formatMoney(fen)).toBe(text);
	});

	it.each([['12', 1200], ['12.5', 1250], [' 0.07 ', 7], ['12.505', null], ['-1', null], ['1e3', null], ['', null]])('%s is read as %s', (text, fen) => {
		expect(parseMoney(text)).toBe(fen);
	});
});

it('microseconds are shown as the wall clock of the site', () => {
	expect(formatMicros(1_772_690_851_000_000)).toBe('2026-03-05 14:07:31');
	expect(formatMicros(1_772_640_000_999_999)).toBe('2026-03-05 00:00:00');
});

it('times show the wall clock of the site', () => {
	expect(formatTime('2026-03-05T14:07:31+08:00')).toBe('2026-03-05 14:07');
	expect(formatTime('2026-03-05T14:07:31+08:00', true)).toBe('2026-03-05 14:07:31');
});
