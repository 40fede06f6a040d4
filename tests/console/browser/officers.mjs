// SPDX-License-Identifier: Apache-2.0
// officers.mjs — what journeys of key officers share: pages that keep what they send, logging in at one screen, approvals.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { Client } from '../lib/client.mjs';
import { test } from '../lib/tap.mjs';
import { login, open, signIn } from './page.mjs';

/** The name itself must not stand in it. */
export const password = (name) => `${[...name].reverse().join('')} horse battery 9`;
export const answerWithinMs = 10_000;
export const pinOf = (name) => `pin of ${name} 2026`;

/** A page that keeps what it sends, so that a test can look for secrets in it. */
export async function openKept(browser, site) {
	const page = await open(browser, site);

	page.setDefaultTimeout(answerWithinMs);
	page.sent = [];
	page.on('request', (request) => { if (request.method() !== 'GET') page.sent.push(request.postData() ?? ''); });
	return page;
}

/** Throws when one of these stands in clear in what the page sent. */
export function requireSealed(page, secrets) {
	const sent = page.sent.join('\n');

	assert.ok(page.sent.length > 0, 'nothing was sent');
	for (const secret of secrets) {
		for (const form of [secret, secret.replaceAll(' ', ''), encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex')])
			assert.ok(!sent.toLowerCase().includes(form.toLowerCase()), `"${secret.slice(0, 3)}…" was sent in clear`);
	}
}

export function journey(name, browser, site, run) {
	return test(`browser: ${name}`, async () => {
		const page = await openKept(browser, site);

		try {
			await signIn(page, site);
			await run(page);
			assert.deepEqual(page.complaints, []);
		} catch (error) {
			error.stack = `${error.stack}\nthe page said: ${await said(page)}`;
			throw error;
		} finally {
			await page.context().close();
		}
	});
}

/** What a failure is looked into with: problems first, then dialogs, drawers and the page. */
const said = (page) => page.evaluate(() => ['.problem, .error', '.ant-modal, .ant-drawer', '.pane']
	.flatMap((selector) => [...document.querySelectorAll(selector)]).filter((one) => one.checkVisibility())
	.map((one) => one.innerText.replace(/\s+/g, ' ').slice(0, 300)).join(' | ')).catch(String);

/** Within the visible page, a dialog or a drawer: `scope` chooses. */
export const inPane = '.pane:visible';
/** Waits until one of these can be seen: pages that stand behind others hold the same things. */
export const seen = (page, selector) => page.locator(selector).filter({ visible: true }).first().waitFor();
export const textOf = (page, selector) => page.locator(selector).filter({ visible: true }).first().textContent();

/** Fills name, password and a fresh code of an officer into the login form in `scope`. */
export async function logInAt(page, officers, name, scope) {
	const form = page.locator(scope).locator('form', { has: page.locator('[data-field=code]') }).filter({ visible: true }).first();

	await form.locator('[data-field=name]').fill(name);
	await form.locator('[data-field=password]').fill(officers.people[name].password);
	await form.locator('[data-field=code]').fill(officers.kms.freshCode(officers.people[name].secret));
	await form.locator('button[type=submit]').click();
	await seen(page, `[data-officer="${name}"]`);
}

export const isHere = async (page, name) => await page.locator(`[data-officer="${name}"]`).filter({ visible: true }).count() > 0;

/** Logs in from the page's own panel, or beside others who are there already. */
export async function logInHere(page, officers, name) {
	if (await page.locator('.officer-bar').filter({ visible: true }).count() === 0) return logInAt(page, officers, name, '.keys-login');
	await page.locator('.officer-bar').filter({ visible: true }).getByRole('button', { name: '再登录一人' }).click();
	await seen(page, '.ant-modal [data-field=name]');
	await logInAt(page, officers, name, '.ant-modal');
	await page.waitForSelector('.ant-modal', { state: 'hidden' });
}

export async function logOutHere(page, name) {
	await page.locator(`[data-officer="${name}"]`).filter({ visible: true }).getByRole('button').click();
	await page.waitForFunction((one) => ![...document.querySelectorAll(`[data-officer="${one}"]`)].some((chip) => chip.checkVisibility()), name);
}

export const act = (page, name) => page.locator(`[data-act="${name}"]`).filter({ visible: true }).first();

/** In the drawer of an approval: these agree one after another, logging in where they are not yet. */
export async function agree(page, officers, names) {
	for (const name of names) {
		const button = page.locator(`[data-agree="${name}"]`).filter({ visible: true });

		await page.locator('[data-approval], .call').filter({ visible: true }).first().waitFor();
		if (await isHere(page, name) === false) await logInAt(page, officers, name, '.approval');
		await button.click();
		await button.waitFor({ state: 'detached' });
	}
}

export const carry = (page, command) => page.locator(`[data-carry="${command}"]`).filter({ visible: true });

/** They agree, and the asker carries it out. */
export async function agreeAll(page, officers, names, command) {
	await agree(page, officers, names);
	await carry(page, command).click();
}

/** The bytes of what a click downloads. */
export async function downloaded(page, click) {
	const [download] = await Promise.all([page.waitForEvent('download'), click()]);

	const bytes = await readFile(await download.path());

	return { name: download.suggestedFilename(), bytes, text: bytes.toString('utf8') };
}

export async function chooseFile(form, file) {
	await form.locator('input[type=file]').setInputFiles({ name: file.name, mimeType: 'text/plain', buffer: Buffer.from(file.text) });
}

export async function operatorOf(site) {
	const client = new Client(site.address);
	const signed = await client.signIn(login, site.password);

	assert.equal(signed.status, 200);
	return client;
}

/** What a click puts on paper; on the screen it is never seen. */
export async function printed(page, click) {
	await page.evaluate(() => {
		window.printed = undefined;
		window.print = () => { window.printed = document.querySelector('.print-sheet')?.textContent ?? ''; window.seen = document.querySelector('.print-sheet')?.checkVisibility(); };
	});
	await click();
	await page.waitForFunction(() => window.printed);
	assert.equal(await page.evaluate(() => window.seen), false, 'not on the screen');
	await page.waitForSelector('.print-sheet', { state: 'detached' });
	return page.evaluate(() => window.printed);
}

/** The check of a line on paper: CRC-8 with polynomial 07. */
export function crc8(line) {
	let crc = 0;

	for (const byte of Buffer.from(line.replaceAll(' ', ''), 'hex')) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 7) & 0xff : crc << 1;
	}
	return crc.toString(16).padStart(2, '0').toUpperCase();
}
