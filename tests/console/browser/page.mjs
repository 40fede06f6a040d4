// SPDX-License-Identifier: Apache-2.0
// page.mjs — a browser with an empty profile, and what the journeys do with a page of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { root } from '../lib/site.mjs';

const require = createRequire(join(root, 'console/package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const login = 'admin';
export const desk = { width: 1366, height: 768 };

export function launch() {
	return chromium.launch({
		executablePath: process.env.YIKA_CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync',
		],
	});
}

/** A window of its own: cookies, storage and choices as a new visitor has them. */
export async function open(browser, site, choices = {}, viewport = desk) {
	const context = await browser.newContext({ viewport, baseURL: site.address });
	const preferences = { language: 'zh-CN', theme: 'light', density: 'comfortable', textSize: 100, singleKeys: true, menuCollapsed: false, ...choices };

	await context.addInitScript((text) => {
		if (!localStorage.getItem('yika.preferences')) localStorage.setItem('yika.preferences', text);
	}, JSON.stringify(preferences));
	const page = await context.newPage();
	page.complaints = [];
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('console', (message) => {
		// A refused call is answered in the page; the browser's own line about it says nothing new.
		if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.complaints.push(message.text());
	});
	return page;
}

export async function signIn(page, site, path = '/') {
	await page.goto(path);
	await page.fill('.gate-form [data-field=name]', login);
	await page.fill('.gate-form [data-field=password]', site.password);
	await page.click('button[type=submit]');
	await page.waitForSelector('.tabs');
}

/** To another page of the console, as by the address bar but without loading it anew. */
export async function go(page, path) {
	await page.evaluate((to) => {
		history.pushState(null, '', to);
		window.dispatchEvent(new PopStateEvent('popstate'));
	}, path);
	await page.waitForSelector(`.pane[data-tab="${path.split('?')[0]}"]`);
	await settled(page);
}

/** Another language, theme or text size, as chosen in another window of the same browser. */
export async function dress(page, choices) {
	await page.evaluate((part) => {
		const key = 'yika.preferences';
		const newValue = JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), ...part });

		localStorage.setItem(key, newValue);
		window.dispatchEvent(new StorageEvent('storage', { key, newValue }));
	}, choices);
	await page.waitForFunction(({ language, theme }) => document.documentElement.lang === language && document.documentElement.dataset.theme === theme, choices);
	await still(page);
}

/** Nothing moves and no colour is on its way to another; what turns for ever does not count. On a busy machine a transition begins and ends late. */
export async function still(page) {
	await page.evaluate(async () => {
		const frame = () => new Promise(requestAnimationFrame);
		const moving = () => document.getAnimations().filter((one) => one.playState === 'running' && one.effect?.getComputedTiming().endTime !== Infinity);

		for (let quiet = 0; quiet < 3; quiet++) {
			await frame();
			const running = moving();
			if (running.length > 0) quiet = -1;
			await Promise.allSettled(running.map((one) => one.finished));
		}
	});
}

/** Throws when what `open` brings up moves under the pointer: a press that begins on its button would end beside it. `found` is a CSS selector. */
export async function requireStandsStill(page, found, open) {
	const boxes = page.evaluate((selector) => new Promise((resolve) => {
		const seen = new Set();
		let frames = 0;
		const look = () => {
			const box = document.querySelector(selector)?.getBoundingClientRect();

			if (box) {
				seen.add([box.x, box.y, box.width, box.height].map(Math.round).join(' '));
				frames++;
			}
			if (frames < 30) requestAnimationFrame(look); else resolve([...seen]);
		};
		look();
	}), found);

	boxes.catch(() => undefined); // where opening itself fails, that is what is told
	await open();
	assert.equal((await boxes).length, 1, `${found} moves: ${(await boxes).join(', ')}`);
}

/** Nothing loads any more and nothing is a placeholder. */
export async function settled(page) {
	await page.waitForFunction(() => ![...document.querySelectorAll('.bone, .ant-skeleton-active, .ant-spin-spinning')].some((one) => one.checkVisibility()), null, { timeout: 15_000 });
	await page.waitForTimeout(150);
	await still(page);
}

/** Throws with every serious finding of the accessibility rules. */
export async function requireAccessible(page, where) {
	if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(axeSource);
	const found = await page.evaluate(async () => {
		const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
		return violations
			.filter((one) => one.impact === 'serious' || one.impact === 'critical')
			.map((one) => `${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
	});

	if (found.length > 0) throw new Error(`${where}:\n${found.join('\n')}`);
}

/** Throws when the window itself scrolls sideways, or a label is cut. */
export async function requireUncut(page, where) {
	const found = await page.evaluate(() => {
		const wide = document.documentElement.scrollWidth > window.innerWidth + 1 ? [`the window is ${document.documentElement.scrollWidth} wide`] : [];
		const cut = [...document.querySelectorAll('button, h1, h2, th, dt, label, .badge')]
			.filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'hidden' && !one.classList.contains('hidden-text'))
			.map((one) => `${one.tagName} ${one.className} "${one.textContent}"`);
		return [...wide, ...cut];
	});

	if (found.length > 0) throw new Error(`${where}: ${found.join('; ')}`);
}
