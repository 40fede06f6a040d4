// SPDX-License-Identifier: Apache-2.0
// client.mjs — a caller of the interface without a browser: keeps the cookie and the CSRF token of one session.

export class Client {
	constructor(address) {
		this.base = `${address}/api/v1`;
		this.cookie = '';
		this.csrf = '';
	}

	/** What came back: status, headers, type and the parsed body. `headers` replaces those that would be sent. */
	async call(method, path, { body, text, headers = {} } = {}) {
		const sent = {
			...(this.cookie && { Cookie: this.cookie }), ...(this.csrf && method !== 'GET' && { 'X-CSRF-Token': this.csrf }),
			...((body !== undefined || text !== undefined) && { 'Content-Type': 'application/json' }), ...headers,
		};
		const response = await fetch(this.base + path, {
			method, headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null)),
			body: text ?? (body === undefined ? undefined : JSON.stringify(body)),
		});
		const raw = await response.text();
		const cookie = response.headers.get('set-cookie');

		if (cookie) this.cookie = cookie.split(';')[0];
		return { status: response.status, headers: response.headers, type: response.headers.get('content-type') ?? '', body: raw ? JSON.parse(raw) : null, cookie };
	}

	async signIn(login, password) {
		const answer = await this.call('POST', '/session', { body: { login, password } });

		if (answer.status === 200) this.csrf = answer.body.csrf_token;
		return answer;
	}

	/** Server-sent events until `enough` says so or the time is over. */
	async events(enough, withinMs = 12_000) {
		const stop = new AbortController();
		const timer = setTimeout(() => stop.abort(), withinMs);
		const response = await fetch(`${this.base}/events`, { headers: { Cookie: this.cookie }, signal: stop.signal });
		const seen = [];
		let rest = '';

		try {
			for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
				rest += chunk;
				for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
					const block = rest.slice(0, end);
					const name = /^event: (.*)$/m.exec(block)?.[1];
					const data = [...block.matchAll(/^data: (.*)$/gm)].map((match) => match[1]).join('\n');
					if (name) seen.push({ name, data: JSON.parse(data) });
				}
				if (enough(seen)) break;
			}
		} catch (error) {
			if (!stop.signal.aborted) throw error;
		} finally {
			clearTimeout(timer);
			stop.abort();
		}
		return { response, seen };
	}
}
