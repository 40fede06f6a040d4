// SPDX-License-Identifier: Apache-2.0
// status.ts — what every screen has to show of the key manager; asked for without an officer.
import { useQuery } from '@tanstack/react-query';

import { get } from '../api/client';
import type { KmsStatus } from '../api/schema';

const everyMs = 15_000;
const whileRunningMs = 2_000;

export function useKmsStatus() {
	return useQuery({
		queryKey: ['kms-status'],
		queryFn: ({ signal }) => get<KmsStatus>('/kms/status', {}, signal),
		refetchInterval: (query) => query.state.data?.renewal?.state === 'RUNNING' ? whileRunningMs : everyMs,
		retry: false,
	});
}
