// SPDX-License-Identifier: Apache-2.0
// run.mjs — the interface and the console against the real daemon on a demo site; TAP. YIKA_BUILD names the build,
// YIKA_SCREENS where screenshots go; words on the command line choose the parts: contract, browser.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { runBrowser } from './browser/run.mjs';
import { runContract, runRights } from './contract/run.mjs';
import { Site } from './lib/site.mjs';
import { finish, note, test } from './lib/tap.mjs';

const parts = process.argv.slice(2);
const wants = (part) => parts.length === 0 || parts.includes(part);
const site = new Site();
const bare = new Site();
const screens = process.env.YIKA_SCREENS ?? join(site.build, 'console-screens');
// What the schema gives the built-in role; see db/migrations/0003_access.sql.
const cashier = { role: 'cashier', held: ['people.read', 'transactions.read', 'card.report_lost', 'cash'] };

for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => {
		for (const one of [site, bare]) {
			one.daemon?.kill('SIGKILL');
			one.kms?.process?.kill('SIGKILL');
			one.remove();
		}
		process.exit(1);
	});
}

async function main() {
	mkdirSync(screens, { recursive: true });
	await test('a demo site is made, its key manager and its daemon start', async () => {
		site.make();
		await site.kms.start();
		await site.start();
	});
	if (!site.address) return;
	if (wants('contract')) await runContract(site);
	if (wants('browser')) {
		await test('a site without keys is made and starts', async () => {
			bare.init();
			await bare.kms.start();
			await bare.start();
		});
		await runBrowser(site, screens, bare);
	}
	await test('daemon and key manager stop cleanly', async () => {
		for (const one of [site.kms, bare.kms, site, bare]) {
			const status = await one?.stop();
			if (status) throw new Error(`a program ended with ${status}:\n${one.log.slice(-40).join('\n')}`);
		}
	});
	if (wants('contract')) {
		site.sql(`UPDATE access_operator SET role = '${cashier.role}' WHERE name = 'admin'`);
		await site.start();
		await runRights(site, cashier.role, cashier.held);
		await site.stop();
	}
}

try {
	await main();
} catch (error) {
	await test('the run itself', () => { throw error; });
	for (const log of [site.log, site.kms?.log]) note(log?.slice(-40).join('\n') ?? '');
} finally {
	for (const one of [site, bare]) {
		await one.stop();
		await one.kms?.stop();
		one.remove();
	}
}
process.exitCode = finish() ? 0 : 1;
