// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { freshnessOf, isGap } from './EventFeed';

it('freshness goes from live over delayed to stale, in words', () => {
	const at = '2026-03-05T10:31:00+08:00';

	expect(freshnessOf(0, '', 1000)).toEqual({ kind: 'connecting' });
	expect(freshnessOf(1000, at, 6000)).toEqual({ kind: 'live' });
	expect(freshnessOf(1000, at, 13_000)).toEqual({ kind: 'delayed', seconds: 12 });
	expect(freshnessOf(1000, at, 90_000)).toEqual({ kind: 'stale', since: '10:31' });
});

it('a gap is any number but the next; a heartbeat repeats the last', () => {
	expect(isGap(null, '17')).toBe(false);
	expect(isGap('17', '18')).toBe(false);
	expect(isGap('17', '17')).toBe(false);
	expect(isGap('17', '19')).toBe(true);
	expect(isGap('17', '3')).toBe(true);
	expect(isGap('9007199254740993', '9007199254740994')).toBe(false);
});
