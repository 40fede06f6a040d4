// SPDX-License-Identifier: Apache-2.0
import { DownOutlined, KeyOutlined, LogoutOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import { App, Dropdown, Modal } from 'antd';
import { useState } from 'react';

import { DangerConfirm } from '../components/DangerConfirm';
import { ProblemNotice } from '../components/ProblemNotice';
import { formatTime, useI18n } from '../i18n/i18n';
import { PasswordForm } from '../pages/access/PasswordPage';
import { usePreferences } from '../theme/preferences';
import { KeysHelp } from './KeysHelp';
import { useSession } from './session';
import { useShortcut } from './shortcuts';
import { useTabs } from './tabs';

type Dialog = 'password' | 'keys' | 'signOut' | null;

export function UserMenu() {
	const { t } = useI18n();
	const { session, signOut, update } = useSession();
	const { tabs } = useTabs();
	const { singleKeys } = usePreferences();
	const { message } = App.useApp();
	const [dialog, setDialog] = useState<Dialog>(null);
	const [error, setError] = useState<unknown>(null);
	const { operator, last_login_at: lastLogin } = session;
	const leave = () => {
		setDialog(null);
		signOut().catch(setError);
	};
	const items = [
		{ key: 'last', disabled: true, label: lastLogin ? t('user.lastLogin', { time: formatTime(lastLogin) }) : t('user.firstLogin') },
		{ type: 'divider' as const },
		{ key: 'password', icon: <KeyOutlined />, label: t('user.password') },
		{ key: 'keys', icon: <QuestionCircleOutlined />, label: t('keys.title') },
		{ type: 'divider' as const },
		{ key: 'signOut', icon: <LogoutOutlined />, label: t('user.signOut') },
	];
	const choose = (key: string) => {
		if (key === 'signOut' && tabs.length === 1) leave();
		else setDialog(key as Dialog);
	};

	useShortcut({ key: '?', single: true }, () => setDialog('keys'), singleKeys);
	return (
		<>
			<Dropdown trigger={['click']} menu={{ items, onClick: ({ key }) => choose(key) }} placement="bottomRight">
				<button type="button" className="user-button" aria-haspopup="menu">
					<span className="avatar" aria-hidden>{operator.name.slice(0, 1).toUpperCase()}</span>
					<span className="name">{operator.name}</span><DownOutlined style={{ fontSize: 10 }} aria-hidden />
				</button>
			</Dropdown>
			<KeysHelp open={dialog === 'keys'} onClose={() => setDialog(null)} />
			<Modal open={dialog === 'password'} title={t('password.title')} footer={null} width={420} destroyOnHidden onCancel={() => setDialog(null)}>
				<PasswordForm onSession={(next) => { update(next); setDialog(null); void message.success(t('password.done')); }} />
			</Modal>
			<DangerConfirm open={dialog === 'signOut'} title={t('user.signOut.title')} action={t('user.signOut')}
				effect={t('user.signOut.effect', { count: tabs.length })} onConfirm={leave} onCancel={() => setDialog(null)} />
			<Modal open={error !== null} footer={null} onCancel={() => setError(null)}><ProblemNotice error={error} onRetry={leave} /></Modal>
		</>
	);
}
