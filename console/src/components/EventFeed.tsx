// SPDX-License-Identifier: Apache-2.0
// EventFeed.tsx — the live line: one event stream for the window, how fresh it is, and a refetch after a gap.
import { PauseOutlined, CaretRightOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Tooltip } from 'antd';
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import { addressOf, get } from '../api/client';
import type { Event as FeedEvent, ProofState, Session, Today, Transaction } from '../api/schema';
import { formatTime, useI18n } from '../i18n/i18n';

const liveWithinMs = 9_000;   // a heartbeat comes every five seconds
const staleAfterMs = 60_000;
const retryFirstMs = 1_000;
const retryMaxMs = 30_000;

export type Freshness = { kind: 'connecting' } | { kind: 'live' } | { kind: 'delayed'; seconds: number } | { kind: 'stale'; since: string };

/** How fresh the figures are, from when the last event came (both in ms; 0: never). */
export function freshnessOf(lastMs: number, lastAt: string, nowMs: number): Freshness {
	const age = nowMs - lastMs;

	if (lastMs === 0) return { kind: 'connecting' };
	if (age < liveWithinMs) return { kind: 'live' };
	if (age < staleAfterMs) return { kind: 'delayed', seconds: Math.round(age / 1000) };
	return { kind: 'stale', since: formatTime(lastAt).slice(11) };
}

/** Whether events are missing between two sequence numbers. */
export function isGap(before: string | null, now: string): boolean {
	return before !== null && BigInt(now) !== BigInt(before) + 1n && BigInt(now) !== BigInt(before);
}

interface Feed {
	freshness: Freshness;
	/** Newest first, since the window was opened; at most 50. */
	transactions: Transaction[];
	proof: ProofState | null;
}

const Context = createContext<Feed>({ freshness: { kind: 'connecting' }, transactions: [], proof: null });

/** `enabled`: the operator may see transactions; without that right there is no stream. */
export function EventFeedProvider({ enabled, children }: { enabled: boolean; children: ReactNode }) {
	const queries = useQueryClient();
	const [transactions, setTransactions] = useState<Transaction[]>([]);
	const [proof, setProof] = useState<ProofState | null>(null);
	const [freshness, setFreshness] = useState<Freshness>({ kind: 'connecting' });
	const last = useRef({ ms: 0, at: '', sequence: null as string | null });

	useEffect(() => {
		let source: EventSource | null = null;
		let timer = 0;
		let wait = retryFirstMs;

		if (!enabled) return undefined;
		const take = (event: MessageEvent<string>): FeedEvent => {
			const data = JSON.parse(event.data) as FeedEvent;
			// After a gap, or after a new start of the service, everything shown may be old.
			if (isGap(last.current.sequence, data.sequence)) void queries.invalidateQueries();
			last.current = { ms: Date.now(), at: data.at, sequence: data.sequence };
			wait = retryFirstMs;
			setFreshness((now) => now.kind === 'live' ? now : { kind: 'live' });
			return data;
		};
		const connect = () => {
			source = new EventSource(addressOf('/events'));
			source.addEventListener('hello', take);
			source.addEventListener('heartbeat', take);
			source.addEventListener('today', (event) => queries.setQueryData(['today'], take(event).body as Today));
			source.addEventListener('proof', (event) => setProof(take(event).body as ProofState));
			source.addEventListener('transaction', (event) => {
				const row = take(event).body as Transaction;
				setTransactions((now) => [row, ...now.filter((one) => one.lsn !== row.lsn)].slice(0, 50));
			});
			source.onerror = () => {
				source?.close();
				// The stream does not say why it ended; asking for the session tells whether it is over.
				void get<Session>('/session').catch(() => undefined);
				timer = window.setTimeout(connect, wait * (0.75 + Math.random() / 2));
				wait = Math.min(wait * 2, retryMaxMs);
			};
		};
		const clock = window.setInterval(() => {
			setFreshness((now) => {
				const next = freshnessOf(last.current.ms, last.current.at, Date.now());
				return next.kind === now.kind && next.kind !== 'delayed' ? now : next;
			});
		}, 1000);

		connect();
		return () => {
			source?.close();
			window.clearTimeout(timer);
			window.clearInterval(clock);
		};
	}, [queries, enabled]);

	const value = useMemo(() => ({ freshness, transactions, proof }), [freshness, transactions, proof]);
	return <Context value={value}>{children}</Context>;
}

export function useFeed(): Feed {
	return useContext(Context);
}

/** "Live", "Delayed 12 s" or "Stale since 10:31". */
export function FeedBadge() {
	const { t } = useI18n();
	const { freshness } = useFeed();
	const [tone, text] = wording();

	function wording() {
		switch (freshness.kind) {
		case 'live': return ['good', t('live.live')] as const;
		case 'delayed': return ['warn', t('live.delayed', { count: freshness.seconds })] as const;
		case 'stale': return ['bad', t('live.stale', { time: freshness.since })] as const;
		case 'connecting': return ['mute', t('live.connecting')] as const;
		}
	}
	return <span className={`badge ${tone}`} role="status" data-feed={freshness.kind}><span className="dot" />{text}</span>;
}

/** Holds the figures still, and says how much has come meanwhile. */
export function PauseButton({ paused, waiting, onPause }: { paused: boolean; waiting: number; onPause: (paused: boolean) => void }) {
	const { t } = useI18n();
	const name = t(paused ? 'live.resume' : 'live.pause');

	return (
		<span className="feed">
			{paused && <span className="badge info" role="status">{waiting > 0 ? t('live.paused.count', { count: waiting }) : t('live.paused')}</span>}
			<Tooltip title={name}>
				<Button aria-label={name} aria-pressed={paused} icon={paused ? <CaretRightOutlined /> : <PauseOutlined />} onClick={() => onPause(!paused)} />
			</Tooltip>
		</span>
	);
}
