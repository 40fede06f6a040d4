// SPDX-License-Identifier: Apache-2.0
// OfficersPage.tsx — key officers (密钥管理人员): who they are, with their roles; add, invite anew, stop.
import { Button, Checkbox, Input } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import { roles, type Officer, type Role } from '../../../keys/answers';
import { rolesOf } from '../../../keys/officers';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { KeysPage } from '../KeysPage';
import { Labelled, When } from '../parts';

export default function OfficersPage() {
	const { t } = useI18n();

	return <KeysPage title={t('menu.keys.officers')}><Officers /></KeysPage>;
}

function Officers() {
	const { t } = useI18n();
	const list = useTold<{ officers: Officer[] }>('officer.list');
	const [chosen, setChosen] = useState<number | null>(null);
	const officer = list.data?.officers.find((one) => one.id === chosen);
	const columns = useMemo((): Column<Officer>[] => [
		{ key: 'name', title: t('keys.login.name'), render: (row) => <span className="mono">{row.name}</span> },
		{ key: 'display', title: t('keys.field.display'), render: (row) => row.display },
		{ key: 'roles', title: t('keys.field.roles'), render: (row) => <RoleTags roles={rolesOf(row.roles)} /> },
		{ key: 'state', title: t('keys.officer.stateTitle'), render: (row) => <StateBadge state={row.locked_until_us > Date.now() * 1000 ? 'keys.officer.locked' : `keys.officer.state.${row.state}`} /> },
		{ key: 'login', title: t('keys.officer.lastLogin'), render: (row) => <When us={row.last_login_us} /> },
	], [t]);

	if (list.error) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
	return (
		<div className="columns">
			<section className="panel">
				<div className="panel-head"><h2>{t('keys.officer.list')}</h2></div>
				<KeyTable<Officer> label={t('menu.keys.officers')} columns={columns} rows={list.data?.officers} keyOf={(row) => String(row.id)} onOpen={(row) => setChosen(row.id)} />
			</section>
			<div className="page">
				{officer && <Chosen key={officer.id} officer={officer} onClose={() => setChosen(null)} />}
				<AddForm taken={list.data?.officers ?? []} />
			</div>
		</div>
	);
}

export function RoleTags({ roles: held }: { roles: Role[] }) {
	const { t } = useI18n();

	return <span className="row wrap">{held.map((role) => <span key={role} className="badge info" title={role}>{t(`keys.role.${role}`)}</span>)}</span>;
}

/* --- one of them --- */

function Chosen({ officer, onClose }: { officer: Officer; onClose: () => void }) {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [asking, setAsking] = useState<'reset' | 'stop' | null>(null);
	const run = (what: 'reset' | 'stop') => {
		setAsking(null);
		void act.run({ command: `officer.${what}`, fields: { id: officer.id } });
	};

	return (
		<section className="panel" data-chosen={officer.name}>
			<div className="panel-head"><h2>{officer.display}</h2><Button size="small" onClick={onClose}>{t('keys.close')}</Button></div>
			<div className="panel-body stack">
				<Facts rows={[
					[t('keys.login.name'), <span className="mono">{officer.name}</span>], [t('keys.field.person'), <span className="num">{officer.person}</span>],
					[t('keys.field.roles'), <RoleTags roles={rolesOf(officer.roles)} />], [t('keys.officer.lastLogin'), <When us={officer.last_login_us} />],
				]} />
				<ActProblem act={act} />
				{officer.state !== 'STOPPED' && (
					<span className="row wrap">
						<Button loading={act.busy} disabled={!act.actor} data-act="officer.reset" onClick={() => setAsking('reset')}>{t('keys.order.officer.reset')}</Button>
						<ActButton act={act} danger data-act="officer.stop" onClick={() => setAsking('stop')}>{t('keys.order.officer.stop')}</ActButton>
					</span>
				)}
			</div>
			<DangerConfirm open={asking !== null} title={t(`keys.order.officer.${asking ?? 'stop'}`)} effect={t(`keys.officer.${asking ?? 'stop'}Text`, { name: officer.display })}
				action={t(`keys.order.officer.${asking ?? 'stop'}`)} onCancel={() => setAsking(null)} onConfirm={() => run(asking ?? 'stop')} />
		</section>
	);
}

/* --- a new one --- */

function AddForm({ taken }: { taken: Officer[] }) {
	const { t } = useI18n();
	const act = useAct(['mk']);
	const [name, setName] = useState('');
	const [display, setDisplay] = useState('');
	const [person, setPerson] = useState('');
	const [chosen, setChosen] = useState<Role[]>([]);
	const isTaken = taken.some((one) => one.name === name.trim());
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		const fields = { name: name.trim(), display: display.trim(), person: person.trim(), roles: chosen.join(' ') };
		const clear = () => {
			setName('');
			setDisplay('');
			setPerson('');
			setChosen([]);
		};

		await act.run({ command: 'officer.add', fields }, clear);
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.officer.add')}</h2></div>
			<form className="panel-body stack" onSubmit={(event) => void submit(event)} data-form="officer.add">
				<Labelled label={t('keys.login.name')} error={isTaken ? t('keys.officer.taken') : undefined} hint={t('keys.officer.nameRule')}>
					{(id) => <Input id={id} data-field="name" required maxLength={32} autoCapitalize="none" spellCheck={false} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
				</Labelled>
				<Labelled label={t('keys.field.display')}>
					{(id) => <Input id={id} data-field="display" maxLength={64} autoComplete="off" value={display} onChange={(event) => setDisplay(event.target.value)} />}
				</Labelled>
				<Labelled label={t('keys.field.person')} hint={t('keys.officer.personRule')}>
					{(id) => <Input id={id} data-field="person" required maxLength={32} autoComplete="off" value={person} onChange={(event) => setPerson(event.target.value)} />}
				</Labelled>
				<fieldset className="role-choice">
					<legend>{t('keys.field.roles')}</legend>
					{roles.map((role) => (
						<Checkbox key={role} value={role} checked={chosen.includes(role)} data-role={role}
							onChange={(event) => setChosen(event.target.checked ? [...chosen, role] : chosen.filter((one) => one !== role))}>{t(`keys.role.${role}`)}</Checkbox>
					))}
					<span className="small faint">{t('keys.officer.rolesRule')}</span>
				</fieldset>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="officer.add" disabled={chosen.length === 0}>{t('keys.order.officer.add')}</ActButton>
			</form>
		</section>
	);
}
