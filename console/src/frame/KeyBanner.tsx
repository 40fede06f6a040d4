// SPDX-License-Identifier: Apache-2.0
// KeyBanner.tsx — what every screen must say of the keys behind it (B6.01): test keys, a software or lost device, a renewal.
import { ExclamationCircleFilled, ExperimentOutlined, HddOutlined, SyncOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';

import type { KmsStatus } from '../api/schema';
import { useI18n, type I18n } from '../i18n/i18n';
import { percentOf } from '../keys/renewal';
import { useKmsStatus } from '../keys/status';
import { useMay } from './session';
import { TabLink } from './TabLink';

export interface Notice {
	id: 'test' | 'software' | 'lost' | 'absent' | 'running' | 'stopped' | 'verified';
	tone: 'warn' | 'bad' | 'info';
	to: string;
}

/** What there is to say, the worst first. */
export function noticesOf(status: KmsStatus): Notice[] {
	const notices: Notice[] = [];
	const job = status.renewal;

	if (status.lost) notices.push({ id: 'lost', tone: 'bad', to: '/keys/devices' });
	if (status.masters.some((one) => one.state !== 'PENDING' && !one.present)) notices.push({ id: 'absent', tone: 'bad', to: '/keys/master' });
	if (job?.stopped_by) notices.push({ id: 'stopped', tone: 'bad', to: '/keys/renewal' });
	if (status.test) notices.push({ id: 'test', tone: 'warn', to: '/keys/master' });
	if (status.software) notices.push({ id: 'software', tone: 'warn', to: '/keys/devices' });
	if (job?.state === 'RUNNING' && !job.stopped_by) notices.push({ id: 'running', tone: 'info', to: '/keys/renewal' });
	if (job?.state === 'VERIFIED') notices.push({ id: 'verified', tone: 'info', to: '/keys/renewal' });
	return notices;
}

const icons: Record<Notice['id'], ReactNode> = {
	test: <ExperimentOutlined />, software: <HddOutlined />, lost: <ExclamationCircleFilled />, absent: <ExclamationCircleFilled />,
	running: <SyncOutlined />, stopped: <ExclamationCircleFilled />, verified: <SyncOutlined />,
};

function wordsOf(t: I18n['t'], notice: Notice, status: KmsStatus): string {
	if (notice.id === 'running' && status.renewal) return t('banner.running', { percent: String(percentOf(status.renewal)) });
	return t(`banner.${notice.id as Exclude<Notice['id'], 'running'>}`);
}

/** Always in the page, so that the rows of the frame stay what they are; empty when there is nothing to say. */
export function KeyBanner() {
	const { t } = useI18n();
	const { data: status } = useKmsStatus();
	const mayOpen = useMay('keys.pages');
	const notices = status ? noticesOf(status) : [];

	return (
		<div className={notices.length > 0 ? 'key-banner' : undefined} role="status" aria-label={t('banner.label')}>
			{status && notices.map((notice) => {
				const words = <>{icons[notice.id]} {wordsOf(t, notice, status)}</>;

				return <span key={notice.id} className={`notice ${notice.tone}`} data-notice={notice.id}>{mayOpen ? <TabLink to={notice.to}>{words}</TabLink> : words}</span>;
			})}
		</div>
	);
}
