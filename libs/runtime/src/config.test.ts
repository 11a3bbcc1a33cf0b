import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, flag, integer, list, port, processVariables, ratio, readConfig, url, urls } from './config.js';

const secret = z
  .string('is missing; expected at least 32 characters')
  .min(32, 'is not usable; expected at least 32 characters');

const schema = z.object({
  ...processVariables,
  DATABASE_URL: url(['postgres', 'postgresql']),
  NATS_URL: urls(['nats', 'tls']),
  PORT: port.default(8000),
  PARLEY_SECRET: secret,
  PARLEY_LIMIT: integer(1, 100, 50),
  PARLEY_QUEUE: flag(true),
  PARLEY_REALMS: list.default(['main']),
});

const right = {
  DATABASE_URL: 'postgres://u:hidden@db/parley',
  NATS_URL: 'nats://a:4222, nats://b:4222',
  PARLEY_SECRET: 'x'.repeat(32),
};

const mistakesOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
};

test('reads each kind, and takes the default where nothing is said', () => {
  const env = { ...right, PORT: ' 0 ', PARLEY_QUEUE: 'Off', PARLEY_REALMS: 'main, rooms,,main', PARLEY_LIMIT: '' };
  expect(readConfig(schema, env)).toEqual({
    ...right,
    PORT: 0,
    PARLEY_LIMIT: 50,
    PARLEY_QUEUE: false,
    PARLEY_REALMS: ['main', 'rooms'],
    PARLEY_LOG_LEVEL: 'info',
    PARLEY_HEALTH_HOST: '127.0.0.1',
    PARLEY_HEALTH_PORT: 0,
    PARLEY_TRACE_RATIO: 1,
  });
});

test('reports every mistake at once, by name, and no value', () => {
  const env = {
    DATABASE_URL: 'mysql://u:hidden@db',
    NATS_URL: 'nats://a,hidden',
    PORT: '65536',
    PARLEY_SECRET: 'hidden',
    PARLEY_LIMIT: '1.5',
    PARLEY_QUEUE: 'hidden',
    PARLEY_TRACE_RATIO: '2',
    PARLEY_LOG_LEVEL: 'hidden',
  };
  const mistakes = mistakesOf(env);
  expect(mistakes).toHaveLength(8);
  expect(mistakes.join('\n')).not.toContain('hidden');
  expect(mistakes).toContain('PORT: is not usable; expected a whole number from 0 to 65535');
  expect(mistakes).toContain('DATABASE_URL: is not usable; expected a URL like postgres://… or postgresql://…');
});

test('what is missing or empty is called missing', () => {
  expect(mistakesOf({ ...right, PARLEY_SECRET: '', DATABASE_URL: undefined })).toEqual([
    'DATABASE_URL: is missing; expected a URL like postgres://… or postgresql://…',
    'PARLEY_SECRET: is missing; expected at least 32 characters',
  ]);
});

test.each(['1e3', '0x10', '', '-', '9'.repeat(20)])('%j is no whole number', (text) => {
  expect(integer(0, Number.MAX_SAFE_INTEGER, 0).safeParse(text).success).toBe(false);
});

test.each([
  ['0', 0],
  ['1', 1],
  ['.25', 0.25],
])('%s is a ratio', (text, value) => {
  expect(ratio(1).parse(text)).toBe(value);
});

/** The path of a file with that text, which exists as long as the test runs. */
const fileWith = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'value'), text);
  return join(folder, 'value');
};

test('a value is read from the file that <NAME>_FILE names, without the new line at its end', () => {
  const { DATABASE_URL, PARLEY_SECRET, ...others } = right;
  const env = {
    ...others,
    DATABASE_URL_FILE: fileWith(`${DATABASE_URL}\n`),
    PARLEY_SECRET_FILE: fileWith(PARLEY_SECRET),
  };
  expect(readConfig(schema, env)).toMatchObject({ DATABASE_URL, PARLEY_SECRET });
});

test('a file is reported by its variable, and once: missing, empty, or beside the value itself', () => {
  const { DATABASE_URL: _database, PARLEY_SECRET: _secret, ...others } = right;
  const env = {
    ...others,
    DATABASE_URL_FILE: '/nowhere/hidden',
    PARLEY_SECRET_FILE: fileWith('\n'),
    NATS_URL_FILE: fileWith('nats://hidden'),
    SSL_CERT_FILE: '/nowhere/either',
  };
  expect(mistakesOf(env)).toEqual([
    'DATABASE_URL_FILE: the file cannot be read (ENOENT)',
    'PARLEY_SECRET_FILE: the file is empty',
    'NATS_URL_FILE: NATS_URL is set too; one of them has to go',
  ]);
});

test('the content of a file follows the same rules and is not printed', () => {
  const env = { ...right, PARLEY_SECRET: '', PARLEY_SECRET_FILE: fileWith('hidden') };
  expect(mistakesOf(env)).toEqual(['PARLEY_SECRET: is not usable; expected at least 32 characters']);
});
