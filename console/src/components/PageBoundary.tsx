// SPDX-License-Identifier: Apache-2.0
import { Component, type ErrorInfo, type ReactNode } from 'react';

import { ProblemNotice } from './ProblemNotice';

/** A page that fails is replaced by words; the other tabs go on. */
export class PageBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
	state = { error: null as unknown };

	static getDerivedStateFromError(error: unknown) {
		return { error };
	}

	componentDidCatch(error: unknown, info: ErrorInfo) {
		console.error(error, info.componentStack);
	}

	render() {
		return this.state.error
			? <ProblemNotice error={this.state.error} onRetry={() => this.setState({ error: null })} />
			: this.props.children;
	}
}
