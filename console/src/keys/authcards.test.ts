// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { cardFileName, cardStates, digitsIn, goodHours, isOut, suites, untilOf, type AuthCard, type CardState } from './authcards';

const source = (path: string) => readFileSync(`../src/${path}`, 'utf8');
const quoted = (text: string | undefined) => [...(text ?? '').matchAll(/"(\w+)"/g)].map(([, word]) => word);

describe('authorisation cards', () => {
	const hourUs = 3600 * 1e6;
	const card = (state: CardState) => ({ state, node: '10010001', serial: '0011223344556677', issued_us: 1, not_after_us: state === 'ISSUED' ? 0 : 2 * hourUs }) as AuthCard;

	it('states, suites and hours are those of the key manager', () => {
		expect(cardStates).toEqual(quoted(/authcard_state_names\[\] = \{([^}]+)\}/.exec(source('domain/keys/authcard.c'))?.[1]));
		expect([...suites]).toEqual(quoted(/names\[\] = \{ "", ([^}]+)\}/.exec(source('service/kms/acts_authcard.c'))?.[1]));
		expect(goodHours).toBe(Number(/AUTH_CARD_HOURS = (\d+)/.exec(source('crypto/auth_card.h'))?.[1]));
	});

	it('a card is out until it is used or withdrawn, and has a day for each step', () => {
		expect(cardStates.filter((state) => isOut(card(state)))).toEqual(['ISSUED', 'WRITTEN']);
		expect(cardStates.map((state) => untilOf(card(state)))).toEqual([1 + 24 * hourUs, 2 * hourUs, 0, 0]);
	});

	it('names its file, and takes digits as they were copied', () => {
		expect(cardFileName(card('WRITTEN'))).toBe('10010001-0011223344556677.card');
		expect(digitsIn(' 04ab:CD\n 12')).toBe('04ABCD12');
	});
});
