// SPDX-License-Identifier: Apache-2.0
// ComponentStep.tsx — one security officer alone: the component is made or typed in, its check value noted, the file
// written and read back, then the officer leaves (keys 5.3).
import { CheckCircleFilled, DownloadOutlined, LogoutOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { securityOfficers, type Ceremony, type Component } from '../../../keys/answers';
import { fileName, type Stage } from '../../../keys/ceremony';
import { download } from '../../../keys/download';
import { askAs, logOut, useOfficers, type LoggedIn } from '../../../keys/officers';
import { linesOf } from '../../../keys/paper';
import { ActProblem, useAct, type Act } from '../acts';
import { LoginForm } from '../LoginPanel';
import { FileField, Kcv, NewSecretFields, PrintButton, SecretField, useNewSecret, type ChosenFile } from '../parts';
import { PaperEntry } from './PaperEntry';
import { PaperSheet } from './PaperSheet';

export const pinMin = 8;

interface StepProps {
	ceremony: Ceremony;
	component: Component;
	stage: Stage;
}

export function ComponentStep(props: StepProps) {
	const { t } = useI18n();
	const officers = useOfficers();
	const { role } = props.component;
	const mine = officers.find((one) => one.roles.includes(role));
	const others = officers.filter((one) => one.roles.some((other) => other !== role && securityOfficers.includes(other as never)));

	if (others.length > 0) return <Alone ceremony={props.ceremony} others={others} role={t(`keys.role.${role}`)} />;
	if (!mine) {
		return (
			<section className="panel padded stack">
				<h2>{t('keys.component.login', { who: t(`keys.role.${role}`) })}</h2>
				<p className="soft">{t('keys.component.loginText')}</p>
				<LoginForm />
			</section>
		);
	}
	return <Stages {...props} officer={mine} />;
}

/** The others leave first; whoever has just finished may still read the backup copy back. */
function Alone({ ceremony, others, role }: { ceremony: Ceremony; others: LoggedIn[]; role: string }) {
	const { t } = useI18n();
	const done = others.find((one) => ceremony.components.some((part) => part.step === 'VERIFIED' && one.roles.includes(part.role)));

	return (
		<section className="panel padded stack" data-stage="alone">
			<h2>{t(done ? 'keys.component.finished' : 'keys.component.alone', { who: role })}</h2>
			<p className="soft">{t('keys.component.aloneText')}</p>
			<span className="row wrap">
				{others.map((one) => <Button key={one.id} type="primary" icon={<LogoutOutlined />} data-out={one.name} onClick={() => void logOut(one)}>{t('keys.bar.out', { name: one.display })}</Button>)}
			</span>
			{done && <ReadCopy ceremony={ceremony} officer={done} />}
		</section>
	);
}

function ReadCopy({ ceremony, officer }: { ceremony: Ceremony; officer: LoggedIn }) {
	const { t } = useI18n();
	const act = useAct([], officer);
	const [read, setRead] = useState(false);

	return (
		<div className="stack">
			<p className="small soft">{t('keys.component.readCopyText')}</p>
			{read && <span className="good small" role="status"><CheckCircleFilled /> {t('keys.component.readDone')}</span>}
			<MediumForm act={act} command="ceremony.verify" id={ceremony.id} label={t('keys.component.readCopy')} onDone={() => setRead(true)} />
		</div>
	);
}

function Stages({ ceremony, component, stage, officer }: StepProps & { officer: LoggedIn }) {
	const act = useAct([], officer);

	return (
		<div className="page">
			{stage === 'make'
				? <Make ceremony={ceremony} act={act} />
				: (
					<>
						<Made component={component} />
						<Write ceremony={ceremony} component={component} officer={officer} first={stage === 'write'} />
						{stage === 'read' && <ReadBack ceremony={ceremony} officer={officer} />}
						<Again ceremony={ceremony} act={act} />
					</>
				)}
			<ActProblem act={act} />
		</div>
	);
}

/* --- making --- */

function Make({ ceremony, act }: { ceremony: Ceremony; act: Act }) {
	const { t } = useI18n();
	const [typing, setTyping] = useState(false);
	const make = (paper?: string) => act.run({ command: 'ceremony.component', fields: { id: ceremony.id }, secrets: { paper } });

	return (
		<section className="panel padded stack" data-stage="make">
			<h2>{t('keys.component.make')}</h2>
			<p className="soft">{t('keys.component.makeText')}</p>
			<span className="row wrap">
				<Button type="primary" loading={act.busy} data-act="ceremony.component" onClick={() => void make()}>{t('keys.component.generate')}</Button>
				<Button aria-expanded={typing} onClick={() => setTyping(!typing)}>{t('keys.component.type')}</Button>
			</span>
			{typing && <PaperEntry count={linesOf(ceremony.algorithm)} busy={act.busy} onPaper={(paper) => void make(paper)} />}
		</section>
	);
}

/** What was made is held for a quarter of an hour only, and lost with the key manager's process. */
function Again({ ceremony, act }: { ceremony: Ceremony; act: Act }) {
	const { t } = useI18n();

	return (
		<p className="small faint">
			{t('keys.component.heldText')}{' '}
			<Button size="small" type="link" loading={act.busy} onClick={() => void act.run({ command: 'ceremony.component', fields: { id: ceremony.id } })}>{t('keys.component.again')}</Button>
		</p>
	);
}

function Made({ component }: { component: Component }) {
	const { t } = useI18n();

	return (
		<section className="panel formed" data-stage="made">
			<span className="soft">{t('keys.component.kcv')}</span>
			<Kcv value={component.kcv} large />
			<span className="small faint">{t('keys.component.kcvText')}</span>
		</section>
	);
}

/* --- writing --- */

function Write({ ceremony, component, officer, first }: { ceremony: Ceremony; component: Component; officer: LoggedIn; first: boolean }) {
	const { t } = useI18n();
	const load = async () => {
		const { paper } = await askAs<{ paper: string }>(officer, { command: 'ceremony.paper', fields: { id: ceremony.id } });

		return <PaperSheet ceremony={ceremony} component={component} paper={paper} />;
	};

	return (
		<section className="panel padded stack" data-stage="write">
			<h2>{t('keys.component.write')}</h2>
			<p className="soft">{t('keys.component.writeText')}</p>
			<div className="columns even">
				<WriteForm ceremony={ceremony} component={component} officer={officer} copy="A" primary={first} />
				{!first && <WriteForm ceremony={ceremony} component={component} officer={officer} copy="B" />}
			</div>
			{!first && (
				<div className="row wrap">
					<PrintButton label={t('keys.component.print')} load={load} />
					<span className="small faint">{t('keys.component.printText')}</span>
				</div>
			)}
		</section>
	);
}

function WriteForm({ ceremony, component, officer, copy, primary }: { ceremony: Ceremony; component: Component; officer: LoggedIn; copy: 'A' | 'B'; primary?: boolean }) {
	const { t } = useI18n();
	const act = useAct([], officer);
	const pin = useNewSecret(pinMin);
	const [written, setWritten] = useState('');
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (!pin.check()) return;
		const done = await act.run<{ file: string }>({ command: 'ceremony.write', fields: { id: ceremony.id, copy }, secrets: { pin: pin.text } }, ({ file }) => {
			const name = fileName(ceremony, component.role, copy);

			download(name, file);
			setWritten(name);
		});
		if (done) pin.clear();
	};

	return (
		<form className="stack keys-form" autoComplete="off" data-copy={copy} onSubmit={(event) => void submit(event)}>
			<b>{t(`keys.component.copy.${copy}`)}</b>
			<NewSecretFields secret={pin} name={`pin-${copy}`} label={t('keys.component.pin')} again={t('keys.component.pinAgain')} />
			<ActProblem act={act} />
			<Button htmlType="submit" type={primary ? 'primary' : 'default'} icon={<DownloadOutlined />} loading={act.busy}>{t(`keys.component.writeCopy.${copy}`)}</Button>
			{written && <span className="good small" role="status"><CheckCircleFilled /> {t('keys.component.written', { name: written })}</span>}
		</form>
	);
}

/* --- reading back --- */

function ReadBack({ ceremony, officer }: { ceremony: Ceremony; officer: LoggedIn }) {
	const { t } = useI18n();
	const act = useAct([], officer);

	return (
		<section className="panel padded stack" data-stage="read">
			<h2>{t('keys.component.read')}</h2>
			<p className="soft">{t('keys.component.readText')}</p>
			<MediumForm act={act} command="ceremony.verify" id={ceremony.id} label={t('keys.component.readSubmit')} />
		</section>
	);
}

/** A file and its PIN, for one command. */
export function MediumForm({ act, command, id, label, onDone }: { act: Act; command: string; id: number; label: string; onDone?: (answer: { done?: boolean }) => void }) {
	const { t } = useI18n();
	const [file, setFile] = useState<ChosenFile | null>(null);
	const [pin, setPin] = useState('');
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (!file?.text) return;
		await act.run<{ done?: boolean }>({ command, fields: { id }, secrets: { file: file.text, pin } }, (answer) => {
			setFile(null);
			onDone?.(answer);
		});
		setPin('');
	};

	return (
		<form className="stack keys-form" autoComplete="off" data-medium={command} onSubmit={(event) => void submit(event)}>
			<FileField label={t('keys.component.file')} file={file} onFile={setFile} />
			<SecretField label={t('keys.component.pin')} name="pin" value={pin} onChange={setPin} maxLength={64} />
			<ActProblem act={act} />
			<Button htmlType="submit" type="primary" loading={act.busy} disabled={!file?.text}>{label}</Button>
		</form>
	);
}
