// SPDX-License-Identifier: Apache-2.0
// renewal.ts — at which step of keys 7.1 a renewal of the master key stands.
import type { Backup, MasterKey, Renewal } from './answers';

export const renewalSteps = ['backup', 'form', 'start', 'run', 'complete'] as const;
export type RenewalStep = (typeof renewalSteps)[number];

const freshUs = 24 * 3600 * 1e6;

/** Of the last day, as far as this machine's clock knows; the key manager decides by its own. */
export function isFresh(backup: Backup, nowUs: number): boolean {
	return nowUs - backup.at_us < freshUs;
}

export interface RenewalStanding {
	step: RenewalStep;
	/** The new key that waits, if there is one. */
	pending: MasterKey | undefined;
	job: Renewal | undefined;
}

export function standingOf(masters: MasterKey[], backups: Backup[], job: Renewal | undefined, nowUs: number): RenewalStanding {
	const pending = masters.find((one) => one.state === 'PENDING' && masters.some((other) => other.state === 'ACTIVE' && other.algorithm === one.algorithm));
	const open = job && (job.state === 'RUNNING' || job.state === 'VERIFIED') ? job : undefined;

	if (open) return { step: open.state === 'RUNNING' ? 'run' : 'complete', pending, job: open };
	if (!backups.some((one) => isFresh(one, nowUs))) return { step: 'backup', pending, job: undefined };
	return { step: pending ? 'start' : 'form', pending, job: undefined };
}

export function percentOf(job: Renewal): number {
	return job.total > 0 ? Math.floor(100 * Math.min(job.done, job.total) / job.total) : 100;
}
