// SPDX-License-Identifier: Apache-2.0
// AuthCardsPage.tsx — authorisation cards (授权卡): which were ordered for which terminal and what became of them; one that
// is chosen, or a new order; and beside them the day root under which the terminals speak.
import { Button, Input, Select } from 'antd';
import { useMemo } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { Field, Filters } from '../../../components/ListPage';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { useDraft, useQueryState } from '../../../components/queryState';
import { useI18n } from '../../../i18n/i18n';
import { cardStates, listedMax, nodeMax, type AuthCard } from '../../../keys/authcards';
import { useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { When } from '../parts';
import { CardPanel } from './CardPanel';
import { CardState } from './CardState';
import { DayRootPanel } from './DayRootPanel';
import { IssueForm } from './IssueForm';

const names = ['state', 'node', 'card'] as const;

export default function AuthCardsPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.authcards')}><AuthCards /></KeysPage>;
}

function AuthCards() {
	const [values, setValues] = useQueryState(names);
	const list = useTold<{ cards: AuthCard[] }>('authcard.list', values.node ? { node: values.node } : {});
	const cards = list.data?.cards;
	const chosen = cards?.find((one) => one.id === Number(values.card));
	const search = (state: string, node: string) => {
		if (state === values.state && node === values.node) void list.refetch();
		else setValues({ state, node });
	};
	const choose = (id: number) => setValues({ card: id ? String(id) : '' });

	return (
		<>
			<Search values={values} onSearch={search} />
			{list.error
				? <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
				: <CardTable rows={cards?.filter((one) => !values.state || one.state === values.state)} isFull={cards?.length === listedMax} onOpen={(row) => choose(row.id)} />}
			<div className="columns">
				{chosen ? <CardPanel key={chosen.id} card={chosen} onClose={() => choose(0)} /> : <IssueForm onIssued={(id) => setValues({ state: '', node: '', card: String(id) })} />}
				<DayRootPanel />
			</div>
		</>
	);
}

function Search({ values, onSearch }: { values: Record<(typeof names)[number], string>; onSearch: (state: string, node: string) => void }) {
	const { t } = useI18n();
	const [draft, change] = useDraft(values);
	const search = (state: string, node: string) => {
		change({ state, node });
		onSearch(state, node);
	};

	return (
		<section className="panel" aria-label={t('list.query')}>
			<Filters onSearch={() => search(draft.state, draft.node)} onReset={() => search('', '')}>
				<Field label={t('keys.authcard.stateTitle')} id="authcard-state" width={160}>
					<Select id="authcard-state" value={draft.state} onChange={(state: string) => search(state, draft.node)}
						options={[{ value: '', label: t('list.any') }, ...cardStates.map((value) => ({ value, label: t(`keys.authcard.state.${value}`) }))]} />
				</Field>
				<Field label={t('keys.field.authcard.node')} id="authcard-node" width={200}>
					<Input id="authcard-node" maxLength={nodeMax} allowClear autoComplete="off" value={draft.node} onChange={(event) => change({ node: event.target.value.trim().toUpperCase() })} />
				</Field>
			</Filters>
		</section>
	);
}

function CardTable({ rows, isFull, onOpen }: { rows: AuthCard[] | undefined; isFull: boolean; onOpen: (row: AuthCard) => void }) {
	const { t } = useI18n();
	const columns = useMemo((): Column<AuthCard>[] => [
		{ key: 'id', title: t('keys.authcard.number'), right: true, render: (row) => <span className="num">{row.id}</span> },
		{ key: 'node', title: t('keys.field.authcard.node'), render: (row) => <b className="mono">{row.node}</b> },
		{ key: 'sam', title: t('keys.field.authcard.sam'), render: (row) => <span className="mono">{row.sam}</span> },
		{ key: 'state', title: t('keys.authcard.stateTitle'), render: (row) => <CardState card={row} /> },
		{ key: 'by', title: t('keys.authcard.issuedBy'), render: (row) => row.issued_by },
		{ key: 'issued', title: t('keys.authcard.issued'), render: (row) => <When us={row.issued_us} /> },
		{ key: 'used', title: t('keys.authcard.used'), render: (row) => <When us={row.used_us} /> },
		{ key: 'open', title: '', right: true, render: (row) => <Button size="small" type="link" tabIndex={-1} onClick={() => onOpen(row)}>{t('keys.authcard.open')}</Button> },
	], [t, onOpen]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.authcard.list')}</h2></div>
			<KeyTable<AuthCard> label={t('keys.authcard.list')} columns={columns} rows={rows} keyOf={(row) => String(row.id)} onOpen={onOpen}
				empty={{ title: t('keys.authcard.none'), hint: t('keys.authcard.noneText') }} />
			{isFull && <div className="grid-foot"><span className="faint">{t('keys.authcard.newest', { count: listedMax })}</span></div>}
		</section>
	);
}
