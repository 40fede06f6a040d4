// SPDX-License-Identifier: Apache-2.0
// ApprovalsPage.tsx — what waits for a second person (双人控制): for somebody at this window, asked by one of them, all.
import { Drawer, Segmented } from 'antd';
import { useMemo } from 'react';

import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useQueryState } from '../../../components/queryState';
import { useI18n } from '../../../i18n/i18n';
import type { Approval } from '../../../keys/answers';
import { rolesOf, useOfficers, type LoggedIn } from '../../../keys/officers';
import { useActs, useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { When } from '../parts';
import { ApprovalView, orderName, placesOf } from './ApprovalView';

const views = ['waiting', 'mine', 'all'] as const;
type View = (typeof views)[number];
const names = ['view', 'open'] as const;

/** Does it wait for one of these: to agree, or to carry it out? */
export function waitsFor(approval: Approval, officers: LoggedIn[]): boolean {
	const next = rolesOf(approval.next);
	const isInvolved = (one: LoggedIn) => one.name === approval.initiator || approval.approvers.includes(one.name);

	if (approval.state === 'APPROVED') return officers.some((one) => one.name === approval.initiator);
	return approval.state === 'PENDING' && officers.some((one) => !isInvolved(one) && one.roles.some((role) => next.includes(role)));
}

function isMine(approval: Approval, officers: LoggedIn[]): boolean {
	return officers.some((one) => one.name === approval.initiator);
}

export default function ApprovalsPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.approvals')}><Approvals /></KeysPage>;
}

function Approvals() {
	const { t } = useI18n();
	const officers = useOfficers();
	const acts = useActs();
	const [values, setValues] = useQueryState(names);
	const list = useTold<{ approvals: Approval[] }>('approval.list', { all: true });
	const view = (values.view || 'waiting') as View;
	const rows = list.data?.approvals.filter((one) => view === 'all' || (view === 'mine' ? isMine(one, officers) : waitsFor(one, officers)));
	const counts: Record<View, number | undefined> = {
		waiting: list.data?.approvals.filter((one) => waitsFor(one, officers)).length, mine: undefined, all: undefined,
	};
	const columns = useMemo((): Column<Approval>[] => [
		{ key: 'id', title: t('keys.approval.number'), right: true, render: (row) => <span className="num">{row.id}</span> },
		{ key: 'op', title: t('keys.approval.act'), render: (row) => orderName(t, row.op) },
		{ key: 'initiator', title: t('keys.approval.initiator'), render: (row) => row.initiator },
		{ key: 'people', title: t('keys.approval.people'), render: (row) => <Dots approval={row} /> },
		{ key: 'state', title: t('keys.approval.stateTitle'), render: (row) => <StateBadge state={`keys.approval.state.${row.state}`} /> },
		{ key: 'created', title: t('keys.approval.created'), render: (row) => <When us={row.created_us} /> },
		{ key: 'expires', title: t('keys.approval.expires'), render: (row) => <When us={row.expires_us} /> },
	], [t]);

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<>
			<section className="panel">
				<div className="panel-head">
					<Segmented<View> value={view} onChange={(next) => setValues({ view: next === 'waiting' ? '' : next })}
						options={views.map((value) => ({ value, label: `${t(`keys.approval.view.${value}`)}${counts[value] ? ` ${counts[value]}` : ''}` }))} />
				</div>
				<KeyTable<Approval> label={t('menu.keys.approvals')} columns={columns} rows={rows} keyOf={(row) => String(row.id)}
					onOpen={(row) => setValues({ open: String(row.id) })}
					empty={{ title: t(`keys.approval.none.${view}`) }} />
			</section>
			<Drawer open={values.open !== ''} onClose={() => setValues({ open: '' })} size="min(600px, 100vw)" destroyOnHidden
				title={t('keys.approval.title', { id: values.open })}>
				{values.open && (
					<ApprovalView id={Number(values.open)} onCarried={(answer) => {
						setValues({ open: '' });
						acts.finish(answer);
					}} />
				)}
			</Drawer>
		</>
	);
}

/** A filled dot for each who agreed. */
function Dots({ approval }: { approval: Approval }) {
	const places = placesOf(approval);
	const text = places.map((place) => `${place.roles.join('|')}${place.who ? ` ✓ ${place.who}` : ''}`).join(', ');

	return (
		<span className="dots" role="img" aria-label={text} title={text}>
			{places.map((place, index) => <span key={index} className={place.who ? 'dot-place agreed' : 'dot-place'}>{place.roles.length > 1 ? 'SO' : place.roles[0]}</span>)}
		</span>
	);
}
