// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from 'antd';

import { useI18n } from '../../../i18n/i18n';
import { Copyable } from '../parts';

/** The invitation of a new officer: shown once, for the person it is for. */
export function InvitationNotice({ invitation, onClose }: { invitation: string | null; onClose: () => void }) {
	const { t } = useI18n();

	return (
		<Modal open={invitation !== null} onCancel={onClose} width={520} destroyOnHidden title={t('keys.invitation.title')} mask={{ closable: false }}
			footer={<Button type="primary" onClick={onClose}>{t('keys.invitation.close')}</Button>}>
			<div className="stack">
				<p className="soft">{t('keys.invitation.text')}</p>
				<div className="invitation"><Copyable text={invitation ?? ''} name="invitation" /></div>
			</div>
		</Modal>
	);
}
