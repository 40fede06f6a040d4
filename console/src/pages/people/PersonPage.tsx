// SPDX-License-Identifier: Apache-2.0
import { CreditCardOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Skeleton, Tabs } from 'antd';
import { useMemo, useState } from 'react';

import { get } from '../../api/client';
import type { Balance, Card, PersonDetail, Transaction, TransactionPage } from '../../api/schema';
import { KeyTable } from '../../components/KeyTable';
import { PageButtons } from '../../components/ListPage';
import { MoneyCell } from '../../components/MoneyCell';
import { ProblemNotice } from '../../components/ProblemNotice';
import { StateBadge } from '../../components/StateBadge';
import { useMay } from '../../frame/session';
import { useTabPath, useTabs, useTabState, useTabTitle } from '../../frame/tabs';
import { useI18n } from '../../i18n/i18n';
import { transactionColumns } from '../payments/transaction';

export default function PersonPage() {
	const { t } = useI18n();
	const id = useTabPath().split('/').pop() ?? '';
	const mayList = useMay('transactions.read');
	const detail = useQuery({
		queryKey: ['person', id],
		queryFn: ({ signal }) => get<PersonDetail>(`/people/${id}`, {}, signal),
	});
	const person = detail.data?.person;

	useTabTitle(person && (person.name || person.number));
	if (detail.error) return <ProblemNotice error={detail.error} onRetry={() => void detail.refetch()} />;
	if (!detail.data || !person) return <Skeleton active avatar paragraph={{ rows: 8 }} />;
	return (
		<div className="page">
			<section className="panel person-head">
				<span className="avatar large" aria-hidden>{(person.name || person.number).slice(0, 1)}</span>
				<div className="grow">
					<div className="row wrap"><h1>{person.name || person.number}</h1><StateBadge state={`people.state.${person.state}`} /></div>
					<div className="row wrap soft">
						<span className="num">{person.number}</span><span>{person.department}</span><span>{t('people.classNumber', { number: person.class })}</span>
					</div>
				</div>
				<Balances rows={detail.data.balances} />
			</section>
			<section className="panel">
				<Tabs className="panel-tabs" items={[
					...(mayList ? [{ key: 'transactions', label: t('person.transactions'), children: <PersonTransactions id={id} /> }] : []),
					{ key: 'cards', label: `${t('person.cards')} ${detail.data.cards.length}`, children: <Cards rows={detail.data.cards} /> },
				]} />
			</section>
		</div>
	);
}

function Balances({ rows }: { rows: Balance[] }) {
	const { t } = useI18n();
	const total = rows.reduce((sum, row) => sum + row.balance_fen, 0);

	return (
		<dl className="balances" aria-label={t('person.balances')}>
			{rows.map((row) => (
				<div key={row.purse} data-purse={row.purse}><dt>{t(`person.purse.${row.purse}`)}</dt><dd><MoneyCell fen={row.balance_fen} /></dd></div>
			))}
			<div className="total"><dt>{t('person.total')}</dt><dd><MoneyCell fen={total} /></dd></div>
		</dl>
	);
}

function Cards({ rows }: { rows: Card[] }) {
	const { t } = useI18n();

	if (rows.length === 0) return <p className="grid-empty">{t('person.noCards')}</p>;
	return (
		<ul className="tiles" style={{ padding: '4px 18px 18px' }}>
			{rows.map((card) => (
				<li key={card.id} className="tile">
					<div className="between"><span className="row"><CreditCardOutlined /><b className="num">{card.number}</b></span><StateBadge state={`card.state.${card.state}`} /></div>
					{card.expires && <div className="small faint num">{t('person.expires', { day: card.expires })}</div>}
				</li>
			))}
		</ul>
	);
}

function PersonTransactions({ id }: { id: string }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const [trail, setTrail] = useTabState<string[]>('trail', []);
	const [before, setBefore] = useState(trail.at(-1) ?? '');
	const list = useQuery({
		queryKey: ['person', id, 'transactions', before],
		queryFn: ({ signal }) => get<TransactionPage>(`/people/${id}/transactions`, { before, limit: 25 }, signal),
		placeholderData: keepPreviousData,
	});
	const columns = useMemo(() => transactionColumns(t, ['person']), [t]);
	const turn = (nextTrail: string[]) => {
		setTrail(nextTrail);
		setBefore(nextTrail.at(-1) ?? '');
	};

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<>
			<KeyTable<Transaction> label={t('person.transactions')} columns={columns} rows={list.data?.items} keyOf={(row) => row.lsn}
				onOpen={(row) => show(`/transactions/${row.lsn}`)} busy={list.isFetching} />
			<div className="grid-foot">
				<span className="grow" />
				<PageButtons isFirst={trail.length === 0} isLast={!list.data?.next} label={t('list.rows', { count: list.data?.items.length ?? 0 })}
					onPrevious={() => turn(trail.slice(0, -1))} onNext={() => turn([...trail, list.data?.next ?? ''])} />
			</div>
		</>
	);
}
