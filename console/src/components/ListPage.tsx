// SPDX-License-Identifier: Apache-2.0
// ListPage.tsx — the shape of every list: title, filters whose values live in the address, keyboard table, footer.
import { LeftOutlined, ReloadOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useRef, type ReactNode } from 'react';

import { useShortcut } from '../frame/shortcuts';
import { formatCount, useI18n } from '../i18n/i18n';
import { usePreferences } from '../theme/preferences';
import { KeyTable, type KeyTableProps } from './KeyTable';
import { ProblemNotice } from './ProblemNotice';

interface ListPageProps<Row> {
	title: string;
	filters: ReactNode;
	table: KeyTableProps<Row>;
	footer: ReactNode;
	error: unknown;
	isFetching: boolean;
	onRefresh: () => void;
}

export function ListPage<Row>({ title, filters, table, footer, error, isFetching, onRefresh }: ListPageProps<Row>) {
	const { t } = useI18n();
	const { singleKeys } = usePreferences();
	const filterPanel = useRef<HTMLElement>(null);

	useShortcut({ key: '/', single: true }, () => filterPanel.current?.querySelector('input')?.focus(), singleKeys);
	return (
		<div className="page">
			<div className="page-head">
				<h1>{title}</h1>
				<Tooltip title={t('list.refresh')}>
					<Button icon={<ReloadOutlined spin={isFetching} />} aria-label={t('list.refresh')} onClick={onRefresh} />
				</Tooltip>
			</div>
			<section className="panel" ref={filterPanel} aria-label={t('list.query')}>{filters}</section>
			{error ? <ProblemNotice error={error} onRetry={onRefresh} /> : (
				<section className="panel">
					<KeyTable {...table} busy={isFetching} />
					<div className="grid-foot">{footer}</div>
				</section>
			)}
		</div>
	);
}

/** The form around the filters; Enter in any field searches. */
export function Filters({ children, onSearch, onReset, more }: { children: ReactNode; onSearch: () => void; onReset: () => void; more?: ReactNode }) {
	const { t } = useI18n();

	return (
		<form className="filters" role="search" onSubmit={(event) => { event.preventDefault(); onSearch(); }}>
			{children}
			<div className="filters-actions">
				{more}
				<Button onClick={onReset}>{t('list.reset')}</Button>
				<Button type="primary" htmlType="submit">{t('list.query')}</Button>
			</div>
		</form>
	);
}

/** One labelled filter. */
export function Field({ label, id, error, width, children }: { label: string; id: string; error?: string; width?: number; children: ReactNode }) {
	return (
		<div className="field" style={width ? { width } : undefined}>
			<label htmlFor={id}>{label}</label>
			{children}
			{error && <span className="error" role="alert">{error}</span>}
		</div>
	);
}

/** Footer of a list that knows its total. */
export function NumberedPager({ page, pageSize, total, onPage }: { page: number; pageSize: number; total: number | undefined; onPage: (page: number) => void }) {
	const { t } = useI18n();

	if (total === undefined) return null;
	const pages = Math.max(1, Math.ceil(total / pageSize));
	return (
		<>
			<span className="grow">
				{total === 0 ? t('list.total', { count: 0 }) : t('list.range', { from: (page - 1) * pageSize + 1, to: Math.min(page * pageSize, total), total: formatCount(total) })}
			</span>
			<PageButtons isFirst={page <= 1} isLast={page >= pages} label={t('list.page', { page, pages })}
				onPrevious={() => onPage(page - 1)} onNext={() => onPage(page + 1)} />
		</>
	);
}

export function PageButtons({ isFirst, isLast, label, onPrevious, onNext }: { isFirst: boolean; isLast: boolean; label: string; onPrevious: () => void; onNext: () => void }) {
	const { t } = useI18n();

	return (
		<span className="row">
			<Button size="small" icon={<LeftOutlined />} aria-label={t('list.prev')} disabled={isFirst} onClick={onPrevious} />
			<span className="num">{label}</span>
			<Button size="small" icon={<RightOutlined />} aria-label={t('list.next')} disabled={isLast} onClick={onNext} />
		</span>
	);
}
