// SPDX-License-Identifier: Apache-2.0
// idle.ts — key officers are logged out when nobody touched the window for ten minutes (keys 12); what pages ask by
// themselves would keep their sessions open in the key manager.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import { logOutAll, useOfficers } from './officers';

const idleMs = 10 * 60_000;
const checkEveryMs = 5_000;
const signs = ['pointerdown', 'keydown', 'wheel'] as const;

export function useKeyIdle(): void {
	const queries = useQueryClient();
	const hasOfficers = useOfficers().length > 0;

	useEffect(() => {
		let touched = Date.now();

		if (!hasOfficers) {
			// What officers were shown leaves the window with the last of them.
			queries.removeQueries({ queryKey: ['keys'] });
			return undefined;
		}
		const touch = () => { touched = Date.now(); };
		const clock = window.setInterval(() => {
			if (Date.now() - touched > idleMs) void logOutAll();
		}, checkEveryMs);

		for (const sign of signs) window.addEventListener(sign, touch, { passive: true });
		return () => {
			window.clearInterval(clock);
			for (const sign of signs) window.removeEventListener(sign, touch);
		};
	}, [hasOfficers, queries]);
}
