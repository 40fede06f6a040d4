// SPDX-License-Identifier: Apache-2.0
// IssueForm.tsx — an order for a card: the terminal, the machine that will hold its SAM, and where it will find its host.
// Somebody else agrees; no officer sees the initial key.
import { Input, InputNumber, Select } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { digitsIn, hostsMax, merchantMax, nodeMax, pointDigits, printDigits, samDigits, suites, usualSuites, versionMax, type AuthCard, type Suite } from '../../../keys/authcards';
import { ActButton, ActProblem, useAct } from '../acts';
import { Labelled } from '../parts';

interface Draft {
	node: string;
	sam: string;
	merchant: string;
	transport: string;
	suites: Suite[];
	hosts: string;
	fingerprint: string;
	version: number | null;
}

const blank: Draft = { node: '', sam: '', merchant: '', transport: '', suites: usualSuites, hosts: '', fingerprint: '', version: null };

export function IssueForm({ onIssued }: { onIssued: (id: number) => void }) {
	const { t } = useI18n();
	const act = useAct(['key']);
	const [draft, setDraft] = useState(blank);
	const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const fields = { ...draft, merchant: draft.merchant.trim(), hosts: draft.hosts.trim(), suites: draft.suites.join(' '), version: draft.version ?? undefined };

		void act.run<AuthCard>({ command: 'authcard.issue', fields }, (answer) => onIssued(answer.id));
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.authcard.issue')}</h2></div>
			<form className="panel-body stack" data-form="authcard.issue" onSubmit={submit}>
				<p className="small soft">{t('keys.authcard.issueText')}</p>
				<Terminal draft={draft} change={change} />
				<Labelled label={t('keys.field.authcard.transport')} hint={t('keys.authcard.transportRule')}>
					{(id) => <Input.TextArea id={id} data-field="transport" className="mono" required rows={3} maxLength={2 * pointDigits} spellCheck={false} autoComplete="off" value={draft.transport} onChange={(event) => change({ transport: digitsIn(event.target.value) })} />}
				</Labelled>
				<Host draft={draft} change={change} />
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="authcard.issue" disabled={draft.suites.length === 0}>{t('keys.order.authcard.issue')}</ActButton>
			</form>
		</section>
	);
}

interface PartProps {
	draft: Draft;
	change: (part: Partial<Draft>) => void;
}

/** What the registry has of it too. */
function Terminal({ draft, change }: PartProps) {
	const { t } = useI18n();

	return (
		<div className="row wrap top">
			<Labelled label={t('keys.field.authcard.node')} hint={t('keys.authcard.nodeRule')} width={200}>
				{(id) => <Input id={id} data-field="node" className="mono" required maxLength={nodeMax} pattern="[0-9A-Z]{8}" autoComplete="off" spellCheck={false} value={draft.node} onChange={(event) => change({ node: event.target.value.trim().toUpperCase() })} />}
			</Labelled>
			<Labelled label={t('keys.field.authcard.sam')} hint={t('keys.authcard.samRule')} width={200}>
				{(id) => <Input id={id} data-field="sam" className="mono" required maxLength={samDigits} pattern="[0-9]{12}" inputMode="numeric" autoComplete="off" value={draft.sam} onChange={(event) => change({ sam: event.target.value.trim() })} />}
			</Labelled>
			<Labelled label={t('keys.field.authcard.merchant')} hint={t('keys.authcard.merchantRule')} width={200}>
				{(id) => <Input id={id} data-field="merchant" className="mono" required maxLength={merchantMax} autoComplete="off" spellCheck={false} value={draft.merchant} onChange={(event) => change({ merchant: event.target.value })} />}
			</Labelled>
		</div>
	);
}

/** How it finds its host and speaks to it; the usual stands there already. */
function Host({ draft, change }: PartProps) {
	const { t } = useI18n();

	return (
		<>
			<div className="row wrap top">
				<Labelled label={t('keys.field.authcard.hosts')} hint={t('keys.authcard.hostsRule')} width={300}>
					{(id) => <Input id={id} data-field="hosts" className="mono" maxLength={hostsMax} autoComplete="off" spellCheck={false} placeholder="10.1.0.1:8583" value={draft.hosts} onChange={(event) => change({ hosts: event.target.value })} />}
				</Labelled>
				<Labelled label={t('keys.field.authcard.suites')} hint={t('keys.authcard.suitesRule')} width={200}>
					{(id) => <Select id={id} mode="multiple" data-field="suites" value={draft.suites} onChange={(chosen: Suite[]) => change({ suites: chosen })} options={suites.map((value) => ({ value, label: value.toUpperCase() }))} />}
				</Labelled>
				<Labelled label={t('keys.field.authcard.version')} hint={t('keys.authcard.versionRule')} width={160}>
					{(id) => <InputNumber id={id} data-field="version" min={1} max={versionMax} value={draft.version} onChange={(version) => change({ version })} style={{ width: '100%' }} />}
				</Labelled>
			</div>
			<Labelled label={t('keys.field.authcard.fingerprint')} hint={t('keys.authcard.fingerprintRule')}>
				{(id) => <Input id={id} data-field="fingerprint" className="mono" maxLength={2 * printDigits} autoComplete="off" spellCheck={false} value={draft.fingerprint} onChange={(event) => change({ fingerprint: digitsIn(event.target.value) })} />}
			</Labelled>
		</>
	);
}
