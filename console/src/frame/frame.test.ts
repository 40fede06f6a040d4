// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { complaint } from '../pages/access/PasswordPage';
import { pageOf, pages } from './pages';
import { matches } from './shortcuts';
import { withAddress } from './tabs';

const sectionsMax = 9;
const pagesOfSectionMax = 8;

describe('the table of pages', () => {
	it('keeps the menu within its limits', () => {
		const sections = new Map<string, number>();

		for (const page of pages) if (page.section) sections.set(page.section, (sections.get(page.section) ?? 0) + 1);
		expect(sections.size).toBeLessThanOrEqual(sectionsMax);
		for (const count of sections.values()) expect(count).toBeLessThanOrEqual(pagesOfSectionMax);
	});

	it('finds the page of an address', () => {
		expect(pageOf('/people')?.page.path).toBe('/people');
		expect(pageOf('/people/17')).toMatchObject({ id: '17', page: { path: '/people/:id' } });
		expect(pageOf('/nowhere')).toBeNull();
	});
});

describe('open tabs', () => {
	const tabs = [{ path: '/', search: '' }, { path: '/transactions', search: '?kind=refund' }];

	it('a known path keeps its place and takes the new query', () => {
		expect(withAddress(tabs, '/transactions', '?kind=topup')).toEqual([tabs[0], { path: '/transactions', search: '?kind=topup' }]);
		expect(withAddress(tabs, '/transactions', '?kind=refund')).toBe(tabs);
	});

	it('an unknown path opens at the end', () => {
		expect(withAddress(tabs, '/people', '').at(-1)).toEqual({ path: '/people', search: '' });
	});
});

it('a new password is long enough, new, and typed twice alike', () => {
	expect(complaint('old password', 'short', 'short')).toBe('password.short');
	expect(complaint('old password', 'old password', 'old password')).toBe('password.same');
	expect(complaint('old password', 'new password', 'new passwort')).toBe('password.mismatch');
	expect(complaint('old password', '汉字也可以作为密码使用', '汉字也可以作为密码使用')).toBeNull();
});

it('single keys stay with the field one types in', () => {
	const field = document.createElement('input');
	const event = (init: KeyboardEventInit, target: HTMLElement) => {
		const made = new KeyboardEvent('keydown', init);
		Object.defineProperty(made, 'target', { value: target });
		return made;
	};

	expect(matches(event({ key: '?' }, document.body), { key: '?', single: true })).toBe(true);
	expect(matches(event({ key: '?' }, field), { key: '?', single: true })).toBe(false);
	expect(matches(event({ key: 'K', ctrlKey: true }, field), { key: 'k', ctrl: true })).toBe(true);
	expect(matches(event({ key: 'k' }, field), { key: 'k', ctrl: true })).toBe(false);
});
