// SPDX-License-Identifier: Apache-2.0
// exchange.mjs — journeys of keys out and in: a batch key file there and back, one key; each with its refusals.
import assert from 'node:assert/strict';

import { act, agree, agreeAll, carry, downloaded, inPane, journey, logInHere, seen, textOf } from './officers.mjs';
import { go } from './page.mjs';

export const form = (page, name) => page.locator(`[data-form="${name}"]`).filter({ visible: true });

export async function choose(page, field, text) {
	await field.click();
	await page.locator('.ant-select-item-option').filter({ hasText: text, visible: true }).first().click();
}

export const field = (page, formName, name) => form(page, formName).locator(`.ant-select[data-field=${name}]`);

/* --- keys to exchange, by orders alone: the tree's own journey has the pages --- */

async function order(officers, who, command, fields, agreeing = []) {
	let answer = await officers.as(who, command, { fields });

	if (answer.body.code === 'APPROVAL_NEEDED') {
		const id = answer.body.approval;
		for (const name of agreeing) assert.equal((await officers.as(name, 'approval.agree', { fields: { id } })).status, 200, `${name} agrees to ${command}`);
		answer = await officers.as(who, command, { approval: id });
	}
	assert.equal(answer.status, 200, `${command}: ${JSON.stringify(answer.body)}`);
	return answer.body;
}

async function makeKey(officers, product, definition) {
	const key = (await order(officers, 'conf', 'key.define', { product, levels: 0, ...definition })).id;

	return { key, ...await order(officers, 'key', 'version.generate', { key, at_once: true }) };
}

async function removeKey(officers, { key, id }) {
	await order(officers, 'key', 'version.move', { id, to: 'DEACTIVATED' });
	await order(officers, 'key', 'version.move', { id, to: 'DESTROYED' }, ['mk']);
	await order(officers, 'conf', 'key.remove', { id: key }, ['mk']);
}

const tac = { code: 'DTK', name: 'TAC 主密钥', usage: '23', algorithm: 'T', bits: 112, mode: 'X', exportability: 'E' };
const unload = { code: 'DULK', name: '圈提主密钥', usage: '22', algorithm: 'T', bits: 112, mode: 'X', exportability: 'S' };
const transport = { code: 'BANK', name: '银行传输密钥', usage: 'K1', algorithm: 'A', bits: 256, mode: 'B', exportability: 'E' };

async function makeKeys(officers) {
	const { issuers } = await order(officers, 'conf', 'issuer.list', {});
	const issuer = issuers.find((one) => one.code === 'CAMPUS01').id;
	const { products } = await order(officers, 'conf', 'product.list', { issuer });
	const purse = products.find((one) => one.code === 'EP').id;
	const zmk = (await order(officers, 'conf', 'product.add', { issuer, code: 'ZMK', name: '传输密钥', kind: 'KEK', place: 'host' })).id;

	await makeKey(officers, zmk, transport);
	return { purse, tac: await makeKey(officers, purse, tac), unload: await makeKey(officers, purse, unload) };
}

/* --- batches --- */

/** What is chosen is what others agree to; the file comes by itself. */
async function exportBatch(page, officers) {
	await choose(page, field(page, 'batch.export', 'scope'), 'CAMPUS01.EP 电子钱包');
	await seen(page, '[data-choice="2"]');
	assert.match(await textOf(page, '[data-choice]'), /1 把不导出.*CAMPUS01\.EP\.DTK\.01.*CAMPUS01\.EP\.DULK\.01/);
	await page.locator('[data-choice] tbody td').first().click();
	await seen(page, '[data-choice="1"]');
	await page.locator('[data-choice] tbody tr').first().focus();
	await page.keyboard.press('Space');
	await seen(page, '[data-choice="2"]');
	await form(page, 'batch.export').locator('[data-field=batch]').fill('b0001');
	await act(page, 'batch.export').click();
	await seen(page, '[data-approval=PENDING]');
	await page.waitForFunction(() => document.querySelector('[data-approval]').textContent.includes('CAMPUS01.ZMK.BANK.01'));
	const words = await textOf(page, '[data-approval]');
	for (const word of ['批量导出', 'B0001', '密钥数', '密钥清单 SHA-256']) assert.ok(words.includes(word), `${word} is not there`);
	await agree(page, officers, ['mk']);
	const file = await downloaded(page, () => carry(page, 'batch.export').click());
	assert.equal(file.name, 'B0001.ockx');
	assert.match(file.text, /^OCKX\|1\|.*\|CAMPUS01\|B0001\|.*\nK\|1\|EP\|DTK\|/);
	await seen(page, '[data-exported=B0001]');
	await act(page, 'exported.close').click();
	await seen(page, '[data-list=batches] td:has-text("B0001")');
	assert.match(await textOf(page, '[data-list=batches] tbody'), /导出B00012CAMPUS01\.ZMK\.BANK\.01/);
	return file.text;
}

async function check(page, text, verdict) {
	await form(page, 'batch.import').locator('input[type=file]').setInputFiles({ name: 'B0001.ockx', mimeType: 'text/plain', buffer: Buffer.from(text) });
	await seen(page, '[data-verdict=none]');
	await act(page, 'batch.check').click();
	await seen(page, `[data-verdict=${verdict}]`);
}

const standing = (page, kind) => seen(page, `tr:has-text("EP.DTK.01") [data-standing=${kind}]`);

async function importBatch(page, officers, keys, text) {
	const refusal = () => textOf(page, '[data-form="batch.import"] .problem');

	await page.locator(`${inPane} .ant-segmented-item`, { hasText: '批量导入' }).click();
	await form(page, 'batch.import').waitFor();
	await check(page, `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`, 'refused');
	assert.match(await refusal(), /文件被改动.*EXCHANGE_MAC/s);
	assert.equal(await page.locator('[data-standing]').count(), 0, 'nothing of it is believed');
	await check(page, text, 'holds');
	await standing(page, 'there');
	assert.match(await textOf(page, '[data-verdict]'), /将导入 0 把，已有 2 把不变/);
	// The same version with another value; then the key is not known at all.
	await removeKey(officers, keys.tac);
	const other = await makeKey(officers, keys.purse, tac);
	await check(page, text, 'refused');
	assert.match(await refusal(), /已有不同的值/);
	await standing(page, 'conflict');
	assert.ok(await act(page, 'batch.import').isDisabled());
	await removeKey(officers, other);
	await check(page, text, 'refused');
	await standing(page, 'undefined');
	await form(page, 'batch.import').locator('input[data-field=define_missing], [data-field=define_missing] input').check();
	await check(page, text, 'holds');
	await standing(page, 'defined');
	await act(page, 'batch.import').click();
	await seen(page, '[data-approval=PENDING]');
	await agreeAll(page, officers, ['mk', 'conf'], 'batch.import');
	await seen(page, '[data-verdict=done]');
	assert.match(await textOf(page, '[data-verdict]'), /已导入导入 1 把，已有 1 把不变/);
	await seen(page, '[data-list=batches] tbody tr:nth-child(2)');
	await check(page, text, 'again');
	assert.match(await textOf(page, '[data-verdict]'), /此文件以前已导入/);
	assert.ok(await act(page, 'batch.import').isDisabled());
}

async function batchJourney(browser, site, officers) {
	await journey('keys go out in a batch file with a second person; it is checked line by line, comes in whole, and once', browser, site, async (page) => {
		const keys = await makeKeys(officers);

		await go(page, '/keys/exchange');
		await logInHere(page, officers, 'key');
		await importBatch(page, officers, keys, await exportBatch(page, officers));
	});
}

/* --- one key --- */

async function exportKey(page, officers) {
	await act(page, 'key.export').click();
	await agreeAll(page, officers, ['mk'], 'key.export');
	await seen(page, '[data-exported="CAMPUS01.EP.DULK.01"]');
	const told = { text: (await textOf(page, '[data-told=block]')).trim(), kcv: await page.locator('[data-exported] [data-kcv]').getAttribute('data-kcv') };
	const file = await downloaded(page, () => act(page, 'exported.download').click());

	await act(page, 'exported.close').click();
	await page.waitForSelector('[data-exported]', { state: 'detached' });
	return { ...told, file };
}

async function importKey(page, officers, { text, kcv }) {
	const inner = form(page, 'key.import');

	await choose(page, field(page, 'key.import', 'key'), 'CAMPUS01.EP.DULK');
	await inner.locator('[data-field=block]').fill(`${text}\n`);
	await inner.locator('[data-field=kcv]').fill(kcv.replace(/^./, (digit) => digit === '0' ? '1' : '0'));
	await act(page, 'key.import').click();
	await inner.locator('.problem').waitFor();
	assert.match(await inner.locator('.problem').textContent(), /密钥校验值不符/);
	await inner.locator('[data-field=kcv]').fill(kcv);
	await act(page, 'key.import').click();
	await seen(page, '[data-approval=PENDING]');
	await seen(page, `[data-approval] [data-digits="${kcv}"]`);
	await agreeAll(page, officers, ['mk'], 'key.import');
	await seen(page, '[data-stored="CAMPUS01.EP.DULK.02"]');
	assert.equal(await page.locator('[data-stored] [data-kcv]').getAttribute('data-kcv'), kcv);
}

async function singleJourney(browser, site, officers) {
	await journey('one key goes out as a block and as bare ciphertext, and the block comes in with its check value', browser, site, async (page) => {
		await go(page, '/keys/exchange?view=single');
		await logInHere(page, officers, 'key');
		await choose(page, field(page, 'key.export', 'key'), 'CAMPUS01.EP.DULK');
		await seen(page, '[data-form="key.export"] .ant-segmented');
		const block = await exportKey(page, officers);
		assert.match(block.text, /^D0\d{3}22TX01S/);
		assert.equal(block.file.name, 'CAMPUS01.EP.DULK.01.txt');
		assert.equal(block.file.text, block.text);
		await form(page, 'key.export').locator('.ant-segmented-item', { hasText: '裸密文' }).click();
		const raw = await exportKey(page, officers);
		assert.match(raw.text, /^[0-9A-F]{32}$/);
		assert.equal(raw.file.bytes.toString('hex').toUpperCase(), raw.text);
		await importKey(page, officers, block);
	});
}

/** What there is to look at: name, address, what is done before, and after. An entry is begun, letters wait. */
export async function exchangeLooks(officers) {
	const products = [];
	const keys = [];

	for (const { id } of (await order(officers, 'conf', 'issuer.list', {})).issuers) products.push(...(await order(officers, 'conf', 'product.list', { issuer: id })).products);
	for (const { id } of products) keys.push(...(await order(officers, 'conf', 'key.list', { product: id })).keys);
	const key = (code) => keys.find((one) => one.code === code).id;
	const versionOf = async (code) => (await order(officers, 'key', 'version.list', { key: key(code) })).versions[0].id;
	const { file } = await order(officers, 'key', 'batch.export', { zmk: await versionOf('BANK'), key: key('DULK') }, ['mk']);
	await order(officers, 'key', 'entry.begin', { key: key('BANK'), parts: 3 });
	await order(officers, 'key', 'letter.make', { version: await versionOf('DULK'), parts: 2 }, ['mk']);

	return [
		['exchange', '/keys/exchange', async (page) => {
			await choose(page, field(page, 'batch.export', 'scope'), 'CAMPUS01.EP 电子钱包');
			await seen(page, '[data-choice] tbody tr');
		}],
		['exchange-in', '/keys/exchange?way=in', async (page) => {
			await form(page, 'batch.import').waitFor();
			await check(page, file, 'holds');
			await seen(page, '[data-standing]');
			await page.mouse.move(0, 0);
		}],
		['exchange-key', '/keys/exchange?view=single', async (page) => choose(page, field(page, 'key.export', 'key'), 'CAMPUS01.EP.DULK')],
		['exported', '/keys/exchange?view=single', async (page) => {
			await act(page, 'key.export').click();
			await agreeAll(page, officers, ['mk'], 'key.export');
			await seen(page, '[data-exported]');
		}, (page) => act(page, 'exported.close').click()],
		['exchange-entry', '/keys/exchange?view=entries', (page) => seen(page, '[data-giver=key]')],
		['exchange-letters', '/keys/exchange?view=letters', (page) => seen(page, '[data-take=key]')],
	];
}

export async function exchangeJourney(browser, site, officers) {
	await batchJourney(browser, site, officers);
	await singleJourney(browser, site, officers);
}
