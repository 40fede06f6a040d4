// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import type { KeyState, KeyVersion } from '../../../keys/answers';
import { spansOf } from './Validity';

const now = 1_800_000_000_000_000;

const version = (state: KeyState, times: Partial<KeyVersion> = {}): KeyVersion => ({
	id: 1, version: 1, state, was_compromised: false, kcv: 'D2B91C', lmk: 1, origin: 'gen', card_ki: 0, card_kv: 0,
	created_us: now - 10, activate_at_us: now - 5, protect_until_us: 0, process_until_us: 0, recover_until_us: 0, ...times,
});

describe('the line of time of a key', () => {
	it('ends with now for a compromised version, or with its recovery', () => {
		expect(spansOf([version('COMPROMISED')], now).spans[0]).toMatchObject({ from: now - 5, protect: now, process: now });
		expect(spansOf([version('COMPROMISED', { recover_until_us: now + 7 })], now).spans[0]?.process).toBe(now + 7);
		expect(spansOf([version('COMPROMISED', { recover_until_us: now - 1 })], now).spans[0]?.process).toBe(now);
	});

	it('goes on for versions without an end, and leaves destroyed ones out', () => {
		const { spans, to } = spansOf([version('ACTIVE'), version('DESTROYED')], now);

		expect(spans).toHaveLength(1);
		expect(spans[0]).toMatchObject({ protect: to, process: to });
	});
});
