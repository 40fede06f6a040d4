// SPDX-License-Identifier: Apache-2.0
// run.mjs — the console in a real browser: sign-in, live figures, people, transactions by keyboard, chain, proof, looks.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { Client } from '../lib/client.mjs';
import { note, test } from '../lib/tap.mjs';
import { desk, dress, go, launch, login, open, requireAccessible, requireUncut, settled, signIn } from './page.mjs';

const password = 'Browser-test-2026';
const card = '26000017';
const languages = ['zh-CN', 'en'];
const themes = ['light', 'dark', 'contrast'];

export async function runBrowser(site, screens) {
	const browser = await launch();

	try {
		await signInJourney(browser, site);
		await liveJourney(browser, site);
		await peopleJourney(browser, site);
		await keyboardJourney(browser, site);
		await chainJourney(browser, site);
		await proofJourney(browser, site);
		await tabsJourney(browser, site);
		await sessionJourney(browser, site);
		await languageJourney(browser, site);
		await looks(browser, site, screens);
		await menuJourney(browser, site);
		await narrowLooks(browser, site, screens);
	} finally {
		await browser.close();
	}
}

/** A test with a page of its own, closed afterwards; errors in the page fail it too. */
function journey(name, browser, site, run, choices, viewport) {
	return test(`browser: ${name}`, async () => {
		const page = await open(browser, site, choices, viewport);

		try {
			await run(page);
			assert.deepEqual(page.complaints, []);
		} finally {
			await page.context().close();
		}
	});
}

const textOf = (page, selector) => page.locator(selector).filter({ visible: true }).first().textContent();
const fenOf = (text) => Number(text.replace(/[^\d-]/g, ''));
const focused = (page) => page.evaluate(() => document.activeElement?.closest('tr')?.rowIndex ?? -1);

async function press(page, ...keys) {
	for (const key of keys) await page.keyboard.press(key);
}

/* --- signing in --- */

async function signInJourney(browser, site) {
	await journey('a wrong password is answered in words, with code and reference', browser, site, async (page) => {
		await page.goto('/transactions');
		assert.equal(await page.getAttribute('[data-field=name]', 'autocomplete'), 'username');
		assert.equal(await page.getAttribute('[data-field=password]', 'autocomplete'), 'current-password');
		await page.fill('[data-field=name]', login);
		await page.fill('[data-field=password]', 'not the password');
		await press(page, 'Enter');
		await page.waitForSelector('.problem');
		const words = await textOf(page, '.problem');
		assert.match(words, /用户名或密码错误/);
		assert.match(words, /ACCESS_LOGIN_FAILED/);
		assert.match(words, /[0-9A-Z]{4}-[0-9A-Z]{4}/);
	});

	await journey('the first password is pasted, must be changed, and leads to the page asked for', browser, site, async (page) => {
		if (site.password) return; // another part has changed it already; that part tested it
		await page.goto('/proof');
		await page.fill('[data-field=name]', login);
		await page.focus('[data-field=password]');
		// What a password manager or the clipboard does.
		await page.evaluate((text) => {
			const field = document.querySelector('[data-field=password]');
			Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
			field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));
		}, site.firstPassword);
		await press(page, 'Enter');
		await page.waitForSelector('#current');
		assert.equal(await page.getAttribute('#next', 'autocomplete'), 'new-password');
		await page.fill('#current', site.firstPassword);
		await page.fill('#next', password);
		await page.fill('#again', `${password}x`);
		await press(page, 'Enter');
		await page.waitForSelector('.field .error');
		await page.fill('#again', password);
		await press(page, 'Enter');
		await page.waitForSelector('[data-verdict]');
		assert.equal(new URL(page.url()).pathname, '/proof');
		site.password = password;
	});
}

/* --- live figures --- */

async function liveJourney(browser, site) {
	await journey('a sale at a real till changes the figures without a reload, and a pause holds them', browser, site, async (page) => {
		await signIn(page, site);
		await page.waitForSelector('[data-feed=live]');
		const before = fenOf(await textOf(page, '[data-figure=sales] .big'));
		const told = await site.pos('till', [`sale 12.50 card ${card}`]);
		assert.match(told, /approved code=00/);
		await page.waitForFunction((fen) => Number(document.querySelector('[data-figure=sales] .big').textContent.replace(/\D/g, '')) === fen, before + 1250, { timeout: 5000 });
		assert.match(await textOf(page, '.pane[data-tab="/"] tbody tr:first-child'), /12\.50/);
		await page.click('button[aria-pressed=false]');
		await site.pos('till', ['sale 2.00 card 26000004']);
		await page.waitForFunction(() => /1/.test(document.querySelector('.feed .badge')?.textContent ?? ''), null, { timeout: 5000 });
		assert.equal(fenOf(await textOf(page, '[data-figure=sales] .big')), before + 1250);
		await page.click('button[aria-pressed=true]');
		await page.waitForFunction((fen) => Number(document.querySelector('[data-figure=sales] .big').textContent.replace(/\D/g, '')) === fen, before + 1450);
	});

	await journey('a silent service shows as delayed, and live again when it speaks', browser, site, async (page) => {
		await signIn(page, site);
		await page.waitForSelector('[data-feed=live]');
		site.daemon.kill('SIGSTOP');
		try {
			await page.waitForSelector('[data-feed=delayed]', { timeout: 20_000 });
		} finally {
			site.daemon.kill('SIGCONT');
		}
		await page.waitForSelector('[data-feed=live]', { timeout: 20_000 });
	});
}

/* --- people --- */

async function peopleJourney(browser, site) {
	await journey('a person is found from anywhere by card number, and shows balance and transactions', browser, site, async (page) => {
		await signIn(page, site, '/merchants');
		await settled(page);
		await press(page, 'F2');
		await page.waitForSelector('[role=combobox]');
		await page.keyboard.type(card); // as a card reader types it: Enter comes at once
		await press(page, 'Enter');
		await page.waitForSelector('.balances');
		await settled(page);
		assert.match(page.url(), /\/people\/\d+$/);
		assert.match(await textOf(page, '[data-purse=main]'), /¥\d/);
		assert.match(await textOf(page, '.panel-tabs table.grid'), /12\.50/);
		await page.click('[role=tab]:nth-of-type(2), [data-node-key=cards]');
		assert.match(await textOf(page, '.tiles'), new RegExp(card));
	});

	await journey('people are listed by pinyin initials, names masked, and the search is in the address', browser, site, async (page) => {
		await signIn(page, site, '/people');
		await settled(page);
		await press(page, '/');
		await page.keyboard.type('zx');
		await press(page, 'Enter');
		await page.waitForURL(/query=zx/);
		await settled(page);
		const names = await page.$$eval('.pane[data-tab="/people"] tbody tr td:nth-child(2)', (cells) => cells.map((cell) => cell.textContent));
		assert.ok(names.length > 0);
		for (const name of names) assert.match(name, /\*/);
		await page.goto('/people/987654321');
		await page.waitForSelector('.problem');
		assert.match(await textOf(page, '.problem'), /PERSON_NOT_FOUND/);
	});
}

/* --- transactions by keyboard --- */

async function keyboardJourney(browser, site) {
	await journey('transactions are opened, walked, selected and looked into without a mouse', browser, site, async (page) => {
		await signIn(page, site);
		await page.waitForSelector('[data-feed=live]');
		await press(page, 'Control+k');
		await page.waitForSelector('[role=combobox]');
		await page.keyboard.type('交易流水');
		await press(page, 'Enter');
		await page.waitForURL(/\/transactions$/);
		await page.waitForSelector('.pane[data-tab="/transactions"] tbody tr[tabindex="0"]');
		await settled(page);
		for (let i = 0; i < 60 && await focused(page) < 0; i++) await press(page, 'Tab');
		assert.equal(await focused(page), 1, 'Tab reaches the table');
		await press(page, 'ArrowDown', 'ArrowDown', 'ArrowDown');
		assert.equal(await focused(page), 4);
		await press(page, 'PageDown');
		assert.equal(await focused(page), 14);
		await press(page, 'End', 'Home');
		assert.equal(await focused(page), 1);
		await press(page, 'Space', 'ArrowDown', 'Space');
		assert.equal(await page.locator('tr[aria-selected=true]').count(), 2);
		assert.match(await textOf(page, '.grid-foot [role=status]'), /2.*¥/);
		await press(page, 'Enter');
		await page.waitForSelector('.ant-drawer [class*=link-box]');
		assert.match(page.url(), /open=\d+/);
		assert.ok(await page.locator('.ant-drawer .account').count() >= 2);
		await press(page, 'Escape');
		await page.waitForFunction(() => !location.search.includes('open='));
		await page.waitForFunction(() => document.activeElement?.closest('tr')?.rowIndex === 2, null, { timeout: 3000 })
			.catch(async () => { throw new Error(`the focus is on ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))}`); });
	});

	await journey('a filter is a link that another session opens the same', browser, site, async (page) => {
		await signIn(page, site, '/transactions?kind=refund');
		await settled(page);
		const rows = () => page.$$eval('.pane[data-tab="/transactions"] tbody tr', (list) => list.map((row) => row.cells[9].textContent));
		const first = await rows();
		const other = await open(browser, site);

		assert.ok(first.length > 0);
		try {
			await signIn(other, site, page.url().replace(site.address, ''));
			await settled(other);
			const again = await other.$$eval('.pane[data-tab="/transactions"] tbody tr', (list) => list.map((row) => row.cells[9].textContent));
			assert.deepEqual(again, first);
		} finally {
			await other.context().close();
		}
	});
}

/* --- the chain and the proof --- */

async function chainJourney(browser, site) {
	await journey('a void shows its original, both accounts and the linked batches', browser, site, async (page) => {
		await site.pos('till', ['sale 3.00 card 26000006', 'void']);
		await signIn(page, site, '/transactions?kind=purchase_void');
		await page.waitForFunction(() => document.querySelectorAll('.pane[data-tab="/transactions"] tbody tr td:nth-child(10)').length > 0);
		await settled(page);
		await page.click('.pane[data-tab="/transactions"] tbody tr:first-child');
		await page.waitForSelector('.ant-drawer .story');
		assert.equal(await page.locator('.ant-drawer .story li').count(), 2);
		await page.click('.ant-drawer .story li:first-child a');
		await page.waitForURL(/\/transactions\/\d+$/);
		await page.waitForSelector('.pane[data-tab^="/transactions/"] .links');
		const words = await textOf(page, '.pane');
		for (const word of ['2001', '2101', '持卡人主钱包', '商户待结算', '首尾相接', '已冲正']) assert.ok(words.includes(word), `${word} is not there`);
		assert.ok(await page.locator('[data-hash]').count() >= 2);
	});
}

async function proofJourney(browser, site) {
	await journey('the proof says in words that all holds, and a verification runs to its end', browser, site, async (page) => {
		await signIn(page, site, '/proof');
		await page.waitForSelector('[data-verdict=holds]');
		assert.equal(await page.locator('[data-identity][data-holds=true]').count(), 7);
		assert.equal(await page.locator('[data-identity] .badge', { hasText: '成立' }).count(), 7);
		const started = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/proof/verify'));
		await page.click('[data-verify] button');
		assert.equal((await started).status(), 202);
		await page.waitForTimeout(300); // what an earlier verification found is off the page
		await page.waitForSelector('[data-verify=clean]', { timeout: 60_000 });
		assert.match(await textOf(page, '[data-verify]'), /核验通过/);
	});
}

/* --- tabs, sessions, languages --- */

async function tabsJourney(browser, site) {
	await journey('tabs keep what was typed and where one was, over other tabs and a reload, until closed', browser, site, async (page) => {
		await signIn(page, site, '/transactions');
		await settled(page);
		await page.fill('#tx-card', '2600');
		await page.evaluate(() => { document.querySelector('.pane[data-tab="/transactions"]').scrollTop = 300; });
		await page.waitForTimeout(200);
		await page.click('.menu a[href="/people"]');
		await page.waitForURL(/\/people$/);
		await settled(page);
		await page.click('.tabs a[href^="/transactions"]');
		const standing = () => page.evaluate(() => {
			const pane = document.querySelector('.pane[data-tab="/transactions"]');
			return [pane.querySelector('#tx-card').value, Math.round(pane.scrollTop)];
		});
		await page.waitForTimeout(200);
		assert.deepEqual(await standing(), ['2600', 300]);
		await page.reload();
		await page.waitForSelector('.pane[data-tab="/transactions"] tbody tr[tabindex="0"]');
		await settled(page);
		assert.deepEqual(await standing(), ['2600', 300]);
		assert.equal(await page.locator('.tabs li').count(), 3);
		await press(page, 'Alt+w');
		await page.waitForFunction(() => document.querySelectorAll('.tabs li').length === 2);
		await page.click('.menu a[href="/transactions"]');
		await page.waitForSelector('#tx-card');
		assert.equal(await page.inputValue('#tx-card'), '');
	});
}

async function sessionJourney(browser, site) {
	await journey('a session that ended locks the window; the password gives back the same pages', browser, site, async (page) => {
		await signIn(page, site, '/people?query=zx');
		await settled(page);
		const cookies = await page.context().cookies(`${site.address}/api`);
		const client = new Client(site.address);

		client.cookie = `yika_session=${cookies.find((one) => one.name === 'yika_session').value}`;
		client.csrf = (await client.call('GET', '/session')).body.csrf_token;
		await client.call('DELETE', '/session');
		await page.click('button[type=submit]');
		await page.waitForSelector('.lock-box');
		await page.fill('.lock-box [data-field=password]', site.password);
		await press(page, 'Enter');
		await page.waitForSelector('.lock-box', { state: 'detached' });
		assert.match(page.url(), /query=zx/);
		await settled(page);
		assert.ok(await page.locator('.pane[data-tab="/people"] tbody tr').count() > 0);
	});

	await journey('signing out says which pages close, and leaves nothing behind', browser, site, async (page) => {
		await signIn(page, site, '/people');
		await settled(page);
		await page.click('.user-button');
		await page.click('.ant-dropdown-menu-item:last-child');
		await page.waitForSelector('.ant-modal');
		assert.match(await textOf(page, '.ant-modal'), /2/);
		await press(page, 'Enter');
		await page.waitForSelector('[data-field=name]');
		assert.equal(await page.evaluate(() => sessionStorage.getItem('yika.tabs')), null);
	});
}

async function languageJourney(browser, site) {
	await journey('language and theme change at once and stay', browser, site, async (page) => {
		await signIn(page, site, '/proof');
		await page.waitForSelector('[data-verdict]');
		await page.click('button[aria-label=English]');
		await page.waitForFunction(() => document.documentElement.lang === 'en');
		assert.match(await textOf(page, 'h1'), /Proof of the book/);
		await page.click('button[aria-label=Display]');
		await page.click('.ant-popover .ant-segmented-item:has-text("Dark")');
		assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
		await page.reload();
		await page.waitForSelector('[data-verdict]');
		assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
		assert.match(await textOf(page, 'h1'), /Proof of the book/);
	});
}

/* --- every page in every dress --- */

async function visits(site) {
	const client = new Client(site.address);

	await client.signIn(login, site.password);
	const row = (await client.call('GET', '/transactions?kind=purchase_void&limit=1')).body.items[0];
	return [
		['home', '/'], ['people', '/people'], ['person', `/people/${row.person.id}`], ['transactions', '/transactions'],
		['transactions-open', `/transactions?open=${row.lsn}`], ['transaction', `/transactions/${row.lsn}`], ['proof', '/proof'],
		['merchants', '/merchants'], ['terminals', '/terminals'], ['empty', '/people?query=qqqq'], ['missing', '/people/987654321'],
	];
}

/** The page as it stands, in every language and theme. */
async function lookAt(page, name, screens) {
	for (const language of languages) {
		for (const theme of themes) {
			const where = `${name}, ${language}, ${theme}`;

			await dress(page, { language, theme, density: theme === 'dark' ? 'compact' : 'comfortable' });
			await page.screenshot({ path: join(screens, `${name}-${language}-${theme}.png`) });
			await requireUncut(page, where);
			await requireAccessible(page, where);
		}
	}
}

async function looks(browser, site, screens) {
	const page = await open(browser, site);
	const look = (name) => test(`browser: ${name} in ${languages.length} languages and ${themes.length} themes: no serious finding, nothing cut`, () => lookAt(page, name, screens));

	await page.goto('/');
	await page.waitForSelector('[data-field=name]');
	await look('login');
	await signIn(page, site);
	for (const [name, path] of await visits(site)) {
		await go(page, path);
		await look(name);
	}
	await go(page, '/');
	await press(page, 'F2');
	await page.keyboard.type('zx');
	await page.waitForSelector('[role=option]');
	await settled(page);
	await look('search');
	await page.context().close();
	note(`screenshots in ${screens}`);
}

/** In a low window the menu scrolls to where one is. */
async function menuJourney(browser, site) {
	await journey('the menu shows the page that is open, in a low window too', browser, site, async (page) => {
		await signIn(page, site, '/keys/stock');
		await settled(page);
		const seen = () => page.evaluate(() => {
			const link = document.querySelector('.menu a[aria-current=page]').getBoundingClientRect();
			return [link.top >= 0, link.bottom <= document.querySelector('.menu-foot').getBoundingClientRect().top + 1];
		});

		assert.deepEqual(await seen(), [true, true]);
		await go(page, '/');
		assert.deepEqual(await seen(), [true, true]);
	}, {}, { width: 1366, height: 480 });
}

async function narrowLooks(browser, site, screens) {
	for (const [name, viewport, textSize] of [['text-200', desk, 200], ['phone-320', { width: 320, height: 640 }, 100]]) {
		await journey(`${name}: every page works without the window scrolling sideways`, browser, site, async (page) => {
			await signIn(page, site);
			for (const [place, path] of await visits(site)) {
				await go(page, path);
				await page.screenshot({ path: join(screens, `${place}-${name}.png`) });
				const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
				assert.ok(wide <= 1, `${place} is ${wide} px too wide`);
				if (place === 'home') await requireAccessible(page, `${place}, ${name}`);
			}
		}, { language: 'en', textSize }, viewport);
	}
}
