// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { expect, it } from 'vitest';

import { bytesOf, hexOf, newReplyKey, open, seal } from './seal';

// Made by src/crypto/seal.c; the first stands in seal_test.c too. The recipient's number is 40 41 … 5F.
const recipient = '0468EC7CF08CD4106E43B14DE895426522BD0A45150C027E45C7953434D747E7BAE3AF39A88EBBEE8679BB61E7845C3A89CB9B5A3237C3FDB0B0587DBAF415118D';
const number = Array.from({ length: 32 }, (_, index) => 0x40 + index);
const vectors: [about: string, text: string, sealed: string][] = [
	['lmk.component', '0F1E 2D3C', '04515C3D6EB9E396B904D3FECA7F54FDCD0CC1E997BF375DCA515AD0A6C3B4035F4536BE3A50F318FBF9A5475902A221502BEF0D57E08C53B2CC0A56F17D9F93540102030405060708090A0B0CFC880B5962D3B3CD67322082A7B07E712CC9B52CD7F191BA0F'],
	['login/password', '', '04ECAE1DAF90423F0A3AA9DF52CD9403AE8783B4B77A07BF333E774F5F134216B6E2084C51EF9157A218BE286044004A1FE764CFB9ADF1CFD730A1C61057B973C042DAB2E645BCCB297932ED5E8719226074C795FA2F9E1520E52DAB51'],
	['officer.add/invitation', 'ABCD-EFGH-2345-6789', '049BF31D956361D00BBDCC1DBBA8BA60BD9290EC5DE0E89EC38D4D535D9DE77554BF72C76E2823E9EEFA349F32DF51FDEE8BF9F9137D30C9148B1ABF60CFF4400F66EB07275F7F0980300A6EAACED1A865622969C4E6EE0DA13FE329871414565338C673D20C201E9B267363F9E62FEE'],
	['invited/uri', 'otpauth://totp/Yika%20KMS:so1?secret=GEZDGNBVGY3TQOJQ', '04B15729F1492B32498B62D356EC47E3DD8C52AC2C49987744F0FB1AFB38AFED871DC476DCF764686B21B93E6EDAFED8E86DEC906230CA6E8F4775D101D68DDCCD1146806C1ED55382328F35A319494577FFAF75F161CB3C7A948A5A6C439D4CE03546180BD9F5580E7E0599CA55F8D5BECB2CF716FB6F0C09498D6E95FC279171FC52C64595A960E47E752E3D6F2769B9D1'],
	['ceremony.paper/paper', '口令：七个汉字\n第二行\n', '04D5C369F27D22226B1C11A3A05671B1C88A4735C4D98BABEB7B7CC834FD5AA6D3F44BD52F25E1BC30845386CE751B691AA32DF0EBF68BEA4B25942AD25B0B4C650AC1FABABE01C7078D6BC6EEAF18EDF70CE200AC0BDA185028A80CED9F71D7FFA86796FA305FFA26E314C9DCAFDCB93D0F31A60694B92E68E95D0ADA'],
];

async function recipientPair() {
	const point = bytesOf(recipient);
	const base64 = (bytes: ArrayLike<number>) => Buffer.from(Array.from(bytes)).toString('base64url');
	const jwk = { kty: 'EC', crv: 'P-256', x: base64(point.slice(1, 33)), y: base64(point.slice(33)), d: base64(number) };

	return { mine: await crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']), point };
}

it.each(vectors)('what the key manager sealed as %s is read', async (about, text, sealed) => {
	expect(await open(await recipientPair(), about, sealed)).toBe(text);
});

it.each(['', '12345678', '口令 correct horse', 'x'.repeat(4000)])('a text comes back, and each sealing is another', async (text) => {
	const pair = await recipientPair();
	const [first, second] = [await seal(recipient, 'login/password', text), await seal(recipient, 'login/password', text)];

	expect(first).not.toBe(second);
	expect(first).toMatch(/^04[0-9A-F]+$/);
	expect(first.length).toBe(2 * (65 + 12 + 16 + new TextEncoder().encode(text).length));
	expect(await open(pair, 'login/password', first)).toBe(text);
});

it('another purpose, another page and every changed byte are refused', async () => {
	const pair = await recipientPair();
	const sealed = bytesOf(await seal(recipient, 'login/password', '12345678'));

	await expect(open(pair, 'login/code', hexOf(sealed))).rejects.toThrow();
	await expect((await newReplyKey()).open('login/password', hexOf(sealed))).rejects.toThrow();
	for (const at of [0, 40, 70, 95, sealed.length - 1]) {
		const changed = Uint8Array.from(sealed, (byte, index) => index === at ? byte ^ 1 : byte);
		await expect(open(pair, 'login/password', hexOf(changed)), String(at)).rejects.toThrow();
	}
});

it('a secret of an answer is read by the page that asked', async () => {
	const reply = await newReplyKey();

	expect(await reply.open('officer.add/invitation', await seal(reply.point, 'officer.add/invitation', 'ABCD-EFGH'))).toBe('ABCD-EFGH');
});

it('what is no hexadecimal is refused', () => {
	expect(() => bytesOf('0')).toThrow();
	expect(() => bytesOf('0G')).toThrow();
	expect(hexOf(bytesOf('00ff7F'))).toBe('00FF7F');
});
