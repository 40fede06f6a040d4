// SPDX-License-Identifier: Apache-2.0
// kms.mjs — the key manager of a site, with a clock that the test moves, and its officers: sealed entry, one-time codes.
import { spawn } from 'node:child_process';
import { createHmac, webcrypto } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const readyWithinMs = 60_000;
const stepS = 30;

export class KeyManager {
	constructor(site) {
		this.site = site;
		this.dir = join(site.dir, 'kms');
		this.clock = join(this.dir, 'test-clock');
		this.now = Math.floor(Date.now() / 1000);
		this.log = [];
	}

	/** The invitation of the first officer, mk. */
	invitation() {
		return readFileSync(join(this.dir, 'first-officer-invitation'), 'utf8').trim();
	}

	async start() {
		if (!this.started) writeFileSync(this.clock, Buffer.alloc(8));
		this.started = true;
		this.advance(0);
		this.process = spawn(this.site.program('yika-kms'), ['--dir', this.dir, '--set', 'core.clock=test-clock'], {
			stdio: ['ignore', 'ignore', 'pipe'],
			// It lets nobody look into it, a sanitizer's search for leaks at its end neither; its unit tests are searched.
			env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
		});
		await new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`yika-kms is not ready:\n${this.log.join('\n')}`)), readyWithinMs);

			this.process.once('exit', (code) => reject(new Error(`yika-kms ended with ${code}:\n${this.log.join('\n')}`)));
			createInterface({ input: this.process.stderr }).on('line', (line) => {
				this.log.push(line);
				if (!line.includes('kms.ready')) return;
				clearTimeout(timer);
				resolve();
			});
		});
	}

	async stop() {
		if (!this.process || this.process.exitCode !== null) return this.process?.exitCode ?? 0;
		const ended = new Promise((resolve) => this.process.once('exit', resolve));

		this.process.kill('SIGTERM');
		return ended;
	}

	/** Its clock stands still but for this. */
	advance(seconds) {
		const file = openSync(this.clock, 'r+');
		const us = Buffer.alloc(8);

		this.now += seconds;
		us.writeBigInt64LE(BigInt(this.now) * 1_000_000n);
		writeSync(file, us, 0, 8, 0);
		closeSync(file);
	}

	/** A code of an authenticator app that was not used before: a new one comes every thirty seconds. */
	freshCode(secret) {
		this.advance(stepS);
		return codeOf(secret, this.now);
	}
}

/** RFC 6238: HMAC-SHA-1, thirty seconds, six digits. */
export function codeOf(secret, now) {
	const step = Buffer.alloc(8);

	step.writeBigUInt64BE(BigInt(Math.floor(now / stepS)));
	const mac = createHmac('sha1', fromBase32(secret)).update(step).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function fromBase32(text) {
	const bits = [...text.replace(/\s/g, '').toUpperCase()].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');

	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/* --- sealed entry, as src/crypto/seal.h --- */

const { subtle } = webcrypto;
const curve = { name: 'ECDH', namedCurve: 'P-256' };
const pointBytes = 65;
const nonceBytes = 12;

async function textKey(mine, theirs, epk, recipient, use) {
	const shared = await subtle.deriveBits({ name: 'ECDH', public: await subtle.importKey('raw', theirs, curve, false, []) }, mine, 256);
	const secret = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);

	return subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: Buffer.concat([epk, recipient]), info: Buffer.from('YIKA-SEAL-1') }, secret, { name: 'AES-GCM', length: 256 }, false, [use]);
}

async function newPair() {
	const pair = await subtle.generateKey(curve, false, ['deriveBits']);

	return { mine: pair.privateKey, point: Buffer.from(await subtle.exportKey('raw', pair.publicKey)) };
}

async function seal(recipient, about, text) {
	const { mine, point } = await newPair();
	const nonce = webcrypto.getRandomValues(new Uint8Array(nonceBytes));
	const key = await textKey(mine, recipient, point, recipient, 'encrypt');
	const sealed = await subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: Buffer.from(about) }, key, Buffer.from(text));

	return Buffer.concat([point, nonce, Buffer.from(sealed)]).toString('hex').toUpperCase();
}

async function open({ mine, point }, about, hex) {
	const sealed = Buffer.from(hex, 'hex');
	const epk = sealed.subarray(0, pointBytes);
	const gcm = { name: 'AES-GCM', iv: sealed.subarray(pointBytes, pointBytes + nonceBytes), additionalData: Buffer.from(about) };
	const text = await subtle.decrypt(gcm, await textKey(mine, epk, epk, point, 'decrypt'), sealed.subarray(pointBytes + nonceBytes));

	return Buffer.from(text).toString();
}

/* --- officers without a browser --- */

export class Officers {
	/** `client`: a signed-in operator with the right. */
	constructor(client, kms) {
		this.client = client;
		this.kms = kms;
		this.people = {};
		this.sessions = {};
	}

	/** One order; its answer with the secrets in clear. */
	async ask(command, { fields = {}, secrets = {}, session, approval } = {}) {
		const reply = await newPair();
		const names = Object.entries(secrets);
		const recipient = names.length ? Buffer.from((await this.client.call('POST', '/kms', { body: { command: 'hello' } })).body.seal_for, 'hex') : null;
		const sealed = Object.fromEntries(await Promise.all(names.map(async ([name, text]) => [`${name}_sealed`, await seal(recipient, `${command}/${name}`, text)])));
		const answer = await this.client.call('POST', '/kms', {
			body: { command, reply_key: reply.point.toString('hex').toUpperCase(), ...(session && { session }), ...(approval && { approval: String(approval) }), ...fields, ...sealed },
		});

		for (const [name, value] of Object.entries(answer.body)) {
			if (!name.endsWith('_sealed')) continue;
			const clear = name.slice(0, -'_sealed'.length);
			answer.body[clear] = await open(reply, `${command}/${clear}`, value);
		}
		return answer;
	}

	async done(command, options) {
		const answer = await this.ask(command, options);

		if (answer.status !== 200) throw new Error(`${command}: ${answer.status} ${JSON.stringify(answer.body)}`);
		return answer.body;
	}

	/** Take an invitation up. */
	async enter(name, invite, password) {
		const { secret } = await this.done('invited', { fields: { name }, secrets: { invite } });

		await this.done('enter', { fields: { name }, secrets: { invite, password, secret, code: this.kms.freshCode(secret) } });
		this.people[name] = { password, secret };
	}

	async logIn(name) {
		const { password, secret } = this.people[name];

		this.sessions[name] = (await this.done('login', { fields: { name }, secrets: { password, code: this.kms.freshCode(secret) } })).session;
	}

	async logOut(name) {
		const answer = await this.ask('logout', { session: this.sessions[name] });

		// The clock went on: one that is over already is what was wanted.
		if (answer.status !== 200 && answer.body.code !== 'OFFICER_SESSION') throw new Error(`logout ${name}: ${JSON.stringify(answer.body)}`);
		delete this.sessions[name];
	}

	async as(name, command, options = {}) {
		if (!this.sessions[name]) await this.logIn(name);
		const answer = await this.ask(command, { ...options, session: this.sessions[name] });

		if (answer.body.code !== 'OFFICER_SESSION') return answer;
		await this.logIn(name); // the clock went on: it was over
		return this.ask(command, { ...options, session: this.sessions[name] });
	}

	/** Add an officer, agreed to by `agreeing` where that is asked for, and take the invitation up. */
	async add(name, role, password, agreeing) {
		const fields = { name, display: name, person: `P-${name}`, roles: role };
		let answer = await this.as('mk', 'officer.add', { fields });

		if (answer.body.code === 'APPROVAL_NEEDED') {
			await this.as(agreeing, 'approval.agree', { fields: { id: answer.body.approval } });
			answer = await this.as('mk', 'officer.add', { approval: answer.body.approval });
		}
		if (answer.status !== 200) throw new Error(`officer.add ${name}: ${JSON.stringify(answer.body)}`);
		await this.enter(name, answer.body.invitation, password);
	}
}
