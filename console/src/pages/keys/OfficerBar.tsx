// SPDX-License-Identifier: Apache-2.0
import { LogoutOutlined, UserAddOutlined } from '@ant-design/icons';
import { Button, Modal, Tooltip } from 'antd';
import { useState } from 'react';

import { useI18n } from '../../i18n/i18n';
import { logOut, logOutAll, useOfficers, type LoggedIn } from '../../keys/officers';
import { LoginForms } from './LoginPanel';

/** Who is logged in at this window, several at once as a ceremony needs them. */
export function OfficerBar() {
	const { t } = useI18n();
	const officers = useOfficers();
	const [adding, setAdding] = useState(false);

	if (officers.length === 0) return null;
	return (
		<section className="officer-bar" aria-label={t('keys.bar.label')}>
			<span className="faint small">{t('keys.bar.label')}</span>
			<ul>{officers.map((one) => <OfficerChip key={one.id} officer={one} />)}</ul>
			<Button size="small" icon={<UserAddOutlined />} onClick={() => setAdding(true)}>{t('keys.bar.add')}</Button>
			{officers.length > 1 && <Button size="small" type="text" onClick={() => void logOutAll()}>{t('keys.bar.outAll')}</Button>}
			<Modal open={adding} footer={null} onCancel={() => setAdding(false)} title={t('keys.login.title')} width={460} destroyOnHidden>
				<LoginForms onDone={() => setAdding(false)} />
			</Modal>
		</section>
	);
}

function OfficerChip({ officer }: { officer: LoggedIn }) {
	const { t } = useI18n();
	const out = t('keys.bar.out', { name: officer.display });

	return (
		<li className="officer-chip" data-officer={officer.name}>
			<span className="avatar" aria-hidden>{officer.roles[0]}</span>
			<span><b>{officer.display}</b><small>{officer.roles.map((role) => t(`keys.role.${role}`)).join('、')}</small></span>
			<Tooltip title={out}><Button size="small" type="text" icon={<LogoutOutlined />} aria-label={out} onClick={() => void logOut(officer)} /></Tooltip>
		</li>
	);
}
