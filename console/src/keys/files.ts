// SPDX-License-Identifier: Apache-2.0
// files.ts — files of orders that wait for others to agree. The key manager keeps their hashes alone, so whoever asked says
// them again: from here while the window stays, else they are chosen again.
import type { Approval } from './answers';
import type { Order } from './desk';

export type Files = NonNullable<Order['files']>;

const waiting = new Map<number, Files>();
const suffix = '_sha256';
/** A hash too, but of keys that were chosen. */
const noFile = 'keys_sha256';

export function keepFiles(approval: number, files: Files | undefined): void {
	if (files && Object.values(files).some(Boolean)) waiting.set(approval, files);
}

export function keptFiles(approval: number): Files | undefined {
	return waiting.get(approval);
}

export function dropFiles(approval: number): void {
	waiting.delete(approval);
}

/** Names of the fields that have to be said again: "table" where "table_sha256" was agreed to. */
export function filesIn(approval: Approval): string[] {
	return Object.entries(JSON.parse(approval.payload) as Record<string, unknown>)
		.filter(([name, value]) => name.endsWith(suffix) && name !== noFile && value)
		.map(([name]) => name.slice(0, -suffix.length));
}

/** Files that are no texts go in hexadecimal. */
export function isBinary(command: string, field: string): boolean {
	return field === 'file' && command !== 'batch.import';
}
