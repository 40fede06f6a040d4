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
const screens = process.env.YIKA_SCREENS ?? join(site.build, 'console-screens');
// What the schema gives the built-in role; see db/migrations/0003_access.sql.
const cashier = { role: 'cashier', held: ['people.read', 'transactions.read', 'card.report_lost', 'cash'] };

for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => {
		site.daemon?.kill('SIGKILL');
		site.remove();
		process.exit(1);
	});
}

async function main() {
	mkdirSync(screens, { recursive: true });
	await test('a demo site is made and its daemon starts', async () => {
		site.make();
		await site.start();
	});
	if (!site.address) return;
	if (wants('contract')) await runContract(site);
	if (wants('browser')) await runBrowser(site, screens);
	await test('the daemon stops cleanly', async () => {
		const status = await site.stop();
		if (status !== 0) throw new Error(`yikad ended with ${status}:\n${site.log.slice(-40).join('\n')}`);
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
	note(site.log?.slice(-40).join('\n') ?? '');
} finally {
	await site.stop();
	site.remove();
}
process.exitCode = finish() ? 0 : 1;
