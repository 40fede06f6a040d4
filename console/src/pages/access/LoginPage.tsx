// SPDX-License-Identifier: Apache-2.0
import { ApiOutlined, LinkOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';

import { call } from '../../api/client';
import type { Credentials, Session } from '../../api/schema';
import { BrandMark } from '../../components/Brand';
import { ProofForm, type Proof } from '../../components/ProofForm';
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

export function openSession({ name, password }: Proof): Promise<Session> {
	return call<Session>('POST', '/session', { body: { login: name, password } satisfies Credentials });
}

export function LoginPage({ onSession }: { onSession: (session: Session) => void }) {
	const { t } = useI18n();

	return (
		<Gate>
			<ProofForm whose="operator" className="gate-form" action={t('login.submit')} prove={async (proof) => onSession(await openSession(proof))}>
				<h1>{t('login.title')}</h1>
			</ProofForm>
		</Gate>
	);
}
