// SPDX-License-Identifier: Apache-2.0
// site.mjs — a demo site of its own with the real daemon in front of it, and real tills that sell there.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Client } from './client.mjs';
import { KeyManager } from './kms.mjs';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
const programs = ['yika', 'yikad', 'yika-kms', 'yika-pos'];
const readyWithinMs = 60_000;
const historyDays = 3;

/** The build whose programs are tested: YIKA_BUILD, or the first of the usual ones that has them. */
export function buildDir() {
	const places = process.env.YIKA_BUILD ? [process.env.YIKA_BUILD] : ['build-asan', 'build'].map((name) => join(root, name));
	const found = places.find((place) => programs.every((name) => existsSync(join(place, 'src/programs', name))));

	if (!found) throw new Error(`no programs in ${places.join(' or ')}: make build`);
	return found;
}

export class Site {
	constructor() {
		this.build = buildDir();
		this.dir = join(mkdtempSync(join(tmpdir(), 'yika-console-')), 'site');
		this.script = 0;
	}

	program(name) {
		return join(this.build, 'src/programs', name);
	}

	run(name, args) {
		return execFileSync(this.program(name), args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
	}

	/** With invented people and sales, and keys that everybody knows; its daemon runs the key manager beside itself. */
	make() {
		this.init(['--test-keys']);
		this.run('yika', ['demo', '--site', this.dir, '--days', String(historyDays)]);
	}

	/** Without people. */
	init(options = []) {
		this.run('yika', ['init', '--site', this.dir, ...options]);
		this.firstPassword = readFileSync(join(this.dir, 'first-admin-password'), 'utf8').trim();
	}

	/** The same, with a key manager whose clock the test moves; nobody has to change the password first. */
	async initForOfficers(options = []) {
		this.init(options);
		this.kms = new KeyManager(this);
		await this.kms.start();
		await this.start();
		this.password = 'Officers-test-2026';
		const client = new Client(this.address);
		await client.signIn('admin', this.firstPassword);
		await client.call('PUT', '/session/password', { body: { current_password: this.firstPassword, new_password: this.password } });
	}

	/** Start the daemon on ports of the kernel's choice and wait until it says where it listens. */
	async start() {
		const ready = Promise.withResolvers?.() ?? deferred();
		const timer = setTimeout(() => ready.reject(new Error(`yikad is not ready:\n${this.log.join('\n')}`)), readyWithinMs);

		this.log = [];
		this.daemon = spawn(this.program('yikad'), [
			'--site', this.dir, '--set', 'web.listen=127.0.0.1:0', '--set', 'terminal.listen=127.0.0.1:0',
			'--set', `web.console=${join(root, 'console/dist')}`, ...(this.kms ? ['--set', 'kms.run=no'] : []),
		], { stdio: ['ignore', 'ignore', 'pipe'] });
		this.ended = new Promise((resolve) => this.daemon.once('exit', (code) => {
			ready.reject(new Error(`yikad ended with ${code}:\n${this.log.join('\n')}`));
			resolve(code);
		}));
		createInterface({ input: this.daemon.stderr }).on('line', (line) => {
			const web = /rest\.ready .*port=(\d+)/.exec(line);
			const terminal = /yikad\.ready .*terminal_port=(\d+)/.exec(line);

			this.log.push(line);
			if (web) this.webPort = Number(web[1]);
			if (terminal) {
				this.terminalPort = Number(terminal[1]);
				ready.resolve();
			}
		});
		await ready.promise;
		clearTimeout(timer);
		this.address = `http://127.0.0.1:${this.webPort}`;
	}

	/** Ends it in the ordinary way; its exit status. A key manager of the test's own goes on. */
	async stop() {
		if (!this.daemon || this.daemon.exitCode !== null) return this.daemon?.exitCode ?? 0;
		this.daemon.kill('SIGTERM');
		return this.ended;
	}

	remove() {
		rmSync(join(this.dir, '..'), { recursive: true, force: true });
	}

	/** Lines for the reference till (`who`: till or desk); what it answered. It signs in, works and signs off. */
	pos(who, lines) {
		const file = join(this.dir, `script-${++this.script}`);

		writeFileSync(file, ['wait online', ...lines, ''].join('\n'));
		return new Promise((resolve, reject) => {
			const child = spawn(this.program('yika-pos'), [
				'--sam', join(this.dir, `demo-${who}.sam`), '--passphrase', join(this.dir, `demo-${who}.passphrase`),
				'--host', `127.0.0.1:${this.terminalPort}`, '--journal', join(this.dir, `${who}.journal`),
				'--script', file, '--lang', 'en',
			]);
			let out = '';

			child.stdout.on('data', (data) => { out += data; });
			child.stderr.on('data', (data) => { out += data; });
			child.once('exit', (code) => code === 0 ? resolve(out) : reject(new Error(`yika-pos ended with ${code}:\n${out}`)));
		});
	}

	/** One statement against the store, with the daemon stopped; for what no program offers yet. */
	sql(statement) {
		execFileSync('sqlite3', [join(this.dir, 'yika.db'), statement]);
	}
}

function deferred() {
	const made = {};

	made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
	return made;
}
