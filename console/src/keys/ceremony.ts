// SPDX-License-Identifier: Apache-2.0
// ceremony.ts — where a ceremony of a master key stands and who has to do what next (keys 5.3 to 5.5).
import type { Ceremony, Component, MasterKey, Role } from './answers';

export type Stage = 'make' | 'write' | 'read';

export type Next =
	| { kind: 'component'; component: Component; stage: Stage }
	| { kind: 'present'; missing: Role[] }
	| { kind: 'activate' }
	| { kind: 'renew' }
	| { kind: 'done' }
	| { kind: 'cancelled' };

/** A component has a check value from the moment it is made; on a medium it is only once it was written. */
export function stageOf(component: Component): Stage | 'ready' {
	if (component.step === 'VERIFIED') return 'ready';
	if (component.step === 'WRITTEN') return 'read';
	return component.kcv ? 'write' : 'make';
}

function nextOfFormed(ceremony: Ceremony, masters: MasterKey[]): Next {
	const formed = masters.find((one) => one.id === ceremony.lmk);
	const active = masters.some((one) => one.algorithm === ceremony.algorithm && one.state === 'ACTIVE');

	if (formed?.state !== 'PENDING') return { kind: 'done' };
	return { kind: active ? 'renew' : 'activate' };
}

export function nextOf(ceremony: Ceremony, masters: MasterKey[]): Next {
	if (ceremony.state === 'CANCELLED') return { kind: 'cancelled' };
	if (ceremony.state === 'FORMED') return nextOfFormed(ceremony, masters);
	for (const component of ceremony.purpose === 'form' ? ceremony.components : []) {
		const stage = stageOf(component);
		if (stage !== 'ready') return { kind: 'component', component, stage };
	}
	return { kind: 'present', missing: ceremony.components.filter((one) => !one.presented).map((one) => one.role) };
}

/** Steps of the whole way, and which one it stands at. */
export type Step = 'SO1' | 'SO2' | 'SO3' | 'present' | 'use';

export function stepsOf(ceremony: Ceremony): Step[] {
	return ceremony.purpose === 'form' ? ['SO1', 'SO2', 'SO3', 'present', 'use'] : ['present', 'use'];
}

export function stepOf(next: Next): Step {
	if (next.kind === 'component') return next.component.role;
	return next.kind === 'present' ? 'present' : 'use';
}

/** The name under which an officer keeps the file: nothing in it is secret. */
export function fileName(ceremony: Ceremony, role: Role, copy: string): string {
	return `LMK-${ceremony.algorithm}-G${String(ceremony.gen).padStart(2, '0')}-${role}-${copy}.txt`;
}

/** Nothing comes after it. */
export function isOver(next: Next): boolean {
	return next.kind === 'done' || next.kind === 'cancelled';
}
