// SPDX-License-Identifier: Apache-2.0
// tap.mjs — tests one after the other, their outcome as TAP.
let number = 0;
let failed = 0;

/** Run one test; a thrown error is its failure. */
export async function test(name, run) {
	const started = Date.now();

	number++;
	try {
		await run();
		console.log(`ok ${number} - ${name} # time=${Date.now() - started}ms`);
	} catch (error) {
		failed++;
		console.log(`not ok ${number} - ${name}`);
		for (const line of String(error?.stack ?? error).split('\n').slice(0, 30)) console.log(`# ${line}`);
	}
}

export function note(text) {
	for (const line of String(text).split('\n')) console.log(`# ${line}`);
}

/** The plan at the end; true when every test passed. */
export function finish() {
	console.log(`1..${number}`);
	return failed === 0;
}
