// SPDX-License-Identifier: Apache-2.0
// LoginPanel.tsx — key officers prove themselves: name, password and one-time code; or take an invitation up. Several people
// use this screen one after another, so nothing is offered to the browser to remember.
import { Button, QRCode, Segmented } from 'antd';
import { useState } from 'react';

import { CodeField, NameField, SecretField } from '../../components/fields';
import { ProblemNotice } from '../../components/ProblemNotice';
import { ProofForm } from '../../components/ProofForm';
import { useSubmit } from '../../components/useSubmit';
import { useI18n } from '../../i18n/i18n';
import { ask } from '../../keys/desk';
import { logIn } from '../../keys/officers';
import { Copyable, NewSecretFields, useNewSecret } from './parts';

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
export function LoginForm({ name, quiet, onDone }: { name?: string; quiet?: boolean; onDone?: () => void }) {
	const { t } = useI18n();

	return (
		<ProofForm whose="officer" className="stack keys-form" name={name} quiet={quiet} action={t('keys.login.submit')} prove={async (proof) => {
			await logIn(proof.name, proof.password, proof.code);
			onDone?.();
		}} />
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
	const { error, busy, submit } = useSubmit(async () => {
		const fields = { name: name.trim() };
		const plain = invite.replace(/\s/g, '');

		onInvited({ ...fields, invite: plain, ...await ask<{ uri: string; secret: string }>({ command: 'invited', fields, secrets: { invite: plain } }) });
	});

	return (
		<form className="stack keys-form" autoComplete="off" onSubmit={submit}>
			{error !== null && <ProblemNotice error={error} />}
			<NameField label={t('keys.login.name')} autoFocus value={name} onChange={setName} />
			<SecretField label={t('keys.invited.invite')} name="invite" value={invite} onChange={setInvite} />
			<Button type="primary" htmlType="submit" loading={busy}>{t('keys.invited.next')}</Button>
		</form>
	);
}

function EntryForm({ invited, onDone, onBack }: { invited: Invited; onDone: () => void; onBack: () => void }) {
	const { t } = useI18n();
	const password = useNewSecret(passwordMin);
	const [code, setCode] = useState('');
	const { name, invite, secret, uri } = invited;
	const { error, busy, submit } = useSubmit(async () => {
		if (!password.check()) return;
		await ask({ command: 'enter', fields: { name }, secrets: { invite, secret, password: password.text, code: code.trim() } });
		onDone();
	});

	return (
		<form className="stack keys-form" autoComplete="off" onSubmit={submit}>
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
			<CodeField label={t('keys.invited.code')} value={code} onChange={setCode} />
			<div className="row wrap">
				<Button type="primary" htmlType="submit" loading={busy}>{t('keys.invited.submit')}</Button>
				<Button onClick={onBack}>{t('keys.back')}</Button>
			</div>
		</form>
	);
}
