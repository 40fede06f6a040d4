// SPDX-License-Identifier: Apache-2.0
// clients.ts — machine clients of the computing service as src/service/kms/acts_client.c tells them: operations × usages ×
// labels × rate (keys 12, 16.1), and the words that src/domain/keys/key_client_may.c knows.
import type { Language } from '../i18n/i18n';

export interface Client {
	id: number;
	name: string;
	/** SHA-256 of its certificate. */
	fingerprint: string;
	/** Words parted by blanks: names or four digits of operations, or groups. */
	ops: string;
	/** "20 21", or "all". */
	usages: string;
	/** Patterns: "CAMPUS01.EP.*.*". */
	labels: string;
	/** Items a second, items at once, items a day (0: no limit). */
	rate: number;
	burst: number;
	quota_day: number;
	/** Items of today, since the key manager started. */
	used_today: number;
	state: 'ACTIVE' | 'STOPPED';
	created_us: number;
}

export interface Operation {
	code: string;
	word: string;
	/** In no group: it gives keys or clear data away, so it has to be named. */
	named: boolean;
	name: Record<Language, string>;
}

function op(code: string, word: string, zh: string, en: string, named = false): Operation {
	return { code, word, named, name: { 'zh-CN': zh, en } };
}

export const operations: Operation[] = [
	op('01', 'hello', '握手', 'Hello'),
	op('02', 'key-info', '查询密钥', 'Key information'),
	op('10', 'encrypt', '加密', 'Encrypt'),
	op('11', 'decrypt', '解密', 'Decrypt', true),
	op('12', 'translate', '转加密', 'Translate', true),
	op('20', 'mac-make', '生成 MAC', 'Make MAC'),
	op('21', 'mac-verify', '验证 MAC', 'Verify MAC'),
	op('30', 'diversify-wrap', '分散并导出', 'Diversify and wrap', true),
	op('31', 'diversify-mac', '分散并计算 MAC', 'Diversify and MAC'),
	op('32', 'load', '圈存', 'Load'),
	op('33', 'purchase', '消费', 'Purchase'),
	op('34', 'tac-verify', '验证 TAC', 'Verify TAC'),
	op('35', 'unload', '圈提', 'Unload'),
	op('36', 'card-auth', '卡片认证', 'Authenticate card'),
	op('37', 'card-command', '卡片命令', 'Card command'),
	op('40', 'card-keys', '卡片密钥', 'Card keys', true),
	op('41', 'psam-load', 'PSAM 装载', 'PSAM load', true),
	op('50', 'rsa-sign', 'RSA 签名', 'RSA signature'),
	op('51', 'sda-sign', '静态数据签名', 'Static data signature'),
	op('52', 'icc-certificate', '卡片证书', 'Card certificate'),
	op('53', 'chain-verify', '验证证书链', 'Verify chain'),
	op('58', 'arqc-verify', '验证 ARQC', 'Verify ARQC'),
	op('60', 'sm2-sign', 'SM2 签名', 'SM2 signature'),
	op('61', 'sm2-verify', 'SM2 验签', 'SM2 verification'),
	op('62', 'sm2-decrypt', 'SM2 解密', 'SM2 decryption', true),
	op('63', 'sm3', 'SM3 杂凑', 'SM3'),
	op('70', 'random', '随机数', 'Random'),
	op('71', 'random-key', '随机密钥', 'Random key', true),
	op('80', 'sign-in', '终端签到', 'Terminal sign-in', true),
	op('81', 'day-status', '日密钥状态', 'Day status', true),
	op('83', 'pin-token', '密码校验', 'PIN token', true),
	op('84', 'sam-keys', 'SAM 密钥', 'SAM keys', true),
	op('85', 'terminal-psk', '终端 PSK', 'Terminal PSK', true),
	op('86', 'authcard', '授权卡', 'Authorisation card', true),
	op('90', 'pin-translate', '密码转加密', 'Translate PIN', true),
	op('F0', 'ping', '探测', 'Ping'),
];

/** Everybody's: hello and ping. Of the platform, whatever a row says: terminals' operations. */
const notGiven = new Set(['hello', 'ping', 'sign-in', 'day-status', 'pin-token', 'sam-keys', 'terminal-psk', 'authcard']);
export const grantable = operations.filter((one) => !notGiven.has(one.word));

export const groups = {
	mac: ['mac-make', 'mac-verify', 'diversify-mac'],
	purse: ['load', 'purchase', 'tac-verify', 'unload'],
	card: ['card-auth', 'card-command'],
	sign: ['rsa-sign', 'sda-sign', 'icc-certificate', 'sm2-sign'],
} as const;
export type Group = keyof typeof groups;
export const groupNames = Object.keys(groups) as Group[];

export function wordsOf(text: string): string[] {
	return text.split(' ').filter(Boolean);
}

/** The operations that these words allow, by their names. */
export function operationsOf(ops: string): Set<string> {
	const allowed = new Set<string>();

	for (const word of wordsOf(ops)) {
		const found = operations.find((one) => one.word === word || one.code.padStart(4, '0') === word.toUpperCase());

		if (found) allowed.add(found.word);
		else if (word === 'all') for (const one of operations.filter((each) => !each.named)) allowed.add(one.word);
		else for (const one of groups[word as Group] ?? []) allowed.add(one);
	}
	return allowed;
}

/** The shortest words for a set of operations: whole groups by their names. */
export function wordsFor(chosen: ReadonlySet<string>): string {
	const whole = groupNames.filter((group) => groups[group].every((word) => chosen.has(word)));
	const covered = new Set<string>(whole.flatMap((group) => [...groups[group]]));

	return [...whole, ...grantable.map((one) => one.word).filter((word) => chosen.has(word) && !covered.has(word))].join(' ');
}

/** How fast it asks, from two looks; null while there is one only, or the day began anew. */
export function paceOf(before: { used: number; atMs: number } | undefined, used: number, atMs: number): number | null {
	if (!before || used < before.used || atMs <= before.atMs) return null;
	return (used - before.used) * 1000 / (atMs - before.atMs);
}
