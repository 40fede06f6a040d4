// SPDX-License-Identifier: Apache-2.0
// ClientForm.tsx — a new client, or other rights of one: its certificate, then operations × uses × labels × rate. What grows
// needs the administrator of master keys; the key manager decides what that is.
import { LockFilled } from '@ant-design/icons';
import { Checkbox, Input, InputNumber, Select, Switch } from 'antd';
import { useState, type FormEvent, type KeyboardEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { grantable, groupNames, groups, operationsOf, wordsFor, wordsOf, type Client } from '../../../keys/clients';
import { keyUses } from '../../../keys/uses';
import { ActButton, ActProblem, useAct } from '../acts';
import { FileField, Labelled, type ChosenFile } from '../parts';

const certificateMax = 16 << 10;
const rateMax = 1_000_000;
const rateUsual = 100;

interface Draft {
	name: string;
	file: ChosenFile | null;
	ops: Set<string>;
	usages: string[];
	labels: string[];
	rate: number;
	burst: number;
	quota: number;
	active: boolean;
}

function draftOf(client: Client | undefined): Draft {
	return {
		name: client?.name ?? '', file: null, ops: operationsOf(client?.ops ?? ''), usages: wordsOf(client?.usages ?? ''), labels: wordsOf(client?.labels ?? ''),
		rate: client?.rate ?? rateUsual, burst: client?.burst ?? rateUsual, quota: client?.quota_day ?? 0, active: client?.state !== 'STOPPED',
	};
}

/** The words as they stood while they mean the same: "all" stays "all". */
function opsText(client: Client | undefined, ops: Set<string>): string {
	const before = operationsOf(client?.ops ?? '');
	const isSame = before.size === ops.size && [...before].every((word) => ops.has(word));

	return client && isSame ? client.ops : wordsFor(ops);
}

export function ClientForm({ client, onMade }: { client?: Client; onMade?: (id: number) => void }) {
	const { t } = useI18n();
	const act = useAct(['conf']);
	const [draft, setDraft] = useState(() => draftOf(client));
	const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
	const order = client ? 'client.save' : 'client.add';
	const ops = opsText(client, draft.ops);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const fields = {
			...(client && { id: client.id, state: draft.active ? 'ACTIVE' : 'STOPPED' }), name: draft.name.trim(), ops, usages: draft.usages.join(' '),
			labels: draft.labels.join(' '), rate: draft.rate, burst: Math.max(draft.rate, draft.burst), quota_day: draft.quota,
			// What others agree to is its fingerprint, so it is not said again.
			...(draft.file?.text && { certificate: draft.file.text }),
		};

		void act.run<{ id: number }>({ command: order, fields }, (answer) => {
			setDraft(draftOf(client));
			if (!client) onMade?.(answer.id);
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t(client ? 'keys.client.change' : 'keys.order.client.add')}</h2></div>
			<form className="panel-body stack" data-form={order} onSubmit={submit}>
				<div className="row wrap top">
					<Labelled label={t('keys.field.client.name')} hint={t('keys.client.nameRule')} width={260}>
						{(id) => <Input id={id} data-field="name" required maxLength={32} pattern="[A-Za-z0-9._\-]+" autoComplete="off" spellCheck={false} value={draft.name} onChange={(event) => change({ name: event.target.value })} />}
					</Labelled>
					<FileField label={t('keys.field.certificate')} hint={t(client ? 'keys.client.keepCertificate' : 'keys.client.certificateRule')} max={certificateMax} wrong="keys.file.large" file={draft.file} onFile={(file) => change({ file })} />
				</div>
				<OperationChoice ops={draft.ops} onChange={(next) => change({ ops: next })} />
				<KeyChoice draft={draft} change={change} />
				<Rates draft={draft} change={change} />
				{client && <span className="row"><Switch checked={draft.active} onChange={(active) => change({ active })} aria-label={t('keys.client.active')} /> {t('keys.client.active')}</span>}
				<p className="small soft">{t('keys.client.widenText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act={order} disabled={!ops || (!client && !draft.file?.text)}>{t(`keys.order.${order}`)}</ActButton>
			</form>
		</section>
	);
}

/* --- operations --- */

function OperationChoice({ ops, onChange }: { ops: Set<string>; onChange: (ops: Set<string>) => void }) {
	const { t } = useI18n();
	const inGroups = new Set<string>(groupNames.flatMap((group) => [...groups[group]]));
	const set = (words: readonly string[], on: boolean) => {
		const next = new Set(ops);

		for (const word of words) if (on) next.add(word); else next.delete(word);
		onChange(next);
	};
	const others = grantable.filter((one) => !one.named && !inGroups.has(one.word)).map((one) => one.word);
	const named = grantable.filter((one) => one.named).map((one) => one.word);

	return (
		<fieldset className="ops">
			<legend>{t('keys.field.ops')}</legend>
			{groupNames.map((group) => <OperationRow key={group} title={t(`keys.client.group.${group}`)} words={groups[group]} ops={ops} onSet={set} whole />)}
			<OperationRow title={t('keys.client.group.others')} words={others} ops={ops} onSet={set} />
			<OperationRow title={t('keys.client.group.named')} words={named} ops={ops} onSet={set} marked />
		</fieldset>
	);
}

interface OperationRowProps {
	title: string;
	words: readonly string[];
	ops: Set<string>;
	onSet: (words: readonly string[], on: boolean) => void;
	/** A box for all of them at once. */
	whole?: boolean;
	/** They give keys or clear data away. */
	marked?: boolean;
}

function OperationRow({ title, words, ops, onSet, whole, marked }: OperationRowProps) {
	const { language } = useI18n();
	const count = words.filter((word) => ops.has(word)).length;

	return (
		<div className={marked ? 'ops-row marked' : 'ops-row'}>
			{whole
				? <Checkbox checked={count === words.length} indeterminate={count > 0 && count < words.length} onChange={(event) => onSet(words, event.target.checked)}><b>{title}</b></Checkbox>
				: <b>{marked && <LockFilled />} {title}</b>}
			<div className="row wrap">
				{grantable.filter((one) => words.includes(one.word)).map((one) => (
					<Checkbox key={one.word} data-op={one.word} checked={ops.has(one.word)} onChange={(event) => onSet([one.word], event.target.checked)}>{one.name[language]}</Checkbox>
				))}
			</div>
		</div>
	);
}

/* --- keys and rates --- */

interface PartProps {
	draft: Draft;
	change: (part: Partial<Draft>) => void;
}

/** Tab goes on to the next field: it chooses nothing from an open list. */
function keepTab(event: KeyboardEvent): void {
	if (event.key === 'Tab') event.stopPropagation();
}

function KeyChoice({ draft, change }: PartProps) {
	const { t, language } = useI18n();
	const all = draft.usages.includes('all');

	return (
		<div className="row wrap top" onKeyDownCapture={keepTab}>
			<div className="stack">
				<Labelled label={t('keys.field.usages')} width={420}>
					{(id) => (
						<Select id={id} mode="multiple" data-field="usages" disabled={all} value={all ? [] : draft.usages} showSearch={{ optionFilterProp: 'label' }} onChange={(usages: string[]) => change({ usages })}
							options={keyUses.map((one) => ({ value: one.usage, label: `${one.usage} ${one.name[language]}` }))} />
					)}
				</Labelled>
				<Checkbox checked={all} onChange={(event) => change({ usages: event.target.checked ? ['all'] : [] })}>{t('keys.client.allUsages')}</Checkbox>
			</div>
			<Labelled label={t('keys.field.labels')} hint={t('keys.client.labelsRule')} width={420}>
				{(id) => <Select id={id} mode="tags" data-field="labels" value={draft.labels} tokenSeparators={[' ', ',']} open={false} suffixIcon={null} onChange={(next: string[]) => change({ labels: next.map((one) => one.toUpperCase()) })} />}
			</Labelled>
		</div>
	);
}

function Rates({ draft, change }: PartProps) {
	const { t } = useI18n();

	return (
		<div className="row wrap top">
			<Labelled label={t('keys.field.rate')} width={160}>
				{(id) => <InputNumber id={id} data-field="rate" min={1} max={rateMax} value={draft.rate} onChange={(rate) => change({ rate: rate ?? rateUsual, burst: Math.max(draft.burst, rate ?? rateUsual) })} style={{ width: '100%' }} />}
			</Labelled>
			<Labelled label={t('keys.field.burst')} width={160}>
				{(id) => <InputNumber id={id} data-field="burst" min={draft.rate} max={rateMax} value={draft.burst} onChange={(burst) => change({ burst: burst ?? draft.rate })} style={{ width: '100%' }} />}
			</Labelled>
			<Labelled label={t('keys.field.quota_day')} hint={t('keys.key.noEnd')} width={180}>
				{(id) => <InputNumber id={id} data-field="quota" min={0} max={Number.MAX_SAFE_INTEGER} value={draft.quota} onChange={(quota) => change({ quota: quota ?? 0 })} style={{ width: '100%' }} />}
			</Labelled>
		</div>
	);
}
