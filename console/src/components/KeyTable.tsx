// SPDX-License-Identifier: Apache-2.0
// KeyTable.tsx — a table worked by keyboard: one row is active, arrows move it, Enter opens, Space selects.
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

import { useI18n } from '../i18n/i18n';

export interface Column<Row> {
	key: string;
	title: string;
	render: (row: Row) => ReactNode;
	right?: boolean;
	width?: number;
}

export interface KeyTableProps<Row> {
	label: string;
	columns: Column<Row>[];
	rows: Row[] | undefined;
	keyOf: (row: Row) => string;
	onOpen?: (row: Row) => void;
	/** Keys of the selected rows; without it Space does nothing. */
	selected?: ReadonlySet<string>;
	onSelect?: (keys: Set<string>) => void;
	/** Keys of rows that have just come and are shown so for a moment. */
	fresh?: ReadonlySet<string>;
	/** What an empty table says: a title and a line below it. */
	empty?: { title: string; hint?: string };
	busy?: boolean;
}

const pageStep = 10;

/** Where a key moves the active row, or null when the key is not for the table. */
export function nextRow(key: string, active: number, count: number): number | null {
	const wanted = {
		ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: count - 1, PageDown: active + pageStep, PageUp: active - pageStep,
	}[key];

	return wanted === undefined || count === 0 ? null : Math.min(Math.max(wanted, 0), count - 1);
}

export function KeyTable<Row>(props: KeyTableProps<Row>) {
	const { label, columns, rows, keyOf, onOpen, selected, onSelect } = props;
	const [activeKey, setActiveKey] = useState<string | null>(null);
	const body = useRef<HTMLTableSectionElement>(null);
	const active = Math.max(0, rows?.findIndex((row) => keyOf(row) === activeKey) ?? 0);

	const focusRow = (index: number) => {
		const row = rows?.[index];
		const element = body.current?.children[index];

		if (!row || !(element instanceof HTMLElement)) return;
		setActiveKey(keyOf(row));
		element.focus({ preventScroll: true });
		element.scrollIntoView({ block: 'nearest' });
	};
	const toggle = (row: Row) => {
		const keys = new Set(selected);
		if (!keys.delete(keyOf(row))) keys.add(keyOf(row));
		onSelect?.(keys);
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const row = rows?.[active];
		const target = nextRow(event.key, active, rows?.length ?? 0);

		if (event.ctrlKey || event.altKey || event.metaKey || !row) return;
		if (target !== null) focusRow(target);
		else if (event.key === 'Enter' && onOpen) onOpen(row);
		else if (event.key === ' ' && onSelect) toggle(row);
		else return;
		event.preventDefault();
	};

	const isEmpty = rows?.length === 0;

	return (
		// Without a row that takes the focus, keys scroll the box itself.
		<div className="grid-wrap" {...(isEmpty && { tabIndex: 0, role: 'group', 'aria-label': label })}>
			<table className={onOpen ? 'grid opens' : 'grid'} role="grid" aria-label={label} aria-busy={props.busy || !rows}
				aria-multiselectable={onSelect ? true : undefined} aria-rowcount={rows ? rows.length + 1 : -1}>
				<thead>
					<tr aria-rowindex={1}>
						{columns.map((column) => (
							<th key={column.key} scope="col" className={column.right ? 'right' : undefined}
								style={column.width ? { width: column.width } : undefined}>{column.title}</th>
						))}
					</tr>
				</thead>
				<tbody ref={body} onKeyDown={onKeyDown}>
					{rows?.map((row, index) => (
						<tr key={keyOf(row)} tabIndex={index === active ? 0 : -1} aria-rowindex={index + 2}
							aria-selected={onSelect ? selected?.has(keyOf(row)) ?? false : undefined}
							className={rowClass(index === active && keyOf(row) === activeKey, props.fresh?.has(keyOf(row)))}
							onFocus={() => setActiveKey(keyOf(row))}
							onClick={() => onOpen?.(row)}>
							{columns.map((column) => (
								<td key={column.key} className={column.right ? 'right' : undefined}>{column.render(row)}</td>
							))}
						</tr>
					))}
					{!rows && <Bones columns={columns.length} />}
				</tbody>
			</table>
			{isEmpty && <Empty empty={props.empty} />}
		</div>
	);
}

function rowClass(active: boolean, fresh: boolean | undefined): string | undefined {
	return [active && 'active', fresh && 'fresh'].filter(Boolean).join(' ') || undefined;
}

function Bones({ columns }: { columns: number }) {
	const { t } = useI18n();

	return Array.from({ length: 8 }, (_, row) => (
		<tr key={row} aria-hidden={row > 0}>
			{Array.from({ length: columns }, (__, column) => (
				<td key={column}>
					{row === 0 && column === 0 && <span className="hidden-text">{t('list.loading')}</span>}
					<span className="bone" style={{ width: `${45 + ((row * 7 + column * 13) % 45)}%` }} />
				</td>
			))}
		</tr>
	));
}

function Empty({ empty }: { empty?: { title: string; hint?: string } }) {
	const { t } = useI18n();
	const { title, hint } = empty ?? { title: t('list.empty'), hint: t('list.empty.hint') };

	return (
		<div className="grid-empty" role="status">
			<b>{title}</b>
			{hint && <span>{hint}</span>}
		</div>
	);
}
