// SPDX-License-Identifier: Apache-2.0
// LettersPanel.tsx — key letters (密钥信封, keys 5.1, 13): a value as components on paper, made with a second person's leave,
// each printed for another custodian.
import { PrinterOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type FormEvent } from 'react';

import { ProblemNotice } from '../../../components/ProblemNotice';
import { useI18n } from '../../../i18n/i18n';
import { partCounts, type Letters, type TakenLetter } from '../../../keys/components';
import { mayLeave } from '../../../keys/exchange';
import { useOfficers, type LoggedIn } from '../../../keys/officers';
import { handOf } from '../../../keys/states';
import { ActButton, ActProblem, useAct, useTold } from '../acts';
import { DangerAct } from '../DangerAct';
import { LoginForm } from '../LoginPanel';
import { Kcv, useSheet, When, type Sheet } from '../parts';
import { PartsChoice } from './Entries';
import { PartList } from './PartList';
import { PartSheet } from './PartSheet';
import { KeyField, useVersionsOf, VersionField } from './pickers';
import type { Definition, Keys } from './useKeys';

const lookEveryMs = 4_000; // the other custodians may sit at another screen

export function LettersPanel({ keys }: { keys: Keys }) {
	const { t } = useI18n();
	const list = useTold<{ keys: Letters[] }>('letter.list', {}, { refetchMs: lookEveryMs });
	const waiting = list.data?.keys ?? [];
	// Here, for with the last letter that is taken the others' panel goes.
	const sheet = useSheet();

	return (
		<div className="columns">
			<div className="page">
				{list.error && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
				{waiting.map((one) => <Waiting key={one.id} letters={one} sheet={sheet} />)}
				{list.data && waiting.length === 0 && <section className="panel grid-empty"><b>{t('keys.letter.none')}</b><span>{t('keys.letter.noneText')}</span></section>}
			</div>
			{sheet.place}
			<Make definitions={keys.definitions.filter((one) => handOf(one.algorithm) === 'key' && one.exportability !== 'N')} />
		</div>
	);
}

function Make({ definitions }: { definitions: Definition[] }) {
	const { t } = useI18n();
	const act = useAct(['key']);
	const [key, setKey] = useState<number | undefined>();
	const [chosen, setChosen] = useState<number | undefined>();
	const [parts, setParts] = useState<number>(partCounts[0]);
	const versions = useVersionsOf(definitions.find((one) => one.id === key)).filter((one) => mayLeave(one.state));
	const version = versions.find((one) => one.id === chosen) ?? versions[0];
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void act.run({ command: 'letter.make', fields: { version: version?.id, parts } });
	};

	return (
		<section className="panel">
			<div className="panel-head"><h2>{t('keys.order.letter.make')}</h2></div>
			<form className="panel-body stack" data-form="letter.make" onSubmit={submit}>
				<KeyField label={t('keys.field.key')} definitions={definitions} value={key} onChange={(next) => { setKey(next); setChosen(undefined); }} />
				<VersionField versions={versions} value={version?.id} onChange={setChosen} />
				<PartsChoice value={parts} onChange={setParts} />
				<p className="small soft">{t('keys.letter.makeText')}</p>
				<ActProblem act={act} />
				<ActButton act={act} type="primary" htmlType="submit" data-act="letter.make" disabled={!version}>{t('keys.order.letter.make')}</ActButton>
			</form>
		</section>
	);
}

/* --- letters that wait --- */

function Waiting({ letters, sheet }: { letters: Letters; sheet: Sheet }) {
	const { t } = useI18n();
	const officers = useOfficers();
	const custodians = officers.filter((one) => one.roles.includes('key') && (letters.taken < letters.parts || letters.letters.some((part) => part.custodian === one.name)));

	return (
		<section className="panel" data-letters={letters.id} data-taken={letters.taken}>
			<div className="panel-head">
				<h2 className="mono">{letters.label}</h2>
				<span className="row wrap small soft">{t('keys.entry.until')} <When us={letters.until_us} /><Cancel letters={letters} /></span>
			</div>
			<div className="panel-body stack">
				<span className="row wrap"><span className="soft">{t('keys.letter.keyKcv')}</span><Kcv value={letters.kcv} /></span>
				<PartList parts={letters.letters} missing={t('keys.letter.missing')} />
				{custodians.map((one) => <Take key={one.id} letters={letters} officer={one} sheet={sheet} />)}
				{custodians.length === 0 && <div className="stack call"><p role="status">{t('keys.letter.next')}</p><LoginForm quiet /></div>}
			</div>
		</section>
	);
}

/** One letter for one custodian; the same one again when its print failed. */
function Take({ letters, officer, sheet }: { letters: Letters; officer: LoggedIn; sheet: Sheet }) {
	const { t } = useI18n();
	const act = useAct(['key'], officer);
	const take = () => void act.run<TakenLetter>({ command: 'letter.take', fields: { id: letters.id } }, ({ label, letter, parts, kcv, key_kcv, paper }) => sheet.print((
		<PartSheet title={t('keys.letter.sheet')} subject={t('keys.letter.of', { label, letter: String(letter), parts: String(parts) })}
			part={{ custodian: officer.display, kcv }} keyKcv={key_kcv} paper={paper} />
	)));

	return (
		<div className="stack">
			<span className="row wrap">
				<Button icon={<PrinterOutlined />} loading={act.busy} data-take={officer.name} onClick={take}>{t('keys.letter.take', { name: officer.display })}</Button>
				<span className="small soft">{t('keys.component.printText')}</span>
			</span>
			<ActProblem act={act} />
		</div>
	);
}

function Cancel({ letters }: { letters: Letters }) {
	const { t } = useI18n();

	return <DangerAct roles={['key']} order={{ command: 'letter.cancel', fields: { id: letters.id } }} size="small" isExtra action={t('keys.order.letter.cancel')} effect={t('keys.letter.cancelText', { label: letters.label })} />;
}
