// SPDX-License-Identifier: Apache-2.0
// ChainView.tsx — all of one transaction: its money, what came before and after it, the terminal's record, its batch.
import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';

import { get } from '../../api/client';
import type { AccountRef, Batch, BatchPlace, Leg, Record as TerminalRecord, Transaction, TransactionChain } from '../../api/schema';
import { Facts, Hash } from '../../components/Facts';
import { MoneyCell } from '../../components/MoneyCell';
import { ProblemNotice } from '../../components/ProblemNotice';
import { StateBadge } from '../../components/StateBadge';
import { TabLink } from '../../frame/TabLink';
import { formatTime, useI18n } from '../../i18n/i18n';
import { Amount, personLabel } from './transaction';

/** `wide`: in two columns, where there is room for them. */
export function ChainView({ lsn, wide }: { lsn: string; wide?: boolean }) {
	const chain = useQuery({
		queryKey: ['transaction', lsn],
		queryFn: ({ signal }) => get<TransactionChain>(`/transactions/${lsn}`, {}, signal),
	});

	if (chain.error) return <ProblemNotice error={chain.error} onRetry={() => void chain.refetch()} />;
	if (!chain.data) return <Skeleton active paragraph={{ rows: 10 }} />;
	const { transaction, original, later, legs, record, place } = chain.data;
	return (
		<div className={wide ? 'columns even' : 'page'}>
			<div className="page">
				<Summary row={transaction} />
				<Money legs={legs} />
				<Story transaction={transaction} original={original} later={later} />
			</div>
			<div className="page">
				<WhereAndWhen row={transaction} record={record} />
				<HashChain place={place} />
			</div>
		</div>
	);
}

function Summary({ row }: { row: Transaction }) {
	const { t } = useI18n();

	return (
		<section className="panel figure">
			<div className="between">
				<span className="soft">{t(`tx.kind.${row.kind}`)}</span>
				<StateBadge state={`tx.state.${row.state}`} />
			</div>
			<div className="figure-amount"><Amount row={row} /></div>
			<div className="row wrap soft">
				{row.person && <TabLink to={`/people/${row.person.id}`}>{personLabel(row.person)}</TabLink>}
				{row.merchant && <span>{row.merchant.name}</span>}
				<span className="num">{formatTime(row.event_time, true)}</span>
			</div>
			{row.code !== 'SUCCESS' && <div className="mono bad">{row.code}</div>}
		</section>
	);
}

function Money({ legs }: { legs: Leg[] }) {
	const { t } = useI18n();

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('chain.money')}</h2></div>
			{legs.length === 0 ? <p className="panel-body soft">{t('chain.noMoney')}</p> : (
				<table className="grid">
					<thead>
						<tr><th scope="col">{t('chain.debit')}</th><th scope="col">{t('chain.credit')}</th><th scope="col" className="right">{t('tx.amount')}</th></tr>
					</thead>
					<tbody>
						{legs.map((leg) => (
							<tr key={leg.lsn}>
								<td><Account account={leg.debit} /></td><td><Account account={leg.credit} /></td>
								<td className="right"><MoneyCell fen={leg.amount_fen} /></td>
							</tr>
						))}
					</tbody>
				</table>
			)}
		</section>
	);
}

function Account({ account }: { account: AccountRef }) {
	const { language } = useI18n();

	return (
		<div className="account">
			<div><span className="num faint">{account.chart}</span> {language === 'en' ? account.name_en : account.name_zh}</div>
			{account.owner && <div className="small faint">{account.owner}</div>}
		</div>
	);
}

function Story({ transaction, original, later }: Pick<TransactionChain, 'transaction' | 'original' | 'later'>) {
	const { t } = useI18n();
	const rows = [
		...(original ? [{ row: original, mark: t('chain.original') }] : []),
		{ row: transaction, mark: t('chain.this') },
		...later.map((row) => ({ row, mark: t('chain.later') })),
	];

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('chain.story')}</h2></div>
			<div className="panel-body">
				<ol className="story">
					{rows.map(({ row, mark }) => (
						<li key={row.lsn} className={row === transaction ? 'here' : undefined}>
							<span>
								<span className="small faint">{mark}</span><br />
								{row === transaction ? t(`tx.kind.${row.kind}`) : <TabLink to={`/transactions/${row.lsn}`}>{t(`tx.kind.${row.kind}`)}</TabLink>}
								<span className="faint num small">{`  ${formatTime(row.event_time, true)}`}</span>
							</span>
							<span className="right"><Amount row={row} /><br /><span className="small faint num">{row.lsn}</span></span>
						</li>
					))}
				</ol>
				{rows.length === 1 && <p className="soft small">{t('chain.alone')}</p>}
			</div>
		</section>
	);
}

function WhereAndWhen({ row, record }: { row: Transaction; record: TerminalRecord }) {
	const { t } = useI18n();
	const mode = ([0, 1, 2, 3] as const).find((value) => value === record.mode);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('chain.where')}</h2></div>
			<div className="panel-body">
				<Facts rows={[
					[t('tx.merchant'), row.merchant ? `${row.merchant.name} (${row.merchant.number})` : '—'],
					[t('tx.terminal'), row.terminal ? `${row.terminal.number} ${row.terminal.name}` : '—'],
					[t('tx.card'), <span className="num">{row.card?.number ?? '—'}</span>],
					[t('tx.time'), <span className="num">{formatTime(row.event_time, true)}</span>],
					[t('tx.posted'), <span className="num">{formatTime(row.posted_at, true)}</span>],
					[t('tx.day'), <span className="num">{row.business_date}</span>],
					[t('tx.serial'), <span className="num">{record.number}</span>],
					[t('chain.source'), <span className="num">{record.source}</span>],
					[t('chain.counter'), <span className="num">{record.card_counter}</span>],
					[t('chain.operator'), <span className="num">{record.operator}</span>],
					[t('chain.meal'), <span className="num">{record.meal_period}</span>],
					[t('chain.mode'), mode === undefined ? String(record.mode) : t(`chain.mode.${mode}`)],
					...(record.offline ? [[t('chain.offline'), t('common.yes')] as [string, string]] : []),
					...(record.forced ? [[t('chain.forced'), t('common.yes')] as [string, string]] : []),
				]} />
			</div>
		</section>
	);
}

function HashChain({ place }: { place: BatchPlace }) {
	const { t } = useI18n();

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('chain.batch')}</h2></div>
			<div className="panel-body links">
				{place.previous ? <BatchBox batch={place.previous} title={t('chain.previous')} /> : <div className="link-box soft">{t('chain.genesis')}</div>}
				<Joint holds={!place.previous || place.previous.hash === place.batch.previous_hash} />
				<BatchBox batch={place.batch} title={t('chain.this')} here />
				<Joint holds={!place.next || place.batch.hash === place.next.previous_hash} />
				{place.next ? <BatchBox batch={place.next} title={t('chain.next')} /> : <div className="link-box soft">{t('chain.newest')}</div>}
			</div>
		</section>
	);
}

function Joint({ holds }: { holds: boolean }) {
	return <div className="link-joint"><StateBadge state={holds ? 'chain.linkHolds' : 'chain.linkBroken'} /></div>;
}

function BatchBox({ batch, title, here }: { batch: Batch; title: string; here?: boolean }) {
	const { t } = useI18n();

	return (
		<div className={here ? 'link-box here' : 'link-box'}>
			<div className="between"><b>{t('chain.batchNumber', { number: batch.number })}</b><span className="small faint">{title}</span></div>
			<div className="small soft num">{t('chain.rows', { first: batch.first_lsn, last: batch.last_lsn })}</div>
			<div className="between"><span className="small faint">{t('chain.hash')}</span><Hash value={batch.hash} /></div>
		</div>
	);
}
