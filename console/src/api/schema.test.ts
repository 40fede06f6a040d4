// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// @ts-expect-error a plain script without types
import { render } from '../../tools/types.mjs';

it('the types are those of api/openapi.yaml', () => {
	expect(readFileSync('src/api/schema.ts', 'utf8')).toBe(render());
});
