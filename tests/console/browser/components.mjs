// SPDX-License-Identifier: Apache-2.0
// components.mjs — journeys of a value by two custodians' components, and of key letters; nothing of them is sent in clear.
import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';

import { choose, field, form } from './exchange.mjs';
import { act, agreeAll, crc8, inPane, journey, logInAt, logInHere, password, printed, requireSealed, seen, textOf } from './officers.mjs';
import { go } from './page.mjs';

/* --- components --- */

function encrypt(key, block) {
	const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);

	return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** Five bytes of the CMAC of a block of zeros (SP 800-38B): the check value of an AES key. */
function kcvOf(key) {
	const zero = encrypt(key, Buffer.alloc(16));
	const twice = BigInt(`0x${zero.toString('hex')}`) << 1n;
	const subkey = zero[0] & 0x80 ? BigInt.asUintN(128, twice) ^ 0x87n : twice;

	return encrypt(key, Buffer.from(subkey.toString(16).padStart(32, '0'), 'hex')).toString('hex').slice(0, 10).toUpperCase();
}

const linesOf = (part) => part.toString('hex').toUpperCase().match(/.{16}/g).map((line) => line.match(/.{4}/g).join(' ')).map((line) => `${line} ${crc8(line)}`);

async function begin(page) {
	await choose(page, field(page, 'entry.begin', 'key'), 'CAMPUS01.ZMK.BANK');
	await act(page, 'entry.begin').click();
	await seen(page, '[data-entry][data-given="0"]');
}

async function compared(page, kcv) {
	await seen(page, `[data-told=part] [data-kcv="${kcv}"]`);
	await act(page, 'entry.compared').click();
}

async function giveDigits(page, part) {
	const digits = part.toString('hex').toUpperCase().replace(/(.{4})/g, '$1 ').trim();
	const give = form(page, 'entry.give');

	await give.locator('[data-field=part]').fill(`${digits} 0`);
	await give.locator('.error').waitFor();
	await give.locator('[data-field=part]').fill(digits);
	await give.locator('[data-field=part-again]').fill(digits.replace(/^./, (digit) => digit === '0' ? '1' : '0'));
	await give.locator('.error').waitFor();
	assert.ok(await act(page, 'entry.give').isDisabled(), 'typed twice alike');
	await give.locator('[data-field=part-again]').fill(digits);
	await act(page, 'entry.give').click();
	await compared(page, kcvOf(part));
}

async function givePaper(page, part) {
	await page.locator('[data-giver=key2] .ant-segmented-item', { hasText: '信封上的各行' }).click();
	for (const time of ['first', 'second'])
		for (const [index, line] of linesOf(part).entries()) await page.locator(`[data-line="${time}-${index}"]`).fill(line);
	await page.locator('[data-stage=paper] button[type=submit]').click();
	await compared(page, kcvOf(part));
}

async function entryJourney(browser, site, officers) {
	await officers.add('key2', 'key', password('key2'), 'so1');
	await journey('two custodians give a component each, hidden and sealed; an entry is left and cancelled', browser, site, async (page) => {
		const parts = [randomBytes(32), randomBytes(32)];
		const whole = kcvOf(Buffer.from(parts[0].map((byte, index) => byte ^ parts[1][index])));

		await go(page, '/keys/exchange?view=entries');
		await logInHere(page, officers, 'key');
		await begin(page);
		await giveDigits(page, parts[0]);
		await seen(page, `[data-given="1"] [data-custodian=key] [data-kcv="${kcvOf(parts[0])}"]`);
		await logInAt(page, officers, 'key2', '.call');
		await seen(page, '[data-giver=key2]');
		await givePaper(page, parts[1]);
		await act(page, 'entry.finish').click();
		await seen(page, `[data-stored="CAMPUS01.ZMK.BANK.02"] [data-kcv="${whole}"]`);
		await begin(page);
		await page.locator('[data-giver=key] .ant-segmented-item', { hasText: '由设备生成' }).click();
		assert.match(await printed(page, () => act(page, 'entry.make').click()), /([0-9A-F]{4} ){4}[0-9A-F]{2}/);
		await act(page, 'entry.compared').click();
		await act(page, 'entry.cancel').click();
		await page.locator('.ant-modal').getByRole('button', { name: '取消录入' }).click();
		await page.waitForSelector('[data-entry]', { state: 'detached' });
		requireSealed(page, [...parts.map((part) => part.toString('hex')), ...linesOf(parts[1]), linesOf(parts[1]).join('\n')]);
	});
}

/* --- letters --- */

async function letterJourney(browser, site, officers) {
	await journey('key letters are made with a second person, and each custodian prints another one', browser, site, async (page) => {
		const take = (name) => printed(page, () => page.locator(`[data-take=${name}]`).filter({ visible: true }).click());
		const paper = (text) => text.match(/([0-9A-F]{4} ){4}[0-9A-F]{2}/g);

		await go(page, '/keys/exchange?view=letters');
		await logInHere(page, officers, 'key');
		await choose(page, field(page, 'letter.make', 'key'), 'CAMPUS01.EP.DULK');
		await act(page, 'letter.make').click();
		await seen(page, '[data-approval=PENDING]');
		await agreeAll(page, officers, ['mk'], 'letter.make');
		await seen(page, '[data-letters][data-taken="0"]');
		const first = await take('key');
		await seen(page, '[data-letters][data-taken="1"] [data-custodian=key]');
		assert.deepEqual(paper(await take('key')), paper(first), 'the same one again');
		await logInHere(page, officers, 'key2');
		const second = await take('key2');
		assert.equal(paper(second).length, 2);
		assert.notDeepEqual(paper(second), paper(first));
		await page.waitForSelector('[data-letters]', { state: 'detached' });
		assert.match(await textOf(page, `${inPane} .grid-empty`), /没有待领取的密钥信封/);
	});
}

export async function componentJourney(browser, site, officers) {
	await entryJourney(browser, site, officers);
	await letterJourney(browser, site, officers);
}
