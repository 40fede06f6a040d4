// SPDX-License-Identifier: Apache-2.0
// MasterPage.tsx — local master keys (本地主控密钥): which there are and in which state, what to do next, ceremonies.
import { ArrowRightOutlined, WarningFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useMemo } from 'react';

import type { KmsStatus } from '../../../api/schema';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { TabLink } from '../../../frame/TabLink';
import { useTabs } from '../../../frame/tabs';
import { useI18n } from '../../../i18n/i18n';
import type { Ceremony, MasterKey } from '../../../keys/answers';
import { useOfficers } from '../../../keys/officers';
import { useKmsStatus } from '../../../keys/status';
import { useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { LoginPanel } from '../LoginPanel';
import { ceremonyName, masterName } from '../names';
import { Kcv, When } from '../parts';
import { Activate, Advice, GiveUp } from './Advice';
import { BeginForm } from './BeginForm';

const states = ['PENDING', 'ACTIVE', 'OLD', 'RETIRED'] as const;

export default function MasterPage() {
	const { t } = useI18n();
	const status = useKmsStatus();
	const officers = useOfficers();

	return (
		<KeysPage title={t('menu.keys.master')} open>
			{status.error && !status.data ? <ProblemNotice error={status.error} onRetry={() => void status.refetch()} /> : null}
			{status.data && (officers.length > 0 ? <Logged status={status.data} /> : <Life masters={status.data.masters} node={status.data.node} />)}
			{officers.length === 0 && !status.error && <LoginPanel />}
		</KeysPage>
	);
}

/** What is there for whoever is logged in. */
function Logged({ status }: { status: KmsStatus }) {
	const masters = useTold<{ masters: MasterKey[] }>('lmk.list');
	const ceremonies = useTold<{ ceremonies: Ceremony[] }>('ceremony.list');

	if (ceremonies.error) return <ProblemNotice error={ceremonies.error} onRetry={() => void ceremonies.refetch()} />;
	return (
		<>
			<NextStep status={status} ceremonies={ceremonies.data?.ceremonies} />
			<Life masters={masters.data?.masters ?? status.masters} node={status.node} />
			<div className="columns">
				<Ceremonies rows={ceremonies.data?.ceremonies} />
				<BeginForm masters={masters.data?.masters ?? []} />
			</div>
		</>
	);
}

/* --- the life of a master key as a picture --- */

function Life({ masters, node }: { masters: MasterKey[]; node: string }) {
	const { t } = useI18n();
	const used = masters.filter((one) => one.state !== 'RETIRED').length;

	return (
		<section className="panel">
			<div className="panel-head">
				<h2>{t('keys.master.life')}</h2>
				<span className="row wrap small soft"><span>{t('keys.master.slots', { used: String(used) })}</span><span>{t('keys.master.node', { node })}</span></span>
			</div>
			<ol className="life">
				{states.map((state) => (
					<li key={state} className={`life-${state}`} data-life={state}>
						<div className="life-head"><StateBadge state={`keys.master.state.${state}`} /><ArrowRightOutlined aria-hidden /></div>
						<p className="small soft">{t(`keys.master.state.${state}.text`)}</p>
						{masters.filter((one) => one.state === state).map((one) => <MasterTile key={one.id} master={one} />)}
					</li>
				))}
			</ol>
		</section>
	);
}

function MasterTile({ master }: { master: MasterKey }) {
	const { t } = useI18n();
	const since = { PENDING: master.created_us, ACTIVE: master.activated_us, OLD: master.activated_us, RETIRED: master.retired_us }[master.state];

	return (
		<div className="tile" data-master={master.id}>
			<div className="between"><b>{masterName(t, master)}</b><span className="faint small num">{t('keys.master.slot', { slot: String(master.slot).padStart(2, '0') })}</span></div>
			<Kcv value={master.kcv} />
			<div className="row wrap">
				<StateBadge state={`keys.master.status.${master.status}`} />
				{master.state !== 'RETIRED' && !master.present && <span className="badge bad"><WarningFilled />{t('keys.master.absent')}</span>}
			</div>
			<div className="small faint"><When us={since} /></div>
		</div>
	);
}

/* --- what to do next --- */

function NextStep({ status, ceremonies }: { status: KmsStatus; ceremonies: Ceremony[] | undefined }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const open = ceremonies?.find((one) => one.state === 'OPEN');
	const pending = status.masters.find((one) => one.state === 'PENDING');
	const active = status.masters.find((one) => one.state === 'ACTIVE');
	const missing = status.masters.find((one) => one.state !== 'PENDING' && !one.present);

	if (!ceremonies) return null;
	if (open) {
		return (
			<Advice text={t('keys.next.ceremony', { name: ceremonyName(t, open) })}>
				<Button type="primary" onClick={() => show(`/keys/master/${open.id}`)}>{t('keys.next.continue')}</Button>
			</Advice>
		);
	}
	if (pending && !active) return <Advice text={t('keys.next.activate', { name: masterName(t, pending) })}><Activate master={pending} /></Advice>;
	if (pending) {
		return (
			<Advice text={t('keys.next.renew', { name: masterName(t, pending) })}>
				<span className="row wrap"><TabLink to="/keys/renewal">{t('menu.keys.renewal')}</TabLink><GiveUp master={pending} /></span>
			</Advice>
		);
	}
	if (missing) return <Advice bad text={t('keys.next.load', { name: masterName(t, missing) })} />;
	if (!active) return <Advice text={t('keys.next.first')} />;
	return <Advice text={t(active.status === 'test' ? 'keys.next.test' : 'keys.next.nothing')} done={active.status !== 'test'} />;
}

/* --- ceremonies --- */

function Ceremonies({ rows }: { rows: Ceremony[] | undefined }) {
	const { t } = useI18n();
	const { show } = useTabs();
	const columns = useMemo((): Column<Ceremony>[] => [
		{ key: 'id', title: t('keys.ceremony.number'), right: true, render: (row) => <span className="num">{row.id}</span> },
		{ key: 'purpose', title: t('keys.ceremony.purposeTitle'), render: (row) => ceremonyName(t, row) },
		{ key: 'status', title: t('keys.ceremony.status'), render: (row) => <StateBadge state={`keys.master.status.${row.status}`} /> },
		{ key: 'components', title: t('keys.ceremony.components'), render: (row) => <Marks ceremony={row} /> },
		{ key: 'state', title: t('keys.ceremony.stateTitle'), render: (row) => <StateBadge state={`keys.ceremony.state.${row.state}`} /> },
		{ key: 'created', title: t('keys.ceremony.created'), render: (row) => <When us={row.created_us} /> },
	], [t]);

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.ceremony.list')}</h2></div>
			<KeyTable<Ceremony> label={t('keys.ceremony.list')} columns={columns} rows={rows} keyOf={(row) => String(row.id)}
				onOpen={(row) => show(`/keys/master/${row.id}`)} empty={{ title: t('keys.ceremony.none') }} />
		</section>
	);
}

function Marks({ ceremony }: { ceremony: Ceremony }) {
	const { t } = useI18n();
	const text = ceremony.components.map((one) => `${one.role} ${t(`keys.component.step.${one.step}`)}`).join(', ');

	if (ceremony.purpose === 'load') return <span className="faint">—</span>;
	return (
		<span className="dots" role="img" aria-label={text} title={text}>
			{ceremony.components.map((one) => <span key={one.role} className={one.step === 'VERIFIED' ? 'dot-place agreed' : 'dot-place'}>{one.role}</span>)}
		</span>
	);
}
