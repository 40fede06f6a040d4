// SPDX-License-Identifier: Apache-2.0
import {
	CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, MinusCircleOutlined, UndoOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';

import { useI18n, type Key } from '../i18n/i18n';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'mute';

const icons: Record<Tone, ReactNode> = {
	good: <CheckCircleOutlined />, bad: <CloseCircleOutlined />, warn: <ClockCircleOutlined />,
	info: <UndoOutlined />, mute: <MinusCircleOutlined />,
};

/** How each state looks; the word is always there, so colour alone says nothing. */
const tones: Partial<Record<Key, Tone>> = {
	'tx.state.done': 'good', 'tx.state.reversed': 'info', 'tx.state.refused': 'bad',
	'people.state.active': 'good', 'people.state.left': 'mute',
	'card.state.active': 'good', 'card.state.lost': 'bad', 'card.state.frozen': 'warn', 'card.state.closed': 'mute',
	'merchants.state.open': 'good', 'merchants.state.frozen': 'warn', 'merchants.state.closed': 'mute',
	'terminals.state.defined': 'mute', 'terminals.state.authorised': 'info', 'terminals.state.active': 'good',
	'terminals.state.suspended': 'warn', 'terminals.state.retired': 'mute',
	'terminals.online': 'good', 'terminals.offline': 'mute',
	'proof.identity.holds': 'good', 'proof.identity.broken': 'bad',
	'keys.master.state.PENDING': 'warn', 'keys.master.state.ACTIVE': 'good', 'keys.master.state.OLD': 'info', 'keys.master.state.RETIRED': 'mute',
	'keys.master.status.live': 'good', 'keys.master.status.test': 'warn',
	'keys.ceremony.state.OPEN': 'warn', 'keys.ceremony.state.FORMED': 'good', 'keys.ceremony.state.CANCELLED': 'mute',
	'keys.renewal.state.RUNNING': 'info', 'keys.renewal.state.VERIFIED': 'good', 'keys.renewal.state.DONE': 'mute', 'keys.renewal.state.ABORTED': 'bad',
	'keys.approval.state.PENDING': 'warn', 'keys.approval.state.APPROVED': 'good', 'keys.approval.state.USED': 'mute',
	'keys.approval.state.REFUSED': 'bad', 'keys.approval.state.EXPIRED': 'mute',
	'keys.state.PRE': 'info', 'keys.state.ACTIVE': 'good', 'keys.state.SUSPENDED': 'warn', 'keys.state.DEACTIVATED': 'mute',
	'keys.state.COMPROMISED': 'bad', 'keys.state.DESTROYED': 'mute',
	'keys.officer.state.INVITED': 'warn', 'keys.officer.state.ACTIVE': 'good', 'keys.officer.state.STOPPED': 'mute', 'keys.officer.locked': 'bad',
	'keys.device.software': 'warn', 'keys.device.hardware': 'good', 'keys.device.lost': 'bad', 'keys.device.there': 'good',
	'keys.caKey.state.ACTIVE': 'good', 'keys.caKey.state.EXPIRED': 'mute', 'keys.caKey.state.REVOKED': 'bad',
	'keys.cert.state.DRAFT': 'warn', 'keys.cert.state.SENT': 'info', 'keys.cert.state.ISSUED': 'warn', 'keys.cert.state.IN_USE': 'good',
	'keys.cert.state.EXPIRED': 'mute', 'keys.cert.state.REVOKED': 'bad',
	'keys.client.state.ACTIVE': 'good', 'keys.client.state.STOPPED': 'mute',
	'keys.authcard.state.ISSUED': 'warn', 'keys.authcard.state.WRITTEN': 'info', 'keys.authcard.state.USED': 'good', 'keys.authcard.state.WITHDRAWN': 'mute', 'keys.authcard.over': 'bad',
	'keys.day.inForce': 'good', 'keys.day.stale': 'bad',
	'keys.stock.state.RECEIVED': 'info', 'keys.stock.state.IN_STORE': 'good', 'keys.stock.state.ISSUED_TO_OP': 'warn', 'keys.stock.state.FINISHED': 'good', 'keys.stock.state.DELIVERED': 'info', 'keys.stock.state.INSTALLED': 'good',
	'keys.stock.state.RETURNED': 'warn', 'keys.stock.state.LOST': 'bad', 'keys.stock.state.WASTE': 'bad', 'keys.stock.state.WASTE_STORE': 'mute', 'keys.stock.state.SHREDDED': 'mute',
	'keys.stock.closed': 'good', 'keys.stock.open': 'warn', 'keys.stock.balanced': 'good', 'keys.stock.unbalanced': 'bad',
	'keys.batch.standing.conflict': 'bad', 'keys.batch.standing.refused': 'bad', 'keys.batch.standing.undefined': 'bad', 'keys.batch.standing.defined': 'warn', 'keys.batch.standing.new': 'good', 'keys.batch.standing.there': 'mute',
	'keys.batch.direction.out': 'info', 'keys.batch.direction.in': 'good',
	'chain.linkHolds': 'good', 'chain.linkBroken': 'bad',
};

export function StateBadge({ state }: { state: Key }) {
	const { t } = useI18n();
	const tone = tones[state] ?? 'mute';

	return <span className={`badge ${tone}`}>{icons[tone]}{t(state)}</span>;
}
