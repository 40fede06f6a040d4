// SPDX-License-Identifier: Apache-2.0
export function BrandMark() {
	return (
		<svg viewBox="0 0 32 32" aria-hidden="true">
			<rect width="32" height="32" rx="8" fill="#3565ec" />
			<path d="M8 8.5 16 17l8-8.5M16 17v7.5" fill="none" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" strokeLinejoin="round" />
		</svg>
	);
}
