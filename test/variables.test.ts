// The list of every variable that libs/runtime knows by name is what the parts read, and docs/configuration.md explains each.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BusVariables, MigrationVariables, ServiceVariables } from '@parley/process';
import { flag, integer, parleyVariables, port } from '@parley/runtime';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { sectionsOf, writeTables } from '../scripts/variable-tables.js';
import { AuthConfig } from '../services/auth/src/config.js';
import { ChatConfig } from '../services/chat/src/config.js';
import { GatewayConfig } from '../services/gateway/src/config.js';
import { SignalingConfig } from '../services/signaling/src/config.js';
import { StandaloneConfig } from '../services/standalone/src/config.js';
import { TopicsConfig } from '../services/topics/src/config.js';

const sections = sectionsOf({
  BusVariables,
  ServiceVariables,
  AuthConfig,
  TopicsConfig,
  ChatConfig,
  SignalingConfig,
  MigrationVariables,
  GatewayConfig,
  StandaloneConfig,
});

const namesOf = (config: z.ZodObject | z.ZodPipe<z.ZodObject>): string[] =>
  Object.keys(('shape' in config ? config : config.in).shape);

test('every variable of every part is known, and no other', () => {
  const own = new Set(sections.flatMap(({ schema }) => namesOf(schema)).filter((name) => name.startsWith('PARLEY_')));
  expect(parleyVariables).toEqual([...own].sort());
});

test('the tables of docs/configuration.md are what the schemas say: npm run docs:variables writes them', async () => {
  const file = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));
  const text = readFileSync(file, 'utf8');
  const written = await format(writeTables(text, sections), { ...(await resolveConfig(file)), parser: 'markdown' });
  expect(text).toBe(written);
});

const marks = '<!-- variables: it -->\n<!-- end -->';
const tableOf = (shape: z.ZodRawShape): string => writeTables(marks, [{ name: 'it', schema: z.object(shape) }]);

test('a variable without a description, and a section without its place, stop the writing', () => {
  expect(() => tableOf({ PARLEY_NEW: z.string() })).toThrow('PARLEY_NEW has no description');
  const elsewhere = [{ name: 'other', schema: z.object({}) }];
  expect(() => writeTables(marks, elsewhere)).toThrow('no place for other');
});

test('a row has the default and the values that the schema knows', () => {
  const table = tableOf({
    PARLEY_NEEDED: z.string().describe('needed'),
    PARLEY_SIZE_BYTES_MAX: integer(1, 4_194_304, 2_097_152).describe('a | b'),
    PARLEY_ABSENT: flag(true).removeDefault().optional().meta({ description: 'absent', defaultText: 'as it was' }),
    PARLEY_HEALTH_PORT: port.default(8000).describe('where'),
  });
  expect(table.split('\n').filter((line) => line.includes('PARLEY_'))).toEqual([
    '| `PARLEY_NEEDED` | required |  | needed |',
    '| `PARLEY_SIZE_BYTES_MAX` | 2,097,152 (2 MiB) | 1 to 4,194,304 | a \\| b |',
    '| `PARLEY_ABSENT` | as it was | true or false | absent |',
    '| `PARLEY_HEALTH_PORT` | 8000 | 0 to 65,535 | where |',
  ]);
});
