// SPDX-License-Identifier: Apache-2.0
import { Modal } from 'antd';
import { Fragment } from 'react';

import { useI18n, type Key } from '../i18n/i18n';

const keys: [Key, string[]][] = [
	['keys.search', ['Ctrl K', 'F2']],
	['keys.filter', ['/']],
	['keys.rows', ['↑', '↓']],
	['keys.page', ['PgUp', 'PgDn']],
	['keys.ends', ['Home', 'End']],
	['keys.open', ['Enter']],
	['keys.select', ['Space']],
	['keys.nextTab', ['Alt ]', 'Alt [']],
	['keys.closeTab', ['Alt W']],
	['keys.help', ['?']],
];

export function KeysHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
	const { t } = useI18n();

	return (
		<Modal open={open} onCancel={onClose} footer={null} title={t('keys.title')} width={460}>
			<dl className="keys-list">
				{keys.map(([name, caps]) => (
					<Fragment key={name}>
						<dt>{t(name)}</dt>
						<dd>{caps.map((cap) => <kbd key={cap} style={{ marginLeft: 6 }}>{cap}</kbd>)}</dd>
					</Fragment>
				))}
			</dl>
		</Modal>
	);
}
