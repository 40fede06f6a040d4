// SPDX-License-Identifier: Apache-2.0
// pages.tsx — the one table of pages: address, component, right needed, and the place in the menu if it has one.
import {
	ApartmentOutlined, ApiOutlined, AuditOutlined, CheckSquareOutlined, ContainerOutlined, CreditCardOutlined, DesktopOutlined, FileProtectOutlined, HddOutlined, HomeOutlined, IdcardOutlined,
	SafetyCertificateOutlined, SafetyOutlined, ShopOutlined, SwapOutlined, SyncOutlined, TeamOutlined, TransactionOutlined,
} from '@ant-design/icons';
import { lazy, type ComponentType, type LazyExoticComponent, type ReactNode } from 'react';

import type { Key } from '../i18n/i18n';

export interface Page {
	path: string;
	component: LazyExoticComponent<ComponentType>;
	/** The right an operator needs to see it. */
	permission: string;
	title: Key;
	/** Level 1 of the menu; pages without one are reached from others. */
	section?: Key;
	icon?: ReactNode;
}

export const pages: Page[] = [
	{
		path: '/', title: 'menu.home', section: 'menu.home', permission: 'transactions.read', icon: <HomeOutlined />,
		component: lazy(() => import('../pages/home/HomePage')),
	},
	{
		path: '/people', title: 'menu.people', section: 'menu.people', permission: 'people.read', icon: <TeamOutlined />,
		component: lazy(() => import('../pages/people/PeoplePage')),
	},
	{
		path: '/people/:id', title: 'tabs.person', permission: 'people.read',
		component: lazy(() => import('../pages/people/PersonPage')),
	},
	{
		path: '/transactions', title: 'menu.transactions', section: 'menu.accounts', permission: 'transactions.read',
		icon: <TransactionOutlined />, component: lazy(() => import('../pages/payments/TransactionsPage')),
	},
	{
		path: '/transactions/:id', title: 'tabs.transaction', permission: 'transactions.read',
		component: lazy(() => import('../pages/payments/TransactionPage')),
	},
	{
		path: '/proof', title: 'menu.proof', section: 'menu.accounts', permission: 'proof', icon: <FileProtectOutlined />,
		component: lazy(() => import('../pages/ledger/ProofPage')),
	},
	{
		path: '/merchants', title: 'menu.merchants', section: 'menu.places', permission: 'merchants', icon: <ShopOutlined />,
		component: lazy(() => import('../pages/merchants/MerchantsPage')),
	},
	{
		path: '/terminals', title: 'menu.terminals', section: 'menu.places', permission: 'terminals', icon: <DesktopOutlined />,
		component: lazy(() => import('../pages/terminals/TerminalsPage')),
	},
	{
		path: '/keys/master', title: 'menu.keys.master', section: 'menu.masterKeys', permission: 'keys.pages', icon: <SafetyOutlined />,
		component: lazy(() => import('../pages/keys/master/MasterPage')),
	},
	{
		path: '/keys/master/:id', title: 'keys.ceremony.title', permission: 'keys.pages',
		component: lazy(() => import('../pages/keys/master/CeremonyPage')),
	},
	{
		path: '/keys/renewal', title: 'menu.keys.renewal', section: 'menu.masterKeys', permission: 'keys.pages', icon: <SyncOutlined />,
		component: lazy(() => import('../pages/keys/renewal/RenewalPage')),
	},
	{
		path: '/keys/devices', title: 'menu.keys.devices', section: 'menu.masterKeys', permission: 'keys.pages', icon: <HddOutlined />,
		component: lazy(() => import('../pages/keys/devices/DevicesPage')),
	},
	{
		path: '/keys/tree', title: 'menu.keys.tree', section: 'menu.keys', permission: 'keys.pages', icon: <ApartmentOutlined />,
		component: lazy(() => import('../pages/keys/tree/KeyTreePage')),
	},
	{
		path: '/keys/certificates', title: 'menu.keys.certificates', section: 'menu.keys', permission: 'keys.pages', icon: <SafetyCertificateOutlined />,
		component: lazy(() => import('../pages/keys/certificates/CertificatesPage')),
	},
	{
		path: '/keys/exchange', title: 'menu.keys.exchange', section: 'menu.keys', permission: 'keys.pages', icon: <SwapOutlined />,
		component: lazy(() => import('../pages/keys/exchange/ExchangePage')),
	},
	{
		path: '/keys/clients', title: 'menu.keys.clients', section: 'menu.keys', permission: 'keys.pages', icon: <ApiOutlined />,
		component: lazy(() => import('../pages/keys/clients/ClientsPage')),
	},
	{
		path: '/keys/approvals', title: 'menu.keys.approvals', section: 'menu.keys', permission: 'keys.pages', icon: <CheckSquareOutlined />,
		component: lazy(() => import('../pages/keys/approvals/ApprovalsPage')),
	},
	{
		path: '/keys/officers', title: 'menu.keys.officers', section: 'menu.keys', permission: 'keys.pages', icon: <IdcardOutlined />,
		component: lazy(() => import('../pages/keys/officers/OfficersPage')),
	},
	{
		path: '/keys/audit', title: 'menu.keys.audit', section: 'menu.keys', permission: 'keys.pages', icon: <AuditOutlined />,
		component: lazy(() => import('../pages/keys/audit/AuditPage')),
	},
	{
		path: '/keys/authcards', title: 'menu.keys.authcards', section: 'menu.keyCards', permission: 'keys.pages', icon: <CreditCardOutlined />,
		component: lazy(() => import('../pages/keys/authcards/AuthCardsPage')),
	},
	{
		path: '/keys/stock', title: 'menu.keys.stock', section: 'menu.keyCards', permission: 'keys.pages', icon: <ContainerOutlined />,
		component: lazy(() => import('../pages/keys/stock/StockPage')),
	},
];

/** The page of an address, with the last part of a path such as /people/17. */
export function pageOf(path: string): { page: Page; id: string } | null {
	const exact = pages.find((page) => page.path === path);
	const cut = path.lastIndexOf('/');
	const pattern = `${path.slice(0, cut)}/:id`;
	const inner = pages.find((page) => page.path === pattern);

	if (exact) return { page: exact, id: '' };
	return inner ? { page: inner, id: path.slice(cut + 1) } : null;
}
