// SPDX-License-Identifier: Apache-2.0
// stock.mjs — the journey of cards through the stock book: received, given to an operator, finished, waste, shredded before
// a second person, and a day closed when count and book agree.
import assert from 'node:assert/strict';

import { act, inPane, journey, logInHere, logOutHere, seen, textOf } from './officers.mjs';
import { go } from './page.mjs';

const form = (page) => page.locator('[data-form=stock]').filter({ visible: true });

async function fill(page, fields) {
	for (const [name, text] of Object.entries(fields)) await form(page).locator(`[data-field=${name}]`).fill(text);
}

async function stateOf(page, state, count) {
	await seen(page, `[data-stock=${state}][data-count="${count}"]`);
	await page.locator(`[data-stock=${state}]`).click();
	await seen(page, `[data-stock=${state}][aria-pressed=true]`);
}

async function moveTo(page, label) {
	await form(page).locator('.ant-select').click();
	await page.locator('.ant-select-item-option').filter({ hasText: label, visible: true }).first().click();
}

/** The part of an operator: one card finished, one waste, with a reason. */
async function operate(page) {
	await stateOf(page, 'ISSUED_TO_OP', 2);
	await fill(page, { number: 'M-3', taker: 'store', cards: 'C001' });
	await act(page, 'stock.move').click();
	await form(page).locator('.problem').waitFor();
	assert.match(await form(page).locator('.problem').textContent(), /卡号缺失/);
	await fill(page, { cards: 'C001,500000000001' });
	await act(page, 'stock.move').click();
	await stateOf(page, 'FINISHED', 1);
	await seen(page, `${inPane} td:has-text("500000000001")`);
	await stateOf(page, 'ISSUED_TO_OP', 1);
	await moveTo(page, '废卡');
	await fill(page, { number: 'M-4', taker: 'store', cards: 'C002' });
	assert.equal(await form(page).locator('[data-field=reason]').getAttribute('required'), '', 'a reason is asked for');
	await fill(page, { reason: '上电无应答' });
	await act(page, 'stock.move').click();
	await stateOf(page, 'WASTE', 1);
}

/** The window was closed meanwhile: the list is chosen again, and another one is refused. */
async function carryAfterReload(page, officers, id) {
	const agreed = await officers.as('mk', 'approval.agree', { fields: { id } });
	const give = (text) => page.locator('.approval input[type=file]').setInputFiles({ name: 'cards.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
	const carry = page.locator('[data-carry="stock.shred"]').filter({ visible: true });

	assert.equal(agreed.status, 200);
	await page.reload();
	await logInHere(page, officers, 'store');
	await go(page, `/keys/approvals?open=${id}`);
	await carry.waitFor();
	assert.ok(await carry.isDisabled(), 'the list has to be chosen');
	await give('C003');
	await carry.click();
	await seen(page, '.approval .problem');
	assert.match(await textOf(page, '.approval .problem'), /APPROVAL_OTHER/);
	await give('C002');
	await carry.click();
	await page.waitForFunction(() => ![...document.querySelectorAll('.approval')].some((one) => one.checkVisibility()));
}

async function shred(page, officers) {
	await moveTo(page, '废卡库');
	await fill(page, { number: 'M-5', giver: 'store', taker: '废卡箱', cards: 'C002' });
	await act(page, 'stock.move').click();
	await stateOf(page, 'WASTE_STORE', 1);
	await fill(page, { number: 'S-1', giver: 'store', taker: '粉碎机', cards: 'C002' });
	await act(page, 'stock.shred').click();
	await seen(page, '[data-approval=PENDING]');
	const words = await textOf(page, '[data-approval]');
	for (const word of ['销毁', 'S-1', 'PSAM 卡', '张数', '粉碎机', '清单 SHA-256']) assert.ok(words.includes(word), `${word} is not there`);
	await carryAfterReload(page, officers, Number(/\d+/.exec(await textOf(page, '.ant-drawer-title'))[0]));
	await go(page, '/keys/stock');
	await stateOf(page, 'SHREDDED', 1);
	await page.locator(`${inPane} tbody tr`).first().click();
	await seen(page, '[data-card=C002][data-state=SHREDDED]');
	assert.equal(await page.locator('[data-card] .story li').count(), 6);
	assert.match(await textOf(page, '[data-card] .story'), /上电无应答/);
	await page.keyboard.press('Escape');
}

const zoneS = 8 * 3600;
const dayS = 24 * 3600;
const journeyS = 1800;

/** The day of the key manager's clock, which does not end before the journey does. */
function dayFor(officers) {
	const left = dayS - (officers.kms.now + zoneS) % dayS;

	if (left < journeyS) {
		officers.kms.advance(left);
		officers.sessions = {}; // nobody touched them for so long
	}
	return new Date((officers.kms.now + zoneS) * 1000).toISOString().slice(0, 10);
}

export async function stockJourney(browser, site, officers) {
	const day = dayFor(officers);

	await journey('cards: received, given out, finished, shredded before a second person, and a day closed as counted', browser, site, async (page) => {
		await go(page, '/keys/stock?state=RECEIVED');
		await logInHere(page, officers, 'store');
		await page.locator(`${inPane} .ant-segmented-item`, { hasText: '到货登记' }).click();
		await fill(page, { number: 'R-1', giver: '厂家', taker: 'store', place: '库房', cards: 'C001\nC002\nC003' });
		await act(page, 'stock.receive').click();
		await stateOf(page, 'RECEIVED', 3);
		await form(page).locator('.ant-segmented-item', { hasText: '流转' }).click();
		await fill(page, { number: 'M-1', giver: 'store', taker: '一号架', cards: 'C001\nC002\nC003' });
		await act(page, 'stock.move').click();
		await stateOf(page, 'IN_STORE', 3);
		// Two are chosen in the list by keyboard.
		await page.locator(`${inPane} tbody tr[tabindex="0"]`).focus();
		for (const key of ['Space', 'ArrowDown', 'Space']) await page.keyboard.press(key);
		await act(page, 'stock.selected').click();
		assert.equal(await form(page).locator('[data-field=cards]').inputValue(), 'C001\nC002');
		await fill(page, { number: 'M-2', giver: 'store', taker: 'visitor' });
		await act(page, 'stock.move').click();
		await form(page).locator('.problem').waitFor();
		await fill(page, { taker: 'oper' });
		await act(page, 'stock.move').click();
		await stateOf(page, 'ISSUED_TO_OP', 2);

		await logOutHere(page, 'store');
		await logInHere(page, officers, 'oper');
		await operate(page);
		await logInHere(page, officers, 'store');
		await shred(page, officers);

		await page.locator(`${inPane} .ant-segmented-item`, { hasText: '日结' }).click();
		await page.locator(`${inPane} [data-day] .ant-picker input`).fill(day);
		await page.keyboard.press('Enter');
		await seen(page, `[data-day="${day}"][data-closed=false]`);
		assert.match(await textOf(page, '[data-closed] tbody'), /PSAM 卡0300102/);
		await page.locator('[data-heap="PSAM:IN_STORE"]').fill('2');
		await act(page, 'stock.close').click();
		await seen(page, '[data-form="stock.close"] .problem');
		assert.match(await textOf(page, '[data-form="stock.close"] .problem'), /盘点数与台账不符/);
		await page.locator('[data-heap="PSAM:IN_STORE"]').fill('1');
		await act(page, 'stock.close').click();
		await seen(page, `[data-day="${day}"][data-closed=true]`);
		assert.ok(await act(page, 'stock.close').isDisabled());
		await page.locator(`${inPane} .ant-segmented-item`, { hasText: '凭证' }).click();
		await seen(page, `${inPane} td:has-text("S-1")`);
		assert.match(await textOf(page, `${inPane} tbody`), /store、mk/);
	});
}
