// SPDX-License-Identifier: Apache-2.0
import { ExportOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button, Drawer, Tooltip } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';

import { get } from '../../api/client';
import type { Transaction, TransactionPage } from '../../api/schema';
import { ListPage, PageButtons } from '../../components/ListPage';
import { useDraft, useQueryState } from '../../components/queryState';
import { useTabs, useTabState } from '../../frame/tabs';
import { formatMoney, parseMoney, useI18n } from '../../i18n/i18n';
import { ChainView } from './ChainView';
import { transactionColumns } from './transaction';
import { filterNames, TransactionFilters } from './TransactionFilters';

const none: ReadonlySet<string> = new Set();

export default function TransactionsPage() {
	const { t } = useI18n();
	const { show } = useTabs();
	const [values, setValues] = useQueryState(filterNames);
	const [draft, changeDraft] = useDraft(values);
	const [trail, setTrail] = useTabState<string[]>('trail', []);
	const [selected, setSelected] = useState<ReadonlySet<string>>(none);
	const { open, min, max, ...rest } = values;
	const query = { ...rest, min_fen: fenOf(min), max_fen: fenOf(max) };
	const list = useQuery({
		queryKey: ['transactions', query],
		queryFn: ({ signal }) => get<TransactionPage>('/transactions', query, signal),
		placeholderData: keepPreviousData,
	});
	const columns = useMemo(() => transactionColumns(t), [t]);
	const page = useRef<HTMLDivElement>(null);
	const wasOpen = useRef(open);

	useEffect(() => {
		// Whoever looked at a transaction goes on in the list where he was.
		if (wasOpen.current && !open) page.current?.querySelector<HTMLElement>('tbody tr[tabindex="0"]')?.focus();
		wasOpen.current = open;
	}, [open]);
	const search = (change: typeof draft) => {
		setTrail([]);
		setSelected(none);
		setValues({ ...change, before: '', open: '' });
		if (JSON.stringify({ ...change, before: '', open: '' }) === JSON.stringify(values)) void list.refetch();
	};
	const turn = (before: string, nextTrail: string[]) => {
		setTrail(nextTrail);
		setSelected(none);
		setValues({ before });
	};

	return (
		<div ref={page}>
			<ListPage<Transaction>
				title={t('tx.title')} error={list.error} isFetching={list.isFetching} onRefresh={() => void list.refetch()}
				filters={<TransactionFilters draft={draft} change={changeDraft} onSearch={search} />}
				table={{
					label: t('tx.title'), columns, rows: list.data?.items, keyOf: (row) => row.lsn, onOpen: (row) => setValues({ open: row.lsn }),
					selected, onSelect: setSelected,
					empty: list.data?.next ? { title: t('tx.further'), hint: t('tx.further.hint') } : undefined,
				}}
				footer={(
					<>
						<span className="grow"><Selection rows={list.data?.items ?? []} selected={selected} onClear={() => setSelected(none)} /></span>
						<PageButtons isFirst={!values.before} isLast={!list.data?.next} label={t('list.rows', { count: list.data?.items.length ?? 0 })}
							onPrevious={() => turn(trail.at(-1) ?? '', trail.slice(0, -1))}
							onNext={() => turn(list.data?.next ?? '', [...trail, values.before])} />
					</>
				)}
			/>
			<Drawer open={open !== ''} onClose={() => setValues({ open: '' })} size="min(560px, 100vw)" title={t('chain.title', { lsn: open })} destroyOnHidden
				extra={(
					<Tooltip title={t('chain.openPage')}>
						<Button icon={<ExportOutlined />} aria-label={t('chain.openPage')} onClick={() => show(`/transactions/${open}`)} />
					</Tooltip>
				)}>
				{open !== '' && <ChainView lsn={open} />}
			</Drawer>
		</div>
	);
}

function fenOf(text: string): number | undefined {
	return text === '' ? undefined : parseMoney(text) ?? undefined;
}

/** How many rows Space has selected and what they come to. */
function Selection({ rows, selected, onClear }: { rows: Transaction[]; selected: ReadonlySet<string>; onClear: () => void }) {
	const { t } = useI18n();
	const chosen = rows.filter((row) => selected.has(row.lsn));
	const sum = chosen.reduce((total, row) => total + row.amount_fen, 0);

	if (chosen.length === 0) return null;
	return (
		<span className="row wrap" role="status">
			<b>{t('list.selected', { count: chosen.length })}</b>
			<span className="num">{t('list.selectedSum', { amount: formatMoney(sum) })}</span>
			<Button size="small" type="link" onClick={onClear}>{t('list.clearSelection')}</Button>
		</span>
	);
}
