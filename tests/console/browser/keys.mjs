// SPDX-License-Identifier: Apache-2.0
// keys.mjs — the pages of key officers against a real key manager: invitation and codes, a whole ceremony at one screen,
// keys made and destroyed by two people, a renewal, the audit; and no secret in clear in any request.
import assert from 'node:assert/strict';

import { Officers } from '../lib/kms.mjs';
import { test } from '../lib/tap.mjs';
import { authcardJourney, siteKeysJourney } from './authcards.mjs';
import { certificateJourney, clientJourney } from './certificates.mjs';
import { componentJourney } from './components.mjs';
import { exchangeJourney, exchangeLooks } from './exchange.mjs';
import {
	act, agreeAll, chooseFile, crc8, downloaded, inPane, isHere, journey, logInAt, logInHere, logOutHere, openKept, operatorOf, password, pinOf, printed, requireSealed, seen, textOf,
} from './officers.mjs';
import { stockJourney } from './stock.mjs';
import { dress, go, launch, requireAccessible, requireUncut, settled, signIn } from './page.mjs';

/** `site` has test keys; `bare` has none, for the first ceremony. */
export async function runOfficers(site, bare, screens) {
	const browser = await launch();

	try {
		await runKeys(browser, site, screens);
		await runCeremony(browser, bare);
	} finally {
		await browser.close();
	}
}

/* --- a site with test keys --- */

async function runKeys(browser, site, screens) {
	const officers = new Officers(null, site.kms);

	await bannerJourney(browser, site);
	await invitationJourney(browser, site, officers);
	officers.client = await operatorOf(site);
	await officersJourney(browser, site, officers);
	await treeJourney(browser, site, officers);
	await destroyJourney(browser, site, officers, screens);
	await certificateJourney(browser, site, officers);
	await exchangeJourney(browser, site, officers);
	await componentJourney(browser, site, officers);
	await clientJourney(browser, site, officers);
	await authcardJourney(browser, site, officers);
	await stockJourney(browser, site, officers);
	await renewalJourney(browser, site, officers);
	await auditJourney(browser, site, officers);
	await looks(browser, site, officers, screens);
}

async function bannerJourney(browser, site) {
	await journey('every page says that keys are for tests and the device is a program', browser, site, async (page) => {
		for (const path of ['/', '/people', '/proof', '/keys/tree']) {
			await go(page, path);
			await seen(page, '[data-notice=test]');
			assert.match(await textOf(page, '[data-notice=test]'), /测试密钥/);
			assert.match(await textOf(page, '[data-notice=software]'), /软件加密设备/);
		}
		await page.click('[data-notice=test] a');
		await page.waitForURL(/\/keys\/master$/);
		await seen(page, '[data-life=ACTIVE] [data-master]');
		assert.match(await textOf(page, '[data-life=ACTIVE]'), /测试/);
	});
}

async function invitationJourney(browser, site, officers) {
	await journey('the first officer takes the invitation up with a code of an app, logs in, and a reload asks again', browser, site, async (page) => {
		const invite = site.kms.invitation();

		await go(page, '/keys/officers');
		await page.locator(`${inPane} .ant-segmented-item`, { hasText: '接受邀请' }).click();
		await page.locator(`${inPane} [data-field=name]`).fill('mk');
		await page.locator(`${inPane} [data-field=invite]`).fill('not the invitation');
		await page.locator(`${inPane} .keys-login button[type=submit]`).click();
		await seen(page, '.problem');
		assert.match(await textOf(page, '.problem'), /登录名、口令或动态码错误/);
		await page.locator(`${inPane} [data-field=invite]`).fill(invite);
		await page.locator(`${inPane} .keys-login button[type=submit]`).click();
		await seen(page, '[data-told=secret]');
		assert.equal(await page.locator('.ant-qrcode svg').count(), 1, 'a QR code');
		const secret = (await textOf(page, '[data-told=secret]')).replace(/\s/g, '');
		await page.locator(`${inPane} [data-field=password]`).fill(password('mk'));
		await page.locator(`${inPane} [data-field=password-again]`).fill('something else');
		await page.locator(`${inPane} [data-field=code]`).fill(site.kms.freshCode(secret));
		await page.locator(`${inPane} .keys-login button[type=submit]`).click();
		await seen(page, '.field .error');
		await page.locator(`${inPane} [data-field=password-again]`).fill(password('mk'));
		await page.locator(`${inPane} .keys-login button[type=submit]`).click();
		await seen(page, '.keys-login .good');
		officers.people.mk = { password: password('mk'), secret };
		await logInHere(page, officers, 'mk');
		await seen(page, 'tbody tr[tabindex="0"]');
		const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
		for (const text of [invite, secret, password('mk')]) assert.ok(!kept.includes(text), 'a secret in the browser\'s storage');
		assert.ok(!/"session"/.test(kept), 'a token in the browser\'s storage');
		requireSealed(page, [invite, secret, password('mk')]);
		await page.reload();
		await seen(page, '.keys-login [data-field=name]');
		assert.equal(await page.locator('.officer-chip').count(), 0);
	});
}

async function officersJourney(browser, site, officers) {
	await journey('officers are added, each with an invitation that is shown once', browser, site, async (page) => {
		await go(page, '/keys/officers');
		await logInHere(page, officers, 'mk');
		const form = page.locator('[data-form="officer.add"]');
		await form.locator('[data-field=name]').fill('so1');
		await form.locator('[data-field=display]').fill('赵安全');
		await form.locator('[data-field=person]').fill('P-so1');
		await form.locator('[data-role=SO1] input, input[data-role=SO1]').first().check();
		await act(page, 'officer.add').click();
		await seen(page, '[data-told=invitation]');
		const invite = (await textOf(page, '[data-told=invitation]')).trim();
		await page.getByRole('button', { name: '已交给本人' }).click();
		await page.waitForSelector('[data-told=invitation]', { state: 'detached' });
		await officers.enter('so1', invite, password('so1'));
		// A second security officer needs the first one's agreement.
		await form.locator('[data-field=name]').fill('so2');
		await form.locator('[data-field=display]').fill('钱安全');
		await form.locator('[data-field=person]').fill('P-so2');
		await form.locator('input[data-role=SO2], [data-role=SO2] input').first().check();
		await act(page, 'officer.add').click();
		await seen(page, '[data-approval=PENDING]');
		const words = await textOf(page, '[data-approval]');
		for (const word of ['添加管理人员', 'so2', '钱安全', '安全员二', 'mk']) assert.ok(words.includes(word), `${word} is not there`);
		assert.equal(await page.locator('[data-carry]').count(), 0, 'nobody agreed yet');
		await agreeAll(page, officers, ['so1'], 'officer.add');
		await seen(page, '[data-told=invitation]');
		await officers.enter('so2', (await textOf(page, '[data-told=invitation]')).trim(), password('so2'));
		requireSealed(page, [invite, password('mk'), password('so1')]);
	});
	await test('browser: the other officers come in', async () => {
		for (const [name, role] of [['so3', 'SO3'], ['conf', 'conf'], ['key', 'key'], ['cert', 'cert'], ['store', 'store'], ['oper', 'oper'], ['auditor', 'audit']]) await officers.add(name, role, password(name), 'so1');
	});
}

async function treeJourney(browser, site, officers) {
	await journey('an issuer, a product and a key are defined, and a value is made by the right role only', browser, site, async (page) => {
		await go(page, '/keys/tree');
		await logInHere(page, officers, 'key');
		await seen(page, '[data-form="issuer.add"]');
		assert.ok(await act(page, 'issuer.add').isDisabled());
		assert.match(await textOf(page, '[data-form="issuer.add"] .needs'), /须由密钥定义员操作/);
		await logInHere(page, officers, 'conf');
		const issuer = page.locator('[data-form="issuer.add"]');
		await issuer.locator('[data-field=code]').fill('campus01');
		await issuer.locator('[data-field=name]').fill('东园校区');
		await act(page, 'issuer.add').click();
		await seen(page, '[data-issuer=CAMPUS01]');
		const product = page.locator('[data-form="product.add"]');
		await product.locator('input[role=combobox]').first().click();
		await page.locator('.ant-select-item', { hasText: 'CAMPUS01' }).click();
		await product.locator('[data-field=code]').fill('EP');
		await product.locator('[data-field=name]').fill('电子钱包');
		await act(page, 'product.add').click();
		await seen(page, '[data-product=EP]');
		const key = page.locator('[data-form="key.define"]');
		await key.locator('[data-field=code]').fill('DPK');
		await key.locator('[data-field=name]').fill('消费主密钥');
		await act(page, 'key.define').click();
		await seen(page, '[data-key=DPK]');
		await act(page, 'version.generate').click();
		await seen(page, '[data-version="1"][data-state=ACTIVE]');
		assert.match(await page.locator('[data-version="1"] [data-kcv]').first().getAttribute('data-kcv'), /^[0-9A-F]{6}$/);
		// The picture: arrows go from the key back to its product, and Enter opens it.
		await page.locator('[data-node^=key-]').focus();
		await page.keyboard.press('ArrowLeft');
		assert.match(await page.evaluate(() => document.activeElement.dataset.node), /^product-/);
		await page.keyboard.press('Enter');
		await seen(page, '[data-product=EP]');
		assert.match(page.url(), /product=\d+/);
	});
}

async function destroyJourney(browser, site, officers, screens) {
	await journey('a value is destroyed by two people, and not by one', browser, site, async (page) => {
		await go(page, '/keys/tree');
		await logInHere(page, officers, 'key');
		await page.locator('[data-node^=product-]', { hasText: '电子钱包' }).click();
		await page.locator('[data-node^=key-]', { hasText: '消费主密钥' }).click();
		await page.locator('[data-move=COMPROMISED]').click();
		await page.locator('.ant-modal').getByRole('button', { name: '泄露' }).click();
		await seen(page, '[data-approval=PENDING]');
		await agreeAll(page, officers, ['mk'], 'version.move');
		await seen(page, '[data-version="1"][data-state=COMPROMISED]');
		await act(page, 'version.recover').click();
		await seen(page, '[data-approval=PENDING]');
		assert.match(await textOf(page, '[data-approval]'), /限时处理旧数据/);
		await agreeAll(page, officers, ['mk'], 'version.recover');
		await page.locator('[data-version="1"]', { hasText: '恢复处理截止' }).waitFor();
		await settled(page);
		await page.screenshot({ path: `${screens}/keys-recover.png` });
		await page.locator('[data-move=DESTROYED]').click();
		await page.locator('.ant-modal').getByRole('button', { name: '销毁' }).click();
		await seen(page, '[data-approval=PENDING]');
		const words = await textOf(page, '[data-approval]');
		for (const word of ['改变密钥状态', '已销毁', '主控密钥管理员']) assert.ok(words.includes(word), `${word} is not there`);
		await page.waitForFunction(() => document.querySelector('[data-approval]').textContent.includes('CAMPUS01.EP.DPK.01'));
		assert.equal(await page.locator('[data-carry]').count(), 0);
		const id = /\d+/.exec(await textOf(page, '.ant-drawer-title'))[0];
		const alone = await officers.as('key', 'version.move', { approval: id });
		assert.equal(alone.status, 409);
		assert.match(alone.body.zh, /审批当前状态不允许/);
		const own = await officers.as('key', 'approval.agree', { fields: { id: Number(id) } });
		assert.equal(own.body.code, 'APPROVAL_SELF');
		await agreeAll(page, officers, ['mk'], 'version.move');
		await seen(page, '[data-version="1"][data-state=DESTROYED]');
		assert.ok(await page.locator('[data-version="1"] [data-kcv]').first().getAttribute('data-kcv'), 'the check value remains');
		await go(page, '/keys/approvals?view=all');
		await seen(page, `${inPane} tbody tr[tabindex="0"]`);
		assert.match(await textOf(page, `${inPane} tbody`), /已执行/);
	});
	await test('browser: another role is refused by the key manager in words', async () => {
		const other = await officers.as('auditor', 'key.define', { fields: { product: 1, code: 'X', name: 'x', usage: '20', algorithm: 'T', bits: 112, mode: 'X', exportability: 'E' } });

		assert.equal(other.status, 403);
		assert.equal(other.body.zh, '该操作属于其他角色');
		assert.equal(other.body.en, 'This belongs to another role');
	});
}

/** A ceremony by orders alone, for a renewal to have a new key. */
async function formKey(officers) {
	const names = ['so1', 'so2', 'so3'];
	const files = {};
	const { id } = (await officers.as('mk', 'ceremony.begin', { fields: { purpose: 'FORM', algorithm: 'AES', status: 'test' } })).body;

	for (const name of names.filter((one) => officers.sessions[one])) await officers.logOut(name);
	for (const name of names) {
		const done = async (command, options) => {
			const answer = await officers.as(name, command, options);
			if (answer.status !== 200) throw new Error(`${command} ${name}: ${JSON.stringify(answer.body)}`);
			return answer.body;
		};

		await done('ceremony.component', { fields: { id } });
		files[name] = (await done('ceremony.write', { fields: { id }, secrets: { pin: pinOf(name) } })).file;
		await done('ceremony.verify', { fields: { id }, secrets: { file: files[name], pin: pinOf(name) } });
		await officers.logOut(name);
	}
	for (const name of names) await officers.as(name, 'ceremony.present', { fields: { id }, secrets: { file: files[name], pin: pinOf(name) } });
}

async function renewalJourney(browser, site, officers) {
	await test('browser: three officers form a new key for the renewal', () => formKey(officers));
	await journey('a renewal goes from the backup to read back, and needs everybody', browser, site, async (page) => {
		await go(page, '/keys/renewal');
		await logInHere(page, officers, 'mk');
		await seen(page, '[data-renewal=none][data-step=backup]');
		await page.locator(`${inPane} [data-field=backup]`).fill('夜间备份 2026-11-30');
		await act(page, 'backup.note').click();
		await seen(page, '[data-step=start]');
		await act(page, 'renewal.check').click();
		await seen(page, '.renewal-now .good[role=status]');
		assert.match(await textOf(page, '.renewal-now'), /已核对 \d+ 个密钥块/);
		await act(page, 'renewal.start').click();
		await seen(page, '[data-approval=PENDING]');
		// Not in another order: SO2 is not next.
		const early = await officers.as('so2', 'approval.agree', { fields: { id: Number(/\d+/.exec(await textOf(page, '.ant-drawer-title'))[0]) } });
		assert.equal(early.body.code, 'OFFICER_ROLE_OTHER');
		await agreeAll(page, officers, ['so1', 'so2', 'so3'], 'renewal.start');
		await page.waitForSelector('[data-renewal=VERIFIED]', { timeout: 20_000 });
		await seen(page, '[data-notice=verified]');
		await act(page, 'renewal.complete').click();
		await agreeAll(page, officers, ['so3'], 'renewal.complete');
		await page.locator('.ant-drawer .problem').waitFor();
		assert.match(await textOf(page, '.ant-drawer .problem'), /仍有旧备份在保留期内/);
		requireSealed(page, ['mk', 'so1', 'so2', 'so3'].map(password));
	});
}

async function auditJourney(browser, site, officers) {
	await journey('the audit is read by its own role, filtered, and found whole', browser, site, async (page) => {
		await go(page, '/keys/audit');
		await logInHere(page, officers, 'mk');
		await seen(page, '[data-needs=audit]');
		assert.match(await textOf(page, '[data-needs=audit]'), /须由密钥审计员操作/);
		await logInAt(page, officers, 'auditor', '[data-needs=audit]');
		await seen(page, `${inPane} tbody tr[tabindex="0"]`);
		await page.fill('#audit-op', 'KEY.');
		await page.keyboard.press('Enter');
		await page.waitForURL(/op=KEY/);
		await page.waitForFunction(() => [...document.querySelectorAll('.pane:not([style*=none]) tbody tr td:nth-child(4)')].every((cell) => cell.textContent.includes('KEY.')));
		assert.match(await textOf(page, `${inPane} tbody`), /CAMPUS01\.EP\.DPK\.01/);
		await act(page, 'audit.verify').click();
		await seen(page, '[data-audit=whole]');
		assert.match(await textOf(page, '[data-audit] .verdict'), /审计链完整/);
	});
}

/* --- a site without keys: the first ceremony --- */

async function runCeremony(browser, site) {
	const officers = new Officers(null, site.kms);

	await test('browser: people for the first ceremony come in', async () => {
		officers.client = await operatorOf(site);
		await officers.enter('mk', site.kms.invitation(), password('mk'));
		for (const [name, role] of [['so1', 'SO1'], ['so2', 'SO2'], ['so3', 'SO3']]) await officers.add(name, role, password(name), 'so1');
		for (const name of Object.keys(officers.sessions)) await officers.logOut(name);
	});
	await ceremonyJourney(browser, site, officers);
	await siteKeysJourney(browser, site, officers);
}

// Any component will do.
const typedLines = ['0F1E 2D3C 4B5A 6978', '8796 A5B4 C3D2 E1F0', '1122 3344 5566 7788', '99AA BBCC DDEE FF01'].map((line) => `${line} ${crc8(line)}`);

async function typePaper(page) {
	await page.getByRole('button', { name: '手工录入' }).filter({ visible: true }).click();
	await page.locator('[data-line="first-0"]').fill(typedLines[0].replace('0F', '0E'));
	await seen(page, '[data-line-state=wrong]');
	for (const time of ['first', 'second'])
		for (const [index, line] of typedLines.entries()) await page.locator(`[data-line="${time}-${index}"]`).fill(line);
	assert.equal(await page.locator('[data-line-state=right]').count(), 8);
	await page.locator('[data-stage=paper] button[type=submit]').click();
}

/** One officer alone: made, noted, written, read back, gone. */
async function makeComponent(page, officers, name, make) {
	const role = name.toUpperCase();

	await page.locator(`${inPane} .advice`, { hasText: role }).waitFor();
	await logInAt(page, officers, name, inPane);
	await make();
	await seen(page, `[data-step="${role} write"]`);
	const kcv = await page.locator('[data-stage=made] [data-kcv]').getAttribute('data-kcv');
	assert.match(kcv, /^[0-9A-F]{10}$/);
	await page.locator(`[data-field=pin-A]`).fill(pinOf(name));
	await page.locator(`[data-field=pin-A-again]`).fill(pinOf(name));
	const file = await downloaded(page, () => page.locator('[data-copy=A] button[type=submit]').click());
	assert.match(file.name, new RegExp(`^LMK-AES-G01-${role}-A\\.txt$`));
	assert.ok(file.text.includes(kcv), 'the file names its check value');
	return { ...file, kcv };
}

async function readBack(page, name, file) {
	const form = page.locator('[data-stage=read] form');

	await chooseFile(form, file);
	await form.locator('[data-field=pin]').fill('not the pin 1');
	await form.locator('button[type=submit]').click();
	await form.locator('.problem').waitFor();
	assert.match(await form.locator('.problem').textContent(), /分量口令错误/);
	await form.locator('[data-field=pin]').fill(pinOf(name));
	await form.locator('button[type=submit]').click();
	await seen(page, `[data-component=${name.toUpperCase()}][data-step=VERIFIED]`);
}

async function ceremonyJourney(browser, site, officers) {
	const names = ['so1', 'so2', 'so3'];
	const files = {};

	await journey('three people form and activate the first master key at one screen', browser, site, async (page) => {
		await go(page, '/keys/master');
		await logInHere(page, officers, 'mk');
		await seen(page, '.advice');
		assert.match(await textOf(page, '.advice'), /还没有主控密钥/);
		await act(page, 'ceremony.begin').click();
		await seen(page, `${inPane} .problem`);
		assert.match(await textOf(page, `${inPane} .problem`), /软件加密设备未获准用于正式密钥/);
		await page.locator(`${inPane} .ant-segmented-item`, { hasText: '测试' }).click();
		await page.getByRole('switch').filter({ visible: true }).click();
		await act(page, 'ceremony.begin').click();
		await page.waitForURL(/\/keys\/master\/\d+$/);
		await seen(page, '[data-step="SO1 make"]');
		assert.match(await textOf(page, '.advice'), /请安全员一 SO1单独登录/);

		files.so1 = await makeComponent(page, officers, 'so1', () => act(page, 'ceremony.component').click());
		await page.locator('[data-field=pin-B]').fill(`${pinOf('so1')} B`);
		await page.locator('[data-field=pin-B-again]').fill(`${pinOf('so1')} B`);
		const copy = await downloaded(page, () => page.locator('[data-copy=B] button[type=submit]').click());
		assert.notEqual(copy.text, files.so1.text);
		assert.match(await printed(page, () => page.getByRole('button', { name: '打印到纸上' }).click()), /([0-9A-F]{4} ){4}[0-9A-F]{2}/);
		await readBack(page, 'so1', files.so1);
		// The next one waits until the first has left; somebody who comes too early is refused by the key manager itself.
		await seen(page, '[data-stage=alone]');
		await page.locator('[data-out=so1]').click();

		files.so2 = await makeComponent(page, officers, 'so2', () => typePaper(page));
		// The window is closed in the middle: it goes on where it stood.
		await page.reload();
		await seen(page, '.keys-login [data-field=name]');
		await logInHere(page, officers, 'so2');
		await seen(page, '[data-step="SO2 read"]');
		await readBack(page, 'so2', files.so2);
		await page.locator('[data-out=so2]').click();
		files.so3 = await withSomebodyElse(page, officers, () => makeComponent(page, officers, 'so3', () => act(page, 'ceremony.component').click()));
		await readBack(page, 'so3', files.so3);

		await seen(page, '[data-stage=present]');
		for (const name of names) {
			const place = page.locator(`[data-present=${name.toUpperCase()}]`);

			if (await isHere(page, name) === false) await logInAt(page, officers, name, `[data-present=${name.toUpperCase()}]`);
			await chooseFile(place, files[name]);
			await place.locator('[data-field=pin]').fill(pinOf(name));
			await place.locator('button[type=submit]').click();
			if (name !== 'so3') await seen(page, `[data-component=${name.toUpperCase()}][data-presented=true]`);
		}
		await seen(page, '[data-ceremony=activate]');
		const kcv = await page.locator('.formed [data-kcv]').getAttribute('data-kcv');
		assert.match(kcv, /^[0-9A-F]{10}$/);

		for (const left of [4, 3, 2, 1, 0]) {
			await page.locator('[data-field=pin-share]').fill(`share pin ${left} long`);
			await page.locator('[data-field=pin-share-again]').fill(`share pin ${left} long`);
			await downloaded(page, () => page.locator('[data-stage=shares] button[type=submit]').click());
			await seen(page, `[data-stage=shares][data-left="${left}"]`);
		}

		await logInHere(page, officers, 'mk');
		await act(page, 'lmk.activate').click();
		await agreeAll(page, officers, names, 'lmk.activate');
		await seen(page, '[data-ceremony=done]');
		await go(page, '/keys/master');
		await seen(page, '[data-life=ACTIVE] [data-master]');
		assert.equal(await page.locator('[data-life=ACTIVE] [data-kcv]').getAttribute('data-kcv'), kcv);
		requireSealed(page, [...names.map(password), ...names.map(pinOf), `${pinOf('so1')} B`, ...typedLines, typedLines.join('\n'), 'share pin 3 long', files.so1.text.split('\n')[1]]);
	});
}

/** While another security officer is logged in elsewhere, a component is refused in words. */
async function withSomebodyElse(page, officers, make) {
	await officers.logIn('so1');
	await page.locator(`${inPane} .advice`, { hasText: '安全员三' }).waitFor();
	await logInAt(page, officers, 'so3', inPane);
	await act(page, 'ceremony.component').click();
	await seen(page, `${inPane} .problem`);
	assert.match(await textOf(page, `${inPane} .problem`), /制作分量时其他安全员须先退出登录/);
	await officers.logOut('so1');
	await logOutHere(page, 'so3');
	return make();
}

/* --- how it looks --- */

const dresses = [
	{ language: 'zh-CN', theme: 'light', density: 'comfortable' }, { language: 'zh-CN', theme: 'dark', density: 'compact' },
	{ language: 'en', theme: 'contrast', density: 'comfortable' },
];

async function lookAt(page, name, screens) {
	for (const choices of dresses) {
		const where = `${name}, ${choices.language}, ${choices.theme}`;

		await dress(page, choices);
		await settled(page);
		await page.screenshot({ path: `${screens}/keys-${name}-${choices.language}-${choices.theme}.png` });
		await requireUncut(page, where);
		await requireAccessible(page, where);
	}
}

async function looks(browser, site, officers, screens) {
	const page = await openKept(browser, site);
	const look = (name) => test(`browser: keys, ${name}: no serious finding, nothing cut`, () => lookAt(page, name, screens));

	await signIn(page, site, '/keys/master');
	await settled(page);
	await look('login');
	await dress(page, dresses[0]);
	for (const name of ['mk', 'so1', 'conf', 'key', 'cert', 'auditor']) await logInHere(page, officers, name);
	for (const [name, path, before, after] of [['master', '/keys/master'], ['ceremony', '/keys/master/1'], ['renewal', '/keys/renewal'], ['tree', '/keys/tree'], ['certificates', '/keys/certificates'], ['ca-keys', '/keys/certificates?step=caKey'], ['requests', '/keys/certificates?step=request'], ...await exchangeLooks(officers), ['clients', '/keys/clients'], ['client', '/keys/clients?client=1'], ['authcards', '/keys/authcards'], ['authcard', '/keys/authcards?card=2'], ['stock', '/keys/stock'], ['vouchers', '/keys/stock?view=vouchers'], ['stock-day', '/keys/stock?view=day'], ['approvals', '/keys/approvals?view=all'], ['officers', '/keys/officers'], ['devices', '/keys/devices'], ['audit', '/keys/audit']]) {
		await go(page, path);
		await dress(page, dresses[0]);
		await before?.(page);
		await look(name);
		await after?.(page);
	}
	await page.context().close();
}
