// SPDX-License-Identifier: Apache-2.0
// client.ts — the one way to call the service: JSON both ways, the CSRF token on writes, every failure a Refusal.
import type { Problem } from './schema';

const answerWithinMs = 10_000;

/** A call that did not succeed. `code` is the service's, or NETWORK or TIMEOUT when there was no answer. */
export class Refusal extends Error {
	constructor(readonly code: string, readonly status: number, readonly problem?: Problem) {
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

export async function call<T>(method: string, path: string, options: { query?: Query; body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
	const headers: Record<string, string> = { Accept: 'application/json' };
	const timer = AbortSignal.timeout(answerWithinMs);
	let response: Response;

	if (options.body !== undefined) headers['Content-Type'] = 'application/json';
	if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken;
	try {
		response = await fetch(addressOf(path, options.query), {
			method, headers, credentials: 'same-origin', cache: 'no-store',
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
	const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json');

	if (!isProblem) return new Refusal('NETWORK', response.status);
	const problem = await response.json() as Problem;
	if (problem.code === 'ACCESS_SESSION' && path !== '/session') onSessionEnd();
	return new Refusal(problem.code, response.status, problem);
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
	return call<T>('GET', path, { query, signal });
}
