// SPDX-License-Identifier: Apache-2.0
// HomePage.tsx — today at a glance: figures and latest purchases as they happen, and whether the book balances.
import {
	CheckCircleFilled, CloseCircleFilled, DesktopOutlined, PlusCircleOutlined, ShoppingOutlined, UndoOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { useMemo, useState, type ReactNode } from 'react';

import { get } from '../../api/client';
import type { Proof, Today, Transaction } from '../../api/schema';
import { PauseButton, useFeed } from '../../components/EventFeed';
import { KeyTable } from '../../components/KeyTable';
import { MoneyCell } from '../../components/MoneyCell';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useMay } from '../../frame/session';
import { TabLink } from '../../frame/TabLink';
import { useTabs } from '../../frame/tabs';
import { formatCount, formatMoney, useI18n } from '../../i18n/i18n';
import { transactionColumns } from '../payments/transaction';

const latestRows = 12;

export default function HomePage() {
	const { t } = useI18n();
	const today = useQuery({ queryKey: ['today'], queryFn: ({ signal }) => get<Today>('/home/today', {}, signal) });
	const [held, setHeld] = useState<Today | null>(null);
	const feed = useFeed();
	const shown = held ?? today.data;
	const waiting = held ? feed.transactions.filter((row) => BigInt(row.lsn) > BigInt(held.latest[0]?.lsn ?? 0)).length : 0;
	const mayProve = useMay('proof');

	if (today.error && !shown) return <ProblemNotice error={today.error} onRetry={() => void today.refetch()} />;
	return (
		<div className="page">
			<div className="page-head">
				<h1>{t('home.title')}</h1>
				{shown && <span className="soft num">{t('home.day', { day: shown.business_date })}</span>}
				<PauseButton paused={held !== null} waiting={waiting} onPause={(pause) => setHeld(pause ? today.data ?? null : null)} />
			</div>
			{shown ? <Figures today={shown} /> : <Skeleton active paragraph={{ rows: 2 }} />}
			<div className={mayProve ? 'columns' : undefined}>
				<Latest rows={shown?.latest} live={feed.transactions} />
				{mayProve && <BookState />}
			</div>
		</div>
	);
}

function Figures({ today }: { today: Today }) {
	const { t } = useI18n();
	const average = today.sales.count > 0 ? Math.round(today.sales.amount_fen / today.sales.count) : 0;

	return (
		<div className="figures">
			<Figure icon={<ShoppingOutlined />} name={t('home.sales')} value={formatMoney(today.sales.amount_fen)} main testId="sales"
				sub={[t('home.count', { count: today.sales.count }), t('home.average', { amount: formatMoney(average) })]} />
			<Figure icon={<PlusCircleOutlined />} name={t('home.loads')} value={formatMoney(today.loads.amount_fen)} testId="loads"
				sub={[t('home.count', { count: today.loads.count })]} />
			<Figure icon={<UndoOutlined />} name={t('home.refunds')} value={formatMoney(today.refunds.amount_fen)} testId="refunds"
				sub={[t('home.count', { count: today.refunds.count })]} />
			<Figure icon={<DesktopOutlined />} name={t('home.terminals')} value={formatCount(today.terminals.active)} testId="terminals"
				sub={[t('home.ofTotal', { total: today.terminals.total })]} />
		</div>
	);
}

interface FigureProps {
	icon: ReactNode;
	name: string;
	value: string;
	sub: string[];
	main?: boolean;
	testId: string;
}

function Figure({ icon, name, value, sub, main, testId }: FigureProps) {
	return (
		<dl className={main ? 'panel figure main' : 'panel figure'} data-figure={testId}>
			<dt>{icon}{name}</dt>
			<dd className={value.length > 13 ? 'big long' : 'big'}>{value}</dd>
			<dd className="sub">{sub.join(' · ')}</dd>
		</dl>
	);
}

function Latest({ rows, live }: { rows: Transaction[] | undefined; live: Transaction[] }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const columns = useMemo(() => transactionColumns(t, ['kind', 'card', 'lsn', 'state']), [t]);
	const fresh = useMemo(() => new Set(live.map((row) => row.lsn)), [live]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('home.latest')}</h2><TabLink to="/transactions">{t('home.all')}</TabLink></div>
			<KeyTable<Transaction> label={t('home.latest')} columns={columns} rows={rows?.slice(0, latestRows)} keyOf={(row) => row.lsn}
				fresh={fresh} empty={{ title: t('home.none') }} onOpen={(row) => show(`/transactions/${row.lsn}`)} />
		</section>
	);
}

function BookState() {
	const { t } = useI18n();
	const feed = useFeed();
	const proof = useQuery({ queryKey: ['proof'], queryFn: ({ signal }) => get<Proof>('/proof', {}, signal) });

	if (proof.error) return <ProblemNotice error={proof.error} onRetry={() => void proof.refetch()} />;
	if (!proof.data) return <section className="panel figure"><Skeleton active /></section>;
	const holds = feed.proof?.holds ?? proof.data.holds;
	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('home.book')}</h2><TabLink to="/proof">{t('home.book.open')}</TabLink></div>
			<div className="panel-body book-state">
				<div className={holds ? 'verdict good' : 'verdict bad'}>
					{holds ? <CheckCircleFilled className="good" /> : <CloseCircleFilled className="bad" />}
					<div>
						<strong>{t(holds ? 'home.book.holds' : 'home.book.broken')}</strong>
						<span className="small">{t(holds ? 'home.book.holdsText' : 'home.book.brokenText')}</span>
					</div>
				</div>
				<dl className="facts">
					<dt>{t('home.book.batch')}</dt><dd className="num right">{formatCount(Number(feed.proof?.batch ?? proof.data.batch?.number ?? 0))}</dd>
					<dt>{t('home.book.row')}</dt><dd className="num right">{formatCount(Number(feed.proof?.head ?? proof.data.views.head))}</dd>
					<dt>{t('proof.accounts')}</dt><dd className="num right">{formatCount(proof.data.accounts)}</dd>
					<dt>{t('proof.I5.left')}</dt><dd className="right"><MoneyCell fen={proof.data.identities.find((one) => one.id === 'I5')?.left_fen ?? null} /></dd>
				</dl>
			</div>
		</section>
	);
}
