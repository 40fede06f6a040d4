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
	'chain.linkHolds': 'good', 'chain.linkBroken': 'bad',
};

export function StateBadge({ state }: { state: Key }) {
	const { t } = useI18n();
	const tone = tones[state] ?? 'mute';

	return <span className={`badge ${tone}`}>{icons[tone]}{t(state)}</span>;
}
