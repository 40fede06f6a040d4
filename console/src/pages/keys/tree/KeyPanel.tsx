// SPDX-License-Identifier: Apache-2.0
// KeyPanel.tsx — one key: its definition, its versions with their validity, and what can be done with each.
import { Button, Checkbox, InputNumber, Select } from 'antd';
import { useMemo, useState, type FormEvent, type ReactNode } from 'react';

import { DangerConfirm } from '../../../components/DangerConfirm';
import { Facts } from '../../../components/Facts';
import { KeyTable, type Column } from '../../../components/KeyTable';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { StateBadge } from '../../../components/StateBadge';
import { useI18n } from '../../../i18n/i18n';
import type { KeyDefinition, KeyState, KeyVersion } from '../../../keys/answers';
import type { ProductPlace } from '../../../keys/picture';
import { handOf, isFinal, nextStates } from '../../../keys/states';
import { algorithmNames, useOf } from '../../../keys/uses';
import { ActButton, ActProblem, NeedsRole, useAct, useTold } from '../acts';
import { labelOf } from '../names';
import { Kcv, Labelled, When } from '../parts';
import { Validity } from './Validity';

interface KeyPanelProps {
	keyDefinition: KeyDefinition;
	product: ProductPlace;
	onBack: () => void;
}

export function KeyPanel({ keyDefinition: key, onBack }: KeyPanelProps) {
	const { t } = useI18n();
	const list = useTold<{ versions: KeyVersion[] }>('version.list', { key: key.id });
	const [chosen, setChosen] = useState(0);
	const versions = list.data?.versions;
	const version = versions?.find((one) => one.id === chosen) ?? versions?.[0];

	return (
		<div className="columns">
			<div className="page">
				<Definition definition={key} onBack={onBack} />
				{list.error ? <ProblemNotice error={list.error} onRetry={() => void list.refetch()} /> : (
					<section className="panel">
						<div className="panel-head"><h2>{t('keys.key.versions')}</h2></div>
						{versions && versions.length > 0 && <Validity versions={versions} />}
						<Versions rows={versions} onOpen={(row) => setChosen(row.id)} />
					</section>
				)}
			</div>
			<div className="page">
				{version && <VersionPanel key={version.id} definition={key} version={version} />}
				<Generate definition={key} />
			</div>
		</div>
	);
}

function Definition({ definition: key, onBack }: { definition: KeyDefinition; onBack: () => void }) {
	const { t, language } = useI18n();
	const act = useAct(['conf']);
	const [asking, setAsking] = useState(false);

	return (
		<section className="panel" data-key={key.code}>
			<div className="panel-head">
				<h2><span className="mono">{labelOf(key)}</span> {key.name}</h2>
				<span className="row wrap">
					{act.actor && <Button size="small" danger onClick={() => setAsking(true)}>{t('keys.remove')}</Button>}
					<Button size="small" onClick={onBack}>{t('keys.back')}</Button>
				</span>
			</div>
			<div className="panel-body stack">
				<Facts rows={[
					[t('keys.field.usage'), `${key.usage} ${useOf(key.usage)?.name[language] ?? ''}`],
					[t('keys.field.algorithm'), `${algorithmNames[key.algorithm] ?? key.algorithm} ${key.bits}`],
					[t('keys.field.mode'), `${key.mode} ${t(`keys.mode.${key.mode as 'B'}`)}`],
					[t('keys.field.exportability'), `${key.exportability} ${t(`keys.export.${key.exportability as 'E'}`)}`],
					[t('keys.field.levels'), String(key.levels)],
					[t('keys.field.period_days'), key.period_days ? String(key.period_days) : t('keys.key.noEnd')],
					[t('keys.field.place'), t(`keys.place.${key.place}`)],
				]} />
				<ActProblem act={act} />
			</div>
			<DangerConfirm open={asking} title={t('keys.order.key.remove')} effect={t('keys.removeText', { name: labelOf(key) })} action={t('keys.remove')}
				onCancel={() => setAsking(false)} onConfirm={() => { setAsking(false); void act.run({ command: 'key.remove', fields: { id: key.id } }, onBack); }} />
		</section>
	);
}

function Versions({ rows, onOpen }: { rows: KeyVersion[] | undefined; onOpen: (row: KeyVersion) => void }) {
	const { t } = useI18n();
	const columns = useMemo((): Column<KeyVersion>[] => [
		{ key: 'version', title: t('keys.version.number'), right: true, render: (row) => <b className="num">{String(row.version).padStart(2, '0')}</b> },
		{ key: 'state', title: t('keys.version.state'), render: (row) => <span className="row"><StateBadge state={`keys.state.${row.state}`} />{row.was_compromised && row.state === 'DESTROYED' && <StateBadge state="keys.state.COMPROMISED" />}</span> },
		{ key: 'kcv', title: t('keys.kcv'), render: (row) => <Kcv value={row.kcv} /> },
		{ key: 'origin', title: t('keys.version.origin'), render: (row) => t(`keys.origin.${row.origin}`) },
		{ key: 'created', title: t('keys.version.created'), render: (row) => <When us={row.created_us} /> },
		{ key: 'until', title: t('keys.version.protectUntil'), render: (row) => <When us={row.protect_until_us} /> },
	], [t]);

	return <KeyTable<KeyVersion> label={t('keys.key.versions')} columns={columns} rows={rows} keyOf={(row) => String(row.id)} onOpen={onOpen} empty={{ title: t('keys.version.none') }} />;
}

/* --- one version --- */

function VersionPanel({ definition, version }: { definition: KeyDefinition; version: KeyVersion }) {
	const { t } = useI18n();
	const hand = handOf(definition.algorithm);
	const act = useAct([hand]);
	const [asking, setAsking] = useState<KeyState | null>(null);
	const label = labelOf(definition, version.version);
	const move = (to: KeyState) => {
		setAsking(null);
		void act.run({ command: 'version.move', fields: { id: version.id, to } });
	};
	const moves = nextStates(version.state);

	return (
		<section className="panel" data-version={version.version} data-state={version.state}>
			<div className="panel-head"><h2><span className="mono">{label}</span></h2><StateBadge state={`keys.state.${version.state}`} /></div>
			<div className="panel-body stack">
				<Kcv value={version.kcv} large />
				<p className="small soft">{t(`keys.state.${version.state}.text`)}</p>
				<Facts rows={[
					[t('keys.version.created'), <When us={version.created_us} />],
					[t('keys.version.activateAt'), <When us={version.activate_at_us} />],
					[t('keys.version.protectUntil'), <When us={version.protect_until_us} />],
					[t('keys.version.processUntil'), <When us={version.process_until_us} />],
					...(version.recover_until_us ? [[t('keys.version.recoverUntil'), <When us={version.recover_until_us} />] as [string, ReactNode]] : []),
					[t('keys.version.card'), version.card_ki || version.card_kv ? `${version.card_ki} / ${version.card_kv}` : '—'],
				]} />
				{moves.length > 0 && (
					<div className="row wrap moves" role="group" aria-label={t('keys.version.moves')}>
						{moves.map((to) => (
							<Button key={to} size="small" danger={isFinal(to)} loading={act.busy} disabled={!act.actor} data-move={to} onClick={() => isFinal(to) ? setAsking(to) : move(to)}>{t(`keys.move.${to}`)}</Button>
						))}
						<NeedsRole act={act} />
					</div>
				)}
				<ActProblem act={act} />
				{version.state === 'COMPROMISED' && <Recover definition={definition} version={version} />}
			</div>
			<DangerConfirm open={asking !== null} title={t(`keys.move.${asking ?? 'DESTROYED'}`)} effect={t(`keys.moveText.${asking === 'COMPROMISED' ? 'COMPROMISED' : 'DESTROYED'}`, { name: `${label}  ${version.kcv}` })}
				action={t(`keys.move.${asking ?? 'DESTROYED'}`)} onCancel={() => setAsking(null)} onConfirm={() => asking && move(asking)} />
		</section>
	);
}

/** A while in which a compromised version still processes what was made under it; agreed with the administrator. */
function Recover({ definition, version }: { definition: KeyDefinition; version: KeyVersion }) {
	const { t } = useI18n();
	const act = useAct([handOf(definition.algorithm)]);
	const [hours, setHours] = useState(24);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'version.recover', fields: { id: version.id, hours } });
	};

	return (
		<form className="stack" data-form="version.recover" onSubmit={submit}>
			<p className="small soft">{t('keys.version.recoverText')}</p>
			<div className="row wrap">
				<Labelled label={t('keys.field.hours')} width={120}>{(id) => <InputNumber id={id} min={0} max={168} value={hours} onChange={(value) => setHours(value ?? 0)} style={{ width: '100%' }} />}</Labelled>
			</div>
			<ActProblem act={act} />
			<ActButton act={act} htmlType="submit" data-act="version.recover">{t('keys.order.version.recover')}</ActButton>
		</form>
	);
}

/* --- a new value --- */

/** Public exponents of RSA pairs (EMV book 2, B2.1). */
const exponents = [3, 65537];

function Generate({ definition }: { definition: KeyDefinition }) {
	const { t } = useI18n();
	const act = useAct([handOf(definition.algorithm)]);
	const [atOnce, setAtOnce] = useState(true);
	const [cardKi, setCardKi] = useState(0);
	const [cardKv, setCardKv] = useState(0);
	const [exponent, setExponent] = useState(3);
	const isRsa = definition.algorithm === 'R';
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'version.generate', fields: { key: definition.id, at_once: atOnce, card_ki: cardKi, card_kv: cardKv, ...(isRsa ? { exponent } : {}) } });
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.version.generate')}</h2></div>
			<form className="panel-body stack" data-form="version.generate" onSubmit={submit}>
				<p className="small soft">{t('keys.version.generateText')}</p>
				<div className="row wrap">
					<Labelled label={t('keys.field.card_ki')} width={120}>{(id) => <InputNumber id={id} min={0} max={255} value={cardKi} onChange={(value) => setCardKi(value ?? 0)} style={{ width: '100%' }} />}</Labelled>
					<Labelled label={t('keys.field.card_kv')} width={120}>{(id) => <InputNumber id={id} min={0} max={255} value={cardKv} onChange={(value) => setCardKv(value ?? 0)} style={{ width: '100%' }} />}</Labelled>
					{isRsa && <Labelled label={t('keys.field.exponent')} width={120}>{(id) => <Select id={id} value={exponent} onChange={setExponent} options={exponents.map((value) => ({ value, label: String(value) }))} style={{ width: '100%' }} />}</Labelled>}
				</div>
				<Checkbox checked={atOnce} onChange={(event) => setAtOnce(event.target.checked)}>{t('keys.version.atOnce')}</Checkbox>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="version.generate">{t('keys.order.version.generate')}</ActButton>
			</form>
		</section>
	);
}
