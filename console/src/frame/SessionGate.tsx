// SPDX-License-Identifier: Apache-2.0
// SessionGate.tsx — who is signed in decides what is shown: sign-in, first password, or the frame, locked or not.
import { useQueryClient } from '@tanstack/react-query';
import { Spin } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';

import { call, get, Refusal, setCsrfToken, whenSessionEnds } from '../api/client';
import type { Session } from '../api/schema';
import { ProblemNotice } from '../components/ProblemNotice';
import { useI18n } from '../i18n/i18n';
import { logOutAll } from '../keys/officers';
import { LockScreen } from '../pages/access/LockScreen';
import { LoginPage } from '../pages/access/LoginPage';
import { PasswordPage } from '../pages/access/PasswordPage';
import { SessionContext } from './session';
import { forgetTabs } from './tabs';
import { useIdleLock } from './idle';

const Frame = lazy(() => import('./Frame'));

type Standing =
	| { kind: 'asking' }
	| { kind: 'failed'; error: unknown }
	| { kind: 'out' }
	| { kind: 'in'; session: Session; locked: boolean };

export function SessionGate() {
	const { t } = useI18n();
	const queries = useQueryClient();
	const [standing, setStanding] = useState<Standing>({ kind: 'asking' });

	const enter = useCallback((session: Session) => {
		setCsrfToken(session.csrf_token);
		setStanding({ kind: 'in', session, locked: false });
	}, []);
	const unlock = useCallback((session: Session) => {
		enter(session);
		void queries.invalidateQueries();
	}, [enter, queries]);
	const leave = useCallback(() => {
		queries.clear();
		forgetTabs();
		setStanding({ kind: 'out' });
	}, [queries]);
	const lock = useCallback(() => {
		setStanding((now) => now.kind === 'in' && !now.locked ? { ...now, locked: true } : now);
	}, []);
	const ask = useCallback(() => {
		setStanding({ kind: 'asking' });
		get<Session>('/session').then(enter, (error: unknown) => {
			const isOut = error instanceof Refusal && error.status === 401;
			setStanding(isOut ? { kind: 'out' } : { kind: 'failed', error });
		});
	}, [enter]);
	const signOut = useCallback(async () => {
		await logOutAll(); // key officers first: without the operator's session nobody reaches the key manager
		await call('DELETE', '/session');
		leave();
	}, [leave]);

	useEffect(ask, [ask]);
	useEffect(() => whenSessionEnds(lock), [lock]);
	useIdleLock(standing.kind === 'in' && !standing.locked ? standing.session.idle_timeout_s : 0, lock);

	const session = standing.kind === 'in' ? standing.session : null;
	const control = useMemo(() => session && { session, signOut, update: enter }, [session, signOut, enter]);

	if (standing.kind === 'asking') return <div className="center"><Spin /></div>;
	if (standing.kind === 'failed') return <div className="center"><ProblemNotice error={standing.error} onRetry={ask} /></div>;
	if (standing.kind === 'out' || !control) return <LoginPage onSession={enter} />;
	return (
		<SessionContext value={control}>
			<Suspense fallback={<div className="center">{t('app.loading')}</div>}>
				{control.session.operator.must_change_password
					? <PasswordPage isFirst onSession={enter} />
					: <Frame />}
			</Suspense>
			{standing.locked && <LockScreen login={control.session.operator.login} onSession={unlock} onOther={leave} />}
		</SessionContext>
	);
}
