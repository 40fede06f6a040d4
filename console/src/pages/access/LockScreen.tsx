// SPDX-License-Identifier: Apache-2.0
import { LockOutlined } from '@ant-design/icons';
import { Button } from 'antd';

import type { Session } from '../../api/schema';
import { ProofForm } from '../../components/ProofForm';
import { useI18n } from '../../i18n/i18n';
import { openSession } from './LoginPage';

/** Hides everything until the operator's password is given again; the pages behind it stay as they are. */
export function LockScreen({ login, onSession, onOther }: { login: string; onSession: (session: Session) => void; onOther: () => void }) {
	const { t } = useI18n();

	return (
		<div className="lock-back" role="dialog" aria-modal="true" aria-labelledby="lock-title">
			<ProofForm whose="operator" className="panel lock-box" name={login} isKnown action={t('lock.submit')} prove={async (proof) => onSession(await openSession(proof))}
				after={<Button type="link" onClick={onOther}>{t('lock.other')}</Button>}>
				<h1 id="lock-title"><LockOutlined /> {t('lock.title')}</h1>
				<p className="soft">{t('lock.text', { login })}</p>
			</ProofForm>
		</div>
	);
}
