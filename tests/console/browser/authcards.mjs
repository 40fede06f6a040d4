// SPDX-License-Identifier: Apache-2.0
// authcards.mjs — the journeys of authorisation cards: ordered by two people, written once under a PIN that nobody else sees,
// withdrawn; of the day root that is changed inside its day; and of the keys that a new site makes once.
import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';

import { test } from '../lib/tap.mjs';
import { act, agreeAll, downloaded, inPane, journey, logInHere, password, requireSealed, seen, textOf } from './officers.mjs';
import { go, requireStandsStill } from './page.mjs';

const node = '10010001';
const pin = '2468-1357 till';
/** What a machine prints that waits for its card. */
const transport = createECDH('prime256v1').generateKeys('hex', 'uncompressed');

async function fillOrder(page, fields) {
	const form = page.locator('[data-form="authcard.issue"]').filter({ visible: true });

	for (const [name, text] of Object.entries(fields)) await form.locator(`[data-field=${name}]`).fill(text);
	await act(page, 'authcard.issue').click();
}

/** Ordered by role key, agreed to by the administrator of master keys. */
async function order(page, officers) {
	await fillOrder(page, { node, sam: '100020000001', merchant: '100100000000001', hosts: '10.1.0.1:8583', transport });
	await seen(page, '[data-approval=PENDING]');
	const words = await textOf(page, '[data-approval]');
	for (const word of ['签发授权卡', '处理机编号', node, '100020000001', '10.1.0.1:8583', '终端根密钥版本', 'aes sm4']) assert.ok(words.includes(word), `${word} is not there`);
	await agreeAll(page, officers, ['mk'], 'authcard.issue');
	await seen(page, `[data-authcard="${node}"][data-state=ISSUED]`);
}

async function typePin(page, first, again) {
	const form = page.locator('[data-form="authcard.write"]').filter({ visible: true });

	await form.locator('[data-field=pin]').fill(first);
	await form.locator('[data-field=pin-again]').fill(again);
	return form;
}

/** Its id, from the address. */
const chosen = (page) => Number(new URL(page.url()).searchParams.get('card'));

async function write(page) {
	for (const [first, again, words] of [['1234567', '1234567', /至少 8 个字符/], [pin, `${pin}s`, /两次输入不一致/]]) {
		const form = await typePin(page, first, again);

		await act(page, 'authcard.write').click();
		await form.locator('.error').waitFor();
		assert.match(await form.locator('.error').textContent(), words);
	}
	await typePin(page, pin, pin);
	const file = await downloaded(page, () => act(page, 'authcard.write').click());
	await seen(page, `[data-authcard="${node}"][data-state=WRITTEN]`);
	assert.match(file.name, new RegExp(`^${node}-[0-9A-F]{16}\\.card$`));
	assert.equal(file.bytes.subarray(0, 8).toString(), 'YIKACRD1');
	assert.ok(!file.bytes.includes(node), 'the file is encrypted');
	assert.equal(await page.locator('[data-form="authcard.write"]').count(), 0, 'it is written once');
	assert.match(await textOf(page, '[data-authcard] .good[role=status]'), new RegExp(file.name));
}

async function withdraw(page) {
	await act(page, 'authcard.withdraw').click();
	await page.locator('.ant-modal').getByRole('button', { name: '收回授权卡' }).click();
	await seen(page, `[data-authcard="${node}"][data-state=WITHDRAWN]`);
	assert.equal(await page.locator('[data-act="authcard.withdraw"]').count(), 0);
}

async function chooseState(page, label, count) {
	await page.locator(`${inPane} .filters .ant-select`).click();
	await page.locator('.ant-select-item-option').filter({ hasText: label, visible: true }).first().click();
	await page.waitForFunction(([text, wanted]) => {
		const rows = [...document.querySelectorAll('.pane:not([style*=none]) tbody tr:not([aria-hidden])')].filter((row) => row.checkVisibility());
		return rows.length === wanted && rows.every((row) => row.textContent.includes(text));
	}, [label, count]);
}

export async function authcardJourney(browser, site, officers) {
	await journey('an authorisation card: ordered by two people, written once under a PIN, and withdrawn', browser, site, async (page) => {
		await go(page, '/keys/authcards');
		await logInHere(page, officers, 'key');
		await seen(page, `${inPane} .grid-empty`);
		await fillOrder(page, { node, sam: '100020000001', merchant: '100100000000001', transport: '04AB' });
		await seen(page, '[data-form="authcard.issue"] .problem');
		assert.match(await textOf(page, '[data-form="authcard.issue"] .problem'), /授权卡资料有误.*130 hex digits/s);

		await order(page, officers);
		await write(page);
		const again = await officers.as('oper', 'authcard.write', { fields: { id: chosen(page) }, secrets: { pin } });
		assert.equal(again.body.code, 'AUTHCARD_STATE');
		const other = await officers.as('oper', 'authcard.withdraw', { fields: { id: chosen(page) } });
		assert.equal(other.body.code, 'OFFICER_ROLE_OTHER');

		// Another one for the same terminal takes the place of the first.
		await page.locator('[data-authcard]').getByRole('button', { name: '关闭' }).click();
		await order(page, officers);
		await chooseState(page, '已收回', 1);
		await withdraw(page);
		await chooseState(page, '已收回', 2);
		await page.fill('#authcard-node', '20020002');
		await page.keyboard.press('Enter');
		await seen(page, `${inPane} .grid-empty`);
		requireSealed(page, [pin, '1234567', password('key'), password('mk')]);
	});
	await dayRootJourney(browser, site, officers);
}

async function dayRootJourney(browser, site, officers) {
	await journey('the day root is changed inside its day by two people, and the one before is kept a while', browser, site, async (page) => {
		await go(page, '/keys/authcards');
		await logInHere(page, officers, 'key');
		await seen(page, '[data-root$=" 1"]');
		assert.ok(await act(page, 'day.change').isDisabled(), 'a reason is asked for');
		await page.locator('[data-form="day.change"] [data-field=reason]').fill('值班员手机失窃');
		await requireStandsStill(page, '.ant-modal button.ant-btn-dangerous', () => act(page, 'day.change').click());
		const effect = await page.locator('.ant-modal p').textContent();
		assert.match(effect, /\d{4}-\d{2}-\d{2} 第 1 号由新的随机密钥取代.*12 小时后/);
		await page.locator('.ant-modal').getByRole('button', { name: '紧急更换日根密钥' }).click();
		await seen(page, '[data-approval=PENDING]');
		assert.match(await textOf(page, '[data-approval]'), /值班员手机失窃/);
		await agreeAll(page, officers, ['mk'], 'day.change');
		await seen(page, '[data-root$=" 2"]');
		assert.match(await textOf(page, '[data-root]'), /上一把 \d{4}-\d{2}-\d{2} 第 1 号，保留至/);
	});
}

/** A site that had its first ceremony makes its own keys: values are the part of role key, definitions that of conf. */
export async function siteKeysJourney(browser, site, officers) {
	await test('browser: officers of the platform\'s keys come in', async () => {
		for (const name of ['conf', 'key']) await officers.add(name, name, password(name), 'so1');
	});
	await journey('a new site makes the platform\'s keys once, by two roles', browser, site, async (page) => {
		await go(page, '/keys/authcards');
		await logInHere(page, officers, 'key');
		await seen(page, '[data-root=none]');
		await act(page, 'site.keys').click();
		await seen(page, '[data-approval=PENDING]');
		assert.match(await textOf(page, '[data-approval]'), /生成平台密钥.*业务日\d{4}-\d{2}-\d{2}/s);
		await agreeAll(page, officers, ['conf'], 'site.keys');
		await seen(page, '[data-root$=" 1"]');
	});
}
