// SPDX-License-Identifier: Apache-2.0
// certificates.mjs — journeys to a certificate in use and to a machine client with rights, each with its refusals.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { answerTo, authority } from '../lib/authority.mjs';
import { act, agreeAll, downloaded, inPane, journey, logInHere, seen, textOf } from './officers.mjs';
import { go } from './page.mjs';

const grouped = (hex) => hex.replace(/(.{4})/g, '$1 ').trim();

/** A date of an antd picker, typed. */
async function pickDate(form, at, text) {
	const input = form.locator('.ant-picker input').nth(at);

	await input.fill(text);
	await input.press('Enter');
}

async function choose(page, form, at, text) {
	await form.locator('.ant-select').nth(at).click();
	await page.locator('.ant-select-item-option').filter({ hasText: text, visible: true }).first().click();
}

/** A pair that can be certified, by orders alone: the tree's own journey has the pages. */
async function makePair(officers) {
	const done = async (who, command, fields) => {
		const answer = await officers.as(who, command, { fields });

		assert.equal(answer.status, 200, `${command}: ${JSON.stringify(answer.body)}`);
		return answer.body;
	};
	const { issuers } = await done('conf', 'issuer.list', {});
	const issuer = issuers.find((one) => one.code === 'CAMPUS01').id;
	const product = (await done('conf', 'product.add', { issuer, code: 'EMV', name: '金融 IC 卡', kind: 'RSA', place: 'host' })).id;
	const key = (await done('conf', 'key.define', { product, code: 'IPK', name: '发卡行密钥', usage: 'S0', algorithm: 'R', bits: 1024, mode: 'S', exportability: 'N' })).id;

	await done('cert', 'version.generate', { key, at_once: true });
}

async function importCaKey(page, officers) {
	const form = page.locator('[data-form="cakey.import"]');

	await page.locator('[data-step=caKey]').click();
	await form.locator('[data-field=index]').fill('F1');
	await form.locator('[data-field=modulus]').fill(grouped(authority.modulus));
	await pickDate(form, 0, '2040-12-31');
	await form.locator('[data-field=checksum]').fill(grouped(authority.checksum).replace(/.$/, '7'));
	await act(page, 'cakey.import').click();
	await form.locator('.problem').waitFor();
	assert.match(await form.locator('.problem').textContent(), /证书或签名数据验证失败/);
	await form.locator('[data-field=checksum]').fill(grouped(authority.checksum));
	await act(page, 'cakey.import').click();
	// The second person sees the checksum, and is of another role.
	await seen(page, '[data-approval=PENDING]');
	await seen(page, `[data-approval] [data-digits="${authority.checksum}"]`);
	assert.match(await textOf(page, '[data-approval]'), /CAMPUSCA 校园认证/);
	await agreeAll(page, officers, ['conf'], 'cakey.import');
	await seen(page, `${inPane} td:has-text("F1")`);
	await page.locator(`${inPane} tbody tr`).first().click();
	await seen(page, '[data-ca-key=F1][data-state=ACTIVE]');
}

/** Made, downloaded, sent; its file as the authority gets it. */
async function makeRequest(page) {
	const form = page.locator('[data-form="request.make"]');

	await page.locator('[data-step=request]').click();
	await form.locator('[data-field=iin]').fill('62258800');
	await choose(page, form, 3, '银联，摘要覆盖签名部分');
	await pickDate(form, 0, '2020-12');
	await act(page, 'request.make').click();
	await form.locator('.problem').waitFor();
	assert.match(await form.locator('.problem').textContent(), /证书申请资料有误/);
	await pickDate(form, 0, '2030-12');
	await act(page, 'request.make').click();
	await seen(page, '[data-request="000001"][data-state=DRAFT]');
	const hash = await page.locator('[data-hash-shown]').getAttribute('data-hash-shown');
	assert.match(hash, /^[0-9A-F]{40}$/);
	const file = await downloaded(page, () => act(page, 'request.file').click());
	assert.equal(file.name, '000001.INP');
	const told = await downloaded(page, () => act(page, 'request.hash').click());
	assert.equal(told.text.trim().toUpperCase(), hash);
	await act(page, 'request.sent').click();
	await seen(page, '[data-request="000001"][data-state=SENT]');
	return file.bytes;
}

async function importAnswer(page, answer) {
	const form = page.locator('[data-form="certificate.import"]');
	const give = async (buffer) => {
		await form.locator('input[type=file]').setInputFiles({ name: '0A0B0C.IF1', mimeType: 'application/octet-stream', buffer });
		await act(page, 'certificate.import').click();
	};

	await page.locator('[data-step=certificate]').click();
	await give(Buffer.concat([answer.subarray(0, -1), Buffer.from([answer.at(-1) ^ 1])]));
	await seen(page, '[data-verdict=refused]');
	assert.match(await form.locator('.problem').textContent(), /证书或签名数据验证失败.*EMV_CERTIFICATE/);
	assert.equal(await page.locator('[data-certificate]').count(), 0, 'nothing came in');
	await give(answer);
	await seen(page, '[data-verdict=holds]');
	assert.match(await form.locator('.verdict').textContent(), /证书验证通过.*CAMPUS01\.EMV\.IPK\.01 0A0B0C/);
	await seen(page, '[data-certificate="0A0B0C"][data-state=ISSUED]');
	await give(answer);
	await seen(page, '[data-verdict=again]');
}

export async function certificateJourney(browser, site, officers) {
	await journey('a certificate: authority, its key with a second person, request, answer with a verdict, XML, in use', browser, site, async (page) => {
		await makePair(officers);
		await go(page, '/keys/certificates');
		await logInHere(page, officers, 'cert');
		await seen(page, '.advice');
		assert.match(await textOf(page, '.advice'), /还没有认证机构/);
		assert.ok(await act(page, 'ca.add').isDisabled(), 'another role\'s');
		await logInHere(page, officers, 'conf');
		const form = page.locator('[data-form="ca.add"]');
		await form.locator('[data-field=code]').fill('campusca');
		await form.locator('[data-field=name]').fill('校园认证');
		await choose(page, form, 0, '其他');
		await form.locator('[data-field=rid]').fill(authority.rid);
		await act(page, 'ca.add').click();
		await seen(page, '[data-step=authority][data-count="1"]');

		await importCaKey(page, officers);
		const file = await makeRequest(page);
		await importAnswer(page, answerTo(file, '0A0B0C'));
		await act(page, 'certificate.xml').click();
		await seen(page, '[data-told=xml]');
		assert.match(await textOf(page, '[data-told=xml]'), /<ipkCertificate issuer="CAMPUS01".*<tag id="8F">F1<\/tag>/s);
		await act(page, 'certificate.use').click();
		await seen(page, '[data-certificate="0A0B0C"][data-state=IN_USE]');
		assert.match(await textOf(page, '.advice'), /CAMPUS01\.EMV\.IPK\.01 的证书在用/);
		await seen(page, '[data-step=certificate][data-count="1"]');
	});
}

/* --- machine clients --- */

export async function clientJourney(browser, site, officers) {
	await journey('a machine client: rights that grow need the administrator, rights that shrink do not, and it is stopped', browser, site, async (page) => {
		const pem = certificateOf(site);

		await go(page, '/keys/clients');
		await logInHere(page, officers, 'conf');
		const form = page.locator('[data-form="client.add"]');
		await form.locator('[data-field=name]').fill('canteen-front');
		await form.locator('input[type=file]').setInputFiles({ name: 'canteen.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(pem) });
		await form.getByRole('checkbox', { name: 'MAC', exact: true }).check();
		await form.getByRole('checkbox', { name: '解密', exact: true }).check();
		await form.locator('[data-field=rate]').fill('200');
		await form.locator('.ant-select').nth(0).locator('input').fill('消费主密钥');
		await page.locator('.ant-select-item-option').filter({ hasText: '20 消费主密钥', visible: true }).waitFor();
		await page.waitForFunction(() => document.querySelectorAll('.ant-select-item-option').length < 5);
		await page.keyboard.press('Enter');
		await page.keyboard.press('Tab');
		await typeInto(page, form.locator('.ant-select').nth(1), 'campus01.ep.*');
		await act(page, 'client.add').click();
		await seen(page, '[data-approval=PENDING]');
		const words = await textOf(page, '[data-approval]');
		for (const word of ['登记客户端', 'canteen-front', 'mac decrypt', 'CAMPUS01.EP.*', '200', '主控密钥管理员']) assert.ok(words.includes(word), `${word} is not there`);
		await agreeAll(page, officers, ['mk'], 'client.add');
		await seen(page, '[data-client=canteen-front][data-state=ACTIVE]');
		const gates = await textOf(page, '.gates');
		for (const word of ['验证 MAC', '解密', '消费主密钥', 'CAMPUS01.EP.*', '200', '0 / 不限']) assert.ok(gates.includes(word), `${word} is not there`);

		const change = page.locator('[data-form="client.save"]');
		await change.getByRole('checkbox', { name: '解密', exact: true }).uncheck();
		await act(page, 'client.save').click();
		await page.waitForFunction(() => ![...document.querySelectorAll('.gates .badge')].some((one) => one.textContent === '解密'));
		await change.getByRole('checkbox', { name: '转加密', exact: true }).check();
		await act(page, 'client.save').click();
		await seen(page, '[data-approval=PENDING]');
		await page.locator('[data-refuse="conf"], [data-refuse="mk"]').filter({ visible: true }).first().click();
		await seen(page, '[data-approval=REFUSED]');
		await page.keyboard.press('Escape');
		await page.waitForFunction(() => ![...document.querySelectorAll('[data-approval]')].some((one) => one.checkVisibility()));
		await act(page, 'client.stop').click();
		await page.locator('.ant-modal').getByRole('button', { name: '停用客户端' }).click();
		await seen(page, '[data-client=canteen-front][data-state=STOPPED]');
	});
}

/** Into a select that is typed. */
async function typeInto(page, select, text) {
	await select.locator('input').fill(text);
	await page.keyboard.press('Enter');
	await page.keyboard.press('Tab');
}

/** The certificate of the test's own client. */
function certificateOf(site) {
	return execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=canteen-front', '-days', '3650'], { cwd: site.dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
