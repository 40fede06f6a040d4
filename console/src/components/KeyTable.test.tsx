// SPDX-License-Identifier: Apache-2.0
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { I18nProvider } from '../i18n/i18n';
import { PreferencesProvider } from '../theme/preferences';
import { KeyTable, nextRow } from './KeyTable';

afterEach(cleanup);

const rows = Array.from({ length: 30 }, (_, index) => ({ id: String(index) }));

function Table({ onOpen }: { onOpen: (id: string) => void }) {
	const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());

	return (
		<PreferencesProvider>
			<I18nProvider>
				<KeyTable label="rows" columns={[{ key: 'id', title: 'Id', render: (row: { id: string }) => `row ${row.id}` }]} rows={rows}
					keyOf={(row) => row.id} onOpen={(row) => onOpen(row.id)} selected={selected} onSelect={setSelected} />
			</I18nProvider>
		</PreferencesProvider>
	);
}

function row(index: number): HTMLElement {
	const found = screen.getByText(`row ${index}`).closest('tr');
	if (!found) throw new Error('no such row');
	return found;
}

function press(key: string): void {
	fireEvent.keyDown(document.activeElement ?? document.body, { key });
}

describe('KeyTable', () => {
	it('has one row in the tab order, and it moves with the keys', () => {
		render(<Table onOpen={vi.fn()} />);
		expect(screen.getByRole('grid').querySelectorAll('tr[tabindex="0"]')).toHaveLength(1);
		row(0).focus();
		press('ArrowDown');
		expect(document.activeElement).toBe(row(1));
		press('PageDown');
		expect(document.activeElement).toBe(row(11));
		press('End');
		expect(document.activeElement).toBe(row(29));
		press('ArrowDown');
		expect(document.activeElement).toBe(row(29));
		press('PageUp');
		expect(document.activeElement).toBe(row(19));
		press('Home');
		expect(document.activeElement).toBe(row(0));
		expect(screen.getByRole('grid').querySelectorAll('tr[tabindex="0"]')).toHaveLength(1);
	});

	it('opens with Enter and selects with Space', () => {
		const onOpen = vi.fn();

		render(<Table onOpen={onOpen} />);
		row(0).focus();
		press('ArrowDown');
		press('Enter');
		expect(onOpen).toHaveBeenCalledWith('1');
		press(' ');
		expect(row(1).getAttribute('aria-selected')).toBe('true');
		press(' ');
		expect(row(1).getAttribute('aria-selected')).toBe('false');
	});

	it('leaves other keys and empty tables alone', () => {
		expect(nextRow('a', 0, 5)).toBeNull();
		expect(nextRow('ArrowDown', 0, 0)).toBeNull();
		expect(nextRow('PageDown', 2, 5)).toBe(4);
	});
});
