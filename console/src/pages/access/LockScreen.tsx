// SPDX-License-Identifier: Apache-2.0
import { LockOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState, type FormEvent } from 'react';

import { call } from '../../api/client';
import type { Session } from '../../api/schema';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useI18n } from '../../i18n/i18n';

/** Hides everything until the operator's password is given again; the pages behind it stay as they are. */
export function LockScreen({ login, onSession, onOther }: { login: string; onSession: (session: Session) => void; onOther: () => void }) {
	const { t } = useI18n();
	const [password, setPassword] = useState('');
	const [error, setError] = useState<unknown>(null);
	const [busy, setBusy] = useState(false);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setBusy(true);
		setError(null);
		try {
			onSession(await call<Session>('POST', '/session', { body: { login, password } }));
		} catch (failure) {
			setError(failure);
			setBusy(false);
		}
	};

	return (
		<div className="lock-back" role="dialog" aria-modal="true" aria-labelledby="lock-title">
			<form className="panel lock-box" onSubmit={(event) => void submit(event)}>
				<h1 id="lock-title"><LockOutlined /> {t('lock.title')}</h1>
				<p className="soft">{t('lock.text', { login })}</p>
				{error !== null && <ProblemNotice error={error} />}
				<input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
				<div className="field">
					<label htmlFor="lock-password">{t('login.password')}</label>
					<Input.Password id="lock-password" size="large" autoComplete="current-password" autoFocus required maxLength={128}
						value={password} onChange={(event) => setPassword(event.target.value)} />
				</div>
				<Button type="primary" size="large" htmlType="submit" block loading={busy}>{t('lock.submit')}</Button>
				<Button type="link" onClick={onOther}>{t('lock.other')}</Button>
			</form>
		</div>
	);
}
