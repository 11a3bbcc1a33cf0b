import { expect, test } from 'vitest';
import { renamedVariables, unknownVariables, warnOfVariables, withCurrentNames } from './variables.js';

const warningsOf = (environment: NodeJS.ProcessEnv, ignored?: Readonly<Record<string, string>>): string[] => {
  const warnings: string[] = [];
  warnOfVariables(environment, { warn: (text) => warnings.push(text) }, ignored);
  return warnings;
};

test('a slip is named with the variable that was meant, and no value', () => {
  const environment = {
    PARLEY_SECRTE: 'hidden',
    PARLEY_FRAMES_PER_SECONDS: '5',
    PARLEY_COLOUR: 'red',
    PARLEY_X_FILE: '/x',
  };
  expect(warningsOf(environment)).toEqual([
    'PARLEY_COLOUR is not a variable of Parley and has no effect',
    'PARLEY_FRAMES_PER_SECONDS is not a variable of Parley and has no effect; did you mean PARLEY_FRAMES_PER_SECOND?',
    'PARLEY_SECRTE is not a variable of Parley and has no effect; did you mean PARLEY_SECRET?',
    'PARLEY_X_FILE is not a variable of Parley and has no effect',
  ]);
});

test('variables of any part, their files, and what scripts, compose and Kubernetes read or set are not unknown', () => {
  const known = {
    HOME: '/',
    NATS_URL: 'nats://x',
    PARLEY_SECRET_FILE: '/run/secret',
    PARLEY_HASHES_AT_ONCE: '2',
    PARLEY_FOLDER: '/data',
    PARLEY_TEST_FORMS: 'stack',
    PARLEY_IMAGE: 'parley',
    PARLEY_PROXY_CLIENTS_MAX: '100',
    PARLEY_AUTH_SERVICE_HOST: '10.0.0.1',
    PARLEY_AUTH_SERVICE_PORT: '9000',
    PARLEY_AUTH_SERVICE_PORT_HEALTH: '9000',
    PARLEY_AUTH_PORT: 'tcp://10.0.0.1:9000',
    PARLEY_AUTH_PORT_9000_TCP: 'tcp://10.0.0.1:9000',
    PARLEY_AUTH_PORT_9000_TCP_PROTO: 'tcp',
    PARLEY_AUTH_PORT_9000_TCP_ADDR: '10.0.0.1',
  };
  expect(unknownVariables(known)).toEqual([]);
});

test('a variable of an old server is answered with its reason when it is set', () => {
  const ignored = { SECRET_KEY: 'SECRET_KEY is ignored', OTHER: 'OTHER is ignored' };
  expect(warningsOf({ SECRET_KEY: 'hidden', OTHER: '' }, ignored)).toEqual(['SECRET_KEY is ignored']);
});

test('a variable with a former name is read, with one warning, unless it has a value under its current name', () => {
  const environment = {
    PARLEY_UNREADY_MS: '5000',
    PARLEY_CHAT_KEPT_DAYS: '30',
    PARLEY_RETENTION_DAYS: '60',
    PARLEY_SESSIONS_MAX_FILE: '/run/limit',
  };
  expect(withCurrentNames(environment)).toEqual({
    PARLEY_SHUTDOWN_DELAY_MS: '5000',
    PARLEY_RETENTION_DAYS: '60',
    PARLEY_CONNECTIONS_MAX_FILE: '/run/limit',
  });
  expect(warningsOf(environment)).toEqual([
    'PARLEY_CHAT_KEPT_DAYS is now PARLEY_RETENTION_DAYS; the former name is not read any more after this release',
    'PARLEY_SESSIONS_MAX is now PARLEY_CONNECTIONS_MAX; the former name is not read any more after this release',
    'PARLEY_UNREADY_MS is now PARLEY_SHUTDOWN_DELAY_MS; the former name is not read any more after this release',
  ]);
});

test('a former name that is empty counts for nothing, as compose files unset variables', () => {
  const environment = Object.fromEntries(Object.keys(renamedVariables).map((former) => [former, '']));
  expect(warningsOf(environment)).toEqual([]);
  expect(Object.keys(withCurrentNames({ ...environment, PARLEY_RETENTION_DAYS: '7' }))).toContain(
    'PARLEY_RETENTION_DAYS',
  );
});
