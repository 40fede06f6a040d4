// SPDX-License-Identifier: Apache-2.0
// desk.ts — orders to the key manager, one after another: secrets are sealed before they leave the page, those of an
// answer are opened here. Nothing of them is kept.
import { call, Refusal } from '../api/client';
import { canSeal, newReplyKey, seal } from './seal';

/** scrypt and a scan of every key block take their time; the service itself gives up after half a minute. */
const answerWithinMs = 40_000;

export type Fields = Record<string, string | number | boolean | undefined>;

export interface Order {
	command: string;
	fields?: Fields;
	/** Fields that are files: what others agree to has their hashes, so they are said again when it is carried out. */
	files?: Record<string, string | undefined>;
	/** By name; an empty one is left out. */
	secrets?: Record<string, string | undefined>;
	/** The number of what others agreed to. */
	approval?: number;
}

/* --- one at a time: the key manager has one thread for all of us --- */

let line: Promise<unknown> = Promise.resolve();

function inTurn<T>(run: () => Promise<T>): Promise<T> {
	const turn = line.then(run, run);

	line = turn.catch(() => undefined);
	return turn;
}

/* --- sealing --- */

let recipient: Promise<string> | null = null;

function send<T>(body: Record<string, unknown>): Promise<T> {
	return call<T>('POST', '/kms', { body, withinMs: answerWithinMs });
}

/** The key manager's point; it has a new one after each start. */
function recipientOf(): Promise<string> {
	recipient ??= send<{ seal_for: string }>({ command: 'hello' }).then((answer) => answer.seal_for);
	recipient.catch(() => { recipient = null; });
	return recipient;
}

async function sealed(order: Order): Promise<Record<string, string>> {
	const texts = Object.entries(order.secrets ?? {}).filter(([, text]) => text);
	const point = texts.length > 0 ? await recipientOf() : '';

	return Object.fromEntries(await Promise.all(texts.map(async ([name, text]) =>
		[`${name}_sealed`, await seal(point, `${order.command}/${name}`, text ?? '')] as const)));
}

async function exchange(order: Order, session: string): Promise<Record<string, unknown>> {
	const reply = await newReplyKey();
	const answer = await send<Record<string, unknown>>({
		command: order.command, ...(session && { session }), reply_key: reply.point,
		...(order.approval && { approval: String(order.approval) }), ...order.fields, ...order.files, ...await sealed(order),
	});

	for (const [name, value] of Object.entries(answer)) {
		if (!name.endsWith('_sealed')) continue;
		const clear = name.slice(0, -'_sealed'.length);
		answer[clear] = await reply.open(`${order.command}/${clear}`, String(value));
		delete answer[name];
	}
	return answer;
}

/** Give an order, as the officer of a session; a refusal of the key manager is a Refusal like any other. */
export function ask<T>(order: Order, session = ''): Promise<T> {
	if (!canSeal()) return Promise.reject(new Refusal('SEAL_UNAVAILABLE', 0));
	return inTurn(async () => {
		try {
			return await exchange(order, session) as T;
		} catch (error) {
			// It was started anew since it told its point: what was sealed for the old one opens nowhere.
			if (!(error instanceof Refusal) || error.code !== 'SEAL_BROKEN') throw error;
			recipient = null;
			return await exchange(order, session) as T;
		}
	});
}

/** End a session while the window goes away: there is nobody to wait for the answer. */
export function askAndLeave(order: Order, session: string): void {
	void call('POST', '/kms', { body: { command: order.command, session }, keepalive: true }).catch(() => undefined);
}
