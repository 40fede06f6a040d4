// SPDX-License-Identifier: Apache-2.0
// DayPanel.tsx — a day of the book (日结): opening + in − out = closing for each kind, what was counted by hand, the close.
import { DatePicker, InputNumber, Skeleton } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useMemo, useState, type FormEvent } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { formatCount, formatMicros, useI18n } from '../../../i18n/i18n';
import { countsText, isMoved, states, type Balance, type Heap, type Kind, type State, type StockDay } from '../../../keys/stock';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { Labelled } from '../parts';

const outside: State[] = ['DELIVERED', 'INSTALLED', 'LOST', 'SHREDDED'];

export function DayPanel({ heaps }: { heaps: Heap[] }) {
	const { t } = useI18n();
	const [day, setDay] = useState<Dayjs>(() => dayjs(formatMicros(Date.now() * 1000).slice(0, 10)));
	const text = day.format('YYYY-MM-DD');
	const told = useTold<StockDay>('stock.day', { day: text });

	return (
		<div className="columns">
			<section className="panel" data-day={text} data-closed={told.data?.closed}>
				<div className="panel-head">
					<h2>{t('keys.stock.balance')}</h2>
					<span className="row wrap">
						{told.data && <StateBadge state={told.data.closed ? 'keys.stock.closed' : 'keys.stock.open'} />}
						<DatePicker aria-label={t('keys.stock.day')} allowClear={false} value={day} onChange={(next) => next && setDay(next)} />
					</span>
				</div>
				{told.error ? <ProblemNotice error={told.error} /> : told.data ? <Balances rows={told.data.balances.filter(isMoved)} /> : <Skeleton active />}
			</section>
			<Close key={text} day={text} heaps={heaps} isClosed={told.data?.closed ?? true} last={told.data?.last_closed ?? ''} />
		</div>
	);
}

function Balances({ rows }: { rows: Balance[] }) {
	const { t } = useI18n();
	const columns = useMemo((): Column<Balance>[] => {
		const figures = ['opening', 'received', 'returned', 'delivered', 'shredded', 'lost', 'closing'] as const;

		return [
			{ key: 'kind', title: t('keys.stock.kind'), render: (row) => t(`keys.stock.kind.${row.kind}`) },
			...figures.map((name): Column<Balance> => ({ key: name, title: t(`keys.stock.figure.${name}`), right: true, render: (row) => <span className="num">{formatCount(row[name])}</span> })),
			{ key: 'balanced', title: t('keys.version.state'), render: (row) => <span title={row.differs}><StateBadge state={row.balanced ? 'keys.stock.balanced' : 'keys.stock.unbalanced'} /></span> },
		];
	}, [t]);

	return <KeyTable<Balance> label={t('keys.stock.balance')} columns={columns} rows={rows} keyOf={(row) => row.kind} empty={{ title: t('keys.stock.noMoves') }} />;
}

/** Heaps inside the house, whose cards can be counted. */
function Close({ day, heaps, isClosed, last }: { day: string; heaps: Heap[]; isClosed: boolean; last: string }) {
	const { t } = useI18n();
	const act = useAct(['store']);
	const [counted, setCounted] = useState<Record<string, number | null>>({});
	const inside = [...new Set(heaps.filter((one) => !outside.includes(one.state)).map((one) => `${one.kind}:${one.state}`))]
		.sort((one, other) => states.indexOf(one.split(':')[1] as State) - states.indexOf(other.split(':')[1] as State));
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'stock.close', fields: { day, counts: countsText(counted) } });
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.stock.close')}</h2></div>
			<form className="panel-body stack" data-form="stock.close" onSubmit={submit}>
				<p className="small soft">{t('keys.stock.closeText')}</p>
				{last && <p className="small soft">{t('keys.stock.lastClosed', { day: last })}</p>}
				{inside.map((heap) => {
					const [kind, state] = heap.split(':') as [Kind, State];

					return (
						<Labelled key={heap} label={`${t(`keys.stock.kind.${kind}`)} · ${t(`keys.stock.state.${state}`)}`}>
							{(id) => <InputNumber id={id} data-heap={heap} min={0} value={counted[heap] ?? null} onChange={(count) => setCounted({ ...counted, [heap]: count })} style={{ width: '100%' }} />}
						</Labelled>
					);
				})}
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="stock.close" disabled={isClosed}>{t('keys.order.stock.close')}</ActButton>
			</form>
		</section>
	);
}
