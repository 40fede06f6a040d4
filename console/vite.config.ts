// SPDX-License-Identifier: Apache-2.0
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `npm run dev` sends calls to a running service; YIKA_API names another one than the usual local address.
const service = process.env.YIKA_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
	plugins: [react()],
	build: {
		target: 'es2022',
		modulePreload: { polyfill: false },
		rolldownOptions: {
			output: {
				codeSplitting: {
					groups: [
						{ name: 'react', test: /node_modules[\\/](react|react-dom|react-router|scheduler|@tanstack)[\\/]/ },
					],
				},
			},
		},
	},
	server: { proxy: { '/api': { target: service, changeOrigin: false } } },
	test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
});
