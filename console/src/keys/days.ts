// SPDX-License-Identifier: Apache-2.0
// days.ts — day roots (日根密钥, keys 15.1) as src/service/kms/acts_site.c tells them.

export interface DayRoot {
	day: string;
	sequence: number;
	state: 'ACTIVE' | 'PREVIOUS';
	kcv: string;
	since_us: number;
	/** 0 while it is in force. */
	spoken_until_us: number;
	/** Sessions under it may still speak. */
	spoken: boolean;
}

export interface DayStatus {
	/** How long a root stays after another took its place. */
	overlap_s: number;
	/** When no day-end comes; told when there is a root. */
	sign_in_until_us?: number;
	alarm?: boolean;
	/** Newest first. */
	roots: DayRoot[];
}
