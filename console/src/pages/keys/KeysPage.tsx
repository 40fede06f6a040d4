// SPDX-License-Identifier: Apache-2.0
// KeysPage.tsx — what is around every page of key management: who is logged in, what waits for others, what is told once.
import { useQueryClient } from '@tanstack/react-query';
import { Drawer } from 'antd';
import { useCallback, useMemo, useState, type ReactNode } from 'react';

import { downloadExported, exportedIn, type Exported } from '../../keys/exchange';
import { useOfficers } from '../../keys/officers';
import { useI18n } from '../../i18n/i18n';
import { ActsContext, type Acts } from './acts';
import { ApprovalView } from './approvals/ApprovalView';
import { ExportNotice } from './exchange/ExportNotice';
import { InvitationNotice } from './officers/InvitationNotice';
import { LoginPanel } from './LoginPanel';
import { OfficerBar } from './OfficerBar';
import './keys.css';

interface KeysPageProps {
	title: string;
	children: ReactNode;
	/** Shown beside the title. */
	extra?: ReactNode;
	/** May be read while nobody is logged in. */
	open?: boolean;
}

interface Waiting {
	id: number;
	onDone: (answer: unknown) => void;
}

export function KeysPage({ title, children, extra, open }: KeysPageProps) {
	const { t } = useI18n();
	const officers = useOfficers();
	const queries = useQueryClient();
	const [waiting, setWaiting] = useState<Waiting | null>(null);
	const [invitation, setInvitation] = useState<string | null>(null);
	const [exported, setExported] = useState<Exported | null>(null);
	const finish = useCallback((answer: unknown) => {
		const told = (answer as { invitation?: unknown }).invitation;
		const out = exportedIn(answer);

		if (typeof told === 'string') setInvitation(told);
		if (out) setExported(out);
		if (out?.batch) downloadExported(out);
		void queries.invalidateQueries({ queryKey: ['keys'] });
		void queries.invalidateQueries({ queryKey: ['kms-status'] });
	}, [queries]);
	const acts = useMemo<Acts>(() => ({
		finish,
		wait: (id, onDone) => setWaiting({ id, onDone }),
	}), [finish]);

	return (
		<ActsContext value={acts}>
			<div className="page keys">
				<div className="page-head"><h1>{title}</h1>{extra}</div>
				<OfficerBar />
				{officers.length > 0 || open ? children : <LoginPanel />}
			</div>
			<Drawer open={waiting !== null} onClose={() => setWaiting(null)} size="min(600px, 100vw)" destroyOnHidden
				title={t('keys.approval.title', { id: String(waiting?.id ?? '') })}>
				{waiting && (
					<ApprovalView id={waiting.id} onCarried={(answer) => {
						setWaiting(null);
						finish(answer);
						waiting.onDone(answer);
					}} />
				)}
			</Drawer>
			<InvitationNotice invitation={invitation} onClose={() => setInvitation(null)} />
			<ExportNotice exported={exported} onClose={() => setExported(null)} />
		</ActsContext>
	);
}
