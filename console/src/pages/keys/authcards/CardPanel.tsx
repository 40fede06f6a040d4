// SPDX-License-Identifier: Apache-2.0
// CardPanel.tsx — one card: for which terminal and machine; written once, under a PIN of whoever has it in hand; taken back.
import { CheckCircleFilled, DownloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState, type FormEvent } from 'react';

import { Facts } from '../../../components/Facts';
import { useI18n } from '../../../i18n/i18n';
import { cardFileName, goodHours, isOut, untilOf, type AuthCard } from '../../../keys/authcards';
import { download } from '../../../keys/download';
import { bytesOf } from '../../../keys/seal';
import { ActButton, ActProblem, useAct } from '../acts';
import { DangerAct } from '../DangerAct';
import { NewSecretFields, useNewSecret, When } from '../parts';
import { CardState } from './CardState';

const pinMin = 8;

export function CardPanel({ card, onClose }: { card: AuthCard; onClose: () => void }) {
	const { t } = useI18n();
	const [saved, setSaved] = useState('');

	return (
		<section className="panel" data-authcard={card.node} data-state={card.state}>
			<div className="panel-head">
				<h2>{t('keys.authcard.title', { id: String(card.id), node: card.node })}</h2>
				<span className="row wrap"><CardState card={card} /><Button size="small" onClick={onClose}>{t('keys.close')}</Button></span>
			</div>
			<div className="panel-body stack">
				<Facts rows={[
					[t('keys.authcard.serial'), <span className="mono">{card.serial}</span>],
					[t('keys.authcard.subsystem'), <span className="mono">{card.node.slice(0, 2)} / {card.node.slice(2, 4)}</span>],
					[t('keys.field.authcard.sam'), <span className="mono">{card.sam}</span>],
					[t('keys.field.authcard.merchant'), <span className="mono">{card.merchant}</span>],
					[t('keys.field.authcard.hosts'), card.hosts ? <span className="mono">{card.hosts}</span> : '—'],
					[t('keys.field.authcard.version'), String(card.version)],
					[t('keys.authcard.issuedBy'), card.issued_by],
					[t('keys.authcard.issued'), <When us={card.issued_us} />],
					[t('keys.authcard.written'), <When us={card.not_before_us} />],
					[t(card.state === 'ISSUED' ? 'keys.authcard.writeUntil' : 'keys.authcard.useUntil'), <When us={untilOf(card)} />],
					[t('keys.authcard.used'), <When us={card.used_us} />],
				]} />
				{card.state === 'ISSUED' && <Write card={card} onSaved={setSaved} />}
				{saved && <p className="good small" role="status"><CheckCircleFilled /> {t('keys.authcard.saved', { name: saved })}</p>}
				{isOut(card) && <Withdraw card={card} />}
			</div>
		</section>
	);
}

/** The PIN goes sealed and leaves the fields at once, whatever the answer is. */
function Write({ card, onSaved }: { card: AuthCard; onSaved: (name: string) => void }) {
	const { t } = useI18n();
	const act = useAct(['key', 'oper']);
	const pin = useNewSecret(pinMin);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		if (!pin.check()) return;
		void act.run<AuthCard & { file_hex: string }>({ command: 'authcard.write', fields: { id: card.id }, secrets: { pin: pin.text } }, (answer) => {
			download(cardFileName(answer), bytesOf(answer.file_hex), 'application/octet-stream');
			onSaved(cardFileName(answer));
		});
		pin.clear();
	};

	return (
		<form className="stack keys-form" autoComplete="off" data-form="authcard.write" onSubmit={submit}>
			<p className="small soft">{t('keys.authcard.writeText', { hours: String(goodHours) })}</p>
			<NewSecretFields secret={pin} name="pin" label={t('keys.authcard.pin')} again={t('keys.authcard.pinAgain')} />
			<ActProblem act={act} />
			<ActButton act={act} type="primary" htmlType="submit" icon={<DownloadOutlined />} data-act="authcard.write">{t('keys.order.authcard.write')}</ActButton>
		</form>
	);
}

function Withdraw({ card }: { card: AuthCard }) {
	const { t } = useI18n();

	return (
		<DangerAct roles={['key']} order={{ command: 'authcard.withdraw', fields: { id: card.id } }} action={t('keys.order.authcard.withdraw')}
			effect={t('keys.authcard.withdrawText', { id: String(card.id), node: card.node })} />
	);
}
