// SPDX-License-Identifier: Apache-2.0
// idle.ts — locks the window when nobody touched it; while somebody does, the service hears of it once a minute.
import { useEffect } from 'react';

import { get } from '../api/client';
import type { Session } from '../api/schema';

const checkEveryMs = 5_000;
const touchEveryMs = 60_000;
const signs = ['pointerdown', 'keydown', 'wheel'] as const;

export function useIdleLock(idleTimeoutS: number, onIdle: () => void): void {
	useEffect(() => {
		let touched = Date.now();
		let told = Date.now();

		if (idleTimeoutS === 0) return undefined;
		const touch = () => { touched = Date.now(); };
		const clock = window.setInterval(() => {
			const now = Date.now();

			if (now - touched > idleTimeoutS * 1000) {
				onIdle();
			} else if (touched > told && now - told > touchEveryMs) {
				told = now;
				// A session that ended meanwhile shows in the next call of the page; this one only keeps it open.
				void get<Session>('/session').catch(() => undefined);
			}
		}, checkEveryMs);

		for (const sign of signs) window.addEventListener(sign, touch, { passive: true });
		return () => {
			window.clearInterval(clock);
			for (const sign of signs) window.removeEventListener(sign, touch);
		};
	}, [idleTimeoutS, onIdle]);
}
