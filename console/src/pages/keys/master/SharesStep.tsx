// SPDX-License-Identifier: Apache-2.0
// SharesStep.tsx — recovery shares (恢复分片, keys 5.5) of the key that was just formed, one file after another.
import { CheckCircleFilled, DownloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type FormEvent } from 'react';

import { useI18n } from '../../../i18n/i18n';
import { securityOfficers, type Ceremony } from '../../../keys/answers';
import { download } from '../../../keys/download';
import { ActProblem, NeedsRole, useAct } from '../acts';
import { NewSecretFields, useNewSecret } from '../parts';
import { pinMin } from './ComponentStep';

export function SharesStep({ ceremony }: { ceremony: Ceremony }) {
	const { t } = useI18n();
	const act = useAct(securityOfficers);
	const pin = useNewSecret(pinMin);
	const [left, setLeft] = useState<number | null>(null);
	const number = left === null ? 1 : ceremony.shares_count - left + 1;
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (!pin.check()) return;
		const done = await act.run<{ file: string; left: number }>({ command: 'ceremony.share', fields: { id: ceremony.id }, secrets: { pin: pin.text } }, (answer) => {
			download(`LMK-${ceremony.algorithm}-G${String(ceremony.gen).padStart(2, '0')}-share-${ceremony.shares_count - answer.left}.txt`, answer.file);
			setLeft(answer.left);
		});
		if (done) pin.clear();
	};

	return (
		<section className="panel padded stack" data-stage="shares" data-left={left ?? ''}>
			<h2>{t('keys.shares.title', { needed: String(ceremony.shares_needed), total: String(ceremony.shares_count) })}</h2>
			<p className="soft">{t('keys.shares.text')}</p>
			{left === 0 ? <span className="good" role="status"><CheckCircleFilled /> {t('keys.shares.done')}</span> : (
				<form className="stack keys-form" autoComplete="off" onSubmit={(event) => void submit(event)}>
					<b>{left === null ? t('keys.shares.first') : t('keys.shares.number', { number: String(number), total: String(ceremony.shares_count) })}</b>
					<NewSecretFields secret={pin} name="pin-share" label={t('keys.component.pin')} again={t('keys.component.pinAgain')} />
					<ActProblem act={act} />
					<NeedsRole act={act} />
					<Button htmlType="submit" icon={<DownloadOutlined />} loading={act.busy} disabled={!act.actor}>{t('keys.shares.write')}</Button>
				</form>
			)}
		</section>
	);
}
