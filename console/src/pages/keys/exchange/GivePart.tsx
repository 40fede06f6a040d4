// SPDX-License-Identifier: Apache-2.0
// GivePart.tsx — one custodian's component: typed in digits or from paper, hidden and twice, or made by the device and printed.
import { PrinterOutlined } from '@ant-design/icons';
import { Button, Segmented } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { digitsOf, mayGive, paperLines, partState, valueBytes, type Entry, type Part } from '../../../keys/components';
import type { Order } from '../../../keys/desk';
import { useOfficers, type LoggedIn } from '../../../keys/officers';
import { ActProblem, useAct } from '../acts';
import { LoginForm } from '../LoginPanel';
import { PaperEntry } from '../master/PaperEntry';
import { Kcv, SecretField, useSheet } from '../parts';
import { PartSheet } from './PartSheet';
import type { Definition } from './useKeys';

const ways = ['digits', 'paper', 'device'] as const;
type Way = (typeof ways)[number];

interface GiveProps {
	entry: Entry;
	definition: Definition;
}

export function GivePart({ entry, definition }: GiveProps) {
	const { t } = useI18n();
	const officers = useOfficers();
	const [chosen, setChosen] = useState<number | undefined>();
	const custodians = officers.filter((one) => one.roles.includes('key') && mayGive(entry, one.name));
	const next = custodians.find((one) => !entry.components.some((part) => part.custodian === one.name));
	const giver = custodians.find((one) => one.id === chosen) ?? next;

	if (giver) return <Give key={giver.id} entry={entry} definition={definition} giver={giver} onGiving={() => setChosen(giver.id)} onDone={() => setChosen(undefined)} />;
	return (
		<div className="stack">
			<span className="row wrap">
				{custodians.map((one) => <Button key={one.id} size="small" data-again={one.name} onClick={() => setChosen(one.id)}>{t('keys.entry.giveAgain', { name: one.display })}</Button>)}
			</span>
			{entry.given < entry.parts && (
				<div className="stack call">
					<p role="status">{t('keys.entry.next')}</p>
					<LoginForm quiet />
				</div>
			)}
		</div>
	);
}

interface Giving extends GiveProps {
	giver: LoggedIn;
	/** From the moment a component is sent until its check value was compared it is this custodian's turn. */
	onGiving: () => void;
	onDone: () => void;
}

function Give({ entry, definition, giver, onGiving, onDone }: Giving) {
	const { t } = useI18n();
	const act = useAct(['key'], giver);
	const sheet = useSheet();
	const [way, setWay] = useState<Way>('digits');
	const [given, setGiven] = useState<Part | undefined>();
	const partIn = (answer: Entry) => answer.components.find((one) => one.custodian === giver.name);
	const give = (secrets: Order['secrets']) => {
		onGiving();
		return act.run<Entry>({ command: 'entry.give', fields: { id: entry.id }, secrets }, (answer) => setGiven(partIn(answer)));
	};
	const make = () => {
		onGiving();
		void act.run<Entry & { paper: string }>({ command: 'entry.make', fields: { id: entry.id } }, (answer) => {
			const part = partIn(answer);

			setGiven(part);
			if (part) sheet.print(<PartSheet title={t('keys.entry.sheet')} subject={`${definition.name3} ${definition.name}`} part={part} paper={answer.paper} />);
		});
	};

	return (
		<fieldset className="ops" data-giver={giver.name}>
			<legend>{t('keys.entry.of', { name: giver.display })}</legend>
			{given ? <Given part={given} onDone={onDone} /> : (
				<>
					<p className="small soft">{t('keys.entry.giveText')}</p>
					<span><Segmented<Way> aria-label={t('keys.entry.way')} value={way} onChange={setWay} options={ways.map((value) => ({ value, label: t(`keys.entry.way.${value}`) }))} /></span>
					{way === 'digits' && <Digits busy={act.busy} digits={2 * valueBytes(definition)} onPart={(part) => give({ part })} />}
					{way === 'paper' && <PaperEntry count={paperLines(definition)} busy={act.busy} onPaper={(paper) => void give({ paper })} />}
					{way === 'device' && (
						<div className="row wrap">
							<Button type="primary" icon={<PrinterOutlined />} loading={act.busy} data-act="entry.make" onClick={make}>{t('keys.order.entry.make')}</Button>
							<span className="small soft">{t('keys.component.printText')}</span>
						</div>
					)}
				</>
			)}
			<ActProblem act={act} />
			{sheet.place}
		</fieldset>
	);
}

function Given({ part, onDone }: { part: Part; onDone: () => void }) {
	const { t } = useI18n();

	return (
		<div className="formed" data-told="part">
			<span className="soft">{t('keys.component.kcv')}</span>
			<Kcv value={part.kcv} large />
			<span className="small soft">{t('keys.entry.kcvText')}</span>
			<Button type="primary" data-act="entry.compared" onClick={onDone}>{t('keys.entry.compared')}</Button>
		</div>
	);
}

/** Hexadecimal digits, hidden, twice. */
function Digits({ busy, digits, onPart }: { busy: boolean; digits: number; onPart: (part: string) => Promise<boolean> }) {
	const { t } = useI18n();
	const [first, setFirst] = useState('');
	const [second, setSecond] = useState('');
	const state = partState(first, digits);
	const differs = partState(second, digits) === 'right' && digitsOf(first) !== digitsOf(second);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (!await onPart(digitsOf(first))) return;
		setFirst('');
		setSecond('');
	};

	return (
		<form className="stack keys-form" autoComplete="off" data-form="entry.give" onSubmit={(event) => void submit(event)}>
			<SecretField label={t('keys.entry.digits')} name="part" value={first} onChange={setFirst} hint={t('keys.entry.digitsRule', { count: digits })}
				error={state === 'wrong' ? t('keys.entry.digitsWrong', { count: digits }) : undefined} />
			<SecretField label={t('keys.entry.again')} name="part-again" value={second} onChange={setSecond} error={differs ? t('keys.secret.differs') : undefined} />
			<Button type="primary" htmlType="submit" loading={busy} data-act="entry.give" disabled={state !== 'right' || digitsOf(first) !== digitsOf(second)}>{t('keys.order.entry.give')}</Button>
		</form>
	);
}
