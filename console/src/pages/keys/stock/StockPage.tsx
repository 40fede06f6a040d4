// SPDX-License-Identifier: Apache-2.0
// StockPage.tsx — card stock (卡片台账, keys 17): how many cards of a kind are in which state, as a picture to click on; their
// list, the vouchers that moved them, the close of the day.
import { Drawer, Segmented, Select, Skeleton } from 'antd';
import { useMemo, useState } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useQueryState } from '../../../components/queryState';
import { formatCount, useI18n } from '../../../i18n/i18n';
import { countIn, kinds, states, ways, type Heap, type Kind, type State, type StockCard, type Voucher } from '../../../keys/stock';
import { useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { When } from '../parts';
import { CardStory } from './CardStory';
import { DayPanel } from './DayPanel';
import { VoucherForm } from './VoucherForm';

const names = ['kind', 'state', 'view', 'chip'] as const;
const views = ['cards', 'vouchers', 'day'] as const;
type View = (typeof views)[number];
const usual: Kind = 'PSAM';

export default function StockPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.stock')}><Stock /></KeysPage>;
}

function Stock() {
	const { t } = useI18n();
	const [values, setValues] = useQueryState(names);
	const where = useTold<{ heaps: Heap[] }>('stock.where');
	const kind = kinds.find((one) => one === values.kind) ?? usual;
	const state = states.find((one) => one === values.state) ?? 'IN_STORE';
	const view = views.find((one) => one === values.view) ?? 'cards';

	if (where.error) return <ProblemNotice error={where.error} onRetry={() => void where.refetch()} />;
	if (!where.data) return <Skeleton active paragraph={{ rows: 8 }} />;
	return (
		<>
			<section className="panel">
				<div className="panel-head">
					<Select<Kind> aria-label={t('keys.stock.kind')} value={kind} style={{ width: 220 }} onChange={(next) => setValues({ kind: next, state: '' })}
						options={kinds.map((value) => ({ value, label: t(`keys.stock.kind.${value}`) }))} />
					<Segmented<View> value={view} onChange={(next) => setValues({ view: next === 'cards' ? '' : next })} options={views.map((value) => ({ value, label: t(`keys.stock.view.${value}`) }))} />
				</div>
				<Picture heaps={where.data.heaps} kind={kind} state={state} onState={(next) => setValues({ state: next, view: '' })} />
			</section>
			{view === 'day' && <DayPanel heaps={where.data.heaps} />}
			{view === 'vouchers' && <Vouchers />}
			{view === 'cards' && <Shelf key={`${kind} ${state}`} kind={kind} state={state} heaps={where.data.heaps} onOpen={(chip) => setValues({ chip })} />}
			<Drawer open={values.chip !== ''} onClose={() => setValues({ chip: '' })} size="min(560px, 100vw)" destroyOnHidden title={<span className="mono">{values.chip}</span>}>
				{values.chip && <CardStory chip={values.chip} />}
			</Drawer>
		</>
	);
}

/** Two rows: the way of a good card, and what becomes of the others. */
function Picture({ heaps, kind, state, onState }: { heaps: Heap[]; kind: Kind; state: State; onState: (state: State) => void }) {
	const { t } = useI18n();

	return (
		<div className="stock-ways" role="group" aria-label={t('keys.stock.picture')}>
			{ways.map((row, index) => (
				<ol key={index} className={index === 0 ? 'good-way' : undefined}>
					{row.map((one) => (
						<li key={one}>
							<button type="button" className="node" data-stock={one} data-count={countIn(heaps, kind, one)} aria-pressed={one === state} onClick={() => onState(one)}>
								<b>{t(`keys.stock.state.${one}`)}</b><span className="way-count num">{formatCount(countIn(heaps, kind, one))}</span>
							</button>
						</li>
					))}
				</ol>
			))}
		</div>
	);
}

interface ShelfProps {
	kind: Kind;
	state: State;
	heaps: Heap[];
	onOpen: (chip: string) => void;
}

/** Cards, and beside them the voucher that moves those which were selected. */
function Shelf(props: ShelfProps) {
	const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());

	return (
		<div className="columns">
			<Cards {...props} selected={selected} onSelect={setSelected} />
			<VoucherForm kind={props.kind} from={props.state} selected={selected} onDone={() => setSelected(new Set())} />
		</div>
	);
}

function Cards({ kind, state, heaps, onOpen, selected, onSelect }: ShelfProps & { selected: ReadonlySet<string>; onSelect: (chips: Set<string>) => void }) {
	const { t } = useI18n();
	const list = useTold<{ cards: StockCard[] }>('stock.list', { kind, state });
	const places = heaps.filter((one) => one.kind === kind && one.state === state);
	const columns = useMemo((): Column<StockCard>[] => [
		{ key: 'chip', title: t('keys.stock.chip'), render: (row) => <span className="mono">{row.chip}</span> },
		{ key: 'number', title: t('keys.stock.number'), render: (row) => row.number ? <span className="mono">{row.number}</span> : <span className="faint">—</span> },
		{ key: 'place', title: t('keys.field.stock.place'), render: (row) => row.place },
		{ key: 'day', title: t('keys.stock.since'), render: (row) => <span className="num">{row.day}</span> },
	], [t]);

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<section className="panel">
			<div className="panel-head">
				<h2>{t(`keys.stock.kind.${kind}`)} · {t(`keys.stock.state.${state}`)}</h2>
				<span className="row wrap">{places.map((one) => <span key={one.place} className="badge info">{one.place} {formatCount(one.count)}</span>)}</span>
			</div>
			<KeyTable<StockCard> label={t('keys.stock.view.cards')} columns={columns} rows={list.data?.cards} keyOf={(row) => row.chip} onOpen={(row) => onOpen(row.chip)} selected={selected} onSelect={onSelect}
				empty={{ title: t('keys.stock.none'), hint: t('keys.stock.noneText') }} />
			{list.data && list.data.cards.length > 0 && <div className="grid-foot"><span role="status">{t('keys.stock.selected', { count: selected.size })}</span><span className="faint">{t('keys.stock.selectRule')}</span></div>}
		</section>
	);
}

function Vouchers() {
	const { t } = useI18n();
	const list = useTold<{ vouchers: Voucher[] }>('stock.vouchers');
	const columns = useMemo((): Column<Voucher>[] => [
		{ key: 'number', title: t('keys.field.stock.number'), render: (row) => <b className="mono">{row.number}</b> },
		{ key: 'kind', title: t('keys.stock.kind'), render: (row) => t(`keys.stock.kind.${row.kind}`) },
		{ key: 'to', title: t('keys.field.stock.to'), render: (row) => <StateBadge state={`keys.stock.state.${row.to}`} /> },
		{ key: 'count', title: t('keys.stock.count'), right: true, render: (row) => <span className="num">{formatCount(row.count)}</span> },
		{ key: 'way', title: t('keys.stock.way'), render: (row) => `${row.giver} → ${row.taker}` },
		{ key: 'signed', title: t('keys.stock.signed'), render: (row) => [row.signed_first, row.signed_second].filter(Boolean).join('、') || <span className="faint">—</span> },
		{ key: 'reason', title: t('keys.field.reason'), render: (row) => row.reason || <span className="faint">—</span> },
		{ key: 'day', title: t('keys.stock.day'), render: (row) => <span className="num">{row.day}</span> },
		{ key: 'at', title: t('keys.stock.written'), render: (row) => <When us={row.at_us} /> },
	], [t]);

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.stock.view.vouchers')}</h2></div>
			<KeyTable<Voucher> label={t('keys.stock.view.vouchers')} columns={columns} rows={list.data?.vouchers} keyOf={(row) => String(row.id)} empty={{ title: t('keys.stock.noVoucher') }} />
		</section>
	);
}

