// SPDX-License-Identifier: Apache-2.0
// authority.mjs — a certification authority for tests, with the test keys of tests/vectors/emv: it answers requests of the
// UnionPay layout (api/ipk/unionpay), as src/domain/keys/ipk_testkit.c does.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './site.mjs';

const exponent = 3n;
const hashBytes = 20;
const certificateOverhead = 36;
const vectors = Object.fromEntries(readFileSync(join(root, 'tests/vectors/emv/emv.txt'), 'utf8').split('\n')
	.filter((line) => /^[a-z]/.test(line)).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()]));

const sha1 = (...parts) => createHash('sha1').update(Buffer.concat(parts)).digest();
const numberOf = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const bytesOf = (number, size) => Buffer.from(number.toString(16).padStart(2 * size, '0'), 'hex');

function power(base, by, modulus) {
	let result = 1n;

	for (let square = base % modulus, rest = by; rest > 0n; rest >>= 1n, square = square * square % modulus)
		if (rest & 1n) result = result * square % modulus;
	return result;
}

/** For an exponent of 3 one of these is whole. */
function inverseOf3(phi) {
	return [1n, 2n].map((k) => (1n + k * phi)).find((one) => one % exponent === 0n) / exponent;
}

const [p, q] = ['ca-p', 'ca-q'].map((name) => BigInt(`0x${vectors[name]}`));
const modulus = p * q;
const size = Math.ceil(modulus.toString(16).length / 2);
const secret = inverseOf3((p - 1n) * (q - 1n));
const index = Buffer.from('F1', 'hex');

const signed = (block) => bytesOf(power(numberOf(block), secret, modulus), size);

export const authority = {
	rid: 'A000000999', index: 'F1', modulus: bytesOf(modulus, size).toString('hex').toUpperCase(), checksum: vectors['ca-checksum'],
};

/** 22 01 NI N EL E TRK, then 23 SVC 02 IIN EXP … under the issuer's key. */
function read(file) {
	const keySize = file[2];
	const key = file.subarray(3, 3 + keySize);
	const exponentSize = file[3 + keySize];
	const e = file.subarray(4 + keySize, 4 + keySize + exponentSize);
	const block = bytesOf(power(numberOf(file.subarray(-keySize)), numberOf(e), numberOf(key)), keySize);

	if (block[0] !== 0x23) throw new Error('no request of this layout');
	return { key, e, service: block.subarray(1, 5), iin: block.subarray(6, 10), expiry: block.subarray(10, 12) };
}

function certificateOf({ key, e, iin, expiry }, serial) {
	const room = size - certificateOverhead;
	const part = Buffer.concat([key.subarray(0, room), Buffer.alloc(Math.max(0, room - key.length), 0xbb)]);
	const remainder = key.subarray(room);
	const inner = Buffer.concat([Buffer.from([2]), iin, expiry, serial, Buffer.from([1, 1, key.length, e.length]), part]);
	const clear = Buffer.concat([Buffer.from([0x6a]), inner, sha1(inner, remainder, e), Buffer.from([0xbc])]);

	return { clear, remainder };
}

/** The authority's answer to a request's file. */
export function answerTo(file, serialHex) {
	const asked = read(file);
	const serial = Buffer.from(serialHex, 'hex');
	const { clear, remainder } = certificateOf(asked, serial);
	const plain = Buffer.concat([
		Buffer.from([0x24]), asked.service, asked.iin, serial, asked.expiry, Buffer.from([remainder.length]), remainder,
		Buffer.from([asked.e.length]), asked.e, index,
	]);
	const hash = sha1(plain, clear);
	const padding = Buffer.alloc(size - hashBytes - 4, 0xff);
	const detached = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0, 1]), hash]);

	return Buffer.concat([plain, signed(clear), signed(detached)]);
}
