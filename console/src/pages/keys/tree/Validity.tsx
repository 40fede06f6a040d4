// SPDX-License-Identifier: Apache-2.0
// Validity.tsx — when each version of a key protects and when it only reads, on one line of time.
import { formatMicros, useI18n } from '../../../i18n/i18n';
import type { KeyVersion } from '../../../keys/answers';

const width = 640;
const left = 44;
const rowHeight = 26;
const yearUs = 365 * 86_400 * 1e6;

interface Span {
	version: KeyVersion;
	from: number;
	protect: number;
	process: number;
}

/** Spans of versions that have a value; without an end they reach past what is shown. */
export function spansOf(versions: KeyVersion[], nowUs: number): { spans: Span[]; from: number; to: number } {
	const alive = versions.filter((one) => one.state !== 'DESTROYED');
	const begin = (one: KeyVersion) => one.activate_at_us || one.created_us;
	const from = Math.min(nowUs, ...alive.map(begin));
	const ends = alive.flatMap((one) => [one.protect_until_us, one.process_until_us]);
	const to = Math.max(nowUs + yearUs, ...ends);
	const stopped = (one: KeyVersion) => one.state === 'DEACTIVATED' || one.state === 'COMPROMISED';
	const spans = alive.map((version) => ({
		version, from: begin(version),
		protect: stopped(version) ? Math.min(nowUs, version.protect_until_us || nowUs) : version.protect_until_us || to,
		process: version.state === 'COMPROMISED' ? Math.max(nowUs, version.recover_until_us) : version.process_until_us || to,
	}));

	return { spans, from, to };
}

export function Validity({ versions }: { versions: KeyVersion[] }) {
	const { t } = useI18n();
	const nowUs = Date.now() * 1000;
	const { spans, from, to } = spansOf(versions, nowUs);
	const at = (us: number) => left + (width - left) * Math.min(1, Math.max(0, (us - from) / (to - from)));
	const height = spans.length * rowHeight + 22;

	if (spans.length === 0) return null;
	return (
		<figure className="validity">
			<svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('keys.validity.label')}>
				{spans.map((span, index) => (
					<g key={span.version.id} transform={`translate(0 ${index * rowHeight})`}>
						<text x={0} y={17}>{String(span.version.version).padStart(2, '0')}</text>
						<rect className="process" x={at(span.from)} y={6} width={Math.max(2, at(span.process) - at(span.from))} height={14} rx={4} />
						{span.version.state !== 'PRE' && <rect className="protect" x={at(span.from)} y={6} width={Math.max(2, at(span.protect) - at(span.from))} height={14} rx={4} />}
					</g>
				))}
				<line x1={at(nowUs)} x2={at(nowUs)} y1={0} y2={spans.length * rowHeight} />
				<text x={left} y={height - 4}>{formatMicros(from).slice(0, 10)}</text>
				<text x={width} y={height - 4} textAnchor="end">{formatMicros(to).slice(0, 10)}</text>
			</svg>
			<figcaption className="small faint row wrap"><span className="key-protect" />{t('keys.validity.protect')}<span className="key-process" />{t('keys.validity.process')}<span className="key-now" />{t('keys.validity.now')}</figcaption>
		</figure>
	);
}
