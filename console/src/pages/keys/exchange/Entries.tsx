// SPDX-License-Identifier: Apache-2.0
// Entries.tsx — a value by components (密钥分量录入, keys 12, 13): begun by one, each custodian gives one component, one of
// them finishes; what is open can go on later, for a quarter of an hour.
import { Checkbox, Segmented } from 'antd';
import { useState, type FormEvent } from 'react';

import { ProblemNotice } from '../../../components/ProblemNotice';
import { useI18n } from '../../../i18n/i18n';
import { partCounts, type Entry } from '../../../keys/components';
import { useOfficers, type LoggedIn } from '../../../keys/officers';
import { handOf } from '../../../keys/states';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { DangerAct } from '../DangerAct';
import { When } from '../parts';
import { CardFields, KcvField, noCard, placeFields, type CardPlace } from './fields';
import { GivePart } from './GivePart';
import { StoredVerdict, type Stored } from './ImportKey';
import { PartList } from './PartList';
import { KeyField } from './pickers';
import type { Definition, Keys } from './useKeys';

const lookEveryMs = 4_000; // the other custodians may sit at another screen

export function Entries({ keys }: { keys: Keys }) {
	const { t } = useI18n();
	const list = useTold<{ entries: Entry[] }>('entry.list', {}, { refetchMs: lookEveryMs });
	const [stored, setStored] = useState<Stored | null>(null);
	const entries = list.data?.entries ?? [];

	return (
		<div className="columns">
			<div className="page">
				{list.error && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
				{stored && <section className="panel padded"><StoredVerdict stored={stored} /></section>}
				{entries.map((entry) => <EntryPanel key={entry.id} entry={entry} definition={keys.definitions.find((one) => one.id === entry.key)} onStored={setStored} />)}
				{list.data && entries.length === 0 && !stored && <section className="panel grid-empty"><b>{t('keys.entry.none')}</b><span>{t('keys.entry.noneText')}</span></section>}
			</div>
			<Begin definitions={keys.definitions.filter((one) => handOf(one.algorithm) === 'key')} onBegun={() => setStored(null)} />
		</div>
	);
}

/* --- a new one --- */

function Begin({ definitions, onBegun }: { definitions: Definition[]; onBegun: () => void }) {
	const { t } = useI18n();
	const act = useAct(['key']);
	const [key, setKey] = useState<number | undefined>();
	const [parts, setParts] = useState<number>(partCounts[0]);
	const [kcv, setKcv] = useState('');
	const [card, setCard] = useState<CardPlace>(noCard);
	const [atOnce, setAtOnce] = useState(true);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'entry.begin', fields: { key, parts, ...(kcv && { kcv }), ...placeFields(card), ...(atOnce && { at_once: true }) } }, () => {
			setKey(undefined);
			setKcv('');
			onBegun();
		});
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.entry.begin')}</h2></div>
			<form className="panel-body stack" data-form="entry.begin" onSubmit={submit}>
				<KeyField label={t('keys.field.key')} definitions={definitions} value={key} onChange={setKey} />
				<PartsChoice value={parts} onChange={setParts} />
				<KcvField value={kcv} onChange={setKcv} hint={t('keys.entry.kcvRule')} />
				<CardFields value={card} onChange={setCard} />
				<Checkbox checked={atOnce} onChange={(event) => setAtOnce(event.target.checked)}>{t('keys.version.atOnce')}</Checkbox>
				<p className="small soft">{t('keys.entry.beginText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="entry.begin" disabled={!key}>{t('keys.order.entry.begin')}</ActButton>
			</form>
		</section>
	);
}

export function PartsChoice({ value, onChange }: { value: number; onChange: (parts: number) => void }) {
	const { t } = useI18n();

	return <span><Segmented<number> aria-label={t('keys.field.parts')} value={value} onChange={onChange} options={partCounts.map((count) => ({ value: count, label: t('keys.entry.parts', { count }) }))} /></span>;
}

/* --- an open one --- */

interface EntryProps {
	entry: Entry;
	definition: Definition | undefined;
	onStored: (stored: Stored) => void;
}

function EntryPanel({ entry, definition, onStored }: EntryProps) {
	const { t } = useI18n();
	const officers = useOfficers();
	const custodian = officers.find((one) => entry.components.some((part) => part.custodian === one.name));
	const isWhole = entry.given === entry.parts;

	return (
		<section className="panel" data-entry={entry.id} data-given={entry.given}>
			<div className="panel-head">
				<h2><span className="mono">{definition?.name3 ?? `#${entry.key}`}</span> {definition?.name}</h2>
				<span className="row wrap small soft">{t('keys.entry.until')} <When us={entry.until_us} /><Cancel entry={entry} name={definition?.name3 ?? ''} /></span>
			</div>
			<div className="panel-body stack">
				<PartList parts={Array.from({ length: entry.parts }, (_, index) => entry.components[index] ?? null)} missing={t('keys.entry.missing')} />
				{isWhole && <Finish entry={entry} custodian={custodian} onStored={onStored} />}
				{definition && <GivePart entry={entry} definition={definition} />}
			</div>
		</section>
	);
}

function Finish({ entry, custodian, onStored }: { entry: Entry; custodian: LoggedIn | undefined; onStored: (stored: Stored) => void }) {
	const { t } = useI18n();
	const act = useAct(['key'], custodian);

	return (
		<div className="stack">
			<p className="small soft">{t('keys.entry.finishText')}</p>
			<ActProblem act={act} />
			<ActButton act={act} type="primary" data-act="entry.finish" onClick={() => void act.run<Stored>({ command: 'entry.finish', fields: { id: entry.id } }, onStored)}>{t('keys.order.entry.finish')}</ActButton>
		</div>
	);
}

function Cancel({ entry, name }: { entry: Entry; name: string }) {
	const { t } = useI18n();

	return <DangerAct roles={['key']} order={{ command: 'entry.cancel', fields: { id: entry.id } }} size="small" isExtra action={t('keys.order.entry.cancel')} effect={t('keys.entry.cancelText', { name })} />;
}
