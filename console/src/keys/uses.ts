// SPDX-License-Identifier: Apache-2.0
// uses.ts — what a key may be for, as src/crypto/keyblock_use.c has it: code, algorithms, modes of use, exportability.
import type { Language } from '../i18n/i18n';

export interface KeyUse {
	usage: string;
	algorithms: string;
	modes: string;
	exportability: string;
	name: Record<Language, string>;
}

function use(usage: string, algorithms: string, modes: string, zh: string, en: string, exportability = 'ESN'): KeyUse {
	return { usage, algorithms, modes, exportability, name: { 'zh-CN': zh, en } };
}

export const keyUses: KeyUse[] = [
	use('20', 'T4', 'X', '消费主密钥', 'Purchase root'),
	use('21', 'T4', 'X', '圈存主密钥', 'Load root'),
	use('22', 'T4', 'X', '圈提主密钥', 'Unload root'),
	use('23', 'T4', 'X', '交易认证 (TAC) 主密钥', 'TAC root'),
	use('24', 'T4', 'X', '透支限额修改', 'Overdraft limit'),
	use('25', 'T4', 'X', '口令解锁', 'PIN unblock'),
	use('26', 'T4', 'X', '口令重装', 'PIN reload'),
	use('27', 'T4', 'X', '应用维护', 'Application maintenance'),
	use('28', 'T4', 'X', '内部认证', 'Internal authentication'),
	use('29', 'T4', 'X', '外部认证', 'External authentication'),
	use('30', 'T4', 'X', '卡片主控', 'Card control'),
	use('31', 'T4', 'X', '应用主控', 'Application control'),
	use('33', 'T4A', 'X', 'M1 扇区密钥根', 'M1 sector-key root'),
	use('34', 'T4A', 'X', '卡认证码根', 'Card authentication code root'),
	use('35', 'A', 'X', 'DESFire 应用根', 'DESFire application root'),
	use('36', 'A4H', 'XC', '二维码根', 'QR root'),
	use('40', 'T4', 'XB', 'PSAM 主控', 'PSAM control'),
	use('41', 'T4', 'XB', 'PSAM 维护', 'PSAM maintenance'),
	use('42', 'T4', 'XB', 'PSAM 传输', 'PSAM transport'),
	use('50', 'TA4', 'X', '终端静态密钥 TMK', 'Terminal static key (TMK)'),
	use('51', 'A4', 'X', '日根密钥', 'Day root', 'N'),
	use('53', 'TA4', 'C', '动态 MAC 密钥', 'Daily MAC key'),
	use('54', 'TA4', 'B', '动态数据密钥', 'Daily data key'),
	use('55', 'TA4', 'B', '动态包裹密钥', 'Daily key-wrap key'),
	use('60', 'A4', 'B', '数据库列密钥', 'Database column key', 'N'),
	use('61', 'A4H', 'C', '黑白名单 MAC', 'List MAC'),
	use('62', 'A4', 'B', '备份密钥', 'Backup key'),
	use('B0', 'AT', 'X', '基础派生密钥 (DUKPT)', 'Base derivation key (DUKPT)'),
	use('B1', 'AT', 'X', '初始 DUKPT 密钥', 'Initial DUKPT key'),
	use('B3', 'AT4', 'X', '派生根密钥', 'Derivation root'),
	use('C0', 'AT4', 'CGV', '卡验证密钥 CVK', 'Card verification (CVK)'),
	use('D0', 'ATD4', 'BDE', '数据密钥', 'Data key'),
	use('E0', 'AT4', 'X', 'EMV 应用密文根', 'EMV application cryptograms'),
	use('E1', 'AT4', 'X', 'EMV 安全报文加密根', 'EMV secure messaging, encryption'),
	use('E2', 'AT4', 'X', 'EMV 安全报文校验根', 'EMV secure messaging, integrity'),
	use('E3', 'AT4', 'X', 'EMV 数据认证码', 'EMV data authentication code'),
	use('E4', 'AT4', 'X', 'EMV 动态数根', 'EMV dynamic numbers'),
	use('E5', 'AT4', 'X', '卡片个人化', 'Card personalisation'),
	use('E6', 'AT4', 'X', 'EMV 其他', 'EMV, other'),
	use('I0', 'ATD4', 'N', '初始向量', 'Initialisation vector'),
	use('K0', 'AT4', 'BDE', '密钥加密密钥 KEK', 'Key encryption (KEK)'),
	use('K1', 'AT4', 'BDE', '传输密钥 ZMK', 'Transport key (ZMK)'),
	use('K2', 'RE2', 'BDE', '非对称密钥传输 (TR-34)', 'Asymmetric key transport (TR-34)'),
	use('M0', 'T', 'CGV', 'MAC (ISO 16609)', 'MAC, ISO 16609'),
	use('M1', 'ATD4', 'CGV', 'MAC (ISO 9797-1 算法 1)', 'MAC, ISO 9797-1 algorithm 1'),
	use('M3', 'T', 'CGV', 'MAC (ISO 9797-1 算法 3)', 'MAC, ISO 9797-1 algorithm 3'),
	use('M6', 'AT4', 'CGV', 'CMAC', 'CMAC'),
	use('M7', 'H', 'CGV', 'HMAC', 'HMAC'),
	use('M8', 'AT4', 'CGV', 'MAC (ISO 9797-1 算法 6)', 'MAC, ISO 9797-1 algorithm 6'),
	use('P0', 'AT4', 'BDE', 'PIN 加密', 'PIN encryption'),
	use('S0', 'RE2', 'SV', '签名密钥对', 'Signature pair'),
	use('S1', 'RE2', 'SV', '认证机构签名', 'Signatures of an authority'),
	use('S2', 'RE2', 'BDESTV', '非对称密钥（其他）', 'Asymmetric key, other'),
	use('V0', 'AT4', 'CGVX', 'PIN 验证', 'PIN verification'),
	use('V1', 'AT', 'CGV', 'PIN 验证 (IBM 3624)', 'PIN verification, IBM 3624'),
	use('V2', 'AT', 'CGV', 'PIN 验证 (VISA PVV)', 'PIN verification, VISA PVV'),
];

export function useOf(usage: string): KeyUse | undefined {
	return keyUses.find((one) => one.usage === usage);
}

/** Names of the letters in a key block's header. */
export const algorithmNames: Record<string, string> = { A: 'AES', T: '3DES', D: 'DES', 4: 'SM4', H: 'HMAC', R: 'RSA', E: 'ECC', 2: 'SM2' };

/** Lengths that a definition may have; RSA up to 4096 in whole bytes, these are the usual ones. */
export const lengthsOf: Record<string, number[]> = {
	A: [128, 192, 256], T: [112, 168], 4: [128], H: [128, 256], 2: [256], R: [1152, 1408, 1984, 2048, 3072, 4096],
};
