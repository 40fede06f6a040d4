// SPDX-License-Identifier: Apache-2.0
// contract.mjs — api/openapi.yaml as functions: its operations, checks of answers, and requests that must be refused.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { root } from '../lib/site.mjs';

const require = createRequire(join(root, 'console/package.json'));
const { parse } = require('yaml');
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;

const text = readFileSync(join(root, 'api/openapi.yaml'), 'utf8');
export const contract = parse(text);

const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
addFormats(ajv);
ajv.addSchema({ $id: 'contract', ...inlined(contract.components.schemas) });

/** The schemas as one document whose references stay inside it. */
function inlined(schemas) {
	return { $defs: JSON.parse(JSON.stringify(schemas).replaceAll('#/components/schemas/', '#/$defs/')) };
}

function resolve(part) {
	return part.$ref ? part.$ref.slice(2).split('/').reduce((at, name) => at[name], contract) : part;
}

/** Throws with every difference when `value` is not as the named schema says. */
export function check(schemaName, value, where) {
	const validate = ajv.getSchema(`contract#/$defs/${schemaName}`);

	if (!validate) throw new Error(`no schema ${schemaName}`);
	if (validate(value)) return;
	const lines = validate.errors.slice(0, 8).map((one) => `${one.instancePath || '/'} ${one.message} ${JSON.stringify(one.params)}`);
	throw new Error(`${where} is not a ${schemaName}:\n${lines.join('\n')}\n${JSON.stringify(value).slice(0, 600)}`);
}

/** Every operation: method, path, its parameters and body, what it needs and what it may answer. */
export const operations = Object.entries(contract.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => {
	const parameters = (operation.parameters ?? []).map(resolve);
	const body = operation.requestBody?.content['application/json'].schema;

	return {
		id: operation.operationId, method: method.toUpperCase(), path,
		permission: operation['x-permission'] ?? null,
		needsSession: operation.security === undefined,
		needsCsrf: parameters.some((one) => one.in === 'header' && one.name === 'X-CSRF-Token'),
		query: parameters.filter((one) => one.in === 'query'), inPath: parameters.filter((one) => one.in === 'path'),
		body: body ? resolve(body) : null,
		answers: Object.keys(operation.responses),
		/** By media type: what an answer of this status may be. */
		schemasOf: (status) => {
			const { content = {} } = resolve(operation.responses[status] ?? operation.responses.default);
			return Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema?.$ref?.split('/').pop() ?? null]));
		},
		isStream: Boolean(operation.responses['200']?.content?.['text/event-stream']),
	};
}));

/** Checks status against what is documented, type and body against the schema of that answer. */
export function checkAnswer(operation, answer) {
	const where = `${operation.method} ${operation.path} → ${answer.status}`;
	const isProblem = answer.type.startsWith('application/problem+json');
	const schemas = operation.schemasOf(String(answer.status));
	const type = answer.type.split(';')[0];

	if (!operation.answers.includes(String(answer.status))) throw new Error(`${where} is not documented: ${JSON.stringify(answer.body)}`);
	if (answer.status === 204) return;
	if (!(type in schemas)) throw new Error(`${where} has type ${answer.type}`);
	check(schemas[type], answer.body, where);
	if (isProblem && answer.body.status !== answer.status) throw new Error(`${where} says ${answer.body.status} inside`);
}

/** Values of a parameter or member that its schema forbids, with a word for each. */
export function wrongValues(schema) {
	const type = resolve(schema);
	const wrong = [];

	if (type.enum) wrong.push(['not in the list', 'no-such-word']);
	if (type.type === 'integer') {
		wrong.push(['no number', 'x']);
		if (type.minimum !== undefined) wrong.push(['too small', String(type.minimum - 1)]);
		if (type.maximum !== undefined && type.maximum < Number.MAX_SAFE_INTEGER) wrong.push(['too large', String(type.maximum + 1)]);
	}
	if (type.pattern && !type.enum) wrong.push(['not of the form', '~']);
	if (type.maxLength) wrong.push(['too long', 'a'.repeat(type.maxLength + 1)]);
	return wrong;
}

/** Bodies that must be refused, made from a good one. */
export function wrongBodies(schema, good) {
	const wrong = [['no object', '[]'], ['not JSON', '{'], ['unknown member', JSON.stringify({ ...good, surprise: 1 })]];

	for (const name of schema.required ?? []) {
		const { [name]: left, ...others } = good;

		wrong.push([`without ${name}`, JSON.stringify(others)], [`${name} of another type`, JSON.stringify({ ...good, [name]: typeof left === 'string' ? 7 : 'x' })]);
	}
	for (const [name, member] of Object.entries(schema.properties)) {
		if (member.maxLength) wrong.push([`${name} too long`, JSON.stringify({ ...good, [name]: 'a'.repeat(member.maxLength + 1) })]);
		if (member.minLength) wrong.push([`${name} too short`, JSON.stringify({ ...good, [name]: '' })]);
	}
	return wrong;
}

/** The routes of the service's table, as "GET /people/{id}". */
export function routesOfService() {
	const source = readFileSync(join(root, 'src/service/rest/rest.c'), 'utf8');

	return [...source.matchAll(/ROUTE\(HTTP_(\w+),\s*API\s+"([^"]+)"/g)].map((match) => `${match[1]} ${match[2]}`);
}
