// SPDX-License-Identifier: Apache-2.0
// types.mjs — TypeScript types of the answers and requests, made from api/openapi.yaml. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const source = fileURLToPath(new URL('../../api/openapi.yaml', import.meta.url));
const target = fileURLToPath(new URL('../src/api/schema.ts', import.meta.url));

function typeOf(schema) {
	if (schema.$ref) return schema.$ref.split('/').pop();
	if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
	if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
	if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
	switch (schema.type) {
	case 'integer': return 'number';
	case 'array': return `(${typeOf(schema.items)})[]`;
	case 'object': return objectOf(schema);
	default: return schema.type;
	}
}

function objectOf(schema, indent = '\t') {
	const required = new Set(schema.required ?? []);

	if (!schema.properties && schema.additionalProperties) return `{ [name: string]: ${typeOf(schema.additionalProperties)} }`;
	const rows = Object.entries(schema.properties ?? {}).map(([name, value]) => {
		const type = value.type === 'object' && value.properties ? objectOf(value, indent + '\t') : typeOf(value);
		return `${indent}${name}${required.has(name) ? '' : '?'}: ${type};`;
	});
	return `{\n${rows.join('\n')}\n${indent.slice(1)}}`;
}

export function render() {
	const document = parse(readFileSync(source, 'utf8'));
	const parts = ['// SPDX-License-Identifier: Apache-2.0\n// Made by tools/types.mjs from api/openapi.yaml; do not edit.'];
	for (const [name, schema] of Object.entries(document.components.schemas)) {
		parts.push(schema.type === 'object' && !schema.anyOf
			? `export interface ${name} ${objectOf(schema)}`
			: `export type ${name} = ${typeOf(schema)};`);
	}
	return parts.join('\n\n') + '\n';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const text = render();
	if (process.argv.includes('--check')) {
		if (readFileSync(target, 'utf8') !== text) {
			console.error('src/api/schema.ts differs from api/openapi.yaml: npm run types');
			process.exit(1);
		}
	} else {
		writeFileSync(target, text);
	}
}
