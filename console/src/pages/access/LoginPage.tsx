// SPDX-License-Identifier: Apache-2.0
import { ApiOutlined, LinkOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState, type FormEvent, type ReactNode } from 'react';

import { call } from '../../api/client';
import type { Credentials, Session } from '../../api/schema';
import { BrandMark } from '../../components/Brand';
import { ProblemNotice } from '../../components/ProblemNotice';
import { LanguageSwitch, ThemeSwitch } from '../../frame/SettingsButton';
import { useI18n } from '../../i18n/i18n';

/** Left the product, right a form, language and theme in reach. */
export function Gate({ children }: { children: ReactNode }) {
	const { t } = useI18n();

	return (
		<div className="gate">
			<aside className="gate-pitch">
				<div className="gate-brand"><BrandMark /><span>{t('app.name')}<small>{t('app.subtitle')}</small></span></div>
				<div>
					<h2>{t('login.pitch')}</h2>
				</div>
				<ul>
					<li><ApiOutlined />{t('login.pitch.live')}</li>
					<li><LinkOutlined />{t('login.pitch.chain')}</li>
					<li><SafetyCertificateOutlined />{t('login.pitch.proof')}</li>
				</ul>
			</aside>
			<main className="gate-side">
				<div className="row wrap" style={{ justifyContent: 'flex-end' }}><ThemeSwitch /><LanguageSwitch /></div>
				{children}
			</main>
		</div>
	);
}

export function LoginPage({ onSession }: { onSession: (session: Session) => void }) {
	const { t } = useI18n();
	const [login, setLogin] = useState('');
	const [password, setPassword] = useState('');
	const [error, setError] = useState<unknown>(null);
	const [busy, setBusy] = useState(false);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setBusy(true);
		setError(null);
		try {
			onSession(await call<Session>('POST', '/session', { body: { login, password } satisfies Credentials }));
		} catch (failure) {
			setError(failure);
			setBusy(false);
		}
	};

	return (
		<Gate>
			<form className="gate-form" onSubmit={(event) => void submit(event)}>
				<h1>{t('login.title')}</h1>
				{error !== null && <ProblemNotice error={error} />}
				<div className="field">
					<label htmlFor="login">{t('login.login')}</label>
					<Input id="login" name="username" size="large" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required
						maxLength={32} value={login} onChange={(event) => setLogin(event.target.value)} />
				</div>
				<div className="field">
					<label htmlFor="password">{t('login.password')}</label>
					<Input.Password id="password" name="password" size="large" autoComplete="current-password" required maxLength={128}
						value={password} onChange={(event) => setPassword(event.target.value)} />
				</div>
				<Button type="primary" size="large" htmlType="submit" block loading={busy}>{t('login.submit')}</Button>
			</form>
		</Gate>
	);
}
