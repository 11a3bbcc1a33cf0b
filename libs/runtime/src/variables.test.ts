import { expect, test } from 'vitest';
import { unknownVariables, warnOfVariables } from './variables.js';

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
