// SPDX-License-Identifier: Apache-2.0
// theme.tsx — the three themes: the same colours for our own style sheet (tokens.css) and for Ant Design.
import { App, ConfigProvider, theme as antd, type ThemeConfig } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import type { ReactNode } from 'react';

import { usePreferences, type Density, type Theme } from './preferences';

/* Kept equal to tokens.css; Ant Design computes shades from them, so it needs the values and not the variables. */
const colours: Record<Theme, ThemeConfig['token']> = {
	light: {
		colorPrimary: '#1d4fd7', colorInfo: '#1d4fd7', colorSuccess: '#0b7a45', colorError: '#c4231c', colorWarning: '#a15c00',
		colorBgLayout: '#f4f6fa', colorBgContainer: '#ffffff', colorBgElevated: '#ffffff',
		colorText: '#182230', colorTextSecondary: '#4b5769', colorTextTertiary: '#5d6a7e', colorTextPlaceholder: '#69758a',
		colorBorder: '#c3cbd9', colorBorderSecondary: '#e3e8f0',
	},
	dark: {
		colorPrimary: '#7ea6ff', colorInfo: '#7ea6ff', colorSuccess: '#4cc38a', colorError: '#ff8076', colorWarning: '#e8b04b',
		colorBgLayout: '#0d131d', colorBgContainer: '#151d2a', colorBgElevated: '#1c2636',
		colorText: '#e6ebf4', colorTextSecondary: '#aeb9ca', colorTextTertiary: '#97a4b8', colorTextPlaceholder: '#8592a6',
		colorBorder: '#3a475c', colorBorderSecondary: '#263244', colorTextLightSolid: '#0d131d',
	},
	contrast: {
		colorPrimary: '#ffe14d', colorInfo: '#ffe14d', colorSuccess: '#5dff9e', colorError: '#ff9c94', colorWarning: '#ffcf4d',
		colorBgLayout: '#000000', colorBgContainer: '#000000', colorBgElevated: '#0b0b0b',
		colorText: '#ffffff', colorTextSecondary: '#ffffff', colorTextTertiary: '#f0f0f0', colorTextPlaceholder: '#d0d0d0',
		colorBorder: '#ffffff', colorBorderSecondary: '#bdbdbd', colorTextLightSolid: '#000000',
	},
};

function configOf(theme: Theme, density: Density): ThemeConfig {
	const algorithm = [theme === 'light' ? antd.defaultAlgorithm : antd.darkAlgorithm];

	if (density === 'compact') algorithm.push(antd.compactAlgorithm);
	return {
		algorithm,
		token: {
			...colours[theme],
			borderRadius: 8,
			fontFamily: 'var(--font)',
			controlOutlineWidth: 3,
			// A dialog that grows moves its buttons from under a press: one that begins on the button ends beside it and is lost.
			motion: false,
		},
		components: { Button: { primaryShadow: 'none', defaultShadow: 'none' } },
	};
}

export function ThemeProvider({ children }: { children: ReactNode }) {
	const { theme, density, language } = usePreferences();

	return (
		<ConfigProvider theme={configOf(theme, density)} locale={language === 'en' ? enUS : zhCN}
			button={{ autoInsertSpace: false }}>
			<App className="app-root">{children}</App>
		</ConfigProvider>
	);
}
