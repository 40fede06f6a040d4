// SPDX-License-Identifier: Apache-2.0
// precompress.mjs — writes .br and .gz beside each text file of dist/, so that the service never compresses.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const smallest = 1024; // below it the headers weigh more than what is saved

for (const name of readdirSync(dist, { recursive: true })) {
	if (!/\.(js|css|html|svg|json)$/.test(name)) continue;
	const text = readFileSync(dist + name);
	if (text.length < smallest) continue;
	writeFileSync(`${dist}${name}.gz`, gzipSync(text, { level: 9 }));
	writeFileSync(`${dist}${name}.br`, brotliCompressSync(text, {
		params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
	}));
}
