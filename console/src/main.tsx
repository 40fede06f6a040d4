// SPDX-License-Identifier: Apache-2.0
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';

import { Refusal } from './api/client';
import { SessionGate } from './frame/SessionGate';
import { I18nProvider } from './i18n/i18n';
import { PreferencesProvider } from './theme/preferences';
import { ThemeProvider } from './theme/theme';
import './theme/tokens.css';
import './theme/layout.css';

const queries = new QueryClient({
	defaultOptions: {
		queries: {
			staleTime: 5_000,
			refetchOnWindowFocus: false,
			// A refusal is an answer; only a lost connection is worth a second try.
			retry: (count, error) => count < 1 && error instanceof Refusal && error.status === 0,
		},
	},
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
	<StrictMode>
		<PreferencesProvider>
			<I18nProvider>
				<ThemeProvider>
					<QueryClientProvider client={queries}>
						<BrowserRouter>
							<SessionGate />
						</BrowserRouter>
					</QueryClientProvider>
				</ThemeProvider>
			</I18nProvider>
		</PreferencesProvider>
	</StrictMode>,
);
