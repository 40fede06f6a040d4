// SPDX-License-Identifier: Apache-2.0
// run.mjs — the interface and the console against the real daemon on a demo site, pages of key officers on sites of their
// own; TAP. YIKA_BUILD names the build, YIKA_SCREENS where screenshots go; words on the command line choose the parts:
// contract, browser, officers.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { runOfficers } from './browser/keys.mjs';
import { runBrowser } from './browser/run.mjs';
import { runContract, runRights } from './contract/run.mjs';
import { Site } from './lib/site.mjs';
import { finish, note, test } from './lib/tap.mjs';

const parts = process.argv.slice(2);
const wants = (part) => parts.length === 0 || parts.includes(part);
const site = new Site();
const keyed = new Site();
const bare = new Site();
const sites = [site, keyed, bare];
const screens = process.env.YIKA_SCREENS ?? join(site.build, 'console-screens');
// What the schema gives the built-in role; see db/migrations/0003_access.sql.
const cashier = { role: 'cashier', held: ['people.read', 'transactions.read', 'card.report_lost', 'cash'] };

for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => {
		for (const one of sites) {
			one.daemon?.kill('SIGKILL');
			one.kms?.process?.kill('SIGKILL');
			one.remove();
		}
		process.exit(1);
	});
}

async function main() {
	mkdirSync(screens, { recursive: true });
	if (wants('contract') || wants('browser')) await mainSite();
	if (wants('officers')) await officerSites();
}

async function stopped(programs) {
	for (const one of programs) {
		const status = await one?.stop();
		if (status) throw new Error(`a program ended with ${status}:\n${one.log.slice(-40).join('\n')}`);
	}
}

async function mainSite() {
	await test('a demo site is made, and its daemon starts with the key manager beside it', async () => {
		site.make();
		await site.start();
	});
	if (!site.address) return;
	if (wants('contract')) await runContract(site);
	if (wants('browser')) await runBrowser(site, screens);
	await test('the daemon stops cleanly', () => stopped([site]));
	if (wants('contract')) {
		site.sql(`UPDATE access_operator SET role = '${cashier.role}' WHERE name = 'admin'`);
		await site.start();
		await runRights(site, cashier.role, cashier.held);
		await site.stop();
	}
}

async function officerSites() {
	await test('a site with test keys and one without any start with key managers of their own', async () => {
		await keyed.initForOfficers(['--test-keys']);
		await bare.initForOfficers();
	});
	if (!bare.password) return;
	await runOfficers(keyed, bare, screens);
	await test('daemons and key managers stop cleanly', () => stopped([keyed.kms, bare.kms, keyed, bare]));
}

try {
	await main();
} catch (error) {
	await test('the run itself', () => { throw error; });
	for (const log of [site.log, keyed.log, keyed.kms?.log, bare.kms?.log]) note(log?.slice(-40).join('\n') ?? '');
} finally {
	for (const one of sites) {
		await one.stop();
		await one.kms?.stop();
		one.remove();
	}
}
process.exitCode = finish() ? 0 : 1;
