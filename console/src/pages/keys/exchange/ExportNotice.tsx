// SPDX-License-Identifier: Apache-2.0
import { DownloadOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import type { ReactNode } from 'react';

import { Facts, Hash } from '../../../components/Facts';
import { formatCount, useI18n } from '../../../i18n/i18n';
import { downloadExported, type Exported } from '../../../keys/exchange';
import { Kcv } from '../parts';

/** What an export gave, to whoever carried it out, here or on the page of approvals: it is not told a second time. */
export function ExportNotice({ exported, onClose }: { exported: Exported | null; onClose: () => void }) {
	const { t } = useI18n();

	return (
		<Modal open={exported !== null} onCancel={onClose} width={600} destroyOnHidden title={t('keys.exported.title')} mask={{ closable: false }}
			footer={[
				<Button key="file" icon={<DownloadOutlined />} data-act="exported.download" onClick={() => exported && downloadExported(exported)}>{t('keys.exported.download')}</Button>,
				<Button key="close" type="primary" data-act="exported.close" onClick={onClose}>{t('keys.close')}</Button>,
			]}>
			{exported && <Whole exported={exported} />}
		</Modal>
	);
}

function Whole({ exported }: { exported: Exported }) {
	const { t } = useI18n();
	const { batch, count, label, kcv, carrier, form, sha256 } = exported;
	const rows: ([string, ReactNode] | null)[] = [
		label ? [t('keys.field.label'), <span className="mono">{label}</span>] : null,
		batch ? [t('keys.field.batch'), <span className="mono">{batch}</span>] : null,
		count ? [t('keys.field.batch.count'), <span className="num">{formatCount(count)}</span>] : null,
		[t('keys.field.carrier'), <span className="mono">{carrier}</span>],
		form ? [t('keys.field.form'), form === 'raw' ? t('keys.value.form.raw') : t('keys.exported.block', { version: form })] : null,
		sha256 ? [t('keys.field.file_sha256'), <Hash value={sha256} />] : null,
	];

	return (
		<div className="stack" data-exported={batch ?? label}>
			{kcv && (
				<section className="formed tile">
					<span className="soft">{t('keys.kcv')}</span>
					<Kcv value={kcv} large />
					<span className="small soft">{t('keys.exported.kcvText')}</span>
				</section>
			)}
			<Facts rows={rows.filter((row) => row !== null)} />
			{!batch && <pre className="xml mono" data-told="block" tabIndex={0}>{exported.file ?? exported.file_hex}</pre>}
			{batch && <p className="small soft">{t('keys.exported.batchText')}</p>}
		</div>
	);
}
