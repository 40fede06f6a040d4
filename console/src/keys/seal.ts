// SPDX-License-Identifier: Apache-2.0
// seal.ts — sealed entry (密封录入) as src/crypto/seal.h has it: what an officer types is encrypted here for the key
// manager alone, and its answer there for this page alone; the service between them reads neither.

const curve = { name: 'ECDH', namedCurve: 'P-256' };
const info = new TextEncoder().encode('YIKA-SEAL-1');
const pointBytes = 65;
const nonceBytes = 12;

/** Browsers offer their cryptography over HTTPS and on the machine itself only. */
export function canSeal(): boolean {
	return Boolean(globalThis.crypto?.subtle);
}

export function hexOf(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
}

export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
	if (hex.length % 2 || /[^0-9a-f]/i.test(hex)) throw new Error('not hexadecimal');
	return Uint8Array.from({ length: hex.length / 2 }, (_, index) => parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;

	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

interface Agreement {
	mine: CryptoKey;
	theirs: Uint8Array<ArrayBuffer>;
	/** The sender's and the recipient's point, as they are sent. */
	epk: Uint8Array;
	recipient: Uint8Array;
}

async function textKey({ mine, theirs, epk, recipient }: Agreement, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
	const point = await crypto.subtle.importKey('raw', theirs, curve, false, []);
	const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: point }, mine, 256);
	const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
	const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: joined(epk, recipient), info };

	return crypto.subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, [use]);
}

async function newPair(): Promise<{ mine: CryptoKey; point: Uint8Array<ArrayBuffer> }> {
	const pair = await crypto.subtle.generateKey(curve, false, ['deriveBits']);

	return { mine: pair.privateKey, point: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) };
}

function aboutOf(text: string): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(text);
}

/** The text in hex, sealed for a point; `about` is what it is for, "login/password". */
export async function seal(recipient: string, about: string, text: string): Promise<string> {
	const theirs = bytesOf(recipient);
	const { mine, point } = await newPair();
	const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
	const key = await textKey({ mine, theirs, epk: point, recipient: theirs }, 'encrypt');
	const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aboutOf(about) }, key, aboutOf(text));

	return hexOf(joined(point, nonce, new Uint8Array(sealed)));
}

/** What was sealed for a pair. Throws when anything differs. */
export async function open(pair: { mine: CryptoKey; point: Uint8Array }, about: string, hex: string): Promise<string> {
	const sealed = bytesOf(hex);
	const epk = sealed.slice(0, pointBytes);
	const nonce = sealed.slice(pointBytes, pointBytes + nonceBytes);
	const key = await textKey({ mine: pair.mine, theirs: epk, epk, recipient: pair.point }, 'decrypt');
	const gcm = { name: 'AES-GCM', iv: nonce, additionalData: aboutOf(about) };
	const text = await crypto.subtle.decrypt(gcm, key, sealed.slice(pointBytes + nonceBytes));

	return new TextDecoder('utf-8', { fatal: true }).decode(text);
}

/** A pair for the secrets of one answer; its private part cannot leave the browser. */
export interface ReplyKey {
	point: string;
	open: (about: string, hex: string) => Promise<string>;
}

export async function newReplyKey(): Promise<ReplyKey> {
	const pair = await newPair();

	return { point: hexOf(pair.point), open: (about, hex) => open(pair, about, hex) };
}
