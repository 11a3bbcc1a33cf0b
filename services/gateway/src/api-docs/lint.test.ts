import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, test } from 'vitest';
import { openApiBelow, openApiOf } from './openapi.js';
import { allMounts, routeDepsOf } from '../testing/route-deps.js';

const documents: readonly (readonly [string, object])[] = [
  ['every dialect', openApiOf(allMounts, routeDepsOf, '1.2.3')],
  ...allMounts.map((mount) => [mount.dialect.name, openApiBelow(mount, routeDepsOf(mount), '1.2.3')] as const),
];

test.each(documents)('the OpenAPI document of %s has no error and no warning of Redocly', async (_name, document) => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config });
  expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
});
