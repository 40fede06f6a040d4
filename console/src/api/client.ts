// SPDX-License-Identifier: Apache-2.0
// client.ts — the one way to call the service: JSON both ways, the CSRF token on writes, every failure a Refusal.
import type { KmsAnswer, Problem } from './schema';

const answerWithinMs = 10_000;

/** What a refusal says: a problem of the service, or an answer of the key manager in the same words. */
export type Words = Pick<Problem, 'code' | 'title_zh' | 'title_en' | 'violations'> & { reference?: string; detail?: string };

/** A call that did not succeed. `code` is the service's, or NETWORK or TIMEOUT when there was no answer. */
export class Refusal extends Error {
	constructor(readonly code: string, readonly status: number, readonly problem?: Words, readonly answer?: KmsAnswer) {
		super(code);
	}
}

export type Query = Record<string, string | number | undefined>;

let csrfToken = '';
let onSessionEnd: () => void = () => undefined;

export function setCsrfToken(token: string): void {
	csrfToken = token;
}

/** Called whenever the service says that nobody is signed in (any more). */
export function whenSessionEnds(handler: () => void): void {
	onSessionEnd = handler;
}

export function addressOf(path: string, query: Query = {}): string {
	const parts = Object.entries(query)
		.filter(([, value]) => value !== undefined && value !== '')
		.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);

	return `/api/v1${path}${parts.length ? `?${parts.join('&')}` : ''}`;
}

interface Options {
	query?: Query;
	body?: unknown;
	signal?: AbortSignal;
	withinMs?: number;
	/** Sent even while the window goes away. */
	keepalive?: boolean;
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
	const headers: Record<string, string> = { Accept: 'application/json' };
	const timer = AbortSignal.timeout(options.withinMs ?? answerWithinMs);
	let response: Response;

	if (options.body !== undefined) headers['Content-Type'] = 'application/json';
	if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken;
	try {
		response = await fetch(addressOf(path, options.query), {
			method, headers, credentials: 'same-origin', cache: 'no-store', keepalive: options.keepalive ?? false,
			body: options.body === undefined ? null : JSON.stringify(options.body),
			signal: options.signal ? AbortSignal.any([options.signal, timer]) : timer,
		});
	} catch (error) {
		if (options.signal?.aborted) throw error;
		throw new Refusal(timer.aborted ? 'TIMEOUT' : 'NETWORK', 0);
	}
	if (response.status === 204) return undefined as T;
	if (!response.ok) throw await refusalOf(response, path);
	return await response.json() as T;
}

async function refusalOf(response: Response, path: string): Promise<Refusal> {
	const type = response.headers.get('Content-Type') ?? '';

	if (type.startsWith('application/json')) return refusalOfKeyManager(await response.json() as KmsAnswer, response.status);
	if (!type.startsWith('application/problem+json')) return new Refusal('NETWORK', response.status);
	const problem = await response.json() as Problem;
	if (problem.code === 'ACCESS_SESSION' && path !== '/session') onSessionEnd();
	return new Refusal(problem.code, response.status, problem);
}

function refusalOfKeyManager(answer: KmsAnswer, status: number): Refusal {
	const violations = Object.entries(answer.fields ?? {}).map(([field, what]) => ({ field, what: what as Problem['violations'][number]['what'] }));

	return new Refusal(answer.code, status, {
		code: answer.code, title_zh: answer.zh ?? answer.code, title_en: answer.en ?? answer.code, violations, detail: answer.detail,
	}, answer);
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
	return call<T>('GET', path, { query, signal });
}
