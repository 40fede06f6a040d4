// SPDX-License-Identifier: Apache-2.0
// DangerConfirm.tsx — asks before something that cannot be taken back: says the effect, Enter confirms, Esc leaves.
import { Modal } from 'antd';

import { useI18n } from '../i18n/i18n';

interface DangerConfirmProps {
	open: boolean;
	title: string;
	effect: string;
	action: string;
	onConfirm: () => void;
	onCancel: () => void;
}

export function DangerConfirm({ open, title, effect, action, onConfirm, onCancel }: DangerConfirmProps) {
	const { t } = useI18n();

	return (
		<Modal open={open} title={title} onOk={onConfirm} onCancel={onCancel} okText={action} cancelText={t('confirm.cancel')}
			okButtonProps={{ danger: true, autoFocus: true }} width={440} centered>
			<p>{effect}</p>
		</Modal>
	);
}
