// SPDX-License-Identifier: Apache-2.0
import { Button, Input } from 'antd';
import { useState } from 'react';

import { call } from '../../api/client';
import type { PasswordChange, Session } from '../../api/schema';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useSubmit } from '../../components/useSubmit';
import { useI18n, type Key } from '../../i18n/i18n';
import { Gate } from './LoginPage';

const shortest = 10;

/** What is wrong with the entries before the service sees them; null when nothing is. */
export function complaint(current: string, next: string, again: string): Key | null {
	if ([...next].length < shortest) return 'password.short';
	if (next === current) return 'password.same';
	return next === again ? null : 'password.mismatch';
}

export function PasswordForm({ onSession }: { onSession: (session: Session) => void }) {
	const { t } = useI18n();
	const [current, setCurrent] = useState('');
	const [next, setNext] = useState('');
	const [again, setAgain] = useState('');
	const [wrong, setWrong] = useState<Key | null>(null);
	const { error, busy, submit } = useSubmit(async () => {
		const found = complaint(current, next, again);
		const body: PasswordChange = { current_password: current, new_password: next };

		setWrong(found);
		if (!found) onSession(await call<Session>('PUT', '/session/password', { body }));
	});

	return (
		<form className="gate-form" style={{ width: '100%', paddingBottom: 0 }} onSubmit={submit}>
			{error !== null && <ProblemNotice error={error} />}
			<div className="field">
				<label htmlFor="current">{t('password.current')}</label>
				<Input.Password id="current" size="large" autoComplete="current-password" autoFocus required maxLength={128}
					value={current} onChange={(event) => setCurrent(event.target.value)} />
			</div>
			<div className="field">
				<label htmlFor="next">{t('password.new')}</label>
				<Input.Password id="next" size="large" autoComplete="new-password" required maxLength={128} aria-describedby="rule"
					status={wrong && wrong !== 'password.mismatch' ? 'error' : ''} value={next} onChange={(event) => setNext(event.target.value)} />
				<span id="rule" className="small faint">{t('password.rule')}</span>
			</div>
			<div className="field">
				<label htmlFor="again">{t('password.again')}</label>
				<Input.Password id="again" size="large" autoComplete="new-password" required maxLength={128}
					status={wrong === 'password.mismatch' ? 'error' : ''} value={again} onChange={(event) => setAgain(event.target.value)} />
				{wrong && <span className="error" role="alert">{t(wrong)}</span>}
			</div>
			<Button type="primary" size="large" htmlType="submit" block loading={busy}>{t('password.submit')}</Button>
		</form>
	);
}

export function PasswordPage({ isFirst, onSession }: { isFirst?: boolean; onSession: (session: Session) => void }) {
	const { t } = useI18n();

	return (
		<Gate>
			<div className="gate-form">
				<h1>{t('password.title')}</h1>
				{isFirst && <p className="soft">{t('password.first')}</p>}
				<PasswordForm onSession={onSession} />
			</div>
		</Gate>
	);
}
