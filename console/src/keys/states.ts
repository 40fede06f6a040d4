// SPDX-License-Identifier: Apache-2.0
// states.ts — steps between the states of a key version (keys 11), for what the pages offer; the key manager decides.
import type { KeyState, Role } from './answers';

const steps: Record<KeyState, KeyState[]> = {
	PRE: ['ACTIVE', 'COMPROMISED', 'DESTROYED'],
	ACTIVE: ['SUSPENDED', 'DEACTIVATED', 'COMPROMISED'],
	SUSPENDED: ['ACTIVE', 'DEACTIVATED', 'COMPROMISED'],
	DEACTIVATED: ['COMPROMISED', 'DESTROYED'],
	COMPROMISED: ['DESTROYED'],
	DESTROYED: [],
};

export function nextStates(from: KeyState): KeyState[] {
	return steps[from];
}

/** What cannot be taken back: the administrator of master keys has to agree. */
export function isFinal(to: KeyState): boolean {
	return to === 'COMPROMISED' || to === 'DESTROYED';
}

/** Pairs are the part of role cert, secret keys that of role key. */
export function handOf(algorithm: string): Role {
	return algorithm === 'R' || algorithm === '2' ? 'cert' : 'key';
}
