// SPDX-License-Identifier: Apache-2.0
// download.ts — files that an officer keeps, given to and taken from the browser.

const revokeAfterMs = 60_000;

export function download(name: string, content: string | Uint8Array<ArrayBuffer>, type = 'text/plain'): void {
	const link = document.createElement('a');

	link.href = URL.createObjectURL(new Blob([content], { type }));
	link.download = name;
	link.click();
	window.setTimeout(() => URL.revokeObjectURL(link.href), revokeAfterMs);
}
