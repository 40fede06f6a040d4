// SPDX-License-Identifier: Apache-2.0
// LoginPanel.tsx — key officers prove themselves: name, password and one-time code; or take an invitation up. Several people
// use this screen one after another, so nothing is offered to the browser to remember.
import { Button, Input, QRCode, Segmented } from 'antd';
import { useState, type FormEvent } from 'react';

import { ProblemNotice } from '../../components/ProblemNotice';
import { useI18n } from '../../i18n/i18n';
import { ask } from '../../keys/desk';
import { logIn } from '../../keys/officers';
import { Copyable, Labelled, NewSecretFields, SecretField, useNewSecret } from './parts';

const passwordMin = 10;

type Way = 'login' | 'invited';

export function LoginPanel() {
	const { t } = useI18n();

	return (
		<section className="panel keys-login">
			<div className="stack">
				<h2>{t('keys.login.title')}</h2>
				<p className="soft">{t('keys.login.text')}</p>
				<LoginForms />
			</div>
		</section>
	);
}

export function LoginForms({ onDone }: { onDone?: () => void }) {
	const { t } = useI18n();
	const [way, setWay] = useState<Way>('login');
	const [entered, setEntered] = useState('');

	return (
		<div className="stack">
			<Segmented<Way> value={way} onChange={setWay} options={(['login', 'invited'] as const).map((value) => ({ value, label: t(`keys.login.way.${value}`) }))} />
			{entered && way === 'login' && <p className="good" role="status">{t('keys.invited.done', { name: entered })}</p>}
			{way === 'login'
				? <LoginForm name={entered} onDone={onDone} />
				: <InvitationForm onDone={(name) => { setEntered(name); setWay('login'); }} />}
		</div>
	);
}

/** `name`: what stands in the first field already; `quiet`: does not take the focus. */
export function LoginForm({ name: given = '', quiet, onDone }: { name?: string; quiet?: boolean; onDone?: () => void }) {
	const { t } = useI18n();
	const [name, setName] = useState(given);
	const [password, setPassword] = useState('');
	const [code, setCode] = useState('');
	const [error, setError] = useState<unknown>(null);
	const [busy, setBusy] = useState(false);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setBusy(true);
		setError(null);
		try {
			await logIn(name.trim(), password, code.trim());
			onDone?.();
		} catch (failure) {
			setError(failure);
		} finally {
			setPassword('');
			setCode('');
			setBusy(false);
		}
	};

	return (
		<form className="stack keys-form" autoComplete="off" onSubmit={(event) => void submit(event)}>
			{error !== null && <ProblemNotice error={error} />}
			<Labelled label={t('keys.login.name')}>
				{(id) => <Input id={id} data-field="name" autoFocus={!given && !quiet} required maxLength={32} autoCapitalize="none" spellCheck={false} autoComplete="off"
					value={name} onChange={(event) => setName(event.target.value)} />}
			</Labelled>
			<SecretField label={t('keys.login.password')} name="password" autoFocus={Boolean(given) && !quiet} value={password} onChange={setPassword} />
			<Labelled label={t('keys.login.code')}>
				{(id) => <Input id={id} data-field="code" required maxLength={8} inputMode="numeric" autoComplete="one-time-code" className="mono"
					value={code} onChange={(event) => setCode(event.target.value)} />}
			</Labelled>
			<Button type="primary" htmlType="submit" loading={busy}>{t('keys.login.submit')}</Button>
		</form>
	);
}

/* --- taking an invitation up --- */

interface Invited {
	name: string;
	invite: string;
	uri: string;
	secret: string;
}

function InvitationForm({ onDone }: { onDone: (name: string) => void }) {
	const [invited, setInvited] = useState<Invited | null>(null);

	return invited
		? <EntryForm invited={invited} onDone={() => onDone(invited.name)} onBack={() => setInvited(null)} />
		: <CheckInvitationForm onInvited={setInvited} />;
}

function CheckInvitationForm({ onInvited }: { onInvited: (invited: Invited) => void }) {
	const { t } = useI18n();
	const [name, setName] = useState('');
	const [invite, setInvite] = useState('');
	const [error, setError] = useState<unknown>(null);
	const [busy, setBusy] = useState(false);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setBusy(true);
		setError(null);
		try {
			const fields = { name: name.trim() };
			const plain = invite.replace(/\s/g, '');
			const told = await ask<{ uri: string; secret: string }>({ command: 'invited', fields, secrets: { invite: plain } });
			onInvited({ ...fields, invite: plain, ...told });
		} catch (failure) {
			setError(failure);
			setBusy(false);
		}
	};

	return (
		<form className="stack keys-form" autoComplete="off" onSubmit={(event) => void submit(event)}>
			{error !== null && <ProblemNotice error={error} />}
			<Labelled label={t('keys.login.name')}>
				{(id) => <Input id={id} data-field="name" autoFocus required maxLength={32} autoCapitalize="none" spellCheck={false} autoComplete="off"
					value={name} onChange={(event) => setName(event.target.value)} />}
			</Labelled>
			<SecretField label={t('keys.invited.invite')} name="invite" value={invite} onChange={setInvite} />
			<Button type="primary" htmlType="submit" loading={busy}>{t('keys.invited.next')}</Button>
		</form>
	);
}

function EntryForm({ invited, onDone, onBack }: { invited: Invited; onDone: () => void; onBack: () => void }) {
	const { t } = useI18n();
	const password = useNewSecret(passwordMin);
	const [code, setCode] = useState('');
	const [error, setError] = useState<unknown>(null);
	const [busy, setBusy] = useState(false);
	const { name, invite, secret, uri } = invited;
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setError(null);
		if (!password.check()) return;
		setBusy(true);
		try {
			await ask({ command: 'enter', fields: { name }, secrets: { invite, secret, password: password.text, code: code.trim() } });
			onDone();
		} catch (failure) {
			setError(failure);
			setBusy(false);
		}
	};

	return (
		<form className="stack keys-form" autoComplete="off" onSubmit={(event) => void submit(event)}>
			<p className="soft">{t('keys.invited.text')}</p>
			<div className="keys-qr">
				<QRCode value={uri} type="svg" size={168} bordered={false} color="#000000" bgColor="#ffffff" aria-label={t('keys.invited.qr')} />
				<div className="stack">
					<span className="small faint">{t('keys.invited.secret')}</span>
					<Copyable text={secret} name="secret" />
				</div>
			</div>
			{error !== null && <ProblemNotice error={error} />}
			<NewSecretFields secret={password} label={t('keys.invited.password')} again={t('keys.invited.again')} name="password" />
			<Labelled label={t('keys.invited.code')}>
				{(id) => <Input id={id} data-field="code" required maxLength={8} inputMode="numeric" autoComplete="one-time-code" className="mono"
					value={code} onChange={(event) => setCode(event.target.value)} />}
			</Labelled>
			<div className="row wrap">
				<Button type="primary" htmlType="submit" loading={busy}>{t('keys.invited.submit')}</Button>
				<Button onClick={onBack}>{t('keys.back')}</Button>
			</div>
		</form>
	);
}
