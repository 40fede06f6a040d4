// SPDX-License-Identifier: Apache-2.0
// run.mjs — the running service against api/openapi.yaml, both ways: every answer as documented, every wrong request refused.
import assert from 'node:assert/strict';

import { Client } from '../lib/client.mjs';
import { note, test } from '../lib/tap.mjs';
import { check, checkAnswer, operations, routesOfService, wrongBodies, wrongValues } from './contract.mjs';

const password = 'Contract-test-2026';
const unknownId = '987654321';

/** Path and query of a good request for each operation that reads, from what the site holds. */
async function goodRequests(client) {
	const people = (await client.call('GET', '/people?page_size=1')).body.items;
	const list = (await client.call('GET', '/transactions?limit=5')).body;
	const refund = (await client.call('GET', '/transactions?kind=refund&limit=1')).body.items[0];
	const row = list.items[0];
	const person = people[0].id;

	return {
		health: ['/health'],
		session_get: ['/session'],
		home_today: ['/home/today'],
		search: ['/search?query=2600', `/search?query=${row.lsn}`, '/search?query=%E5%BC%A0'],
		people_list: ['/people', '/people?page=2&page_size=5', '/people?query=zzzz', '/people?query=%25', '/people?query=%E6%9D%8E'],
		person_get: [`/people/${person}`],
		person_transactions: [`/people/${person}/transactions`, `/people/${person}/transactions?limit=1&before=${row.lsn}`],
		transactions_list: [
			'/transactions', `/transactions?before=${list.next}&limit=100`, `/transactions?from=${row.business_date}&to=${row.business_date}`,
			'/transactions?state=refused', '/transactions?state=done', `/transactions?merchant=${row.merchant.id}`, `/transactions?terminal=${row.terminal.id}`,
			`/transactions?person=${person}`, `/transactions?card=${row.card.number}`, '/transactions?code=PAYMENT_SHORT', '/transactions?min_fen=100&max_fen=900',
			...kinds().map((kind) => `/transactions?kind=${kind}`),
		],
		transaction_get: [...list.items.map((one) => `/transactions/${one.lsn}`), `/transactions/${refund.lsn}`, '/transactions/1'],
		proof_get: ['/proof'],
		verify_get: ['/proof/verify'],
		kms_status: ['/kms/status'],
		merchants_list: ['/merchants', '/merchants?query=1001&page_size=100'],
		terminals_list: ['/terminals', '/terminals?page=2&page_size=7', '/terminals?query=1001'],
	};
}

function kinds() {
	return operations.find((one) => one.id === 'transactions_list').query.find((one) => one.name === 'kind').schema.$ref
		? ['purchase', 'purchase_void', 'refund', 'topup', 'reversal', 'opening', 'account_open', 'subsidy'] : [];
}

function pathOf(operation, id) {
	return operation.path.replace(/\{\w+\}/, id);
}

async function eachQuery(client, operation) {
	for (const parameter of operation.query) {
		for (const [what, value] of wrongValues(parameter.schema)) {
			const others = operation.query.filter((one) => one.required && one !== parameter).map((one) => `${one.name}=1&`).join('');
			const answer = await client.call('GET', `${pathOf(operation, '1')}?${others}${parameter.name}=${encodeURIComponent(value)}`);

			assert.equal(answer.status, 422, `${operation.id} ${parameter.name} ${what}`);
			checkAnswer(operation, answer);
			assert.equal(answer.body.violations[0]?.field, parameter.name, `${operation.id} ${parameter.name} ${what}`);
		}
	}
}

export async function runContract(site) {
	const client = new Client(site.address);

	await test('contract: the routes of the service are the operations of the contract', () => {
		assert.deepEqual(routesOfService().sort(), operations.map((one) => `${one.method} ${one.path}`).sort());
	});

	await test('contract: without a session everything but health and sign-in is refused', async () => {
		for (const operation of operations.filter((one) => one.needsSession)) {
			const answer = await client.call(operation.method, pathOf(operation, '1'), operation.body ? { body: {} } : {});

			assert.equal(answer.status, 401, operation.id);
			checkAnswer(operation, answer);
		}
	});

	await test('contract: malformed sign-ins are refused one by one', async () => {
		const operation = operations.find((one) => one.id === 'session_create');

		for (const [what, text] of wrongBodies(operation.body, { login: 'admin', password: 'x' })) {
			const answer = await client.call('POST', '/session', { text });

			assert.ok([400, 422].includes(answer.status), `${what}: ${answer.status}`);
			checkAnswer(operation, answer);
		}
		checkAnswer(operation, await client.call('POST', '/session', { text: '{}', headers: { 'Content-Type': 'application/json' } }));
		const other = await client.call('POST', '/session', { text: 'login=admin', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
		assert.equal(other.status, 415);
		check('Problem', other.body, 'form body');
		checkAnswer(operation, await client.signIn('admin', 'not the password'));
	});

	await test('contract: the first password opens nothing but its own change', async () => {
		const signed = await client.signIn('admin', site.firstPassword);
		const change = operations.find((one) => one.id === 'session_password');

		assert.equal(signed.status, 200);
		checkAnswer(operations.find((one) => one.id === 'session_create'), signed);
		assert.match(signed.cookie, /HttpOnly/);
		assert.match(signed.cookie, /SameSite=Strict/);
		for (const operation of operations.filter((one) => one.permission)) {
			const answer = await client.call(operation.method, pathOf(operation, '1'));

			assert.equal(answer.status, 403, operation.id);
			assert.equal(answer.body.code, 'REST_PASSWORD_FIRST', operation.id);
			checkAnswer(operation, answer);
		}
		for (const [what, text] of wrongBodies(change.body, { current_password: site.firstPassword, new_password: password })) {
			const answer = await client.call('PUT', '/session/password', { text });

			assert.ok([400, 422].includes(answer.status), `${what}: ${answer.status}`);
			checkAnswer(change, answer);
		}
		const done = await client.call('PUT', '/session/password', { body: { current_password: site.firstPassword, new_password: password } });
		assert.equal(done.status, 200, JSON.stringify(done.body));
		checkAnswer(change, done);
		site.password = password;
	});

	await test('contract: every read answers as documented', async () => {
		const requests = await goodRequests(client);
		let count = 0;

		for (const operation of operations.filter((one) => one.method === 'GET' && !one.isStream)) {
			assert.ok(requests[operation.id], `no request for ${operation.id}`);
			for (const path of requests[operation.id]) {
				const answer = await client.call('GET', path);

				assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
				checkAnswer(operation, answer);
				count++;
			}
		}
		note(`${count} answers compared with their schemas`);
	});

	await test('contract: wrong parameters are refused and named', async () => {
		for (const operation of operations.filter((one) => one.method === 'GET' && one.query.length > 0)) await eachQuery(client, operation);
		for (const operation of operations.filter((one) => one.inPath.length > 0)) {
			const malformed = await client.call('GET', pathOf(operation, 'x1'));
			const unknown = await client.call('GET', pathOf(operation, unknownId));

			assert.equal(malformed.status, 422, operation.id);
			checkAnswer(operation, malformed);
			assert.equal(unknown.status, 404, operation.id);
			checkAnswer(operation, unknown);
		}
	});

	await test('contract: a write without the token of its session is refused', async () => {
		for (const operation of operations.filter((one) => one.needsCsrf)) {
			for (const token of [null, '0'.repeat(64)]) {
				const answer = await client.call(operation.method, operation.path, { ...(operation.body && { body: {} }), headers: { 'X-CSRF-Token': token } });

				assert.equal(answer.status, 403, operation.id);
				assert.equal(answer.body.code, 'ACCESS_CSRF', operation.id);
				checkAnswer(operation, answer);
			}
		}
	});

	await test('contract: unknown addresses and methods are refused in the same words', async () => {
		for (const [method, path, status] of [['GET', '/nothing', 404], ['DELETE', '/people', 405], ['POST', '/home/today', 405], ['PUT', '/session', 405]]) {
			const answer = await client.call(method, path);

			assert.equal(answer.status, status, `${method} ${path}`);
			check('Problem', answer.body, `${method} ${path}`);
		}
		const large = await client.call('POST', '/session', { text: `{"login":"${'a'.repeat(20_000)}"}` });
		assert.equal(large.status, 413);
		check('Problem', large.body, 'large body');
	});

	await test('contract: answers carry strict headers', async () => {
		const { headers } = await client.call('GET', '/home/today');

		assert.equal(headers.get('x-content-type-options'), 'nosniff');
		assert.equal(headers.get('x-frame-options'), 'DENY');
		assert.match(headers.get('content-security-policy'), /default-src 'self'/);
		assert.equal(headers.get('cache-control'), 'no-store');
	});

	await test('contract: live events are numbered without a gap and say what they promise', async () => {
		const schemas = { today: 'Today', transaction: 'Transaction', proof: 'ProofState' };
		const has = (seen, name) => seen.some((one) => one.name === name);
		const listening = client.events((seen) => has(seen, 'today') && has(seen, 'transaction') && has(seen, 'heartbeat'), 30_000);

		await new Promise((resolve) => setTimeout(resolve, 1500));
		await site.pos('till', ['sale 1.00 card 26000004', 'sale 1.10 card 26000005']);
		const { response, seen } = await listening;
		assert.equal(response.status, 200);
		assert.match(response.headers.get('content-type'), /^text\/event-stream/);
		assert.equal(seen[0]?.name, 'hello');
		let last = BigInt(seen[0].data.sequence);
		for (const { name, data } of seen) {
			check('Event', data, name);
			if (schemas[name]) check(schemas[name], data.body, name);
			const expected = schemas[name] ? last + 1n : last;
			assert.equal(BigInt(data.sequence), expected, `${name} after ${last}`);
			last = expected;
		}
		for (const name of ['today', 'transaction', 'heartbeat']) assert.ok(has(seen, name), `no ${name}`);
	});

	await test('contract: orders reach the key manager, which takes no secret in clear over this way', async () => {
		const operation = operations.find((one) => one.id === 'kms_order');
		const order = async (text) => {
			const answer = await client.call('POST', '/kms', { text });

			checkAnswer(operation, answer);
			return answer;
		};

		const hello = await order('{"command":"hello"}');
		assert.equal(hello.status, 200);
		assert.match(hello.body.seal_for, /^04[0-9A-F]{128}$/);
		for (const [what, text, status, code] of [
			['no command', '{"command":"nothing"}', 400, 'CONTROL_COMMAND'], ['nobody is logged in', '{"command":"issuer.list"}', 401, 'OFFICER_SESSION'],
			['a secret in clear', '{"command":"login","name":"mk","password":"correct horse","code":"123456"}', 400, 'SEAL_NEEDED'],
			['two lines', '{"command":"hello"}\n{"command":"hello"}', 400, 'JSON_SYNTAX'], ['no JSON', 'hello', 400, null],
		]) {
			const answer = await order(text);

			assert.equal(answer.status, status, `${what}: ${JSON.stringify(answer.body)}`);
			if (code) assert.equal(answer.body.code, code, what);
		}
	});

	await test('contract: a verification starts once, runs, and finds nothing', async () => {
		const start = operations.find((one) => one.id === 'verify_start');
		const look = operations.find((one) => one.id === 'verify_get');
		const first = await client.call('POST', '/proof/verify');
		const second = await client.call('POST', '/proof/verify');
		let now;

		assert.equal(first.status, 202);
		checkAnswer(start, first);
		assert.ok([202, 409].includes(second.status));
		checkAnswer(start, second);
		for (let i = 0; i < 300; i++) {
			now = await client.call('GET', '/proof/verify');
			checkAnswer(look, now);
			if (now.body.state !== 'running') break;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		assert.equal(now.body.state, 'clean', JSON.stringify(now.body));
		assert.ok(now.body.rows_done > 0);
	});

	await test('contract: signing out ends the session', async () => {
		const out = await client.call('DELETE', '/session');

		assert.equal(out.status, 204);
		assert.equal((await client.call('GET', '/session')).status, 401);
	});
}

/** With the daemon started anew under a role that may do little: every right is asked for. */
export async function runRights(site, role, held) {
	await test(`contract: a ${role} is refused what the role does not hold`, async () => {
		const client = new Client(site.address);
		const signed = await client.signIn('admin', site.password);

		assert.equal(signed.status, 200, JSON.stringify(signed.body));
		assert.deepEqual([...signed.body.operator.permissions].sort(), [...held].sort());
		for (const operation of operations.filter((one) => one.permission)) {
			if (operation.isStream && held.includes(operation.permission)) continue; // it would never end
			const answer = await client.call(operation.method, pathOf(operation, '1'));

			if (held.includes(operation.permission)) assert.notEqual(answer.status, 403, operation.id);
			else {
				assert.equal(answer.status, 403, operation.id);
				assert.equal(answer.body.code, 'ACCESS_DENIED', operation.id);
				checkAnswer(operation, answer);
			}
		}
	});
}
